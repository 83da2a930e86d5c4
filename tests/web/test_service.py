"""What a site in service must be: Django's deploy checks, headers on every answer, error pages, health, a log without persons."""

from __future__ import annotations

import ast
import json
import logging
import os
import re
import subprocess
import sys
from collections.abc import Iterator
from datetime import timedelta
from pathlib import Path
from typing import Any
from unittest.mock import patch

import pytest
from django.db import DatabaseError, connection
from django.http import HttpRequest, HttpResponse
from django.test import Client
from django.urls import path
from django.utils import timezone

from sapa_web.common.health import worker_lives
from sapa_web.common.models import Schedule
from sapa_web.config import urls
from tests.web import cast

SERVICE = {
    "SAPA_HTTPS": "1",
    "SAPA_BEHIND_PROXY": "1",
    "SAPA_HOSTS": "stat.example",
    "SAPA_EMAIL_URL": "smtp+tls://u:p%40@mail.example:587",  # allow-host: invented
    "SAPA_ADDRESS": "https://stat.example",
}


def python(home: Path, *arguments: str, **more: str) -> str:
    kept = {name: value for name, value in os.environ.items() if not name.startswith(("SAPA_", "DJANGO_"))}
    environment = kept | {"SAPA_HOME": str(home), "DJANGO_SETTINGS_MODULE": "sapa_web.config.settings"} | more
    done = subprocess.run([sys.executable, *arguments], env=environment, capture_output=True, text=True, cwd=home)
    assert done.returncode == 0, done.stdout + done.stderr
    return done.stdout + done.stderr


def test_djangos_deploy_checks_are_clean(tmp_path: Path) -> None:
    said = python(tmp_path, "-m", "sapa_web", "check", "--deploy", "--fail-level", "INFO", **SERVICE)
    assert "no issues (0 silenced)" in said


def test_defaults_are_those_of_service(tmp_path: Path) -> None:
    names = ["DEBUG", "SAPA_DEMO", "EMAIL_HOST", "EMAIL_PORT", "EMAIL_HOST_PASSWORD", "EMAIL_USE_TLS", "SESSION_COOKIE_SECURE"]
    script = f"import json; from django.conf import settings; print(json.dumps([getattr(settings, n) for n in {names}]))"
    assert json.loads(python(tmp_path, "-c", script, **SERVICE)) == [False, False, "mail.example", 587, "p@", True, True]
    assert (tmp_path / "secret-key").stat().st_mode & 0o777 == 0o600


def test_every_setting_is_documented(root: Path) -> None:
    """In the module's own words, and in the reference page, which is made of them."""
    source = (root / "src/sapa_web/config/settings.py").read_text()
    documented = set(re.findall(r"``(SAPA_[A-Z_]+)``", ast.get_docstring(ast.parse(source)) or ""))
    read = set(re.findall(r'(?:environ\.get\(|environ\[|_flag\()\s*"(SAPA_[A-Z_]+)"', source))
    assert read == documented
    done = subprocess.run([sys.executable, "tools/settings_page.py", "--check"], cwd=root, capture_output=True, text=True)
    assert done.returncode == 0, done.stderr


def broken(request: HttpRequest) -> HttpResponse:
    raise RuntimeError("Aigerim Serikkyzy, 2009")


@pytest.fixture
def with_broken_page() -> Iterator[None]:
    from django.urls import clear_url_caches

    urls.urlpatterns.append(path("broken/<int:pk>/", broken))
    clear_url_caches()
    yield
    urls.urlpatterns.pop()
    clear_url_caches()


POLICY = "default-src 'self'"
HEADERS = {
    "X-Content-Type-Options": "nosniff", "Referrer-Policy": "same-origin", "Cross-Origin-Opener-Policy": "same-origin",
    "Cross-Origin-Resource-Policy": "same-origin", "X-Frame-Options": "DENY",
}  # fmt: skip


@pytest.mark.django_db
def test_every_answer_carries_the_headers(with_broken_page: None, people: cast.Cast, settings: Any) -> None:
    client = Client(raise_request_exception=False)
    client.force_login(people.secretary)
    addresses = {"/": 200, "/none/": 404, "/broken/1/": 500, "/health/": 200, "/jobs/": 200, "/static/sapa/logo.svg": 200}
    for address, status in addresses.items():
        answer = client.get(address)
        assert answer.status_code == status, address
        policy = answer.headers["Content-Security-Policy"]
        assert policy.startswith(POLICY) or "default-src 'self'" in policy
        assert "unsafe" not in policy
        assert "camera=()" in answer.headers["Permissions-Policy"]
        wanted = {
            name: value for name, value in HEADERS.items() if name != "X-Frame-Options" or not address.startswith("/static")
        }
        assert {name: answer.headers.get(name) for name in wanted} == wanted, address


@pytest.mark.django_db
@pytest.mark.parametrize(
    ("address", "status", "words"),
    [("/none/", 404, "There is no such page"), ("/broken/1/", 500, "Something went wrong on our side")],
)
def test_error_pages_are_ours_and_tell_nothing(
    with_broken_page: None, people: cast.Cast, address: str, status: int, words: str
) -> None:
    client = Client(raise_request_exception=False)
    client.force_login(people.secretary)
    answer = client.get(address)
    page = answer.content.decode()
    assert answer.status_code == status
    assert f"<h1>{words}</h1>" in page
    assert "app.css" in page
    for secret in ("Traceback", "Aigerim", "RuntimeError", "SAPA_"):
        assert secret not in page


@pytest.mark.django_db
@pytest.mark.parametrize("address", ["/places/tree/list/?words=%00", "/%00/", "/backlog/at/REP/units.csv?q=%25%27%22%5C%00"])
def test_a_nul_in_the_address_is_a_damaged_request(people: cast.Cast, address: str) -> None:
    client = Client(raise_request_exception=False)
    client.force_login(people.ministry)
    answer = client.get(address)
    assert answer.status_code == 400
    assert "can't be understood" in answer.content.decode()


@pytest.mark.django_db
def test_a_form_that_was_forged_or_grown_old_is_refused_kindly(people: cast.Cast) -> None:
    client = Client(enforce_csrf_checks=True)
    client.force_login(people.secretary)
    answer = client.post("/notices/read/")
    assert answer.status_code == 403
    assert "This form is too old to be sent" in answer.content.decode()


@pytest.mark.django_db
def test_400_and_403_have_pages_of_ours(people: cast.Cast, rf: Any) -> None:
    from django.core.exceptions import PermissionDenied, SuspiciousOperation
    from django.views.defaults import bad_request, permission_denied

    request = rf.get("/")
    request.user = people.secretary
    assert "can't be understood" in bad_request(request, SuspiciousOperation()).content.decode()
    assert "not open to you" in permission_denied(request, PermissionDenied()).content.decode()


@pytest.mark.django_db
def test_health_says_what_is_there_and_no_more() -> None:
    client = Client()
    assert client.get("/health/").json() == {"status": "degraded", "database": "ok", "archive": "ok", "worker": "never seen"}
    worker_lives()
    assert client.get("/health/?all=1").json()["status"] == "ok"
    Schedule.objects.filter(name="worker").update(slot=(timezone.now() - timedelta(minutes=5)).isoformat())
    assert client.get("/health/").status_code == 200
    answer = client.get("/health/?all=1")
    assert (answer.status_code, answer.json()["worker"]) == (503, "silent")
    assert "no-store" in answer.headers["Cache-Control"]


@pytest.mark.django_db
def test_health_tells_of_a_failing_archive_or_database(settings: Any, caplog: pytest.LogCaptureFixture) -> None:
    client = Client()
    settings.SAPA_ARCHIVE_URL = "s3://none/x?endpoint_override=127.0.0.1:1&scheme=http&access_key=SECRET&secret_key=SECRET"
    with patch("sapa_web.common.files.everything", side_effect=OSError("unreachable")):
        answer = client.get("/health/")
    assert (answer.status_code, answer.json()["archive"]) == (503, "failing")
    assert "SECRET" not in answer.content.decode() + caplog.text
    with patch.object(connection, "cursor", side_effect=DatabaseError("password of the database")):
        answer = client.get("/health/")
    assert (answer.status_code, answer.json()["database"]) == (503, "failing")
    assert "password" not in answer.content.decode()


@pytest.mark.django_db
def test_the_log_of_requests_names_no_person(people: cast.Cast, caplog: pytest.LogCaptureFixture) -> None:
    client = Client()
    client.force_login(people.secretary)
    with caplog.at_level(logging.INFO, "sapa.requests"):
        client.get("/account/invitation/very-secret-token/?email=aigerim@example.org", REMOTE_ADDR="10.1.2.3")
        client.get("/nobody/aigerim/")
    told = [record.getMessage() for record in caplog.records if record.name == "sapa.requests"]
    assert "secret" not in "".join(told)
    assert re.fullmatch(r"GET account/invitation/\S+ \d+ \d+ ms", told[0])
    assert re.fullmatch(r"GET \(no such address\) 404 \d+ ms", told[1])
