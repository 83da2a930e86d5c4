"""Facts for reading: official ones from frozen archives, provisional ones live; the two are never put together.

A :class:`Figures` is one or the other. Its facts lie in memory and are read again only when a file behind them has changed.
"""

from __future__ import annotations

from collections.abc import Callable, Iterable, Iterator, Mapping
from dataclasses import dataclass
from datetime import date
from functools import cached_property, lru_cache

import pyarrow as pa
import pyarrow.compute as pc
import pyarrow.parquet as pq

from sapa.indicators.facts import dimensions_of, latest, select_cut
from sapa.publication.facts import Fact, marks_of
from sapa_web.common.files import archive
from sapa_web.indicators.domain.queries.sources import Frozen, frozen_packs, frozen_periods, open_periods

OFFICIAL, PROVISIONAL = "official", "provisional"
Codes = tuple[str, ...]
"""Codes of a cut, in the order of its dimensions' names."""
Cells = Mapping[str, Mapping[Codes, Fact]]
"""Facts of one cut by period, then by codes."""


@dataclass(frozen=True)
class Stamp:
    """Where the figures of a period come from. ``root`` is empty for provisional ones."""

    period: str
    root: str = ""
    as_of: str = ""
    submissions: int = 0
    version: str = ""

    @property
    def day(self) -> date | None:
        """The day the data were fixed as of."""
        return date.fromisoformat(self.as_of) if self.as_of else None


@dataclass
class Figures:
    """Facts of one pack in one state, aggregated (no unit is named in them); ``units`` gives those of units."""

    pack: str
    state: str
    stamps: dict[str, Stamp]
    table: pa.Table
    load_units: Callable[[str], pa.Table]

    @property
    def provisional(self) -> bool:
        return self.state == PROVISIONAL

    @cached_property
    def periods(self) -> tuple[str, ...]:
        """Periods with figures of their own, the earliest first."""
        return tuple(sorted(self.stamps))

    @cached_property
    def _slices(self) -> dict[str, pa.Table]:
        if not self.table.num_rows:
            return {}
        ordered = self.table.take(pc.sort_indices(self.table, sort_keys=[("indicator", "ascending")]))
        names = pc.run_end_encode(ordered["indicator"].combine_chunks())
        out, first = {}, 0
        for name, end in zip(names.values.to_pylist(), names.run_ends.to_pylist(), strict=True):
            out[str(name)] = ordered.slice(first, end - first)
            first = end
        return out

    @property
    def indicators(self) -> Iterable[str]:
        """Indicators that have figures."""
        return self._slices.keys()

    @cached_property
    def _indexes(self) -> dict[str, dict[frozenset[str], Cells]]:
        return {}

    def cuts(self, indicator: str) -> dict[frozenset[str], Cells]:
        """Every cut of an indicator with its facts; the total is the empty set."""
        known = self._indexes.get(indicator)
        if known is None:
            part = self._slices.get(indicator)
            known = self._indexes[indicator] = _indexed(part) if part is not None else {}
        return known

    @cached_property
    def _totals(self) -> dict[str, Cells]:
        """The whole of every indicator: what lists show, had without looking at the cuts."""
        mask: pa.Array | None = None
        for name in dimensions_of(self.table):
            here = pc.is_null(self.table[name])
            mask = here if mask is None else pc.and_(mask, here)
        part = self.table if mask is None else self.table.filter(mask)
        out: dict[str, dict[str, dict[Codes, Fact]]] = {}
        for fact in _facts(part):
            out.setdefault(fact.indicator, {})[fact.period] = {(): fact}
        return dict(out)

    def cells(self, indicator: str, cut: Iterable[str] = ()) -> Cells:
        """Facts of one cut; empty where the indicator is not cut so."""
        wanted = frozenset(cut)
        if not wanted:
            return self._totals.get(indicator, {})
        whole = self._indexes.get(indicator)
        return whole.get(wanted, {}) if whole is not None else self._single(indicator, wanted)

    def _single(self, indicator: str, cut: frozenset[str]) -> Cells:
        """One cut alone: a page of all indicators must not read all their cuts."""
        known = self._cuts.get((indicator, cut))
        if known is None:
            part = self._slices.get(indicator)
            dimensions = dimensions_of(self.table)
            there = part is not None and cut <= set(dimensions)
            chosen = select_cut(part, dimensions, tuple(cut)) if there else None
            known = _indexed(chosen).get(cut, {}) if chosen is not None else {}
            self._cuts[indicator, cut] = known
        return known

    @cached_property
    def _cuts(self) -> dict[tuple[str, frozenset[str]], Cells]:
        return {}

    def fact(self, indicator: str, period: str, cut: Mapping[str, str] | None = None) -> Fact | None:
        """One fact, or nothing."""
        codes = cut or {}
        return self.cells(indicator, codes).get(period, {}).get(tuple(codes[name] for name in sorted(codes)))

    def units(self, period: str) -> pa.Table:
        """Facts of single units: indicator, unit, numerator, denominator, value, count, flag. Only for readers in scope."""
        return self.load_units(period)


def _facts(part: pa.Table) -> Iterator[Fact]:
    dimensions = [name for name in dimensions_of(part) if part[name].null_count < part.num_rows]
    names = ["indicator", "period", "numerator", "denominator", "value", "count", "flag", *dimensions]
    places = sorted(range(len(dimensions)), key=lambda place: dimensions[place])
    columns = [part[name].to_pylist() for name in names]
    for indicator, period, numerator, denominator, value, count, flag, *codes in zip(*columns, strict=True):
        pairs = tuple((dimensions[place], str(codes[place])) for place in places if codes[place] is not None)
        marks = marks_of(flag)
        if "suppressed" in marks:
            numerator = denominator = value = count = None
        yield Fact(indicator, period, pairs, value, numerator, denominator, count, marks)


def _indexed(part: pa.Table) -> dict[frozenset[str], Cells]:
    out: dict[frozenset[str], dict[str, dict[Codes, Fact]]] = {}
    for fact in _facts(part):
        cut = frozenset(name for name, _ in fact.cut)
        out.setdefault(cut, {}).setdefault(fact.period, {})[tuple(code for _, code in fact.cut)] = fact
    return dict(out)


def official(pack: str) -> Figures | None:
    """The official figures of a pack: every frozen period, of several words on one fact the latest."""
    frozen = frozen_periods(pack)
    return _official(frozen) if frozen else None


@lru_cache(maxsize=4)
def _official(frozen: tuple[Frozen, ...]) -> Figures:
    from sapa_web.indicators.domain.units import official_units  # it reads rows, only when somebody asks for a unit

    tables = [_read(item, name) for item in frozen for name, _, _ in item.files]
    stamps = {
        item.period: Stamp(item.period, item.root, item.as_of.isoformat(), item.submissions, item.version) for item in frozen
    }
    by_period = {item.period: item for item in frozen}
    return Figures(frozen[0].pack, OFFICIAL, stamps, latest(tables), lambda period: official_units(by_period[period]))


def _read(frozen: Frozen, name: str) -> pa.Table:
    filesystem, path = archive(frozen.pack, frozen.period).filesystem(name)
    return pq.read_table(path, filesystem=filesystem, page_checksum_verification=True)


def provisional(pack: str, period: str = "") -> Figures | None:
    """The provisional figures of a period that is still being collected (default: the newest of the pack)."""
    from sapa_web.indicators.domain.live import current

    fixed = {item.period for item in frozen_periods(pack)}
    periods = sorted(when for name, when in open_periods() if name == pack and when not in fixed)
    if period and period not in periods:
        return None
    return current(pack, period or periods[-1]) if periods else None


def figures_of(pack: str, state: str, period: str = "") -> Figures | None:
    """The figures of a pack in a state."""
    return provisional(pack, period) if state == PROVISIONAL else official(pack)


def packs_with_figures() -> dict[str, tuple[str, ...]]:
    """Packs and the states they have figures in, without reading any."""
    out: dict[str, list[str]] = {}
    fixed = {}
    for pack in frozen_packs():
        fixed[pack] = {item.period for item in frozen_periods(pack)}
        if fixed[pack]:
            out[pack] = [OFFICIAL]
    for pack, period in open_periods():
        if period not in fixed.get(pack, set()) and PROVISIONAL not in out.setdefault(pack, []):
            out[pack].append(PROVISIONAL)
    return {pack: tuple(states) for pack, states in out.items()}
