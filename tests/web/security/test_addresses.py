"""Every address of the site, attacked as it is mounted: without sign-in, without a token, for somebody else's object, by GET."""

from __future__ import annotations

from typing import Any

import pytest
from django.test import Client

from sapa_web.common.domain import ledger
from sapa_web.orgs.models import Organisation, User
from tests.web import cast
from tests.web.security.conftest import FOREIGN, RECEIPT, SECRET, signed_in
from tests.web.security.routes import Route, routes

OPEN = {
    "account_login", "account_reset_password", "account_reset_password_done", "account_reset_password_from_key",
    "account_reset_password_from_key_done", "account_inactive", "account_signup", "account_email_verification_sent",
    "invitation_accept", "set_language", "socialaccount_login_cancelled", "socialaccount_login_error", "mfa_login_webauthn",
    "javascript-catalog", "api:v1:openapi", "api:v1:api-root", "api:docs",
    "health", "answer:worker",
}  # fmt: skip
"""What a person who is not signed in may see: sign-in itself, the description of the API, whether the site is alive; and the
portal, whose own tests hold what is public when."""
EVERYBODYS = {
    "freeze:detail", "freeze:progress", "freeze:act", "orgs:pack", "orgs:organisation", "orgs:branch",
    "orgs:history",
}  # fmt: skip
"""No unit's object: the freeze and the campaigns of the whole country, the packs; the public register of institutions has its
own rules (see tests/web/orgs)."""
PLACES: dict[str, Any] = {
    "pk": FOREIGN, "id": FOREIGN, "role": FOREIGN, "upload_id": FOREIGN, "code": cast.ELSEWHERE, "receipt": RECEIPT,
    "row_id": "r1", "block": "x",
    "pack": cast.PACK, "dataset": "learners", "period": cast.PERIOD, "year": 2024, "verb": "rename", "form": "csv", "kind": "csv",
    "indicator": "learners", "name": cast.PACK, "number": 1, "token": "x", "rest": "x", "provider_id": "sso", "uidb36": "1",
    "key": "x", "publication": "yearbook", "chapter": "network", "chart": "x", "version": 1,
    "fact": "learners@2024", "document": "by-329", "what": "submit", "proposal": FOREIGN, "check": "x",
    "member": FOREIGN, "evidence": FOREIGN, "measure": FOREIGN, "meeting_pk": FOREIGN, "guest": FOREIGN, "dossier": FOREIGN,
    "digest": "0" * 64, "paper": FOREIGN, "application": "accreditation", "thing": "x", "place": 0, "remark": FOREIGN,
}  # fmt: skip


def of_site() -> list[Route]:
    """Our own pages: the API answers to tokens and is attacked in test_api."""
    return [item for item in routes() if not item.template.startswith("api/v1")]


def about_a_unit() -> list[Route]:
    """Pages with an identifier of somebody's object in their address."""
    named = {"pk", "id", "code", "receipt", "upload_id", "role"}
    return [item for item in of_site() if named & set(item.pieces) and item.name not in EVERYBODYS]


def test_the_walk_finds_the_pages() -> None:
    names = {item.name for item in routes()}
    assert {"home", "account_login", "orgs:person", "collection:sign", "backlog:return", "api:v1:submit"} <= names
    assert all(set(item.pieces) <= set(PLACES) for item in routes()), "say in PLACES what to fill in"


@pytest.mark.django_db
def test_without_sign_in_nothing_is_shown() -> None:
    browser = Client(raise_request_exception=False)
    for route in of_site():
        if route.name in OPEN or route.name.startswith("portal:"):
            continue
        for method in ("get", "post"):
            answer = getattr(browser, method)(route.path(**PLACES))
            assert answer.status_code in (301, 302, 403, 404, 405), (route.name, method, answer.status_code)
            if answer.status_code in (301, 302):
                where = answer["Location"]
                kept = where.startswith(("/account/login/", "/places/tree/")) or route.template.startswith("account/")
                assert kept, (route.name, where)


def test_every_change_asks_for_the_forms_token(foreign: Organisation, people: cast.Cast) -> None:
    before = ledger.head()
    for person in (people.administrator, people.head, people.manager, people.officer):
        browser = signed_in(person, enforce_csrf_checks=True)
        for route in of_site():
            if "indicators" in route.name:
                continue  # they only read, and take GET alone or do the same for both
            for method in ("post", "delete") if person is people.administrator else ("post",):
                answer = getattr(browser, method)(route.path(**PLACES))
                assert answer.status_code in (403, 404, 405), (route.name, method, answer.status_code)
    assert ledger.head() == before


@pytest.mark.parametrize("who", ["secretary", "head", "teacher", "other_officer", "school_administrator", "nobody"])
def test_nobody_reaches_what_belongs_elsewhere(
    foreign: Organisation, people: cast.Cast, school_administrator: User, who: str
) -> None:
    person = school_administrator if who == "school_administrator" else getattr(people, who)
    browser, before = signed_in(person), ledger.head()
    for route in about_a_unit():
        for method in ("get", "post"):
            answer = getattr(browser, method)(route.path(**PLACES))
            again = answer.status_code == 302 and "/reauthenticate/" in answer["Location"]
            assert again or answer.status_code in (403, 404, 405), (route.name, method, answer.status_code)
            assert SECRET.encode() not in answer.content, route.name
    assert ledger.head() == before, "something was changed"


@pytest.mark.parametrize("who", ["secretary", "head", "officer", "manager", "administrator"])
def test_reading_changes_nothing(foreign: Organisation, people: cast.Cast, who: str) -> None:
    """Safe methods are safe: no entry of the ledger comes from GET, HEAD or OPTIONS."""
    browser, before = signed_in(getattr(people, who)), ledger.head()
    own = {**PLACES, "code": cast.SCHOOL, "pk": cast.obligation("institutions", cast.SCHOOL).pk, "receipt": "0" * 32}
    for route in of_site():
        for method in ("get", "head"):
            getattr(browser, method)(route.path(**own))
    assert browser.get("/notices/").status_code == 200, "GET has signed the person out"
    assert ledger.head() == before


@pytest.mark.django_db
def test_trace_is_not_answered(people: cast.Cast) -> None:
    for route in of_site():
        if "indicators" in route.name:
            continue
        answer = signed_in(people.secretary).trace(route.path(**PLACES), headers={"X-Echo": SECRET})
        assert SECRET.encode() not in answer.content, route.name


@pytest.mark.django_db
def test_the_sign_of_life_tells_states_and_nothing_else() -> None:
    told = Client().get("/health/").json()
    assert set(told) == {"status", "database", "archive", "worker"}
    assert set(told.values()) <= {"ok", "degraded", "failing", "silent", "never seen", "unknown"}
