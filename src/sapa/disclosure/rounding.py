"""Controlled rounding: counts become multiples of a base, and everything that added up adds up still.

Each figure goes to the multiple below or above it (a multiple stays: "zero-restricted", Cox 1987), chosen together by an integer
programme so that every sum between published figures holds. That is also the proof of protection: the rounded figures are
themselves a country that could be, so nobody can show that a figure is anything but what it was rounded to. Where no such choice
exists, the fewest figures go one multiple further; the report says how many.

Percentages are computed anew from rounded counts. A mean keeps three digits and its rounded count; means, sums and quantiles that
rest on no more than the base are left out, for they are no counts.
"""

from __future__ import annotations

import math
from collections.abc import Iterable, Mapping, Sequence
from dataclasses import dataclass, field
from typing import Any

import highspy
import numpy as np
import pyarrow as pa
import pyarrow.compute as pc

from sapa.disclosure.figures import SUPPRESSED, Row, RowKey
from sapa.disclosure.programme import SEED, silent
from sapa.disclosure.system import System
from sapa.errors import EngineError
from sapa.indicators.derived import MADE_FROM_FACTS, derived_facts
from sapa.indicators.facts import MISSING, NORMAL, NOT_APPLICABLE, PROVISIONAL, dimensions_of

FURTHER = 3
"""How many multiples a figure may go beyond its neighbours where nothing else adds up."""
DEAR = 50.0
"""Cost of one such multiple beside the distance to the nearest multiple."""
FAITHFUL = 1000.0
"""Cost of rounding an unchanged figure otherwise than an earlier release did (both together would narrow it down), where
it can't be avoided."""
NODES = 20_000
DIGITS = 3
"""Digits that a mean keeps."""
FIGURES = ("numerator", "denominator", "value", "count")


@dataclass
class Rounded:
    """Published figures and how they came about."""

    values: dict[int, float] = field(default_factory=dict)
    bases: dict[int, float] = field(default_factory=dict)
    further: list[int] = field(default_factory=list)
    """Figures that went further than to a neighbouring multiple."""


def rounded(system: System) -> Rounded:
    """Every figure of the data sets that are rounded, as it is published."""
    out = Rounded()
    groups: dict[tuple[str, str], list[int]] = {}
    for number, item in enumerate(system.figures.figures):
        if system.figures.policy.of(item.key.dataset, item.key.period).method == "round":
            groups.setdefault((item.key.dataset, item.key.period), []).append(number)
    for members in groups.values():
        try:
            _Choice(system, members, faithful=True).into(out)
        except EngineError:  # not everything can be rounded as before
            _Choice(system, members, faithful=False).into(out)
    return out


def base_of(system: System, figure: int) -> float:
    """The base of a count; that of a sum is worth as many persons."""
    item = system.figures.figures[figure]
    base = float(system.figures.policy.of(item.key.dataset, item.key.period).base or 1)
    return base * system.worth(item.key.core) if item.key.core[0] == "sum" else base


def told_rounded(system: System, published: pa.Table) -> dict[int, tuple[float, float]]:
    """Between which numbers each rounded figure must lie, for one who sees the table and knows the method.

    What went further than to a neighbouring multiple is taken to be known to have done so. A cell that is listed is not empty;
    one that is not listed was rounded to nothing.
    """
    out: dict[int, tuple[float, float]] = {}
    listed: set[RowKey] = set()
    dimensions = sorted(dimensions_of(published))
    names = ("indicator", "period", "count", "numerator", "denominator", *dimensions)
    for indicator, period, c, n, d, *codes in zip(*(published[name].to_pylist() for name in names), strict=True):
        cell = tuple((name, code) for name, code in zip(dimensions, codes, strict=True) if code is not None)
        number = system.figures.at.get((indicator, period, cell))
        if number is None:
            continue
        listed.add((indicator, period, cell))
        row = system.figures.rows[number]
        for place, (figure, value) in enumerate(zip(row.told, (c, n, d), strict=True)):
            exact = row.kind != "mean" or place != 1
            if figure is not None and value is not None and exact and system.rounds(figure):
                _narrow(system, out, figure, float(value))
    for row in system.figures.rows:
        figure = row.told[0]
        if figure is not None and system.figures.figures[figure].exists and system.rounds(figure):
            low, high = out.get(figure, (0.0, math.inf))
            most = max(system.figures.figures[figure].truth, base_of(system, figure) - 1)
            out[figure] = (max(low, 1.0), high) if row.key in listed else (low, min(high, most))
    return out


def _narrow(system: System, out: dict[int, tuple[float, float]], figure: int, value: float) -> None:
    truth, reach = system.figures.figures[figure].truth, base_of(system, figure) - 1
    low, high = min(truth, max(0.0, value - reach)), max(truth, value + reach)
    before = out.get(figure, (0.0, math.inf))
    out[figure] = (max(low, before[0]), min(high, before[1]))


class _Choice:
    """The integer programme of one data set and period."""

    def __init__(self, system: System, members: Sequence[int], *, faithful: bool) -> None:
        self.system, self.faithful = system, faithful
        summed = {top for row in system.figures.rows if row.kind == "sum" and (top := row.told[1]) is not None}
        figures = system.figures.figures
        self.members = [one for one in members if figures[one].key.core[0] != "sum" or figures[one].latent or one in summed]
        self.base = {one: base_of(system, one) for one in self.members}
        self.cost: list[float] = []
        self.lower: list[float] = []
        self.upper: list[float] = []
        self.places: dict[int, list[tuple[int, float]]] = {}
        self.floor = {one: math.floor(figures[one].truth / self.base[one] + 1e-9) for one in self.members}
        for one in self.members:
            self._columns(one)

    def _columns(self, one: int) -> None:
        """Its neighbouring multiple above, and the multiples beyond both neighbours."""
        item, base, floor = self.system.figures.figures[one], self.base[one], self.floor[one]
        part = item.truth / base - floor
        visible = bool(item.rows)
        up = 0.0 if part < 1e-9 else 1.0
        lean, least = (1 - 2 * part) if visible and up else 0.0, 0.0
        further = 0.0 if item.truth == 0 else float(FURTHER)
        dear = DEAR if visible else 0.01
        before = self.system.figures.told_as.get(one)
        if up and before is not None and abs(before - item.truth) < base:
            lean = -FAITHFUL if before > item.truth else FAITHFUL
            dear = FAITHFUL
            if self.faithful:
                least = up = 1.0 if before > item.truth else 0.0
        self.places[one] = [
            (self._column(up, lean, least), 1.0),
            (self._column(further, dear), 1.0),
            (self._column(min(further, float(floor)) if base else 0.0, dear), -1.0),
        ]

    def _column(self, upper: float, cost: float, lower: float = 0.0) -> int:
        self.lower.append(lower)
        self.upper.append(upper)
        self.cost.append(cost)
        return len(self.cost) - 1

    def _orders(self) -> Iterable[tuple[dict[int, float], float]]:
        """A number of different persons is not rounded above the number of rows behind it, or both together would tell it."""
        for item in self.system.between():
            if all(number in self.places for number in item.factors):
                yield self._multiples(item.factors.items())

    def _sums(self) -> Iterable[tuple[dict[int, float], float]]:
        """Each sum of figures in multiples: factors of the columns, and what they come to."""
        for relation in self.system.relations.sums:
            numbers = (relation.whole, *relation.parts)
            if relation.rest or not all(number in self.places for number in numbers):
                continue  # how often persons are counted twice is told by nothing that is rounded
            yield self._multiples(((relation.whole, 1.0), *((part, -1.0) for part in relation.parts)))

    def _multiples(self, signed: Iterable[tuple[int, float]]) -> tuple[dict[int, float], float]:
        factors: dict[int, float] = {}
        total = 0.0
        for number, sign in signed:
            total -= sign * self.floor[number]
            for column, factor in self.places[number]:
                factors[column] = factors.get(column, 0.0) + sign * factor
        return factors, total

    def into(self, out: Rounded) -> None:
        """Solve, and note each figure's multiple."""
        if not self.members:
            return
        solution = _solved(self.cost, self.lower, self.upper, list(self._sums()), list(self._orders()))
        for one in self.members:
            steps = [round(solution[column]) for column, _ in self.places[one]]
            multiple = self.floor[one] + steps[0] + steps[1] - steps[2]
            out.values[one], out.bases[one] = multiple * self.base[one], self.base[one]
            if (steps[1] or steps[2]) and self.system.figures.figures[one].rows:
                out.further.append(one)


_Rows = Sequence[tuple[Mapping[int, float], float]]


def _solved(cost: Sequence[float], lower: Sequence[float], upper: Sequence[float], sums: _Rows, orders: _Rows) -> Sequence[float]:
    """Whole columns of least cost: each sum comes to its number, each order at most to its number."""
    rows = [*sums, *orders]
    lp = highspy.HighsLp()
    lp.num_col_, lp.num_row_ = len(cost), len(rows)
    lp.col_cost_, lp.col_lower_, lp.col_upper_ = np.array(cost), np.array(lower), np.array(upper)
    lp.row_lower_ = np.array([*(total for _, total in sums), *(-highspy.kHighsInf for _ in orders)])
    lp.row_upper_ = np.array([total for _, total in rows])
    starts, index, value = [0], [], []
    for factors, _ in rows:
        index += list(factors)
        value += list(factors.values())
        starts.append(len(index))
    lp.a_matrix_.format_ = highspy.MatrixFormat.kRowwise
    lp.a_matrix_.start_ = np.array(starts, dtype=np.int32)
    lp.a_matrix_.index_ = np.array(index, dtype=np.int32)
    lp.a_matrix_.value_ = np.array(value, dtype=float)
    lp.integrality_ = [highspy.HighsVarType.kInteger] * len(cost)
    solver = silent()
    # Bounded by nodes and by a gap, never by seconds: the same facts are rounded the same way on every machine.
    for name, setting in (("random_seed", SEED), ("threads", 1), ("mip_max_nodes", NODES), ("mip_rel_gap", 0.02)):
        solver.setOptionValue(name, setting)
    solver.passModel(lp)
    solver.run()
    values = solver.getSolution().col_value
    if solver.getInfo().primal_solution_status != highspy.SolutionStatus.kSolutionStatusFeasible:
        raise EngineError("no controlled rounding was found", todo="report it with the facts; or let the pack suppress instead")
    return list(values)


# rows


def left_out(system: System, found: Rounded) -> list[int]:
    """Rows of means, sums and quantiles that rest on no more than the base, by the published number: so the gap tells nothing."""
    out = []
    for number, row in enumerate(system.figures.rows):
        if row.kind in ("mean", "quantile", "sum"):
            under = [figure for figure in (row.told[0], row.told[2], *row.rests) if figure is not None and figure in found.values]
            if any(found.values[figure] <= found.bases[figure] for figure in under):
                out.append(number)
    return out


def not_listed(system: System, found: Rounded) -> list[int]:
    """Rows of cells whose number is rounded to nothing: tables list no empty cells, so the row alone would tell it from them."""
    figures = system.figures
    empty = {
        (figures.figures[row.told[0]].key.dataset, *row.key[1:])
        for row in figures.rows
        if row.told[0] is not None and figures.figures[row.told[0]].exists and found.values.get(row.told[0]) == 0
    }
    gone: dict[RowKey, int] = {}
    for number, row in enumerate(figures.rows):
        if row.kind not in MADE_FROM_FACTS and (figures.items[row.key[0]].dataset, *row.key[1:]) in empty:
            gone[row.key] = number
    waiting = True
    while waiting:
        more = {
            row.key: number
            for number, row in enumerate(figures.rows)
            if row.key not in gone and any(key in gone for key in row.inputs)
        }
        gone |= more
        waiting = bool(more)
    return sorted(gone.values())


def with_rounded(facts: pa.Table, system: System, found: Rounded, hidden: Mapping[int, str]) -> tuple[pa.Table, list[int], int]:
    """The facts with rounded figures, and what is made from them computed anew.

    Returns the facts, the rows that can't be made again, and how many rows were changed.
    """
    columns = {name: facts[name].to_pylist() for name in (*FIGURES, "flag")}
    changed = 0
    for number, row in enumerate(system.figures.rows):
        if number not in hidden and any(figure in found.values for figure in row.told):
            before = [columns[name][number] for name in FIGURES]
            after = _row(system, found, row, *before)
            changed += before != after
            for name, value in zip(FIGURES, after, strict=True):
                columns[name][number] = value
            columns["flag"][number] = _flag(columns["flag"][number], after)
    lost = _made_again(system, _table(facts, columns), columns, hidden)
    return _table(facts, columns), lost, changed


def _row(system: System, found: Rounded, row: Row, n: Any, d: Any, v: Any, c: Any) -> list[Any]:
    """Numerator, denominator, value and count as they are published."""
    counted, top, under = row.told
    base = found.bases[counted] if counted in found.bases else found.bases[next(one for one in row.told if one in found.bases)]

    def shown(figure: int | None, number: float | None) -> float | None:
        if number is None:
            return None
        return found.values[figure] if figure in found.values else base * math.floor(number / base + 0.5)

    count = None if c is None else int(shown(counted, c) or 0)
    item = system.figures.items[row.key[0]]
    if row.kind == "quantile":
        return [None, None, v, count]
    if row.kind in ("count", "distinct", "sum"):
        value = shown(top, n)
        return [value, None, value, count]
    whole = shown(under, d)
    if row.kind == "mean" or top not in found.values:
        value = _digits(v) if whole else None
        return [None if value is None or whole is None else value * whole / getattr(item, "scale", 1), whole, value, count]
    part = shown(top, n)
    value = part / whole * getattr(item, "scale", 1) if whole and part is not None and v is not None else None
    return [part, whole, value, count]


def _flag(before: str | None, figures: Sequence[Any]) -> str:
    """The flag that belongs to the published figures, whatever the true ones had."""
    if figures[2] is None:
        return NOT_APPLICABLE if figures[1] == 0 else MISSING
    return PROVISIONAL if before == PROVISIONAL else NORMAL


def _digits(value: float | None) -> float | None:
    return None if value is None else float(f"{value:.{DIGITS}g}")


def _made_again(system: System, table: pa.Table, columns: dict[str, list[Any]], hidden: Mapping[int, str]) -> list[int]:
    """Write growth, parity and derived figures of rounded ones into ``columns``; returns the rows that can't be made."""
    figures = system.figures
    mine = {
        number: row
        for number, row in enumerate(figures.rows)
        if row.kind in MADE_FROM_FACTS and number not in hidden and _rests_on_rounded(system, row.key)
    }
    items = [figures.items[name] for name in dict.fromkeys(row.key[0] for row in mine.values())]
    found: dict[RowKey, list[Any]] = {}
    for period in sorted({row.key[1] for row in mine.values()}):
        holding = [item for item in items if any(row.key[:2] == (item.id, period) for row in mine.values())]
        made = derived_facts(holding, table, period)
        dimensions = sorted(dimensions_of(made))
        names = ("indicator", *FIGURES, *dimensions)
        for indicator, n, d, v, c, *codes in zip(*(made[name].to_pylist() for name in names), strict=True):
            cell = tuple((name, code) for name, code in zip(dimensions, codes, strict=True) if code is not None)
            found[indicator, period, cell] = [n, d, v, c]
    lost = []
    for number, row in mine.items():
        if row.key not in found:
            lost.append(number)
            continue
        for name, value in zip(FIGURES, found[row.key], strict=True):
            columns[name][number] = value
        columns["flag"][number] = _flag(columns["flag"][number], found[row.key])
    return lost


def _rests_on_rounded(system: System, key: RowKey) -> bool:
    return any(rule.method == "round" for rule in system.figures.policy.behind(system.figures.items, key[0], key[1]))


def _table(facts: pa.Table, columns: Mapping[str, list[Any]]) -> pa.Table:
    out = facts
    for name, values in columns.items():
        kind = facts.schema.field(name)
        out = out.set_column(out.column_names.index(name), kind, pa.array(values, kind.type))
    return out


def emptied(facts: pa.Table, hidden: Iterable[int]) -> pa.Table:
    """The facts with these rows left out."""
    rows = set(hidden)
    if not rows:
        return facts
    mask = pa.array([number in rows for number in range(facts.num_rows)], pa.bool_())
    out = facts
    for name in (*FIGURES, "flag"):
        column = facts[name]
        instead = pa.scalar(SUPPRESSED if name == "flag" else None, column.type)
        out = out.set_column(out.column_names.index(name), facts.schema.field(name), pc.if_else(mask, instead, column))
    return out
