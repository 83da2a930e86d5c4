"""Quantiles and distinct values: no sums, and yet folded first.

Rows are placed in numbered cells of codes; ``members`` says to which cells of the facts each of these belongs. What is carried
from cell to facts is small:

- a *quantile* is read off the values of each cell with their counts, added up for each cell of the facts (type 7 needs nothing
  but the two order statistics beside its rank);
- *distinct values* are weighed by where they occur: all values that occur in the same set of cells count alike in every
  cell of the facts, so that sets are rolled up, not values (a value that occurs in one cell only is the most frequent set).

Numbers are given by order, never by arrival: a step that an engine runs again numbers alike.
"""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass, replace

from sqlglot import exp

from sapa.formula import NUMBER, FormulaType, Node, compile_node
from sapa.formula.dialects import as_type, call
from sapa.indicators.dialects import ENGINES
from sapa.indicators.plan import Cut, Measure, Plan
from sapa.indicators.sql import Step, as_name, coded, column, dimensions, grouped, select

TARGETS, PLACED, MEMBERS = "targets", "placed", "members"
CELL, TARGET, SET, VALUE, COUNT, UPTO, TOTAL = "_cell", "_target", "_set", "_x", "_n", "_upto", "_total"


@dataclass(frozen=True)
class _Group:
    """Measures that are read off one fold of the rows: all quantiles of an expression, or one number of distinct values."""

    node: Node
    measures: tuple[Measure, ...]

    @property
    def name(self) -> str:
        return self.step("of")

    def step(self, name: str) -> str:
        """Name of a table of this group: of all tables of a statement no two may have one name, nested or not."""
        return "_".join([name, *(measure.name for measure in self.measures)])

    @property
    def type(self) -> FormulaType:
        return self.node.type


def groups(plan: Plan) -> list[_Group]:
    """The holistic measures by what they fold."""
    found: dict[tuple[str, Node], list[Measure]] = {}
    for measure in plan.holistic:
        if measure.node is not None:
            found.setdefault((measure.op, measure.node), []).append(measure)
    return [_Group(node, tuple(measures)) for (_, node), measures in found.items()]


def steps(plan: Plan, dialect: str, rows: str) -> list[Step]:
    """Tables after ``cells`` and ``rolled``; each stands on those before it. The last ones hold the measures by target."""
    used = {name for cut in plan.holistic_cuts for name in cut}
    chosen = tuple(dimension for dimension in plan.dimensions if dimension.id in used)
    bases = {dimension.base for dimension in chosen}
    narrow = replace(plan, dimensions=chosen, bases=tuple(base for base in plan.bases if base.name in bases))
    out: list[Step] = [(TARGETS, _targets(plan)), (PLACED, _placed(narrow)), (MEMBERS, _members(plan))]
    for group in groups(plan):
        make = _quantiles if group.measures[0].op == "quantile" else _distinct
        out.append((group.name, _with(make(group, dialect), _located(narrow, group, dialect, rows))))
    return out


def join(query: exp.Select, plan: Plan, rolled: str) -> None:
    """Put the holistic measures beside those of the cells in ``rolled``; where no row has a value, nothing is distinct."""
    same = [(column(name, rolled), column(name, TARGETS)) for name in plan.dimension_ids]
    _joined(query, TARGETS, *same, null_safe=True)
    for group in groups(plan):
        _joined(query, group.name, (column(TARGET, TARGETS), column(TARGET, group.name)), how="left")
        for measure in group.measures:
            value = column(measure.name, group.name)
            made = call("coalesce", value, exp.Literal.number(0)) if measure.counts else value
            query.select(as_name(made, measure.name), copy=False)


def _with(query: exp.Select, *parts: Step) -> exp.Select:
    """Steps of its own before those the query already has."""
    inner = query.args.pop("with_", None)
    for name, part in parts:
        query.with_(name, as_=part, copy=False)
    for item in inner.expressions if inner is not None else ():
        query.with_(item.alias, as_=item.this, copy=False)
    return query


def _numbered(how: str, by: Sequence[exp.Expr]) -> exp.Expr:
    """``how() OVER (ORDER BY by)`` as a 32-bit number; without anything to tell rows apart there is one number."""
    if not by:
        return as_type(exp.Literal.number(1), "INT")
    order = exp.Order(expressions=[exp.Ordered(this=item, nulls_first=True) for item in by])
    return as_type(exp.Window(this=call(how), order=order), "INT")


def _joined(
    query: exp.Select, table: str, *pairs: tuple[exp.Expr, exp.Expr], null_safe: bool = False, how: str = "inner"
) -> exp.Select:
    kind = exp.NullSafeEQ if null_safe else exp.EQ
    same = [kind(this=one, expression=other) for one, other in pairs]
    return query.join(exp.to_table(table), on=exp.and_(*same) if same else exp.true(), join_type=how, copy=False)


def _by(query: exp.Select, *names: str) -> exp.Select:
    query.set("group", exp.Group(expressions=[column(name) for name in names]))
    return query


def _targets(plan: Plan) -> exp.Select:
    """The cells of the facts, numbered."""
    names = [column(name) for name in plan.dimension_ids]
    return select([*names, as_name(_numbered("row_number", [name.copy() for name in names]), TARGET)], "rolled")


def _placed(plan: Plan) -> exp.Select:
    """Bases of the rows, their codes, and the number of the cell that has these codes."""
    if not plan.dimensions:
        return exp.Select(expressions=[as_name(_numbered("dense_rank", []), CELL)])
    bases = [column(base.name) for base in plan.bases]
    names = [column(name) for name in plan.dimension_ids]
    number = _numbered("dense_rank", [name.copy() for name in names])
    query = select([*(base.copy() for base in bases), *names, as_name(number, CELL)], "known")
    return _with(query.distinct(copy=False), ("known", coded(plan, "cells", bases)))


def _members(plan: Plan) -> exp.Select:
    """Which numbered cells each cell of the facts is made of."""
    cuts: list[Cut] = [(CELL, *cut) for cut in plan.holistic_cuts]
    spread = grouped(select([column(CELL), *dimensions(plan, plan.holistic_cuts)], PLACED), cuts)
    same = [(column(name, "spread"), column(name, TARGETS)) for name in plan.dimension_ids]
    query = select([column(CELL, "spread"), column(TARGET, TARGETS)], "spread")
    return _with(_joined(query, TARGETS, *same, null_safe=True), ("spread", spread))


def _located(plan: Plan, group: _Group, dialect: str, rows: str) -> Step:
    """Every value that is there, with the cell it lies in."""
    columns = [as_name(compile_node(base.node, dialect), base.name) for base in plan.bases]
    value = compile_node(group.node, dialect)
    if group.type == NUMBER:
        # Zero has two signs, which are one value: which of them stood for both would depend on the order of rows.
        zero = exp.Literal.number("0e0")
        value = exp.Case(ifs=[exp.If(this=exp.EQ(this=value, expression=zero), true=zero.copy())], default=value.copy())
    given = select([*columns, as_name(value, VALUE)], rows).subquery("given", copy=False)
    query = exp.Select(expressions=[column(CELL, PLACED), column(VALUE, "given")]).from_(given, copy=False)
    same = [(column(base.name, "given"), column(base.name, PLACED)) for base in plan.bases]
    query = _joined(query, PLACED, *same, null_safe=True)
    present = exp.Not(this=exp.Is(this=column(VALUE, "given"), expression=exp.null()))
    return group.step("located"), query.where(present, copy=False)


def _rows() -> exp.Expr:
    return as_name(call("count", exp.Star()), COUNT)


def _by_target(source: str, *names: str) -> exp.Select:
    """Columns of a table of cells, once for each cell of the facts that a cell belongs to."""
    query = select([column(TARGET, MEMBERS), *(column(name, source) for name in names)], source)
    return _joined(query, MEMBERS, (column(CELL, source), column(CELL, MEMBERS)))


def _distinct(group: _Group, dialect: str) -> exp.Select:
    """The number of distinct values for each target."""
    engine, step = ENGINES[dialect], group.step
    (measure,) = group.measures
    pairs = select([column(VALUE), column(CELL)], step("located")).distinct(copy=False)
    sets = _by(select([as_name(engine.sorted_values(column(CELL)), "_cells")], step("pairs")), VALUE)
    number = as_name(_numbered("row_number", [column("_cells")]), SET)
    weighed = _by(select([column("_cells"), _rows(), number], step("sets")), "_cells")
    flat = select([column(SET), column(COUNT), as_name(engine.unnested(column("_cells")), CELL)], step("weighed"))
    reached = _by_target(step("flat"), SET, COUNT).distinct(copy=False)
    total = as_name(as_type(call("sum", column(COUNT)), "BIGINT"), measure.name)
    query = _by(select([column(TARGET), total], step("reached")), TARGET)
    made = {"pairs": pairs, "sets": sets, "weighed": weighed, "flat": flat, "reached": reached}
    return _with(query, *((step(name), part) for name, part in made.items()))


def _quantiles(group: _Group, dialect: str) -> exp.Select:
    """The quantiles of each target, from its values' counts added up in order."""
    step = group.step
    folded = _by(select([column(CELL), column(VALUE), _rows()], step("located")), CELL, VALUE)
    reached = _by_target(step("folded"), VALUE, COUNT)
    summed = as_name(as_type(call("sum", column(COUNT)), "BIGINT"), COUNT)
    counted = _by(select([column(TARGET), column(VALUE), summed], step("reached")), TARGET, VALUE)
    upto = exp.Window(
        this=call("sum", column(COUNT)),
        partition_by=[column(TARGET)],
        order=exp.Order(expressions=[exp.Ordered(this=column(VALUE), nulls_first=True)]),
        spec=exp.WindowSpec(kind="ROWS", start="UNBOUNDED", start_side="PRECEDING", end="CURRENT ROW"),
    )
    whole = exp.Window(this=call("sum", column(COUNT)), partition_by=[column(TARGET)])
    bounds = [as_name(as_type(made, "BIGINT"), name) for made, name in ((upto, UPTO), (whole, TOTAL))]
    ranked = select([column(TARGET), column(VALUE), *bounds], step("counted"))
    found = [column(TARGET), as_name(call("max", column(TOTAL)), TOTAL)]
    for measure in group.measures:
        for place, name in (("floor", "low"), ("ceil", "high")):
            found.append(as_name(_at(call(place, _rank(measure.q))), f"{name}_{measure.name}"))
    ends = _by(select(found, step("ranked")), TARGET)
    values = [as_name(_between(measure, group.type, dialect), measure.name) for measure in group.measures]
    query = select([column(TARGET), *values], step("ends"))
    made = {"folded": folded, "reached": reached, "counted": counted, "ranked": ranked, "ends": ends}
    return _with(query, *((step(name), part) for name, part in made.items()))


def _rank(q: float) -> exp.Expr:
    """The rank counted from zero, as a double."""
    written = repr(q)
    last = exp.Paren(this=exp.Sub(this=column(TOTAL), expression=exp.Literal.number(1)))
    return exp.Paren(this=exp.Mul(this=last, expression=exp.Literal.number(written if "e" in written else f"{written}e0")))


def _at(rank: exp.Expr) -> exp.Expr:
    """The value at a rank: the first one whose cumulative count exceeds it."""
    beyond = exp.GT(this=column(UPTO), expression=rank)
    return call("min", exp.Case(ifs=[exp.If(this=beyond, true=column(VALUE))]))


def _between(measure: Measure, kind: FormulaType, dialect: str) -> exp.Expr:
    """Type 7: low + (high - low) * fraction, of doubles.

    Written out for both engines: each has its own function, and all round differently (DuckDB's takes a fused multiplication
    that SQL can't say, Spark's weights the neighbours). A value becomes a double after it is found: the order is the same.
    """

    def end(name: str) -> exp.Expr:
        node = Node("column", kind, value=f"{name}_{measure.name}")
        return compile_node(node if kind == NUMBER else Node("cast", NUMBER, (node,)), dialect)

    fraction = exp.Paren(this=exp.Sub(this=_rank(measure.q), expression=call("floor", _rank(measure.q))))
    spread = exp.Paren(this=exp.Sub(this=end("high"), expression=end("low")))
    return exp.Add(this=end("low"), expression=exp.Mul(this=spread, expression=fraction))
