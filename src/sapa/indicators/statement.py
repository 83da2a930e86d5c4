"""From a plan to one SQL statement, as sqlglot's tree: fold the rows to the finest cells, roll these up, do the arithmetic."""

from __future__ import annotations

from collections.abc import Sequence
from typing import cast

from sqlglot import exp

from sapa.formula import NUMBER, Node, compile_node
from sapa.formula.compiler import sql_type
from sapa.formula.dialects import as_type, call, dialect_of
from sapa.indicators import holistic
from sapa.indicators.grouping import Groups, bases_of, can_group
from sapa.indicators.plan import Cut, Measure, Plan, PlannedIndicator
from sapa.indicators.sql import Step, as_name, coded, column, dimensions, grouped, select

SUBMISSION = "_submission"
GROUP = "_group"
ROWS = "rows"


def measure_type(measure: Measure) -> str:
    """SQL type of a measure's column: sums have 38 digits, so that they don't overflow where rows don't."""
    if measure.op == "sum" and measure.type.kind == "decimal":
        return f"DECIMAL(38, {measure.type.scale})"
    return sql_type(measure.type)


def _aggregate(measure: Measure, dialect: str) -> exp.Expr:
    """The aggregate over rows, in the measure's type."""
    language = dialect_of(dialect)
    if measure.node is None:
        return call("count", exp.Star())
    if measure.op == "count_if":
        return language.count_if(compile_node(measure.node, dialect))
    if measure.op == "sum":
        inner = compile_node(measure.node, dialect)
        if measure.node.type == NUMBER:
            inner = language.number_to_decimal(inner, measure.type.scale)
        return as_type(call("sum", inner), measure_type(measure))
    return compile_node(Node(measure.op, measure.type, (measure.node,)), dialect)


def _merge(measure: Measure) -> exp.Expr:
    """The measure of a coarser cell from those of finer ones."""
    how = measure.op if measure.op in ("min", "max") else "sum"
    merged = call(how, column(measure.name))
    made = merged if how != "sum" else as_type(merged, measure_type(measure))
    return call("coalesce", made, exp.Literal.number(0)) if measure.counts else made


def fold(plan: Plan, dialect: str, source: str = ROWS, *, by_submission: bool = False, groups: Groups = ()) -> exp.Select:
    """Stage 1: the finest cells, one row for each combination of bases (and submission); of each group of cuts, if given."""
    keys = [as_name(column(SUBMISSION), SUBMISSION)] if by_submission else []
    keys += [as_name(compile_node(base.node, dialect), base.name) for base in plan.bases]
    values = [as_name(_aggregate(measure, dialect), measure.name) for measure in plan.mergeable]
    if len(groups) > 1:
        return _fold_groups(plan, groups, keys, values, source)
    query = select([*keys, *values], source)
    if keys:
        query.set("group", exp.Group(expressions=[exp.Literal.number(place + 1) for place in range(len(keys))]))
    return query


def _fold_groups(plan: Plan, groups: Groups, keys: list[exp.Expr], values: list[exp.Expr], source: str) -> exp.Select:
    """The cells of each group of cuts in one scan; ``_group`` tells them apart (a bit is set where a base is summed away)."""
    written = {base.name: key.this for base, key in zip(plan.bases, keys, strict=True)}
    bits = as_name(call("grouping", *(node.copy() for node in written.values())), GROUP)
    query = select([bits, *keys, *values], source)
    sets = [exp.Tuple(expressions=[written[name].copy() for name in bases_of(plan, cuts)]) for cuts in groups]
    query.set("group", exp.Group(grouping_sets=[exp.GroupingSets(expressions=sets)]))
    return query


def _bits(plan: Plan, cuts: tuple[Cut, ...]) -> int:
    """What ``GROUPING`` of all bases gives in the cells of this group of cuts."""
    kept = bases_of(plan, cuts)
    places = range(len(plan.bases) - 1, -1, -1)
    return sum(1 << place for base, place in zip(plan.bases, places, strict=True) if base.name not in kept)


def roll_up(plan: Plan, dialect: str, source: str = "coded", *, groups: Groups = ()) -> exp.Query:
    """Stage 2: the cells of every cut from the finest ones, of each group of cuts from its own."""
    if len(groups) < 2:
        return grouped(select(_rolled(plan, plan.cuts), source), plan.cuts)
    parts: list[exp.Query] = []
    for cuts in groups:
        own = exp.EQ(this=column(GROUP), expression=exp.Literal.number(_bits(plan, cuts)))
        parts.append(grouped(select(_rolled(plan, cuts), source).where(own, copy=False), cuts))
    joined = parts[0]
    for part in parts[1:]:
        joined = exp.Union(this=joined, expression=part, distinct=False)
    return joined


def _rolled(plan: Plan, cuts: Sequence[Cut]) -> list[exp.Expr]:
    return [*dimensions(plan, cuts), *(as_name(_merge(measure), measure.name) for measure in plan.mergeable)]


def _double(node: Node, dialect: str) -> exp.Expr:
    return compile_node(_as_number(node), dialect)


def _as_number(node: Node) -> Node:
    return node if node.type == NUMBER else Node("cast", NUMBER, (node,))


def _indicator(plan: Plan, item: PlannedIndicator, number: int, dialect: str) -> list[exp.Expr]:
    """Numerator, denominator, value and count of one indicator in each cell."""
    if item.value is not None:
        return [as_name(_double(item.value, dialect), f"v{number}"), as_name(column(item.count), f"c{number}")]
    numerator = _double(item.numerator, dialect) if item.numerator is not None else exp.null()
    out = [as_name(numerator, f"n{number}")]
    if item.denominator is not None:
        denominator = _double(item.denominator, dialect)
        if item.over is not None:
            denominator = _of_parent(plan, item.over, denominator)
        ratio: exp.Expr = exp.Div(
            this=exp.Paren(this=numerator.copy()), expression=call("nullif", denominator.copy(), exp.Literal.number(0))
        )
        if item.scale != 1:
            ratio = exp.Mul(this=exp.Paren(this=ratio), expression=as_type(exp.Literal.number(item.scale), "DOUBLE"))
        out += [as_name(denominator, f"d{number}"), as_name(ratio, f"v{number}")]
    return [*out, as_name(column(item.count), f"c{number}")]


def _of_parent(plan: Plan, over: str, denominator: exp.Expr) -> exp.Expr:
    """The denominator of the cell without the dimension: what the shares of the cell's siblings add up to."""
    whole = exp.Case(ifs=[exp.If(this=exp.Is(this=column(over), expression=exp.null()), true=denominator)])
    others = [column(name) for name in plan.dimension_ids if name != over]
    return exp.Window(this=call("max", whole), partition_by=others)


def finish(plan: Plan, dialect: str, rolled: str = "rolled") -> exp.Select:
    """Stage 3: the arithmetic of every indicator in every cell, one wide row a cell."""
    columns = [as_name(column(name, rolled), name) for name in plan.dimension_ids]
    columns += [as_name(column(measure.name, rolled), measure.name) for measure in plan.mergeable]
    query = select(columns, rolled)
    if plan.holistic:
        holistic.join(query, plan, rolled)
    results = [column(name) for name in plan.dimension_ids]
    for number, item in enumerate(plan.indicators):
        results += _indicator(plan, item, number, dialect)
    outer = exp.Select(expressions=results)
    return outer.from_(query.subquery("measured", copy=False), copy=False)


def steps(plan: Plan, dialect: str = "duckdb", *, groups: Groups = ()) -> list[Step]:
    """The stages by name, each over the tables before it; the last one is the result, one wide row a cell.

    With ``groups`` (see ``grouping``) the cuts of each are folded to cells of their own.
    """
    if not can_group(plan) or len({bases_of(plan, cuts) for cuts in groups}) < len(groups):
        groups = ()
    carried = [column(measure.name) for measure in plan.mergeable]
    if len(groups) > 1:
        carried.insert(0, column(GROUP))
    out: list[Step] = [
        ("cells", fold(plan, dialect, groups=groups)),
        ("coded", coded(plan, "cells", carried)),
        ("rolled", roll_up(plan, dialect, groups=groups)),
    ]
    if plan.holistic:
        out += holistic.steps(plan, dialect, ROWS)
    return [*out, ("facts", finish(plan, dialect))]


def statement(plan: Plan, dialect: str = "duckdb", *, groups: Groups = ()) -> exp.Select:
    """All stages as one statement."""
    *before, (_, last) = steps(plan, dialect, groups=groups)
    query = cast(exp.Select, last)
    for name, part in before:
        query = query.with_(name, as_=part, copy=False)
    return query
