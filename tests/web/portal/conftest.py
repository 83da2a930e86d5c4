"""A site with two frozen years, and releases of them."""

from __future__ import annotations

from pathlib import Path

import pytest

from sapa_web.portal.models import Release
from tests.web.indicators.conftest import _own_home, frozen, small_archive
from tests.web.portal.world import release

__all__ = ["_own_home", "frozen", "published", "small_archive"]


@pytest.fixture
def published(db: None, frozen: Path) -> Release:
    """The yearbook of the newest frozen year, public since yesterday."""
    return release()
