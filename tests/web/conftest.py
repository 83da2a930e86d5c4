"""Fixtures of the web tests."""

from __future__ import annotations

from collections.abc import Iterator
from importlib import import_module
from pathlib import Path
from typing import Any

import pytest
from django.db.backends.base.operations import BaseDatabaseOperations
from django.utils import translation

from sapa_web.common import clock
from sapa_web.orgs.models import User
from tests.web import cast


@pytest.fixture(scope="session", autouse=True)
def _ledger_can_be_emptied() -> Iterator[None]:
    """Between tests that commit, the tables are emptied; the ledger's refuses that (common.migrations.0004_ledger_guard)."""
    guard = import_module("sapa_web.common.migrations.0004_ledger_guard")
    emptied = BaseDatabaseOperations.execute_sql_flush

    def empty(operations: Any, statements: Any) -> None:
        guard.unguard(operations.connection)
        emptied(operations, statements)
        guard.guard(operations.connection)

    with pytest.MonkeyPatch.context() as patch:
        patch.setattr(BaseDatabaseOperations, "execute_sql_flush", empty)
        yield


@pytest.fixture(autouse=True)
def _standing_day() -> Iterator[None]:
    with clock.standing_at(cast.DAY):
        yield


@pytest.fixture(autouse=True)
def _english() -> Iterator[None]:
    """A page asked for in another language leaves that language active in the test's thread."""
    with translation.override("en"):
        yield


@pytest.fixture(autouse=True)
def _own_archive(tmp_path: Path, settings: Any) -> None:
    settings.SAPA_ARCHIVE_URL = str(tmp_path / "archive")
    settings.SAPA_PUBLISHED_URL = str(tmp_path / "published")


@pytest.fixture
def people(db: None) -> cast.Cast:
    return cast.build()


@pytest.fixture
def secretary(people: cast.Cast) -> User:
    return people.secretary
