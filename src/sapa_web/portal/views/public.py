"""The first page of the portal, and the choice of its language."""

from __future__ import annotations

from typing import Any

from django.http import HttpRequest, HttpResponse
from django.shortcuts import render
from django.utils.translation import gettext as _
from django.views.i18n import set_language

from sapa_web.common.clock import now
from sapa_web.portal.domain.queries import published
from sapa_web.portal.domain.queries.key_figures import key_figures
from sapa_web.portal.domain.queries.reading import editions
from sapa_web.portal.own_page import from_own_page
from sapa_web.portal.views.common import require_safe

SHOWN = 5

language = from_own_page(set_language)
"""A reader's choice of language, kept in a cookie of his own."""


@require_safe
def home(request: HttpRequest) -> HttpResponse:
    """What is published: key figures, the newest releases and what is announced."""
    moment = now()
    releases = list(published.releases(moment)[:50])
    shown: list[dict[str, Any]] = []
    for found in editions(moment):
        release = next((item for item in releases if item.data_id == found.version.pk), None)
        themes = {theme.id: found.labels.text(theme.title) for theme in found.labels.pack.themes}
        used = {found.labels.indicator(name).theme for name in found.figures.indicators}
        shown.append({
            "edition": found, "figures": key_figures(found, release), "release": release,
            "themes": [(name, title) for name, title in themes.items() if name in used],
        })  # fmt: skip
    context = {
        "title": _("Education statistics"),
        "editions": shown,
        "releases": newest_versions(releases)[:SHOWN],
        "announced": published.announced(moment)[:SHOWN],
    }
    return render(request, "portal/home.html", context)


def newest_versions(releases: list[Any]) -> list[Any]:
    """Of each period of a publication its newest version, in the given order."""
    seen: dict[tuple[int, str], Any] = {}
    for item in releases:
        held = seen.get((item.publication_id, item.period))
        if held is None or item.version > held.version:
            seen[item.publication_id, item.period] = item
    return [item for item in releases if seen[item.publication_id, item.period] is item]
