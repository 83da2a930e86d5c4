"""A local regulation in a real browser, from an empty page to the one everybody reads."""

from __future__ import annotations

from typing import Any

from sapa_web.monitoring.models import Edition
from tests.web.browser.chromium import SLOW
from tests.web.browser.test_monitoring_year import HEAD, walk  # noqa: F401 (the fixture)
from tests.web.browser.walk import Walk, go, press

pytestmark = SLOW


def test_a_regulation_from_draft_to_in_force(walk: Walk, settings: Any, tmp_path: Any) -> None:  # noqa: F811
    settings.SAPA_HOME = tmp_path
    page = walk.as_(HEAD)
    go(walk, page, "/monitoring/")
    press(page, "Regulations", "link")
    walk.look(page, "regulations-empty")
    page.get_by_role("link", name="Begin an edition").first.click()
    page.get_by_label("Title").fill("Regulation of the school")
    press(page, "Save")
    pk = Edition.objects.unscoped("test").get().pk
    press(page, "Make a change", "link")
    page.get_by_role("searchbox", name="Search").last.fill("sport")
    page.locator("main").get_by_role("button", name="Search").click()
    walk.look(page, "regulation-choose")
    go(walk, page, f"/monitoring/regulation/{pk}/change/put-line/health/")
    page.get_by_label("How often").select_option("month")
    page.get_by_label("Clause").fill("Health is watched every month.")
    walk.look(page, "regulation-change")
    press(page, "Save")
    walk.look(page, "regulation-draft")
    press(page, "Open the discussion", "link")
    page.get_by_label("Comments until").fill("2024-09-20")
    press(page, "Save")
    walk.look(page, "regulation-discussion")
    press(page, "The council's protocol", "link")
    page.get_by_label("Council", exact=True).fill("Pedagogical council")
    page.get_by_label("Number of the protocol").fill("1")
    page.get_by_label("Day of the protocol").fill("2024-09-16")
    press(page, "Save")
    press(page, "The head's order", "link")
    page.get_by_label("Number of the order").fill("80")
    page.get_by_label("Day of the order").fill("2024-09-16")
    press(page, "Save")
    press(page, "Publish")
    press(page, "The public page", "link")
    walk.look(page, "regulation-public")
    made = Edition.objects.unscoped("test").get()
    assert (made.state, str(made.in_force_from)) == (Edition.PUBLISHED, "2024-09-16")
    assert walk.faults == [], "\n".join(walk.faults)
