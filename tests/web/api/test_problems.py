"""Errors: one form everywhere, the right status, what to do, and nothing of our inside."""

from __future__ import annotations

from typing import Any

import pytest
from django.db import OperationalError
from django.test import Client

from sapa_web.api.domain.queries import asked as queries
from sapa_web.api.rest.problems import TITLES
from tests.web import cast
from tests.web.api.conftest import WHERE, Caller, Issue, row

pytestmark = pytest.mark.usefixtures("asked")
BODY = {**WHERE, "unit": cast.SCHOOL, "rows": [row()]}


def problem(answer: Any, status: int, code: str) -> dict[str, Any]:
    told: dict[str, Any] = answer.json()
    assert (answer.status_code, told["status"], told["code"]) == (status, status, code), told
    assert answer["Content-Type"] == "application/problem+json"
    assert answer["Cache-Control"] == "no-store"
    assert {"type", "title", "detail", "message", "todo"} <= set(told)
    assert all(told[name] for name in ("title", "message", "todo"))
    return told


def test_each_has_its_status(school: Caller, settings: Any) -> None:
    problem(school.get("/nowhere"), 404, "no_route")
    problem(school.get("/organisations/nobody"), 404, "not_found")
    assert problem(school("PATCH", "/organisations"), 405, "method")
    assert school("PATCH", "/organisations")["Allow"] == "GET"
    problem(school.post("/submissions/check", b"{not json"), 400, "unreadable")
    problem(school.post("/submissions/check", b"\xff\xfe"), 400, "unreadable")
    problem(school.post("/submissions/check", BODY, form="text/csv"), 415, "form")
    problem(school.post("/submissions/check", BODY, form="application/x-www-form-urlencoded"), 415, "form")
    problem(school.post("/submissions/check", {**BODY, "rows": [{"name": {"deep": 1}}]}), 422, "invalid")
    problem(school.get("/organisations?as_of=yesterday"), 422, "invalid")
    settings.DATA_UPLOAD_MAX_MEMORY_SIZE = 100
    problem(school.post("/submissions/check", BODY), 413, "too_large")


def test_a_post_without_a_key_is_refused(school: Caller) -> None:
    headers = {"Authorization": f"Bearer {school.secret}"}
    answer = Client().post("/api/v1/submissions/check", BODY, "application/json", headers=headers)
    (wrong,) = problem(answer, 422, "invalid")["errors"]
    assert wrong["code"] == "missing"
    assert wrong["place"].endswith("Idempotency-Key")


def test_what_we_must_mend_tells_nothing_of_our_inside(school: Caller, monkeypatch: pytest.MonkeyPatch) -> None:
    def fall(*args: Any, **kwargs: Any) -> Any:
        raise RuntimeError("the password of the database is swordfish")

    monkeypatch.setattr(queries, "campaigns", fall)
    assert "swordfish" not in str(problem(school.get("/datasets"), 500, "failed"))


def test_a_database_that_is_away_says_come_again(school: Caller, monkeypatch: pytest.MonkeyPatch) -> None:
    def away(*args: Any, **kwargs: Any) -> Any:
        raise OperationalError("server closed the connection unexpectedly")

    monkeypatch.setattr(queries, "campaigns", away)
    answer = school.get("/datasets")
    assert "closed" not in str(problem(answer, 503, "not_now"))
    assert int(answer["Retry-After"]) > 0


@pytest.mark.parametrize("language", ["ru", "kk", "uk", "be", "en"])
def test_the_language_is_the_callers(issue: Issue, language: str) -> None:
    answer = Caller(issue(), language).get("/organisations/nobody")
    assert answer["Content-Language"] == language


def test_the_description_is_for_everybody_and_the_page_asks_no_other_host(db: None) -> None:
    schema = Caller().get("/openapi.json").json()
    assert schema["openapi"].startswith("3.1")
    page = Client().get("/api/docs/")
    assert page.status_code == 200
    text = page.content.decode()
    assert "script-src" in page["Content-Security-Policy"] or "default-src" in page["Content-Security-Policy"]
    assert "http://" not in text.replace("http://www.w3.org", "")
    assert "https://" not in text
    for address in schema["paths"]:
        assert address in text
    for status in TITLES:
        assert f'id="problem-{status}"' in text
