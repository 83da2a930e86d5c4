"""Sites of their own for tests: a home and a database apart from the test's, worked on by processes of their own."""

from __future__ import annotations

import os
import shutil
import sqlite3
import subprocess
import sys
from dataclasses import dataclass, field
from functools import lru_cache
from pathlib import Path
from tempfile import mkdtemp
from urllib.parse import unquote, urlsplit, urlunsplit
from uuid import uuid4

ROOT = Path(__file__).resolve().parent.parent.parent
POSTGRES = os.environ.get("SAPA_DATABASE_URL", "") if "postgres" in os.environ.get("SAPA_DATABASE_URL", "") else ""
"""The server the suite runs on; empty: SQLite."""


@dataclass
class Site:
    """A migrated, empty site. ``environment`` is what its processes are started with."""

    home: Path
    database: str
    environment: dict[str, str] = field(default_factory=dict)

    def environ(self) -> dict[str, str]:
        """The whole environment of a process of this site."""
        kept = {name: value for name, value in os.environ.items() if not name.startswith(("SAPA_", "DJANGO_", "PYTEST_"))}
        own = {"SAPA_HOME": str(self.home), "SAPA_DATABASE_URL": self.database, "SAPA_DEMO": "1", "PYTHONPATH": str(ROOT)}
        return kept | own | self.environment

    def start(self, *arguments: str) -> subprocess.Popen[str]:
        """One command of the site, running."""
        command = [sys.executable, "-m", "sapa_web", *arguments]
        pipes = {"stdout": subprocess.PIPE, "stderr": subprocess.PIPE}
        return subprocess.Popen(command, cwd=self.home, env=self.environ(), text=True, **pipes)

    def run(self, *arguments: str, code: int = 0) -> str:
        """One command of the site, to its end; what it said. Any other exit code fails the test."""
        process = self.start(*arguments)
        said, cried = process.communicate(timeout=300)
        assert process.returncode == code, f"{arguments[0]} ended with {process.returncode}:\n{said}{cried}"
        return said + cried

    def python(self, script: str) -> str:
        """A script on the site's data; what it printed."""
        return self.run("shell", "--no-imports", "-c", script)

    def drop(self) -> None:
        """Nothing of the site stays."""
        shutil.rmtree(self.home, ignore_errors=True)
        if POSTGRES:
            _execute(f'DROP DATABASE IF EXISTS "{_name(self.database)}" WITH (FORCE)')


def make(home: Path, *, migrated: bool = True, postgres: bool = bool(POSTGRES)) -> Site:
    """A site in ``home``; its database is a copy of one that was migrated once for all tests of this process."""
    home.mkdir(parents=True)
    if postgres:
        name = f"site_{uuid4().hex[:12]}"
        _execute(f'CREATE DATABASE "{name}"' + (f' TEMPLATE "{_name(_template(True))}"' if migrated else ""))
        return Site(home, _address(name))
    target = home / "site.sqlite3"
    if migrated:
        shutil.copy(_template(False).removeprefix("sqlite:///"), target)
    return Site(home, f"sqlite:///{target}")


@lru_cache
def _template(postgres: bool) -> str:
    home = Path(mkdtemp(prefix="sapa-template-"))
    if postgres:
        database = _address(f"template_{os.getpid()}")
        _execute(f'CREATE DATABASE "{_name(database)}"')
    else:
        database = f"sqlite:///{home / 'site.sqlite3'}"
    Site(home, database).run("migrate", "-v0")
    if not postgres:  # into one file
        with sqlite3.connect(home / "site.sqlite3") as connection:
            connection.execute("PRAGMA wal_checkpoint(TRUNCATE)")
    return database


def _address(name: str) -> str:
    return urlunsplit(urlsplit(POSTGRES)._replace(path=f"/{name}"))


def _name(address: str) -> str:
    return urlsplit(address).path[1:]


def _execute(statement: str) -> None:
    import psycopg

    parts = urlsplit(POSTGRES)
    where = {"host": unquote(parts.hostname or ""), "user": parts.username, "password": parts.password, "port": parts.port}
    with psycopg.connect(dbname="postgres", autocommit=True, **{k: v for k, v in where.items() if v}) as connection:  # type: ignore[arg-type]
        connection.execute(statement.encode())
