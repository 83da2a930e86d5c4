"""CSV in any of its dialects, streamed: encoding checked and never guessed in silence, broken rows counted and named."""

from __future__ import annotations

import csv
import io
from collections.abc import Iterator
from pathlib import Path
from typing import BinaryIO

import numpy as np
import pyarrow as pa
import pyarrow.compute as pc
import pyarrow.csv as pv

from sapa.datasets.guard import check_width
from sapa.datasets.header import Header
from sapa.datasets.sources import Batch, Wanted
from sapa.errors import UserError

_HEAD_BYTES = 4 << 20
_BLOCK = 16 << 20
_DELIMITERS = (",", ";", "\t", "|")
_MARKS = {b"\xff\xfe": "UTF-16", b"\xfe\xff": "UTF-16"}
_CANDIDATES = ("cp1251", "utf-16", "koi8-u", "cp866")


class DelimitedSource:
    """A delimited text file in UTF-8 (with or without a mark), or in the encoding the caller names."""

    lettered = True
    sheet = ""

    def __init__(self, path: Path, wanted: Wanted) -> None:
        self.path = path
        self.wanted = wanted
        with path.open("rb") as file:
            head = file.read(_HEAD_BYTES)
        self.encoding = wanted.encoding or "utf-8"
        self.skip = 3 if head.startswith(b"\xef\xbb\xbf") and self.encoding in ("utf-8", "utf8") else 0
        text = self._decode(head[self.skip :], complete=len(head) < _HEAD_BYTES)
        self.delimiter, self.header, self.lines = self._find(text)
        self.width = len(self.names)
        check_width(path, self.width, wanted.limits)
        self.bad: list[tuple[int, str]] = []

    def _decode(self, head: bytes, complete: bool) -> str:
        self._check_nul(head)
        try:
            return head.decode(self.encoding)
        except LookupError as error:
            raise UserError(f"unknown encoding '{self.encoding}'", todo="name one such as utf-8 or cp1251") from error
        except UnicodeDecodeError as error:
            if not complete and error.start >= len(head) - 4:
                return head[: error.start].decode(self.encoding)
            raise self._wrong_encoding(head) from error

    def _check_nul(self, block: bytes) -> None:
        if b"\0" in block and not self.encoding.lower().startswith(("utf-16", "utf-32", "utf_16")):
            mark = _MARKS.get(block[:2], "")
            raise UserError(
                f"{self.path.name} holds NUL bytes" + (f": it looks like {mark}" if mark else ": it is no plain text"),
                todo="save it as CSV UTF-8",
            )

    def _wrong_encoding(self, head: bytes) -> UserError:
        """Names the encoding in which the headings can be read, but leaves the choice to the user."""
        fitting = []
        for name in _CANDIDATES:
            try:
                rows, _ = _records(head.decode(name, "ignore"), ";", self.wanted.header_rows)
                more, _ = _records(head.decode(name, "ignore"), ",", self.wanted.header_rows)
            except (csv.Error, UnicodeError):
                continue
            if any(self.wanted.matcher.score(row) >= 2 for row in [*rows, *more]):
                fitting.append(name)
        hint = f"; it reads well as {fitting[0]}" if fitting else ""
        return UserError(
            f"{self.path.name} is not in {self.encoding.upper()}{hint}",
            todo=f"save it as CSV UTF-8, or name its encoding (encoding='{fitting[0] if fitting else 'cp1251'}')",
        )

    def _find(self, text: str) -> tuple[str, Header, int]:
        best: tuple[int, int, str, list[list[str]], list[int]] | None = None
        for delimiter in _DELIMITERS:
            try:
                rows, lines = _records(text, delimiter, self.wanted.header_rows)
            except csv.Error as error:
                text = f"{self.path.name}: no table begins within the first {self.wanted.header_rows} rows ({error})"
                raise UserError(text, todo="check that a quote is closed and that lines end; export it again as CSV") from error
            index, score = self.wanted.matcher.best(rows)
            if best is None or score > best[0]:
                best = (score, index, delimiter, rows, lines)
        if best is None or not self.wanted.matcher.enough(best[0]):
            raise self.wanted.matcher.no_header(self.path.name, self.wanted.header_rows)
        _, index, delimiter, rows, lines = best
        self.names = rows[index]
        return delimiter, self.wanted.matcher.match(index, rows[index], self.path.name), lines[index]

    def _offset(self) -> int:
        """Bytes up to the first row after the header."""
        with self.path.open("rb") as file:
            head = file.read(_HEAD_BYTES)[self.skip :]
        text = head.decode(self.encoding, "ignore")
        taken = io.StringIO(text, newline="").readlines()[: self.lines]
        return self.skip + len("".join(taken).encode(self.encoding))

    def batches(self) -> Iterator[Batch]:
        first = self.header.row + 2
        read = 0
        with self.path.open("rb") as file:
            offset = self._offset()
            file.seek(offset)
            if not file.read(1):
                return
            file.seek(offset)
            for part in self._stream(_Checked(file, self)):
                batch, first = self._numbered(part, first)
                read += len(batch.rows)
                if read > self.wanted.limits.rows:
                    raise UserError(
                        f"{self.path.name} has more than {self.wanted.limits.rows} rows",
                        todo="split it or raise the limit (rows)",
                    )
                yield batch

    def _stream(self, file: _Checked) -> Iterator[pa.RecordBatch]:
        names = [f"c{index}" for index in range(self.width)]
        read = pv.ReadOptions(column_names=names, block_size=_BLOCK, use_threads=False, encoding=self.encoding)
        parse = pv.ParseOptions(
            delimiter=self.delimiter, newlines_in_values=True, ignore_empty_lines=False, invalid_row_handler=self._malformed
        )
        types = pv.ConvertOptions(column_types={name: pa.string() for name in names}, strings_can_be_null=False, check_utf8=True)
        try:
            yield from pv.open_csv(pa.PythonFile(file, mode="r"), read, parse, types)
        except pa.ArrowInvalid as error:
            raise self._stream_error(str(error)) from error

    def _stream_error(self, detail: str) -> UserError:
        if "UTF8" in detail or "UTF-8" in detail or "decod" in detail:
            return UserError(f"{self.path.name} is not wholly in {self.encoding.upper()} ({detail})", todo="save it as CSV UTF-8")
        if "straddling" in detail:
            return UserError(
                f"{self.path.name}: a row is longer than {_BLOCK >> 20} MiB, probably a quote is never closed",
                todo="mend the quoting",
            )
        return UserError(f"{self.path.name} is no readable CSV ({detail})", todo="export it again")

    def _malformed(self, row: pv.InvalidRow) -> str:
        blank = row.actual_columns == 1 and not row.text.strip()
        self.bad.append((row.number or 0, "" if blank else f"{row.actual_columns}/{row.expected_columns}"))
        return "skip"

    def _numbered(self, part: pa.RecordBatch, first: int) -> tuple[Batch, int]:
        """Number the rows of a part: rows skipped as malformed keep their place in the count."""
        skipped, self.bad = self.bad, []
        total = part.num_rows + len(skipped)
        numbers = np.arange(first, first + total, dtype=np.int32)
        base = first - (self.header.row + 2)
        gaps = [min(max(number - 1 - base, 0), total - 1) for number, _ in skipped]
        malformed = [(int(numbers[gap]), detail) for gap, (_, detail) in zip(gaps, skipped, strict=True) if detail]
        kept = np.delete(numbers, gaps) if gaps else numbers
        numbered = pa.array(kept[: part.num_rows])
        blank = _blank(part)
        if blank is not None:
            numbered, part = numbered.filter(pc.invert(blank)), part.filter(pc.invert(blank))
        return Batch(numbered, dict(enumerate(part.columns)), tuple(malformed)), first + total


class _Checked(io.RawIOBase):
    """A file that refuses NUL bytes as they pass: a text reader would take them for letters."""

    def __init__(self, file: BinaryIO, source: DelimitedSource) -> None:
        super().__init__()
        self.file = file
        self.source = source

    def readable(self) -> bool:
        return True

    def read(self, size: int = -1) -> bytes:
        block = self.file.read(size)
        self.source._check_nul(block)
        return block


def _blank(part: pa.RecordBatch) -> pa.Array | None:
    """True for the rows in which every cell is empty; ``None`` where there is none."""
    blank = pc.equal(part.column(0), "")
    for column in part.columns[1:]:
        if not pc.any(blank).as_py():
            return None
        blank = pc.and_(blank, pc.equal(column, ""))
    return blank if pc.any(blank).as_py() else None


def _records(text: str, delimiter: str, count: int) -> tuple[list[list[str]], list[int]]:
    """The first records and, for each, how many lines end with it."""
    reader = csv.reader(io.StringIO(text, newline=""), delimiter=delimiter)
    rows: list[list[str]] = []
    lines: list[int] = []
    for row in reader:
        rows.append(row)
        lines.append(reader.line_num)
        if len(rows) == count:
            break
    return rows, lines
