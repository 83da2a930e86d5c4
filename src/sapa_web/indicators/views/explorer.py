"""The explorer: find an indicator, choose how to look at it, see table and chart, take it away."""

from __future__ import annotations

from dataclasses import replace
from typing import Any

from django.http import Http404, HttpRequest, HttpResponse
from django.shortcuts import redirect, render
from django.urls import reverse
from django.utils.html import format_html
from django.utils.safestring import SafeString
from django.utils.translation import gettext as _

from sapa.publication import pictures
from sapa.publication.charts import Chart
from sapa_web.indicators.domain.queries import choice as choosing
from sapa_web.indicators.domain.queries import downloads, drawing
from sapa_web.indicators.domain.queries.about import labels_for
from sapa_web.indicators.domain.queries.catalogue import Wanted, catalogue
from sapa_web.indicators.domain.queries.facts import OFFICIAL, PROVISIONAL, packs_with_figures
from sapa_web.indicators.domain.queries.reach import reach_of
from sapa_web.indicators.domain.queries.shown import Shown, as_file, shown_by
from sapa_web.indicators.views.common import analysts_only, figures_or_404, known_indicator, state_of


@analysts_only
def index(request: HttpRequest) -> HttpResponse:
    """The catalogue of the pack that has figures; the first where there are several."""
    packs = packs_with_figures()
    if not packs:
        return render(request, "indicators/nothing.html", {"title": _("Figures")})
    pack = request.GET.get("pack", "")
    chosen = pack if pack in packs else next(iter(packs))
    return redirect("indicators:catalogue", pack=chosen)


@analysts_only
def list_indicators(request: HttpRequest, pack: str) -> HttpResponse:
    """Find an indicator by words, theme, level of education or clause."""
    packs = packs_with_figures()
    if pack not in packs:
        raise Http404
    state = state_of(request) if "state" in request.GET else packs[pack][0]
    names = {name: labels_for(name, "9999") for name in packs}
    context: dict[str, Any] = {
        "title": _("Figures"),
        "packs": [{"id": name, "title": item.text(item.pack.meta.title), "chosen": name == pack} for name, item in names.items()],
        "state": state,
        "states": _states(packs[pack], state),
        "pack": pack,
        "query": {name: request.GET.get(name, "")[:100] for name in ("q", "theme", "level", "clause")},
    }
    figures = figures_or_404(pack, state) if _has(pack, state) else None
    if figures is not None:
        query = context["query"]
        wanted = Wanted(query["q"], query["theme"], query["level"], query["clause"])
        labels = labels_for(pack, figures.periods[-1])
        context |= {"found": catalogue(figures, labels, wanted), "periods": figures.periods, "newest": figures.periods[-1]}
    return render(request, "indicators/catalogue.html", context)


def _has(pack: str, state: str) -> bool:
    from sapa_web.indicators.domain.queries.facts import figures_of

    return figures_of(pack, state) is not None


def _states(states: tuple[str, ...], state: str) -> list[dict[str, Any]]:
    titles = {OFFICIAL: _("Official"), PROVISIONAL: _("Provisional")}
    return [{"label": titles[name], "url": f"?state={name}", "active": name == state} for name in states]


def _shown(request: HttpRequest, pack: str, indicator: str) -> Shown:
    figures = figures_or_404(pack, state_of(request), request.GET.get("open", ""))
    known_indicator(figures, indicator)
    return shown_by(request.GET, figures, indicator, reach_of(request.user, pack))


@analysts_only
def explore(request: HttpRequest, pack: str, indicator: str) -> HttpResponse:
    """One indicator: table, chart, source."""
    shown = _shown(request, pack, indicator)
    first, second = choosing.dimension_options(shown.figures, shown.choice, shown.labels)
    chart = shown.chart
    states = packs_with_figures().get(pack, ())
    context = {
        "title": shown.table.title,
        "crumbs": [(_("Figures"), reverse("indicators:catalogue", args=[pack])), (shown.table.title, "")],
        "table": shown.table,
        "choice": shown.choice,
        "told": shown.told,
        "pack": pack,
        "first": first,
        "second": second,
        "periods": choosing.period_options(shown.figures, shown.choice, shown.labels),
        "codes": choosing.code_options(shown.figures, shown.choice, shown.labels, shown.reach),
        "states": _states(states, shown.choice.state),
        "legend": [(symbol, shown.labels.lang.text(f"sym_{mark}")) for symbol, mark in shown.table.legend],
        "chart": chart,
        "spec": {**chart.spec, "description": chart.alt} if chart else None,
        "svg": _picture(shown, chart) if chart else "",
        "time": _chart_tabs(shown),
        "downloads": _downloads(shown),
        "figures_count": shown.count,
    }
    return render(request, "indicators/explore.html", context)


def _picture(shown: Shown, chart: Chart) -> SafeString:
    """The chart as an image of its own: the page does not wait until it is drawn."""
    url = f"{reverse('indicators:chart', args=[shown.choice.pack, shown.choice.indicator])}?{shown.choice.address}"
    width, height = drawing.size_of(chart)
    return format_html('<img src="{}" alt="{}" width="{}" height="{}">', url, chart.alt, width, height)


@analysts_only
def picture(request: HttpRequest, pack: str, indicator: str) -> HttpResponse:
    """The chart of a choice, drawn by the server."""
    chart = _shown(request, pack, indicator).chart
    if chart is None:
        raise Http404
    return HttpResponse(pictures.svg(chart), content_type=downloads.TYPES["svg"])


def _chart_tabs(shown: Shown) -> list[dict[str, Any]]:
    if not drawing.can_show_time(shown.table):
        return []
    choices = ((_("Compared"), ""), (_("Over time"), "time"))
    return [
        {"label": label, "url": f"?{replace(shown.choice, chart=kind).address}", "active": shown.choice.chart == kind}
        for label, kind in choices
    ]


def _downloads(shown: Shown) -> list[tuple[str, str]]:
    names = [("CSV", "csv"), ("Excel", "xlsx"), ("Parquet", "parquet")]
    names += [("SVG", "svg"), ("PNG", "png")] if shown.chart else []
    base = [shown.choice.pack, shown.choice.indicator]
    return [(label, f"{reverse('indicators:download', args=[*base, kind])}?{shown.choice.address}") for label, kind in names]


@analysts_only
def download(request: HttpRequest, pack: str, indicator: str, kind: str) -> HttpResponse:
    """The same figures as a file."""
    if kind not in downloads.TYPES:
        raise Http404
    shown = _shown(request, pack, indicator)
    rows = downloads.records(shown.table, shown.labels, shown.told)
    content = as_file(shown, kind, rows)
    if content is None:
        raise Http404
    response = HttpResponse(content, content_type=downloads.TYPES[kind])
    response["Content-Disposition"] = f'attachment; filename="{pack}-{indicator}-{shown.choice.state}.{kind}"'
    response["X-Row-Count"] = str(len(rows))
    return response
