"""Canonical bytes of every reporting unit of a table, in one pass over the columns."""

from __future__ import annotations

from collections.abc import Iterator
from itertools import pairwise

import numpy as np
import pyarrow as pa
import pyarrow.compute as pc

from sapa.datasets.canonical import _order, _quote, written
from sapa.datasets.layout import arrow_type, kept_fields
from sapa.errors import EngineError, UserError
from sapa.packs.models_data import Dataset

SLICE_ROWS = 200_000
"""Rows written as text at a time: memory stays bounded, whatever the size of the table."""

UNIT_ROWS = 1_000_000
"""Rows one unit may send: a submission is signed and stored whole, hence held in memory whole."""


def canonical_units(table: pa.Table, dataset: Dataset, period: str | None) -> Iterator[tuple[str, int, bytes]]:
    """For each unit in order: its id, its number of rows, its canonical bytes.

    The bytes are those ``canonical`` gives for the unit's rows alone; columns are written as text for many units at once.
    Raises ``EngineError`` where a row names no unit (verification refuses such rows), ``UserError`` where one has too many.
    """
    if not table.num_rows:
        return
    units = table[dataset.unit].combine_chunks()
    if units.null_count:
        raise EngineError(f"{dataset.id}: {units.null_count} rows name no unit")
    counted = units.value_counts()
    longest = pc.max(counted.field("counts")).as_py()
    if longest > UNIT_ROWS:
        unit = counted.field("values")[pc.index(counted.field("counts"), longest).as_py()]
        text = f"{dataset.id}: {longest} rows are those of one unit, '{str(unit)[:40]}'; one submission holds at most {UNIT_ROWS}"
        raise UserError(text, todo="check the column that names the unit")
    order = pc.sort_indices(units)
    for start, stop in _slices(units.take(order)):
        yield from _slice(table.take(order.slice(start, stop - start)), dataset, period)


def _slices(units: pa.Array) -> Iterator[tuple[int, int]]:
    """Runs of whole units, gathered until they hold enough rows."""
    begin = 0
    for start, stop in _runs(units):
        if start - begin >= SLICE_ROWS:
            yield begin, start
            begin = start
        if stop == len(units):
            yield begin, stop


def _slice(table: pa.Table, dataset: Dataset, period: str | None) -> Iterator[tuple[str, int, bytes]]:
    fields = kept_fields(dataset, period)
    texts = {item.id: written(table[item.id].cast(arrow_type(item))) for item in fields}
    key = [dataset.unit, *[name for name in dataset.key(period) if name != dataset.unit and name in texts]]
    order = _order(texts, key)
    quoted = [_quote(texts[item.id]).take(order) for item in fields]
    lines = pc.binary_join_element_wise(pc.binary_join_element_wise(*quoted, ","), "\n", "")
    header = (",".join(item.id for item in fields) + "\n").encode()
    units = texts[dataset.unit].take(order)
    for start, stop in _runs(units):
        body = "".join(lines.slice(start, stop - start).to_pylist())
        yield units[start].as_py(), stop - start, header + body.encode()


def _runs(values: pa.Array) -> Iterator[tuple[int, int]]:
    """Start and end of each run of equal neighbours."""
    coded = values.dictionary_encode().indices.to_numpy(zero_copy_only=False)
    edges = np.flatnonzero(np.diff(coded)) + 1
    bounds = [0, *edges.tolist(), len(coded)]
    yield from pairwise(bounds)
