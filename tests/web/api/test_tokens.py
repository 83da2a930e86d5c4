"""Tokens: made within the administrator's reach, shown once, ended at any time, held to their rate."""

from __future__ import annotations

from datetime import timedelta
from typing import Any

import pytest
from django.test import Client

from sapa.errors import UserError
from sapa_web.api.domain import rates, tokens
from sapa_web.api.models import Credential
from sapa_web.common import clock
from sapa_web.common.models import LedgerEntry
from sapa_web.orgs.domain.queries.access import scope_of
from sapa_web.orgs.models import Membership
from sapa_web.orgs.roles import Capability
from tests.web import cast
from tests.web.api.conftest import Caller, Issue


def form(**changes: Any) -> dict[str, Any]:
    return {
        "name": "School software", "place": cast.SCHOOL, "capabilities": ["see", "sign"], "expires_on": "2025-08-31",
        "per_minute": "60", **changes,
    }  # fmt: skip


def signed_in(user: Any) -> Client:
    client = Client()
    client.force_login(user)
    return client


def test_an_administrator_makes_a_token_that_is_shown_once(people: cast.Cast) -> None:
    client = signed_in(people.administrator)
    page = client.post("/api/tokens/new/", form())
    secret = page.context["secret"]
    assert secret.startswith("sapa_")
    assert secret in page.content.decode()
    (made,) = Credential.objects.all()
    assert secret not in str(made.__dict__)
    assert Caller(secret).get("/token").json()["capabilities"] == ["see", "sign"]
    listed = client.get("/api/tokens/").content.decode()
    assert "School software" in listed
    assert secret not in listed
    (entry,) = LedgerEntry.objects.filter(verb="token.issued")
    assert secret not in str(entry.data)

    client.post(f"/api/tokens/{made.pk}/revoke/")
    refused = Caller(secret).get("/token")
    assert (refused.status_code, refused.json()["code"]) == (401, "revoked_token")
    assert refused["WWW-Authenticate"].startswith("Bearer")
    assert LedgerEntry.objects.filter(verb="token.revoked", obj=f"token:{made.pk}").exists()


@pytest.mark.parametrize(
    "changes",
    [{"capabilities": []}, {"expires_on": "2024-09-01"}, {"expires_on": "2030-01-01"}, {"place": "9999999"}, {"name": ""}],
)
def test_a_token_that_makes_no_sense_is_not_made(people: cast.Cast, changes: dict[str, Any]) -> None:
    page = signed_in(people.administrator).post("/api/tokens/new/", form(**changes))
    assert page.status_code == 200
    assert page.context["form"].errors
    assert not Credential.objects.exists()


@pytest.mark.parametrize("who", ["nobody", "secretary", "head", "officer", "analyst", "manager", "teacher"])
def test_only_an_administrator_sees_the_pages(people: cast.Cast, who: str) -> None:
    client = signed_in(getattr(people, who))
    for answer in (client.get("/api/tokens/"), client.get("/api/tokens/new/"), client.post("/api/tokens/1/revoke/")):
        assert answer.status_code == 403
    assert Client().get("/api/tokens/").status_code == 302


def test_an_administrator_of_one_district_reaches_no_other(people: cast.Cast, issue: Issue) -> None:
    Membership.objects.create(
        user=people.nobody, organisation=cast.organisation("R1-01"), role="administrator", valid_from=cast.SINCE
    )
    issue(code=cast.ELSEWHERE)
    issue(code=cast.SIBLING)
    client = signed_in(people.nobody)
    assert [row["token"].organisation.code for row in client.get("/api/tokens/").context["rows"]] == [cast.SIBLING]
    there = Credential.objects.get(organisation__code=cast.ELSEWHERE)
    assert client.post(f"/api/tokens/{there.pk}/revoke/").status_code == 404
    assert client.post("/api/tokens/new/", form(place=cast.ELSEWHERE)).context["form"].errors
    assert client.post("/api/tokens/new/", form(place=cast.SCHOOL)).context["secret"]


def test_a_token_is_never_wider_than_its_maker(people: cast.Cast) -> None:
    Membership.objects.create(
        user=people.nobody, organisation=cast.organisation("REP"), role="administrator", levels=["preschool"],
        datasets=["learners"], valid_from=cast.SINCE,
    )  # fmt: skip
    scope = scope_of(people.nobody, Capability.ADMINISTER)
    soon = clock.now() + timedelta(days=1)
    place = cast.organisation(cast.KINDERGARTEN)
    for levels, datasets in (((), ()), (("preschool",), ()), ((), ("learners",)), (("preschool", "general"), ("learners",))):
        with pytest.raises(UserError, match="further"):
            tokens.issue(people.nobody, scope, tokens.Wanted("x", place, ["see"], soon, levels, datasets))
    assert tokens.issue(people.nobody, scope, tokens.Wanted("x", place, ["see"], soon, ("preschool",), ("learners",)))


def test_the_list_asks_the_same_number_of_questions(people: cast.Cast, issue: Issue, django_assert_num_queries: Any) -> None:
    client = signed_in(people.administrator)
    client.get("/api/tokens/")
    counts = []
    for more in (1, 2):
        for _ in range(more):
            issue()
        from django.db import connection
        from django.test.utils import CaptureQueriesContext

        with CaptureQueriesContext(
            connection,
        ) as asked:
            client.get("/api/tokens/")
        counts.append(len(asked))
    assert counts[0] == counts[1]


def test_a_token_ends_by_itself(people: cast.Cast, issue: Issue) -> None:
    secret = issue(expires_at=clock.now() + timedelta(days=1))
    with clock.standing_at(cast.DAY + timedelta(days=2)):
        assert Caller(secret).get("/token").json()["code"] == "expired_token"


@pytest.mark.parametrize("secret", ["", "sapa_", "sapa_guess", "x" * 200])
def test_without_a_token_there_is_nothing(db: None, secret: str) -> None:
    answer = Caller(secret).get("/organisations")
    assert (answer.status_code, answer["Content-Type"]) == (401, "application/problem+json")


def test_too_fast_is_told_when_to_come_again(people: cast.Cast, issue: Issue) -> None:
    caller = Caller(issue(per_minute=60, burst=3))
    assert [caller.get("/token").status_code for _ in range(4)] == [200, 200, 200, 429]
    refused = caller.get("/token")
    assert (refused.json()["code"], refused["Retry-After"]) == ("too_many_requests", "1")
    with clock.standing_at(cast.DAY + timedelta(seconds=1)):
        assert [caller.get("/token").status_code for _ in range(2)] == [200, 429]
    with clock.standing_at(cast.DAY + timedelta(hours=1)):
        assert [caller.get("/token").status_code for _ in range(4)] == [200, 200, 200, 429]


def test_the_rate_is_kept_in_the_database(people: cast.Cast, issue: Issue) -> None:
    issue(per_minute=60, burst=2)
    (credential,) = Credential.objects.all()
    assert (rates.wait(credential), rates.wait(credential)) == (0.0, 0.0)
    assert rates.wait(Credential.objects.get(pk=credential.pk)) == pytest.approx(1.0)


def test_the_account_of_a_system_is_nobody_who_signs_in(people: cast.Cast, issue: Issue) -> None:
    issue()
    account = Credential.objects.get().token
    assert not account.is_active
    assert not account.has_usable_password()
    assert not Client().login(email=account.email, password="")
