"""What a reader sees in a facts table: numbers of groups, told apart by the conditions and codes the pack prints.

Nothing here knows the boxes and sums of the protection: a group is its data set, period, what is counted, and the codes and
conditions it is picked by, as anybody who has the pack beside the tables can write them down.
"""

from __future__ import annotations

from collections.abc import Iterator, Mapping
from dataclasses import dataclass, field
from functools import cached_property
from typing import Any

import pyarrow as pa

from sapa.disclosure.boxes import Atom, Measured, measured
from sapa.disclosure.figures import is_suppressed
from sapa.disclosure.policy import Policy, policy_of
from sapa.formula import Node
from sapa.indicators.derived import MADE_FROM_FACTS
from sapa.indicators.facts import dimensions_of
from sapa.indicators.periods import shift_period
from sapa.indicators.plan import Plan, PlannedIndicator
from sapa.indicators.planner import plan as planned
from sapa.packs.loader import Pack

Cell = frozenset[tuple[str, str]]
"""Dimension and code pairs."""


@dataclass(frozen=True, eq=False)
class Measure:
    """What is counted or summed (``core``), under which conditions that no dimension lists. Equal ones are one object."""

    core: tuple[Any, ...]
    atoms: frozenset[Atom]


@dataclass(frozen=True)
class Group:
    """Whom or what a number is of."""

    dataset: str
    period: str
    measure: Measure
    cell: Cell

    @property
    def core(self) -> tuple[Any, ...]:
        return self.measure.core

    @property
    def atoms(self) -> frozenset[Atom]:
        return self.measure.atoms

    def at(self, cell: Cell, measure: Measure | None = None) -> Group:
        """The same of another cell, or another measure there."""
        return Group(self.dataset, self.period, measure or self.measure, cell)

    def __str__(self) -> str:
        where = ",".join(f"{name}={code}" for name, code in sorted(self.cell))
        conditions = " and ".join(sorted(_words(atom) for atom in self.atoms))
        kind = "rest beside the count" if self.core[0] == "left of" else self.core[0]
        what = f"{kind} of {self.dataset}@{self.period}[{where}]"
        return f"{what} with {conditions}" if conditions else what


@dataclass(frozen=True)
class Told:
    """One row: the groups it is about, with the numbers it tells (``None`` where it is hidden)."""

    indicator: str
    period: str
    cell: Cell
    hidden: bool
    count: tuple[Group, float | None] | None = None
    top: tuple[Group, float | None] | None = None
    under: tuple[Group, float | None] | None = None
    listed: Cell = frozenset()
    """The row's own codes of its numerator: those its table lists in full."""
    figures: tuple[float | None, float | None, float | None] = (None, None, None)
    """Numerator, denominator and value."""

    def groups(self) -> Iterator[tuple[Group, float | None]]:
        """What it tells, one after another."""
        yield from (part for part in (self.count, self.top, self.under) if part is not None)


@dataclass
class Reading:
    """A pack as a reader of its tables has it."""

    pack: Pack
    policy: Policy = field(init=False)
    plans: dict[tuple[str, str], Plan] = field(default_factory=dict)

    def __post_init__(self) -> None:
        self.policy = policy_of(self.pack)
        self.items: Mapping[str, Any] = {item.id: item for item in self.pack.indicators}
        self._parts: dict[tuple[str, str], tuple[PlannedIndicator, dict[str, Measured]] | None] = {}
        self._made: dict[tuple[Any, ...], tuple[Measure, Cell] | None] = {}
        self._measures: dict[tuple[Any, ...], Measure] = {}

    def measure(self, core: tuple[Any, ...], atoms: frozenset[Atom]) -> Measure:
        """The one object of a measure."""
        if (core, atoms) not in self._measures:
            self._measures[core, atoms] = Measure(core, atoms)
        return self._measures[core, atoms]

    def read(self, facts: pa.Table) -> Iterator[Told]:
        """Every row about persons, and every row made from other rows."""
        dimensions = sorted(dimensions_of(facts))
        names = ["indicator", "period", "flag", "numerator", "denominator", "value", "count"]
        columns = [facts[name].to_pylist() for name in (*names, *dimensions)]
        for indicator, period, flag, n, d, v, c, *codes in zip(*columns, strict=True):
            cell = frozenset((name, code) for name, code in zip(dimensions, codes, strict=True) if code is not None)
            hidden = is_suppressed(flag)
            item = self.items[indicator]
            if item.kind in MADE_FROM_FACTS:
                yield Told(indicator, period, cell, hidden, figures=(n, d, v))
            elif self.policy.protects(item.dataset, period):
                yield self.row_of(item, period, cell, hidden, (n, d, v, c))

    def row_of(self, item: Any, period: str, cell: Cell, hidden: bool, told: tuple[Any, ...]) -> Told:
        """The row of an indicator and cell that tells this numerator, denominator, value and count."""
        n, d, v, c = told
        found = self._planned(item, period)
        if found is None:
            return Told(item.id, period, cell, hidden, figures=(n, d, v))
        part, measures = found
        counted = self._group(item, period, measures.get(part.count), cell)
        later = shift_period(period, item.lead) if item.kind == "cohort" else period
        moved = _shifted(item, cell)
        below = frozenset(pair for pair in cell if pair[0] != part.over)
        top = self._of(item, later, part.numerator, measures, moved)
        under = self._of(item, period, part.denominator, measures, below)
        return Told(
            item.id, period, cell, hidden,
            None if counted is None else (counted, c),
            None if top is None else (top, n),
            None if under is None else (under, d),
            moved, (n, d, v),
        )  # fmt: skip

    def _planned(self, item: Any, period: str) -> tuple[PlannedIndicator, dict[str, Measured]] | None:
        key = (item.id, period)
        if key not in self._parts:
            plan = self.plan(item.dataset, period)
            known = {one.name: found for one in plan.measures if (found := measured(one)) is not None}
            mine = [part for part in plan.indicators if part.id == item.id]
            self._parts[key] = (mine[0], known) if mine else None
        return self._parts[key]

    def plan(self, dataset: str, period: str) -> Plan:
        """What is computed of a data set in a period."""
        if (dataset, period) not in self.plans:
            self.plans[dataset, period] = planned(self.pack, dataset, None, period)
        return self.plans[dataset, period]

    def _of(self, item: Any, period: str, node: Node | None, measures: Mapping[str, Measured], cell: Cell) -> Group | None:
        while node is not None and node.op == "cast":
            node = node.args[0]
        if node is None or node.op != "column" or str(node.value) not in measures:
            return None
        return self._group(item, period, measures[str(node.value)], cell)

    def _group(self, item: Any, period: str, measure: Measured | None, cell: Cell) -> Group | None:
        """The group of a measure in a cell; a condition that a dimension lists becomes a code."""
        if measure is None or measure.core[0] == "quantile":
            return None
        key = (item.dataset, period, id(measure))
        if key not in self._made:
            self._made[key] = self._codes(item.dataset, period, measure)
        made = self._made[key]
        if made is None:
            return None
        found, codes = made
        joined = codes | cell
        if codes and len({name for name, _ in joined}) < len(joined):
            return None
        return Group(item.dataset, period, found, joined)

    def _codes(self, dataset: str, period: str, measure: Measured) -> tuple[Measure, Cell] | None:
        plan = self.plan(dataset, period)
        bases = {base.name: base.node for base in plan.bases}
        listed = {bases[one.base]: one.id for one in plan.dimensions if one.mapping is None}
        atoms, codes = set(), set()
        for atom in measure.atoms:
            if atom.op == "eq" and not atom.negated and atom.node in listed:
                codes.add((listed[atom.node], str(atom.literals[0])))
            else:
                atoms.add(atom)
        if len({name for name, _ in codes}) < len(codes):
            return None
        return self.measure(measure.core, frozenset(atoms)), frozenset(codes)

    @cached_property
    def parents(self) -> dict[tuple[str, str], dict[str, dict[str, dict[str, str]]]]:
        """Of each data set and period, which dimension gathers codes of which: child → parent → code → its parent's code."""
        out: dict[tuple[str, str], dict[str, dict[str, dict[str, str]]]] = {}
        for key, plan in self.plans.items():
            nested = out.setdefault(key, {})
            for child in plan.dimensions:
                for parent in plan.dimensions:
                    alike = child.id != parent.id and child.base == parent.base
                    found = _nesting(child.mapping, parent.mapping) if alike and parent.mapping is not None else None
                    if found is not None:
                        nested.setdefault(child.id, {})[parent.id] = found
        return out


def inside(top: Group, under: Group) -> bool:
    """Whether the rows of a share's numerator are plainly among those of its denominator."""
    if top.core != ("count",) or under.core != ("count",) or top == under:
        return False
    if (top.dataset, top.period) != (under.dataset, under.period) or not top.cell >= under.cell:
        return False
    known = {atom.node for atom in top.atoms if atom.op != "is_null"}
    # Whoever fulfils a condition on a field has a value there.
    return all(atom in top.atoms or (atom.op == "is_null" and atom.negated and atom.node in known) for atom in under.atoms)


def _nesting(child: tuple[tuple[str, str], ...] | None, parent: tuple[tuple[str, str], ...]) -> dict[str, str] | None:
    """Code of the finer dimension → code of the coarser; ``None`` where the one is not the finer."""
    above = dict(parent)
    if child is None:
        return above
    out: dict[str, str] = {}
    for source, code in child:
        if source not in above or out.setdefault(code, above[source]) != above[source]:
            return None
    return out


def _shifted(item: Any, cell: Cell) -> Cell:
    moves = item.numerator_shift if item.kind == "cohort" else {}
    return frozenset((name, _moved(code, moves.get(name, 0))) for name, code in cell)


def _moved(code: str, by: int) -> str:
    return str(int(code) + by) if by and code.lstrip("-").isdigit() else code


def _words(atom: Atom) -> str:
    inside = ",".join(str(value) for value in atom.literals)
    fields = ",".join(sorted(atom.node.fields))
    return f"{'not ' if atom.negated else ''}{atom.op}({fields}{';' if inside else ''}{inside})"
