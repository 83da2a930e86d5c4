"""Small multiples: a panel for each code, all on one scale, its own line before those of all the others."""

from __future__ import annotations

import math
import textwrap
from collections import Counter
from collections.abc import Collection, Sequence
from dataclasses import dataclass, replace
from typing import Any

from sapa.indicators import UNKNOWN
from sapa.publication.chart_cells import Cell, cell_of
from sapa.publication.chart_frame import ACCENT, INK, RULE, SOFT, WIDTH, Frame, framed
from sapa.publication.facts import FactStore
from sapa.publication.labels import Labels
from sapa.publication.remarks import cut_axis

WIDE, NARROW = 28, 54
"""Panels that stand four, or six, side by side on a page; of more the first and the last in order are drawn."""
GREY = "#c3cbd1"
_RAW: dict[str, Any] = {"type": "quantitative", "scale": None, "axis": None}


@dataclass(frozen=True)
class Panel:
    """A code with its cells by period, in the order of the periods."""

    code: str
    label: str
    cells: tuple[Cell, ...]


@dataclass(frozen=True)
class _Grid:
    """Where the panels stand, in pixels."""

    columns: int
    wide: float
    high: float
    left: float = 40.0
    between: float = 16.0
    head: float = 20.0
    foot: float = 26.0

    def corner(self, number: int) -> tuple[float, float]:
        """The left upper corner of a panel's drawing."""
        column, row = number % self.columns, number // self.columns
        return self.left + column * (self.wide + self.between), self.head + row * (self.high + self.head + self.foot)


def panels_of(by: str, item: Any, store: FactStore, labels: Labels, upto: str) -> tuple[list[Panel], Panel, list[str]]:
    """The panels, that of the whole, and the periods."""
    periods = [when for when in store.periods([item.id], upto) if store.codes([item.id], by, frozenset({by}), [when]) - {UNKNOWN}]
    codes = store.codes([item.id], by, frozenset({by}), periods) - {UNKNOWN}
    panels = [
        Panel(
            code, labels.short(by, code),
            tuple(cell_of(when, code, store.get(item.id, when, [(by, code)]), item, labels) for when in periods),
        )
        for code in labels.ordered(by, codes)
    ]  # fmt: skip
    whole = tuple(cell_of(when, "", store.get(item.id, when), item, labels) for when in periods)
    return panels, Panel("", labels.lang.text("total"), whole), periods


def multiples(
    frame: Frame, panels: Sequence[Panel], whole: Panel | None, periods: Sequence[str], marked: Collection[str], labels: Labels
) -> dict[str, Any]:
    """The specification; ``whole`` is drawn where the whole is of one size with its parts."""
    every = [cell.value for panel in [*panels, *([whole] if whole else [])] for cell in panel.cells if cell.value is not None]
    low, high = min(every, default=0.0), max(every, default=1.0)
    if not cut_axis(every):
        low, high = min(low, 0.0), max(high, 0.0)
    low, high = _nice(low, high if high > low else low + 1)
    grid = _grid(len(panels))
    rows = -(-len(panels) // grid.columns)
    height = rows * (grid.high + grid.head + grid.foot) - 4

    def points(panel: Panel, number: int, line: str) -> list[dict[str, Any]]:
        x, y = grid.corner(number)
        step = grid.wide / max(1, len(periods) - 1)
        return [
            {
                "code": panel.code, "label": panel.label, "period": cell.label, "value": cell.value, "text": cell.text,
                "line": f"{line}/{_run(panel, place)}", "place": place,
                "x": x + (place * step if len(periods) > 1 else grid.wide / 2),
                "y": y + (high - cell.value) / (high - low) * grid.high,
            }
            for place, cell in enumerate(panel.cells)
            if cell.value is not None
        ]  # fmt: skip

    own = [point for number, panel in enumerate(panels) for point in points(panel, number, panel.code)]
    grey = [
        point for number in range(len(panels)) for other, panel in enumerate(panels)
        if other != number and len(panels) <= WIDE for point in points(panel, number, f"{number}/{panel.code}")
    ]  # fmt: skip
    total = [point for number in range(len(panels)) for point in points(whole, number, str(number))] if whole else []
    layers = [
        _scale(panels, grid), _line(grey, GREY, 0.8), _line(total, INK, 1.1, dash=True),
        _line(own, ACCENT, 2.0), *_ends(panels, own, grid, marked, periods, labels), *_absent(panels, grid, periods),
        *_scale_words(len(panels), grid, (low, high), labels),
    ]  # fmt: skip
    kept = [layer for layer in layers if layer["data"]["values"]]
    return framed(replace(frame, left=0, right=0, height=height, foot=10), kept, own)


def _nice(low: float, high: float) -> tuple[float, float]:
    """The ends of a scale at round numbers, so that what stands beside them is exact."""
    step = 10.0 ** math.floor(math.log10(high - low)) / 2
    return math.floor(low / step + 1e-9) * step, math.ceil(high / step - 1e-9) * step


def _grid(count: int) -> _Grid:
    columns = min(count, 4) if count <= WIDE else 6
    columns = max(1, columns)
    between = 18.0 if columns <= 4 else 12.0
    wide = (WIDTH - 40.0 - 8.0 - between * (columns - 1)) / columns
    return _Grid(columns, min(wide, 220.0), 58.0 if count <= WIDE else 40.0, between=between)


def _run(panel: Panel, place: int) -> int:
    """The number of the unbroken run of values a point belongs to: a line never crosses what is not known."""
    return sum(cell.value is None for cell in panel.cells[:place])


def _line(values: list[dict[str, Any]], color: str, width: float, *, dash: bool = False) -> dict[str, Any]:
    mark: dict[str, Any] = {"type": "line", "color": color, "strokeWidth": width, "strokeJoin": "round"}
    return {
        "data": {"values": values}, "mark": mark | ({"strokeDash": [4, 3]} if dash else {}),
        "encoding": {
            "x": {"field": "x", **_RAW}, "y": {"field": "y", **_RAW}, "detail": {"field": "line"},
            "order": {"field": "place", "type": "quantitative"},
        },
    }  # fmt: skip


def _text(values: list[dict[str, Any]], **mark: Any) -> dict[str, Any]:
    place = {"x": {"field": "x", **_RAW}, "y": {"field": "y", **_RAW}, "text": {"field": "said", "type": "nominal"}}
    return {"data": {"values": values}, "mark": {"type": "text", **mark}, "encoding": place}


def _ends(
    panels: Sequence[Panel],
    own: list[dict[str, Any]],
    grid: _Grid,
    marked: Collection[str],
    periods: Sequence[str],
    labels: Labels,
) -> list[dict[str, Any]]:
    """Names, the dot and the number of the newest value, the first and the last period."""
    runs = Counter(point["line"] for point in own)
    dotted = [point for point in own if point["place"] == len(periods) - 1 or runs[point["line"]] == 1]
    names, chosen, values, symbols, feet = (list[dict[str, Any]]() for _ in range(5))
    for number, panel in enumerate(panels):
        x, y = grid.corner(number)
        newest = panel.cells[-1]
        number_text = newest.text
        (values if newest.value is not None else symbols).append({"x": x + grid.wide, "y": y - 6, "said": number_text})
        room = int((grid.wide - len(number_text) * 6.2 - 6) / 5.7)
        name = {"x": x, "y": y - 6, "said": textwrap.shorten(panel.label, max(5, room), placeholder="…") or panel.label[:room]}
        (chosen if panel.code in marked else names).append(name)
        feet.append({"x": x, "y": y + grid.high + 4, "said": _period(periods[0], labels), "end": "left"})
        if len(periods) > 1:
            feet.append({"x": x + grid.wide, "y": y + grid.high + 4, "said": _period(periods[-1], labels), "end": "right"})
    dots = {
        "data": {"values": dotted},
        "mark": {"type": "circle", "size": 30, "color": ACCENT, "opacity": 1},
        "encoding": {"x": {"field": "x", **_RAW}, "y": {"field": "y", **_RAW}},
    }
    base: dict[str, Any] = {"baseline": "bottom", "fontSize": 10.5}
    foot: dict[str, Any] = {"baseline": "top", "fontSize": 9, "color": SOFT}
    return [
        dots, _text(names, align="left", **base), _text(chosen, align="left", color="#7d5d16", fontWeight=700, **base),
        _text(values, align="right", fontWeight=600, color=ACCENT, **base),
        _text(symbols, align="right", fontWeight=600, color=SOFT, **base),
        _text([value for value in feet if value["end"] == "left"], align="left", **foot),
        _text([value for value in feet if value["end"] == "right"], align="right", **foot),
    ]  # fmt: skip


def _period(period: str, labels: Labels) -> str:
    named = labels.lang.period(period)
    return named if len(named) <= 9 else period


def _absent(panels: Sequence[Panel], grid: _Grid, periods: Sequence[str]) -> list[dict[str, Any]]:
    """The symbol of a value that is not shown, at its period on the foot of the panel: a gap is no zero."""
    step = grid.wide / max(1, len(periods) - 1)
    values = []
    for number, panel in enumerate(panels):
        x, y = grid.corner(number)
        for place, cell in enumerate(panel.cells):
            if cell.value is None:
                at = x + (place * step if len(periods) > 1 else grid.wide / 2)
                values.append({"x": at, "y": y + grid.high - 2, "said": cell.text})
    return [_text(values, baseline="bottom", align="center", fontSize=11, color=SOFT, fontWeight=600)]


def _scale(panels: Sequence[Panel], grid: _Grid) -> dict[str, Any]:
    """The lowest and the highest line of the scale in each panel."""
    values = []
    for number in range(len(panels)):
        x, y = grid.corner(number)
        values += [{"x": x, "x2": x + grid.wide, "y": at} for at in (y, y + grid.high)]
    ends = {"x": {"field": "x", **_RAW}, "x2": {"field": "x2"}, "y": {"field": "y", **_RAW}}
    return {"data": {"values": values}, "mark": {"type": "rule", "color": RULE}, "encoding": ends}


def _scale_words(count: int, grid: _Grid, ends: tuple[float, float], labels: Labels) -> list[dict[str, Any]]:
    """What these lines stand for, at the first panel of each row."""
    low, high = ends
    decimals = max(0, 1 - math.floor(math.log10(high - low)))  # ends lie on halves of that power of ten
    values = []
    for number in range(0, count, grid.columns):
        x, y = grid.corner(number)
        values += [
            {"x": x - 5, "y": y, "said": labels.lang.number(high, decimals)},
            {"x": x - 5, "y": y + grid.high, "said": labels.lang.number(low, decimals)},
        ]
    return [_text(values, align="right", baseline="middle", fontSize=9, color=SOFT)]
