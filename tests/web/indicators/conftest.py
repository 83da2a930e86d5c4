"""Each test has a home of its own, so that no figure is kept from another."""

from __future__ import annotations

from pathlib import Path
from typing import Any

import pytest


@pytest.fixture(autouse=True)
def _own_home(tmp_path: Path, settings: Any) -> None:
    settings.SAPA_HOME = tmp_path / "home"
    settings.SAPA_HOME.mkdir()
