"""The page people answer on, on a phone: the notice first, then one question under another, each option as wide as the page."""

from __future__ import annotations

from pathlib import Path
from typing import Any

import pytest

from sapa_web.surveys.models import Survey
from tests.web import cast
from tests.web.browser.test_components import ARGUMENTS, BUILT, CHROMIUM
from tests.web.surveys import world

playwright = pytest.importorskip("playwright.sync_api", reason="playwright is not installed")
pytestmark = [
    pytest.mark.slow,
    pytest.mark.skipif(not CHROMIUM.exists(), reason="there is no /usr/bin/chromium: install Debian's chromium"),
    pytest.mark.skipif(not BUILT.exists(), reason="the assets are not built: npm ci && node build.mjs in frontend/"),
]
WIDTHS = (320, 390, 1280)


def test_options_stand_under_their_question(live_server: Any, people: cast.Cast, tmp_path: Path) -> None:
    survey = world.survey(way=Survey.ANYBODY)
    with playwright.sync_playwright() as run:
        browser = run.chromium.launch(executable_path=str(CHROMIUM), args=ARGUMENTS)
        for width in WIDTHS:
            page = browser.new_page(viewport={"width": width, "height": 800}, locale="uk")
            page.goto(f"{live_server.url}/answer/{survey.key}/?lang=uk")
            assert page.locator("#notice").is_visible()
            assert not page.locator("#answer").is_visible()
            page.locator("#begin").click()
            assert page.evaluate("document.documentElement.scrollWidth") == width
            assert page.locator("#progress .num").text_content() == "Відповіді: 0 із 5"
            for question in page.locator("fieldset.question:visible").all():
                asked, options = question.locator("legend").bounding_box(), question.locator(".options:visible")
                if options.count():
                    below = options.first.bounding_box()
                    assert below["y"] >= asked["y"] + asked["height"] - 1, width
                    assert below["width"] > 0.8 * min(width, 704) - 20, width
            page.locator("label.option:has(input[name=safe][value=no])").click()
            assert page.locator("#q-why").is_visible(), "who says no is asked why"
            page.close()
        browser.close()
