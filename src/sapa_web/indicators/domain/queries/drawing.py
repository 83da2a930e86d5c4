"""Charts of a choice, as the engine's specification; `sapa.publication.pictures` draws it, so that nobody needs a script."""

from __future__ import annotations

from collections.abc import Sequence

from sapa.packs.models_report import ChartSpec
from sapa.publication.charts import Chart, build_chart
from sapa.publication.facts import FactStore
from sapa.publication.labels import Labels
from sapa_web.indicators.domain.queries.tables import Table

MOST_LINES = 8
"""Lines one can still tell apart."""


def can_show_time(table: Table) -> bool:
    """Whether the choice can be drawn as lines over time beside bars."""
    choice = table.choice
    lines = sum(not row.total for row in table.rows)
    return bool(choice.by) and not choice.also and len(choice.periods) > 1 and 0 < lines <= MOST_LINES


def chart_of(table: Table, labels: Labels, source: Sequence[str]) -> Chart | None:
    """The chart of a table; nothing where there are not two figures to compare."""
    choice = table.choice
    facts = [cell.fact for cell in table.cells if cell.fact is not None and cell.shown is not None]
    drawn = [cell for row in table.rows if not row.total for cell in row.cells if cell.shown is not None]
    if len(drawn) < 2 or not choice.periods:
        return None
    over_time = not choice.by or (choice.chart == "time" and can_show_time(table))
    by, series = ("period", choice.by or None) if over_time else (choice.by, choice.also or None)
    # Two periods make no line: standing bars say what there is.
    kind = "line" if over_time and len(choice.periods) > 2 else "grouped-bar" if series else "bar"
    item = labels.indicator(choice.indicator)
    spec = ChartSpec(
        id="chart", title=item.title, clause=item.clause, type=kind, indicator=choice.indicator, by=by, series=series
    )
    # With places hidden or left out the whole is still the whole: it is drawn as a line where it makes sense.
    return build_chart(spec, "", FactStore(facts), labels, choice.periods[-1], list(source))


def size_of(chart: Chart) -> tuple[int, int]:
    """Width and height of the picture in pixels, so that a page can keep the room for it."""
    spec, around = chart.spec, chart.spec["padding"]
    width = spec["width"] + around["left"] + around["right"]
    return round(width), round(spec["height"] + around["top"] + around["bottom"])


def sparkline(values: Sequence[float | None], width: int = 96, height: int = 24) -> str:
    """Points of a polyline for a small picture of a course; empty where there are fewer than two values."""
    known = [(place, value) for place, value in enumerate(values) if value is not None]
    if len(known) < 2:
        return ""
    low, high = min(value for _, value in known), max(value for _, value in known)
    span = (high - low) or 1.0
    step = (width - 4) / (len(values) - 1)
    return " ".join(f"{2 + place * step:.1f},{height - 3 - (value - low) / span * (height - 6):.1f}" for place, value in known)
