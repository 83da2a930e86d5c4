"""From a plan to one SQL statement, as sqlglot's tree: fold the rows to the finest cells, roll these up, do the arithmetic."""

from __future__ import annotations

from sqlglot import exp

from sapa.formula import NUMBER, Node, compile_node
from sapa.formula.compiler import sql_type
from sapa.formula.dialects import as_type, call, dialect_of
from sapa.indicators import holistic
from sapa.indicators.plan import Measure, Plan, PlannedIndicator
from sapa.indicators.sql import Step, as_name, coded, column, dimensions, grouped, select

SUBMISSION = "_submission"
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


def fold(plan: Plan, dialect: str, source: str = ROWS, *, by_submission: bool = False) -> exp.Select:
    """Stage 1: the finest cells, one row for each combination of bases (and submission)."""
    keys = [as_name(column(SUBMISSION), SUBMISSION)] if by_submission else []
    keys += [as_name(compile_node(base.node, dialect), base.name) for base in plan.bases]
    values = [as_name(_aggregate(measure, dialect), measure.name) for measure in plan.mergeable]
    query = select([*keys, *values], source)
    if keys:
        query.set("group", exp.Group(expressions=[exp.Literal.number(place + 1) for place in range(len(keys))]))
    return query


def roll_up(plan: Plan, dialect: str, source: str = "coded") -> exp.Select:
    """Stage 2: the cells of every cut from the finest ones."""
    columns = [*dimensions(plan, plan.cuts), *(as_name(_merge(measure), measure.name) for measure in plan.mergeable)]
    return grouped(select(columns, source), plan.cuts)


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


def steps(plan: Plan, dialect: str = "duckdb", *, rows: str = ROWS, cells: str | None = None) -> list[Step]:
    """The stages by name, each over the tables before it; the last one is the result, one wide row a cell.

    ``rows`` is the table of rows; with ``cells``, a table of finest cells, the rows are not read.
    """
    out: list[Step] = []
    if cells is None:
        out.append(("cells", fold(plan, dialect, rows)))
        cells = "cells"
    carried = [column(measure.name) for measure in plan.mergeable]
    out += [("coded", coded(plan, cells, carried)), ("rolled", roll_up(plan, dialect))]
    if plan.holistic:
        out += holistic.steps(plan, dialect, rows)
    return [*out, ("facts", finish(plan, dialect))]


def statement(plan: Plan, dialect: str = "duckdb", *, rows: str = ROWS, cells: str | None = None) -> exp.Select:
    """All stages as one statement."""
    *before, (_, query) = steps(plan, dialect, rows=rows, cells=cells)
    for name, part in before:
        query = query.with_(name, as_=part, copy=False)
    return query
