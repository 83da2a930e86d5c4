"""Find an indicator; one indicator: its newest figure, over time, by place or another breakdown, what it means, to take away."""

from __future__ import annotations

from collections.abc import Mapping
from typing import Any, cast
from urllib.parse import urlencode

from django.http import Http404, HttpRequest, HttpResponse
from django.shortcuts import render
from django.urls import reverse
from django.utils.translation import gettext as _

from sapa.publication.charts import Chart
from sapa.publication.exchange import subset
from sapa.publication.explained import explained
from sapa_web.common.clock import now
from sapa_web.indicators.domain.queries import downloads, drawing
from sapa_web.indicators.domain.queries.catalogue import Wanted, catalogue, course_of
from sapa_web.indicators.domain.queries.choice import Choice
from sapa_web.indicators.domain.queries.shown import Shown, picture_of, shown, shown_by
from sapa_web.portal.domain.queries.cube import cube_of
from sapa_web.portal.domain.queries.open_files import FORMATS, given
from sapa_web.portal.domain.queries.pictures import Kind, kinds, period_of, periods_of, picture
from sapa_web.portal.domain.queries.reading import Edition, data_set, editions
from sapa_web.portal.models import DataVersion
from sapa_web.portal.templatetags.portal import figure_url
from sapa_web.portal.views.common import attachment, edition_or_404, indicator_or_404, require_safe

MOST_YEARS = 6
"""Periods side by side in the table of an indicator's page."""


@require_safe
def find(request: HttpRequest) -> HttpResponse:
    """Find an indicator by words, theme, level of education or clause."""
    every = editions(now())
    context: dict[str, Any] = {"title": _("Indicators"), "editions": every}
    if every:
        asked = request.GET.get("pack", "")
        here = next((item for item in every if item.pack == asked), every[0])
        query = {name: request.GET.get(name, "")[:100] for name in ("q", "theme", "level", "clause")}
        wanted = Wanted(query["q"], query["theme"], query["level"], query["clause"])
        found = catalogue(here.figures, here.labels, wanted)
        context |= {"here": here, "query": query, "found": found, "narrowed": any(query.values())}
    return render(request, "portal/indicators.html", context)


@require_safe
def indicator(request: HttpRequest, pack: str, indicator: str) -> HttpResponse:
    """One indicator."""
    found = edition_or_404(pack)
    item = indicator_or_404(found, indicator)
    dimensions = _dimensions(found, indicator)
    by = request.GET.get("by", "")
    by = by if by in dimensions else (dimensions[0] if dimensions else "")
    over_time = shown(found.figures, _whole(found, indicator), found.reach)
    cut = shown(found.figures, _by(found, indicator, by), found.reach) if by else None
    context = {
        "title": over_time.table.title,
        "crumbs": [(_("Indicators"), reverse("portal:indicators")), (over_time.table.title, "")],
        "edition": found,
        "item": item,
        "hit": course_of(item, found.figures, found.labels),
        "told": over_time.told,
        "formula": explained(item, found.labels, found.newest),
        "time": _picture(over_time, ""),
        "whole": over_time.table if not by else None,
        "cut": cut,
        **_compared(request, found, indicator, by, cut),
        "tabs": [
            {"label": found.labels.dimension_title(name), "url": f"?by={name}#by", "active": name == by} for name in dimensions
        ],
        "rows": linked(cut or over_time, found.version),
        "legend": legend_of(cut or over_time),
        "formats": [(kind, FORMATS[kind].label) for kind in FORMATS],
        "finer": any(len(cut) > 1 for cut in cube_of(found.version).indicators[indicator]),
    }
    return render(request, "portal/indicator.html", context)


def _compared(request: HttpRequest, found: Edition, indicator: str, by: str, cut: Shown | None) -> dict[str, Any]:
    """The chart of a breakdown as the reader wants it drawn, and the other ways to draw it."""
    if cut is None:
        return {"cut_picture": None}
    ways = kinds(found, indicator, by)
    show = request.GET.get("show", "")
    show = show if show in dict(ways) else ""
    period = period_of(found, indicator, by, request.GET.get("period", ""))
    # A map and a distribution are of one period: the others are a step away.
    steps = periods_of(found, indicator, by) if show in ("map", "distribution") else []
    query, lang = {"by": by, "show": show, "period": period}, found.labels.lang
    return {
        "cut_picture": drawn_as(found, indicator, query) if show else _picture(cut, by),
        "ways": [
            {"label": title, "url": f"?{urlencode({'by': by, **({'show': kind} if kind else {})})}#by", "active": kind == show}
            for kind, title in ways
        ],
        "steps": [
            {"label": lang.period(when), "url": f"?{urlencode({**query, 'period': when})}#by", "active": when == period}
            for when in steps
        ] if len(steps) > 1 else [],
    }  # fmt: skip


def drawn_as(found: Edition, indicator: str, query: dict[str, str]) -> dict[str, Any] | None:
    """A chart of the kind ``show`` as an image of its own, described by its figures."""
    chart = _asked(found, indicator, query)
    if chart is None:
        return None
    width, height = drawing.size_of(chart)
    kept = urlencode({name: value for name, value in query.items() if value})
    url = f"{reverse('portal:chart', args=[found.pack, indicator, 'svg'])}?{kept}"
    return {"url": url, "png": url.replace("chart.svg", "chart.png"), "alt": chart.alt, "width": width, "height": height}


def _asked(found: Edition, indicator: str, query: Mapping[str, str]) -> Chart | None:
    """The chart that an address asks for by ``by``, ``show``, ``period`` and ``mark``."""
    by, show = query.get("by", ""), query.get("show", "")
    if by not in _dimensions(found, indicator) or show not in dict(kinds(found, indicator, by)):
        return None
    mark = query.get("mark", "")
    kind = cast("Kind", show)
    return picture(found, indicator, by, kind, query.get("period", ""), (mark,) if mark else ())


def _dimensions(found: Edition, indicator: str) -> list[str]:
    """What it can be compared by: places first, the widest before the narrow, then by title."""
    single = {next(iter(cut)) for cut in cube_of(found.version).indicators[indicator] if len(cut) == 1}
    places = [name for name in found.places if name in single]
    return places + sorted(single - set(places), key=lambda name: found.labels.dimension_title(name).casefold())


def _whole(found: Edition, indicator: str) -> Choice:
    cells = found.figures.cells(indicator)
    return Choice(found.pack, indicator, periods=tuple(period for period in found.figures.periods if period in cells))


def _by(found: Edition, indicator: str, by: str) -> Choice:
    cells = found.figures.cells(indicator, (by,))
    periods = [period for period in found.figures.periods if period in cells]
    return Choice(found.pack, indicator, by, periods=tuple(periods[-MOST_YEARS:]))


def _picture(seen: Shown, by: str) -> dict[str, Any] | None:
    """The chart as an image of its own: the page does not wait until it is drawn."""
    chart = seen.chart
    if chart is None:
        return None
    width, height = drawing.size_of(chart)
    query = f"?by={by}" if by else ""
    url = reverse("portal:chart", args=[seen.choice.pack, seen.choice.indicator, "svg"]) + query
    return {"url": url, "png": url.replace("chart.svg", "chart.png"), "alt": chart.alt, "width": width, "height": height}


def linked(seen: Shown, version: DataVersion) -> list[tuple[Any, list[tuple[Any, str]]]]:
    """The rows of a table, each figure with the address of its origin."""
    return [(row, [(cell, figure_url(version, cell.name) if cell.fact else "") for cell in row.cells]) for row in seen.table.rows]


def legend_of(seen: Shown) -> list[tuple[str, str]]:
    """The symbols of a table in words."""
    return [(symbol, seen.labels.lang.text(f"sym_{mark}")) for symbol, mark in seen.table.legend]


@require_safe
def chart(request: HttpRequest, pack: str, indicator: str, kind: str) -> HttpResponse:
    """The chart of an indicator over time, or of what the address chooses: SVG or PNG."""
    found = edition_or_404(pack)
    indicator_or_404(found, indicator)
    if kind not in ("svg", "png"):
        raise Http404
    if request.GET.get("show"):
        return _chart_file(found, indicator, _asked(found, indicator, request.GET), kind)
    by = request.GET.get("by", "")
    plain = not set(request.GET) - {"by"} and (not by or by in _dimensions(found, indicator))
    chosen = (_by(found, indicator, by) if by else _whole(found, indicator)) if plain else None
    seen = shown(found.figures, chosen, found.reach) if chosen else shown_by(request.GET, found.figures, indicator, found.reach)
    drawn = seen.chart
    if drawn is None:
        raise Http404
    response = HttpResponse(picture_of(seen, drawn, kind), content_type=downloads.TYPES[kind])
    response["Cache-Control"] = "no-cache"
    return response


def _chart_file(found: Edition, indicator: str, drawn: Chart | None, kind: str) -> HttpResponse:
    if drawn is None:
        raise Http404
    made = picture_of(shown(found.figures, _whole(found, indicator), found.reach), drawn, kind)
    response = HttpResponse(made, content_type=downloads.TYPES[kind])
    response["Cache-Control"] = "no-cache"
    return response


@require_safe
def download(request: HttpRequest, pack: str, indicator: str, kind: str) -> HttpResponse:
    """All published figures of an indicator, every breakdown and period."""
    found = edition_or_404(pack)
    indicator_or_404(found, indicator)
    if kind not in FORMATS:
        raise Http404
    part = subset(data_set(found.version, now()), indicators=[indicator])
    made = given(part, kind, f"{pack}-{indicator}-{found.version.number}")
    return attachment(made.content, made.media, made.name, part.rows)
