"""A site that has one of everything, so that every page has something to show; and what people send on its pages.

A new page is reached by links from the pages around it. Where it needs something that this site has not got, make it here.
"""

from __future__ import annotations

import re
from datetime import date, timedelta
from io import BytesIO
from typing import Any

from allauth.mfa.recovery_codes.internal.auth import RecoveryCodes
from allauth.mfa.totp.internal.auth import TOTP
from django.core import mail
from django.test import Client

from sapa_web.collection.domain import bulk, checking, freezing, returning, working
from sapa_web.collection.domain.campaigns import open_campaign
from sapa_web.collection.models import Campaign, Freeze
from sapa_web.common import clock
from sapa_web.common.models import JobRun, Notice
from sapa_web.orgs.domain.people import Role, invite
from sapa_web.orgs.domain.queries.access import scope_of
from sapa_web.orgs.models import Certificate, Membership, RegisterImport, User
from sapa_web.orgs.roles import Capability
from sapa_web.portal.domain import preparing, releasing, sources
from sapa_web.portal.files import published_store
from sapa_web.portal.models import Permalink, Publication, Release, Subscriber
from tests.web import cast
from tests.web.browser import year_data
from tests.web.browser.everywhere.quality import furnish_quality, printed_links
from tests.web.collection.office import sign_register
from tests.web.indicators.world import PERIODS, submit
from tests.web.portal.world import hiding, publication, release, second_version, with_sections

ROLES = (
    "visitor", "secretary", "teacher", "head", "officer", "region", "manager", "analyst", "administrator", "sibling", "chief",
    "nobody", "careful", "provided",
)  # fmt: skip
"""Who walks through the site. The visitor has not signed in; the chief heads the ministry; the careful one has a second factor;
the provided one comes from an identity provider, without a password of ours."""
HALFWAY = {"halfway": "/account/2fa/authenticate/", "ministry": "/account/2fa/reauthenticate/"}
"""Who is asked for the second factor, where: at signing in, and again before something that matters."""
SEED = "JBSWY3DPEHPK3PXP"
KEY = "k" * 32


def furnish() -> tuple[cast.Cast, list[str]]:
    """People, returns in every state, a freeze that is announced, imports, jobs, notices, releases, a kept table.

    Gives also the addresses that stand in letters only.
    """
    people = cast.build()
    more = {"chief": ("head",), "careful": ("officer",), "halfway": ("officer",), "provided": ("officer",)}
    for name, roles in more.items():
        people.people[name] = User.objects.create_user(f"{name}@example.org", cast.PASSWORD, name=name.title())
        for role in roles:
            _member(people.people[name], "REP", role)
    people.provided.set_unusable_password()
    people.provided.save()
    _member(people.region, "R2", "officer")
    Membership.objects.filter(user=people.teacher).update(classes=[f"{cast.SCHOOL}-6A"])
    _returns(people)
    _offices(people)
    _publish(people)
    return people, [*_letters(people), *furnish_quality(people.head, people.teacher)]


def _member(user: User, code: str, role: str) -> None:
    Membership.objects.create(user=user, organisation=cast.organisation(code), role=role, valid_from=cast.SINCE)


def _letters(people: cast.Cast) -> list[str]:
    scope = scope_of(people.administrator, Capability.ADMINISTER)
    role = Role(cast.organisation(cast.SCHOOL), "secretary")
    token = invite(people.administrator, scope, "new@example.org", "New Person", role)[1]
    Client().post("/account/password/reset/", {"email": "nobody@example.org"})
    found = re.search(r"https?://[^/]+(/account/password/reset/key/\S+)", mail.outbox[-1].body)
    assert found
    kept = f"/statistics/kept/{Permalink.objects.get().key}/"
    return [f"/account/invitation/{token}/", f"/statistics/subscribe/{KEY}/", found[1], kept, *WRONG]


WRONG = ("/account/invitation/unknown/", "/statistics/places/nowhere/", "/statistics/tables/?pack=demo&indicator=unknown")
"""Addresses that lead nowhere: the page says so."""


def _returns(people: cast.Cast) -> None:
    open_campaign("system:test", cast.PACK, "staff", PERIODS[-1], opens_on=date(2023, 9, 1))
    rows = [{"person": "T1", "surname": "Marin", "first_name": "Sofia"}]
    working.replace_all(people.secretary, cast.obligation("staff", cast.SCHOOL, PERIODS[-1]), rows, channel="upload")
    Campaign.objects.filter(period=PERIODS[-1]).update(state=Campaign.FROZEN)
    cast.campaigns()
    for code in (cast.SCHOOL, cast.SIBLING, cast.KINDERGARTEN, cast.ELSEWHERE):
        sign_register(people, code)
    rows = year_data.learners()
    rows[2]["sex"], rows[4]["birth_date"] = "X", ""
    asked = cast.obligation("learners", cast.SCHOOL)
    working.replace_all(people.secretary, asked, rows, channel="upload")
    checking.check_draft(asked)
    _ready(people)
    submit(people.sibling_head, "learners", cast.SIBLING, year_data.learners(cast.SIBLING, 9))
    submit(people.head, "learners", cast.ELSEWHERE, year_data.learners(cast.ELSEWHERE, 7))
    returning.send_back(people.officer, cast.obligation("institutions", cast.SIBLING), "The year it was opened is another one.")


def _ready(people: cast.Cast) -> None:
    """Signed once, changed since, ready to be signed again."""
    asked = cast.obligation("institutions", cast.SCHOOL)
    row = cast.attributes("Noram school No 1", "secondary-school", "general", "R1-01") | {"capacity": "420"}
    working.replace_all(people.secretary, asked, [row], channel="form")
    checking.check_draft(cast.obligation("institutions", cast.SCHOOL))


def _offices(people: cast.Cast) -> None:
    freezing.announce(people.manager, freezing.plan(people.manager, cast.PACK, cast.PERIOD))
    school = cast.organisation(cast.SCHOOL)
    dates = {"not_before": cast.DAY, "not_after": cast.DAY + timedelta(days=400), "registered_at": cast.DAY}
    Certificate.objects.create(
        organisation=school, fingerprint="1" * 64, subject="CN=Head", issuer="CN=Authority", serial="1", **dates
    )
    RegisterImport.objects.create(
        pack=cast.PACK, dataset="institutions", period=cast.PERIOD, as_of=cast.DAY.date(), basis="Order No 1", file_name="x.csv",
        digest="1" * 64, uploaded_by=people.administrator, uploaded_at=cast.DAY, counts={"rows": 0, "blocks": 0},
    )  # fmt: skip
    for user in people.people.values():
        _job("x", user, "failed", error="The file can't be read")
        Notice.objects.create(user=user, kind="reminder", at=clock.now(), url="/")
    given = {"pack": cast.PACK, "dataset": "learners", "period": "2023", "as_of": "2023-09-01", "name": "country.xlsx"}
    counts = {"rows_read": 9, "rows_accepted": 8, "rows_refused": 1, "submissions": 3, "findings": {"explain": 1, "note": 2}}
    _job(bulk.KIND, people.manager, "done", arguments=given, result={**counts, "tree": dict.fromkeys(CHANGES, 1)})
    _freezes(people)
    for user in (people.careful, people.halfway, people.ministry):
        TOTP.activate(user, SEED)
    RecoveryCodes.activate(people.careful)


CHANGES = ("opened", "moved", "changed", "closed")


def _job(kind: str, user: User, state: str, **more: Any) -> JobRun:
    return JobRun.objects.create(kind=kind, title="A job", state=state, asked_by=user, asked_at=clock.now(), **more)


def _freezes(people: cast.Cast) -> None:
    """One that is done, with its report; one at work."""
    regime = Freeze.objects.get().regime
    days = dict.fromkeys(("as_of", "announce_by", "suspend_from", "resume_on"), date(2023, 10, 1))
    late = [{"name": "Noram school No 1", "code": cast.SCHOOL, "dataset": "staff", "late_days": 2}]
    counts = dict.fromkeys(("owed", "received", "missing", "refused", "late", "returned"), 1)
    report = {"datasets": [{"dataset": "staff", **counts}], "listed": {"late": late, "missing": late}, "notes": ["A note"]}
    done = {"state": Freeze.RESUMED, "frozen_at": cast.DAY, "resumed_at": cast.DAY, "root": "ab" * 32, "size": 7}
    Freeze.objects.create(pack=cast.PACK, period="2023", regime=regime, report={**report, "rows": {}, "facts": 3}, **done, **days)
    run = _job("freeze.fix", people.manager, "running", of=10, done=4)
    Freeze.objects.create(pack=cast.PACK, period="2022", regime=regime, state="freezing", job=run, **days)


def _publish(people: cast.Cast) -> None:
    out = release(
        headline={"en": "More places than ever", "ru": "Мест больше, чем когда-либо"},
        key_figures=[{"fact": "places@2023"}, {"fact": "learners@2023"}],
        next_on=date(2025, 3, 1),
        note={"en": "One district was counted twice.", "ru": "Один район был посчитан дважды."},
    )
    with_sections(out, "network")
    Publication.objects.filter(slug="yearbook").update(summary={"en": "What there is, and how it changes"})
    later = second_version(hiding("institutions@2023[region=R1]")).data
    assert out.data is not None
    assert later is not None
    store = published_store()
    store.write(f"{later.folder}/register.json", store.read(f"{out.data.folder}/register.json"))
    Publication.objects.filter(slug="amendment").update(title={"en": "Institutions in short", "ru": "Коротко об организациях"})
    Release.objects.create(
        publication=publication("announced"), period="2024", state=Release.SCHEDULED, made_at=clock.now(),
        publish_at=clock.now() + timedelta(days=30), job=_job("release.prepare", people.manager, "running", of=10, done=4),
    )  # fmt: skip
    releasing.start(people.manager, releasing.publication_of("kz-521", "national-report"), PERIODS[-1])
    draft = releasing.start(people.manager, releasing.publication_of(cast.PACK, "yearbook"), PERIODS[-1])
    preparing.make_ready("system:test", draft, documents=False)
    draft = Release.objects.get(pk=draft.pk)
    given = {"issuer": "Statistics office", "title": "Population", "dated": date(2024, 1, 1), "name": "population.csv"}
    sources.register(people.manager, draft, **given, content=b"region,people\n")
    releasing.admit(
        people.manager, draft, name="Irena Solan", position="Head", reason="Approves it", from_at=clock.now() + timedelta(days=1)
    )
    releasing.pass_over(people.manager, draft, "next", "The calendar of next year is not decided yet")
    Client().post("/statistics/keep/", {"address": "pack=demo&indicator=places&by=region&period=2023"})
    Subscriber.objects.create(email="reader@example.org", key=KEY, asked_at=clock.now())


def _file(name: str, content: bytes) -> BytesIO:
    out = BytesIO(content)
    out.name = name
    return out


TOKEN = {"name": "Register", "place": cast.SCHOOL, "capabilities": ["see"], "per_minute": "60", "expires_on": "2024-12-01"}


def sent(workbook: bytes) -> list[tuple[str, str, dict[str, Any]]]:
    """Who sends what where, by mistake or to see what comes: (person, address, fields). ``workbook``: the school's register."""
    register = cast.obligation("institutions", cast.SCHOOL).pk
    learners = cast.obligation("learners", cast.SCHOOL).pk
    return [
        ("visitor", "/account/login/", {"login": "nobody", "password": "x"}),
        ("visitor", "/statistics/subscribe/", {"email": "no address"}),
        ("visitor", "/statistics/subscribe/", {"email": "other@example.org"}),
        ("visitor", "/statistics/keep/", {"address": "pack=demo&indicator=places&by=region&period=2023"}),
        ("visitor", "/statistics/verify/", {"bundle": _file("bundle.zip", b"no bundle")}),
        ("secretary", f"/returns/{learners}/upload/", {"file": _file("rows.xlsx", b"no workbook")}),
        ("secretary", f"/returns/{register}/upload/", {"file": _file("register.xlsx", workbook)}),
        ("officer", f"/backlog/returns/{learners}/send-back/", {"text": "Not signed yet"}),
        ("manager", "/campaigns/open/", {"period": "x"}),
        printed_links(),
        ("manager", "/imports/new/", {"period": "x"}),
        ("manager", "/releases/new/", {"what": "x", "period": "x"}),
        ("manager", "/freeze/plan/", {"pack": cast.PACK, "period": cast.PERIOD, "as_of": "2024-11-05"}),
        ("administrator", "/places/people/invite/", {"email": "x"}),
        ("administrator", "/places/tree/open/", {"name": ""}),
        ("administrator", f"/places/tree/of/{cast.SCHOOL}/do/rename/", {"name": ""}),
        ("administrator", "/api/tokens/new/", {"name": ""}),
        ("administrator", "/api/tokens/new/", TOKEN),
        ("administrator", "/places/ledger/verify/", {}),
        ("secretary", "/account/password/change/", {"oldpassword": "x", "password1": "1", "password2": "2"}),
    ]
