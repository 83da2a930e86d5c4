"""From a file to rows typed by the layout of a period, with everything that was mended, refused or not understood."""

from __future__ import annotations

from collections.abc import Iterator, Mapping, Sequence
from dataclasses import dataclass
from decimal import Decimal
from pathlib import Path
from typing import Any

import numpy as np
import pyarrow as pa
import pyarrow.compute as pc

from sapa.datasets.convert import FAILURES, MENDS, Converted, convert
from sapa.datasets.delimited import DelimitedSource
from sapa.datasets.findings import Findings, findings_table, join
from sapa.datasets.guard import Limits, check_file
from sapa.datasets.header import Header, HeaderMatcher
from sapa.datasets.jsonfile import JsonSource
from sapa.datasets.layout import ROW, CodeLists, Coding, arrow_type, codings, kept_fields
from sapa.datasets.pseudonym import are_pseudonyms, pseudonyms
from sapa.datasets.sources import Batch, Column, ParquetSource, SheetSource, Source, Wanted, cells_to_column
from sapa.datasets.text import column_letter
from sapa.errors import UserError
from sapa.packs.models_data import DataField, Dataset

_KINDS: dict[str, type[SheetSource] | type[DelimitedSource] | type[JsonSource] | type[ParquetSource]] = {
    ".xlsx": SheetSource,
    ".xlsm": SheetSource,
    ".xls": SheetSource,
    ".csv": DelimitedSource,
    ".tsv": DelimitedSource,
    ".txt": DelimitedSource,
    ".json": JsonSource,
    ".jsonl": JsonSource,
    ".ndjson": JsonSource,
    ".parquet": ParquetSource,
}


@dataclass(frozen=True)
class Reading:
    """What was read. Every row of the file is either in ``table`` or counted in ``malformed``: rows_read = both together."""

    table: pa.Table
    """Fields of the layout in layout order (null where the file lacks the column), then ``_row``: int32 row of the source."""
    sheet: str
    columns: dict[str, str]
    """Field id → spreadsheet letter of its column (empty text where the source has no letters)."""
    mends: pa.Table
    """One line for every normalisation made: row, field, normalisation, before, after."""
    findings: Findings
    """Unreadable cells, malformed rows, unknown and missing columns, and every mend as a note."""
    malformed: int = 0

    @property
    def rows_read(self) -> int:
        """Rows of the file that hold anything."""
        return int(self.table.num_rows) + self.malformed


def read(
    path: str | Path,
    dataset: Dataset,
    period: str,
    *,
    pack: CodeLists,
    sheet: str | None = None,
    limits: Limits | None = None,
    encoding: str | None = None,
    pseudonym_key: bytes | None = None,
) -> Reading:
    """Read a file of ``dataset`` as of ``period``.

    ``path``: .xlsx, .xls, .csv, .tsv, .json (array or lines), .jsonl, .parquet. ``sheet``: its name; default the pack's, else
    the one whose header fits best. ``encoding``: of a text file that is not UTF-8. ``pseudonym_key``: secret for fields with
    ``protect: pseudonym``; values that are pseudonyms already need none.

    Raises ``UserError`` where nothing can be read: no such file, damaged, protected, too large, no header row, a
    required column missing.
    What is wrong with single rows and cells is in ``Reading.findings``.
    """
    path = Path(path)
    limits = limits or Limits()
    check_file(path, limits)
    kind = _KINDS.get(path.suffix.lower())
    if kind is None:
        raise UserError(f"{path.name}: files of kind '{path.suffix}' are not read", todo=f"send one of: {', '.join(_KINDS)}")
    matcher = HeaderMatcher(dataset, period)
    wanted = Wanted(matcher, dataset.source.header_rows, limits, sheet or dataset.source.sheet, encoding)
    source: Source = kind(path, wanted)
    return _Assembly(source, dataset, period, pack, pseudonym_key).reading()


def read_records(
    records: Sequence[Mapping[str, Any]], dataset: Dataset, period: str, *, pack: CodeLists, pseudonym_key: bytes | None = None
) -> Reading:
    """Rows given as mappings (a form, a service, an example) typed and mended like those of a file; keys are field ids.

    ``_row`` is 1 for the first. Raises ``UserError`` for a key that is no field of the layout.
    """
    names = list(dict.fromkeys(name for record in records for name in record))
    known = {item.id for item in dataset.layout(period)}
    if strange := sorted(set(names) - known):
        raise UserError(f"{dataset.id} of {period} has no field {', '.join(strange)}", todo=f"use: {', '.join(sorted(known))}")
    columns = {name: index for index, name in enumerate(names)}
    return _Assembly(_Records(records, Header(0, columns, {})), dataset, period, pack, pseudonym_key).reading()


@dataclass
class _Records:
    records: Sequence[Mapping[str, Any]]
    header: Header
    sheet: str = ""
    lettered: bool = False

    def batches(self) -> Iterator[Batch]:
        cells = {index: [_plain(record.get(name)) for record in self.records] for name, index in self.header.columns.items()}
        columns = {index: cells_to_column(column) for index, column in cells.items()}
        yield Batch(pa.array(np.arange(1, len(self.records) + 1, dtype=np.int32)), columns)


def _plain(value: Any) -> Any:
    return "" if value is None else str(value) if isinstance(value, Decimal) else value


class _Assembly:
    """Converts batch after batch and puts the parts together."""

    def __init__(self, source: Source, dataset: Dataset, period: str, pack: CodeLists, key: bytes | None) -> None:
        self.source = source
        self.dataset = dataset
        self.fields = kept_fields(dataset, period)
        self.codings = codings(self.fields, pack, period)
        self.key = key
        self.mends: list[pa.Table] = []
        self.failures: list[pa.Table] = []
        self.malformed: list[tuple[int, str]] = []
        self.nameless: dict[int, int] = {}

    def reading(self) -> Reading:
        schema = pa.schema([*[pa.field(item.id, arrow_type(item)) for item in self.fields], pa.field(ROW, pa.int32())])
        parts = [pa.Table.from_arrays(self._arrays(batch), schema=schema) for batch in self.source.batches()]
        table = pa.concat_tables(parts) if parts else schema.empty_table()
        header = self.source.header
        lettered = self.source.lettered
        columns = {name: column_letter(index) if lettered else "" for name, index in header.columns.items()}
        mends = pa.concat_tables([MENDS.empty_table(), *self.mends])
        findings = Findings(self._findings(table, header, columns, mends), self.dataset, self.source.sheet)
        return Reading(table, self.source.sheet, columns, mends, findings, len(self.malformed))

    def _arrays(self, batch: Batch) -> list[pa.Array]:
        self.malformed += batch.malformed
        known = set(self.source.header.columns.values()) | set(self.source.header.unknown)
        for index, column in batch.columns.items():
            if index not in known and (filled := _filled(column)):
                self.nameless[index] = self.nameless.get(index, 0) + filled
        return [*[self._column(batch, item) for item in self.fields], batch.rows]

    def _column(self, batch: Batch, item: DataField) -> pa.Array:
        index = self.source.header.columns.get(item.id)
        raw = batch.columns.get(index) if index is not None else None
        if raw is None:
            return pa.nulls(len(batch.rows), arrow_type(item))
        coding: Coding | None = self.codings.get(item.code_list) if item.code_list else None
        done = convert(raw, item, coding, batch.rows)
        if done.mends.num_rows:
            self.mends.append(done.mends)
        if done.failures.num_rows:
            self.failures.append(done.failures)
        return self._protected(done, item, batch) if item.protect == "pseudonym" else done.values

    def _protected(self, done: Converted, item: DataField, batch: Batch) -> pa.Array:
        """The pseudonyms of a column; what its pattern says is checked here, for afterwards it can't be."""
        if self.key is None:
            if are_pseudonyms(done.values):
                return done.values
            raise UserError(
                f"field {item.id} names persons and may enter only as pseudonyms", todo="give the key of the pseudonyms"
            )
        if item.pattern:
            fits = pc.fill_null(pc.match_substring_regex(done.values, f"^(?:{item.pattern})$"), True)
            wrong = batch.rows.filter(pc.invert(fits))
            count = len(wrong)
            texts = [pa.array([text] * count, pa.string()) for text in (item.id, "pattern", "…")]
            self.failures += [pa.Table.from_arrays([wrong, *texts], schema=FAILURES)] if count else []
        return pseudonyms(done.values, self.key)

    def _findings(self, table: pa.Table, header: Header, columns: dict[str, str], mends: pa.Table) -> pa.Table:
        parts = [_column_findings(header, self.nameless, self.source.lettered)]
        units = _Units(table, self.dataset.unit)
        if self.malformed:
            rows, details = zip(*self.malformed, strict=True)
            parts.append(
                findings_table(
                    "blocks", "row.malformed", len(rows), row=pa.array(rows, pa.int32()), args={"found": pa.array(details)}
                )
            )
        for failures in _by(pa.concat_tables([FAILURES.empty_table(), *self.failures]), ["field", "reason"]):
            name, reason = failures["field"][0].as_py(), failures["reason"][0].as_py()
            args = {"value": failures["value"]}
            parts.append(_cells("blocks", f"{name}.unreadable-{reason}", failures, name, columns, units, failures["value"], args))
        for made in _by(mends, ["field", "normalisation"]):
            name, step = made["field"][0].as_py(), made["normalisation"][0].as_py()
            args = {"before": made["before"], "after": pc.fill_null(made["after"], "")}
            parts.append(_cells("note", f"{name}.{step}", made, name, columns, units, made["before"], args))
        return join(parts)


class _Units:
    """Finds the reporting unit of source rows."""

    def __init__(self, table: pa.Table, unit: str) -> None:
        self.rows = table[ROW].to_numpy()
        self.units = table[unit].cast(pa.string()).combine_chunks() if unit in table.column_names else None

    def of(self, rows: pa.ChunkedArray) -> pa.Array | None:
        if self.units is None or not len(self.rows):
            return None
        return self.units.take(pa.array(np.searchsorted(self.rows, rows.to_numpy())))


def _cells(
    severity: str,
    rule: str,
    part: pa.Table,
    name: str,
    columns: dict[str, str],
    units: _Units,
    value: pa.ChunkedArray,
    args: dict[str, pa.ChunkedArray],
) -> pa.Table:
    return findings_table(
        severity,
        rule,
        part.num_rows,
        unit=units.of(part["row"]),
        row=part["row"],
        field=name,
        column=columns.get(name, ""),
        value=value,
        args=args,
    )


def _by(table: pa.Table, keys: Sequence[str]) -> list[pa.Table]:
    """The table cut into the groups of its keys, in the order of the keys."""
    if not table.num_rows:
        return []
    groups = table.select(list(keys)).group_by(list(keys)).aggregate([]).to_pylist()
    parts = []
    for group in sorted(groups, key=lambda line: tuple(line.values())):
        hit = pc.and_(pc.equal(table[keys[0]], group[keys[0]]), pc.equal(table[keys[1]], group[keys[1]]))
        parts.append(table.filter(hit))
    return parts


def _filled(column: Column) -> int:
    if isinstance(column, pa.Array):
        empty = pc.sum(pc.equal(column, "")).as_py() or 0 if pa.types.is_string(column.type) else 0
        return int(len(column) - column.null_count - empty)
    return int(2 * len(column) - column.numbers.null_count - column.texts.null_count)


def _column_findings(header: Header, nameless: dict[int, int], lettered: bool) -> pa.Table:
    parts = []
    for index, text in header.unknown.items():
        letter = column_letter(index) if lettered else ""
        args = {"heading": pa.array([" ".join(text.split())[:200]])}
        parts.append(findings_table("note", "column.unknown", 1, column=letter, value=args["heading"], args=args))
    for index, count in sorted(nameless.items()):
        args = {"count": pa.array([str(count)])}
        parts.append(findings_table("note", "column.nameless", 1, column=column_letter(index), args=args))
    for item in header.missing:
        if item.protect != "drop":
            parts.append(
                findings_table(
                    "note", "column.missing", 1, field=item.id, args={"heading": pa.array([next(iter(item.title.values()))])}
                )
            )
    return join(parts)
