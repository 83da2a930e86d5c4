"""A map without borders: a tile of one size for each place, where the pack's list puts it, coloured by its value.

Where a list says no positions the tiles stand in the order of the list, and the chart says so.
"""

from __future__ import annotations

import math
import textwrap
from collections.abc import Collection, Sequence
from dataclasses import dataclass, replace
from typing import Any

from sapa.publication.chart_cells import Cell
from sapa.publication.chart_frame import INK, MARKED, SOFT, WIDTH, Frame, framed
from sapa.publication.labels import Labels

RAMP = ("#e4eef3", "#b9d3df", "#7fadc3", "#3f7893", "#17506b")
"""Five steps of one hue, light to dark: they stay apart in grey and for who sees no red or green."""
EMPTY = "#ffffff"
MOST = 150
"""Tiles that stay readable on the width of a page."""
GAP = 3
_RAW: dict[str, Any] = {"type": "quantitative", "scale": None, "axis": None}
"""A position in pixels, no scale in between."""
_PAINT: dict[str, Any] = {"type": "nominal", "scale": None, "legend": None}


@dataclass(frozen=True)
class Plan:
    """Where the tiles stand (column, row, short name by code) and whether that is a position or only an order."""

    at: dict[str, tuple[int, int, str]]
    placed: bool

    @property
    def columns(self) -> int:
        """Tiles side by side."""
        return max((x for x, _, _ in self.at.values()), default=0) + 1

    @property
    def rows(self) -> int:
        """Tiles one below the other."""
        return max((y for _, y, _ in self.at.values()), default=0) + 1


def plan_of(by: str, codes: Collection[str], labels: Labels, period: str) -> Plan:
    """The tiles of these codes and of the other places of their rank that hold in the period.

    Positions are taken only where every code has one: half a map would mislead.
    """
    held = labels.placed(by, period)
    ranks = {held[code].rank for code in codes if code in held}
    if codes and all(code in held for code in codes):
        mates = [place for place in held.values() if place.rank in ranks]
        left, top = min(place.x for place in mates), min(place.y for place in mates)
        return Plan({place.code: (place.x - left, place.y - top, place.short) for place in mates}, True)
    columns = min(9 if len(codes) <= 72 else 12, max(1, math.ceil(math.sqrt(len(codes) * 1.6))))
    ordered = labels.ordered(by, codes)
    return Plan(
        {code: (number % columns, number // columns, labels.short(by, code)) for number, code in enumerate(ordered)}, False
    )


def tile_map(frame: Frame, cells: Sequence[Cell], plan: Plan, marked: Collection[str], parents: dict[str, str]) -> dict[str, Any]:
    """The specification. ``parents``: by code the place above, between whose parts a line is drawn."""
    wide = min(104.0, WIDTH / max(1, plan.columns))
    high = min(60.0, max(40.0, wide * 0.8))
    left = (WIDTH - wide * plan.columns) / 2 if plan.columns * wide < WIDTH * 0.8 else 0.0
    breaks = classes([cell.value for cell in cells if cell.value is not None])
    legend_room = 34 if breaks else 6
    tiles = [_tile(cell, plan, wide, high, left, legend_room, breaks) for cell in cells if cell.code in plan.at]
    frame = replace(frame, left=0, right=0, height=legend_room + plan.rows * high + 4, foot=12)
    layers: list[dict[str, Any]] = [
        _rects(tiles, stroke=SOFT, width=0.6),
        _lines(_hatching([tile for tile in tiles if tile["mark"] == "suppressed"]), SOFT, 0.7, 0.55),
        _lines(_borders(cells, plan, parents, wide, high, left, legend_room), INK, 1.4, 0.75),
        _rects([tile for tile in tiles if tile["code"] in marked], stroke=MARKED, width=3.5, hollow=True),
        *_words(tiles, wide),
        *_legend(cells, breaks),
    ]
    return framed(frame, [layer for layer in layers if layer["data"]["values"]], tiles)


def classes(values: Sequence[float]) -> list[list[float]]:
    """The values in at most five groups of about one size, equal values together; of few different ones each is a group."""
    distinct = sorted(set(values))
    if len(distinct) <= len(RAMP):
        return [[value] for value in distinct]
    ordered, out = sorted(values), []
    start = 0
    for number in range(1, len(RAMP) + 1):
        end = round(len(ordered) * number / len(RAMP))
        while 0 < end < len(ordered) and ordered[end] == ordered[end - 1]:
            end += 1
        if end > start:
            out.append(ordered[start:end])
            start = end
    return out


def _shade(place: int, count: int) -> str:
    return RAMP[-1] if count == 1 else RAMP[round(place * (len(RAMP) - 1) / (count - 1))]


def _tile(
    cell: Cell, plan: Plan, wide: float, high: float, left: float, top: float, breaks: Sequence[Sequence[float]]
) -> dict[str, Any]:
    column, row, short = plan.at[cell.code]
    place = next((place for place, part in enumerate(breaks) if cell.value is not None and cell.value <= part[-1]), None)
    fill = EMPTY if place is None else _shade(place, len(breaks))
    x, y = left + column * wide, top + row * high
    letters = 9.0 if wide < 62 else 10.0
    return {
        "code": cell.code, "label": cell.label, "value": cell.value, "text": cell.text, "mark": cell.mark,
        "name": _named(short, int((wide - GAP - 4) / (letters * 0.56)), 2 if high >= 50 else 1),
        "tip": f"{cell.label}: {cell.text}",
        "x": x + GAP / 2, "y": y + GAP / 2, "x2": x + wide - GAP / 2, "y2": y + high - GAP / 2, "mx": x + wide / 2,
        "fill": fill, "ink": "#ffffff" if fill in RAMP[3:] else INK,
    }  # fmt: skip


def _named(short: str, letters: int, most: int) -> str:
    """A name on one or two lines of a tile."""
    letters = max(4, letters)
    lines = textwrap.wrap(short, letters, break_on_hyphens=True, break_long_words=False)
    kept = lines[:most] if len(lines) <= most else [*lines[: most - 1], f"{lines[most - 1]}…"]
    return "\n".join(line if len(line) <= letters else f"{line[: letters - 1]}…" for line in kept)


def _rects(tiles: Sequence[dict[str, Any]], *, stroke: str, width: float, hollow: bool = False) -> dict[str, Any]:
    box = {name: {"field": name, **_RAW} for name in ("x", "y")} | {name: {"field": name} for name in ("x2", "y2")}
    mark: dict[str, Any] = {"type": "rect", "stroke": stroke, "strokeWidth": width, "cornerRadius": 2}
    if hollow:
        return {"data": {"values": list(tiles)}, "mark": {**mark, "fill": None}, "encoding": box}
    paint = {"fill": {"field": "fill", **_PAINT}, "tooltip": {"field": "tip"}}
    return {"data": {"values": list(tiles)}, "mark": mark, "encoding": {**box, **paint}}


def _lines(values: Sequence[dict[str, float]], color: str, width: float, opacity: float) -> dict[str, Any]:
    ends = {name: {"field": name, **_RAW} for name in ("x", "y")} | {name: {"field": name} for name in ("x2", "y2")}
    mark = {"type": "rule", "color": color, "strokeWidth": width, "opacity": opacity}
    return {"data": {"values": list(values)}, "mark": mark, "encoding": ends}


def _hatching(tiles: Sequence[dict[str, Any]], step: float = 9.0) -> list[dict[str, float]]:
    """Slanted lines inside each tile: hidden is seen to be no low value, also in black and white."""
    out = []
    for tile in tiles:
        wide, high = tile["x2"] - tile["x"], tile["y2"] - tile["y"]
        for number in range(1, int((wide + high) / step) + 1):
            along = number * step
            out.append({
                "x": tile["x"] + max(0.0, along - high), "y": tile["y"] + min(along, high),
                "x2": tile["x"] + min(along, wide), "y2": tile["y"] + max(0.0, along - wide),
            })  # fmt: skip
    return out


def _borders(
    cells: Sequence[Cell], plan: Plan, parents: dict[str, str], wide: float, high: float, left: float, top: float
) -> list[dict[str, float]]:
    """Lines where tiles of two different parents meet."""
    if not plan.placed or len({parents.get(cell.code) for cell in cells}) < 2:
        return []
    owner = {plan.at[cell.code][:2]: parents.get(cell.code, "") for cell in cells if cell.code in plan.at}
    out = []
    for (column, row), above in owner.items():
        x, y = left + column * wide, top + row * high
        if owner.get((column + 1, row), above) != above:
            out.append({"x": x + wide, "y": y, "x2": x + wide, "y2": y + high})
        if owner.get((column, row + 1), above) != above:
            out.append({"x": x, "y": y + high, "x2": x + wide, "y2": y + high})
    return out


def _words(tiles: Sequence[dict[str, Any]], wide: float) -> list[dict[str, Any]]:
    """Name above, value below, in ink that is read on the tile's colour; on hatching they keep a white edge."""
    longest = max((len(str(tile["text"])) for tile in tiles), default=1)
    number = min(12.0, max(7.5, (wide - 8) / (longest * 0.58)))
    shared = {"x": {"field": "mx", **_RAW}, "color": {"field": "ink", **_PAINT}}
    names = {"type": "text", "baseline": "top", "dy": 5, "fontSize": 9 if wide < 62 else 10, "lineBreak": "\n", "lineHeight": 11}
    texts = {"type": "text", "baseline": "bottom", "dy": -4, "fontSize": number, "fontWeight": 600}
    edge = {"stroke": "white", "strokeWidth": 3.5, "strokeJoin": "round"}
    out: list[dict[str, Any]] = []
    for part, halo in (([tile for tile in tiles if tile["mark"] == "suppressed"], edge), (list(tiles), {})):
        name, text = {"field": "name", "type": "nominal"}, {"field": "text", "type": "nominal"}
        out += [
            {
                "data": {"values": part},
                "mark": {**names, **halo},
                "encoding": {**shared, "y": {"field": "y", **_RAW}, "text": name},
            },
            {
                "data": {"values": part},
                "mark": {**texts, **halo},
                "encoding": {**shared, "y": {"field": "y2", **_RAW}, "text": text},
            },
        ]
    return out


def _legend(cells: Sequence[Cell], breaks: Sequence[Sequence[float]]) -> list[dict[str, Any]]:
    """A patch of each colour with the lowest and the highest value that have it."""
    written = {cell.value: cell.text for cell in cells if cell.value is not None}
    values, x = [], 1.0
    for place, part in enumerate(breaks):
        low, high = written[part[0]], written[part[-1]]
        text = low if low == high else f"{low} – {high}"
        values.append({
            "x": x, "y": 2.0, "x2": x + 16, "y2": 16.0, "mx": x + 22, "fill": _shade(place, len(breaks)), "text": text,
            "tip": text,
        })  # fmt: skip
        x += 22 + len(text) * 6.2 + 18
    where = {"x": {"field": "mx", **_RAW}, "y": {"value": 9}, "text": {"field": "text", "type": "nominal"}}
    return [
        _rects(values, stroke=SOFT, width=0.6),
        {"data": {"values": values}, "mark": {"type": "text", "align": "left", "baseline": "middle"}, "encoding": where},
    ]
