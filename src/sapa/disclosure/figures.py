"""Facts as rows that reveal figures: which number of which box each row of a facts table tells a reader."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass, field
from typing import Any

import pyarrow as pa

from sapa.disclosure.boxes import Box, Measured, Space, measured, space_of
from sapa.disclosure.policy import policy_of
from sapa.errors import UserError
from sapa.formula import Node
from sapa.indicators.derived import MADE_FROM_FACTS, inputs_of
from sapa.indicators.facts import dimensions_of
from sapa.indicators.periods import shift_period
from sapa.indicators.plan import Plan, PlannedDimension, PlannedIndicator
from sapa.indicators.planner import plan as planned
from sapa.packs.loader import Pack

Codes = tuple[tuple[str, str], ...]
"""Dimension and code pairs of a cell, sorted by dimension."""
RowKey = tuple[str, str, Codes]
"""Indicator, period, cell."""


@dataclass(frozen=True)
class Key:
    """What a figure is: kind (count, sum, distinct), what is summed, data set, period, box."""

    core: tuple[Any, ...]
    dataset: str
    period: str
    box: Box


@dataclass
class Figure:
    """A number that rows reveal, or that follows from others (``latent``)."""

    key: Key
    truth: float
    latent: bool = False
    rows: list[int] = field(default_factory=list)
    counted: bool = False
    """Whether it is the number of rows behind a fact: never zero where the fact is hidden."""
    exists: bool = False
    """Whether it counts every row of a cell: a table that lists the cell tells that it is not zero."""
    missing: bool = False
    """Whether it counts rows that lack a value, and nothing else."""


@dataclass
class Row:
    """A row of the facts: the figures it reveals, those it rests on, the rows it is made from."""

    key: RowKey
    kind: str = ""
    """Kind of its indicator."""
    told: tuple[int | None, int | None, int | None] = (None, None, None)
    """The figures that are its count, numerator and denominator."""
    reveals: list[int] = field(default_factory=list)
    rests: list[int] = field(default_factory=list)
    pair: tuple[int, int] | None = None
    inputs: list[RowKey] = field(default_factory=list)
    lost: bool = False
    """It is made from a row that is not among the facts, and would tell what that row says."""


@dataclass
class Family:
    """A dimension by which a figure is broken down in full: the values its codes cover together."""

    covered: int = 0


SUPPRESSED = "C"
"""Flag of a fact that is not published (SDMX: statistical confidentiality)."""


class Figures:
    """Every row of a facts table and every figure behind it."""

    def __init__(self, facts: pa.Table, pack: Pack, released: Sequence[pa.Table] = ()) -> None:
        self.pack, self.policy = pack, policy_of(pack)
        self.facts = facts
        self.told: set[int] = set()
        self.told_as: dict[int, float] = {}
        """Rounded figures as the newest earlier release published them."""
        self.revised: set[int] = set()
        self.veiled: set[int] = set()
        self.told_rows: set[RowKey] = set()
        self.hidden_rows: set[RowKey] = set()
        self.figures: list[Figure] = []
        self.rows: list[Row] = []
        self.at: dict[RowKey, int] = {}
        self.index: dict[Key, int] = {}
        self.families: dict[tuple[Key, int], dict[str, Family]] = {}
        self.pairs: dict[tuple[int, int], None] = {}
        self.conflicts = 0
        self.spaces: dict[str, Space] = {}
        self.plans: dict[tuple[str, str], Plan] = {}
        self._old = False
        self._masks: dict[tuple[str, str, str, str], tuple[int, int]] = {}
        self._measures: dict[tuple[str, str, str], tuple[PlannedIndicator, dict[str, Measured]]] = {}
        self.items = {item.id: item for item in pack.indicators}
        self._spaces([facts, *released])
        for table in (facts, *released):
            self._read(table, old=table is not facts)
        for table in released:
            self._not_listed_before(table)
        for number, row in enumerate(self.rows):
            for figure in row.reveals:
                self.figures[figure].rows.append(number)
            row.lost = self._lost(row)
            if row.key in self.hidden_rows:
                self.veiled.update(row.reveals)
        self.veiled -= self.told

    def describes_persons(self, indicator: str, period: str) -> bool:
        """Whether an indicator is computed from rows about persons, or from indicators that are."""
        return bool(self.policy.behind(self.items, indicator, period))

    def figure(self, key: Key, truth: float, *, latent: bool = False) -> int:
        """The number of a figure; one that disagrees with the same figure told before stands apart, unlinked."""
        found = self.index.get(key)
        if found is not None:
            known = self.figures[found].truth
            same = abs(known - truth) <= 1e-6 * max(1.0, abs(truth))
            if self._old and not same:
                self.revised.add(found)
            if self._old or same:
                return found
            self.conflicts += 1
            key = Key((*key.core, "told otherwise", truth), key.dataset, key.period, key.box)
            if key in self.index:
                return self.index[key]
        self.index[key] = len(self.figures)
        self.figures.append(Figure(key, truth, latent))
        return self.index[key]

    def _lost(self, row: Row) -> bool:
        missing = [
            key
            for key in row.inputs
            if key not in self.at and key not in self.told_rows and self.describes_persons(key[0], key[1])
        ]
        growth = self.items[row.key[0]].kind == "growth"
        told = growth and row.reveals and missing == row.inputs[1:] and missing[0] not in self.hidden_rows
        return bool(missing) and not told

    # reading

    def _read(self, table: pa.Table, *, old: bool) -> None:
        """Rows of the facts, or what an earlier release (``old``) told and hid."""
        dimensions = sorted(dimensions_of(table))
        names = ["indicator", "period", "flag", "numerator", "denominator", "value", "count"]
        columns = [table[name].to_pylist() for name in (*names, *dimensions)]
        for indicator, period, flag, n, d, v, c, *codes in zip(*columns, strict=True):
            cell = tuple((name, code) for name, code in zip(dimensions, codes, strict=True) if code is not None)
            if indicator not in self.items:
                raise UserError(f"pack {self.pack.id} has no indicator {indicator}", todo="give the pack the facts came from")
            row = Row((indicator, period, cell), self.items[indicator].kind)
            if not old:
                self.at[row.key] = len(self.rows)
                self.rows.append(row)
                self._fill(row, n, d, v, c)
            elif is_suppressed(flag):
                self.hidden_rows.add(row.key)
            else:
                self.told_rows.add(row.key)
                self._fill(row, n, d, v, c, old=True)
                self.told.update(row.reveals)

    def _not_listed_before(self, table: pa.Table) -> None:
        """A cell that an earlier release did not list among those of its indicator was rounded to nothing there."""
        asked = set(zip(table["indicator"].to_pylist(), table["period"].to_pylist(), strict=True))
        for row in self.rows:
            figure = row.told[0]
            if figure is None or row.key[:2] not in asked or row.key in self.told_rows or row.key in self.hidden_rows:
                continue
            if self.figures[figure].exists and self.policy.of(self.figures[figure].key.dataset, row.key[1]).method == "round":
                self.told_as.setdefault(figure, 0.0)

    def _spaces(self, tables: Sequence[pa.Table]) -> None:
        """Plans of every data set and period the facts speak of, and the variables of each data set."""
        periods = sorted({period for table in tables for period in table["period"].to_pylist()})
        asked = {name for table in tables for name in table["indicator"].to_pylist() if name in self.items}
        leads = {item.lead for item in self.items.values() if item.kind == "cohort"}
        lags = {item.lag for item in self.items.values() if item.kind == "growth"}
        moves = {0, *leads, *(-lag for lag in lags)}
        wanted = sorted({shift_period(period, move) for period in periods for move in moves})
        codes: dict[str, set[str]] = {}
        for table in tables:
            for name in dimensions_of(table):
                codes.setdefault(name, set()).update(code for code in table[name].to_pylist() if code is not None)
        used = {item.dataset for name, item in self.items.items() if hasattr(item, "dataset") and self._wanted(name, asked)}
        for dataset in sorted(used):
            for period in wanted:
                self.plans[dataset, period] = planned(self.pack, dataset, None, period)
            self.spaces[dataset] = space_of([self.plans[dataset, period] for period in wanted], codes)

    def _wanted(self, name: str, asked: set[str]) -> bool:
        """Whether an indicator is among the facts, or behind one that is."""
        if name in asked:
            return True
        return any(name in inputs_of(self.items[other]) for other in asked if self.items[other].kind in MADE_FROM_FACTS)

    def _fill(self, row: Row, n: float | None, d: float | None, v: float | None, c: int | None, *, old: bool = False) -> None:
        self._old = old
        item = self.items[row.key[0]]
        if item.kind in MADE_FROM_FACTS:
            self._made(row, item, d, v)
        elif self.policy.protects(item.dataset, row.key[1]):
            self._measured(row, item, n, d, c)

    # rows computed from the rows of a data set

    def _measured(self, row: Row, item: Any, n: float | None, d: float | None, c: int | None) -> None:
        period = row.key[1]
        later = shift_period(period, item.lead) if item.kind == "cohort" else period
        found, measures = self._planned(item, period)
        counted = self._figure(item, period, measures[found.count], row.key[2], c)
        if counted is not None:
            self.figures[counted].counted |= found.over is None
            self.figures[counted].exists |= not measures[found.count].atoms
            row.reveals.append(counted)
        below = tuple(pair for pair in row.key[2] if pair[0] != found.over)
        top = self._told(item, later, found.numerator, measures, self._shifted(item, row.key[2]), n)
        under = self._told(item, period, found.denominator, measures, below, d)
        row.told = (counted, top, under)
        row.reveals += [figure for figure in (top, under) if figure is not None and figure not in row.reveals]
        if top is not None and under is not None and later == period and self._inside(top, under):
            row.pair = (top, under)
            self.pairs[row.pair] = None
        if item.kind == "quantile":
            self._values_behind(row, item, measures)

    def _planned(self, item: Any, period: str) -> tuple[PlannedIndicator, dict[str, Measured]]:
        key = (item.dataset, item.id, period)
        if key not in self._measures:
            plan = self.plans[item.dataset, period]
            known = {measure.name: found for measure in plan.measures if (found := measured(measure)) is not None}
            mine = [part for part in plan.indicators if part.id == item.id]
            if not mine:
                raise UserError(f"{item.id} is no indicator of {period}", todo="give the pack the facts came from")
            self._measures[key] = mine[0], known
        return self._measures[key]

    def _told(
        self, item: Any, period: str, node: Node | None, measures: dict[str, Measured], cell: Codes, truth: float | None
    ) -> int | None:
        """The figure that a numerator or denominator is, where it is a single measure."""
        while node is not None and node.op == "cast":
            node = node.args[0]
        if node is None or truth is None or node.op != "column" or str(node.value) not in measures:
            return None
        if (item.dataset, period) not in self.plans:
            return None
        return self._figure(item, period, measures[str(node.value)], cell, truth)

    def _figure(self, item: Any, period: str, measure: Measured, cell: Codes, truth: float | None) -> int | None:
        if truth is None or measure.core[0] == "quantile":
            return None
        space = self.spaces[item.dataset]
        condition = [space.mask_of(atom) for atom in measure.atoms]
        masks = [self._mask(item.dataset, period, name, code) for name, code in cell]
        box = space.box([*condition, *masks])
        if box is None:
            return None
        for place, (name, _) in enumerate(cell):
            rest = space.box([*condition, *masks[:place], *masks[place + 1 :]])
            variable, mask = masks[place]
            if rest is not None:
                line = (self._without(measure, item.dataset, period, rest, variable), variable)
                self.families.setdefault(line, {}).setdefault(name, Family()).covered |= mask
        key = Key(measure.core, item.dataset, period, box)
        if self._old and self.policy.of(item.dataset, period).method == "round":
            # An earlier release rounded it: that tells no more than its multiple, but it should be rounded so again.
            if key in self.index:
                self.told_as[self.index[key]] = float(truth)
            return None
        return self.figure(key, float(truth))

    @staticmethod
    def _without(measure: Measured, dataset: str, period: str, box: Box, variable: int) -> Key:
        return Key(measure.core, dataset, period, tuple(part for part in box if part[0] != variable))

    def _mask(self, dataset: str, period: str, name: str, code: str) -> tuple[int, int]:
        key = (dataset, period, name, code)
        if key not in self._masks:
            plan, space = self.plans[dataset, period], self.spaces[dataset]
            dimension = next(item for item in plan.dimensions if item.id == name)
            number = space.index[_node_of(plan, dimension)]
            self._masks[key] = number, space.mask_of_code(number, dimension, code)
        return self._masks[key]

    @staticmethod
    def _shifted(item: Any, cell: Codes) -> Codes:
        """The cell of the later period whose rows a cohort's numerator counts."""
        moves = item.numerator_shift if item.kind == "cohort" else {}
        return tuple((name, str(int(code) - moves[name]) if name in moves and _whole(code) else code) for name, code in cell)

    def _inside(self, top: int, under: int) -> bool:
        """Whether the rows of a numerator are among those of its denominator."""
        one, other = self.figures[top].key, self.figures[under].key
        if one.core != other.core or one.core != ("count",):
            return False
        inner = dict(one.box)
        return one != other and all(number in inner and inner[number] & ~mask == 0 for number, mask in other.box)

    def _values_behind(self, row: Row, item: Any, measures: dict[str, Measured]) -> None:
        """A quantile rests on the rows that have a value: on their number, where another row tells it."""
        found, _ = self._planned(item, row.key[1])
        measure = measures.get(str(found.value.value)) if found.value is not None else None
        space = self.spaces[item.dataset]
        if measure is None or measure.core[1] not in space.index:
            return
        number = space.index[measure.core[1]]
        masks = [space.mask_of(atom) for atom in measure.atoms]
        masks += [self._mask(item.dataset, row.key[1], name, code) for name, code in row.key[2]]
        box = space.box([*masks, (number, space.full(number) & ~space.null(number))])
        key = Key(("count",), item.dataset, row.key[1], box or ())
        if box is not None and key in self.index:
            row.rests.append(self.index[key])

    # rows made from other rows

    def _made(self, row: Row, item: Any, d: float | None, v: float | None) -> None:
        _, period, cell = row.key
        if v is None:
            return
        if item.kind == "parity":
            others = [tuple(sorted((*cell, (item.by, code)))) for code in (item.a, item.b)]
            row.inputs = [(item.of, period, other) for other in others]
        elif item.kind == "growth":
            row.inputs = [(item.of, period, cell), (item.of, shift_period(period, -item.lag), cell)]
            self._earlier(row, item, d)
        else:
            row.inputs = [(name, period, cell) for name in inputs_of(item)]

    def _earlier(self, row: Row, item: Any, before: float | None) -> None:
        """A growth tells the figure of the earlier period, also where no fact of that period is published."""
        of, when = self.items[item.of], row.inputs[1][1]
        if of.kind not in ("count", "sum", "distinct") or not self.policy.protects(of.dataset, when):
            return
        if (of.dataset, when) in self.plans and any(part.id == of.id for part in self.plans[of.dataset, when].indicators):
            found, measures = self._planned(of, when)
            told = self._told(of, when, found.numerator, measures, row.key[2], before)
            row.reveals += [told] if told is not None else []


def _node_of(plan: Plan, dimension: PlannedDimension) -> Node:
    return next(base.node for base in plan.bases if base.name == dimension.base)


def _whole(code: str) -> bool:
    return code.lstrip("-").isdigit()


def is_suppressed(flag: str | None) -> bool:
    """Whether a flag says that the fact is not published."""
    return SUPPRESSED in (flag or "").replace(",", " ").replace(";", " ").split()
