"""A chosen table: combinations of codes in rows, indicators × periods in columns; positions of facts until a page is written."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass, field
from functools import lru_cache

import numpy as np
import pyarrow as pa

from sapa.indicators import UNKNOWN
from sapa.publication.facts import Mark, fact_id
from sapa.publication.labels import Labels
from sapa.publication.numbers import rounded
from sapa.publication.tables import SYMBOLS
from sapa_web.portal.domain.queries.builder import Asked, subsets
from sapa_web.portal.domain.queries.cube import Array, Cube, cube_of
from sapa_web.portal.models import DataVersion

MOST_COLUMNS = 12
NOTHING = -1


@dataclass(frozen=True)
class Column:
    """An indicator in a period; ``period`` empty where the periods stand in rows."""

    key: str
    indicator: str
    period: str


@dataclass(frozen=True)
class Pivot:
    """``facts[row, column]`` is a fact's position, or -1; ``ranks[row]`` the row's codes, 0 = the whole, in ``lists``' order."""

    columns: tuple[Column, ...]
    heads: tuple[str, ...]
    lists: tuple[tuple[str, ...], ...]
    ranks: Array
    facts: Array

    @property
    def rows(self) -> int:
        """How many lines it has."""
        return int(self.facts.shape[0])

    @property
    def cells(self) -> int:
        """How many places for figures it has."""
        return int(self.facts.size)

    @property
    def positions(self) -> Array:
        """Positions of all its facts, ascending."""
        return np.sort(self.facts[self.facts != NOTHING])

    def taken(self, cube: Cube) -> pa.Table:
        """Its facts, as they are published."""
        return cube.table.take(pa.array(self.positions))


def pivot(version: DataVersion, asked: Asked, labels: Labels) -> Pivot:
    """The table; one that was asked for a moment ago is not built again."""
    return _pivot((version.digest, *asked.key, labels.lang.code), _Call(version, asked, labels))


@dataclass(frozen=True)
class _Call:
    """What a table is built from; the key beside it tells tables apart."""

    version: DataVersion = field(compare=False)
    asked: Asked = field(compare=False)
    labels: Labels = field(compare=False)


@lru_cache(maxsize=24)
def _pivot(key: tuple[object, ...], call: _Call) -> Pivot:
    return build(cube_of(call.version), call.asked, call.labels)


def build(cube: Cube, asked: Asked, labels: Labels) -> Pivot:
    """Lay out the chosen facts."""
    long = len(asked.indicators) * len(asked.periods) > MOST_COLUMNS
    heads = (*asked.by, "period") if long or not asked.by else asked.by
    lists = tuple(_listed(cube, asked, labels, name) for name in heads)
    across = ("",) if "period" in heads else asked.periods
    columns = tuple(
        Column(f"c{number * len(across) + place}", indicator, period)
        for number, indicator in enumerate(asked.indicators)
        for place, period in enumerate(across)
    )
    keys, places, facts = _gathered(cube, asked, heads, lists, across)
    found, rows = np.unique(keys, return_inverse=True)
    matrix = np.full((len(found), len(columns)), NOTHING, np.int64)
    matrix[rows, places] = facts
    ranks = np.empty((len(found), len(heads)), np.int32)
    rest = found.copy()
    for place in reversed(range(len(heads))):
        size = len(lists[place]) + 1
        ranks[:, place] = rest % size
        rest //= size
    made = Pivot(columns, heads, lists, ranks, matrix)
    return _sorted(made, cube, asked.sort) if asked.sort else made


def _listed(cube: Cube, asked: Asked, labels: Labels, name: str) -> tuple[str, ...]:
    """Codes of a head in the order of their list, those without a code at the end; of periods the newest first in long tables."""
    if name == "period":
        return asked.periods
    codes = labels.ordered(name, asked.codes.get(name) or cube.found(asked.indicators, asked.by, name))
    return tuple(sorted(codes, key=lambda code: code == UNKNOWN))


def _gathered(
    cube: Cube, asked: Asked, heads: Sequence[str], lists: Sequence[Sequence[str]], across: Sequence[str]
) -> tuple[Array, Array, Array]:
    """Key of the row, place of the column and position of every chosen fact."""
    ranks = {name: _ranks(cube.names[name], listed) for name, listed in zip(heads, lists, strict=True)}
    when = _ranks(cube.names["period"], asked.periods)
    keys, places, facts = [], [], []
    for number, indicator in enumerate(asked.indicators):
        for cut in subsets(asked):
            part = cube.part(indicator, cut)
            if part.stop == part.start:
                continue
            period = when[cube.codes["period"][part]]
            kept = period > 0
            key = np.zeros(part.stop - part.start, np.int64)
            for name, listed in zip(heads, lists, strict=True):
                rank = ranks[name][cube.codes[name][part]] if name in cut or name == "period" else np.int64(0)
                kept &= rank >= 0
                key = key * (len(listed) + 1) + rank
            keys.append(key[kept])
            places.append(number * len(across) + (period[kept] - 1 if across[0] else np.zeros_like(period[kept])))
            facts.append(np.arange(part.start, part.stop)[kept])
    empty = np.zeros(0, np.int64)
    return (np.concatenate(keys), np.concatenate(places), np.concatenate(facts)) if keys else (empty, empty, empty)


def _ranks(names: Sequence[str], listed: Sequence[str]) -> Array:
    """Place in the list, from 1 on, of each name; -1 where it is not listed; the last entry, which -1 points to, is the whole."""
    order = {code: place for place, code in enumerate(listed, 1)}
    return np.array([*(order.get(name, -1) for name in names), 0], np.int64)


def _sorted(made: Pivot, cube: Cube, sort: str) -> Pivot:
    """By a column: the wholes stay on top, what has no figure goes to the end."""
    falling, name = sort.startswith("-"), sort.removeprefix("-")
    place = next((number for number, column in enumerate(made.columns) if column.key == name), None)
    if place is None:
        return made
    facts = made.facts[:, place]
    values = np.where(facts == NOTHING, np.nan, cube.values[facts])
    whole = (made.ranks == 0).all(axis=1)
    order = np.lexsort((np.nan_to_num(-values if falling else values), np.isnan(values), ~whole))
    return Pivot(made.columns, made.heads, made.lists, made.ranks[order], made.facts[order])


@dataclass(frozen=True)
class Cell:
    """One figure as it stands on the page."""

    text: str
    name: str
    there: bool


class Writer:
    """Writes rows of a table in the reader's language; remembers which symbols stood in them."""

    def __init__(self, cube: Cube, asked: Asked, labels: Labels, made: Pivot) -> None:
        self.cube, self.asked, self.labels, self.made = cube, asked, labels, made
        self.marks: set[Mark] = set()
        self._known: dict[tuple[str, tuple[str, ...]], set[str]] = {}
        self._decimals = [labels.indicator(column.indicator).decimals for column in made.columns]

    def rows(self, first: int, last: int) -> list[tuple[list[tuple[str, bool]], list[Cell]]]:
        """Heads (text, whether it is a whole) and cells of some lines."""
        out = []
        for row in range(first, min(last, self.made.rows)):
            codes = [listed[rank - 1] if rank else "" for listed, rank in zip(self.made.lists, self.made.ranks[row], strict=True)]
            heads = [self._head(name, code) for name, code in zip(self.made.heads, codes, strict=True)]
            out.append((heads, self._cells(row, dict(zip(self.made.heads, codes, strict=True)))))
        return out

    def _head(self, name: str, code: str) -> tuple[str, bool]:
        if name == "period":
            return self.labels.lang.period(code), False
        return (self.labels.code(name, code), False) if code else (self.labels.lang.text("total"), True)

    def _cells(self, row: int, codes: dict[str, str]) -> list[Cell]:
        cut = tuple((name, code) for name, code in codes.items() if code and name != "period")
        out = []
        for place, column in enumerate(self.made.columns):
            fact, period = int(self.made.facts[row, place]), column.period or codes.get("period", "")
            name = fact_id(column.indicator, period, cut)
            mark: Mark | None = self.cube.mark(fact) if fact != NOTHING else self._absent(column.indicator, period, cut)
            if mark:
                self.marks.add(mark)
            if mark is None or mark == "provisional":
                shown = rounded(float(self.cube.values[fact]), self._decimals[place])
                out.append(Cell(self.labels.lang.exact(shown) + (f" {SYMBOLS[mark]}" if mark else ""), name, True))
            else:
                out.append(Cell(SYMBOLS[mark], name, fact != NOTHING))
        return out

    def _absent(self, indicator: str, period: str, cut: Sequence[tuple[str, str]]) -> Mark:
        """No records of these codes where the indicator was cut so in that period; else it was not computed so."""
        part = self.cube.part(indicator, [name for name, _ in cut])
        known = self.cube.names["period"]
        if not cut or part.stop == part.start or period not in known:
            return "missing"
        return "not_applicable" if self._computed(indicator, period, tuple(name for name, _ in cut)) else "missing"

    def _computed(self, indicator: str, period: str, cut: tuple[str, ...]) -> bool:
        key = (indicator, cut)
        if key not in self._known:
            self._known[key] = self.cube.found([indicator], cut, "period")
        return period in self._known[key]

    @property
    def legend(self) -> list[tuple[str, str]]:
        """The symbols of the written lines in words."""
        return [(SYMBOLS[mark], self.labels.lang.text(f"sym_{mark}")) for mark in SYMBOLS if mark in self.marks]
