"""Files made to do harm, quickly and small."""

from __future__ import annotations

import io
import struct
import zipfile
import zlib
from collections.abc import Iterable, Sequence
from pathlib import Path

import openpyxl
import pyarrow as pa
import pyarrow.parquet as pq

OLE = b"\xd0\xcf\x11\xe0\xa1\xb1\x1a\xe1"
"""How an old workbook begins, and how a protected new one does."""

SHEET = "xl/worksheets/sheet1.xml"
STRINGS = "xl/sharedStrings.xml"
NAMESPACE = b'xmlns="http://schemas.openxmlformats.org/spreadsheetml/2006/main"'


def workbook(*rows: Sequence[object]) -> bytes:
    """A workbook of one sheet."""
    book = openpyxl.Workbook()
    for row in rows:
        book.active.append(list(row))
    out = io.BytesIO()
    book.save(out)
    return out.getvalue()


def with_part(content: bytes, name: str, pieces: Iterable[tuple[bytes, int]]) -> bytes:
    """The workbook with one part replaced: each piece repeated so many times, packed without ever being unfolded here."""
    packed, size = [], 0
    for piece, times in pieces:
        packing = zlib.compressobj(9, zlib.DEFLATED, -15)
        packed.append((packing.compress(piece) + packing.flush(zlib.Z_FULL_FLUSH)) * times)
        size += len(piece) * times
    packed.append(zlib.compressobj(9, zlib.DEFLATED, -15).flush())
    out = io.BytesIO()
    with zipfile.ZipFile(io.BytesIO(content)) as source, zipfile.ZipFile(out, "w", zipfile.ZIP_DEFLATED) as target:
        for part in source.infolist():
            if part.filename != name:
                target.writestr(part.filename, source.read(part.filename))
        target.writestr(zipfile.ZipInfo(name), b"".join(packed))
    made = bytearray(out.getvalue())
    entry = made.rfind(b"PK\x01\x02")
    header = struct.unpack("<I", made[entry + 42 : entry + 46])[0]
    for place in (entry + 10, header + 8):  # it says that the bytes are packed
        made[place : place + 2] = struct.pack("<H", zipfile.ZIP_DEFLATED)
    for place in (entry + 24, header + 22):  # and how many they unpack to
        made[place : place + 4] = struct.pack("<I", size)
    return bytes(made)


def endless_texts(content: bytes) -> bytes:
    """40 million shared texts of one letter: 580 MB of XML, gigabytes once read."""
    head = b'<?xml version="1.0"?><sst ' + NAMESPACE + b">"
    return with_part(content, STRINGS, [(head, 1), (b"<si><t>a</t></si>" * 60_000, 600), (b"</sst>", 1)])


def endless_cells(content: bytes, prefix: bytes = b"") -> bytes:
    """30 million cells, all called A1; ``prefix`` names their namespace."""
    space = b"xmlns:" + prefix[:-1] + NAMESPACE[5:] if prefix else NAMESPACE
    names = {"p": prefix, "s": space}
    head = b'<?xml version="1.0"?><%(p)bworksheet %(s)b><%(p)bsheetData><%(p)brow r="1">'
    cell = b'<%(p)bc r="A1"><%(p)bv>1</%(p)bv></%(p)bc>'
    filled = [text % {key.encode(): value for key, value in names.items()} for text in (head, cell)]
    return with_part(content, SHEET, [(filled[0], 1), (filled[1] * 50_000, 600)])


def endless_zeros(content: bytes) -> bytes:
    """A picture of 1.1 GB of nothing."""
    return with_part(content, "xl/media/picture.bin", [(bytes(1 << 20), 1_100)])


def parquet_bomb(path: Path, rows: int = 19_000_000) -> None:
    """One text repeated so often that a file of half a megabyte means 4 GB."""
    indices = pa.nulls(rows, pa.int32()).fill_null(0)
    column = pa.DictionaryArray.from_arrays(indices, pa.array(["x" * 100]))
    pq.write_table(pa.table({"school": column, "region": column}), path)
