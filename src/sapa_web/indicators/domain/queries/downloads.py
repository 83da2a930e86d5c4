"""The chosen figures as files. Every file says where its figures come from and how many rows it has; no text is a formula."""

from __future__ import annotations

import csv
import io
import struct
import zlib
from typing import Any

import pyarrow as pa
import pyarrow.parquet as pq
import xlsxwriter

from sapa.publication.csvw import guarded
from sapa.publication.labels import Labels
from sapa_web.indicators.domain.queries.about import About
from sapa_web.indicators.domain.queries.tables import Table

TYPES = {
    "csv": "text/csv; charset=utf-8",
    "xlsx": "application/vnd.openxmlformats-officedocument.spreadsheetml.sheet",
    "parquet": "application/vnd.apache.parquet",
    "svg": "image/svg+xml",
    "png": "image/png",
}
_TEXTS = ("fact", "indicator", "title", "unit", "period")
_FIGURES = ("value", "shown", "numerator", "denominator", "count", "symbol")
_ORIGIN = ("state", "pack", "pack_version", "clause", "formula", "snapshot", "as_of")


def records(table: Table, labels: Labels, told: About) -> list[dict[str, Any]]:
    """One record a figure, with everything that says what it is and where it comes from."""
    stamps = {stamp.period: stamp for stamp in told.stamps}
    item = labels.indicator(table.choice.indicator)
    out = []
    for cell in table.cells:
        stamp = stamps.get(cell.period)
        fact = cell.fact if cell.mark != "suppressed" else None
        record: dict[str, Any] = {
            "fact": cell.name, "indicator": item.id, "title": table.title, "unit": item.unit, "period": cell.period,
        }  # fmt: skip
        for name in table.choice.cut:
            code = cell.codes.get(name)
            record[name] = code or ""
            record[f"{name}_title"] = labels.code(name, code) if code else labels.lang.text("total")
        record |= {
            "value": fact.value if fact else None,
            "shown": str(cell.shown) if cell.shown is not None else None,
            "numerator": fact.numerator if fact else None,
            "denominator": fact.denominator if fact else None,
            "count": fact.count if fact else None,
            "symbol": cell.mark or "",
            "state": told.state,
            "pack": table.choice.pack,
            "pack_version": (stamp.version if stamp else "") or told.version,
            "clause": " ".join(item.clause),
            "formula": told.definition,
            "snapshot": stamp.root if stamp else "",
            "as_of": stamp.as_of if stamp else "",
        }
        out.append(record)
    return out


def as_csv(rows: list[dict[str, Any]]) -> bytes:
    """CSV in UTF-8 with a byte order mark, which spreadsheets need to read letters right."""
    buffer = io.StringIO()
    names = list(rows[0]) if rows else [*_TEXTS, *_FIGURES, *_ORIGIN]
    writer = csv.writer(buffer, lineterminator="\r\n")
    writer.writerow(names)
    for row in rows:
        writer.writerow([_plain(name, row[name]) for name in names])
    return ("\ufeff" + buffer.getvalue()).encode()


def _plain(name: str, value: Any) -> str:
    if value is None:
        return ""
    if name == "shown":
        return str(value)  # a number, its sign is its own
    return guarded(value) if isinstance(value, str) else repr(value)


def as_parquet(rows: list[dict[str, Any]], told: About) -> bytes:
    """Parquet with the source in the file's own metadata."""
    table = pa.Table.from_pylist(rows)
    meta = {"sapa.state": told.state, "sapa.formula": told.definition, "sapa.rows": str(len(rows))}
    meta |= {f"sapa.snapshot.{stamp.period}": stamp.root for stamp in told.stamps if stamp.root}
    sink = pa.BufferOutputStream()
    pq.write_table(table.replace_schema_metadata(meta), sink, compression="zstd", write_page_checksum=True)
    data: bytes = sink.getvalue().to_pybytes()
    return data


def as_xlsx(table: Table, rows: list[dict[str, Any]], told: About, labels: Labels, heads: dict[str, str]) -> bytes:
    """A workbook: the table as on the page, every figure with its origin, and the source. ``heads`` names the sheets."""
    made = io.BytesIO()
    options = {"in_memory": True, "strings_to_formulas": False, "strings_to_urls": False, "strings_to_numbers": False}
    with xlsxwriter.Workbook(made, options) as book:
        bold = book.add_format({"bold": True, "text_wrap": True, "bottom": 1})
        _as_seen(book, book.add_worksheet(heads["table"]), table, bold)
        _all(book.add_worksheet(heads["figures"]), rows, bold)
        sheet = book.add_worksheet(heads["source"])
        sheet.set_column(0, 0, 110)
        lines = [table.title, *told.lines(labels.lang), told.definition, *(f"{place}: {text}" for place, text in told.clauses)]
        lines += [f"{stamp.period}: {stamp.root or told.state}" for stamp in told.stamps]
        lines += [f"{symbol}  {labels.lang.text(f'sym_{mark}')}" for symbol, mark in table.legend]
        lines.append(heads["rows"])
        for place, line in enumerate(lines):
            sheet.write_string(place, 0, line)
    return made.getvalue()


def _as_seen(book: Any, sheet: Any, table: Table, bold: Any) -> None:
    sheet.set_column(0, 0, 40)
    sheet.set_column(1, max(1, len(table.columns)), 14)
    number = book.add_format({"num_format": "#,##0" + ("." + "0" * table.decimals if table.decimals else "")})
    right = book.add_format({"align": "right"})
    sheet.write_string(0, 0, table.title, book.add_format({"bold": True}))
    sheet.write_string(2, 0, table.heading, bold)
    for place, column in enumerate(table.columns, 1):
        sheet.write_string(2, place, ", ".join(part for part in (column.group, column.title) if part), bold)
    for line, row in enumerate(table.rows, 3):
        sheet.write_string(line, 0, row.title)
        for place, cell in enumerate(row.cells, 1):
            if cell.shown is None:
                sheet.write_string(line, place, cell.text, right)
            else:
                sheet.write_number(line, place, float(cell.shown), number)
    sheet.freeze_panes(3, 1)


def _all(sheet: Any, rows: list[dict[str, Any]], bold: Any) -> None:
    names = list(rows[0]) if rows else []
    sheet.set_column(0, max(1, len(names)), 16)
    for place, name in enumerate(names):
        sheet.write_string(0, place, name, bold)
    for line, row in enumerate(rows, 1):
        for place, name in enumerate(names):
            value = row[name]
            if isinstance(value, int | float):
                sheet.write_number(line, place, value)
            elif value is not None and name == "shown":
                sheet.write_number(line, place, float(value))
            elif value is not None:
                sheet.write_string(line, place, str(value))
    sheet.freeze_panes(1, 0)


def described_png(picture: bytes, text: str) -> bytes:
    """The picture with its source in a text chunk (PNG, third edition, 11.3.3.4: ``iTXt``)."""
    body = b"Description\x00\x00\x00\x00\x00" + text.encode()
    chunk = struct.pack(">I", len(body)) + b"iTXt" + body + struct.pack(">I", zlib.crc32(b"iTXt" + body))
    first = 8 + 4 + 4 + 13 + 4  # the signature and the header chunk come first
    return picture[:first] + chunk + picture[first:]
