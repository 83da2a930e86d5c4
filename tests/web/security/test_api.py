"""The API attacked: another place's objects by number and by name, more fields than there are, a session for a token."""

from __future__ import annotations

import json
from typing import Any

import pytest
from django.test import Client

from sapa_web.api.models import Credential
from sapa_web.collection.domain import working
from sapa_web.orgs.models import Organisation
from tests.web import cast
from tests.web.api.conftest import WHERE, Caller, Issue, issue  # noqa: F401 - a fixture
from tests.web.indicators.world import register_row, submit
from tests.web.security.conftest import FOREIGN, RECEIPT, SECRET, signed_in
from tests.web.security.routes import Route, routes

PLACES: dict[str, Any] = {
    "id": FOREIGN, "receipt": RECEIPT, "code": cast.ELSEWHERE, "number": 1, "pack": cast.PACK, "dataset": "learners",
    "period": cast.PERIOD, "year": 2024, "rest": "x",
}  # fmt: skip
BODIES: dict[str, dict[str, Any]] = {
    "api:v1:put_draft": {"rows": [], "version": 0},
    "api:v1:sign": {"signature": "AAAA"},
    "api:v1:complete": {"manifest": "AAAA", "signature": "AAAA"},
}


def of_api() -> list[Route]:
    return [
        item
        for item in routes()
        if item.template.startswith("api/v1/") and item.name not in ("api:v1:openapi", "api:v1:api-root")
    ]


def test_nothing_is_answered_without_a_token_whatever_the_session(people: cast.Cast) -> None:
    """The cookie of a signed-in administrator opens no address of the API: so nobody else's page can use it."""
    browser = signed_in(people.administrator)
    for route in of_api():
        for method in ("get", "post", "put", "delete"):
            answer = getattr(browser, method)(route.path(**PLACES), content_type="application/json")
            # What is for everybody answers everybody alike, and only when it is asked to read.
            read = (200, 404, 422) if "/public/" in f"/{route.template}" and method == "get" else (401, 404, 405, 415)
            assert answer.status_code in read, (route.name, method)
            assert "no-store" in answer["Cache-Control"]
            assert "Access-Control-Allow-Origin" not in answer


@pytest.mark.parametrize(
    "given", ["", "Bearer", "Bearer ", "Bearer sapa_", "Basic YTpi", "Bearer sapa_" + "x" * 5000, "Bearer sapa_\u00fc"]
)
def test_what_is_no_token_is_refused(people: cast.Cast, given: str) -> None:
    answer = Client().get("/api/v1/token", headers={"Authorization": given.encode().decode("latin-1")})
    assert answer.status_code == 401


def test_a_token_in_the_address_is_not_looked_at(people: cast.Cast, issue: Issue) -> None:  # noqa: F811
    assert Client().get(f"/api/v1/token?token={issue()}&access_token={issue()}").status_code == 401


def test_nothing_of_another_place_is_reached(foreign: Organisation, people: cast.Cast, issue: Issue) -> None:  # noqa: F811
    call = Caller(issue(cast.SCHOOL))
    for route in of_api():
        if not {"id", "receipt", "code"} & set(route.pieces):
            continue
        named = {**PLACES, "id": RECEIPT if "uploads" in route.template else FOREIGN}
        path = route.path(**named).removeprefix("/api/v1")
        body = BODIES.get(route.name, {})
        for method in ("GET", "POST", "PUT", "DELETE"):
            answer = call(
                method,
                path,
                b"x" if "/parts/" in path else body,
                form="application/octet-stream" if "/parts/" in path else "application/json",
            )
            assert answer.status_code in (404, 405, 415, 422), (route.name, method, answer.content)
            assert answer.status_code != 422 or method in ("POST", "PUT"), route.name
            assert SECRET.encode() not in answer.content
    for body in ({**WHERE, "unit": cast.ELSEWHERE, "rows": []},):
        assert call.post("/submissions/check", body).status_code == 404
    for address in ("obligations", "submissions", "organisations"):
        assert cast.ELSEWHERE not in call.get(f"/{address}").content.decode()


def test_figures_of_places_are_those_of_the_pages(people: cast.Cast, issue: Issue) -> None:  # noqa: F811
    """Found here: any token that may analyse was given every district's provisional figures, with one school in a district."""
    cast.campaigns()
    submit(people.head, "institutions", cast.SCHOOL, [register_row(cast.SCHOOL)])
    submit(people.elsewhere, "institutions", cast.ELSEWHERE, [register_row(cast.ELSEWHERE)])

    def places(code: str, **more: Any) -> set[str]:
        answer = Caller(issue(code, **more)).get(f"/facts?pack={cast.PACK}&state=provisional")
        items = json.loads(b"".join(answer.streaming_content))["items"]
        assert items
        return {value for item in items for name, value in item["cut"].items() if name in ("region", "district")}

    assert places("REP") == {"R1", "R2", "R1-01", "R2-01"}
    assert places(cast.SCHOOL) == {"R1", "R1-01"}
    assert places("R2") == {"R2", "R2-01"}
    assert places("REP", datasets=["staff"]) == set()


def test_fields_that_are_not_asked_for_are_refused(people: cast.Cast, issue: Issue) -> None:  # noqa: F811
    cast.campaigns()
    call = Caller(issue(cast.SCHOOL))
    owed = cast.obligation("institutions", cast.SCHOOL)
    for body in (
        {"rows": [], "version": 0, "state": "signed"},
        {"rows": [{"_on": "1999-01-01"}], "version": 0},
        {"rows": [{"name": {"a": 1}}], "version": 0},
    ):
        assert call("PUT", f"/obligations/{owed.pk}/draft", body).status_code == 422, body
    assert working.rows_of(owed) == (0, [])


def test_a_secret_is_kept_nowhere(people: cast.Cast, issue: Issue) -> None:  # noqa: F811
    secret = issue()
    assert secret not in str(list(Credential.objects.values()))
    assert Credential.objects.get().secret_hash != secret
    assert len(secret) > 43, "256 random bits"


def test_a_token_that_comes_in_the_clear_is_refused(people: cast.Cast, issue: Issue, settings: Any) -> None:  # noqa: F811
    """Not redirected: the program would go on sending it so."""
    settings.HTTPS = settings.SECURE_SSL_REDIRECT = True
    given = {"Authorization": f"Bearer {issue()}"}
    assert Client().get("/api/v1/token", headers=given).status_code == 403
    assert Client().get("/api/v1/token", headers=given, secure=True).status_code == 200
    assert Client().get("/account/login/").status_code == 301
