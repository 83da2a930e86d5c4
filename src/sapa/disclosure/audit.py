"""The attacker: what a reader of published facts can infer of each small figure, by linear programming."""

from __future__ import annotations

import math
from collections.abc import Mapping, Sequence
from dataclasses import dataclass, replace
from typing import Any

import numpy as np
import pyarrow as pa

from sapa.disclosure.figures import RowKey, is_suppressed
from sapa.disclosure.programme import INFINITE, SEED, Bounds, Programme
from sapa.disclosure.protect import described
from sapa.disclosure.rounding import told_rounded
from sapa.disclosure.system import System
from sapa.indicators.facts import dimensions_of
from sapa.packs.loader import Pack

ROUNDS = 24
"""Programmes that look for points far apart before single figures are looked at."""


@dataclass(frozen=True)
class Interval:
    """Where a reader can locate a small figure. It is exposed where that proves it small, or is too narrow."""

    name: str
    truth: float
    low: float
    high: float
    exposed: bool
    before: bool = False
    """Whether other versions alone told it to a reader who knows what was corrected."""


@dataclass(frozen=True)
class Audit:
    """Every small figure with the interval that can be inferred of it."""

    intervals: tuple[Interval, ...]

    @property
    def exposed(self) -> tuple[Interval, ...]:
        """Those a reader can find out."""
        return tuple(item for item in self.intervals if item.exposed)

    @property
    def told_by_others(self) -> tuple[Interval, ...]:
        """Those that other versions alone told to a reader who knows every correction."""
        return tuple(item for item in self.intervals if item.before)

    def as_json(self) -> dict[str, Any]:
        """The report; an interval without an end has ``None`` there."""
        cells = [{**vars(item), "high": item.high if math.isfinite(item.high) else None} for item in self.intervals]
        return {"small_figures": len(cells), "exposed": len(self.exposed), "cells": cells}


def audit(published: pa.Table, pack: Pack, *, truth: pa.Table, released: Sequence[pa.Table] = (), exact: bool = True) -> Audit:
    """Attack what is published: ``truth`` are the facts before protection, which only the auditor has.

    A small figure is exposed where its upper bound is below the threshold, or where the interval is narrower than the pack's
    ``width``. Bounds of counts are brought to whole numbers. With ``released`` (other versions as they were published) the reader
    is one who knows what every correction changed, so that a figure told in any version is known in all. What such a reader had
    from those versions alone is set apart (``before``) and attacked again with what this version tells by itself.
    """
    system = System.of(truth, pack, released)
    shown = _shown(published)
    rows = {number for row in system.figures.rows if row.key in shown for number in row.reveals}
    every = [number for number in range(len(system.figures.figures)) if system.small(number)]
    small = [number for number in every if not system.rounds(number)]
    rounded = _of_rounded(system, [number for number in every if system.rounds(number)], published, exact)
    unknown = [number for number in small if number not in system.known]
    found = rounded | _Attacker(system, system.known | rows, exact).intervals(unknown)
    if not released:
        return Audit(tuple(found.values()))
    alone = system.alone()
    suspects = [number for number, item in found.items() if item.exposed and number not in rounded]
    earlier = _Attacker(system, system.known, exact).intervals(suspects)
    before = {number for number, item in earlier.items() if item.exposed} | system.told_small.intersection(small)
    again = _Attacker(alone, rows, exact).intervals(sorted(before))
    marked = {number: replace(item, before=True) for number, item in again.items()}
    return Audit(tuple((found | marked).values()))


def _of_rounded(system: System, small: Sequence[int], published: pa.Table, exact: bool) -> dict[int, Interval]:
    """Small figures that are rounded: every figure may be anything its multiple leaves open, all sums kept.

    Other versions are not looked at: what has not changed is rounded as it was, and what has changed is another figure.
    """
    return _Attacker(system, set(), exact, told_rounded(system, published)).intervals(small) if small else {}


class _Attacker:
    """Linear programmes over what a reader does not know."""

    def __init__(
        self, system: System, told: set[int], exact: bool, shown: Mapping[int, tuple[float, float]] | None = None
    ) -> None:
        self.system, self.told, self.exact, self.shown = system, told, exact, shown
        self.touching = system.relations.touching()
        self.hidden = set(range(len(system.figures.figures))) - told

    def intervals(self, small: Sequence[int]) -> dict[int, Interval]:
        """Where the reader can locate each of these figures."""
        out: dict[int, Interval] = {}
        waiting = set(small)
        for figure in small:
            if figure in self.told:
                out[figure] = _interval(self.system, figure, Bounds(0.0, 0.0))
                waiting.discard(figure)
            elif figure in waiting:
                # All small figures of a data set and period at once: some are bounded by each other, not by a sum.
                near = [one for one in waiting if one not in self.told and _alike(self.system, one, figure)]
                reach = self.system.component(near, self.hidden)
                programme = self._programme(reach)
                out |= self._within(programme, sorted(reach & waiting))
                waiting -= reach
        return out

    def _within(self, programme: Programme, figures: Sequence[int]) -> dict[int, Interval]:
        """The intervals of figures that stand in one programme."""
        if self.exact:
            return {one: _interval(self.system, one, _reach(programme, one)) for one in figures}
        seen = _points(programme, figures)
        out: dict[int, Interval] = {}
        for one in figures:
            found = _interval(self.system, one, seen[one])
            out[one] = _interval(self.system, one, _reach(programme, one)) if found.exposed else found
        return out

    def _bounds(self, figure: int) -> Bounds:
        if self.shown is None:
            return self.system.bounds(figure)
        truth = self.system.figures.figures[figure].truth
        low, high = self.shown.get(
            figure, (-INFINITE if self.system.figures.figures[figure].key.core[0] == "sum" else 0.0, INFINITE)
        )
        return Bounds(truth - low, high - truth)

    def _programme(self, reach: set[int]) -> Programme:
        system = self.system
        numbers = sorted({number for one in reach for number in self.touching.get(one, ())})
        moves = {one: self._bounds(one) for one in sorted(reach)}
        between = [item for item in system.between() if any(one in reach for one in item.factors)]
        sums = [system.relations.sums[number] for number in numbers]
        if self.shown is not None:
            sums = [relation for relation in sums if not relation.rest]
        return Programme(moves, sums, between)


def _shown(published: pa.Table) -> set[RowKey]:
    """Rows of which the table tells anything."""
    dimensions = sorted(dimensions_of(published))
    names = ("indicator", "period", "flag", "numerator", "denominator", "value", "count")
    columns = [published[name].to_pylist() for name in (*names, *dimensions)]
    out: set[RowKey] = set()
    for indicator, period, flag, n, d, v, c, *codes in zip(*columns, strict=True):
        cell = tuple((name, code) for name, code in zip(dimensions, codes, strict=True) if code is not None)
        if not is_suppressed(flag) or any(figure is not None for figure in (n, d, v, c)):
            out.add((indicator, period, cell))
    return out


def _alike(system: System, one: int, other: int) -> bool:
    first, second = (system.figures.figures[figure].key for figure in (one, other))
    return (first.dataset, first.period) == (second.dataset, second.period)


def _points(programme: Programme, figures: Sequence[int]) -> dict[int, Bounds]:
    """How far apart points lie that a few programmes find, each pushing every figure up or down by chance, not farther than
    ``FAR``: a push without an end would give no point."""
    seen = dict.fromkeys(figures, Bounds(0.0, 0.0))
    chance = np.random.default_rng(SEED)
    programme.narrow(figures)
    for _ in range(ROUNDS):
        moved = programme.push(figures, chance)
        for one in figures:
            move, known = moved.get(one, 0.0), seen[one]
            seen[one] = Bounds(max(known.down, -move), max(known.up, move))
    programme.widen(figures)
    return seen


def _reach(programme: Programme, figure: int) -> Bounds:
    down = -programme.solve({figure: 1.0}, {figure: -1.0}).get(figure, 0.0)
    up = programme.solve({figure: -1.0}, {figure: 1.0}).get(figure, 0.0)
    return Bounds(abs(down) if math.isfinite(down) else INFINITE, up)


def _interval(system: System, figure: int, moves: Bounds) -> Interval:
    item = system.figures.figures[figure]
    rule = system.figures.policy.of(item.key.dataset, item.key.period)
    low = math.ceil(item.truth - moves.down - 1e-6)
    high = math.floor(item.truth + moves.up + 1e-6) if math.isfinite(moves.up) else math.inf
    return Interval(described(system, figure), item.truth, float(low), float(high), rule.exposes(low, high))
