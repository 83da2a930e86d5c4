"""Charts of a report as Vega-Lite specifications: the same one is drawn in a page, in a file and in the document.

Every distance is set here (``autosize: none``), so that a chart is exactly as wide as the text of the page and its source
line stands where it belongs; labels are written beforehand in the language of the publication.
"""

from __future__ import annotations

import textwrap
from collections.abc import Callable, Collection, Sequence
from dataclasses import dataclass, replace
from typing import Any

from sapa.indicators import UNKNOWN
from sapa.packs.models_report import ChartSpec
from sapa.publication.chart_cells import cells_of, explained, hidden
from sapa.publication.chart_frame import (
    CHAR,
    NAME,
    SERIES,
    SPLIT,
    Frame,
    Point,
    domain_of,
    framed,
    name_axis,
    overall_line,
    wrapped,
)  # fmt: skip
from sapa.publication.chart_map import MOST, plan_of, tile_map
from sapa.publication.chart_panels import NARROW, WIDE, multiples, panels_of
from sapa.publication.chart_spread import middle_half, spread
from sapa.publication.facts import Cut, FactStore
from sapa.publication.labels import Labels
from sapa.publication.numbers import rounded
from sapa.publication.reading import extremes, ranking
from sapa.publication.remarks import cut_axis, left_out, moved

LABELLED = 8
"""Points of a line that all carry their value; of a longer one only the first and the last do."""
TALLEST = 740
"""Pixels of height a page has for bars; where all would not stay readable the highest and the lowest half are drawn."""


@dataclass(frozen=True)
class Chart:
    """A chart ready to be rendered, with its text alternative."""

    id: str
    number: str
    title: str
    spec: dict[str, Any]
    alt: str
    notes: tuple[str, ...] = ()
    empty: bool = False


def build_chart(
    spec: ChartSpec,
    number: str,
    store: FactStore,
    labels: Labels,
    period: str,
    source: list[str],
    marked: Collection[str] = (),
) -> Chart:
    """Specification and text alternative of a chart of the publication's period; ``marked`` codes stand out where it can."""
    item = labels.indicator(spec.indicator)
    title = labels.text(spec.title)
    if spec.by != "period":
        period = store.newest([item.id], period)
    if spec.type in ("map", "distribution", "small-multiples"):
        return _of_places(spec, number, store, labels, period, source, marked)
    points = _points(spec, item, store, labels, period)
    over_time = spec.by == "period"
    unit = labels.lang.unit(item.unit)
    subtitle = unit if over_time else f"{unit}, {labels.lang.period(period)}"
    if spec.type == "line" and cut_axis([point.value for point in points]):
        subtitle += "  ·  " + labels.lang.text("axis_cut")
    notes = [*moved(period, labels), *left_out(spec, item, store, labels, period)]
    if not over_time and spec.type in ("bar", "grouped-bar"):
        points = _selected(points, labels, notes)
    overall = None if over_time else _overall(item, store, labels, period)
    frame = Frame(title, subtitle, [*(line for note in notes for line in textwrap.wrap(note, 108)), *source], labels.lang.vega())
    said = " ".join([_alternative(spec, item, store, labels, period, points), *notes])
    return Chart(spec.id, number, title, _draw(spec, frame, points, overall), said, tuple(notes), not points)


def _of_places(
    spec: ChartSpec, number: str, store: FactStore, labels: Labels, period: str, source: list[str], marked: Collection[str]
) -> Chart:
    """A map, a distribution or small multiples: charts that also show what is hidden, or say that something is."""
    item, title = labels.indicator(spec.indicator), labels.text(spec.title)
    unit = labels.lang.unit(item.unit)
    if spec.type == "small-multiples":
        drawn, notes, subtitle = _multiples(spec, item, store, labels, period, marked)
        said, period = [labels.lang.text("alt_series", series=", ".join(_names(spec.series or "", item, store, labels)))], ""
    else:
        notes, subtitle, said = moved(period, labels), f"{unit}, {labels.lang.period(period)}", []
        drawn, more = (_map if spec.type == "map" else _spread)(spec, item, store, labels, period, marked)
        notes += [*more, *left_out(spec, item, store, labels, period)]
    lines = [*(line for note in notes for line in textwrap.wrap(note, 108)), *source]
    frame = Frame(title, f"{unit}  ·  {subtitle}" if spec.type == "small-multiples" else subtitle, lines, labels.lang.vega())
    head = labels.lang.text(f"alt_{spec.type}", title=title, period=labels.lang.period(period) if period else "")
    over = spec.by if period else spec.series or ""
    ranked = ranking(item.id, over, store, labels, period or store.newest([item.id], labels.period))
    far = [extremes(item, over, ranked, labels)] if len(ranked) > 1 else []
    chart = drawn(frame)
    alt = " ".join([head, *said, *far, *(note if note.endswith(".") else f"{note}." for note in notes)])
    return Chart(spec.id, number, title, chart or framed(frame, [], []), alt, tuple(notes), chart is None)


_Drawn = Callable[[Frame], dict[str, Any] | None]


def _map(
    spec: ChartSpec, item: Any, store: FactStore, labels: Labels, period: str, marked: Collection[str]
) -> tuple[_Drawn, list[str]]:
    codes = store.codes([item.id], spec.by, frozenset({spec.by}), [period]) - {UNKNOWN}
    plan = plan_of(spec.by, codes, labels, period)
    cells = cells_of(spec.by, item, store, labels, period, plan.at)
    notes = [labels.lang.text("tiles_placed" if plan.placed else "tiles_listed")]
    notes += explained({cell.mark for cell in cells}, labels)
    parents = {cell.code: labels.parent(spec.by, cell.code) for cell in cells}
    fits = 1 < len(cells) <= MOST and any(cell.value is not None for cell in cells)
    return (lambda frame: tile_map(frame, cells, plan, marked, parents) if fits else None), notes


def _spread(
    spec: ChartSpec, item: Any, store: FactStore, labels: Labels, period: str, marked: Collection[str]
) -> tuple[_Drawn, list[str]]:
    cells = cells_of(spec.by, item, store, labels, period)
    known = sum(cell.value is not None for cell in cells)
    notes = [labels.lang.text("dots", dimension=labels.dimension_title(spec.by), n=known)]
    notes += [labels.lang.text("middle_half")] if middle_half(cells) else []
    notes += hidden(cells, labels)
    overall = _overall(item, store, labels, period)
    return (lambda frame: spread(frame, cells, overall, marked) if known else None), notes


def _multiples(
    spec: ChartSpec, item: Any, store: FactStore, labels: Labels, period: str, marked: Collection[str]
) -> tuple[_Drawn, list[str], str]:
    panels, whole, periods = panels_of(spec.series or "", item, store, labels, period)
    scaled = _overall(item, store, labels, periods[-1]) is not None if periods else False
    notes = []
    if len(panels) > NARROW:
        half = NARROW // 2
        notes.append(labels.lang.text("panels_left_out", n=NARROW, total=len(panels)))
        panels = [*panels[:half], *panels[-half:]]
    notes.append(" ".join(labels.lang.text(key) for key, said in (
        ("panels", True), ("panels_grey", len(panels) <= WIDE), ("panels_whole", scaled),
    ) if said))  # fmt: skip
    notes += explained({cell.mark for panel in panels for cell in panel.cells}, labels)
    values = [cell.value for panel in panels for cell in panel.cells if cell.value is not None]
    cut = labels.lang.text("axis_cut") if cut_axis(values) else ""
    subtitle = "  ·  ".join(part for part in (labels.dimension_title(spec.series or ""), cut) if part)
    drawn = len(panels) > 1 and len(values) > 1
    whole_or_none = whole if scaled else None
    return (
        (lambda frame: multiples(frame, panels, whole_or_none, periods, marked, labels) if drawn else None), notes, subtitle,
    )  # fmt: skip


def _names(dimension: str, item: Any, store: FactStore, labels: Labels) -> list[str]:
    periods = {fact.period for fact in store if fact.indicator == item.id}
    codes = store.codes([item.id], dimension, frozenset({dimension}), periods) - {UNKNOWN}
    return [labels.code(dimension, code) for code in labels.ordered(dimension, codes)]


def _overall(item: Any, store: FactStore, labels: Labels, period: str) -> tuple[float, str] | None:
    """The value of the whole where it is of one size with that of its parts; nothing for counts and sums."""
    whole = store.get(item.id, period)
    if whole is None or whole.value is None or item.kind in ("count", "sum", "distinct"):
        return None
    return whole.value, f"{labels.lang.text('total')}: {labels.lang.number(whole.value, item.decimals)}"


def _points(spec: ChartSpec, item: Any, store: FactStore, labels: Labels, period: str) -> list[Point]:
    """The drawn values: periods in order; codes of a scale in its order, other codes by value, the highest first."""
    series: list[Cut] = [()]
    if spec.series:
        name = spec.series
        dimensions = frozenset({name} | ({spec.by} if spec.by != "period" else set()))
        when = store.periods([item.id], period) if spec.by == "period" else [period]
        series = [((name, code),) for code in labels.ordered(name, store.codes([item.id], name, dimensions, when) - {UNKNOWN})]
    steps: list[tuple[str, str, Cut, str]]
    if spec.by == "period":
        steps = [(labels.lang.period(when), when, (), when) for when in store.periods([item.id], period)]
    else:
        codes = store.codes([item.id], spec.by, frozenset({spec.by}), [period]) - {UNKNOWN}
        ordered = labels.ordered(spec.by, codes)
        if not labels.is_scale(spec.by):
            ranked = [code for code, _ in ranking(item.id, spec.by, store, labels, period)]
            ordered = ranked
        steps = [(labels.code(spec.by, code), period, ((spec.by, code),), code) for code in ordered]
    out: list[Point] = []
    for label, period_of, cut, code in steps:
        for part in series:
            fact = store.get(item.id, period_of, cut + part)
            if fact is not None and fact.value is not None:
                shown = rounded(fact.value, item.decimals)
                named = labels.code(*part[0]) if part else ""
                out.append(Point(label, float(shown), labels.lang.exact(shown), named, code))
    return out


def _selected(points: list[Point], labels: Labels, notes: list[str]) -> list[Point]:
    """What a page has room for: all, or the bars of the first and the last codes."""
    codes = list(dict.fromkeys(point.code for point in points))
    least = 18 if not points or not points[0].series else 9 * len({point.series for point in points}) + 6
    half = TALLEST // least // 2
    if len(codes) <= 2 * half:
        return points
    notes.append(labels.lang.text("selection", n=half, total=len(codes)))
    kept = {*codes[:half], *codes[-half:]}
    return [point for point in points if point.code in kept]


def _alternative(spec: ChartSpec, item: Any, store: FactStore, labels: Labels, period: str, points: Sequence[Point]) -> str:
    lang = labels.lang
    said = [lang.text(f"alt_{spec.type}", title=labels.text(spec.title), period=lang.period(period))]
    said.append(lang.text("alt_values", n=len(points)))
    names = list(dict.fromkeys(point.series for point in points if point.series))
    if names:
        said.append(lang.text("alt_series", series=", ".join(names)))
    if spec.by != "period":
        ranked = ranking(item.id, spec.by, store, labels, period)
        if len(ranked) > 1:
            said.append(extremes(item, spec.by, ranked, labels))
    elif points:
        said.append(
            "; ".join(f"{point.label}{' ' + point.series if point.series else ''}: {point.text}" for point in points[-24:]) + "."
        )
    return " ".join(said)


def _draw(spec: ChartSpec, frame: Frame, points: list[Point], overall: tuple[float, str] | None) -> dict[str, Any]:
    if spec.type == "line":
        return _lines(frame, points)
    if spec.by == "period":
        return _columns(frame, points)
    if spec.series:
        return _grouped(frame, points)
    return _bars(frame, points, overall)


def _values(points: Sequence[Point]) -> list[dict[str, Any]]:
    return [
        {"key": f"{place}", "label": wrapped(point.label), "value": point.value, "text": point.text, "series": point.series}
        for place, point in enumerate(points)
    ]


def _room(points: Sequence[Point]) -> float:
    """Pixels the longest label of a horizontal bar needs."""
    longest = max((len(line) for point in points for line in wrapped(point.label).split("\n")), default=0)
    return min(230.0, max(60.0, longest * CHAR + 14))


def _bars(frame: Frame, points: list[Point], overall: tuple[float, str] | None) -> dict[str, Any]:
    values = _values(points)
    step = _step(values, 30 if any("\n" in value["label"] for value in values) else 21, len(values))
    longest = max((len(point.text) for point in points), default=1)
    frame = replace(
        frame, left=_room(points), right=longest * 6.5 + 14, height=max(1, len(points)) * step, foot=26 if overall else 12
    )
    place = {"field": "key", "type": "ordinal", "sort": None, "scale": {"paddingInner": 0.4, "paddingOuter": 0.2}}
    x = {"field": "value", "type": "quantitative", "axis": None, "scale": {"domain": domain_of(points, overall), "nice": False}}
    y = {**place, "axis": name_axis(values)}
    text = {"type": "text", "align": "left", "dx": 5}
    shown = {"x": x, "y": y, "text": {"field": "text"}}
    layers: list[dict[str, Any]] = [{"mark": "bar", "encoding": {"x": x, "y": y}}]
    if overall is not None:
        layers += overall_line(overall, frame, domain_of(points, overall), axis=None)
    layers.append({"mark": {**text, "stroke": "white", "strokeWidth": 4, "strokeJoin": "round"}, "encoding": shown})
    layers.append({"mark": text, "encoding": shown})
    return framed(frame, layers, values)


def _step(values: list[dict[str, Any]], liked: float, count: int) -> float:
    """Pixels from bar to bar: as liked, or less where many stand on the page; names then keep to one line."""
    step = min(liked, TALLEST / max(1, count))
    if step < 26:
        for value in values:
            value["label"] = textwrap.shorten(value["label"].replace("\n", " "), 34, placeholder="…")
    return step


def _grouped(frame: Frame, points: list[Point]) -> dict[str, Any]:
    names = list(dict.fromkeys(point.series for point in points))
    labels = list(dict.fromkeys((point.code, point.label) for point in points))
    keys = {pair: str(place) for place, pair in enumerate(labels)}
    values = [{**value, "key": keys[point.code, point.label]} for value, point in zip(_values(points), points, strict=True)]
    step = _step(values, 14 * max(1, len(names)) + 10, len(labels))
    longest = max((len(point.text) for point in points), default=1)
    frame = replace(frame, left=_room(points), right=longest * 6.5 + 14, height=max(1, len(labels)) * step, over=26)
    x = {"field": "value", "type": "quantitative", "axis": None, "scale": {"domain": domain_of(points), "nice": False}}
    y = {
        "field": "key",
        "type": "ordinal",
        "sort": None,
        "axis": name_axis(values),
        "scale": {"paddingInner": 0.2, "paddingOuter": 0.1},
    }
    offset = {"field": "series", "sort": names}
    color = {"field": "series", "type": "nominal", "sort": names, "scale": {"domain": names, "range": _palette(names)}}
    bars = {"mark": "bar", "encoding": {"x": x, "y": y, "yOffset": offset, "color": color}}
    text = {
        "mark": {"type": "text", "align": "left", "dx": 4, "fontSize": 10},
        "encoding": {"x": x, "y": y, "yOffset": offset, "text": {"field": "text"}},
    }
    return framed(frame, [bars, text], values)


def _palette(names: Sequence[str]) -> list[str]:
    return [SERIES[place % len(SERIES)] for place in range(len(names))]


def _columns(frame: Frame, points: list[Point]) -> dict[str, Any]:
    """Periods as standing bars; one of several series side by side."""
    values = _values(points)
    names = list(dict.fromkeys(point.series for point in points))
    several = len(names) > 1
    frame = replace(frame, left=12, right=12, over=40 if several else 14, foot=34)
    x: dict[str, Any] = {
        "field": "label",
        "type": "ordinal",
        "sort": None,
        "axis": {**NAME, "labelAngle": 0, "labelExpr": SPLIT},
    }
    x["scale"] = {"paddingInner": 0.45, "paddingOuter": 0.3}
    y = {"field": "value", "type": "quantitative", "axis": None, "scale": {"domain": domain_of(points), "nice": False}}
    extra: dict[str, Any] = {}
    if several:
        extra["xOffset"] = {"field": "series", "sort": names}
        extra["color"] = {
            "field": "series",
            "type": "nominal",
            "sort": names,
            "scale": {"domain": names, "range": _palette(names)},
        }
    layers = [
        {"mark": {"type": "bar", "width": {"band": 1}}, "encoding": {"x": x, "y": y, **extra}},
        {
            "mark": {"type": "text", "baseline": "bottom", "dy": -4, "fontSize": 10 if several else 11},
            "encoding": {"x": x, "y": y, "text": {"field": "text"}, **{key: extra[key] for key in extra if key != "color"}},
        },
    ]
    return framed(frame, layers, values)


def _lines(frame: Frame, points: list[Point]) -> dict[str, Any]:
    """Lines over periods (or over an ordered dimension), with a legend where there are several."""
    values = _values(points)
    names = list(dict.fromkeys(point.series for point in points))
    several = len(names) > 1
    cut = cut_axis([point.value for point in points])
    frame = replace(frame, left=72, right=40, over=36 if several else 0 if cut else 14, foot=34)
    x = {"field": "label", "type": "ordinal", "sort": None, "axis": {**NAME, "labelAngle": 0, "labelExpr": SPLIT}}
    axis = {
        "title": None,
        "grid": True,
        "tickCount": 5,
        "format": ",~r" if max(abs(p.value) for p in points or [Point("", 1, "")]) < 1000 else ",d",
    }
    scale = {"zero": not cut, "nice": True, **({"padding": 22} if cut else {})}
    y = {"field": "value", "type": "quantitative", "axis": axis, "scale": scale}
    color: dict[str, Any] = {}
    if several:
        color = {
            "color": {"field": "series", "type": "nominal", "sort": names, "scale": {"domain": names, "range": _palette(names)}}
        }
    mark = {"type": "line", "point": {"filled": True, "size": 36}}
    layers: list[dict[str, Any]] = [{"mark": mark, "encoding": {"x": x, "y": y, **color}}]
    if not several:
        ends = {0, len(values) - 1} if len(values) > LABELLED else set(range(len(values)))
        for above in (True, False):
            said = {"values": [values[place] for place in sorted(ends) if _peak(points, place) == above]}
            where = {"x": x, "y": y, "text": {"field": "text"}}
            text = {"type": "text", "baseline": "bottom" if above else "top", "dy": -8 if above else 9}
            halo = {**text, "stroke": "white", "strokeWidth": 4, "strokeJoin": "round"}
            layers += [{"data": said, "mark": halo, "encoding": where}, {"data": said, "mark": text, "encoding": where}]
    return framed(frame, layers, values)


def _peak(points: Sequence[Point], place: int) -> bool:
    """Whether the line comes to a point from below, so that its label stands free above it."""
    near = [points[other].value for other in (place - 1, place + 1) if 0 <= other < len(points)]
    return points[place].value >= sum(near) / len(near) if near else True
