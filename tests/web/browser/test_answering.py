"""The page people answer on, on a phone: the notice first, then one question under another, each option as wide as the page."""

from __future__ import annotations

from pathlib import Path
from typing import Any

from sapa_web.surveys.models import Survey
from tests.web import cast
from tests.web.browser.chromium import SLOW, chromium
from tests.web.surveys import world

pytestmark = SLOW
WIDTHS = (320, 390, 1280)


def test_options_stand_under_their_question(live_server: Any, people: cast.Cast, tmp_path: Path) -> None:
    survey = world.survey(way=Survey.ANYBODY)
    with chromium() as browser:
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
