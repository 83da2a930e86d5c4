"""Canonical bytes of a row set: the one way to write it down, so that whoever has the file can redo its hash.

UTF-8 in NFC, RFC 4180 with LF, header = field ids in layout order, rows sorted by key as text, one written form per type.
Everything is done by whole columns: Arrow casts, a sort in DuckDB's order of bytes, one string join.
"""

from __future__ import annotations

import numpy as np
import pyarrow as pa
import pyarrow.compute as pc
import pyarrow.csv as pv

from sapa.datasets.layout import arrow_type, kept_fields, schema
from sapa.errors import EngineError, UserError
from sapa.packs.models_data import Dataset

_QUOTED = '[,"\n\r]'


def written(values: pa.Array | pa.ChunkedArray) -> pa.Array:
    """The canonical text of every value of a typed column; null stays null. Raises ``UserError`` for NaN and infinity."""
    array = values.combine_chunks() if isinstance(values, pa.ChunkedArray) else values
    kind = array.type
    if pa.types.is_string(kind):
        text = pc.utf8_normalize(array, form="NFC")
        return pc.if_else(pc.equal(text, ""), pa.scalar(None, pa.string()), text)
    if pa.types.is_floating(kind):
        return _numbers(array)
    if pa.types.is_decimal(kind):
        return _decimals(array)
    return array.cast(pa.string())


def _numbers(array: pa.Array) -> pa.Array:
    """Shortest text that reads back as the same number, as Python writes it: each different value is written once."""
    if not pc.all(pc.fill_null(pc.is_finite(array), True)).as_py() and len(array):
        raise UserError("a number is infinite or not a number", todo="leave the cell empty where there is no value")
    coded = pc.add(array, 0.0).dictionary_encode()
    texts = pa.array([repr(value) for value in coded.dictionary.to_pylist()], pa.string())
    return texts.take(coded.indices) if len(texts) else pa.nulls(len(array), pa.string())


def _decimals(array: pa.Array) -> pa.Array:
    """Decimals without exponent and with all digits of their scale."""
    text = array.cast(pa.string())
    if not pc.any(pc.match_substring(text, "E")).as_py():
        return text
    coded = array.dictionary_encode()
    return pa.array([f"{value:f}" for value in coded.dictionary.to_pylist()], pa.string()).take(coded.indices)


def canonical(table: pa.Table, dataset: Dataset, period: str | None) -> bytes:
    """The canonical bytes of ``table`` (columns beyond the layout, such as the row number, are left out).

    Equal rows give equal bytes whatever their order. Raises ``EngineError`` where a column of the layout is missing.
    """
    fields = kept_fields(dataset, period)
    lacking = [item.id for item in fields if item.id not in table.column_names]
    if lacking:
        raise EngineError(f"rows of {dataset.id} lack the columns {', '.join(lacking)}")
    texts = {item.id: written(table[item.id].cast(arrow_type(item))) for item in fields}
    order = _order(texts, [name for name in dataset.key(period) if name in texts])
    quoted = [_quote(texts[item.id]).take(order) for item in fields]
    header = ",".join(item.id for item in fields) + "\n"
    if not table.num_rows:
        return header.encode()
    lines = pc.binary_join_element_wise(*quoted, ",") if len(quoted) > 1 else quoted[0]
    return header.encode() + _concatenate(lines)


def _order(texts: dict[str, pa.Array], key: list[str]) -> pa.Array:
    """Rows by key and, should keys repeat, by all other columns, so that the order never depends on the input's."""
    names = [*key, *[name for name in texts if name not in key]]
    table = pa.table({name: pc.fill_null(texts[name], "") for name in names})
    keyed = table.select(key) if key else table
    order = pc.sort_indices(keyed, [(name, "ascending") for name in keyed.column_names])
    if key and keyed.group_by(key).aggregate([]).num_rows < table.num_rows:
        order = pc.sort_indices(table, [(name, "ascending") for name in names])
    return order


def _quote(text: pa.Array) -> pa.Array:
    filled = pc.fill_null(text, "")
    special = pc.match_substring_regex(filled, _QUOTED)
    if not pc.any(special).as_py():
        return filled
    doubled = pc.binary_join_element_wise('"', pc.replace_substring(filled, '"', '""'), '"', "")
    return pc.if_else(special, doubled, filled)


def _concatenate(lines: pa.Array) -> bytes:
    """The lines one after the other, each ended by LF, taken from the column's own buffer."""
    parts = []
    for start in range(0, len(lines), 1 << 18):
        part = pc.binary_join_element_wise(lines.slice(start, 1 << 18), "\n", "")
        offsets = np.frombuffer(part.buffers()[1], np.int32)[part.offset : part.offset + len(part) + 1]
        parts.append(memoryview(part.buffers()[2])[offsets[0] : offsets[-1]])
    return b"".join(parts)


def parse_canonical(data: bytes, dataset: Dataset, period: str | None) -> pa.Table:
    """Read canonical bytes back into a table typed by the layout; raises ``UserError`` where they are not canonical CSV of it."""
    wanted = schema(dataset, period)
    header, newline, rest = data.partition(b"\n")
    if header.decode("utf-8", "replace").split(",") != wanted.names or not newline:
        raise UserError(
            f"the rows are not laid out as {dataset.id} of {period or 'now'}",
            todo="take the file and the pack version it was signed with",
        )
    if not rest:
        return wanted.empty_table()
    text = pv.ConvertOptions(
        column_types={name: pa.string() for name in wanted.names},
        strings_can_be_null=True,
        null_values=[""],
        quoted_strings_can_be_null=False,
    )
    try:
        block = min(max(len(rest), 1 << 20), (1 << 31) - 1)
        table = pv.read_csv(
            pa.BufferReader(data),
            pv.ReadOptions(block_size=max(block + len(header) + 1, 1 << 20) if len(rest) < 1 << 30 else 1 << 28),
            pv.ParseOptions(newlines_in_values=True, ignore_empty_lines=len(wanted) > 1),
            text,
        )
        return pa.Table.from_arrays([table[item.name].cast(item.type) for item in wanted], schema=wanted)
    except pa.ArrowInvalid as error:
        raise UserError(
            f"the rows of {dataset.id} are not in canonical form ({error})", todo="take the file as it was signed"
        ) from error
