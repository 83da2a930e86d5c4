"""What every chart is drawn with: widths, colours, the frame of title, notes and source, axes of names."""

from __future__ import annotations

import textwrap
from collections.abc import Sequence
from dataclasses import dataclass
from typing import Any

WIDTH = 604
"""Pixels at 96 to the inch: 160 mm, the width of the document's text."""
ACCENT, INK, SOFT, RULE = "#17506b", "#24292e", "#5f6b73", "#d9dee2"
SERIES = ("#17506b", "#8fb3c4", "#b98b2f", "#5f6b73", "#d7bf8a", "#2f7f86", "#a3aab0", "#7a3e2b")
FONT = "Noto Sans"
CHAR = 6.1
"""Mean width in pixels of a letter of the labels' size (11 px); names in Cyrillic are a little wider than in Latin."""
MARKED = "#b98b2f"
"""The colour of what a reader looks at among the others, and of the whole."""


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
class Point:
    """A drawn value with its name and how it is written."""

    label: str
    value: float
    text: str
    series: str = ""
    code: str = ""


def wrapped(label: str, width: int = 34) -> str:
    """A long name on two lines (joined by a line feed, which the axis splits at); what does not fit ends in an ellipsis."""
    lines = textwrap.wrap(label, width, max_lines=2, placeholder="…") or [""]
    return "\n".join(lines)


def framed(frame: Frame, layers: list[dict[str, Any]], values: list[dict[str, Any]], **inner: Any) -> dict[str, Any]:
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
        "config": theme(frame.lang),
        **inner,
    }


def theme(locale: dict[str, Any]) -> dict[str, Any]:
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


SPLIT = "split(datum.label, '\\n')"
NAME = {"labelExpr": SPLIT, "labelLimit": 230, "labelLineHeight": 12, "title": None, "domain": True, "domainColor": SOFT}


def name_axis(values: Sequence[dict[str, Any]]) -> dict[str, Any]:
    """An axis whose positions are keys (two places may have one name) and whose labels are the names."""
    names = {value["key"]: value["label"] for value in values}
    return {**NAME, "labelExpr": f"split(({_literal(names)})[datum.value], '\\n')"}


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


def domain_of(points: Sequence[Point], overall: tuple[float, str] | None = None, *, zero: bool = True) -> list[float]:
    values = [*(point.value for point in points), *([overall[0]] if overall else [])] or [0.0, 1.0]
    low, high = min(values), max(values)
    if zero:
        low, high = min(low, 0.0), max(high, 0.0)
    if low == high:
        high = low + 1
    return [low, high]


def overall_line(overall: tuple[float, str], frame: Frame, domain: list[float], **encoding: Any) -> list[dict[str, Any]]:
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
