"""Charts of published figures beside bars and lines: a map of tiles, a distribution, a panel for each code."""

from __future__ import annotations

from collections.abc import Collection
from typing import Literal

from django.utils.translation import gettext as _

from sapa.indicators import UNKNOWN
from sapa.packs.models_report import ChartSpec
from sapa.publication.chart_map import MOST
from sapa.publication.charts import Chart, build_chart
from sapa.publication.facts import FactStore
from sapa_web.indicators.domain.queries.about import about, labels_for
from sapa_web.indicators.domain.queries.choice import Choice
from sapa_web.portal.domain.queries.reading import Edition

Kind = Literal["map", "distribution", "small-multiples"]
FEWEST_DOTS = 5
"""Values a distribution is offered of: of fewer, bars say more."""


def kinds(found: Edition, indicator: str, by: str) -> list[tuple[str, str]]:
    """What can be drawn of an indicator by a dimension, beside bars (the first, empty one): (kind, title)."""
    cells = found.figures.cells(indicator, (by,))
    newest = period_of(found, indicator, by)
    known = [codes for codes, fact in cells.get(newest, {}).items() if codes != (UNKNOWN,) and fact.value is not None]
    drawn = [period for period, facts in cells.items() if any(fact.value is not None for fact in facts.values())]
    out = [("", _("Bars"))]
    if by in found.places and len(known) > 1 and len(cells.get(newest, {})) <= MOST:
        out.append(("map", _("Map")))
    if len(known) >= FEWEST_DOTS:
        out.append(("distribution", _("Distribution")))
    if len(drawn) > 1 and len(known) > 1:
        out.append(("small-multiples", _("Over time, one by one")))
    return out if len(out) > 1 else []


def period_of(found: Edition, indicator: str, by: str, asked: str = "") -> str:
    """The asked period if it has values by the dimension, else the newest that has; the newest of all where none has."""
    known = periods_of(found, indicator, by)
    return asked if asked in known else known[-1] if known else found.newest


def periods_of(found: Edition, indicator: str, by: str) -> list[str]:
    """The periods with values by the dimension."""
    cells = found.figures.cells(indicator, (by,))
    return [period for period in found.figures.periods if any(fact.value is not None for fact in cells.get(period, {}).values())]


def picture(found: Edition, indicator: str, by: str, kind: Kind, period: str = "", marked: Collection[str] = ()) -> Chart | None:
    """The chart; nothing where there is too little to draw. What is hidden is drawn as hidden."""
    when = period_of(found, indicator, by, period)
    labels = labels_for(found.pack, when)
    item = labels.indicator(indicator)
    parts = (found.figures.cells(indicator, (by,)), found.figures.cells(indicator))
    facts = [fact for cells in parts for part in cells.values() for fact in part.values()]
    over_time = kind == "small-multiples"
    spec = ChartSpec(
        id="chart", title=item.title, clause=item.clause, type=kind, indicator=indicator, by="period" if over_time else by,
        series=by if over_time else None,
    )  # fmt: skip
    told = about(found.figures, Choice(found.pack, indicator, by, periods=(when,)), labels)
    chart = build_chart(spec, "", FactStore(facts), labels, when, told.lines(labels.lang), marked)
    return None if chart.empty else chart
