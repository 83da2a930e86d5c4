"""Fixtures shared by every test: where the real data stands, and a loud word when it does not."""

from __future__ import annotations

import os
from pathlib import Path

import pytest
from tools.with_postgres import binaries

ROOT = Path(__file__).resolve().parent.parent
SHARED = Path(os.environ.get("SAPA_SHARED", ROOT.parent / "shared"))
_missing: list[str] = []


@pytest.fixture(scope="session")
def root() -> Path:
    """The repository's root folder."""
    return ROOT


@pytest.fixture(scope="session")
def shared() -> Path:
    """The folder with real data and source documents; tests that need it are skipped, loudly, where it is missing."""
    if not SHARED.is_dir():
        note = "real data missing: set SAPA_SHARED to the folder that holds seeds/ and data/"
        if note not in _missing:
            _missing.append(note)
        pytest.skip(note)
    return SHARED


def pytest_terminal_summary(terminalreporter: pytest.TerminalReporter) -> None:
    """Say what this machine could not show: a silent skip reads like a pass."""
    reasons: dict[str, int] = {}
    for report in terminalreporter.stats.get("skipped", []):
        reason = report.longrepr[2] if isinstance(report.longrepr, tuple) else str(report.longrepr)
        reasons[reason] = reasons.get(reason, 0) + 1
    ran = {report.nodeid for report in terminalreporter.stats.get("passed", [])}
    web = any(name.startswith("tests/web/") for name in ran)
    on_sqlite_only = web and "postgres" not in os.environ.get("SAPA_DATABASE_URL", "") and binaries() is None
    if reasons or on_sqlite_only:
        terminalreporter.section("NOT SHOWN ON THIS MACHINE", sep="!", red=True, bold=True)
        for reason, count in sorted(reasons.items()):
            terminalreporter.write_line(f"  {count} test(s): {reason}")
    if on_sqlite_only:
        terminalreporter.write_line("  the application on PostgreSQL: no server here (on Debian: apt-get install postgresql)")
