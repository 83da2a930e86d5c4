"""Before a file is opened: is it what its name says, and will it fit in memory?"""

from __future__ import annotations

import re
import struct
import zipfile
import zlib
from dataclasses import dataclass
from pathlib import Path

from sapa.errors import UserError

_CHUNK = 1 << 20
_CELL = re.compile(rb'<(?:\w{1,20}:)?c\b[^>]*?\br="([A-Z]{1,3})(\d{1,7})"')
_ERROR = re.compile(
    rb'<c\b[^>]*?\br="([A-Z]{1,3}\d{1,7})"[^>]*?\bt="e"[^>]*>(?:<f\b.*?(?:</f>|/>))?<v>([^<]{1,20})</v>', re.DOTALL
)
_OLE = b"\xd0\xcf\x11\xe0\xa1\xb1\x1a\xe1"


@dataclass(frozen=True)
class Limits:
    """Bounds on what is read; a file beyond them is refused before it can do harm.

    A workbook is held in memory whole, some 32 bytes a cell of its rectangle and 40 bytes a cell or text that is written, and
    four tags write one: the bounds on cells and tags keep it under 1 GiB.
    """

    file_bytes: int = 1 << 30
    unpacked_bytes: int = 1 << 29
    tags: int = 40_000_000
    cells: int = 15_000_000
    rows: int = 20_000_000
    columns: int = 16_384
    cell_bytes: int = 1 << 20


def size_text(count: int) -> str:
    """``2147483648`` → ``2.0 GiB``."""
    value = float(count)
    for unit in ("bytes", "KiB", "MiB"):
        if value < 1024:
            return f"{value:.0f} {unit}" if unit == "bytes" else f"{value:.1f} {unit}"
        value /= 1024
    return f"{value:.1f} GiB"


def check_file(path: Path, limits: Limits) -> None:
    """Refuse what is no regular file, is empty, or is larger than the limit."""
    if not path.exists():
        raise UserError(f"no file {path}", todo="check the path")
    if not path.is_file():
        raise UserError(f"{path} is not a file", todo="name a file, not a folder or a device")
    size = path.stat().st_size
    if size == 0:
        raise UserError(f"{path.name} is empty", todo="export it again")
    if size > limits.file_bytes:
        raise UserError(
            f"{path.name} has {size_text(size)}; at most {size_text(limits.file_bytes)} are read at once",
            todo="split it by region, convert it to Parquet, or raise the limit (file_bytes)",
        )


def check_workbook(path: Path, limits: Limits) -> dict[str, dict[str, str]]:
    """Unpack an xlsx without keeping it, refusing bombs; returns the error cells of each sheet part.

    The sizes a zip states may lie, so every part is inflated in chunks and counted. The reader spreads a sheet's cells over
    a rectangle, so one cell in the farthest corner would ask for all the memory there is: the rectangle is measured first.
    Error cells (``#DIV/0!``) are collected because the reader shows them as empty: ``{part: {"D7": "#DIV/0!"}}``.
    """
    with path.open("rb") as file:
        if file.read(8) == _OLE:
            raise UserError(
                f"{path.name} is protected by a password or is an old .xls with the wrong name",
                todo="save it as .xlsx without a password",
            )
    try:
        with zipfile.ZipFile(path) as archive:
            parts = archive.infolist()
    except (zipfile.BadZipFile, ValueError, OSError, NotImplementedError) as error:
        raise _damaged(path, str(error)) from error
    if not any(part.filename.startswith("xl/") for part in parts):
        raise UserError(f"{path.name} is a zip file but not a workbook", todo="save it as .xlsx")
    budget = _Budget(path, limits)
    errors: dict[str, dict[str, str]] = {}
    for part in parts:
        sheet = part.filename.startswith("xl/worksheets/") and part.filename.endswith(".xml")
        inspector = _SheetInspector(path, limits) if sheet else None
        _inflate(path, part, budget, inspector)
        if inspector and inspector.errors:
            errors[part.filename] = inspector.errors
    return errors


def _damaged(path: Path, detail: str) -> UserError:
    return UserError(f"{path.name} is damaged or cut off ({detail})", todo="export or copy it again")


class _Budget:
    """What the parts of a workbook may unpack to, together."""

    def __init__(self, path: Path, limits: Limits) -> None:
        self.path = path
        self.limits = limits
        self.size = self.tags = 0

    def take(self, chunk: bytes) -> None:
        """Count a chunk; raises ``UserError`` beyond the limits."""
        self.size += len(chunk)
        self.tags += chunk.count(b"<")
        if self.size > self.limits.unpacked_bytes:
            raise UserError(
                f"{self.path.name} unpacks to more than {size_text(self.limits.unpacked_bytes)}",
                todo="send a CSV or Parquet file, or raise the limit (unpacked_bytes)",
            )
        if self.tags > self.limits.tags:
            raise UserError(
                f"{self.path.name} holds more cells and texts than are read at once",
                todo="split it by region, send a CSV or Parquet file, or raise the limit (tags)",
            )


class _SheetInspector:
    """Sees a sheet part go by: how far its cells reach, which of them hold errors."""

    def __init__(self, path: Path, limits: Limits) -> None:
        self.path = path
        self.limits = limits
        self.tail = b""
        self.columns: set[bytes] = set()
        self.rows = 0
        self.errors: dict[str, str] = {}

    def feed(self, chunk: bytes) -> None:
        text = self.tail + chunk
        cut = max(text.rfind(b"<c "), text.rfind(b"<") if b"<c " not in text else -1)
        self.tail = text[cut:][: 1 << 16] if cut >= 0 else text[-1024:]
        self.look(text[:cut] if cut >= 0 else b"")

    def look(self, text: bytes) -> None:
        for column, row in set(_CELL.findall(text)) if len(text) < _CHUNK // 8 else _CELL.findall(text):
            self.columns.add(column)
            self.rows = max(self.rows, int(row))
        if b't="e"' in text:
            for cell, value in _ERROR.findall(text):
                self.errors[cell.decode()] = value.decode("utf-8", "replace")
        width = max((column_number(name) for name in self.columns), default=0)
        if width * self.rows > self.limits.cells:
            raise UserError(
                f"a sheet of {self.path.name} spans {self.rows} rows × {width} columns; at most {self.limits.cells} cells"
                " are read",
                todo="delete the stray cells far right or below the table, or send a CSV or Parquet file",
            )

    def finish(self) -> None:
        self.look(self.tail)


def column_number(name: bytes) -> int:
    """``b"A"`` → 1, ``b"AA"`` → 27."""
    number = 0
    for letter in name:
        number = number * 26 + letter - 64
    return number


def _inflate(path: Path, part: zipfile.ZipInfo, budget: _Budget, inspector: _SheetInspector | None) -> None:
    if part.flag_bits & 1:
        raise UserError(f"{path.name} is protected by a password", todo="save it without one")
    if part.compress_type not in (zipfile.ZIP_STORED, zipfile.ZIP_DEFLATED):
        raise _damaged(path, "unknown compression")
    with path.open("rb") as file:
        file.seek(part.header_offset)
        header = file.read(30)
        if len(header) < 30 or header[:4] != b"PK\x03\x04":
            raise _damaged(path, "a part is missing")
        name_length, extra_length = struct.unpack("<HH", header[26:30])
        file.seek(name_length + extra_length, 1)
        unpack = zlib.decompressobj(-15) if part.compress_type == zipfile.ZIP_DEFLATED else None
        left = part.compress_size
        pending = b""
        while left or pending:
            if not pending:
                pending = file.read(min(left, _CHUNK))
                left -= len(pending)
                if not pending:
                    raise _damaged(path, "a part ends early")
            try:
                chunk = unpack.decompress(pending, _CHUNK) if unpack else pending
            except zlib.error as error:
                raise _damaged(path, str(error)) from error
            pending = unpack.unconsumed_tail if unpack else b""
            budget.take(chunk)
            if inspector:
                inspector.feed(chunk)
            if unpack and unpack.eof:
                break
    if inspector:
        inspector.finish()


def check_width(path: Path, columns: int, limits: Limits) -> None:
    """Refuse a table of more columns than any spreadsheet has."""
    if columns > limits.columns:
        raise UserError(f"{path.name} has more than {limits.columns} columns", todo="check the separator")
