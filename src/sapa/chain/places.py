"""Where a finding stands: in which file, on which row; and what it follows from."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from dataclasses import replace
from pathlib import Path
from typing import TYPE_CHECKING

import numpy as np
import pyarrow as pa
import pyarrow.compute as pc

from sapa.datasets import Findings, Reading
from sapa.datasets.findings import sort_findings
from sapa.datasets.layout import ROW

if TYPE_CHECKING:
    from sapa.chain.collect import Collected


def once(found: Findings, readings: Sequence[Reading], places: pa.Array) -> Findings:
    """Without the finding that a required cell is empty where reading said already that it holds something unreadable."""
    told: set[tuple[int, str]] = set()
    before = 0
    for reading in readings:
        table = reading.findings.table
        unreadable = table.filter(pc.match_substring(table["rule"], ".unreadable-"))
        if unreadable.num_rows:
            at = {row: before + place + 1 for place, row in enumerate(reading.table[ROW].to_pylist())}
            pairs = zip(unreadable["row"].to_pylist(), unreadable["field"].to_pylist(), strict=True)
            told |= {(at[row], name) for row, name in pairs if row in at}
        before += reading.table.num_rows
    if not told:
        return found
    lines = zip(*(found.table[name].to_pylist() for name in ("rule", "row", "field")), strict=True)
    keep = [not (rule.endswith(".required") and (row, name) in told) for rule, row, name in lines]
    return replace(found, table=found.table.filter(pa.array(keep, pa.bool_())))


def in_their_files(found: Findings, readings: Sequence[Reading], files: Sequence[Path], places: pa.Array) -> pa.Table:
    """The findings of reading and of the rules as one table, each under the row, and among several files the file, it stands in.

    ``found`` numbers the rows through all files from 1; ``places`` are their numbers in their own files.
    """
    parts = [reading.findings.table for reading in readings]
    table = found.table
    rows = table["row"].combine_chunks()
    if len(files) > 1:
        names = file_names(files)
        parts = [_with(part, file=[name] * part.num_rows) for part, name in zip(parts, names, strict=True)]
        bounds = np.cumsum([reading.table.num_rows for reading in readings])
        numbers = np.searchsorted(bounds, pc.fill_null(rows, 1).to_numpy(zero_copy_only=False) - 1, side="right").tolist()
        columns = [readings[at].columns.get(name, "") for at, name in zip(numbers, table["field"].to_pylist(), strict=True)]
        alone = _files_of_units(found, readings, names) if rows.null_count else {}
        which = zip(numbers, rows.is_valid().to_pylist(), table["unit"].to_pylist(), strict=True)
        table = _with(table, column=columns, file=[names[at] if known else alone.get(unit, "") for at, known, unit in which])
    if len(places) and len(rows):
        table = table.set_column(table.schema.get_field_index("row"), "row", places.take(pc.subtract(rows, 1)))
    return sort_findings(pa.concat_tables([*parts, table]))


def _with(table: pa.Table, **texts: list[str]) -> pa.Table:
    for name, column in texts.items():
        table = table.set_column(table.schema.get_field_index(name), name, pa.array(column, pa.string()))
    return table


def file_names(files: Sequence[Path]) -> list[str]:
    """Names that tell the files apart: without their folder where that suffices."""
    short = [path.name for path in files]
    return short if len(set(short)) == len(short) else [path.as_posix() for path in files]


def _files_of_units(found: Findings, readings: Sequence[Reading], names: Sequence[str]) -> dict[str, str]:
    """The file of each unit that sent but one."""
    out: dict[str, str] = {}
    for reading, name in zip(readings, names, strict=True):
        for unit in pc.unique(reading.table[found.dataset.unit].cast(pa.string())).drop_null().to_pylist():
            out[unit] = "" if unit in out else name
    return out


def follow(table: pa.Table, found: Findings, before: Mapping[str, Collected]) -> pa.Table:
    """The findings with what each follows from: a reference finds nothing where the row it means was itself refused."""
    follows = table["follows"].combine_chunks()
    for rule in found.dataset.rules:
        other, _, target = (rule.other or "").rpartition(".")
        refused = before[other].refused if other in before else None
        if refused is None or not refused.num_rows:
            continue
        missed = pc.unique(refused[target].cast(pa.string())).drop_null()
        hit = pc.and_(pc.equal(table["rule"], rule.id), pc.is_in(table["value"], value_set=missed))
        named = pc.binary_join_element_wise(other, pc.fill_null(table["value"], ""), ":")
        follows = pc.if_else(hit, named, follows)
    return table.set_column(table.schema.get_field_index("follows"), "follows", follows)


def unreadable(readings: Sequence[Reading]) -> pa.Array:
    """Rows that reading refused, by their place among the rows of all files."""
    out: list[pa.Array] = []
    before = 0
    for reading in readings:
        refused = pc.is_in(reading.table[ROW], value_set=reading.findings.blocking_rows().cast(pa.int32()))
        out.append(pa.array(np.flatnonzero(refused.to_numpy(zero_copy_only=False)) + before + 1, pa.int32()))
        before += reading.table.num_rows
    return pa.concat_arrays([pa.array([], pa.int32()), *out])
