"""Each test has a home of its own, so that no figure is kept from another."""

from __future__ import annotations

from pathlib import Path
from typing import Any

import pytest

from tests.web import cast
from tests.web.indicators.world import build_archive


@pytest.fixture(autouse=True)
def _own_home(tmp_path: Path, settings: Any) -> None:
    settings.SAPA_HOME = tmp_path / "home"
    settings.SAPA_HOME.mkdir()


@pytest.fixture(scope="session")
def small_archive(tmp_path_factory: pytest.TempPathFactory) -> Path:
    """Two frozen years of a few schools of the standing cast, built once by the engine's own chain."""
    return build_archive(tmp_path_factory.mktemp("frozen") / cast.PACK)


@pytest.fixture
def frozen(small_archive: Path, settings: Any) -> Path:
    """The site's archive holds two frozen years."""
    settings.SAPA_ARCHIVE_URL = str(small_archive.parent)
    return small_archive
