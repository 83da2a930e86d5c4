"""Pieces of SQL that the stages of a plan share, as sqlglot's tree."""

from __future__ import annotations

from collections.abc import Sequence

from sqlglot import exp

from sapa.formula.dialects import as_type, call
from sapa.indicators.plan import UNKNOWN, Cut, Plan

Step = tuple[str, exp.Query]
"""A table by name, and what makes it."""


def column(name: str, table: str | None = None) -> exp.Expr:
    """A quoted column."""
    return exp.column(name, table, quoted=True)


def as_name(value: exp.Expr, name: str) -> exp.Expr:
    """The value under a quoted name."""
    return exp.alias_(value, name, quoted=True)


def select(columns: list[exp.Expr], source: str) -> exp.Select:
    """``SELECT columns FROM source``; sqlglot's own builder copies the whole tree at each step."""
    return exp.Select(expressions=columns).from_(exp.to_table(source), copy=False)


def coded(plan: Plan, source: str, carried: Sequence[exp.Expr]) -> exp.Select:
    """The dimensions' codes beside what is carried along: ancestors looked up, nothing left without a code."""
    columns: list[exp.Expr] = []
    query = select(columns, source)
    for number, dimension in enumerate(plan.dimensions):
        base = column(dimension.base, source)
        if dimension.mapping is None:
            columns.append(as_name(call("coalesce", base, exp.Literal.string(UNKNOWN)), dimension.id))
            continue
        name = f"map{number}"
        pairs = dimension.mapping or ((UNKNOWN, UNKNOWN),)
        rows = [exp.Tuple(expressions=[exp.Literal.string(part) for part in pair]) for pair in pairs]
        alias = exp.TableAlias(this=exp.to_identifier(name), columns=[exp.to_identifier("code"), exp.to_identifier("above")])
        columns.append(as_name(call("coalesce", column("above", name), exp.Literal.string(UNKNOWN)), dimension.id))
        same = exp.EQ(this=base, expression=column("code", name))
        query.join(exp.Values(expressions=rows, alias=alias), on=same, join_type="left", copy=False)
    query.set("expressions", [*columns, *carried])
    return query


def grouped(query: exp.Select, cuts: Sequence[Cut]) -> exp.Select:
    """``GROUP BY GROUPING SETS``; a dimension that is not in the set is null: no code is, so null means all."""
    if list(cuts) == [()]:
        return query
    sets = [exp.Tuple(expressions=[column(name) for name in cut]) for cut in cuts]
    query.set("group", exp.Group(grouping_sets=[exp.GroupingSets(expressions=sets)]))
    return query


def dimensions(plan: Plan, cuts: Sequence[Cut]) -> list[exp.Expr]:
    """The dimension columns; those no cut uses are null."""
    used = {name for cut in cuts for name in cut}
    null = as_type(exp.null(), "VARCHAR")
    return [as_name(column(name) if name in used else null.copy(), name) for name in plan.dimension_ids]
