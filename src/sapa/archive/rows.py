"""From canonical bytes to the snapshot's rows: one sorted Parquet file a data set, with the units' attributes of the day."""

from __future__ import annotations

from collections.abc import Callable, Iterator, Sequence
from typing import Any

import pyarrow as pa
import pyarrow.compute as pc
import pyarrow.parquet as pq

from sapa.archive.leaves import Leaf
from sapa.archive.store import Store
from sapa.archive.submissions import ROWS
from sapa.datasets.canonical import parse_canonical
from sapa.errors import EngineError
from sapa.packs.loader import Pack
from sapa.packs.models_data import Dataset

CHUNK_ROWS = 100_000
LEAF_COLUMN = "_submission"
ATTRIBUTE = "a_"


def write_rows(
    store: Store,
    name: str,
    pack: Pack,
    dataset_id: str,
    mine: Sequence[Leaf],
    leaves: Sequence[Leaf],
    progress: Callable[[str, int, int], object],
) -> int:
    """Write one data set's rows, in leaf order and key order inside a leaf. Returns the number of rows."""
    dataset = pack.dataset(dataset_id)
    attributes = register_attributes(store, pack, dataset, leaves)
    filesystem, path = store.filesystem(name)
    writer: pq.ParquetWriter | None = None
    written = 0
    try:
        for chunk in chunks(store, dataset, mine, attributes):
            if writer is None:
                writer = pq.ParquetWriter(path, chunk.schema, filesystem=filesystem, compression="zstd", write_page_checksum=True)
            writer.write_table(chunk)
            written += chunk.num_rows
            progress(f"freeze: {dataset_id}", written, sum(leaf.manifest.rows for leaf in mine))
    finally:
        if writer is not None:
            writer.close()
    return written


def chunks(store: Store, dataset: Dataset, mine: Sequence[Leaf], attributes: pa.Table | None) -> Iterator[pa.Table]:
    """Rows of the leaves in tables of some 100,000 rows, with leaf index and attributes."""
    batch: list[Leaf] = []
    rows = 0
    for leaf in mine:
        batch.append(leaf)
        rows += leaf.manifest.rows
        if rows >= CHUNK_ROWS:
            yield _chunk(store, dataset, batch, attributes)
            batch, rows = [], 0
    if batch:
        yield _chunk(store, dataset, batch, attributes)


def _chunk(store: Store, dataset: Dataset, batch: Sequence[Leaf], attributes: pa.Table | None) -> pa.Table:
    """All submissions of a batch share one header, so they are read as one CSV."""
    period = batch[0].manifest.period
    parts: list[bytes] = []
    for leaf in batch:
        content = store.read(leaf.manifest.name + ROWS)
        header, newline, body = content.partition(b"\n")
        parts.append(body if parts else header + newline + body)
    table = parse_canonical(b"".join(parts), dataset, period)
    expected = sum(leaf.manifest.rows for leaf in batch)
    if table.num_rows != expected:
        raise EngineError(f"{dataset.id}: {table.num_rows} rows read, {expected} signed ({batch[0].manifest.name} and following)")
    indexes = [pa.array([leaf.index], pa.int32()).take(pa.array([0] * leaf.manifest.rows, pa.int32())) for leaf in batch]
    table = table.append_column(LEAF_COLUMN, pa.chunked_array(indexes, pa.int32()).combine_chunks())
    return table if attributes is None else _with_attributes(table, dataset, attributes)


def _with_attributes(table: pa.Table, dataset: Dataset, attributes: pa.Table) -> pa.Table:
    """The unit's attributes beside each row; a unit that the register does not hold has none (null)."""
    where = pc.index_in(table[dataset.unit], value_set=attributes["_unit"].combine_chunks())
    for name in attributes.column_names:
        if name != "_unit":
            table = table.append_column(ATTRIBUTE + name, attributes[name].take(where))
    return table


def register_attributes(store: Store, pack: Pack, dataset: Dataset, leaves: Sequence[Leaf]) -> pa.Table | None:
    """Of the register the data set names: the fields its dimensions use, one row a unit, as frozen in the same snapshot."""
    wanted: list[str] = sorted({dimension.attribute for dimension in dataset.dimensions if dimension.attribute})
    if not wanted or dataset.attributes_from is None:
        return None
    register = pack.dataset(dataset.attributes_from)
    mine = [leaf for leaf in leaves if leaf.manifest.dataset == register.id]
    if not mine:
        empty: dict[str, Any] = {"_unit": pa.array([], pa.string())}
        return pa.table(empty | {name: pa.array([], pa.string()) for name in wanted})
    table = pa.concat_tables(list(chunks(store, register, mine, None)))
    return pa.table({"_unit": table[register.unit]} | {name: table[name] for name in wanted}).combine_chunks()


def stored_rows(store: Store, name: str) -> pq.ParquetFile:
    """The Parquet file of a snapshot's rows, page checksums verified on reading."""
    filesystem, path = store.filesystem(name)
    return pq.ParquetFile(path, filesystem=filesystem, page_checksum_verification=True)
