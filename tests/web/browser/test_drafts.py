"""A questionnaire written in a browser with nothing but a keyboard; its pages fit a phone and work without script."""

from __future__ import annotations

from pathlib import Path
from typing import Any

import pytest
from django.test import Client

from sapa_web.surveys.domain import drafts, instruments
from sapa_web.surveys.domain.forms import form_of
from sapa_web.surveys.models import Draft, Instrument
from tests.web import cast
from tests.web.browser.chromium import SLOW, chromium
from tests.web.browser.everywhere.quality import half_written
from tests.web.browser.walk import AXE, EXAMINE, SHOTS
from tests.web.surveys import world

pytestmark = SLOW


class Hands:
    """A person at the keyboard: Tab to what a thing is called, then type or press."""

    def __init__(self, page: Any, site: str) -> None:
        self.page, self.site = page, site

    def open(self, path: str) -> None:
        self.page.goto(self.site + path)

    def to(self, name: str, *, most: int = 150) -> None:
        """Tab on until the focus is on what has this name."""
        for _step in range(most):
            self.page.keyboard.press("Tab")
            if self.here() == name:
                return
        raise AssertionError(f"Tab does not come to “{name}” on {self.page.url}")

    def here(self) -> str:
        """What has the focus, by its name."""
        return self.page.evaluate(
            """() => { const at = document.activeElement;
            const of = at.labels && at.labels[0] ? at.labels[0] : at;
            const name = at.getAttribute('aria-label') || of.textContent;
            return name.replace(/\\s+/g, ' ').trim().replace(/ \\(optional\\)$/, '') }"""
        )

    def type(self, name: str, text: str) -> None:
        self.to(name)
        self.page.keyboard.press("ControlOrMeta+a")
        self.page.keyboard.type(text)

    def press(self, name: str, key: str = "Enter") -> None:
        """A button or a link: the page that it leads to is waited for."""
        self.to(name)
        with self.page.expect_navigation():
            self.page.keyboard.press(key)


def signed_in(browser: Any, server: Any, **more: Any) -> Any:
    client = Client()
    client.force_login(world.head())
    context = browser.new_context(**more)
    context.add_cookies([{"name": "sessionid", "value": client.cookies["sessionid"].value, "url": server.url}])
    return context.new_page()


def write_by_keyboard(hands: Hands) -> None:
    """A questionnaire of three questions and a heading; the second is asked only of who says no to the first."""
    hands.open("/surveys/instruments/write/")
    hands.type("Title", "Meals in our kindergarten")
    hands.press("Begin")
    hands.press("Add the first question")
    hands.press("One answer")
    hands.type("Question", "Does your child like the meals?")
    for number, word in enumerate(("Yes", "Sometimes", "No"), start=1):
        hands.type(f"Answer {number}", word)
    hands.to("An answer is required")
    hands.page.keyboard.press("Space")
    hands.press("Save")
    hands.press("Add at the end")
    hands.press("Answer in words")
    hands.type("Question", "What does it not like?")
    hands.press("Save, then choose when it is shown")
    hands.to("No")
    hands.page.keyboard.press("Space")
    hands.press("Save")
    hands.press("Add at the end")
    hands.press("Scale")
    hands.type("Question", "How fresh are they?")
    hands.press("Save")


@pytest.fixture
def browser() -> Any:
    with chromium() as started:
        yield started


def test_a_questionnaire_is_written_with_the_keyboard_alone(
    live_server: Any, people: cast.Cast, browser: Any, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setenv("DJANGO_ALLOW_ASYNC_UNSAFE", "1")
    page = signed_in(browser, live_server, locale="en", viewport={"width": 1280, "height": 900})
    hands = Hands(page, live_server.url)
    write_by_keyboard(hands)
    draft = Draft.objects.unscoped("test").get()
    first, why, scale = [item.name for item in drafts.form_in(draft).items]
    assert drafts.form_in(draft).item(why).relevant == f"selected(${{{first}}}, 'a3')"  # type: ignore[union-attr]
    hands.press("Move up: How fresh are they?")
    assert hands.here() == "Move up: How fresh are they?", "the focus stays on the button that was pressed"
    with page.expect_navigation():
        page.keyboard.press("Enter")
    assert page.url.endswith(f"#up-{scale}")
    assert [item.name for item in drafts.form_in(Draft.objects.unscoped("test").get()).items] == [scale, first, why]
    hands.press("Take out: Does your child like the meals?")
    assert page.locator(".problem.blocks").count() == 1, "who waits for its answer is told"
    hands.press("Undo")
    assert page.locator(".problem").count() == 0
    page.keyboard.press("Home")
    hands.open(f"/surveys/drafts/{draft.pk}/")
    hands.press("Publish")
    hands.press("Publish")
    made = Instrument.objects.unscoped("test").get()
    assert page.url.endswith(f"/surveys/instruments/{made.pk}/")
    assert len(form_of(instruments.newest(made)).items) == 3


def test_pages_fit_a_phone_are_read_by_everybody_and_need_no_script(
    live_server: Any, people: cast.Cast, browser: Any, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setenv("DJANGO_ALLOW_ASYNC_UNSAFE", "1")
    draft = half_written(world.head(), cast.KINDERGARTEN)
    at = f"/surveys/drafts/{draft.pk}/"
    pages = {
        "new": "/surveys/instruments/write/", "list": at, "about": f"{at}about/", "kinds": f"{at}add/?after=safe",
        "add": f"{at}add/?kind=select-one&after=safe", "question": f"{at}question/safe/", "scale": f"{at}question/meals/",
        "years": f"{at}question/years/", "condition": f"{at}question/wish/if/", "kept": f"{at}question/odd/if/",
        "preview": f"{at}preview/", "publish": f"{at}publish/", "instruments": "/surveys/instruments/",
    }  # fmt: skip
    faults = []
    for width in (390, 1280):
        page = signed_in(browser, live_server, viewport={"width": width, "height": 800}, locale="en")
        for name, address in pages.items():
            page.goto(live_server.url + address)
            assert page.evaluate("document.documentElement.scrollWidth") == width, (name, width)
            if AXE.exists():
                page.evaluate(f"{AXE.read_text()};0")
                faults += [f"{name}: {fault}" for fault in page.evaluate(EXAMINE)]
            if SHOTS:
                page.screenshot(path=Path(SHOTS) / f"draft-{name}-{width}.png", full_page=True)
    assert faults == []
    page = signed_in(browser, live_server, java_script_enabled=False)
    page.goto(live_server.url + at)
    page.get_by_role("button", name="Move down: Is it safe?").click()
    page.get_by_role("link", name="Is it safe?").first.click()
    page.get_by_label("Answer 3 · English").fill("Perhaps")
    page.get_by_label("Answer 3 · English").press("Enter")
    assert page.url.endswith("#q-safe"), "Enter saves, it presses no other button"
    form = drafts.form_in(Draft.objects.unscoped("test").get())
    assert [choice.label["en"] for choice in form.choices(form.items[1].choices)] == ["Yes", "No", "Perhaps"]
