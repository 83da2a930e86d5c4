"""Public pages kept in memory for readers who have not signed in: bounded, and never older than what is public.

A kept page is found by its address, its language, the host it was asked of and *what is public at this very moment*
(``published.standing``, read from the database at each request). At the minute of a release, or when one is taken back, that is
another thing: the kept pages of before are then out of reach, in every process, without anybody telling them so. A page is only
kept where the same was public before it was made and after.

Each process keeps its own pages (``SAPA_PAGE_CACHE`` megabytes), the least recently read go first. What a release does not bring
about — a place's new name, a publication's title, files the worker has made — shows within ``OLDEST`` seconds.

Only pages of ``PAGES`` are kept, and of those no answer that sets a cookie (so none with a form's token), none to whoever has a
session, none that depends on anything but language. The theme is the browser's own affair: no cookie tells it.
"""

from __future__ import annotations

from collections import OrderedDict
from collections.abc import Callable
from dataclasses import dataclass
from functools import lru_cache
from hashlib import sha256
from threading import Lock
from time import monotonic
from typing import Any

from django.conf import settings
from django.http import HttpRequest, HttpResponse
from django.urls import reverse
from django.utils.cache import get_conditional_response
from django.utils.translation import get_language_from_request

from sapa_web.common.clock import now
from sapa_web.portal.domain.queries import published

PAGES = frozenset({
    "home", "indicators", "indicator", "chart", "tables", "places", "place", "search", "feed", "releases", "release", "chapter",
    "release_chart", "data", "data_version", "catalogue", "figure", "figure_json", "law", "law_document",
})  # fmt: skip
"""Routes of the portal whose answers may be kept. Keys in addresses (subscriptions), forms with tokens and files are not here."""
OLDEST = 300
"""Seconds a kept page is given at most."""
MOST_BYTES = 1_000_000
"""A larger answer is not kept."""
LONGEST = 2000
"""Characters of an address's choices; longer ones are not kept."""
_VARIES = {"accept-language", "cookie"}
Key = tuple[Any, ...]


@dataclass(frozen=True)
class Page:
    """A kept answer."""

    body: bytes
    headers: tuple[tuple[str, str], ...]
    etag: str
    match: Any
    until: float

    def answer(self, request: HttpRequest) -> HttpResponse:
        """The page, or 304 where the reader has it."""
        request.resolver_match = self.match  # the log names the route
        response = HttpResponse(self.body, headers=dict(self.headers))
        return get_conditional_response(request, etag=self.etag, response=response) or response


class Kept:
    """Pages by key, at most so many bytes; of one process, for all of its threads."""

    def __init__(self) -> None:
        self._pages: OrderedDict[Key, Page] = OrderedDict()
        self._lock = Lock()
        self.size = 0

    def get(self, key: Key) -> Page | None:
        """The page, unless it has grown old."""
        with self._lock:
            page = self._pages.get(key)
            if page is None:
                return None
            if page.until < monotonic():
                self._drop(key)
                return None
            self._pages.move_to_end(key)
            return page

    def put(self, key: Key, page: Page, most: int) -> None:
        """Keep a page; the least recently read make room."""
        with self._lock:
            self._drop(key)
            self._pages[key] = page
            self.size += _room(key, page)
            while self.size > most and self._pages:
                self._drop(next(iter(self._pages)))

    def clear(self) -> None:
        """Forget all."""
        with self._lock:
            self._pages.clear()
            self.size = 0

    def __len__(self) -> int:
        return len(self._pages)

    def _drop(self, key: Key) -> None:
        page = self._pages.pop(key, None)
        if page is not None:
            self.size -= _room(key, page)


def _room(key: Key, page: Page) -> int:
    """Bytes, the bookkeeping guessed."""
    return len(page.body) + len(str(key)) + 1000


kept = Kept()
"""The pages of this process."""


class PageCache:
    """Stands before sessions and everything a page costs; see the module."""

    def __init__(self, get_response: Callable[[HttpRequest], HttpResponse]) -> None:
        self.get_response = get_response

    def __call__(self, request: HttpRequest) -> HttpResponse:
        asked = _asked(request)
        if asked is None:
            return self.get_response(request)
        key = (*asked, published.standing(now()))
        page = kept.get(key)
        if page is not None:
            return page.answer(request)
        response = self.get_response(request)
        page = _page(request, response)
        if page is None:
            return response
        if key == (*asked, published.standing(now())):  # a release whose minute came meanwhile is not kept as what was before
            kept.put(key, page, settings.SAPA_PAGE_CACHE * 1_000_000)
        return page.answer(request)


def _asked(request: HttpRequest) -> Key | None:
    """What tells a request's page from another's; nothing where the request is not of a reader without session."""
    query = request.META.get("QUERY_STRING", "")
    if (
        not settings.SAPA_PAGE_CACHE
        or request.method not in ("GET", "HEAD")
        or not request.path_info.startswith(_below())
        or len(request.path_info) + len(query) > LONGEST
        or settings.SESSION_COOKIE_NAME in request.COOKIES
        or "Authorization" in request.headers
        or "HX-Request" in request.headers
    ):
        return None
    return request.path_info, query, get_language_from_request(request), request.get_host(), request.scheme


@lru_cache(maxsize=1)
def _below() -> str:
    return reverse("portal:home")


def _page(request: HttpRequest, response: HttpResponse) -> Page | None:
    """The answer as it may be kept, or nothing."""
    match = request.resolver_match
    if match is None or match.namespace != "portal" or match.url_name not in PAGES:
        return None
    control = response.get("Cache-Control", "")
    varies = {name.strip().lower() for name in response.get("Vary", "").split(",") if name.strip()}
    if response.status_code != 200 or response.streaming or response.cookies or not varies <= _VARIES:
        return None
    if "private" in control or "no-store" in control or len(response.content) > MOST_BYTES:
        return None
    if request.user.is_authenticated or request.session.modified:
        return None
    # Browsers may keep it and ask each time whether it still holds: 304 is cheap, and no page outlives its minute anywhere.
    response["Cache-Control"] = "no-cache"
    etag = f'"{sha256(response.content).hexdigest()[:32]}"'
    response["ETag"] = etag
    return Page(response.content, tuple(response.items()), etag, match, monotonic() + OLDEST)
