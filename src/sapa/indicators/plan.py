"""All indicators of a data set by all cuts → one printable plan that any engine can run.

The plan speaks of *bases* (expressions over a row by which rows are grouped), *dimensions* (a base, or its ancestor in a
hierarchical code list), *measures* (each aggregate once; a condition on rows is folded into the aggregate) and *indicators*
(arithmetic over measures). Measures that can be added up over cells are folded once to the finest cells and rolled up from
those; the rest (quantiles, distinct values) are grouped from the rows.
"""

from __future__ import annotations

import hashlib
from collections.abc import Iterable
from dataclasses import dataclass
from functools import cached_property
from typing import Literal

from sapa.formula import Node
from sapa.formula.types import FormulaType

UNKNOWN = "_U"
"""Code of rows whose dimension has no value, or one the code list does not hold at the level asked for (SDMX: unknown)."""

Cut = tuple[str, ...]
Op = Literal["count_all", "count", "count_if", "sum", "min", "max", "count_distinct", "quantile"]
ADDITIVE = frozenset({"count_all", "count", "count_if", "sum"})
MERGEABLE = ADDITIVE | {"min", "max"}


@dataclass(frozen=True)
class Base:
    """Column ``name`` of the finest cells: a scalar expression, as text."""

    name: str
    node: Node
    source: str


@dataclass(frozen=True)
class PlannedDimension:
    """A dimension of the facts: the base's code, or its ancestor by ``mapping`` (code → ancestor); others are unknown."""

    id: str
    base: str
    mapping: tuple[tuple[str, str], ...] | None = None


@dataclass(frozen=True)
class Measure:
    """One aggregate of rows; ``name`` is its column. ``q`` belongs to quantiles."""

    name: str
    op: Op
    node: Node | None
    type: FormulaType
    q: float = 0.0

    @property
    def mergeable(self) -> bool:
        """Whether it can be had from the same measure of finer cells."""
        return self.op in MERGEABLE

    @property
    def counts(self) -> bool:
        """Whether nothing means zero."""
        return self.op in ("count_all", "count", "count_if", "count_distinct")


@dataclass(frozen=True)
class PlannedIndicator:
    """Numerator and denominator as arithmetic over measure columns; ``count`` is the measure of rows the fact rests on."""

    id: str
    kind: str
    numerator: Node | None
    denominator: Node | None
    value: Node | None
    count: str
    cuts: tuple[Cut, ...]
    scale: int = 1
    over: str | None = None
    text: str = ""
    clause: tuple[str, ...] = ()

    def measures(self) -> frozenset[str]:
        """Names of the measures it needs."""
        nodes = [node for node in (self.numerator, self.denominator, self.value) if node is not None]
        return frozenset({self.count}).union(*(node.fields for node in nodes))


@dataclass(frozen=True)
class Plan:
    """What an engine computes for one data set and period."""

    pack: str
    dataset: str
    period: str
    bases: tuple[Base, ...]
    dimensions: tuple[PlannedDimension, ...]
    measures: tuple[Measure, ...]
    indicators: tuple[PlannedIndicator, ...]
    cuts: tuple[Cut, ...]
    notes: tuple[str, ...] = ()

    @property
    def mergeable(self) -> tuple[Measure, ...]:
        """Measures folded to the finest cells."""
        return tuple(measure for measure in self.measures if measure.mergeable)

    @property
    def holistic(self) -> tuple[Measure, ...]:
        """Measures that need the rows of every cut: quantiles, distinct values."""
        return tuple(measure for measure in self.measures if not measure.mergeable)

    @cached_property
    def holistic_cuts(self) -> tuple[Cut, ...]:
        """Cuts of the indicators that use such a measure."""
        names = {measure.name for measure in self.holistic}
        wanted = {cut for item in self.indicators if item.measures() & names for cut in item.cuts}
        return tuple(cut for cut in self.cuts if cut in wanted)

    @cached_property
    def dimension_ids(self) -> tuple[str, ...]:
        return tuple(dimension.id for dimension in self.dimensions)

    @property
    def columns(self) -> tuple[str, ...]:
        """Columns of the rows that the plan reads, sorted."""
        nodes: Iterable[Node] = (*(base.node for base in self.bases), *(item.node for item in self.measures if item.node))
        return tuple(sorted(frozenset().union(*(node.fields for node in nodes))))

    @cached_property
    def cells_digest(self) -> str:
        """Digest of what the finest cells hold: cells of another definition must not be mixed with them."""
        content = repr((self.dataset, self.period, self.bases, self.mergeable))
        return hashlib.sha256(content.encode()).hexdigest()

    def __str__(self) -> str:
        return _printed(self)


def _printed(plan: Plan) -> str:
    from sapa.formula.compiler import compile_node  # the printable form is SQL; only printing needs it

    def sql(node: Node | None) -> str:
        return "-" if node is None else compile_node(node).sql(dialect="duckdb")

    lines = [f"plan of {plan.dataset} ({plan.pack}), period {plan.period or 'any: the newest layout'}", "bases (finest cells):"]
    lines += [f"  {base.name} = {sql(base.node)}   from {base.source}" for base in plan.bases]
    lines.append("dimensions:")
    for dimension in plan.dimensions:
        level = f" by a map of {len(dimension.mapping)} codes" if dimension.mapping is not None else ""
        lines.append(f"  {dimension.id} = {dimension.base}{level}")
    lines.append("measures:")
    for measure in plan.measures:
        how = "folded" if measure.mergeable else "from the rows of each cut"
        of = "*" if measure.node is None else sql(measure.node)
        lines.append(f"  {measure.name} = {measure.op}({of}{f', {measure.q}' if measure.q else ''}): {measure.type}, {how}")
    lines.append("indicators:")
    for item in plan.indicators:
        over = f", denominator over all of {item.over}" if item.over else ""
        shown = f"value {sql(item.value)}" if item.value is not None else f"{sql(item.numerator)} / {sql(item.denominator)}"
        scale = f" × {item.scale}" if item.scale != 1 else ""
        lines.append(f"  {item.id} [{item.kind}] = {shown}{scale}{over}; rows {item.count}; {len(item.cuts)} cuts")
    lines.append("cuts: " + ", ".join("(" + ", ".join(cut) + ")" for cut in plan.cuts))
    lines += [f"note: {note}" for note in plan.notes]
    return "\n".join(lines)
