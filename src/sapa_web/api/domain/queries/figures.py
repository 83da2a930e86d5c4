"""Facts as a table: chosen by indicator, cut and period, official or provisional, streamed in three forms."""

from __future__ import annotations

import csv
import io
import json
from collections.abc import Iterator, Mapping, Sequence
from dataclasses import dataclass
from typing import Any

import pyarrow as pa
import pyarrow.compute as pc
import pyarrow.parquet as pq

from sapa.indicators.facts import dimensions_of
from sapa.publication.facts import fact_id
from sapa_web.indicators.domain.queries.facts import Figures

MEASURES = ("numerator", "denominator", "value", "count", "flag")
_BATCH = 5000
_LIVE = ("=", "+", "-", "@", "\t", "\r")


@dataclass(frozen=True)
class Choice:
    """What is asked for. ``cut``: exactly these dimensions, ``None`` for all cuts; ``where``: codes by dimension."""

    indicators: Sequence[str] = ()
    period: str = ""
    cut: frozenset[str] | None = None
    where: Mapping[str, str] | None = None


def chosen(figures: Figures, choice: Choice) -> pa.Table:
    """The facts that were asked for, with the dimensions that occur in them; suppressed figures carry no number."""
    table = figures.table
    if choice.indicators:
        table = table.filter(pc.is_in(table["indicator"], value_set=pa.array(list(choice.indicators), pa.string())))
    if choice.period:
        table = table.filter(pc.equal(table["period"], choice.period))
    dimensions = dimensions_of(table)
    wanted = (choice.cut or frozenset()) | set(choice.where or ())
    if not wanted <= set(dimensions):
        return table.slice(0, 0)
    if choice.cut is not None:
        for name in dimensions:
            table = table.filter(pc.is_valid(table[name]) if name in choice.cut else pc.is_null(table[name]))
    for name, code in (choice.where or {}).items():
        table = table.filter(pc.equal(table[name], code))
    used = [name for name in dimensions if table[name].null_count < table.num_rows]
    return table.select(["indicator", "period", *used, *MEASURES])


def as_json(table: pa.Table, head: Mapping[str, Any], *, named: bool = False) -> Iterator[bytes]:
    """``{…head, "rows": n, "items": […]}``, batch by batch; ``named``: each fact with its name."""
    start = json.dumps({**head, "rows": table.num_rows}, ensure_ascii=False)[:-1]
    yield (start + ', "items": [').encode()
    dimensions = dimensions_of(table)
    first = True
    for batch in table.to_batches(max_chunksize=_BATCH):
        lines = []
        for row in batch.to_pylist():
            cut = {name: row[name] for name in dimensions if row[name] is not None}
            fact = {"indicator": row["indicator"], "period": row["period"], "cut": cut} | {name: row[name] for name in MEASURES}
            if named:
                fact = {"fact": fact_id(row["indicator"], row["period"], tuple(cut.items()))} | fact
            lines.append(json.dumps(fact, ensure_ascii=False))
        yield (("" if first else ",\n") + ",\n".join(lines)).encode()
        first = False
    yield b"]}"


def as_csv(table: pa.Table) -> Iterator[bytes]:
    """RFC 4180 in UTF-8; a text that a spreadsheet would run as a formula gets an apostrophe before it."""
    yield _lines([table.column_names])
    for batch in table.to_batches(max_chunksize=_BATCH):
        columns = [column.to_pylist() for column in batch.columns]
        yield _lines([[_quiet(value) for value in row] for row in zip(*columns, strict=True)])


def as_parquet(table: pa.Table, head: Mapping[str, Any]) -> bytes:
    """One Parquet file; its metadata say where the figures come from and how many rows there are."""
    told = {f"sapa.{name}": json.dumps(value) for name, value in {**head, "rows": table.num_rows}.items()}
    sink = pa.BufferOutputStream()
    pq.write_table(table.replace_schema_metadata(told), sink, compression="zstd", write_page_checksum=True)
    return bytes(sink.getvalue().to_pybytes())


def _lines(rows: Sequence[Sequence[Any]]) -> bytes:
    out = io.StringIO()
    csv.writer(out, lineterminator="\r\n").writerows(rows)
    return out.getvalue().encode()


def _quiet(value: Any) -> Any:
    return f"'{value}" if isinstance(value, str) and value.startswith(_LIVE) else value
