"""Nothing leaves the institution but what it publishes: every page, the API, the portal, exports and search are asked, by all.

In everything the kindergarten keeps stands one word (``world.SECRET``), in what it may publish another (``world.TOLD``). Whoever
is not of the kindergarten walks every address of the site, with every number the kindergarten's rows have.
"""

from __future__ import annotations

import ast
from datetime import timedelta
from pathlib import Path
from typing import Any

import pytest
from django.test import Client

from sapa.errors import RefusedError
from sapa_web.api.domain import tokens
from sapa_web.common import clock
from sapa_web.common.models import JobRun, LedgerEntry, Notice
from sapa_web.common.packs import pack_named
from sapa_web.evaluation.domain import handed, systems
from sapa_web.evaluation.domain.policy import require_use
from sapa_web.evaluation.models import Assessment, Published
from sapa_web.orgs.domain.queries.access import scope_of
from sapa_web.orgs.inside import inside
from sapa_web.orgs.models import Membership, User
from sapa_web.orgs.roles import ROLES, Capability
from tests.web import cast
from tests.web.evaluation import world
from tests.web.security.routes import routes

WEB = Path(__file__).resolve().parents[3] / "src" / "sapa_web"
ABOVE = ("ministry", "region", "officer", "manager", "analyst", "administrator", "body", "sibling_head", "head", "nobody")
MARKS = (world.SECRET.encode(), world.TOLD.encode())
USES = ("rating-of-staff", "sanctions", "comparison-of-institutions")


def answers(browser: Client, **values: Any) -> Any:
    """Every address with what was answered."""
    for route in routes():
        given = browser.get(route.path(**values))
        body = b"".join(given) if given.streaming else given.content  # type: ignore[attr-defined]
        yield route, given.status_code, body


def filled(made: Assessment) -> dict[str, Any]:
    """The kindergarten's own numbers in every place of an address."""
    return {
        "pk": made.pk, "code": cast.KINDERGARTEN, "name": "environment.safe-conditions", "kind": "html", "pack": cast.PACK,
        "dataset": "institutions", "period": "2024", "verb": "begin", "form": "csv", "number": "1.0.0", "version": 1,
        "year": 2024, "indicator": "learners", "application": "accreditation", "token": "x",
        "rest": "x", "provider_id": "sso", "uidb36": "1",
    }  # fmt: skip


def everybody_above(people: cast.Cast) -> list[User]:
    """People of every role at every place above, beside and below the kindergarten, and its founder."""
    out = [getattr(people, name) for name in ABOVE]
    for place in ("R1-01", "R1", "REP", cast.SCHOOL):
        out += [world.person(f"{role}_{place}".lower(), role, place) for role in ROLES]
    return [
        *out,
        world.person("founder", "head", "R1-01", founded=True),
        world.person("level", "head", "REP", levels=["preschool"]),
    ]


@pytest.fixture
def kept(head: User) -> Assessment:
    """Everything is there, nothing is published."""
    system = world.system(head)
    systems.write_goals(head, system, goals=f"Goals {world.SECRET}", endorsed_on=None, approved_on=None)
    systems.add_component(head, system, f"Own {world.SECRET}", systems.Described(measures=world.SECRET))
    return world.decided(head, world.plan(head, system))


def test_nobody_above_sees_anything_before_it_is_published(kept: Assessment, people: cast.Cast) -> None:
    values = filled(kept)
    for user in (people.ministry, people.region, people.officer, people.manager, people.administrator, people.sibling_head):
        for route, status, body in answers(_browser(user), **values):
            assert not any(mark in body for mark in MARKS), (user.email, route.name)
            inner = route.name.startswith("evaluation:") and route.name not in ("evaluation:home",)
            assert not inner or status in (403, 404, 405), (user.email, route.name, status)


def test_the_walk_would_find_it(kept: Assessment, head: User) -> None:
    """The head's own walk meets both words: so the walks of others, which meet none, are worth something."""
    seen = b"".join(body for _route, _status, body in answers(_browser(head), **filled(kept)))
    assert all(mark in seen for mark in MARKS)


def test_no_role_held_above_opens_the_pages(kept: Assessment, people: cast.Cast) -> None:
    for user in everybody_above(people):
        browser = _browser(user)
        for path in ("", "results/", "report.pdf", "requirement/environment.safe-conditions/", "publish/", "dossiers/"):
            given = browser.get(f"/quality/assessment/{kept.pk}/{path}")
            assert given.status_code in (403, 404), (user.email, path, given.status_code)
        assert not inside(user, Capability.QUALITY, Capability.TAKE_PART) or kept.organisation_id not in {
            grant.node for grant in inside(user, Capability.QUALITY, Capability.TAKE_PART).grants
        }


def test_a_stranger_finds_nothing_on_the_portal_nor_by_its_search(kept: Assessment) -> None:
    browser = Client()
    for route, _status, body in answers(browser, **filled(kept)):
        assert not any(mark in body for mark in MARKS), route.name
    for word in (world.SECRET, world.TOLD, "Noram kindergarten"):
        found = browser.get("/statistics/search/", {"q": word}).content
        assert b"self-assessment-" not in found
    assert browser.get(f"/statistics/quality/{cast.KINDERGARTEN}/").status_code == 404
    assert b"Noram kindergarten" not in browser.get("/statistics/quality/").content


def test_no_token_of_the_api_reaches_it(kept: Assessment, people: cast.Cast) -> None:
    scope = scope_of(people.administrator, Capability.ADMINISTER)
    capabilities = ("see", "enter", "sign", "persons", "analyse")
    wanted = tokens.Wanted("All", cast.organisation("REP"), capabilities, expires_at=clock.now() + timedelta(days=9), burst=5000)
    secret = tokens.issue(people.administrator, scope, wanted)[1]
    browser = Client(raise_request_exception=False, headers={"Authorization": f"Bearer {secret}"})
    for route, _status, body in answers(browser, **filled(kept)):
        assert not any(mark in body for mark in MARKS), route.name


def test_ledger_jobs_and_notices_tell_nothing(kept: Assessment) -> None:
    for entry in LedgerEntry.objects.filter(verb__startswith="quality."):
        assert entry.unit == ""
        assert set(entry.data) <= {"state", "digest"}, entry.data
    told = str(list(LedgerEntry.objects.values())) + str(list(JobRun.objects.values())) + str(list(Notice.objects.values()))
    assert world.SECRET not in told
    assert world.TOLD not in told
    assert not Published.objects.exists()


def test_what_is_published_is_what_was_chosen(head: User, people: cast.Cast) -> None:
    made = world.published(head, world.plan(head, world.system(head)))
    for browser in (Client(), _browser(people.ministry)):
        seen = b"".join(body for _route, _status, body in answers(browser, **filled(made)))
        assert world.TOLD.encode() in seen
        assert world.SECRET.encode() not in seen


def test_a_member_of_a_group_sees_his_self_assessment_and_no_other(head: User, methodologist: User) -> None:
    from sapa_web.evaluation.domain import assessments

    system = world.system(head)
    mine, other = world.plan(head, system), world.plan(head, system, period="2025")
    assessments.add_member(head, mine, assessments.Person("environment", "Iryna", user=methodologist))
    browser = _browser(methodologist)
    assert browser.get(f"/quality/assessment/{mine.pk}/").status_code == 200
    assert browser.get(f"/quality/assessment/{other.pk}/").status_code == 404
    assert browser.get(f"/quality/assessment/{mine.pk}/publish/").status_code == 403
    Membership.objects.filter(user=methodologist).update(valid_to=clock.today())
    assert browser.get(f"/quality/assessment/{mine.pk}/").status_code == 403


@pytest.mark.parametrize("use", USES)
@pytest.mark.parametrize("about", ["results", "evidence", "answers", "notes"])
def test_the_pack_forbids_ratings_sanctions_and_comparison(about: Any, use: Any) -> None:
    with pytest.raises(RefusedError, match=use):
        require_use(pack_named("ua-71"), about, use)


@pytest.mark.parametrize("use", USES)
def test_nobody_is_handed_results_for_a_forbidden_use(kept: Assessment, head: User, use: Any) -> None:
    with pytest.raises(RefusedError, match="forbids"):
        handed.results(inside(head, Capability.QUALITY), kept.pk, use)
    assert handed.results(inside(head, Capability.ENTER_CLASS), kept.pk, use) == [], "not even found"


def test_other_parts_of_the_site_reach_it_by_two_doors_only() -> None:
    """What is handed out asks for its use; what is public has its gate. Nobody else may import tables or work of this app."""
    doors = {"sapa_web.evaluation.domain.handed", "sapa_web.evaluation.domain.queries.public"}
    found: list[tuple[str, str]] = []
    for path in WEB.rglob("*.py"):
        if (WEB / "evaluation") in path.parents or "migrations" in path.parts:
            continue
        for node in ast.walk(ast.parse(path.read_text())):
            names = [item.name for item in node.names] if isinstance(node, ast.Import) else []
            if isinstance(node, ast.ImportFrom) and node.module:
                names = [f"{node.module}.{item.name}" for item in node.names]
            found += [(path.name, name) for name in names if name.startswith("sapa_web.evaluation")]
    foreign = [pair for pair in found if pair[1] not in doors and pair[1] != "sapa_web.evaluation.models.Published"]
    assert foreign == [], foreign
    assert found, "the portal goes by the gate"


def _browser(user: User) -> Client:
    browser = Client(raise_request_exception=False)
    browser.force_login(user, backend="django.contrib.auth.backends.ModelBackend")
    return browser
