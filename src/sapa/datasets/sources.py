"""Files of every kind as one shape: a few first rows to find the header in, then batches of raw columns."""

from __future__ import annotations

from collections.abc import Iterator, Sequence
from dataclasses import dataclass
from datetime import date, datetime
from pathlib import Path
from typing import Any, Protocol, TypeAlias

import numpy as np
import pyarrow as pa
import pyarrow.compute as pc
import pyarrow.parquet as pq
import python_calamine as calamine

from sapa.datasets.convert import Mixed
from sapa.datasets.guard import Limits, check_width, check_workbook, size_text
from sapa.datasets.header import Header, HeaderMatcher
from sapa.datasets.workbook_parts import error_cells
from sapa.errors import UserError

Column: TypeAlias = Any
"""A raw column: an Arrow array, or ``Mixed``."""
_BATCH = 50_000


@dataclass(frozen=True)
class Batch:
    """Some rows of a source: their numbers in it (int32), columns by position; ``malformed``: rows that broke the format."""

    rows: pa.Array
    columns: dict[int, Column]
    malformed: tuple[tuple[int, str], ...] = ()


class Source(Protocol):
    """An opened file (or one sheet of it) whose header is known."""

    header: Header
    sheet: str
    lettered: bool

    def batches(self) -> Iterator[Batch]: ...


@dataclass(frozen=True)
class Wanted:
    """What the reader asks of a source: the sheet (or any), how far to search for the header, and the limits."""

    matcher: HeaderMatcher
    header_rows: int
    limits: Limits
    sheet: str | None = None
    encoding: str | None = None


class SheetSource:
    """One sheet of an .xlsx or .xls workbook."""

    lettered = True

    def __init__(self, path: Path, wanted: Wanted) -> None:
        self.limits = wanted.limits
        errors = check_workbook(path, wanted.limits) if path.suffix.lower() in (".xlsx", ".xlsm") else {}
        self.workbook = _open(path)
        names = list(self.workbook.sheet_names)
        if wanted.sheet is not None and wanted.sheet not in names:
            raise UserError(f"{path.name} has no sheet '{wanted.sheet}'", todo=f"choose one of: {', '.join(names)}")
        self.sheet, self.rows, self.header, self.first_column = self._choose(path, wanted, names)
        self.errors = error_cells(path, self.sheet, errors) if errors else {}

    def _choose(self, path: Path, wanted: Wanted, names: list[str]) -> tuple[str, Iterator[list[Any]], Header, int]:
        best: tuple[int, str, int, list[list[Any]]] | None = None
        for name in [wanted.sheet] if wanted.sheet else names:
            head = _head(self._sheet(path, name), wanted.header_rows)
            index, score = wanted.matcher.best([_texts(row) for row in head])
            if best is None or score > best[0]:
                best = (score, name, index, head)
        where = f"{path.name}, sheet {wanted.sheet}" if wanted.sheet else f"{path.name} (sheets: {', '.join(names[:8])})"
        if best is None or not wanted.matcher.enough(best[0]):
            raise wanted.matcher.no_header(where, wanted.header_rows)
        _, name, index, head = best
        header = wanted.matcher.match(index, _texts(head[index]), f"{path.name}, sheet {name}")
        sheet = self._sheet(path, name)
        if sheet.start is None or sheet.total_height > self.limits.rows:
            raise UserError(
                f"{path.name} has more than {self.limits.rows} rows", todo="send a Parquet file or raise the limit (rows)"
            )
        return name, sheet.iter_rows(), header, sheet.start[1]

    def _sheet(self, path: Path, name: str) -> Any:
        try:
            return self.workbook.get_sheet_by_name(name)
        except (calamine.CalamineError, OSError) as error:
            raise UserError(f"sheet {name} of {path.name} can't be read ({error})", todo="save the workbook again") from error

    def batches(self) -> Iterator[Batch]:
        number = 0
        rows: list[list[Any]] = []
        numbers: list[int] = []
        for row in self.rows:
            number += 1
            if number <= self.header.row + 1:
                continue
            if any(cell != "" for cell in row) or (self.errors and number in self.errors):
                rows.append(row)
                numbers.append(number)
            if len(rows) == _BATCH:
                yield self._batch(rows, numbers)
                rows, numbers = [], []
        if rows:
            yield self._batch(rows, numbers)

    def _batch(self, rows: list[list[Any]], numbers: list[int]) -> Batch:
        for position, number in enumerate(numbers) if self.errors else ():
            for column, text in self.errors.get(number, {}).items():
                rows[position] = [*rows[position], *[""] * (column + 1 - self.first_column - len(rows[position]))]
                rows[position][column - self.first_column] = text
        width = max(len(row) for row in rows)
        ragged = [row if len(row) == width else [*row, *[""] * (width - len(row))] for row in rows]
        columns = {index + self.first_column: cells_to_column(cells) for index, cells in enumerate(zip(*ragged, strict=True))}
        return Batch(pa.array(numbers, pa.int32()), columns)


def _open(path: Path) -> Any:
    try:
        return calamine.CalamineWorkbook.from_path(str(path))
    except calamine.PasswordError as error:
        raise UserError(f"{path.name} is protected by a password", todo="save it without one") from error
    except (calamine.CalamineError, OSError) as error:
        raise UserError(f"{path.name} is damaged or no workbook ({error})", todo="export or copy it again") from error
    except BaseException as error:
        if type(error).__name__ != "PanicException":  # the reader's own crash on a malformed file
            raise
        raise UserError(f"{path.name} is damaged", todo="export or copy it again") from error


def open_sheet(path: Path, name: str) -> Any:
    """A sheet of a workbook that was read before, to go through its cells once more."""
    return _open(path).get_sheet_by_name(name)


def _head(sheet: Any, count: int) -> list[list[Any]]:
    if sheet.start is None:
        return []
    offset = sheet.start[1]
    head: list[list[Any]] = []
    for row in sheet.iter_rows():
        head.append([*[""] * offset, *row])
        if len(head) == count:
            break
    return head


def _texts(row: Sequence[Any]) -> list[str]:
    return [cell if isinstance(cell, str) else "" if cell is None else str(cell) for cell in row]


def cells_to_column(cells: Sequence[Any]) -> Column:
    """Cells of one spreadsheet column as an Arrow column: numbers, texts, or both where they are mixed."""
    kinds = set(map(type, cells))
    if kinds == {float}:
        return pa.array(cells, pa.float64())
    if kinds == {str}:
        return pa.array(cells, pa.string())
    numbers = pa.array([cell if type(cell) in (float, int) else None for cell in cells], pa.float64())
    if kinds <= {float, int}:
        return numbers
    texts = pa.array([None if type(cell) in (float, int) or cell == "" else _cell_text(cell) for cell in cells], pa.string())
    return numbers if texts.null_count == len(texts) else Mixed(numbers, texts)


def _cell_text(cell: Any) -> str | None:
    if isinstance(cell, str):
        return cell
    if isinstance(cell, bool):
        return "true" if cell else "false"
    if isinstance(cell, datetime):
        return cell.isoformat(sep=" ")
    return cell.isoformat() if isinstance(cell, date) else None if cell is None else str(cell)


class ParquetSource:
    """A Parquet file; its column names are the headings."""

    lettered = False

    def __init__(self, path: Path, wanted: Wanted) -> None:
        self.path = path
        self.limits = wanted.limits
        try:
            self.file = pq.ParquetFile(path, page_checksum_verification=True)
            self.file = pq.ParquetFile(path, page_checksum_verification=True, read_dictionary=self._repetitive())
        except (pa.ArrowException, OSError) as error:
            raise UserError(f"{path.name} is damaged or no Parquet file ({error})", todo="export it again") from error
        names = list(self.file.schema_arrow.names)
        check_width(path, len(names), wanted.limits)
        if not wanted.matcher.enough(wanted.matcher.score(names)):
            raise wanted.matcher.no_header(path.name, 1)
        if self.file.metadata.num_rows > wanted.limits.rows:
            raise UserError(f"{path.name} has {self.file.metadata.num_rows} rows", todo="split it or raise the limit (rows)")
        self.sheet = ""
        self.header = wanted.matcher.match(0, names, path.name)

    def _repetitive(self) -> list[str]:
        """Text columns stored in less than four bytes a value: they repeat, and may unfold to any size.

        Raises ``UserError`` where what the file says of itself is beyond the limit already.
        """
        metadata = self.file.metadata
        stored: dict[str, int] = {}
        for group in range(metadata.num_row_groups):
            for index in range(metadata.num_columns):
                chunk = metadata.row_group(group).column(index)
                stored[chunk.path_in_schema] = stored.get(chunk.path_in_schema, 0) + max(chunk.total_uncompressed_size, 0)
        self._held(sum(stored.values()))
        texts = [field.name for field in self.file.schema_arrow if pa.types.is_string(field.type)]
        return [name for name in texts if stored.get(name, 0) < 4 * metadata.num_rows]

    def _held(self, size: int) -> None:
        if size > self.limits.file_bytes:
            raise UserError(
                f"{self.path.name} unpacks to more than {size_text(self.limits.file_bytes)}",
                todo="split it by region, or raise the limit (file_bytes)",
            )

    def batches(self) -> Iterator[Batch]:
        first = 1
        size = 0
        try:
            for batch in self.file.iter_batches(1 << 18):
                size += sum(_unfolded(column) for column in batch.columns)
                self._held(size)
                rows = pa.array(np.arange(first, first + batch.num_rows, dtype=np.int32))
                yield Batch(rows, {index: self._flat(index, column) for index, column in enumerate(batch.columns)})
                first += batch.num_rows
        except (pa.ArrowException, OSError) as error:
            raise UserError(f"{self.path.name} is damaged ({error})", todo="export it again") from error

    def _flat(self, index: int, column: pa.Array) -> pa.Array:
        """The column as plain values; only one that no field asks for may hold anything else."""
        if pa.types.is_dictionary(column.type):
            column = column.dictionary_decode()
        if pa.types.is_nested(column.type) or pa.types.is_binary(column.type) or pa.types.is_large_binary(column.type):
            if index in self.header.columns.values():
                name = self.file.schema_arrow.names[index]
                raise UserError(
                    f"{self.path.name}: the column '{name}' holds {column.type}, not plain values",
                    todo="write it as text or numbers",
                )
            return pa.array(["…" if item.is_valid else None for item in column], pa.string())
        return pc.if_else(pc.is_nan(column), None, column) if pa.types.is_floating(column.type) else column


def _unfolded(column: pa.Array) -> int:
    """Bytes of a column once its repeated texts are written out."""
    if not pa.types.is_dictionary(column.type) or not pa.types.is_string(column.type.value_type):
        return int(column.nbytes)
    lengths = pc.binary_length(column.dictionary).cast(pa.int64())
    return int(pc.sum(lengths.take(column.indices)).as_py() or 0) + 4 * len(column)
