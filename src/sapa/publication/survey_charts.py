"""Charts of a survey's results, in the look of the reports' charts: words and numbers are handed in as they are to be read."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass, replace
from typing import Any

from sapa.publication.chart_frame import ACCENT, CHAR, INK, RULE, SOFT, WIDTH, Frame, Point, framed, name_axis, wrapped
from sapa.publication.charts import Chart, _bars
from sapa.publication.language import Language

AGAINST, NEITHER, FOR = "#b98b2f", "#e3e6e8", "#17506b"
"""The ends and the middle of a scale: told apart also by who sees no red or green."""
ROW = 34.0
"""Pixels from row to row."""
LEGEND = 18.0
"""Pixels of a line of the legend."""


@dataclass(frozen=True)
class Words:
    """What surrounds a chart."""

    title: str
    subtitle: str = ""
    source: tuple[str, ...] = ()


@dataclass(frozen=True)
class DivergingRow:
    """A question, a group or a year: the share (0 to 1) of each point of the scale, the lowest first."""

    label: str
    shares: tuple[float, ...]
    text: str = ""
    """Stands at the end of the row: the mean, say."""


@dataclass(frozen=True)
class MeanRow:
    """A mean with its interval."""

    label: str
    mean: float
    low: float
    high: float
    text: str
    apart: bool = False
    """It does not compare with the rows after it: drawn hollow, and a line keeps it apart."""


def diverging_chart(id_: str, words: Words, rows: Sequence[DivergingRow], points: Sequence[str], lang: Language) -> Chart:
    """Stacked bars that part at the middle of the scale: agreement to the right, disagreement to the left, the middle point half
    on each side (Robbins and Heiberger 2011, Plotting Likert and other rating scales, Joint Statistical Meetings, 1058-1066)."""
    values: list[dict[str, Any]] = []
    for place, row in enumerate(rows):
        end = -sum(row.shares[: len(points) // 2]) - (row.shares[len(points) // 2] / 2 if len(points) % 2 else 0.0)
        for point, part in zip(points, row.shares, strict=True):
            text = lang.percent(part * 100, 0) if part >= 0.07 else ""
            values.append(
                {"key": str(place), "label": wrapped(row.label, 38), "from": end, "to": end + part, "point": point, "text": text}
            )
            end += part
    longest = max((len(line) for value in values for line in value["label"].split("\n")), default=0)
    most = max((len(row.text) for row in rows), default=0)
    left = min(250.0, max(60.0, longest * CHAR + 14))
    columns = _columns_that_fit(points)
    lines = -(-len(points) // columns)
    frame = _surrounded(words, lang, left, most * 6.5 + 14, max(1, len(rows)) * ROW, over=10.0 + LEGEND * lines)
    reach = max([0.05, *(max(-value["from"], value["to"]) for value in values)])
    x = {"type": "quantitative", "axis": None, "scale": {"domain": [-reach, reach], "nice": False}}
    y = {"field": "key", "type": "ordinal", "sort": None, "axis": name_axis(values), "scale": {"paddingInner": 0.35}}
    colours = palette(len(points))
    color = {
        "field": "point",
        "type": "nominal",
        "sort": list(points),
        "scale": {"domain": list(points), "range": colours},
        "legend": _legend(points, columns, left, lines),
    }
    ink = {"condition": {"test": _dark(points, colours), "value": "white"}, "value": INK}
    middle = {"calculate": "(datum.from + datum.to) / 2", "as": "middle"}
    layers: list[dict[str, Any]] = [
        {"data": {"values": [{"zero": 0}]}, "mark": {"type": "rule", "color": SOFT}, "encoding": {"x": {**x, "field": "zero"}}},
        {"mark": "bar", "encoding": {"x": {**x, "field": "from"}, "x2": {"field": "to"}, "y": y, "color": color}},
        {
            "transform": [middle],
            "mark": {"type": "text", "fontSize": 10},
            "encoding": {"x": {**x, "field": "middle"}, "y": y, "text": {"field": "text"}, "color": ink},
        },
        _at_the_end([(str(place), row.text) for place, row in enumerate(rows)], frame, y),
    ]
    said = "; ".join(_said_shares(row, points, lang) for row in rows)
    return Chart(id_, "", words.title, framed(frame, layers, values), f"{words.title}. {said}.", empty=not rows)


def share_chart(id_: str, words: Words, rows: Sequence[tuple[str, float, str]], lang: Language) -> Chart:
    """Shares of options as bars: label, share (0 to 1), text."""
    points = [Point(label, share * 100, text, code=str(place)) for place, (label, share, text) in enumerate(rows)]
    frame = _surrounded(words, lang, 48, 24, 0)
    said = "; ".join(f"{label}: {text}" for label, _, text in rows)
    return Chart(id_, "", words.title, _bars(frame, points, None), f"{words.title}. {said}.", empty=not rows)


def mean_chart(id_: str, words: Words, rows: Sequence[MeanRow], domain: tuple[float, float], lang: Language) -> Chart:
    """Means with their intervals, a row each, on the whole range of the scale: an interval is drawn as far as that goes."""
    values = [
        {
            "key": str(place),
            "label": wrapped(row.label, 38),
            "mean": row.mean,
            "low": max(row.low, domain[0]),
            "high": min(row.high, domain[1]),
            "fill": "white" if row.apart else ACCENT,
        }
        for place, row in enumerate(rows)
    ]
    longest = max((len(line) for value in values for line in str(value["label"]).split("\n")), default=0)
    most = max((len(row.text) for row in rows), default=0)
    frame = _surrounded(words, lang, min(250.0, longest * CHAR + 14), most * 6.5 + 20, max(1, len(rows)) * 28, foot=30.0)
    scale = {"domain": list(domain), "nice": False, "zero": False}
    x = {"type": "quantitative", "scale": scale, "axis": {"title": None, "grid": True, "tickCount": 5, "format": ",~r"}}
    y = {"field": "key", "type": "ordinal", "sort": None, "axis": name_axis(values)}
    fill = {"field": "fill", "type": "nominal", "scale": None}
    layers: list[dict[str, Any]] = [
        {
            "mark": {"type": "rule", "color": ACCENT, "strokeWidth": 2},
            "encoding": {"x": {**x, "field": "low"}, "x2": {"field": "high"}, "y": y},
        },
        {
            "mark": {"type": "point", "filled": True, "size": 70, "stroke": ACCENT, "strokeWidth": 2, "opacity": 1},
            "encoding": {"x": {**x, "field": "mean"}, "y": y, "fill": fill},
        },
        _at_the_end([(str(place), row.text) for place, row in enumerate(rows)], frame, y),
    ]
    said = "; ".join(f"{row.label}: {row.text}" for row in rows)
    return Chart(id_, "", words.title, framed(frame, layers, values), f"{words.title}. {said}.", empty=not rows)


def _columns_that_fit(points: Sequence[str]) -> int:
    """As many columns of the legend as fit beside each other."""
    for columns in range(len(points), 1, -1):
        widths = [max(len(point) for point in points[place::columns]) * CHAR + 34 for place in range(columns)]
        if sum(widths) <= WIDTH:
            return columns
    return 1


def _legend(points: Sequence[str], columns: int, left: float, lines: int) -> dict[str, Any]:
    """Above the bars, from the left edge of the picture."""
    place = {"orient": "none", "legendX": -left + 1, "legendY": -LEGEND * lines - 6}
    return {**place, "direction": "horizontal", "columns": columns, "labelLimit": 0, "symbolLimit": 0, "columnPadding": 14}


def palette(points: int) -> list[str]:
    """Colours of a scale's points, from its low end over grey to its high end."""
    if points == 1:
        return [FOR]
    out = []
    for place in range(points):
        along = 2 * place / (points - 1) - 1
        out.append(_mixed(NEITHER, FOR if along > 0 else AGAINST, abs(along)))
    return out


def _mixed(one: str, other: str, share: float) -> str:
    pairs = [(int(one[at : at + 2], 16), int(other[at : at + 2], 16)) for at in (1, 3, 5)]
    return "#" + "".join(f"{round(a + (b - a) * share):02x}" for a, b in pairs)


def _dark(points: Sequence[str], colours: Sequence[str]) -> str:
    """A Vega expression: whether the text stands on a dark colour. The points are told by their place, not by their words."""
    dark = [place for place, colour in enumerate(colours) if sum(int(colour[at : at + 2], 16) for at in (1, 3, 5)) < 330]
    names = [_literal(points[place]) for place in dark]
    return f"indexof([{', '.join(names)}], datum.point) >= 0" if names else "false"


def _literal(text: str) -> str:
    """A text as a Vega expression: every character that could end it is written as a number."""
    raw = text.encode("utf-16-be")
    units = (int.from_bytes(raw[place : place + 2], "big") for place in range(0, len(raw), 2))
    return "'" + "".join(f"\\u{unit:04x}" for unit in units) + "'"


def _at_the_end(texts: Sequence[tuple[str, str]], frame: Frame, y: dict[str, Any]) -> dict[str, Any]:
    """Texts in the right margin, one a row."""
    return {
        "data": {"values": [{"key": key, "end": text} for key, text in texts]},
        "mark": {"type": "text", "align": "left", "dx": 6, "clip": False},
        "encoding": {"x": {"value": WIDTH - frame.left - frame.right}, "y": y, "text": {"field": "end"}},
    }


def _surrounded(words: Words, lang: Language, left: float, right: float, height: float, **more: float) -> Frame:
    base = Frame(words.title, words.subtitle, list(words.source), lang.vega())
    return replace(base, left=left, right=right, height=height, **more)  # type: ignore[arg-type]


def _said_shares(row: DivergingRow, points: Sequence[str], lang: Language) -> str:
    shares = ", ".join(f"{point} {lang.percent(part * 100, 0)}" for point, part in zip(points, row.shares, strict=True))
    return f"{row.label}: {shares}" + (f" ({row.text})" if row.text else "")


__all__ = ["RULE", "DivergingRow", "MeanRow", "Words", "diverging_chart", "mean_chart", "palette", "share_chart"]
