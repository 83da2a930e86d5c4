"""A narrower role does not become a wider one: by address, by a field nobody asked for, by a role in a corner of the tree."""

from __future__ import annotations

from datetime import timedelta
from typing import Any

import pytest
from django.urls import reverse

from sapa.errors import UserError
from sapa_web.api.domain import tokens
from sapa_web.collection.domain import signing
from sapa_web.collection.domain.trust import demonstration_authority
from sapa_web.collection.models import Campaign, Freeze
from sapa_web.common import clock
from sapa_web.common.domain import ledger
from sapa_web.common.files import archive
from sapa_web.common.models import JobRun
from sapa_web.orgs.domain import certificates
from sapa_web.orgs.domain import people as domain
from sapa_web.orgs.domain.queries.access import scope_of, whole
from sapa_web.orgs.models import Membership, User
from sapa_web.orgs.roles import Capability
from tests.web import cast
from tests.web.collection.office import sign_register
from tests.web.security.conftest import signed_in
from tests.web.security.routes import routes


def person(name: str, role: str, code: str, **more: Any) -> User:
    user = User.objects.create_user(f"{name}@example.org", cast.PASSWORD, name=name)
    Membership.objects.create(user=user, organisation=cast.organisation(code), role=role, valid_from=cast.SINCE, **more)
    return user


NARROW = [
    ("R1-01", {}),
    (cast.SCHOOL, {}),
    ("REP", {"levels": ["general"]}),
    ("REP", {"datasets": ["staff"]}),
    ("REP", {"founded": True}),
]


@pytest.mark.parametrize(("code", "more"), NARROW)
def test_a_manager_of_a_part_does_not_move_the_whole(people: cast.Cast, code: str, more: dict[str, Any]) -> None:
    """Found here: whoever managed one district without limits of levels could freeze and close the whole country."""
    campaign = cast.campaigns()["staff"]
    freeze = Freeze.objects.create(
        pack=cast.PACK, period=cast.PERIOD, regime="x", as_of=cast.DAY, announce_by=cast.DAY, suspend_from=cast.DAY,
        resume_on=cast.DAY,
    )  # fmt: skip
    manager = person("part", "manager", code, **more)
    assert not whole(scope_of(manager, Capability.FREEZE))
    assert whole(scope_of(people.manager, Capability.FREEZE))
    browser, before = signed_in(manager), ledger.head()
    tried = 0
    for route in routes():
        if route.name.startswith(("campaigns:", "freeze:", "imports:")):
            for verb in ("close", "announce", "begin") if "verb" in route.pieces else ("",):
                pk = campaign.pk if route.name.startswith("campaigns:") else freeze.pk
                answer = browser.post(route.path(pk=pk, verb=verb), {"pack": cast.PACK, "period": cast.PERIOD})
                assert answer.status_code in (403, 404, 405), route.name
                tried += answer.status_code == 404
    assert tried >= 6
    assert Campaign.objects.get(pk=campaign.pk).state == Campaign.OPEN
    assert ledger.head() == before


@pytest.mark.parametrize("role", ["manager", "administrator"])
def test_a_job_of_others_is_seen_by_the_topmost_office_alone(people: cast.Cast, role: str) -> None:
    """Found here: the error of a job names values, and every administrator of a school saw everybody's jobs."""
    run = JobRun.objects.create(
        kind="x", title="Everybody's", state="failed", asked_by=people.ministry, asked_at=clock.now(), error="Zarina Unseen"
    )  # fmt: skip
    browser = signed_in(person("part", role, cast.SCHOOL))
    assert browser.get(reverse("job", args=[run.pk])).status_code == 404
    assert browser.post(reverse("job-again", args=[run.pk])).status_code == 404
    assert b"Everybody" not in browser.get(reverse("jobs")).content
    assert signed_in(getattr(people, role)).get(reverse("job", args=[run.pk])).status_code == 200


def test_who_was_deactivated_above_is_not_reactivated_below(people: cast.Cast, school_administrator: User) -> None:
    """A role long ended in a district keeps the person on its list; the account is another's to switch on."""
    left = person("left", "officer", "R2")
    Membership.objects.create(
        user=left, organisation=cast.organisation(cast.SCHOOL), role="secretary", valid_from=cast.SINCE,
        valid_to=cast.SINCE + timedelta(days=10),
    )  # fmt: skip
    domain.deactivate(people.administrator, scope_of(people.administrator, Capability.ADMINISTER), left)
    browser = signed_in(school_administrator)
    browser.post(reverse("orgs:reactivate", args=[left.pk]))
    assert not User.objects.get(pk=left.pk).is_active


def test_fields_nobody_asked_for_are_ignored(people: cast.Cast) -> None:
    browser = signed_in(people.administrator)
    offered = {
        "email": "new@example.org", "name": "New", "place": cast.SCHOOL, "role_name": "secretary", "is_superuser": "1",
        "is_staff": "on", "accepted_by": people.administrator.pk, "token_hash": "0" * 64, "invited_by": people.head.pk,
    }  # fmt: skip
    browser.post(reverse("orgs:invite"), offered)
    invitation = domain.Invitation.objects.get(email="new@example.org")
    assert (invitation.invited_by, invitation.accepted_by) == (people.administrator, None)
    assert invitation.token_hash != "0" * 64
    token = domain.invite_again(people.administrator, invitation)
    given = {
        "name": "New", "password1": cast.PASSWORD, "password2": cast.PASSWORD, "email": "other@example.org",
        "role": "administrator",
        "organisation": cast.organisation("REP").pk, "is_superuser": "1", "is_staff": "1",
    }  # fmt: skip
    signed_in(people.nobody).post(reverse("invitation_accept", args=[token]), given)
    made = User.objects.get(email="new@example.org")
    assert not made.is_superuser
    assert not made.is_staff
    assert [(item.role, item.organisation.code) for item in made.memberships.all()] == [("secretary", cast.SCHOOL)]


@pytest.mark.parametrize(("code", "more"), [("REP", {}), (cast.ELSEWHERE, {}), ("R1", {}), ("R1-01", {"founded": True})])
def test_nobody_gives_more_than_he_holds(people: cast.Cast, code: str, more: dict[str, Any]) -> None:
    giver = person("giver", "administrator", "R1-01", **more)
    scope = scope_of(giver, Capability.ADMINISTER)
    place = cast.organisation(code if not more else cast.SCHOOL)
    with pytest.raises(UserError, match="further"):
        domain.grant(giver, scope, people.nobody, domain.Role(place, "head"))
    with pytest.raises(UserError, match="further"):
        domain.invite(giver, scope, "x@example.org", "x", domain.Role(place, "head"))
    wanted = tokens.Wanted("x", cast.organisation(code if not more else "R1"), ["see"], clock.now() + timedelta(days=1))
    with pytest.raises(UserError, match="further"):
        tokens.issue(giver, scope, wanted)


def test_a_grid_takes_only_cells(people: cast.Cast) -> None:
    """Names that begin with ``_`` are ours: neither an id nor a day comes from outside."""
    cast.campaigns()
    owed = cast.obligation("institutions", cast.SCHOOL)
    change = {
        "op": "add",
        "row": "a",
        "values": {"name": "N", "_on": "1999-01-01", "_id": "zz", "unit": cast.ELSEWHERE, "x": "y"},
    }
    address = reverse("collection:grid-changes", args=[owed.pk])
    answer = signed_in(people.secretary).post(address, {"version": 0, "changes": [change]}, content_type="application/json")
    assert answer.status_code == 200
    shown = signed_in(people.secretary).get(reverse("collection:grid-data", args=[owed.pk])).json()["rows"]
    assert [(row["_id"], row["name"]) for row in shown] == [("a", "N")]
    assert not {"_on", "unit", "x"} & set(shown[0])
    forged = {"op": "set", "row": "a", "field": "_on", "value": "1999-01-01", "was": ""}
    answer = signed_in(people.secretary).post(address, {"version": 1, "changes": [forged]}, content_type="application/json")
    assert answer.status_code == 400


def test_a_certificate_that_was_revoked_here_signs_nothing(people: cast.Cast) -> None:
    """Found here: the page said that it counts no longer, and signing asked the authority alone."""
    cast.campaigns()
    head = demonstration_authority().person(f"Head of {cast.SCHOOL}", cast.SCHOOL, now=clock.now())
    registered = certificates.register(people.administrator, cast.organisation(cast.SCHOOL), head.certificate)
    certificates.revoke(people.administrator, registered)
    with pytest.raises(signing.SignatureRefused, match="revoked"):
        sign_register(people, cast.SCHOOL)
    assert not archive(cast.PACK, cast.PERIOD).exists(f"submissions/institutions/{cast.PERIOD}/{cast.SCHOOL}/r0001.p7s")
    assert cast.obligation("institutions", cast.SCHOOL).revision == 0
