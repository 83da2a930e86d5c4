"""Fixtures of the web tests."""

from __future__ import annotations

from collections.abc import Iterator
from pathlib import Path
from typing import Any

import pytest

from sapa_web.common import clock
from sapa_web.orgs.models import User
from tests.web import cast


@pytest.fixture(autouse=True)
def _standing_day() -> Iterator[None]:
    with clock.standing_at(cast.DAY):
        yield


@pytest.fixture(autouse=True)
def _own_archive(tmp_path: Path, settings: Any) -> None:
    settings.SAPA_ARCHIVE_URL = str(tmp_path / "archive")


@pytest.fixture
def people(db: None) -> cast.Cast:
    return cast.build()


@pytest.fixture
def secretary(people: cast.Cast) -> User:
    return people.secretary
