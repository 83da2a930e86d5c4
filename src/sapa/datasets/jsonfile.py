"""JSON: an array of flat objects, or one object a line; keys are field ids or headings."""

from __future__ import annotations

import json
import re
from collections.abc import Iterator
from pathlib import Path
from typing import Any, TextIO

import numpy as np
import pyarrow as pa

from sapa.datasets.guard import check_width
from sapa.datasets.sources import Batch, Column, Wanted, cells_to_column
from sapa.errors import UserError

_BATCH = 20_000
_BATCH_VALUES = 2_000_000
_BATCH_LETTERS = 16 << 20
_LONGEST_ROW = 1 << 20
_CHUNK = 1 << 19
_SPACE = re.compile(r"[ \t\r\n]*")


class JsonSource:
    """Rows of a JSON file, streamed: an array or lines, one object after the other."""

    lettered = False
    sheet = ""

    def __init__(self, path: Path, wanted: Wanted) -> None:
        self.path = path
        self.wanted = wanted
        with path.open("rb") as file:
            start = file.read(4096).lstrip(b"\xef\xbb\xbf \t\r\n")[:1]
        if start not in (b"[", b"{"):
            raise UserError(f"{path.name} holds neither a JSON array nor JSON lines", todo="send an array of objects in UTF-8")
        self.is_array = start == b"["
        names: dict[str, int] = {}
        for row in next(self._parts(), []):
            for key in row:
                names.setdefault(key, len(names))
            check_width(path, len(names), wanted.limits)
        if not wanted.matcher.enough(wanted.matcher.score(list(names))):
            raise wanted.matcher.no_header(path.name, 1)
        self.names = names
        self.header = wanted.matcher.match(0, list(names), path.name)

    def _fail(self, detail: str) -> UserError:
        return UserError(f"{self.path.name} is no readable JSON ({detail})", todo="export it again, in UTF-8")

    def _parts(self) -> Iterator[list[dict[str, Any]]]:
        """The rows in parts that fit in memory: bounded in rows, in values and in letters."""
        part: list[dict[str, Any]] = []
        widest = letters = 0
        for row, length in self._rows():
            if not isinstance(row, dict):
                raise self._fail("a row is no object")
            part.append(row)
            widest, letters = max(widest, len(row)), letters + length
            if len(part) == _BATCH or len(part) * widest > _BATCH_VALUES or letters > _BATCH_LETTERS:
                yield part
                part, widest, letters = [], 0, 0
        if part:
            yield part

    def _rows(self) -> Iterator[tuple[Any, int]]:
        """Each row and how many letters it took."""
        number = 0
        try:
            for found in self._elements() if self.is_array else self._lines():
                yield found
                number += 1
        except json.JSONDecodeError as error:
            raise self._fail(f"{error.msg}, row {number + 1}") from error
        except (ValueError, RecursionError) as error:
            raise self._fail(f"{error}, row {number + 1}") from error

    def _lines(self) -> Iterator[tuple[Any, int]]:
        with self.path.open("rb") as file:
            while line := file.readline(_LONGEST_ROW):
                if len(line) == _LONGEST_ROW:
                    raise ValueError(f"a line is longer than {_LONGEST_ROW >> 20} MiB")
                if line.strip():
                    yield json.loads(line, parse_float=_Number, parse_int=_Number, parse_constant=_Number), len(line)

    def _elements(self) -> Iterator[tuple[Any, int]]:
        with self.path.open(encoding="utf-8-sig") as file:
            text = _Text(file)
            text.take()
            sign = text.take() if text.peek() == "]" else ","
            while sign == ",":
                yield text.value()
                sign = text.take()
            if sign != "]":
                raise ValueError("the array is not closed" if not sign else f"'{sign}' where a comma should stand")
            if text.peek():
                raise ValueError("something follows the array")

    def batches(self) -> Iterator[Batch]:
        first = 1
        for part in self._parts():
            for key in sorted({key for row in part for key in row} - self.names.keys()):
                self._late(key)
            columns = {index: self._column(part, name, first) for name, index in self.names.items()}
            yield Batch(pa.array(np.arange(first, first + len(part), dtype=np.int32)), columns)
            first += len(part)
            if first > self.wanted.limits.rows:
                raise UserError(f"{self.path.name} has more than {self.wanted.limits.rows} rows", todo="split it")

    def _column(self, part: list[dict[str, Any]], name: str, first: int) -> Column:
        cells = [_cell(row.get(name)) for row in part]
        nested = [place for place, cell in enumerate(cells) if type(cell) is _Nested]
        if nested and self.names[name] in self.header.columns.values():
            raise self._fail(f"'{name}' of row {first + nested[0]} is a list or an object, not a value")
        try:
            return cells_to_column(cells)
        except UnicodeEncodeError as error:
            raise self._fail(f"'{name}' holds half a character: {error.object[:20]!r}") from error

    def _late(self, key: str) -> None:
        """A key first seen after the first part: a field must have been seen, another column is only reported."""
        index = len(self.names)
        self.names[key] = index
        check_width(self.path, len(self.names), self.wanted.limits)
        if self.wanted.matcher.score([key]):
            raise self._fail(f"the field '{key}' appears only after many rows; give it (null) in the first row")
        self.header.unknown[index] = key


class _Text:
    """A text read in chunks, of which never more is held than one row and a chunk."""

    def __init__(self, file: TextIO) -> None:
        self.file = file
        self.text = ""
        self.place = 0
        self.decoder = json.JSONDecoder(parse_float=_Number, parse_int=_Number, parse_constant=_Number)

    def _more(self) -> bool:
        more = self.file.read(_CHUNK)
        self.text, self.place = self.text[self.place :] + more, 0
        return bool(more)

    def peek(self) -> str:
        """The next sign that is no space; empty at the end."""
        while True:
            spaces = _SPACE.match(self.text, self.place)
            self.place = spaces.end() if spaces else self.place
            if self.place < len(self.text):
                return self.text[self.place]
            if not self._more():
                return ""

    def take(self) -> str:
        """The next sign, and past it."""
        sign = self.peek()
        self.place += 1
        return sign

    def value(self) -> tuple[Any, int]:
        """The next value and how many letters it took; raises ``ValueError``."""
        self.peek()
        while True:
            try:
                found, end = self.decoder.raw_decode(self.text, self.place)
            except json.JSONDecodeError:
                if len(self.text) - self.place > _LONGEST_ROW:
                    raise ValueError(f"no end of the row within {_LONGEST_ROW >> 20} MiB") from None
                if not self._more():
                    raise
                continue
            length, self.place = end - self.place, end
            return found, length


class _Number(str):
    """A number as it was written, so that no digit is lost on the way to a decimal."""


class _Nested(str):
    """A list or an object, as text: no value of a field."""


def _cell(value: Any) -> Any:
    if value is None or value == "":
        return ""
    if isinstance(value, (dict, list)):
        return _Nested(json.dumps(value, ensure_ascii=False))
    return value if isinstance(value, (bool, _Number)) or not isinstance(value, str) else str(value)
