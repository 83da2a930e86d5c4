"""Which pages there are: found by following the links of the site as each of its people, until nothing new comes."""

from __future__ import annotations

import html
import re
from collections import Counter, defaultdict, deque
from collections.abc import Iterable, Iterator
from contextlib import contextmanager
from dataclasses import dataclass, field
from pathlib import Path
from typing import Any
from urllib.parse import urljoin, urlsplit

from allauth.mfa.totp.internal.auth import format_hotp_value, hotp_value, yield_hotp_counters_from_time
from django.template import Template
from django.test import Client
from django.test.signals import template_rendered
from django.urls import Resolver404, resolve

import sapa_web
from tests.web import cast
from tests.web.browser.everywhere.furnished import HALFWAY, ROLES, SEED

WEB = Path(sapa_web.__file__).parent
LINK = re.compile(r'\b(?:href|hx-get|data-hx-get)="([^"#]*)')
FILE = re.compile(r"\.[a-z][a-z0-9]{1,7}$")
OFTEN, EVER = 5, 8
"""How many addresses of one route a person looks at, and all people together: where two differ in their parts, both are kept."""
MAIN = re.compile(r"(<main\b[^>]*>).*(</main>)", re.DOTALL)


@dataclass(frozen=True)
class Page:
    """A page as somebody sees it. ``route`` is its name among the site's addresses.

    ``drawn`` pages are not asked for by the browser, but given to it: answers to what was sent, and parts of pages.
    """

    person: str
    path: str
    route: str
    templates: frozenset[str] = frozenset()
    drawn: bool = False

    def __str__(self) -> str:
        return f"{self.person} {self.path}" + (" (answer)" if self.drawn else "")


@dataclass
class Reached:
    """What the walk has found: ``pages`` worth looking at, ``routes`` with what they answered, ``templates`` that were drawn."""

    pages: list[Page] = field(default_factory=list)
    routes: dict[str, set[str]] = field(default_factory=lambda: defaultdict(set))
    templates: set[str] = field(default_factory=set)
    broken: list[str] = field(default_factory=list)
    texts: dict[Page, Any] = field(default_factory=dict)

    def keep(self, page: Page, again: Any = None) -> None:
        """A page is worth looking at if it is the first of its route, or shows a part that no other has shown.

        ``again`` draws the page in a language.
        """
        if page.drawn or not page.templates <= self.templates or page.route not in {item.route for item in self.pages}:
            self.pages.append(page)
            self.templates |= page.templates
            self.texts[page] = again


@contextmanager
def drawn() -> Iterator[set[str]]:
    """The site's own templates that are drawn meanwhile, by their path below an application's ``templates``."""
    seen: set[str] = set()

    def note(sender: Any, template: Template, **more: Any) -> None:
        origin = Path(str(template.origin.name))
        if WEB in origin.parents:
            seen.add(str(origin).partition("/templates/")[2])

    template_rendered.connect(note)
    try:
        yield seen
    finally:
        template_rendered.disconnect(note)


def own_templates() -> set[str]:
    """Every template of the site that makes HTML."""
    return {str(path).partition("/templates/")[2] for path in WEB.rglob("templates/**/*.html")}


def route_of(path: str) -> str | None:
    """The name of the route an address belongs to; None for what is no page of this site."""
    parts = urlsplit(path)
    if parts.scheme or parts.netloc or parts.path.startswith(("/static/", "/api/v1")):
        return None
    try:
        return str(resolve(parts.path).view_name)
    except Resolver404:
        return None


class Walker:
    """People with a browser each (``clients``), who follow links."""

    def __init__(self, people: cast.Cast) -> None:
        self.clients = {name: _signed_in(people, name) for name in (*ROLES, *HALFWAY)}
        self.found = Reached()
        self._ever = Counter[str]()
        self._by: dict[str, set[str]] = defaultdict(set)

    def walk(self, person: str, starts: Iterable[str]) -> None:
        """Begin at these addresses and follow what they link to; the answers' own links too."""
        waiting = deque(starts)
        seen, often = set(waiting), Counter[str]()
        while waiting:
            path = waiting.popleft()
            for link in self._look(person, path, often):
                if link not in seen:
                    seen.add(link)
                    waiting.append(link)

    def visit(self, person: str, path: str) -> None:
        """One address, without following its links: there the person would be taken for gone."""
        self._look(person, path, Counter())

    def _look(self, person: str, path: str, often: Counter[str]) -> list[str]:
        """One address; returns the links of its page."""
        route = route_of(path)
        if route is None or self._enough(person, route, often):
            return []
        often[route] += 1
        self._ever[route] += 1
        if FILE.search(urlsplit(path).path):
            self.found.routes[route].add("file")
            return []
        with drawn() as templates:
            answer = self.clients[person].get(path)
        if answer.status_code in (301, 302):
            self.found.routes[route].add("redirect")
            return [urljoin(path, answer["Location"])]
        if answer.streaming or not answer.headers.get("Content-Type", "").startswith("text/html"):
            self.found.routes[route].add("file")
            return []
        return self._kept(Page(person, path, route, frozenset(templates)), answer)

    def _enough(self, person: str, route: str, often: Counter[str]) -> bool:
        """Whether nothing new is to be expected of a further address of this route."""
        public = person != "visitor" and "visitor" in self._by[route]
        return public or often[route] >= OFTEN or (self._ever[route] >= EVER and often[route] > 0)

    def _kept(self, page: Page, answer: Any) -> list[str]:
        text = answer.content.decode()
        if answer.status_code >= 500:
            self.found.broken.append(f"{page}: {answer.status_code}")
            return []
        whole = "<html" in text
        self.found.routes[page.route].add(("page" if whole else "part") if answer.status_code == 200 else str(answer.status_code))
        self._by[page.route].add(page.person)
        if whole:
            self.found.keep(page)
        elif answer.status_code == 200 and not page.templates <= self.found.templates:
            part = Page(page.person, page.path, page.route, page.templates, drawn=True)
            self.found.keep(part, lambda language: self._within(page, language))
        return [urljoin(page.path, html.unescape(link)) for link in LINK.findall(text)]

    def _within(self, page: Page, language: str) -> str:
        """A part of a page, in the frame of a page."""
        client = self.clients[page.person]
        client.cookies["django_language"] = language
        frame, part = client.get("/notices/").content.decode(), client.get(page.path).content.decode()
        return MAIN.sub(lambda found: f"{found[1]}<h1>{page.route}</h1>{part}{found[2]}", frame)

    def send(self, person: str, path: str, fields: dict[str, Any]) -> None:
        """Something is sent; the page that answers is kept."""

        def answer(language: str) -> Any:
            client = self.clients[person]
            client.cookies["django_language"] = language
            for value in fields.values():
                if hasattr(value, "seek"):
                    value.seek(0)
            return client.post(path, fields)

        with drawn() as templates:
            given = answer("en")
        if given.status_code in (301, 302):  # it is kept by the page that it leads to
            self.visit(person, urljoin(path, given["Location"]))
            return
        if given.status_code >= 500:
            self.found.broken.append(f"{person} {path}, sent: {given.status_code}")
            return
        page = Page(person, path, route_of(path) or "", frozenset(templates), drawn=True)
        self.found.keep(page, lambda language: answer(language).content.decode())

    def draw(self, person: str, template: str, render: Any) -> None:
        """A page that no address gives while all goes well, such as that of an error: ``render(language)``."""
        with drawn() as templates:
            render("en")
        self.found.keep(Page(person, f"/{template}", "", frozenset(templates), drawn=True), render)


def _signed_in(people: cast.Cast, name: str) -> Client:
    client = Client(raise_request_exception=False)
    if name == "visitor":
        return client
    if name in ("provided", "ministry"):
        client.force_login(getattr(people, name), backend="django.contrib.auth.backends.ModelBackend")
        return client
    client.post("/account/login/", {"login": f"{name}@example.org", "password": cast.PASSWORD})
    if name == "halfway":
        return client
    if name == "careful":
        code = format_hotp_value(hotp_value(SEED, next(yield_hotp_counters_from_time())))
        client.post("/account/2fa/authenticate/", {"code": code})
    answer = client.post("/account/reauthenticate/", {"password": cast.PASSWORD})
    assert answer.status_code == 302, name
    return client
