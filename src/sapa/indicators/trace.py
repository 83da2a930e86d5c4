"""One fact recomputed from the rows it rests on, on another path than the plan's: a filter, then plain aggregates."""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass, field
from typing import Any, Literal

import pyarrow as pa
from sqlglot import exp

from sapa.errors import UserError
from sapa.formula import NUMBER, Node, compile_node, parse, schema_of
from sapa.formula.dialects import as_type, call
from sapa.indicators.engines.duckdb import query, session
from sapa.indicators.explain import definition
from sapa.indicators.plan import UNKNOWN, Plan, PlannedDimension
from sapa.indicators.planner import plan
from sapa.indicators.statement import ROWS, SUBMISSION

Part = Literal["all", "numerator", "denominator"]


@dataclass(frozen=True)
class Trace:
    """The rows of one fact and what comes out of them.

    ``filter`` is the SQL condition on the rows; ``count`` the number of rows it holds for; ``submissions`` pairs of leaf
    index and number of these rows in it, the largest first; ``rows`` the first of them.
    """

    indicator: str
    period: str
    cut: Mapping[str, str]
    definition: str
    clause: tuple[str, ...]
    filter: str
    count: int
    numerator: float | None
    denominator: float | None
    value: float | None
    submissions: tuple[tuple[int, int], ...] = ()
    rows: pa.Table | None = field(default=None, repr=False)


def recompute(
    pack: Any, indicator_id: str, period: str, cut: Mapping[str, str], source: Any, *, limit: int = 10, part: Part = "all"
) -> Trace:
    """Recompute a fact from the rows of its period.

    ``cut`` maps a dimension to its code. For a cohort rate call it twice: ``part="denominator"`` with the rows of the fact's
    period and ``part="numerator"`` with those ``lead`` periods later (the cut's codes moved back by the caller).
    Raises ``UserError`` for an indicator made from facts (trace its inputs) and for an unknown dimension.
    """
    item = pack.indicator(indicator_id, period)
    if not hasattr(item, "dataset"):
        raise UserError(f"{item.id} is made from facts, not from rows", todo="trace its inputs")
    full = item.model_copy(update={"cuts": (tuple(cut),)})
    planned = plan(pack, item.dataset, [full], period)
    schema = schema_of(pack.dataset(item.dataset), period)
    where = compile_node(parse(item.where, schema).root) if item.where else None
    conditions = [where if where is not None else exp.true()]
    inside = exp.and_(*conditions, *(_condition(planned, name, code) for name, code in cut.items()))
    whole = inside
    over = getattr(item, "adds_up_over", None)
    if over is not None and over in cut:
        whole = exp.and_(*conditions, *(_condition(planned, name, code) for name, code in cut.items() if name != over))
    numerator, denominator, value = _aggregates(item, schema)
    with session(source) as connection:
        found = _figures(connection, inside, numerator, value)
        below = _figures(connection, whole, denominator, None) if denominator is not None else (None, None, 0)
        submissions, rows = _rows(connection, inside, pack.dataset(item.dataset).key(period), limit)
    top = found[0] if part != "denominator" else None
    bottom = below[0] if part != "numerator" else None
    result = found[1] if value is not None else _quotient(item, top, bottom, denominator is not None)
    text = inside.sql(dialect="duckdb")
    return Trace(
        item.id, period, dict(cut), definition(item), tuple(item.clause), text, found[2], top, bottom, result, submissions, rows
    )


def _quotient(item: Any, top: float | None, bottom: float | None, fraction: bool) -> float | None:
    if not fraction:
        return top
    if top is None or not bottom:
        return None
    scale = getattr(item, "scale", 1)
    return top / bottom * scale if scale != 1 else top / bottom


def _aggregates(item: Any, schema: Mapping[str, Any]) -> tuple[exp.Expr | None, exp.Expr | None, exp.Expr | None]:
    """Numerator, denominator, value as plain aggregates, doubles."""

    def sql(text: str) -> exp.Expr:
        expr = parse(text, schema, mode="aggregate")
        return compile_node(Node("cast", NUMBER, (expr.root,)) if expr.type != NUMBER else expr.root)

    if item.kind in ("ratio", "cohort"):
        return sql(item.numerator), sql(item.denominator), None
    if item.kind == "count":
        return sql("count(*)"), None, None
    if item.kind == "condition":
        return sql(f"count_if({item.holds_when})"), sql(f"count({item.holds_when})"), None
    if item.kind == "quantile":
        inner = parse(item.of, schema).root
        number = compile_node(Node("cast", NUMBER, (inner,)) if inner.type != NUMBER else inner)
        return None, None, _quantile(number, item.q)
    if item.kind == "mean":
        return sql(f"sum({item.of})"), sql(f"count({item.of})"), None
    return sql(f"sum({item.of})" if item.kind == "sum" else f"count_distinct({item.of})"), None, None


def _quantile(value: exp.Expr, q: float) -> exp.Expr:
    """Type 7 of doubles: low + (high - low) * fraction of the sorted values; null where there is none.

    Written out, as DuckDB's own function takes a fused multiplication and so rounds otherwise.
    """
    present = exp.Where(this=exp.Not(this=exp.Is(this=value.copy(), expression=exp.null())))
    values = call("list_sort", exp.Filter(this=call("list", value), expression=present))
    one = exp.Literal.number(1)
    written = repr(q) if "e" in repr(q) else f"{q!r}e0"
    last = exp.Paren(this=exp.Sub(this=call("len", values), expression=one))
    rank = exp.Paren(this=exp.Mul(this=last, expression=exp.Literal.number(written)))

    def at(place: str) -> exp.Expr:
        index = exp.Add(this=call(place, rank.copy()), expression=one.copy())
        return call("list_extract", values.copy(), as_type(index, "BIGINT"))

    fraction = exp.Paren(this=exp.Sub(this=rank.copy(), expression=call("floor", rank.copy())))
    spread = exp.Paren(this=exp.Sub(this=at("ceil"), expression=at("floor")))
    return exp.Add(this=at("floor"), expression=exp.Mul(this=spread, expression=fraction))


def _condition(planned: Plan, name: str, code: str) -> exp.Expr:
    """The rows whose code of the dimension is ``code``."""
    for dimension in planned.dimensions:
        if dimension.id == name:
            return _equals(planned, dimension, code)
    known = ", ".join(planned.dimension_ids)
    todo = f"use one of: {known}" if known else "name the fact without a dimension: this data set has none"
    raise UserError(f"{planned.dataset} has no dimension {name}", todo=todo)


def _equals(planned: Plan, dimension: PlannedDimension, code: str) -> exp.Expr:
    base = next(base for base in planned.bases if base.name == dimension.base)
    column = compile_node(base.node)
    if dimension.mapping is None:
        coded = column if code != UNKNOWN else call("coalesce", column, exp.Literal.string(UNKNOWN))
        return exp.EQ(this=exp.Paren(this=coded), expression=exp.Literal.string(code))
    below = [one for one, above in dimension.mapping if (above == code if code != UNKNOWN else above != UNKNOWN)]
    inside = exp.In(this=exp.Paren(this=column), expressions=[exp.Literal.string(one) for one in below])
    return inside if code != UNKNOWN else exp.Not(this=call("coalesce", inside, exp.false()))


def _figures(
    connection: Any, condition: exp.Expr, first: exp.Expr | None, second: exp.Expr | None
) -> tuple[float | None, float | None, int]:
    nothing = as_type(exp.null(), "DOUBLE")
    select = exp.select(*(exp.alias_(part, name) for part, name in ((first or nothing, "x"), (second or nothing.copy(), "y"))))
    select = select.select(exp.alias_(call("count", exp.Star()), "c")).from_(ROWS).where(condition)
    row = query(connection, select.sql(dialect="duckdb")).to_pylist()[0]
    return row["x"], row["y"], row["c"]


def _rows(connection: Any, condition: exp.Expr, key: tuple[str, ...], limit: int) -> tuple[tuple[tuple[int, int], ...], pa.Table]:
    columns = {row[0] for row in connection.execute(f"SELECT column_name FROM (DESCRIBE {ROWS})").fetchall()}  # noqa: S608
    text = condition.sql(dialect="duckdb")
    submissions: tuple[tuple[int, int], ...] = ()
    order = [name for name in (SUBMISSION, *key) if name in columns]
    if SUBMISSION in columns:
        sql = f'SELECT "{SUBMISSION}" AS s, count(*) AS c FROM {ROWS} WHERE {text} GROUP BY 1 ORDER BY 2 DESC, 1'  # noqa: S608
        submissions = tuple((row["s"], row["c"]) for row in query(connection, sql).to_pylist())
    placed = "ORDER BY " + ", ".join(f'"{name}"' for name in order) if order else ""
    rows = query(connection, f"SELECT * FROM {ROWS} WHERE {text} {placed} LIMIT {int(limit)}")  # noqa: S608
    return submissions, rows
