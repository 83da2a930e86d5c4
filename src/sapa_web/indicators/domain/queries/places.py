"""Figures of one place or institution against those above it and against its peers, and of a node's parts side by side."""

from __future__ import annotations

from collections.abc import Iterable, Mapping, Sequence
from dataclasses import dataclass, field
from statistics import quantiles
from typing import Any

import pyarrow as pa
import pyarrow.compute as pc

from sapa.publication.facts import Fact
from sapa.publication.labels import Labels
from sapa.publication.numbers import rounded
from sapa.publication.tables import SYMBOLS
from sapa_web.indicators.domain.live import live_traits
from sapa_web.indicators.domain.queries.facts import Figures
from sapa_web.indicators.domain.queries.reach import Reach
from sapa_web.indicators.domain.queries.sources import frozen_periods
from sapa_web.indicators.domain.units import official_traits
from sapa_web.orgs.models import Organisation

FEWEST_PEERS = 5
"""Others a comparison needs: among fewer, the others' own figures could be read off."""


@dataclass(frozen=True)
class Written:
    """A value as it stands on the page."""

    text: str
    value: float | None = None
    name: str = ""


@dataclass(frozen=True)
class Spread:
    """How the peers lie: lowest, quartiles, highest; ``n`` others. The last five places are positions from 0 to 100."""

    n: int
    texts: tuple[str, str, str, str, str]
    places: tuple[float, float, float, float, float]
    own: float | None


@dataclass(frozen=True)
class Line:
    """One indicator: own figure, those above, the peers."""

    id: str
    title: str
    unit: str
    own: Written
    above: tuple[Written, ...]
    spread: Spread | None


@dataclass
class Comparison:
    """The page of one place or institution."""

    above: list[str] = field(default_factory=list)
    themes: list[tuple[str, list[Line]]] = field(default_factory=list)
    peers: int = 0


def place_cut(figures: Figures, reach: Reach, code: str) -> dict[str, str] | None:
    """The cut of an office: the dimension that holds its code; ``None`` where no figure has it."""
    for name in reach.place_dimensions():
        for indicator in figures.indicators:
            cells = figures.cells(indicator, (name,))
            if cells:
                if any((code,) in facts for facts in cells.values()):
                    return {name: code}
                break
    return None


def cut_of(figures: Figures, reach: Reach, node: Organisation) -> dict[str, str] | None:
    """The cut of a node: nothing for the top of the tree; with a reader's only level of education, where he has one."""
    cut = {} if node.parent_id is None else place_cut(figures, reach, node.code)
    if cut is None:
        return None
    level = reach.only_level()
    return {**cut, **({level[0]: level[1]} if level else {})}


def key_indicators(labels: Labels, figures: Figures, most: int = 8) -> list[str]:
    """The indicators the pack's reports draw first, one of each theme; else the first of each theme."""
    known = set(figures.indicators)
    drawn = [chart.indicator for report in labels.pack.reports for chapter in report.chapters for chart in chapter.charts]
    ranked = [*drawn, *(item.id for item in labels.pack.indicators)]
    out: dict[str, str] = {}
    for name in ranked:
        if name in known:
            out.setdefault(labels.indicator(name).theme, name)
    order = [theme.id for theme in labels.pack.themes]
    return [out[theme] for theme in order if theme in out][:most]


def written(item: Any, fact: Fact | None, labels: Labels) -> Written:
    """A fact as a page shows it."""
    if fact is None:
        return Written(SYMBOLS["missing"])
    if "suppressed" in fact.marks:
        return Written(SYMBOLS["suppressed"])
    if fact.value is None:
        return Written(SYMBOLS["not_applicable" if "not_applicable" in fact.marks else "missing"], name=fact.id)
    return Written(labels.lang.exact(rounded(fact.value, item.decimals)), fact.value, fact.id)


class UnitValues:
    """Figures of single units of one period, looked up by indicator."""

    def __init__(self, figures: Figures, period: str, indicators: Iterable[str] | None = None) -> None:
        table = figures.units(period)
        if indicators is not None:
            table = table.filter(pc.is_in(table["indicator"], value_set=pa.array(list(indicators), pa.string())))
        self.by: dict[str, dict[str, float | None]] = {}
        columns = (table["indicator"].to_pylist(), table["unit"].to_pylist(), table["value"].to_pylist())
        for indicator, unit, value in zip(*columns, strict=True):
            self.by.setdefault(indicator, {})[unit] = value

    def written(self, item: Any, unit: str, labels: Labels) -> Written:
        """One unit's figure."""
        value = self.by.get(item.id, {}).get(unit)
        if value is None:
            return Written(SYMBOLS["missing"])
        return Written(labels.lang.exact(rounded(value, item.decimals)), value, f"{item.id}")


def traits_of(figures: Figures, period: str) -> Mapping[str, Mapping[str, str]]:
    """What every unit of a period is, by dimension."""
    if figures.provisional:
        return live_traits(figures.pack, period)
    frozen = next(item for item in frozen_periods(figures.pack) if item.period == period)
    return official_traits(frozen)


def trait_dimensions(traits: Mapping[str, Mapping[str, str]], unit: str, labels: Labels) -> list[tuple[str, str, str]]:
    """By what an institution can be compared: (dimension, title, its own code's title)."""
    own = traits.get(unit, {})
    return [(name, labels.dimension_title(name), labels.code(name, code)) for name, code in own.items()]


def usual_traits(labels: Labels, reach: Reach, named: Sequence[str]) -> list[str]:
    """What makes peers unless the reader says otherwise: the register's first cut by two traits that are no places."""
    places = reach.place_dimensions()
    register = next((item for item in labels.pack.datasets if item.register_), None)
    pairs = [cut for cut in (register.cuts if register else ()) if len(cut) > 1]
    for cut in pairs:
        if all(name in named and name not in places for name in cut):
            return list(cut)
    return [name for name in named if name not in places][:1]


def compare_unit(
    figures: Figures, period: str, unit: str, alike: Sequence[str], labels: Labels, reach: Reach, *, only: Sequence[str] = ()
) -> Comparison:
    """An institution against the places above it and the institutions that are alike in the chosen dimensions."""
    traits = traits_of(figures, period)
    own = traits.get(unit, {})
    peers = {other for other, held in traits.items() if other != unit and all(held.get(name) == own.get(name) for name in alike)}
    values = UnitValues(figures, period, only or None)
    above = [(name, own[name]) for name in reach.place_dimensions() if name in own]
    out = Comparison(
        above=[labels.code(name, code) for name, code in reversed(above)] + [labels.lang.text("total")], peers=len(peers)
    )
    lines: dict[str, list[Line]] = {}
    for item in _items(figures, labels, period, only):
        if item.id not in values.by or unit not in values.by[item.id] or not reach.allows(item.id):
            continue
        cuts: list[dict[str, str]] = [{name: code} for name, code in reversed(above)] + [{}]
        told = tuple(written(item, _seen(figures, reach, item.id, period, cut), labels) for cut in cuts)
        mine = values.by[item.id]
        others = [value for other in peers if (value := mine.get(other)) is not None]
        line = Line(
            item.id, labels.text(item.title), labels.lang.unit(item.unit), values.written(item, unit, labels), told,
            spread_of(others, mine.get(unit), item, labels),
        )  # fmt: skip
        lines.setdefault(item.theme, []).append(line)
    out.themes = _by_theme(lines, labels)
    return out


def compare_place(
    figures: Figures, period: str, cut: Mapping[str, str], labels: Labels, reach: Reach, *, only: Sequence[str] = ()
) -> Comparison:
    """A place against the whole and against the other places of its kind."""
    out = Comparison(above=[labels.lang.text("total")] if cut else [])
    lines: dict[str, list[Line]] = {}
    for item in _items(figures, labels, period, only):
        fact = _seen(figures, reach, item.id, period, cut)
        if fact is None:
            continue
        others = []
        if len(cut) == 1:
            ((name, code),) = cut.items()
            cells = figures.cells(item.id, (name,)).get(period, {})
            others = [
                each.value for codes, each in cells.items() if codes != (code,) and each.value is not None and codes[0] != "_U"
            ]
            out.peers = max(out.peers, len(others))
        above = (written(item, figures.fact(item.id, period), labels),) if cut else ()
        own = written(item, fact, labels)
        spread = spread_of(others, own.value, item, labels)
        lines.setdefault(item.theme, []).append(
            Line(item.id, labels.text(item.title), labels.lang.unit(item.unit), own, above, spread)
        )
    out.themes = _by_theme(lines, labels)
    return out


def _seen(figures: Figures, reach: Reach, indicator: str, period: str, cut: Mapping[str, str]) -> Fact | None:
    return figures.fact(indicator, period, cut) if reach.visible(indicator, cut.items()) else None


def _items(figures: Figures, labels: Labels, period: str, only: Sequence[str]) -> list[Any]:
    known = set(only) & set(figures.indicators) if only else set(figures.indicators)
    return [item for item in labels.pack.indicators if item.id in known and item.holds(period)]


def _by_theme(lines: Mapping[str, list[Line]], labels: Labels) -> list[tuple[str, list[Line]]]:
    return [(labels.text(theme.title), lines[theme.id]) for theme in labels.pack.themes if theme.id in lines]


def spread_of(others: Sequence[float], own: float | None, item: Any, labels: Labels) -> Spread | None:
    """Quartiles of the others (type 7, as the engine's); nothing where they are too few or all the same."""
    if len(others) < FEWEST_PEERS or min(others) == max(others):
        return None
    ordered = sorted(others)
    q1, median, q3 = quantiles(ordered, n=4, method="inclusive")
    five = (ordered[0], q1, median, q3, ordered[-1])
    low, high = min(five[0], own if own is not None else five[0]), max(five[-1], own if own is not None else five[-1])
    span = (high - low) or 1.0

    def at(value: float) -> float:
        return round(5 + (value - low) / span * 190, 1)

    texts = tuple(labels.lang.exact(rounded(value, item.decimals)) for value in five)
    places = tuple(at(value) for value in five)
    return Spread(len(others), texts, places, None if own is None else at(own))  # type: ignore[arg-type]
