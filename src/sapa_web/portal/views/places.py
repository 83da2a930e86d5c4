"""Places: a list of those that figures name, and the profile of one against the country and the places of its kind."""

from __future__ import annotations

from functools import lru_cache
from typing import Any

from django.http import Http404, HttpRequest, HttpResponse
from django.shortcuts import render
from django.urls import reverse
from django.utils.translation import gettext as _

from sapa_web.common.clock import now
from sapa_web.indicators.domain.queries.catalogue import course_of
from sapa_web.indicators.domain.queries.places import compare_place, key_indicators
from sapa_web.portal.domain.queries.institutions import listed
from sapa_web.portal.domain.queries.key_figures import KeyFigure
from sapa_web.portal.domain.queries.place_names import Named, flat, named_places
from sapa_web.portal.domain.queries.reading import Edition, editions
from sapa_web.portal.models import DataVersion
from sapa_web.portal.templatetags.portal import figure_url
from sapa_web.portal.views.common import require_safe
from sapa_web.portal.views.indicators import drawn_as

KEY = 4
DRAWN = 4
"""Indicators whose spread over the places of a kind is drawn."""


@require_safe
def index(request: HttpRequest) -> HttpResponse:
    """The places of every data set."""
    sets = [(found, named_places(found)) for found in editions(now())]
    context = {"title": _("Places"), "sets": [(found, places) for found, places in sets if places]}
    return render(request, "portal/places.html", context)


def _found(code: str, pack: str) -> tuple[Edition, Named]:
    for found in editions(now()):
        if pack in ("", found.pack):
            for place in flat(named_places(found)):
                if place.code == code:
                    return found, place
    raise Http404


@require_safe
def profile(request: HttpRequest, code: str) -> HttpResponse:
    """One place."""
    found, place = _found(code, request.GET.get("pack", ""))
    figures, labels = found.figures, found.labels
    asked = request.GET.get("period", "")
    period = asked if asked in figures.periods else found.newest
    version = found.version
    # What is compared is the same for every reader: it is worked out once of a version, in each language.
    compared, key = _worked_out(version, version.digest, period, place.dimension, code, labels.lang.code, id(labels.pack))
    context: dict[str, Any] = {
        "title": place.title,
        "crumbs": [(_("Places"), reverse("portal:places")), (place.title, "")],
        "edition": found,
        "place": place,
        "period": period,
        "periods": [(name, name == period) for name in reversed(figures.periods)],
        "figures": key,
        "spread": _spread(found, place, period, compared),
        "compared": compared,
        "institutions": sum(one.codes.get(place.dimension) == code for one in listed(found)),
        "themes": [
            (title, [(line, _link(found, line.own.name), [_link(found, value.name) for value in line.above]) for line in lines])
            for title, lines in compared.themes
        ],
    }
    return render(request, "portal/place.html", context)


def _spread(found: Edition, place: Named, period: str, compared: Any) -> list[dict[str, Any]]:
    """Where the place stands among those of its kind, for the key indicators: a dot each, its own marked."""
    mine = {line.id for _title, lines in compared.themes for line in lines if line.own.value is not None and line.spread}
    wanted = [name for name in key_indicators(found.labels, found.figures) if name in mine][:DRAWN]
    query = {"by": place.dimension, "show": "distribution", "period": period, "mark": place.code}
    return [made for name in wanted if (made := drawn_as(found, name, query))]


@lru_cache(maxsize=512)
def _worked_out(
    version: DataVersion, digest: str, period: str, dimension: str, code: str, lang: str, read: int
) -> tuple[Any, list[KeyFigure]]:
    found, cut = Edition(version), {dimension: code}
    return compare_place(found.figures, period, cut, found.labels, found.reach), _key(found, cut)


def _link(found: Edition, name: str) -> str:
    return figure_url(found.version, name) if name else ""


def _key(found: Edition, cut: dict[str, str]) -> list[KeyFigure]:
    """The first indicators that are known of the place."""
    ((dimension, code),) = cut.items()
    out = []
    for name in key_indicators(found.labels, found.figures):
        if found.figures.cells(name, (dimension,)):
            hit = course_of(found.labels.indicator(name), found.figures, found.labels, cut)
            if hit.spark or hit.change is not None:
                out.append(KeyFigure(hit, f"{name}@{hit.period}[{dimension}={code}]"))
    return out[:KEY]
