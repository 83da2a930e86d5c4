"""The side navigation: each app registers its entries; a person sees those he may use."""

from __future__ import annotations

from collections.abc import Callable
from dataclasses import dataclass
from typing import Any

from django.http import HttpRequest
from django.urls import reverse


@dataclass(frozen=True)
class Entry:
    """One line of the navigation. ``shown`` decides for a request; ``count`` gives a number beside it, or ``None``."""

    label: Any  # translated lazily
    route: str
    icon: str  # name of a tabler icon
    order: int
    shown: Callable[[HttpRequest], bool] = lambda request: True
    count: Callable[[HttpRequest], int | None] = lambda request: None


_entries: list[Entry] = []
_without: set[str] = set()


def register(entry: Entry) -> None:
    """Called in an app's ``ready``."""
    if entry not in _entries:
        _entries.append(entry)


def leave_out(namespace: str) -> None:
    """Pages of this namespace of addresses have their own sections: the side navigation is not theirs."""
    _without.add(namespace)


def for_request(request: HttpRequest) -> list[dict[str, Any]]:
    """What ``base.html`` renders."""
    if not request.user.is_authenticated or (request.resolver_match and request.resolver_match.namespace in _without):
        return []
    out = []
    for entry in sorted(_entries, key=lambda item: item.order):
        if entry.shown(request):
            url = reverse(entry.route)
            active = request.path == url or (url != "/" and request.path.startswith(url))
            out.append({"label": entry.label, "url": url, "icon": entry.icon, "active": active, "count": entry.count(request)})
    return out
