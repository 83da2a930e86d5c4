"""The browser of these tests, where it stands, and what a test says that has not got it."""

from __future__ import annotations

from collections.abc import Iterator
from contextlib import contextmanager
from pathlib import Path
from typing import Any

import pytest

playwright = pytest.importorskip("playwright.sync_api", reason="playwright is not installed")

REPOSITORY = Path(__file__).resolve().parents[3]
BUILT = REPOSITORY / "src" / "sapa_web" / "static" / "build" / "grid.js"
AXE = REPOSITORY / "frontend" / "node_modules" / "axe-core" / "axe.min.js"
CHROMIUM = Path("/usr/bin/chromium")
ARGUMENTS = ["--no-sandbox", "--disable-gpu", "--disable-background-networking", "--disable-component-update", "--disable-sync"]
NEEDED = [
    pytest.mark.skipif(not CHROMIUM.exists(), reason="there is no /usr/bin/chromium: install Debian's chromium"),
    pytest.mark.skipif(not BUILT.exists(), reason="the assets are not built: npm ci && node build.mjs in frontend/"),
]
SLOW = [pytest.mark.slow, *NEEDED]


@contextmanager
def chromium() -> Iterator[Any]:
    """A browser while the block runs."""
    with playwright.sync_playwright() as driver:
        browser = driver.chromium.launch(executable_path=str(CHROMIUM), args=ARGUMENTS)
        yield browser
        browser.close()
