"""The order of tables and charts on the pages of a chapter: a chart moves forward to fill a space no table fits into."""

from __future__ import annotations

from collections.abc import Sequence
from typing import Any

from sapa.publication.reading import Sentence

PAGE = 240.0
"""Millimetres of text on an upright page."""


def read_height(sentences: Sequence[Sentence]) -> float:
    """About how many millimetres the opening of a chapter takes: its title and the generated reading."""
    lines = sum(-(-len(f"{sentence.title}: {sentence.text}") // 92) for sentence in sentences)
    return 20 + (30 + 4.9 * lines + 1.2 * len(sentences) if sentences else 0)


def flow(tables: Sequence[dict[str, Any]], charts: Sequence[dict[str, Any]], used: float) -> list[dict[str, Any]]:
    """Tables and charts in one order, each kind in its own; ``used`` is the height already taken on the first page.

    Heights are estimates: a wrong one costs white space, never content.
    """
    left, right = list(tables), list(charts)
    out: list[dict[str, Any]] = []
    while left or right:
        room = PAGE - used
        take_chart = not left or (bool(right) and left[0]["height"] > room >= right[0]["height"] and not left[0]["wide"])
        item = (right if take_chart else left).pop(0)
        out.append(item)
        height = item["height"]
        if item.get("wide"):
            used = PAGE
        elif height <= room:
            used += height
        else:
            used = height if height <= PAGE else height % PAGE
    return out
