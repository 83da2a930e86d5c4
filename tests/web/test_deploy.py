"""The parts of deploy/compose.yaml started by hand: PostgreSQL, an S3-compatible store, worker, web behind a proxy's headers."""

from __future__ import annotations

import http.client
import json
import os
import re
import signal
import socket
import subprocess
import sys
import time
from collections.abc import Callable, Iterator
from dataclasses import dataclass
from pathlib import Path

import pytest
import yaml
from tools.with_postgres import server

from tests.web import cast, site
from tests.web.site import ROOT, Site

pytestmark = [pytest.mark.slow, pytest.mark.xdist_group("deploy")]
BUCKET = "sapa-service"
PROXY = {"Host": "stat.example", "X-Forwarded-Proto": "https", "X-Forwarded-For": "10.9.8.7"}


def free_port() -> int:
    with socket.socket() as probe:
        probe.bind(("127.0.0.1", 0))
        port: int = probe.getsockname()[1]
        return port


@pytest.fixture(scope="module")
def store() -> Iterator[str]:
    """An S3-compatible store with one bucket; its address as SAPA_ARCHIVE_URL wants it."""
    from moto.server import ThreadedMotoServer

    running = ThreadedMotoServer(ip_address="127.0.0.1", port=0)
    running.start()
    host, port = running.get_host_and_port()
    connection = http.client.HTTPConnection(host, port)
    connection.request("PUT", f"/{BUCKET}", headers={"Host": "s3.amazonaws.com"})
    assert connection.getresponse().status == 200
    yield f"s3://{BUCKET}/archive?endpoint_override={host}:{port}&scheme=http"
    running.stop()


@dataclass
class Service:
    """What runs."""

    own: Site
    port: int
    web: subprocess.Popen[bytes]
    worker: subprocess.Popen[str]

    def ask(self, path: str, method: str = "GET", body: str = "", **headers: str) -> http.client.HTTPResponse:
        """One request as the proxy passes it on; the answer is read."""
        connection = http.client.HTTPConnection("127.0.0.1", self.port, timeout=60)
        connection.request(method, path, body, {**PROXY, **{name.replace("_", "-"): text for name, text in headers.items()}})
        answer = connection.getresponse()
        answer.content = answer.read()  # type: ignore[attr-defined]
        return answer


@pytest.fixture(scope="module")
def service(store: str, tmp_path_factory: pytest.TempPathFactory) -> Iterator[Service]:
    folder = tmp_path_factory.mktemp("service")
    (folder / "home").mkdir()
    try:
        database = server()
        url = database.__enter__()
    except FileNotFoundError as absent:
        pytest.skip(f"{absent}: the parts of the service are not started together (on Debian: apt-get install postgresql)")
    own = Site(folder / "home", url)
    own.environment = {
        "SAPA_DEMO": "0", "SAPA_HTTPS": "1", "SAPA_BEHIND_PROXY": "1", "SAPA_HOSTS": "stat.example,localhost", "SAPA_LOG": "INFO",
        "SAPA_ADDRESS": "https://stat.example", "SAPA_ARCHIVE_URL": store, "SAPA_STATIC_ROOT": str(folder / "static"),
        "AWS_ACCESS_KEY_ID": "key", "AWS_SECRET_ACCESS_KEY": "never-shown", "AWS_EC2_METADATA_DISABLED": "true",
    }  # fmt: skip
    port = free_port()
    own.environment["SAPA_BIND"] = f"127.0.0.1:{port}"
    try:
        own.run("migrate", "-v0")
        own.run("collectstatic", "--noinput", "-v0")
        own.python("from tests.web import cast; cast.build()")
        command = [sys.executable, "-m", "gunicorn", "--config", str(ROOT / "deploy/gunicorn.conf.py"), "sapa_web.config.wsgi"]
        log = (folder / "web.log").open("wb")
        web = subprocess.Popen(command, cwd=own.home, env=own.environ(), stdout=log, stderr=log)
        worker = own.start("worker", "--beat", "1")
        running = Service(own, port, web, worker)
        try:
            wait(lambda: running.ask("/health/?all=1").status == 200)
            yield running
        finally:
            for process in (web, worker):
                process.terminate()
                process.wait(60)
    finally:
        database.__exit__(None, None, None)


def wait(ready: Callable[[], bool], seconds: float = 90) -> None:
    end = time.monotonic() + seconds
    while time.monotonic() < end:
        try:
            if ready():
                return
        except OSError:
            pass
        time.sleep(0.2)
    raise AssertionError("the service did not come up")


def test_health_knows_every_part(service: Service) -> None:
    answer = service.ask("/health/?all=1", Host="localhost", X_Forwarded_Proto="http")  # as the container asks itself
    assert json.loads(answer.content) == {"status": "ok", "database": "ok", "archive": "ok", "worker": "ok"}


def test_plain_http_and_other_names_are_not_served(service: Service) -> None:
    moved = service.ask("/account/login/", X_Forwarded_Proto="http")
    assert (moved.status, moved.headers["Location"]) == (301, "https://stat.example/account/login/")
    assert service.ask("/account/login/", Host="evil.example").status == 400


def test_static_files_come_compressed_and_for_ever(service: Service) -> None:
    page = service.ask("/account/login/").content.decode()
    style = re.search(r'href="(/static/build/app\.[0-9a-f]{12}\.css)"', page)
    assert style, "the page does not name its styles by their hash"
    plain, packed = service.ask(style[1]), service.ask(style[1], Accept_Encoding="br")
    assert packed.headers["Content-Encoding"] == "br"
    assert len(packed.content) < len(plain.content) / 3
    assert "immutable" in packed.headers["Cache-Control"]
    assert packed.headers["X-Content-Type-Options"] == "nosniff"


def test_a_person_signs_in(service: Service) -> None:
    first = service.ask("/account/login/")
    assert "max-age=31536000" in first.headers["Strict-Transport-Security"]
    cookie = first.headers["Set-Cookie"]
    assert cookie.startswith("__Host-csrf=")
    assert "Secure" in cookie
    token = re.search(r'name="csrfmiddlewaretoken" value="(\w+)"', first.content.decode())
    assert token
    form = f"csrfmiddlewaretoken={token[1]}&login=secretary%40example.org&password={cast.PASSWORD.replace(' ', '+')}"
    kept = cookie.split(";")[0]
    answer = service.ask(
        "/account/login/", "POST", form, Cookie=kept, Content_Type="application/x-www-form-urlencoded",
        Referer="https://stat.example/account/login/",
    )  # fmt: skip
    assert answer.status == 302, answer.content.decode()[:2000]
    cookies = "; ".join(value.split(";")[0] for value in answer.headers.get_all("Set-Cookie"))
    assert "__Host-session=" in cookies
    home = service.ask("/returns/", Cookie=cookies)
    assert home.status == 200
    assert "no-store" in home.headers["Cache-Control"]


def test_the_archive_lies_in_the_store(service: Service, tmp_path: Path) -> None:
    """Written and read by the site, backed up, restored into a folder."""
    service.own.python("from sapa_web.common.files import archive; archive('demo', '2024').write('a/b.json', b'{}')")
    said = service.own.python("from sapa_web.common import files; print(*files.names(files.everything()))")
    assert said.split() == ["demo/2024/a/b.json"]
    service.own.run("backup", str(tmp_path / "site.tar"))
    laptop = site.make(tmp_path / "laptop", migrated=False, postgres=False)
    laptop.run("restore", str(tmp_path / "site.tar"))
    assert (laptop.home / "archive/demo/2024/a/b.json").read_bytes() == b"{}"


def test_it_stops_gracefully(service: Service) -> None:
    """The last test: a request under way is answered, then both processes end by themselves."""
    slow = http.client.HTTPConnection("127.0.0.1", service.port, timeout=60)
    slow.putrequest("GET", "/account/login/", skip_host=True)
    for name, value in PROXY.items():
        slow.putheader(name, value)
    slow.endheaders()
    service.web.send_signal(signal.SIGTERM)
    service.worker.send_signal(signal.SIGTERM)
    assert slow.getresponse().status == 200
    assert service.web.wait(40) == 0
    assert service.worker.wait(40) == 0
    log = (service.own.home.parent / "web.log").read_text()
    assert "GET account/login/ 200" in log
    for secret in ("10.9.8.7", "secretary@example.org", "never-shown", cast.PASSWORD):
        assert secret not in log


def test_compose_names_what_is_there(root: Path) -> None:
    """No engine runs here: the files are at least read, and every variable of the example is one the site knows."""
    compose = yaml.safe_load((root / "deploy/compose.yaml").read_text())
    assert set(compose["services"]) == {"database", "store", "migrate", "web", "worker", "proxy"}
    assert [name for name, part in compose["services"].items() if "ports" in part] == ["proxy"]
    known = (root / "src/sapa_web/config/settings.py").read_text() + (root / "deploy/gunicorn.conf.py").read_text()
    given = re.findall(r"^(SAPA_\w+)=", (root / "deploy/service.env.example").read_text(), re.MULTILINE)
    assert [name for name in given if f'"{name}"' not in known] == []
    steps = (root / "deploy/Containerfile").read_text()
    for source in re.findall(r"^COPY (?!--from)(.+) \S+$", steps, re.MULTILINE):
        assert all((root / path).exists() for path in source.split()), source
    assert os.access(root / "deploy/Caddyfile", os.R_OK)
