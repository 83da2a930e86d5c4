"""A distribution: one dot a place on the scale of values, where the middle half of them lies, the chosen place marked."""

from __future__ import annotations

from collections.abc import Collection, Sequence
from dataclasses import replace
from statistics import mean, quantiles
from typing import Any

from sapa.publication.chart_cells import Cell
from sapa.publication.chart_frame import ACCENT, INK, MARKED, SERIES, SOFT, Frame, framed

BINS = 60
"""Places side by side for dots; those that would lie on each other are stacked."""
FEWEST = 5
"""Values a middle half is drawn of."""
DOT = 10.0
_MIDDLE = "#e4eef3"


def spread(frame: Frame, cells: Sequence[Cell], overall: tuple[float, str] | None, marked: Collection[str]) -> dict[str, Any]:
    """The specification. Hidden and missing values have no dot: the chart's notes say how many there are."""
    known = sorted((cell for cell in cells if cell.value is not None), key=lambda cell: (cell.value or 0.0, cell.code))
    ends = [cell.value or 0.0 for cell in known] + ([overall[0]] if overall else [])
    low, high = min(ends, default=0.0), max(ends, default=1.0)
    if low == high:
        low, high = low - 0.5, high + 0.5
    values = _stacked(known, low, high, marked)
    tallest = max((value["stack"] for value in values), default=1)
    named = _named(known, values, marked)
    frame = replace(frame, left=24, right=24, height=max(72.0, min(300.0, tallest * DOT + 26)), foot=34, over=30)
    room = (frame.height - 8) / tallest if tallest * DOT + 8 > frame.height else DOT
    for value in values:
        value["y"] = frame.height - 8 - (value["stack"] - 1) * room
    layers: list[dict[str, Any]] = [*_middle(known), _dots(values, low, high)]
    if overall is not None:
        layers += _whole(overall, low, high)
    layers += _names(named, frame.height)
    spec = framed(frame, layers, values)
    spec["encoding"] = {"x": _axis(low, high)}
    return spec


def _axis(low: float, high: float) -> dict[str, Any]:
    shape = ",~r" if max(abs(low), abs(high)) < 1000 else ",d"
    return {
        "field": "value", "type": "quantitative",
        "axis": {"title": None, "domain": True, "domainColor": SOFT, "tickCount": 8, "format": shape},
        "scale": {"domain": [low, high], "nice": False, "zero": False, "padding": 10},
    }  # fmt: skip


def _stacked(known: Sequence[Cell], low: float, high: float, marked: Collection[str]) -> list[dict[str, Any]]:
    size = (high - low) / BINS
    heights: dict[int, int] = {}
    out: list[dict[str, Any]] = []
    # The marked ones first: they stand at the foot of their stack, where a line down to the axis is short.
    for cell in sorted(known, key=lambda cell: cell.code not in marked):
        value = cell.value or 0.0
        place = min(BINS - 1, int((value - low) / size))
        heights[place] = heights.get(place, 0) + 1
        own = cell.code in marked
        # Several in one bin stand above each other at their mean; who stands alone, or is looked at, exactly at the value.
        out.append({
            "code": cell.code, "value": value, "true": value, "bin": place, "stack": heights[place], "own": own,
            "text": f"{cell.label}: {cell.text}", "fill": MARKED if own else ACCENT, "size": 130 if own else 62,
        })  # fmt: skip
    for dot in out:
        if heights[dot["bin"]] > 1 and not dot["own"]:
            dot["value"] = mean(other["true"] for other in out if other["bin"] == dot["bin"])
    return out


def _dots(values: Sequence[dict[str, Any]], low: float, high: float) -> dict[str, Any]:
    return {
        "data": {"values": sorted(values, key=lambda value: value["own"])},
        "mark": {"type": "circle", "opacity": 0.9, "stroke": "white", "strokeWidth": 0.8},
        "encoding": {
            "x": _axis(low, high), "y": {"field": "y", "type": "quantitative", "scale": None, "axis": None},
            "fill": {"field": "fill", "type": "nominal", "scale": None, "legend": None},
            "size": {"field": "size", "type": "quantitative", "scale": None, "legend": None}, "tooltip": {"field": "text"},
        },
    }  # fmt: skip


def middle_half(cells: Sequence[Cell]) -> tuple[float, float, float] | None:
    """Quartiles of the known values (type 7); nothing where they are too few, or half of them equal."""
    values = sorted(cell.value for cell in cells if cell.value is not None)
    if len(values) < FEWEST:
        return None
    first, median, third = quantiles(values, n=4, method="inclusive")
    return (first, median, third) if first < third else None


def _middle(known: Sequence[Cell]) -> list[dict[str, Any]]:
    """The middle half of the values as a band, their median as a line."""
    quarters = middle_half(known)
    if quarters is None:
        return []
    first, median, third = quarters
    data = {"values": [{"value": first, "end": third, "median": median}]}
    x = {"field": "value", "type": "quantitative"}
    return [
        {"data": data, "mark": {"type": "rect", "color": _MIDDLE}, "encoding": {"x": x, "x2": {"field": "end"}}},
        {
            "data": data,
            "mark": {"type": "rule", "color": SERIES[1], "strokeWidth": 1.5},
            "encoding": {"x": {**x, "field": "median"}},
        },
    ]


def _whole(overall: tuple[float, str], low: float, high: float) -> list[dict[str, Any]]:
    value, text = overall
    along = (value - low) / (high - low)
    align = "left" if along < 0.15 else "right" if along > 0.85 else "center"
    data = {"values": [{"value": value, "text": text}]}
    x = {"field": "value", "type": "quantitative"}
    mark = {"type": "rule", "color": INK, "strokeWidth": 1.2, "strokeDash": [4, 3]}
    return [
        {"data": data, "mark": mark, "encoding": {"x": x}},
        {
            "data": data, "mark": {"type": "text", "baseline": "bottom", "align": align},
            "encoding": {"x": x, "y": {"value": -18}, "text": {"field": "text"}},
        },
    ]  # fmt: skip


def _named(known: Sequence[Cell], values: Sequence[dict[str, Any]], marked: Collection[str]) -> list[dict[str, Any]]:
    """What is written above the dots: the lowest, the highest; or, where a place is marked, that place alone."""
    if not known:
        return []
    at = {value["code"]: value for value in values}
    chosen = [cell for cell in known if cell.code in marked]
    ends = [cell for cell in (known[0], known[-1]) if sum(other.value == cell.value for other in known) == 1]
    wanted = chosen or ends  # of several that are lowest together none is named
    lowest, highest = known[0].value or 0.0, known[-1].value or 0.0
    out = []
    for cell in wanted[:2]:
        value = cell.value or 0.0
        along = (value - lowest) / ((highest - lowest) or 1.0)
        align = "left" if along < 0.3 else "right" if along > 0.7 else "center"
        out.append({
            "value": at[cell.code]["value"], "code": cell.code,
            "text": f"{cell.label}: {cell.text}", "align": align, "fill": "#7d5d16" if chosen else SOFT,
        })  # fmt: skip
    return out


def _names(named: Sequence[dict[str, Any]], height: float) -> list[dict[str, Any]]:
    out: list[dict[str, Any]] = []
    for value in named:
        mark = {"type": "text", "baseline": "bottom", "align": value["align"], "color": value["fill"], "dx": 0}
        mark |= {"fontWeight": 600} if value["fill"] != SOFT else {}
        x = {"field": "value", "type": "quantitative"}
        if value["fill"] != SOFT:
            line = {"type": "rule", "color": MARKED, "strokeWidth": 1.5}
            ends = {"x": x, "y": {"value": -2}, "y2": {"value": height - 8}}
            out.append({"data": {"values": [value]}, "mark": line, "encoding": ends})
        out.append(
            {"data": {"values": [value]}, "mark": mark, "encoding": {"x": x, "y": {"value": -4}, "text": {"field": "text"}}}
        )
    return out
