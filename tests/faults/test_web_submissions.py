"""Signed returns by API while web, worker and database are killed, a fifth of the requests repeated: nothing lost, nothing twice.

``SAPA_SUBMISSIONS`` and ``SAPA_KILLS`` make it longer; ``SAPA_FAULTS_POSTGRES=1`` puts PostgreSQL under it, every process of
which is killed too.
"""

from __future__ import annotations

import http.client
import json
import os
import random
import signal
import socket
import subprocess
import sys
import threading
import time
import urllib.error
import urllib.request
from collections.abc import Iterator
from concurrent.futures import ThreadPoolExecutor
from dataclasses import dataclass, field
from pathlib import Path
from shutil import chown, rmtree
from tempfile import mkdtemp
from typing import Any
from urllib.parse import quote

import pytest

NUMBER = int(os.environ.get("SAPA_SUBMISSIONS", "200"))
KILLS = int(os.environ.get("SAPA_KILLS", "5"))
POSTGRES = os.environ.get("SAPA_FAULTS_POSTGRES") == "1"
REPEATED = 0.2
SENDERS = 6
PATIENCE = 240.0
"""Seconds one sender goes on with one return before it gives up: longer than anything stands still here."""


def children(pid: int) -> list[int]:
    """Processes whose parent is ``pid``."""
    found = []
    for folder in Path("/proc").iterdir():
        if folder.name.isdigit():
            try:
                stat = (folder / "stat").read_text()
            except OSError:
                continue
            if int(stat.rpartition(")")[2].split()[1]) == pid:
                found.append(int(folder.name))
    return found


def slay(process: subprocess.Popen[Any]) -> None:
    """The process and all its children at once: it is stopped first, so that it makes no new ones."""
    if process.poll() is not None:
        return
    os.kill(process.pid, signal.SIGSTOP)
    for pid in [*children(process.pid), process.pid]:
        try:
            os.kill(pid, signal.SIGKILL)
        except ProcessLookupError:
            continue
    process.wait()


@dataclass
class Postgres:
    """A cluster of its own, durable as in service."""

    folder: Path
    programs: Path
    process: subprocess.Popen[Any] | None = None

    @property
    def url(self) -> str:
        return f"postgres://sapa@{quote(str(self.folder), safe='')}/postgres"

    def make(self) -> None:
        initdb = [str(self.programs / "initdb"), "-D", str(self.folder / "data"), "-U", "sapa", "-A", "trust", "-E", "UTF8"]
        subprocess.run(initdb, check=True, stdout=subprocess.DEVNULL, cwd=self.folder, **self._account())

    def start(self) -> None:
        command = [
            str(self.programs / "postgres"), "-D", str(self.folder / "data"), "-k", str(self.folder), "-c", "listen_addresses=",
        ]  # fmt: skip
        for _ in range(100):
            quiet = {"stdout": subprocess.DEVNULL, "stderr": subprocess.DEVNULL}
            self.process = subprocess.Popen(command, cwd=self.folder, **quiet, **self._account())  # type: ignore[call-overload]
            ready = [str(self.programs / "pg_isready"), "-h", str(self.folder), "-q"]
            while self.process.poll() is None:
                if subprocess.run(ready, check=False).returncode == 0:
                    return
                time.sleep(0.05)
            time.sleep(0.1)  # what is left of the killed one is still going
        raise RuntimeError("PostgreSQL does not start")

    def _account(self) -> dict[str, Any]:
        return {"user": "postgres", "group": "postgres"} if os.geteuid() == 0 else {}


@dataclass
class Running:
    """The parts of a site in service, started again whenever they are gone."""

    home: Path
    root: Path
    port: int
    environment: dict[str, str]
    database: Postgres | None = None
    web: subprocess.Popen[Any] | None = None
    worker: subprocess.Popen[Any] | None = None
    kills: dict[str, int] = field(default_factory=dict)

    def command(self, *arguments: str) -> subprocess.CompletedProcess[str]:
        return subprocess.run(
            [sys.executable, *arguments],
            cwd=self.root,
            env=self.environment,
            capture_output=True,
            text=True,
            check=False,
            timeout=900,
        )

    def start_web(self) -> None:
        command = [
            sys.executable, "-m", "gunicorn", "sapa_web.config.wsgi", "--bind", f"127.0.0.1:{self.port}", "--workers", "3",
            "--timeout", "60", "--log-level", "critical",
        ]  # fmt: skip
        self.web = subprocess.Popen(command, cwd=self.root, env=self.environment, stdout=self.log, stderr=self.log)

    def start_worker(self) -> None:
        command = [sys.executable, "-m", "sapa_web", "worker"]
        self.worker = subprocess.Popen(command, cwd=self.root, env=self.environment, stdout=self.log, stderr=self.log)

    @property
    def log(self) -> Any:
        return (self.home / "log").open("ab")

    def kill(self, what: str) -> None:
        """SIGKILL, and what was killed is started again as a service manager would."""
        self.kills[what] = self.kills.get(what, 0) + 1
        if what == "one web process":
            assert self.web is not None
            mine = children(self.web.pid)
            if mine:
                os.kill(random.choice(mine), signal.SIGKILL)
        elif what == "web":
            assert self.web is not None
            slay(self.web)
            self.start_web()
        elif what == "worker":
            assert self.worker is not None
            slay(self.worker)
            self.start_worker()
        else:
            assert self.database is not None
            assert self.database.process is not None
            slay(self.database.process)
            self.database.start()

    def stop(self) -> None:
        for process in (self.web, self.worker, self.database.process if self.database else None):
            if process is not None:
                slay(process)


@dataclass
class Sender:
    """A system that sends returns and does not give up."""

    address: str
    secret: str
    chance: random.Random
    retries: int = 0
    repeated: int = 0
    gave_up: bool = False
    lock: threading.Lock = field(default_factory=threading.Lock)

    def send(self, number: int, body: bytes) -> str:
        """The receipt of one return, in a fifth of the cases asked for twice."""
        key = f"return-{number}"
        receipt = self.until_answered(key, body)
        with self.lock:
            again = self.chance.random() < REPEATED
            same_key = self.chance.random() < 0.5
            self.repeated += again
        if again:
            assert self.until_answered(key if same_key else f"{key}-again", body) == receipt
        return receipt

    def until_answered(self, key: str, body: bytes) -> str:
        begin = time.monotonic()
        while time.monotonic() - begin < PATIENCE and not self.gave_up:
            try:
                return str(self.request("POST", "/submissions", body, key)["receipt"])
            except urllib.error.HTTPError as error:
                if error.code < 500:
                    self.gave_up = True
                    raise AssertionError(error.read().decode()) from error
            except (OSError, ValueError, http.client.HTTPException):  # killed before, or in the middle of its answer
                pass
            with self.lock:
                self.retries += 1
            time.sleep(0.2)
        self.gave_up = True  # so do the others: one lost return is enough
        raise AssertionError(f"no answer to {key} within {PATIENCE} s")

    def request(self, method: str, path: str, body: bytes | None = None, key: str = "") -> Any:
        headers = {"Authorization": f"Bearer {self.secret}", "Content-Type": "application/json"}
        if key:
            headers["Idempotency-Key"] = key
        asked = urllib.request.Request(self.address + path, body, headers, method=method)
        with urllib.request.urlopen(asked, timeout=60) as answer:
            return json.loads(answer.read())


@pytest.fixture
def site(tmp_path: Path, root: Path) -> Iterator[Running]:
    """A site with its parts, on an address of its own."""
    with socket.socket() as free:
        free.bind(("127.0.0.1", 0))
        port = free.getsockname()[1]
    kept = {name: value for name, value in os.environ.items() if not name.startswith(("SAPA_", "DJANGO_", "PYTEST_"))}
    environment = {
        **kept,
        "SAPA_HOME": str(tmp_path / "home"),
        "SAPA_DEMO": "1",
        "PYTHONPATH": f"{root / 'src'}{os.pathsep}{root}",
    }
    environment["SAPA_LOG"] = "ERROR"
    database = None
    if POSTGRES:
        programs = Path("/usr/lib/postgresql/15/bin")
        if not programs.is_dir():
            pytest.skip("no PostgreSQL server on this machine")
        database = Postgres(Path(mkdtemp(prefix="sapa-faults-")), programs)
        if os.geteuid() == 0:
            chown(database.folder, "postgres", "postgres")
        database.make()
        database.start()
        environment["SAPA_DATABASE_URL"] = database.url
    (tmp_path / "home").mkdir()
    running = Running(tmp_path / "home", root, port, environment, database)
    try:
        yield running
    finally:
        running.stop()
        if database is not None:
            rmtree(database.folder, ignore_errors=True)


def kill_along(site: Running, done: list[str], over: threading.Event, chance: random.Random) -> None:
    """Kills spread over the work, each at a random moment of its stretch."""
    kinds = ["one web process", "web", "worker"] + (["database"] if site.database else [])
    for number in range(KILLS):
        due = NUMBER * (number + chance.random()) / KILLS * 0.95
        while len(done) < due and not over.is_set():
            time.sleep(0.02)
        if over.is_set():
            return
        time.sleep(chance.random() * 0.2)
        site.kill(kinds[number % len(kinds)] if number < len(kinds) else chance.choice(kinds))


@pytest.mark.slow
def test_every_receipt_is_found(site: Running, tmp_path: Path) -> None:
    made = site.command("-m", "tests.faults.web_submissions", str(NUMBER), str(tmp_path / "returns"))
    assert made.returncode == 0, made.stderr[-3000:]
    secret, *bodies = (tmp_path / "returns").read_text().splitlines()
    assert len(bodies) == NUMBER
    site.start_web()
    site.start_worker()
    chance = random.Random(5210)
    sender = Sender(f"http://127.0.0.1:{site.port}/api/v1", secret, chance)
    done: list[str] = []
    over = threading.Event()
    killer = threading.Thread(target=kill_along, args=(site, done, over, random.Random(329)))
    killer.start()
    begin = time.monotonic()

    def one(pair: tuple[int, str]) -> str:
        receipt = sender.send(pair[0], pair[1].encode())
        done.append(receipt)
        return receipt

    try:
        with ThreadPoolExecutor(SENDERS) as pool:
            receipts = list(pool.map(one, enumerate(bodies)))
    finally:
        over.set()
        killer.join()
    seconds = time.monotonic() - begin
    print(
        f"{NUMBER} submissions in {seconds:.0f} s on {'PostgreSQL' if POSTGRES else 'SQLite'}; kills: {site.kills}; "
        f"requests sent again after no answer: {sender.retries}; repeated on purpose: {sender.repeated}"
    )
    assert sum(site.kills.values()) == KILLS
    assert len(set(receipts)) == NUMBER
    assert found(sender) == dict(zip((json.loads(body)["unit"] for body in bodies), receipts, strict=True))
    whole(site)


def found(sender: Sender) -> dict[str, str]:
    """Every submission the site knows, by unit: one each, of revision 1, its receipt found by its number."""
    out: dict[str, str] = {}
    cursor = 0
    while cursor is not None:
        page = sender.request("GET", f"/submissions?limit=1000&cursor={cursor}")
        for item in page["items"]:
            assert item["unit"] not in out, f"{item['unit']} has two submissions"
            assert item["revision"] == 1
            out[item["unit"]] = item["receipt"]
        cursor = page["next"]
    for unit, receipt in random.Random(1).sample(sorted(out.items()), min(len(out), 300)):
        assert sender.request("GET", f"/submissions/{receipt}/receipt")["unit"] == unit
    return out


def whole(site: Running) -> None:
    """Archive and database agree, the ledger's chain holds, every revision's rows are those that were signed."""
    reconciled = site.command("-m", "sapa_web", "reconcile")
    assert reconciled.returncode == 0, reconciled.stderr
    verified = site.command("-m", "sapa_web", "verify_ledger")
    assert verified.returncode == 0, verified.stdout + verified.stderr
    from hashlib import sha256

    from sapa.archive.manifest import Manifest
    from sapa.archive.store import open_store
    from sapa.archive.submissions import load, revisions

    store = open_store(site.home / "archive" / "demo" / "2024")
    stored = list(revisions(store, "institutions", "2024"))
    assert len(stored) == NUMBER
    for item in stored:
        submission = load(store, item.name)
        assert sha256(submission.rows).hexdigest() == Manifest.from_bytes(submission.manifest).digest
        assert submission.signature
