"""People who walk through the running pages: each in a browser session of their own; every page they stop at is examined."""

from __future__ import annotations

import os
from collections.abc import Iterable, Iterator
from contextlib import contextmanager
from pathlib import Path
from typing import Any

from sapa_web.orgs.models import User
from tests.web import cast
from tests.web.browser.chromium import AXE, REPOSITORY, chromium
from tests.web.browser.png import smaller

PICTURES = REPOSITORY / "docs" / "guides" / "images"
WRITES = os.environ.get("SAPA_PICTURES") == "1"
"""Whether the pictures of the guides are written; otherwise it is only seen to that they are there."""
SHOTS = os.environ.get("SAPA_SHOTS", "")
"""A folder for pictures of every page, for people to look at; empty: none."""
LANGUAGES, WIDTHS = ("en", "ru"), (1280, 390)
EXAMINE = """axe.run(document, {resultTypes: ['violations']}).then(found => found.violations.map(
  rule => `${rule.id}: ${rule.nodes.map(node => node.html.slice(0, 120)).slice(0, 3).join(' | ')}`))"""


class Walk:
    """A site walked by several people. ``faults`` collects what was wrong with the pages, so that all is told at once."""

    def __init__(self, browser: Any, site: str) -> None:
        self.browser, self.site = browser, site
        self.faults: list[str] = []
        self.seen: dict[str, str] = {}
        self._pages: dict[str, Any] = {}
        self._axe = AXE.read_text() if AXE.exists() else ""

    def close(self) -> None:
        """All sessions end."""
        for page in self._pages.values():
            page.context.close()

    def visitor(self, name: str) -> Any:
        """A page of somebody who has not signed in yet."""
        context = self.browser.new_context(viewport={"width": 1280, "height": 800}, accept_downloads=True, locale="en-GB")
        page = context.new_page()
        page.set_default_timeout(20_000)
        page.on("console", lambda told: self._complain(name, page, told.text) if told.type == "error" else None)
        page.on("pageerror", lambda error: self._complain(name, page, str(error)))
        page.on("dialog", lambda dialog: dialog.accept())
        self._pages[name] = page
        return page

    def as_(self, name: str) -> Any:
        """The page of a person of the cast, who signs in the first time."""
        if name in self._pages:
            return self._pages[name]
        page = self.visitor(name)
        page.goto(f"{self.site}/account/login/")
        self.sign_in(page, name)
        return page

    def sign_in(self, page: Any, name: str) -> None:
        """Fill the page of sign-in."""
        page.get_by_label("E-mail").fill(f"{name}@example.org")
        page.get_by_label("Password", exact=True).fill(cast.PASSWORD)
        page.get_by_role("button", name="Sign in", exact=True).click()
        page.wait_for_url(lambda url: "/account/login" not in url)

    def look(self, page: Any, name: str, *, picture: bool = False, at: Any = None) -> None:
        """Stop at a page: no accessibility fault, nothing wider than the window; its picture, where a guide shows it.

        ``at`` is the part of the page that stands in the middle of the picture (default: the page's beginning).
        """
        path = page.url.removeprefix(self.site)
        if not self._axe:
            self.faults.append(f"{name}: not examined, axe-core is not installed (npm ci in frontend/)")
        else:
            page.evaluate(f"{self._axe};0")  # by the driver: the policy of the pages lets no foreign script in
            self.faults += [f"{name} {path}: {fault}" for fault in page.evaluate(EXAMINE)]
        if page.evaluate("document.documentElement.scrollWidth > innerWidth"):
            self.faults.append(f"{name} {path}: wider than the window")
        self.seen[name] = path
        if picture:
            self._picture(page, name, at)
        if SHOTS:
            self._shots(page, name)

    def _picture(self, page: Any, name: str, at: Any) -> None:
        target = PICTURES / f"{name}.png"
        if WRITES:
            target.parent.mkdir(parents=True, exist_ok=True)
            if at is None:
                page.evaluate("scrollTo({top: 0, behavior: 'instant'})")
            else:
                at.evaluate("part => part.scrollIntoView({block: 'center', behavior: 'instant'})")
            target.write_bytes(smaller(page.screenshot(animations="disabled", caret="hide")))
        elif not target.exists():
            self.faults.append(f"{target.name} is missing: write it with SAPA_PICTURES=1")

    def _shots(self, page: Any, name: str) -> None:
        """The page as its reader would see it in each language and width, in a window of its own: nothing typed is lost."""
        if page.request.get(page.url).status != 200:  # the answer to a form: it can't be asked for again
            return
        who = next((person for person, own in self._pages.items() if own is page), "")
        for language in LANGUAGES:
            User.objects.filter(email=f"{who}@example.org").update(language=language)
            for width in WIDTHS:
                other = page.context.new_page()
                other.set_viewport_size({"width": width, "height": 900})
                other.goto(page.url)
                if other.locator("[data-grid]").count():
                    other.wait_for_selector("[data-grid][data-ready]")
                folder = Path(SHOTS)
                folder.mkdir(parents=True, exist_ok=True)
                other.screenshot(path=str(folder / f"{name}-{language}-{width}.png"), full_page=True)
                if other.evaluate("document.documentElement.scrollWidth > innerWidth"):
                    self.faults.append(f"{name} ({language}, {width}): wider than the window")
                other.close()
        User.objects.filter(email=f"{who}@example.org").update(language="en")

    def tour(self, name: str, paths: Iterable[str]) -> None:
        """Pages that nobody has stopped at on the way, one after the other."""
        page = self.as_(name)
        for path in paths:
            answer = page.goto(self.site + path)
            if answer.status != 200:
                self.faults.append(f"{name} {path}: answered {answer.status}")
            shown = page.url.removeprefix(self.site).partition("?")[0].strip("/").replace("/", "-")
            self.look(page, f"{name}-tour-{shown or 'home'}")

    def _complain(self, name: str, page: Any, text: str) -> None:
        self.faults.append(f"console of {name} at {page.url.removeprefix(self.site)}: {text}")


@contextmanager
def walking(site: str) -> Iterator[Walk]:
    """A walk through the running site, in a browser of its own."""
    with chromium() as browser:
        walked = Walk(browser, site)
        yield walked
        walked.close()


def go(walk: Walk, page: Any, path: str) -> None:
    """Open a page of the site; it must be there."""
    answer = page.goto(walk.site + path)
    assert answer.status == 200, f"{path}: {answer.status}"


def press(page: Any, name: str, kind: str = "button") -> None:
    """Press the first of that name, and wait for what comes."""
    page.get_by_role(kind, name=name, exact=True).first.click()
    page.wait_for_load_state()
