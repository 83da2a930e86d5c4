"""Charts of a report as Vega-Lite specifications: the same one is drawn in a page, in a file and in the document.

Every distance is set here (``autosize: none``), so that a chart is exactly as wide as the text of the page and its source
line stands where it belongs; labels are written beforehand in the language of the publication.
"""

from __future__ import annotations

import textwrap
from collections.abc import Sequence
from dataclasses import dataclass, replace
from typing import Any

from sapa.indicators import UNKNOWN
from sapa.packs.models_report import ChartSpec
from sapa.publication.facts import Cut, FactStore
from sapa.publication.labels import Labels
from sapa.publication.numbers import rounded
from sapa.publication.reading import extremes, ranking
from sapa.publication.remarks import cut_axis, left_out, moved

WIDTH = 604
"""Pixels at 96 to the inch: 160 mm, the width of the document's text."""
ACCENT, INK, SOFT, RULE = "#17506b", "#24292e", "#5f6b73", "#d9dee2"
SERIES = ("#17506b", "#8fb3c4", "#b98b2f", "#5f6b73", "#d7bf8a", "#2f7f86", "#a3aab0", "#7a3e2b")
FONT = "Noto Sans"
CHAR = 6.1
"""Mean width in pixels of a letter of the labels' size (11 px); names in Cyrillic are a little wider than in Latin."""
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


@dataclass(frozen=True)
class Frame:
    """What surrounds the figures of a chart."""

    title: str
    subtitle: str
    source: list[str]
    """Notes and the source, a line each, under the drawing."""
    lang: dict[str, Any]
    left: float = 48
    right: float = 24
    height: float = 220
    foot: float = 12
    """Pixels between the drawing area and the source line: 12 where nothing stands there, more under labels of an axis."""
    over: float = 0
    """Pixels that labels, axes or a legend take above the drawing area."""


@dataclass(frozen=True)
class _Point:
    label: str
    value: float
    text: str
    series: str = ""
    code: str = ""


def build_chart(spec: ChartSpec, number: str, store: FactStore, labels: Labels, period: str, source: list[str]) -> Chart:
    """Specification and text alternative of a chart of the publication's period."""
    item = labels.indicator(spec.indicator)
    title = labels.text(spec.title)
    if spec.by != "period":
        period = store.newest([item.id], period)
    points = _points(spec, item, store, labels, period)
    over_time = spec.by == "period"
    unit = labels.lang.unit(item.unit)
    subtitle = unit if over_time else f"{unit}, {labels.lang.period(period)}"
    if spec.type == "line" and cut_axis([point.value for point in points]):
        subtitle += "  ·  " + labels.lang.text("axis_cut")
    notes = [*moved(period, labels), *left_out(spec, item, store, labels, period)]
    if not over_time and spec.type in ("bar", "grouped-bar"):
        points = _selected(points, labels, notes)
    whole = store.get(item.id, period)
    overall = None
    if not over_time and whole is not None and whole.value is not None and item.kind not in ("count", "sum", "distinct"):
        overall = (whole.value, f"{labels.lang.text('total')}: {labels.lang.number(whole.value, item.decimals)}")
    frame = Frame(title, subtitle, [*(line for note in notes for line in textwrap.wrap(note, 108)), *source], labels.lang.vega())
    said = " ".join([_alternative(spec, item, store, labels, period, points), *notes])
    return Chart(spec.id, number, title, _draw(spec, frame, points, overall), said, tuple(notes), not points)


def _points(spec: ChartSpec, item: Any, store: FactStore, labels: Labels, period: str) -> list[_Point]:
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
    out: list[_Point] = []
    for label, period_of, cut, code in steps:
        for part in series:
            fact = store.get(item.id, period_of, cut + part)
            if fact is not None and fact.value is not None:
                shown = rounded(fact.value, item.decimals)
                named = labels.code(*part[0]) if part else ""
                out.append(_Point(label, float(shown), labels.lang.exact(shown), named, code))
    return out


def _selected(points: list[_Point], labels: Labels, notes: list[str]) -> list[_Point]:
    """What a page has room for: all, or the bars of the first and the last codes."""
    codes = list(dict.fromkeys(point.code for point in points))
    least = 18 if not points or not points[0].series else 9 * len({point.series for point in points}) + 6
    half = TALLEST // least // 2
    if len(codes) <= 2 * half:
        return points
    notes.append(labels.lang.text("selection", n=half, total=len(codes)))
    kept = {*codes[:half], *codes[-half:]}
    return [point for point in points if point.code in kept]


def _alternative(spec: ChartSpec, item: Any, store: FactStore, labels: Labels, period: str, points: Sequence[_Point]) -> str:
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


def _draw(spec: ChartSpec, frame: Frame, points: list[_Point], overall: tuple[float, str] | None) -> dict[str, Any]:
    if spec.type == "distribution":
        return _dots(frame, points, overall)
    if spec.type == "line":
        return _lines(frame, points)
    if spec.by == "period":
        return _columns(frame, points)
    if spec.series:
        return _grouped(frame, points)
    return _bars(frame, points, overall)


def _values(points: Sequence[_Point]) -> list[dict[str, Any]]:
    return [
        {"key": f"{place}", "label": _wrapped(point.label), "value": point.value, "text": point.text, "series": point.series}
        for place, point in enumerate(points)
    ]


def _wrapped(label: str, width: int = 34) -> str:
    """A long name on two lines (joined by a line feed, which the axis splits at); what does not fit ends in an ellipsis."""
    lines = textwrap.wrap(label, width, max_lines=2, placeholder="…") or [""]
    return "\n".join(lines)


def _room(points: Sequence[_Point]) -> float:
    """Pixels the longest label of a horizontal bar needs."""
    longest = max((len(line) for point in points for line in _wrapped(point.label).split("\n")), default=0)
    return min(230.0, max(60.0, longest * CHAR + 14))


def _frame(frame: Frame, layers: list[dict[str, Any]], values: list[dict[str, Any]], **inner: Any) -> dict[str, Any]:
    """The whole specification: title above, the layers, source below; the drawing area is what the margins leave."""
    heading = textwrap.wrap(frame.title, 78) or [""]
    top = 31 + 17 * len(heading) + frame.over
    source = [textwrap.shorten(line, 110, placeholder="…") for line in frame.source]
    bottom = frame.foot + 13 * len(source) + 10
    width = WIDTH - frame.left - frame.right
    note = {
        "data": {"values": [{}]},
        "mark": {
            "type": "text",
            "align": "left",
            "baseline": "top",
            "fontSize": 10,
            "color": SOFT,
            "lineHeight": 13,
            "clip": False,
        },
        "encoding": {
            "x": {"value": -frame.left + 1},
            "y": {"value": frame.height + bottom - 13 * len(source) - 4},
            "text": {"value": source},
        },
    }
    return {
        "$schema": "https://vega.github.io/schema/vega-lite/v6.json",
        "autosize": "none",
        "background": "white",
        "padding": {"left": frame.left, "right": frame.right, "top": top, "bottom": bottom},
        "width": width,
        "height": frame.height,
        "title": {
            "text": heading,
            "subtitle": frame.subtitle,
            "anchor": "start",
            "frame": "group",
            "dx": -frame.left + 1,
            "offset": 14,
        },
        "data": {"values": values},
        "layer": [*layers, note],
        "resolve": {"legend": {"color": "shared"}},
        "config": _theme(frame.lang),
        **inner,
    }


def _theme(locale: dict[str, Any]) -> dict[str, Any]:
    """Our own look: one accent colour, thin grey rules, no frame, no ticks."""
    text = {"labelFont": FONT, "titleFont": FONT, "labelFontSize": 11, "labelColor": INK, "titleColor": SOFT}
    return {
        "locale": {"number": locale},
        "font": FONT,
        "view": {"stroke": None},
        "title": {
            "font": FONT,
            "fontSize": 13,
            "fontWeight": 600,
            "color": INK,
            "subtitleFont": FONT,
            "subtitleFontSize": 11,
            "subtitleColor": SOFT,
            "subtitlePadding": 5,
        },
        "axis": {
            **text,
            "domain": False,
            "ticks": False,
            "grid": False,
            "gridColor": RULE,
            "labelPadding": 6,
            "titleFontSize": 11,
            "titleFontWeight": "normal",
        },
        "legend": {
            **text,
            "symbolType": "square",
            "symbolSize": 90,
            "title": None,
            "orient": "top",
            "offset": 8,
            "columnPadding": 18,
        },
        "text": {"font": FONT, "fontSize": 11, "color": INK},
        "bar": {"color": ACCENT},
        "line": {"color": ACCENT, "strokeWidth": 2},
        "rule": {"color": RULE},
    }


_SPLIT = "split(datum.label, '\\n')"
_NAME = {"labelExpr": _SPLIT, "labelLimit": 230, "labelLineHeight": 12, "title": None, "domain": True, "domainColor": SOFT}


def _name_axis(values: Sequence[dict[str, Any]]) -> dict[str, Any]:
    """An axis whose positions are keys (two places may have one name) and whose labels are the names."""
    names = {value["key"]: value["label"] for value in values}
    return {**_NAME, "labelExpr": f"split(({_literal(names)})[datum.value], '\\n')"}


def _literal(names: dict[str, str]) -> str:
    """A map as a Vega expression. Every character that could end a string or mean something is written as a number."""
    pairs = []
    for key, name in names.items():
        text = "".join(
            char if char.isalnum() or char in " .,-" else "".join(f"\\u{unit:04x}" for unit in _units(char)) for char in name
        )
        pairs.append(f"'{key}': '{text}'")
    return "{" + ", ".join(pairs) + "}"


def _units(char: str) -> list[int]:
    raw = char.encode("utf-16-be")
    return [int.from_bytes(raw[place : place + 2], "big") for place in range(0, len(raw), 2)]


def _domain(points: Sequence[_Point], overall: tuple[float, str] | None = None, *, zero: bool = True) -> list[float]:
    values = [*(point.value for point in points), *([overall[0]] if overall else [])] or [0.0, 1.0]
    low, high = min(values), max(values)
    if zero:
        low, high = min(low, 0.0), max(high, 0.0)
    if low == high:
        high = low + 1
    return [low, high]


def _bars(frame: Frame, points: list[_Point], overall: tuple[float, str] | None) -> dict[str, Any]:
    values = _values(points)
    step = _step(values, 30 if any("\n" in value["label"] for value in values) else 21, len(values))
    longest = max((len(point.text) for point in points), default=1)
    frame = replace(
        frame, left=_room(points), right=longest * 6.5 + 14, height=max(1, len(points)) * step, foot=26 if overall else 12
    )
    place = {"field": "key", "type": "ordinal", "sort": None, "scale": {"paddingInner": 0.4, "paddingOuter": 0.2}}
    x = {"field": "value", "type": "quantitative", "axis": None, "scale": {"domain": _domain(points, overall), "nice": False}}
    y = {**place, "axis": _name_axis(values)}
    text = {"type": "text", "align": "left", "dx": 5}
    shown = {"x": x, "y": y, "text": {"field": "text"}}
    layers: list[dict[str, Any]] = [{"mark": "bar", "encoding": {"x": x, "y": y}}]
    if overall is not None:
        layers += _overall_line(overall, frame, _domain(points, overall), axis=None)
    layers.append({"mark": {**text, "stroke": "white", "strokeWidth": 4, "strokeJoin": "round"}, "encoding": shown})
    layers.append({"mark": text, "encoding": shown})
    return _frame(frame, layers, values)


def _overall_line(overall: tuple[float, str], frame: Frame, domain: list[float], **encoding: Any) -> list[dict[str, Any]]:
    value, text = overall
    x = {"field": "value", "type": "quantitative", **encoding}
    data = {"values": [{"value": value, "text": text}]}
    along = (value - domain[0]) / (domain[1] - domain[0])
    align = "left" if along < 0.15 else "right" if along > 0.85 else "center"
    return [
        {"data": data, "mark": {"type": "rule", "color": SERIES[2], "strokeWidth": 1.5}, "encoding": {"x": x}},
        {
            "data": data,
            "mark": {"type": "text", "baseline": "top", "align": align, "color": SERIES[2]},
            "encoding": {"x": x, "y": {"value": frame.height + 6}, "text": {"field": "text"}},
        },
    ]


def _step(values: list[dict[str, Any]], liked: float, count: int) -> float:
    """Pixels from bar to bar: as liked, or less where many stand on the page; names then keep to one line."""
    step = min(liked, TALLEST / max(1, count))
    if step < 26:
        for value in values:
            value["label"] = textwrap.shorten(value["label"].replace("\n", " "), 34, placeholder="…")
    return step


def _grouped(frame: Frame, points: list[_Point]) -> dict[str, Any]:
    names = list(dict.fromkeys(point.series for point in points))
    labels = list(dict.fromkeys((point.code, point.label) for point in points))
    keys = {pair: str(place) for place, pair in enumerate(labels)}
    values = [{**value, "key": keys[point.code, point.label]} for value, point in zip(_values(points), points, strict=True)]
    step = _step(values, 14 * max(1, len(names)) + 10, len(labels))
    longest = max((len(point.text) for point in points), default=1)
    frame = replace(frame, left=_room(points), right=longest * 6.5 + 14, height=max(1, len(labels)) * step, over=26)
    x = {"field": "value", "type": "quantitative", "axis": None, "scale": {"domain": _domain(points), "nice": False}}
    y = {
        "field": "key",
        "type": "ordinal",
        "sort": None,
        "axis": _name_axis(values),
        "scale": {"paddingInner": 0.2, "paddingOuter": 0.1},
    }
    offset = {"field": "series", "sort": names}
    color = {"field": "series", "type": "nominal", "sort": names, "scale": {"domain": names, "range": _palette(names)}}
    bars = {"mark": "bar", "encoding": {"x": x, "y": y, "yOffset": offset, "color": color}}
    text = {
        "mark": {"type": "text", "align": "left", "dx": 4, "fontSize": 10},
        "encoding": {"x": x, "y": y, "yOffset": offset, "text": {"field": "text"}},
    }
    return _frame(frame, [bars, text], values)


def _palette(names: Sequence[str]) -> list[str]:
    return [SERIES[place % len(SERIES)] for place in range(len(names))]


def _columns(frame: Frame, points: list[_Point]) -> dict[str, Any]:
    """Periods as standing bars; one of several series side by side."""
    values = _values(points)
    names = list(dict.fromkeys(point.series for point in points))
    several = len(names) > 1
    frame = replace(frame, left=12, right=12, over=40 if several else 14, foot=34)
    x: dict[str, Any] = {
        "field": "label",
        "type": "ordinal",
        "sort": None,
        "axis": {**_NAME, "labelAngle": 0, "labelExpr": _SPLIT},
    }
    x["scale"] = {"paddingInner": 0.45, "paddingOuter": 0.3}
    y = {"field": "value", "type": "quantitative", "axis": None, "scale": {"domain": _domain(points), "nice": False}}
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
    return _frame(frame, layers, values)


def _lines(frame: Frame, points: list[_Point]) -> dict[str, Any]:
    """Lines over periods (or over an ordered dimension), with a legend where there are several."""
    values = _values(points)
    names = list(dict.fromkeys(point.series for point in points))
    several = len(names) > 1
    cut = cut_axis([point.value for point in points])
    frame = replace(frame, left=72, right=40, over=36 if several else 0 if cut else 14, foot=34)
    x = {"field": "label", "type": "ordinal", "sort": None, "axis": {**_NAME, "labelAngle": 0, "labelExpr": _SPLIT}}
    axis = {
        "title": None,
        "grid": True,
        "tickCount": 5,
        "format": ",~r" if max(abs(p.value) for p in points or [_Point("", 1, "")]) < 1000 else ",d",
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
    return _frame(frame, layers, values)


def _peak(points: Sequence[_Point], place: int) -> bool:
    """Whether the line comes to a point from below, so that its label stands free above it."""
    near = [points[other].value for other in (place - 1, place + 1) if 0 <= other < len(points)]
    return points[place].value >= sum(near) / len(near) if near else True


def _dots(frame: Frame, points: list[_Point], overall: tuple[float, str] | None) -> dict[str, Any]:
    """A distribution: one dot a code on the scale of values, equal ones stacked in bins, the overall value as a line."""
    low, high = _domain(points, overall, zero=False)
    bins = 48
    size = (high - low) / bins
    heights: dict[int, int] = {}
    values: list[dict[str, Any]] = []
    for point in sorted(points, key=lambda each: each.value):
        place = min(bins - 1, int((point.value - low) / size))
        heights[place] = heights.get(place, 0) + 1
        values.append({"value": low + (place + 0.5) * size, "stack": heights[place], "text": f"{point.label}: {point.text}"})
    tallest = max(heights.values(), default=1)
    frame = replace(frame, left=24, right=24, height=max(60, min(260, tallest * 12 + 12)), foot=34, over=12)
    shape = ",~r" if high < 1000 else ",d"
    axis = {"title": None, "domain": True, "domainColor": SOFT, "tickCount": 8, "format": shape}
    x = {
        "field": "value",
        "type": "quantitative",
        "axis": axis,
        "scale": {"domain": [low, high], "nice": False, "zero": False, "padding": 10},
    }
    y = {"field": "stack", "type": "quantitative", "axis": None, "scale": {"domain": [0, tallest + 1]}}
    layers: list[dict[str, Any]] = [
        {
            "mark": {"type": "circle", "size": 70, "color": ACCENT, "opacity": 0.85},
            "encoding": {"x": x, "y": y, "tooltip": {"field": "text"}},
        }
    ]
    if overall is not None:
        line = _overall_line(overall, frame, [low, high])
        line[1]["encoding"]["y"] = {"value": -4}
        line[1]["mark"]["baseline"] = "bottom"
        layers += line
    return _frame(frame, layers, values)
