"""Facts: one row an indicator and cell, as Arrow."""

from __future__ import annotations

from collections.abc import Iterable, Sequence
from pathlib import Path

import pyarrow as pa
import pyarrow.compute as pc
import pyarrow.parquet as pq

from sapa.errors import EngineError
from sapa.indicators.plan import Cut, Plan

NORMAL = ""
PROVISIONAL = "P"
NOT_APPLICABLE = "Z"
MISSING = "M"
"""Observation flags after UIS and SDMX: normal figures carry none; Z: nothing to divide by; M: the data lack it."""

HEAD = ("indicator", "period", "snapshot")
TAIL = (
    pa.field("numerator", pa.float64()),
    pa.field("denominator", pa.float64()),
    pa.field("value", pa.float64()),
    pa.field("count", pa.int64()),
    pa.field("flag", pa.string()),
)
ERROR = pa.field("error", pa.float64())
"""Standard error of the value, where it was estimated from a sample; facts of full enumerations have no such column."""
RESERVED = frozenset({*HEAD, *(field.name for field in TAIL), ERROR.name})


def facts_schema(dimensions: Sequence[str]) -> pa.Schema:
    """Schema of a facts table: indicator, period, snapshot, a column for each dimension (null = all), the figures."""
    names = [*HEAD, *dimensions]
    return pa.schema([*(pa.field(name, pa.string()) for name in names), *TAIL])


def facts_from_cells(plan: Plan, wide: pa.Table, *, snapshot: str, provisional: bool = False) -> pa.Table:
    """Facts of every indicator of the plan from the engine's wide table (one row a cell, see ``statement.finish``).

    The order is fixed: indicators as the pack lists them, cuts as planned, codes by code point.
    """
    wide, bounds = _by_cut(plan, wide)
    dimensions = plan.dimension_ids
    parts = []
    for number, item in enumerate(plan.indicators):
        parts += [_slice(wide.slice(first, length), number, item.id, dimensions) for first, length in _runs(item.cuts, bounds)]
    schema = facts_schema(dimensions)
    if not parts:
        return schema.empty_table()
    joined = pa.concat_tables(parts).combine_chunks()
    constant = {"period": plan.period, "snapshot": snapshot}
    columns = {name: pa.repeat(pa.scalar(text), joined.num_rows) for name, text in constant.items()}
    columns |= {name: joined[name] for name in joined.column_names}
    columns["flag"] = flags(joined["value"], joined["denominator"], provisional=provisional)
    return pa.Table.from_arrays([columns[name] for name in schema.names], schema=schema)


def _runs(cuts: Sequence[Cut], bounds: dict[frozenset[str], tuple[int, int]]) -> list[tuple[int, int]]:
    """Where the cells of these cuts lie, neighbours joined: (first row, number of rows)."""
    out: list[tuple[int, int]] = []
    for first, length in sorted(bounds[frozenset(cut)] for cut in cuts if frozenset(cut) in bounds):
        if out and sum(out[-1]) == first:
            out[-1] = (out[-1][0], out[-1][1] + length)
        else:
            out.append((first, length))
    return out


def _slice(cells: pa.Table, number: int, indicator: str, dimensions: Sequence[str]) -> pa.Table:
    size = cells.num_rows
    names = set(cells.column_names)
    nothing = pa.nulls(size, pa.float64())
    numerator = cells[f"n{number}"] if f"n{number}" in names else nothing
    denominator = cells[f"d{number}"] if f"d{number}" in names else nothing
    value = cells[f"v{number}"] if f"v{number}" in names else numerator
    columns = {"indicator": pa.repeat(pa.scalar(indicator), size)} | {name: cells[name] for name in dimensions}
    columns |= {"numerator": numerator, "denominator": denominator, "value": value, "count": cells[f"c{number}"]}
    return pa.Table.from_arrays(list(columns.values()), names=list(columns))


def _by_cut(plan: Plan, wide: pa.Table) -> tuple[pa.Table, dict[frozenset[str], tuple[int, int]]]:
    """The cells sorted by cut and codes, and where each cut's cells lie: (first row, number of rows)."""
    bits = pa.repeat(pa.scalar(0, pa.int64()), wide.num_rows)
    for place, name in enumerate(plan.dimension_ids):
        bits = pc.add(bits, pc.multiply(pc.cast(pc.is_valid(wide[name]), pa.int64()), 1 << place))
    ranks = pa.repeat(pa.scalar(-1, pa.int64()), wide.num_rows)
    for rank, cut in enumerate(plan.cuts):
        mask = sum(1 << plan.dimension_ids.index(name) for name in cut)
        ranks = pc.if_else(pc.equal(bits, mask), rank, ranks)
    if wide.num_rows and pc.min(ranks).as_py() < 0:
        raise EngineError("an engine returned a cell of no cut of the plan", todo="report it with `sapa explain`")
    ordered = sorted_by(wide.append_column("_cut", ranks), ["_cut", *plan.dimension_ids])
    counted = ordered.group_by("_cut", use_threads=False).aggregate([([], "count_all")])
    bounds, first = {}, 0
    for rank, size in zip(counted["_cut"].to_pylist(), counted["count_all"].to_pylist(), strict=True):
        bounds[frozenset(plan.cuts[rank])] = (first, size)
        first += size
    return ordered, bounds


def sorted_by(table: pa.Table, names: Sequence[str]) -> pa.Table:
    """The rows in order of those columns, by code point, nulls (all) first."""
    if not names or table.num_rows < 2:
        return table
    # No code is empty, so the empty text stands for null and comes first.
    keys = [pc.fill_null(table[name], "") if table[name].null_count else table[name] for name in names]
    order = pc.sort_indices(pa.Table.from_arrays(keys, names=list(names)), sort_keys=[(name, "ascending") for name in names])
    return table.take(order)


def flags(value: pa.ChunkedArray, denominator: pa.ChunkedArray, *, provisional: bool) -> pa.Array:
    """The flag of each fact: not applicable where the denominator is zero, missing where there is no value."""
    nothing = pc.fill_null(pc.equal(denominator, 0.0), False)
    empty = pc.if_else(nothing, NOT_APPLICABLE, MISSING)
    return pc.if_else(pc.is_valid(value), PROVISIONAL if provisional else NORMAL, empty)


def write_facts(table: pa.Table, path: Path) -> None:
    """Write facts with page checksums, in place only when complete; the bytes depend on nothing but the table."""
    path.parent.mkdir(parents=True, exist_ok=True)
    partial = path.with_name(path.name + ".partial")
    pq.write_table(table, partial, compression="zstd", write_page_checksum=True)
    partial.replace(path)


def select_cut(table: pa.Table, dimensions: Sequence[str], cut: Cut) -> pa.Table:
    """Facts of exactly one cut: those dimensions have a code, all others are null."""
    mask: pa.Array | None = None
    for name in dimensions:
        here = pc.is_valid(table[name]) if name in cut else pc.is_null(table[name])
        mask = here if mask is None else pc.and_(mask, here)
    return table if mask is None else table.filter(mask)


def dimensions_of(table: pa.Table) -> tuple[str, ...]:
    """Names of the dimension columns of a facts table."""
    return tuple(name for name in table.column_names if name not in RESERVED)


def stacked(tables: Iterable[pa.Table]) -> pa.Table:
    """Facts of several tables, all of them, as one; a dimension that a table lacks is null (all) there."""
    given = list(tables)
    dimensions = sorted({name for table in given for name in dimensions_of(table)})
    schema = facts_schema(dimensions)
    if any(ERROR.name in table.column_names for table in given):
        schema = schema.append(ERROR)
    return pa.concat_tables([_widened(table, schema) for table in given]) if given else schema.empty_table()


def _widened(table: pa.Table, schema: pa.Schema) -> pa.Table:
    columns = [
        table[field.name] if field.name in table.column_names else pa.nulls(table.num_rows, field.type) for field in schema
    ]
    return pa.table(columns, schema=schema)


def latest(tables: Iterable[pa.Table]) -> pa.Table:
    """Facts of several tables as one, each once: the rule for everybody who reads facts of more than one snapshot.

    A fact of an earlier period is restated when a later one completes it (a cohort rate and what is made from it): of the facts
    of one indicator, period and cut, that of the later snapshot holds. A snapshot is as late as the latest period it has facts
    of; of two snapshots of one period, the one whose table is given last. The order of the rows stays.
    """
    given = [table for table in tables if table.num_rows]
    facts = stacked(given)
    if not facts.num_rows:
        return facts
    # Age: the rank of the snapshot, then the number of the row, which has fewer than 40 bits.
    ranks = pc.index_in(facts["snapshot"], value_set=pa.array(_by_age(given), pa.string())).cast(pa.int64())
    age = pc.add(pc.shift_left(ranks, 40), pa.array(range(facts.num_rows), pa.int64()))
    names = ["indicator", "period", *dimensions_of(facts)]
    # No code is empty, so the empty text stands for null (all).
    keys = {name: pc.fill_null(facts[name], "") for name in names}
    kept = pa.table({**keys, "_age": age}).group_by(names).aggregate([("_age", "max")])["_age_max"]
    if len(kept) == facts.num_rows:
        return facts
    rows = pc.bit_wise_and(kept, pa.scalar((1 << 40) - 1, pa.int64()))
    return facts.take(pc.take(rows, pc.sort_indices(rows)))


def _by_age(tables: Sequence[pa.Table]) -> list[str]:
    """Snapshots of the tables, the earliest first."""
    ages: dict[str, tuple[str, int]] = {}
    for place, table in enumerate(tables):
        found = table.group_by("snapshot").aggregate([("period", "max")]).to_pylist()
        for row in found:
            name, period = str(row["snapshot"]), str(row["period_max"])
            before, _ = ages.get(name, ("", 0))
            ages[name] = (max(before, period), place)
    return sorted(ages, key=lambda name: ages[name])
