"""A page in every way it is read: light, enlarged to 400 %, dark, on paper. It is loaded once and turned, not loaded again."""

from __future__ import annotations

from collections import Counter
from collections.abc import Callable, Iterable
from dataclasses import dataclass, field
from pathlib import Path
from typing import Any

from tests.web.browser.everywhere.reached import Page
from tests.web.browser.walk import AXE

SCRIPT = Path(__file__).with_name("examine.js")
DESK = {"width": 1280, "height": 900}
ENLARGED = {"width": 320, "height": 256}
"""What is left of a window of 1280 × 1024 at 400 % (WCAG 1.4.10)."""
PHONE = {"width": 390, "height": 844}
MODES = ("light", "zoom", "dark", "print")
Draw = Callable[[Page, str], str]
DARK = "dark => { document.documentElement.dataset.bsTheme = dark ? 'dark' : 'light'; }"


@dataclass
class Seen:
    """What has been looked at: how often each mode, and what was wrong. ``unsure``: what axe leaves to people, by rule."""

    loads: int = 0
    modes: Counter[tuple[str, str]] = field(default_factory=Counter)
    templates: dict[tuple[str, str], set[str]] = field(default_factory=dict)
    unsure: Counter[str] = field(default_factory=Counter)
    faults: Counter[str] = field(default_factory=Counter)
    first: dict[str, str] = field(default_factory=dict)

    def complain(self, page: Page, where: str, faults: Iterable[str]) -> None:
        """Faults of a page; the same fault on many pages is one, with the first page it was seen on."""
        for fault in faults:
            told = f"{where}: {fault}"
            self.faults[told] += 1
            self.first.setdefault(told, str(page))

    def told(self) -> list[str]:
        """The faults, the most frequent first."""
        return [f"{fault} [{count} ×, first {self.first[fault]}]" for fault, count in self.faults.most_common()]


class Reader:
    """Somebody with a browser at the site, signed in by the cookies of the people who walked through it."""

    def __init__(self, browser: Any, site: str, sessions: dict[str, str], draw: Draw, shots: Path | None = None) -> None:
        self.site, self.sessions, self.shots, self.seen, self._draw = site, sessions, shots, Seen(), draw
        self.context = browser.new_context(viewport=DESK, reduced_motion="reduce")
        self.tab = self.context.new_page()
        self.tab.set_default_timeout(30_000)
        self.tab.on("pageerror", lambda error: self.seen.complain(self.page, "script", [str(error)]))
        self.tab.on("dialog", lambda dialog: dialog.accept())
        self._axe = AXE.read_text() + ";0"
        self._script = SCRIPT.read_text()
        self.page = Page("", "", "")
        self.language = "en"
        self.brief = True
        """In the dark and on paper only the rules about colours are asked again: all were asked in light, of the same page."""
        self.context.route("**/drawn", self._given)

    def read(self, page: Page, language: str, modes: Iterable[str] = MODES, *, keys: int = 40) -> None:
        """Load the page in a language, and look at it in these modes; ``keys``: how often Tab is pressed at most."""
        self.page, self.language = page, language
        self._load(page, language)
        for mode in modes:
            getattr(self, f"_{mode}")(language, keys)
            self.seen.modes[mode, language] += 1
            self.seen.templates.setdefault((mode, language), set()).update(page.templates)

    def _given(self, route: Any) -> None:
        """What the browser does not ask for, but is given: answers to what was sent, parts in the frame of a page."""
        route.fulfill(status=200, content_type="text/html; charset=utf-8", body=self._draw(self.page, self.language))

    def _load(self, page: Page, language: str) -> None:
        self.tab.emulate_media(media="screen", color_scheme="light")
        self.tab.set_viewport_size(DESK)
        cookies = {"sessionid": self.sessions.get(page.person, ""), "django_language": language}
        self.context.clear_cookies()
        self.context.add_cookies([{"name": name, "value": value, "url": self.site} for name, value in cookies.items() if value])
        self.tab.goto(self.site + ("/drawn" if page.drawn else page.path))
        if self.tab.locator("[data-grid]").count():
            self.tab.wait_for_selector("[data-grid][data-ready]")
        self.tab.evaluate(self._axe)  # by the driver: the policy of the pages lets no foreign script in
        self.tab.evaluate(self._script)
        self.seen.loads += 1

    def _look(self, mode: str, language: str, *checks: str) -> None:
        asked = {"pressed": mode != "print", "colours": self.brief and mode in ("dark", "print")}  # nothing is pressed on paper
        found = self.tab.evaluate("asked => everywhere.axe(asked)", asked)
        self.seen.complain(self.page, f"axe, {mode}", found["faults"])
        self.seen.unsure.update(found["unsure"])
        for check in checks:
            self.seen.complain(self.page, mode, self.tab.evaluate(f"everywhere.{check}()"))
        if self.shots:
            self.shots.mkdir(parents=True, exist_ok=True)
            name = self.page.path.partition("?")[0].strip("/").replace("/", "-")[:80] or "home"
            target = self.shots / f"{self.page.person}-{name}-{mode}-{language}.png"
            self.tab.screenshot(path=str(target), full_page=True, animations="disabled")

    def _light(self, language: str, keys: int) -> None:
        self._look("light", language, "wide", "spaced")
        self._press(keys)
        self._focus("light", keys)

    def _focus(self, mode: str, keys: int) -> None:
        self.seen.complain(self.page, mode, self.tab.evaluate("most => everywhere.focus(most)", keys))

    def _press(self, keys: int) -> None:
        stops = self.tab.evaluate("everywhere.begin()")
        most = min(stops, keys)
        grid = self.tab.locator("[data-grid]").count()
        for _ in range(most + 1):  # the last one leaves the page again
            if grid:
                self.tab.keyboard.press("Escape")  # in the grid, Tab goes from cell to cell until Escape
            self.tab.keyboard.press("Tab")
        self.seen.complain(self.page, "keyboard", self.tab.evaluate("most => everywhere.missed(most)", most))

    def _zoom(self, language: str, keys: int) -> None:
        self.tab.set_viewport_size(ENLARGED)
        self._look("zoom", language, "wide")
        self._focus("zoom", keys)
        self.tab.set_viewport_size(DESK)

    def _phone(self, language: str, keys: int) -> None:
        self.tab.set_viewport_size(PHONE)
        self._look("phone", language, "wide")
        self.tab.set_viewport_size(DESK)

    def _dark(self, language: str, keys: int) -> None:
        self.tab.emulate_media(color_scheme="dark")
        self.tab.evaluate(DARK, True)
        self._look("dark", language)

    def _print(self, language: str, keys: int) -> None:
        """Whoever reads in the dark prints too: the page stays as it was turned last."""
        self.tab.emulate_media(media="print")
        self._look("print", language)
