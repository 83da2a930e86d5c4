"""JSON: an array of flat objects, or one object a line; keys are field ids or headings."""

from __future__ import annotations

import json
from collections.abc import Iterator
from itertools import islice
from pathlib import Path
from typing import Any

import numpy as np
import pyarrow as pa

from sapa.datasets.sources import Batch, Wanted, cells_to_column
from sapa.errors import UserError

_BATCH = 20_000
_LARGEST_ARRAY = 256 << 20
_LONGEST_LINE = 16 << 20


class JsonSource:
    """Rows of a JSON file. An array is read whole (at most 256 MiB); lines are streamed."""

    lettered = False
    sheet = ""

    def __init__(self, path: Path, wanted: Wanted) -> None:
        self.path = path
        self.wanted = wanted
        with path.open("rb") as file:
            start = file.read(4096).lstrip(b"\xef\xbb\xbf \t\r\n")[:1]
        self.is_array = start == b"["
        if start not in (b"[", b"{"):
            raise UserError(f"{path.name} holds neither a JSON array nor JSON lines", todo="send an array of objects in UTF-8")
        self.array = self._read_array() if self.is_array else []
        names: dict[str, int] = {}
        for row in islice(self._rows(), _BATCH):
            for key in row:
                names.setdefault(key, len(names))
        if not wanted.matcher.enough(wanted.matcher.score(list(names))):
            raise wanted.matcher.no_header(path.name, 1)
        self.names = names
        self.header = wanted.matcher.match(0, list(names), path.name)

    def _fail(self, detail: str) -> UserError:
        return UserError(f"{self.path.name} is no readable JSON ({detail})", todo="export it again, in UTF-8")

    def _read_array(self) -> list[Any]:
        if self.path.stat().st_size > _LARGEST_ARRAY:
            raise UserError(f"{self.path.name} is an array of more than 256 MiB", todo="send JSON lines, CSV or Parquet")
        try:
            rows = json.loads(self.path.read_bytes(), parse_float=_Number, parse_int=_Number, parse_constant=_Number)
        except (ValueError, RecursionError) as error:
            raise self._fail(str(error)) from error
        return list(rows)

    def _rows(self) -> Iterator[dict[str, Any]]:
        source = self.array if self.is_array else self._lines()
        for row in source:
            if not isinstance(row, dict):
                raise self._fail("a row is no object")
            yield row

    def _lines(self) -> Iterator[Any]:
        with self.path.open("rb") as file:
            while line := file.readline(_LONGEST_LINE):
                if len(line) == _LONGEST_LINE:
                    raise self._fail("a line is longer than 16 MiB")
                if not line.strip():
                    continue
                try:
                    yield json.loads(line, parse_float=_Number, parse_int=_Number, parse_constant=_Number)
                except (ValueError, RecursionError) as error:
                    raise self._fail(str(error)) from error

    def batches(self) -> Iterator[Batch]:
        rows = self._rows()
        first = 1
        while part := list(islice(rows, _BATCH)):
            late = {key for row in part for key in row} - self.names.keys()
            for key in sorted(late):
                self._late(key)
            columns = {index: cells_to_column([_cell(row.get(name)) for row in part]) for name, index in self.names.items()}
            yield Batch(pa.array(np.arange(first, first + len(part), dtype=np.int32)), columns)
            first += len(part)
            if first > self.wanted.limits.rows:
                raise UserError(f"{self.path.name} has more than {self.wanted.limits.rows} rows", todo="split it")

    def _late(self, key: str) -> None:
        """A key first seen after the first batch: a field must have been seen, another column is only reported."""
        index = len(self.names)
        self.names[key] = index
        if self.wanted.matcher.score([key]):
            raise self._fail(f"the field '{key}' appears only after {_BATCH} rows; give it (null) in the first row")
        self.header.unknown[index] = key


class _Number(str):
    """A number as it was written, so that no digit is lost on the way to a decimal."""


def _cell(value: Any) -> Any:
    if value is None or value == "":
        return ""
    if isinstance(value, (dict, list)):
        return json.dumps(value, ensure_ascii=False)
    return value if isinstance(value, (bool, _Number)) or not isinstance(value, str) else str(value)
