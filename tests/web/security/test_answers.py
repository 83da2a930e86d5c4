"""What every answer carries, whoever asks: policy headers, no cache, nothing of our insides; and what the log keeps of it."""

from __future__ import annotations

import json
import logging
import os
import subprocess
import sys
from pathlib import Path
from typing import Any

import pytest
from django.test import Client
from django.urls import reverse

from sapa_web.common.logs import Safe
from sapa_web.orgs.models import Organisation
from tests.web import cast
from tests.web.security.conftest import signed_in
from tests.web.security.test_addresses import PLACES, of_site

INSIDES = ("Traceback", "site-packages", "/src/sapa", "SECRET_KEY", "SELECT ", "django.db", "DatabaseError")


def pages(people: cast.Cast) -> list[tuple[str, Any]]:
    """Every page a few people get, refusals included."""
    out = []
    own = {**PLACES, "code": cast.SCHOOL, "pk": cast.obligation("institutions", cast.SCHOOL).pk, "receipt": "0" * 32}
    for person in (people.head, people.administrator):
        browser = signed_in(person)
        out += [(route.name, browser.get(route.path(**own))) for route in of_site()]
    return out


def test_every_answer_carries_the_policy(foreign: Organisation, people: cast.Cast) -> None:
    for name, answer in pages(people):
        policy = answer["Content-Security-Policy"]
        for part in (
            "default-src 'self'",
            "object-src 'none'",
            "base-uri 'none'",
            "frame-ancestors 'none'",
            "form-action 'self'",
        ):
            assert part in policy, name
        assert "unsafe" not in policy, name
        assert answer["X-Content-Type-Options"] == "nosniff", name
        assert answer["Referrer-Policy"] in ("same-origin", "no-referrer"), name
        assert answer["Cross-Origin-Opener-Policy"] == "same-origin", name
        assert "Access-Control-Allow-Origin" not in answer, name
        assert answer.status_code == 302 or "no-store" in answer["Cache-Control"] or "no-cache" in answer["Cache-Control"], name
        form = answer.get("Content-Type", "")
        assert not form.startswith("text/") or "charset=utf-8" in form, name
        assert not [word for word in INSIDES if word in str(answer.content if not answer.streaming else "")], name


def test_personal_pages_are_kept_nowhere(foreign: Organisation, people: cast.Cast) -> None:
    browser = signed_in(people.head)
    pk = cast.obligation("learners", cast.SCHOOL).pk
    for name in ("return", "grid-data", "rows", "check", "history", "workbook"):
        answer = browser.get(reverse(f"collection:{name}", args=[pk]))
        assert answer.status_code == 200, name
        assert "no-store" in answer["Cache-Control"], name
        assert "private" in answer["Cache-Control"], name


@pytest.mark.django_db
@pytest.mark.parametrize(
    "query",
    [
        "page=-1", "page=zz", "page=99999999999999999999", "sort=;DROP TABLE orgs_user", "sort=organisation__memberships__user",
        "state=%27%20OR%201=1--", "q=%25%27%22%5C%00", "campaign=1%20OR%201", "period=%27", "founded=1%27", "day=2024-99-99",
        "words=%00", "role=%27", "unit=%27", "since=9999-99-99", "fact=%27", "by=__class__", "codes=x", "known=%27", "as_of=x",
    ],
)  # fmt: skip
def test_parameters_break_nothing_and_reach_nothing(foreign: Organisation, people: cast.Cast, query: str) -> None:
    for person, names in (
        (people.ministry, ("backlog:home", "backlog:node", "backlog:units", "backlog:export")),
        (
            people.administrator,
            ("orgs:people", "orgs:list", "orgs:suggest", "orgs:tree", "orgs:ledger", "orgs:branch", "notices", "jobs"),
        ),
    ):
        browser = signed_in(person)
        for route in of_site():
            if route.name in names:
                answer = browser.get(f"{route.path(**{**PLACES, 'code': 'REP'})}?{query}")
                assert answer.status_code in (200, 302, 400, 404), (route.name, query)


def test_sorting_by_a_field_nobody_offers_is_the_usual_order(people: cast.Cast) -> None:
    cast.campaigns()
    browser = signed_in(people.ministry)
    address = reverse("backlog:export", args=["REP", "csv"])
    usual = b"".join(browser.get(address).streaming_content)
    for name in ("organisation__memberships__user__password", "pk); --", "campaign__pack"):
        assert b"".join(browser.get(address, {"sort": name}).streaming_content) == usual


def test_what_fails_inside_is_told_in_general_words(people: cast.Cast, monkeypatch: pytest.MonkeyPatch) -> None:
    def broken(*_: Any, **__: Any) -> None:
        raise RuntimeError("SELECT secret FROM table -- /src/sapa/x.py")

    monkeypatch.setattr("sapa_web.common.pages.render", broken)
    answer = signed_in(people.secretary).get("/notices/")
    assert answer.status_code == 500
    assert b"secret" not in answer.content
    assert not [word for word in INSIDES if word.encode() in answer.content]


# --- the log


def logged(text: str, *given: Any, request: Any = None) -> str:
    record = logging.LogRecord("django.request", logging.WARNING, "", 0, text, given, None)
    if request is not None:
        record.request = request
    Safe().filter(record)
    return f"[{record.who}] {record.getMessage()}"


@pytest.mark.parametrize("made_up", ["x\n2026-01-01 ERROR forged", "x\r\nforged", "x\u2028forged", "x\x1b[2J", "x\x00"])
def test_nobody_writes_a_second_line_into_the_log(made_up: str) -> None:
    line = logged("Not Found: %s", f"/{made_up}")
    assert len(line.splitlines()) == 1
    assert line.isprintable()


def test_links_that_are_keys_are_not_in_the_log() -> None:
    for path in (
        "/account/invitation/kEy-_9/",
        "/account/password/reset/key/2b-kEy-_9/",
        "/account/oidc/sso/login/callback/?code=kEy&state=kEy",
    ):
        assert "kEy" not in logged("Not Found: %s", path)


def test_a_refusal_is_logged_with_who_and_where(people: cast.Cast, caplog: pytest.LogCaptureFixture) -> None:
    browser = signed_in(people.secretary, REMOTE_ADDR="10.9.9.9")
    caplog.handler.addFilter(Safe())
    for path, status in (("/places/people/", 403), (f"/backlog/returns/{10**6}/", 403)):
        caplog.clear()
        assert browser.get(path).status_code == status
        (record,) = [item for item in caplog.records if item.name == "django.request"]
        assert record.who == f"user:{people.secretary.pk} 10.9.9.9"  # type: ignore[attr-defined]
        assert path in record.getMessage()


# --- a site in service


CODE = """
import json, sys
from django.conf import settings
import django; django.setup()
from django.core.checks import run_checks
cookies = [f"{who}_COOKIE_{what}" for who in ("SESSION", "CSRF", "LANGUAGE")
           for what in ("NAME", "SECURE", "HTTPONLY", "SAMESITE", "DOMAIN")]
names = (*cookies, "SECURE_HSTS_SECONDS", "SECURE_HSTS_INCLUDE_SUBDOMAINS", "SECURE_SSL_REDIRECT", "DEBUG", "SAPA_DEMO",
         "ALLAUTH_TRUSTED_PROXY_COUNT", "MESSAGE_STORAGE", "PASSWORD_HASHERS")
told = {name: getattr(settings, name) for name in names}
told["checks"] = [str(item) for item in run_checks(include_deployment_checks=True)]
print(json.dumps(told))
"""


@pytest.fixture(scope="module")
def in_service(tmp_path_factory: pytest.TempPathFactory) -> dict[str, Any]:
    """The settings of a site reached by HTTPS behind a proxy, in a process of its own."""
    home = tmp_path_factory.mktemp("service") / "home"
    given = {name: value for name, value in os.environ.items() if not name.startswith(("SAPA_", "DJANGO_"))}
    given |= {
        "SAPA_HOME": str(home), "SAPA_HTTPS": "1", "SAPA_HOSTS": "stat.example", "SAPA_BEHIND_PROXY": "1",
        "DJANGO_SETTINGS_MODULE": "sapa_web.config.settings", "PYTHONPATH": str(Path(__file__).parents[3] / "src"),
    }  # fmt: skip
    done = subprocess.run([sys.executable, "-c", CODE], env=given, capture_output=True, text=True, check=True)
    told: dict[str, Any] = json.loads(done.stdout.splitlines()[-1])
    told["modes"] = {path.name: oct(path.stat().st_mode & 0o777) for path in (home, home / "secret-key")}
    return told


def test_djangos_checks_for_service_are_clean(in_service: dict[str, Any]) -> None:
    assert in_service["checks"] == []
    assert not in_service["DEBUG"]
    assert not in_service["SAPA_DEMO"]


def test_cookies_are_bound_to_the_host(in_service: dict[str, Any]) -> None:
    for name in ("SESSION", "CSRF", "LANGUAGE"):
        assert in_service[f"{name}_COOKIE_NAME"].startswith("__Host-")
        assert in_service[f"{name}_COOKIE_SECURE"]
        assert in_service[f"{name}_COOKIE_HTTPONLY"]
        assert in_service[f"{name}_COOKIE_SAMESITE"] == "Lax"
        assert not in_service.get(f"{name}_COOKIE_DOMAIN")
    assert in_service["SECURE_HSTS_SECONDS"] >= 31_536_000
    assert in_service["SECURE_HSTS_INCLUDE_SUBDOMAINS"]
    assert in_service["SECURE_SSL_REDIRECT"]
    assert in_service["MESSAGE_STORAGE"].endswith("SessionStorage")
    assert in_service["ALLAUTH_TRUSTED_PROXY_COUNT"] == 1
    assert in_service["PASSWORD_HASHERS"][0].endswith("PBKDF2PasswordHasher")


def test_the_home_and_its_key_are_the_owners(in_service: dict[str, Any]) -> None:
    assert in_service["modes"] == {"home": "0o700", "secret-key": "0o600"}


@pytest.mark.django_db
def test_the_sign_in_page_sets_no_cookie_that_scripts_read(people: cast.Cast) -> None:
    browser = Client()
    browser.get("/account/login/")
    browser.post("/i18n/setlang/", {"language": "ru"})
    browser.post("/account/login/", {"login": "head@example.org", "password": cast.PASSWORD})
    assert {"sessionid", "csrftoken"} <= set(browser.cookies)
    assert all(cookie["httponly"] and cookie["samesite"] == "Lax" for cookie in browser.cookies.values())
    assert "messages" not in browser.cookies
