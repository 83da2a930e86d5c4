"""Indicators made from facts: arithmetic over others, growth between periods, parity of groups, cohort rates."""

from __future__ import annotations

from collections.abc import Callable, Iterable, Mapping, Sequence
from collections.abc import Set as AbstractSet
from typing import Any

import pyarrow as pa
import pyarrow.compute as pc
from sqlglot import exp

from sapa.errors import UserError
from sapa.formula import NUMBER, Node, compile_node, parse
from sapa.indicators.engines.duckdb import query, session
from sapa.indicators.facts import HEAD, dimensions_of, facts_schema, flags, latest, sorted_by, stacked
from sapa.indicators.periods import shift_period

MADE_FROM_FACTS = ("derived", "growth", "parity")


def inputs_of(item: Any) -> tuple[str, ...]:
    """Ids of the indicators that one is made from."""
    return tuple(dict.fromkeys(item.inputs.values())) if item.kind == "derived" else (item.of,)


def in_order(items: Sequence[Any]) -> list[Any]:
    """The indicators so that each stands after those it is made from. Raises ``UserError`` on a circle."""
    waiting = {item.id: item for item in items}
    out: list[Any] = []
    while waiting:
        ready = [item for item in waiting.values() if not any(name in waiting for name in inputs_of(item))]
        if not ready:
            raise UserError(
                f"indicators are made from each other: {', '.join(sorted(waiting))}", todo="break the circle in the pack"
            )
        out += ready
        for item in ready:
            del waiting[item.id]
    return out


def combine(tables: Iterable[pa.Table]) -> pa.Table:
    """Facts of several files as one table, each fact once: see ``facts.latest``."""
    return latest(tables)


def affected(items: Sequence[Any], restated: Mapping[str, AbstractSet[str]], period: str) -> dict[str, list[Any]]:
    """What must be made again: periods before ``period``, the earliest first, each with the indicators whose inputs are new.

    ``restated`` gives each period the indicators whose facts of it are new. What is made from these is new in turn; growth also
    in the period that is compared with a restated one.
    """
    new = {(name, when) for when, names in restated.items() for name in names}
    out: dict[str, list[Any]] = {}
    waiting = set(restated)
    while waiting:
        when = min(waiting)
        waiting.remove(when)
        if when >= period:
            continue
        for item in in_order([item for item in items if item.holds(when)]):
            sources = {(name, when) for name in inputs_of(item)}
            if item.kind == "growth":
                sources.add((item.of, shift_period(when, -item.lag)))
            if sources & new:
                new.add((item.id, when))
                out.setdefault(when, []).append(item)
        waiting |= {shift_period(when, item.lag) for item in items if item.kind == "growth" and (item.of, when) in new}
    return out


def derived_facts(
    items: Sequence[Any], facts: pa.Table, period: str, *, snapshot: str = "", provisional: bool = False
) -> pa.Table:
    """Facts of derived, growth and parity indicators for ``period``, from facts of it and of earlier periods (combined).

    What ``facts`` already hold of these indicators and the period is not looked at.
    """
    mine = pc.is_in(facts["indicator"], value_set=pa.array([item.id for item in items], pa.string()))
    known = facts.filter(pc.invert(pc.and_(mine, pc.equal(facts["period"], period))))
    made = []
    for item in in_order(items):
        wide = _MAKERS[item.kind](item, known, period)
        table = _as_facts(wide, item.id, period, snapshot, provisional)
        made.append(table)
        known = stacked([known, table])
    return stacked(made) if made else facts_schema(dimensions_of(facts)).empty_table()


def _as_facts(wide: pa.Table, indicator: str, period: str, snapshot: str, provisional: bool) -> pa.Table:
    dimensions = [name for name in wide.column_names if name not in ("numerator", "denominator", "value", "count")]
    wide = sorted_by(wide, dimensions)
    size = wide.num_rows
    constants = dict(zip(HEAD, (indicator, period, snapshot), strict=True))
    columns = {name: pa.repeat(pa.scalar(text, pa.string()), size) for name, text in constants.items()}
    columns |= {name: wide[name] for name in dimensions}
    columns |= {name: pc.cast(wide[name], pa.float64()) for name in ("numerator", "denominator", "value")}
    columns |= {"count": pc.cast(wide["count"], pa.int64())}
    columns["flag"] = flags(columns["value"], columns["denominator"], provisional=provisional)
    return pa.table(columns, schema=facts_schema(dimensions))


def _q(name: str) -> str:
    return '"' + name.replace('"', '""') + '"'


def _text(text: str) -> str:
    return exp.Literal.string(text).sql(dialect="duckdb")


def _ask(facts: pa.Table, sql: str) -> pa.Table:
    with session(facts) as connection:
        return query(connection, sql)


def _grouped(names: Sequence[str]) -> tuple[str, str]:
    """The dimension columns of a SELECT, and its GROUP BY."""
    listed = ", ".join(map(_q, names))
    return (f"{listed}, ", f"GROUP BY {listed}") if names else ("", "")


def _of_cuts(item: Any, dimensions: Sequence[str]) -> str:
    """The condition that a cell belongs to the indicator's own cuts, where it names any."""
    if item.cuts is None:
        return "true"
    patterns = []
    for cut in ((), *item.cuts):
        if set(cut) <= set(dimensions):
            patterns.append(" AND ".join(f"{_q(name)} IS {'NOT ' if name in cut else ''}NULL" for name in dimensions) or "true")
    return "(" + " OR ".join(f"({pattern})" for pattern in patterns) + ")"


def _derived(item: Any, facts: pa.Table, period: str) -> pa.Table:
    """Cells that every input has, those of ``zero`` aside; the value is the expression over the inputs' values.

    An input of ``zero`` without a fact in the cell is 0 if it has a fact in any cell of the same code of ``within``.
    """
    dimensions = dimensions_of(facts)
    listed, group = _grouped(dimensions)
    ids = tuple(dict.fromkeys(of for name, of in item.inputs.items() if name not in item.zero))
    values = ", ".join(
        f"max(value) FILTER (WHERE indicator = {_text(of)}) AS {_q('in_' + name)}" for name, of in item.inputs.items()
    )
    root = parse(item.expr, dict.fromkeys(item.inputs, NUMBER)).root
    columns = {name: exp.column("in_" + name, quoted=True) for name in item.inputs}
    known = _known(item, dimensions)
    filled = ", ".join(f"{known[name]} AS {_q('in_' + name)}" for name in item.zero)
    numerator, denominator = _fraction(root)
    parts = [
        compile_node(node, "duckdb", columns).sql(dialect="duckdb") if node else "NULL" for node in (numerator, denominator, root)
    ]
    wanted = ", ".join(_text(of) for of in ids)
    asked = ", ".join(_text(of) for of in inputs_of(item))
    sql = f"""
        WITH cells AS (
          SELECT {listed}{values}, min("count") AS "count",
            count(DISTINCT indicator) FILTER (WHERE indicator IN ({wanted})) AS _present
          FROM rows
          WHERE period = {_text(period)} AND indicator IN ({asked}) AND {_of_cuts(item, dimensions)}
          {group}
        ), complete AS (
          SELECT * {f"REPLACE ({filled})" if filled else ""} FROM cells
        )
        SELECT {listed}{parts[0]} AS numerator, {parts[1]} AS denominator, {parts[2]} AS value, "count" FROM complete
        WHERE _present = {len(ids)}
    """  # noqa: S608
    return _ask(facts, sql)


def _known(item: Any, dimensions: Sequence[str]) -> dict[str, str]:
    """SQL of each input of ``zero``: its value, or 0 where another cell of the same code shows that it was counted."""
    part = f"PARTITION BY {_q(item.within)}" if item.within in dimensions else ""
    out = {}
    for name in item.zero:
        own = _q("in_" + name)
        out[name] = f"coalesce({own}, CASE WHEN count({own}) OVER ({part}) > 0 THEN 0e0 END)"
    return out


def _fraction(root: Node) -> tuple[Node | None, Node | None]:
    """Numerator and denominator where the expression is a fraction, also one times a constant."""
    if root.op == "mul":
        fractions = [part for part in root.args if part.op == "div"]
        constants = [part for part in root.args if part.op == "literal"]
        root = fractions[0] if len(fractions) == len(constants) == 1 else root
    return (root.args[0], root.args[1]) if root.op == "div" else (None, None)


def _growth(item: Any, facts: pa.Table, period: str) -> pa.Table:
    """Every cell of this period against the same cell ``lag`` periods earlier, in percent of the earlier value."""
    dimensions = dimensions_of(facts)
    listed, group = _grouped(dimensions)
    earlier = shift_period(period, -item.lag)
    sql = f"""
        WITH cells AS (
          SELECT {listed}max(value) FILTER (WHERE period = {_text(period)}) AS now,
            max(value) FILTER (WHERE period = {_text(earlier)}) AS before,
            max("count") FILTER (WHERE period = {_text(period)}) AS "count"
          FROM rows WHERE indicator = {_text(item.of)} AND period IN ({_text(period)}, {_text(earlier)})
            AND {_of_cuts(item, dimensions)}
          {group} HAVING count(*) FILTER (WHERE period = {_text(period)}) > 0
        )
        SELECT {listed}now - before AS numerator, before AS denominator,
          (now - before) / nullif(before, 0) * 100e0 AS value, "count" FROM cells
    """  # noqa: S608
    return _ask(facts, sql)


def _parity(item: Any, facts: pa.Table, period: str) -> pa.Table:
    """The adjusted index of the cells of two groups: a/b where a <= b, else 2 - b/a (UNESCO UIS, adjusted parity index)."""
    dimensions = dimensions_of(facts)
    if item.by not in dimensions:
        raise UserError(f"{item.id}: no fact of {item.of} is cut by {item.by}", todo="add a cut with that dimension")
    others = [name for name in dimensions if name != item.by]
    listed, group = _grouped(others)

    def of_group(code: str, what: str) -> str:
        return f"max({what}) FILTER (WHERE {_q(item.by)} = {_text(code)})"

    sql = f"""
        WITH cells AS (
          SELECT {listed}{of_group(item.a, "value")} AS a, {of_group(item.b, "value")} AS b, min("count") AS "count" FROM rows
          WHERE indicator = {_text(item.of)} AND period = {_text(period)} AND {_q(item.by)} IN ({_text(item.a)}, {_text(item.b)})
            AND {_of_cuts(item, others)} {group}
        )
        SELECT {listed}CAST(NULL AS VARCHAR) AS {_q(item.by)}, a AS numerator, b AS denominator,
          CASE WHEN a <= b THEN a / nullif(b, 0) ELSE 2e0 - b / nullif(a, 0) END AS value, "count" FROM cells
    """  # noqa: S608
    return _ask(facts, sql)


_MAKERS: dict[str, Callable[[Any, pa.Table, str], pa.Table]] = {"derived": _derived, "growth": _growth, "parity": _parity}


def cohort_facts(item: Any, now: pa.Table, earlier: pa.Table, period: str, *, snapshot: str, provisional: bool) -> pa.Table:
    """Facts of a cohort rate: of the base period ``lead`` earlier, now complete, and of this period, waiting.

    ``now`` holds what the plan made of this period's rows: numerator and denominator of the same period, which are never
    divided by each other. The fact of period t is the numerator seen in t + lead (its codes moved by ``numerator_shift``)
    over the denominator of t, which the facts of t have kept (e.g. UNESCO's repetition rate: repeaters of the next year).
    """
    mine = now.filter(pc.equal(now["indicator"], item.id))
    waiting = _replace(mine, numerator=pa.nulls(mine.num_rows, pa.float64()), value=pa.nulls(mine.num_rows, pa.float64()))
    waiting = _replace(waiting, flag=flags(waiting["value"], waiting["denominator"], provisional=provisional))
    base = shift_period(period, -item.lead)
    before = earlier.filter(pc.and_(pc.equal(earlier["indicator"], item.id), pc.equal(earlier["period"], base)))
    if not before.num_rows:
        return waiting
    both = stacked([before, mine])
    listed = "".join(f"{_q(name)}, " for name in dimensions_of(both))
    moved = "".join(f"{_moved(name, item.numerator_shift.get(name, 0))} AS {_q(name)}, " for name in dimensions_of(both))
    same = " AND ".join(f"b.{_q(name)} IS NOT DISTINCT FROM n.{_q(name)}" for name in dimensions_of(both)) or "true"
    sql = f"""
        WITH b AS (SELECT {listed}denominator, "count" FROM rows WHERE period = {_text(base)}),
        n AS (SELECT {moved}numerator FROM rows WHERE period = {_text(period)})
        SELECT {"".join(f"b.{_q(name)}, " for name in dimensions_of(both))}n.numerator, b.denominator,
          n.numerator / nullif(b.denominator, 0) * {float(item.scale)!r} AS value, b."count" FROM b LEFT JOIN n ON {same}
    """  # noqa: S608
    complete = _as_facts(_ask(both, sql), item.id, base, snapshot, provisional)
    return stacked([complete, waiting])


def _moved(name: str, by: int) -> str:
    """A numeric code moved; a code that is no number (or unknown) stays."""
    if not by:
        return _q(name)
    code = _q(name)
    numeric = f"regexp_full_match({code}, '-?[0-9]{{1,9}}')"
    return f"CASE WHEN {numeric} THEN CAST(CAST({code} AS BIGINT) + {by} AS VARCHAR) ELSE {code} END"


def _replace(table: pa.Table, **columns: pa.Array | pa.ChunkedArray) -> pa.Table:
    for name, column in columns.items():
        table = table.set_column(table.column_names.index(name), table.schema.field(name), column)
    return table
