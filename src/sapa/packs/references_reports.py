"""Names that reports, targets and themes use lead to something that exists, in this pack or in the regime it answers."""

from __future__ import annotations

from collections.abc import Iterator
from functools import cache
from pathlib import Path
from typing import Any

from sapa.errors import UserError
from sapa.packs.checks import finding, own, some
from sapa.packs.findings import Finding
from sapa.packs.loader import Pack, locate, read_raw, search_path
from sapa.packs.references_quality import Wanted


def report(element: Any) -> Iterator[Wanted]:
    """What a report names: themes, indicators, its deadline."""
    if element.deadline:
        yield ("deadline",), "calendar", element.deadline
    for c, chapter in enumerate(element.chapters):
        if chapter.theme:
            yield ("chapters", c, "theme"), "themes", chapter.theme
        for t, table in enumerate(chapter.tables):
            for i, name in enumerate(table.indicators):
                yield ("chapters", c, "tables", t, "indicators", i), "indicators", name
        for t, chart in enumerate(chapter.charts):
            yield ("chapters", c, "charts", t, "indicator"), "indicators", chart.indicator


def target(element: Any) -> Iterator[Wanted]:
    """What a target names: its indicator."""
    if element.indicator:
        yield ("indicator",), "indicators", element.indicator


def targets_measured(pack: Pack) -> Iterator[Finding]:
    """A target is held against a figure of its own unit, cut by dimensions that some data set has."""
    indicators = {item.element.id: item.element for item in pack.elements("indicators")}
    dimensions = {dimension.id for item in pack.elements("datasets") for dimension in item.element.dimensions}
    for item in own(pack, "targets"):
        measured = indicators.get(item.element.indicator)
        if measured is not None and measured.unit != item.element.unit:
            text = f"the target is in '{item.element.unit}', its indicator '{measured.id}' in '{measured.unit}'"
            yield finding(item, "wrong-value", text, ("unit",), allowed=measured.unit, todo="name an indicator of the same unit")
        for name in item.element.cut:
            if name not in dimensions:
                text = f"no data set has a dimension '{name}'"
                yield finding(item, "dangling-reference", text, ("cut", name), allowed=some(dimensions), todo="name a dimension")


def answered_themes(pack: Pack) -> Iterator[Finding]:
    """A theme answers a theme of another pack that exists."""
    for item in own(pack, "themes"):
        for index, reference in enumerate(item.element.answers):
            owner, _, name = reference.rpartition(":")
            known = _themes(owner, pack.folder.parent)
            if name not in known:
                text = f"no theme '{reference}' in reach" if known else f"'{owner}' is no pack with themes"
                todo = "name a theme of a data regime as pack-id:theme-id"
                yield finding(item, "dangling-reference", text, ("answers", index), allowed=some(known), todo=todo)


@cache
def _themes(owner: str, beside: Path) -> frozenset[str]:
    """Ids of the themes of a pack that need not be imported; empty where there is no such pack."""
    try:
        folder = locate(owner, [*search_path(), beside]) if owner else None
    except UserError:
        folder = None
    return frozenset(item.element.id for item in read_raw(folder).section("themes")) if folder else frozenset()
