"""From a plan to one SQL statement, as sqlglot's tree: fold the rows to the finest cells, roll these up, do the arithmetic."""

from __future__ import annotations

from collections.abc import Sequence

from sqlglot import exp

from sapa.formula import NUMBER, FormulaType, Node, compile_node
from sapa.formula.compiler import sql_type
from sapa.formula.dialects import as_type, call, dialect_of
from sapa.indicators.dialects import ENGINES
from sapa.indicators.plan import UNKNOWN, Cut, Measure, Plan, PlannedIndicator

SUBMISSION = "_submission"
ROWS = "rows"


def column(name: str, table: str | None = None) -> exp.Expr:
    """A quoted column."""
    return exp.column(name, table, quoted=True)


def _as(value: exp.Expr, name: str) -> exp.Expr:
    return exp.alias_(value, name, quoted=True)


def measure_type(measure: Measure) -> str:
    """SQL type of a measure's column: sums have 38 digits, so that they don't overflow where rows don't."""
    if measure.op == "sum" and measure.type.kind == "decimal":
        return f"DECIMAL(38, {measure.type.scale})"
    return sql_type(measure.type)


def _select(columns: list[exp.Expr], source: str) -> exp.Select:
    """``SELECT columns FROM source``; sqlglot's own builder copies the whole tree at each step."""
    return exp.Select(expressions=columns).from_(exp.to_table(source), copy=False)


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
    if measure.op == "quantile":
        return ENGINES[dialect].quantile(compile_node(_as_number(measure.node), dialect), measure.q)
    return compile_node(Node(measure.op, measure.type, (measure.node,)), dialect)


def _merge(measure: Measure) -> exp.Expr:
    """The measure of a coarser cell from those of finer ones."""
    how = measure.op if measure.op in ("min", "max") else "sum"
    merged = call(how, column(measure.name))
    made = merged if how != "sum" else as_type(merged, measure_type(measure))
    return call("coalesce", made, exp.Literal.number(0)) if measure.counts else made


def fold(plan: Plan, dialect: str, source: str = ROWS, *, by_submission: bool = False) -> exp.Select:
    """Stage 1: the finest cells, one row for each combination of bases (and submission)."""
    keys = [_as(column(SUBMISSION), SUBMISSION)] if by_submission else []
    keys += [_as(compile_node(base.node, dialect), base.name) for base in plan.bases]
    values = [_as(_aggregate(measure, dialect), measure.name) for measure in plan.mergeable]
    query = _select([*keys, *values], source)
    if keys:
        query.set("group", exp.Group(expressions=[exp.Literal.number(place + 1) for place in range(len(keys))]))
    return query


def coded(plan: Plan, source: str, carried: Sequence[exp.Expr]) -> exp.Select:
    """The dimensions' codes beside what is carried along: ancestors looked up, nothing left without a code."""
    columns: list[exp.Expr] = []
    query = _select(columns, source)
    for number, dimension in enumerate(plan.dimensions):
        base = column(dimension.base, source)
        if dimension.mapping is None:
            columns.append(_as(call("coalesce", base, exp.Literal.string(UNKNOWN)), dimension.id))
            continue
        name = f"map{number}"
        pairs = dimension.mapping or ((UNKNOWN, UNKNOWN),)
        rows = [exp.Tuple(expressions=[exp.Literal.string(part) for part in pair]) for pair in pairs]
        alias = exp.TableAlias(this=exp.to_identifier(name), columns=[exp.to_identifier("code"), exp.to_identifier("above")])
        columns.append(_as(call("coalesce", column("above", name), exp.Literal.string(UNKNOWN)), dimension.id))
        same = exp.EQ(this=base, expression=column("code", name))
        query.join(exp.Values(expressions=rows, alias=alias), on=same, join_type="left", copy=False)
    query.set("expressions", [*columns, *carried])
    return query


def _grouped(query: exp.Select, cuts: Sequence[Cut]) -> exp.Select:
    """``GROUP BY GROUPING SETS``; a dimension that is not in the set is null: no code is, so null means all."""
    if list(cuts) == [()]:
        return query
    sets = [exp.Tuple(expressions=[column(name) for name in cut]) for cut in cuts]
    query.set("group", exp.Group(grouping_sets=[exp.GroupingSets(expressions=sets)]))
    return query


def _dimensions(plan: Plan, cuts: Sequence[Cut]) -> list[exp.Expr]:
    """The dimension columns; those no cut uses are null."""
    used = {name for cut in cuts for name in cut}
    null = as_type(exp.null(), "VARCHAR")
    return [_as(column(name) if name in used else null.copy(), name) for name in plan.dimension_ids]


def roll_up(plan: Plan, dialect: str, source: str = "coded") -> exp.Select:
    """Stage 2: the cells of every cut from the finest ones."""
    columns = [*_dimensions(plan, plan.cuts), *(_as(_merge(measure), measure.name) for measure in plan.mergeable)]
    return _grouped(_select(columns, source), plan.cuts)


def holistic(plan: Plan, dialect: str, source: str) -> exp.Select:
    """The measures that can't be merged, from the rows of each cell of their cuts."""
    values = []
    for measure in plan.holistic:
        inner = Measure(
            measure.name, measure.op, Node("column", _input(measure), value=f"x_{measure.name}"), measure.type, measure.q
        )
        values.append(_as(_aggregate(inner, dialect), measure.name))
    return _grouped(_select([*_dimensions(plan, plan.holistic_cuts), *values], source), plan.holistic_cuts)


def _input(measure: Measure) -> FormulaType:
    return NUMBER if measure.op == "quantile" else measure.node.type if measure.node else NUMBER


def _holistic_rows(plan: Plan, dialect: str, source: str) -> exp.Select:
    """Bases and inputs of the holistic measures, one row for each row of the source."""
    columns = [_as(compile_node(base.node, dialect), base.name) for base in plan.bases]
    for measure in plan.holistic:
        if measure.node is not None:
            node = _as_number(measure.node) if measure.op == "quantile" else measure.node
            columns.append(_as(compile_node(node, dialect), f"x_{measure.name}"))
    return _select(columns, source)


def _double(node: Node, dialect: str) -> exp.Expr:
    return compile_node(_as_number(node), dialect)


def _as_number(node: Node) -> Node:
    return node if node.type == NUMBER else Node("cast", NUMBER, (node,))


def _indicator(plan: Plan, item: PlannedIndicator, number: int, dialect: str) -> list[exp.Expr]:
    """Numerator, denominator, value and count of one indicator in each cell."""
    if item.value is not None:
        return [_as(_double(item.value, dialect), f"v{number}"), _as(column(item.count), f"c{number}")]
    numerator = _double(item.numerator, dialect) if item.numerator is not None else exp.null()
    out = [_as(numerator, f"n{number}")]
    if item.denominator is not None:
        denominator = _double(item.denominator, dialect)
        if item.over is not None:
            denominator = _of_parent(plan, item.over, denominator)
        ratio: exp.Expr = exp.Div(
            this=exp.Paren(this=numerator.copy()), expression=call("nullif", denominator.copy(), exp.Literal.number(0))
        )
        if item.scale != 1:
            ratio = exp.Mul(this=exp.Paren(this=ratio), expression=as_type(exp.Literal.number(item.scale), "DOUBLE"))
        out += [_as(denominator, f"d{number}"), _as(ratio, f"v{number}")]
    return [*out, _as(column(item.count), f"c{number}")]


def _of_parent(plan: Plan, over: str, denominator: exp.Expr) -> exp.Expr:
    """The denominator of the cell without the dimension: what the shares of the cell's siblings add up to."""
    whole = exp.Case(ifs=[exp.If(this=exp.Is(this=column(over), expression=exp.null()), true=denominator)])
    others = [column(name) for name in plan.dimension_ids if name != over]
    return exp.Window(this=call("max", whole), partition_by=others)


def finish(plan: Plan, dialect: str, rolled: str = "rolled", others: str | None = None) -> exp.Select:
    """Stage 3: the arithmetic of every indicator in every cell, one wide row a cell."""
    columns = [_as(column(name, rolled), name) for name in plan.dimension_ids]
    columns += [_as(column(measure.name, rolled), measure.name) for measure in plan.mergeable]
    columns += [_as(column(measure.name, others), measure.name) for measure in plan.holistic if others]
    query = _select(columns, rolled)
    if others is not None:
        same = [exp.NullSafeEQ(this=column(name, rolled), expression=column(name, others)) for name in plan.dimension_ids]
        query.join(exp.to_table(others), on=exp.and_(*same) if same else exp.true(), join_type="left", copy=False)
    results = [column(name) for name in plan.dimension_ids]
    for number, item in enumerate(plan.indicators):
        results += _indicator(plan, item, number, dialect)
    outer = exp.Select(expressions=results)
    return outer.from_(query.subquery("measured", copy=False), copy=False)


def statement(plan: Plan, dialect: str = "duckdb", *, rows: str = ROWS, cells: str | None = None) -> exp.Select:
    """The whole statement over the table ``rows``, or over finest cells that are already there (``cells``)."""
    parts: list[tuple[str, exp.Select]] = []
    if cells is None:
        parts.append(("cells", fold(plan, dialect, rows)))
        cells = "cells"
    carried = [column(measure.name) for measure in plan.mergeable]
    parts += [("coded", coded(plan, cells, carried)), ("rolled", roll_up(plan, dialect))]
    others = None
    if plan.holistic:
        others = "others"
        inputs = [column(f"x_{measure.name}") for measure in plan.holistic]
        parts += [
            ("inputs", _holistic_rows(plan, dialect, rows)),
            ("coded_rows", coded(plan, "inputs", inputs)),
            (others, holistic(plan, dialect, "coded_rows")),
        ]
    query = finish(plan, dialect, "rolled", others)
    for name, part in parts:
        query = query.with_(name, as_=part, copy=False)
    return query
