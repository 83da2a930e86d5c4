"""All tables of a report as one workbook: contents, a sheet a table, notes."""

from __future__ import annotations

import io
from collections.abc import Sequence
from datetime import datetime
from decimal import Decimal
from pathlib import Path
from typing import Any

import xlsxwriter

from sapa.packs.models_report import Report
from sapa.publication.document import borrowed_text, source_of
from sapa.publication.files import write_whole
from sapa.publication.labels import Labels
from sapa.publication.meta import PublicationMeta
from sapa.publication.tables import SYMBOLS, Column, Table

ACCENT, RULE = "#17506B", "#B8C2C9"
CHOICES = {
    "strings_to_formulas": False,
    "strings_to_urls": False,
    "strings_to_numbers": False,
    "constant_memory": False,
    "in_memory": True,
}


class Styles:
    """The workbook's formats, made once each."""

    def __init__(self, book: Any) -> None:
        self.book = book
        self._made: dict[tuple[tuple[str, Any], ...], Any] = {}

    def __call__(self, **properties: Any) -> Any:
        key = tuple(sorted(properties.items()))
        if key not in self._made:
            self._made[key] = self.book.add_format({"font_name": "Noto Sans", "font_size": 10, "valign": "top", **properties})
        return self._made[key]

    def number(self, decimals: int, *, bold: bool, provisional: bool) -> Any:
        code = "#,##0" + ("." + "0" * decimals if decimals else "")
        return self(
            num_format=code + (f'" {SYMBOLS["provisional"]}"' if provisional else ""), bold=bold, bottom=4, bottom_color=RULE
        )


def write_workbook(tables: Sequence[Table], report: Report, labels: Labels, meta: PublicationMeta, folder: Path) -> Path:
    """Write ``tables.LANG.xlsx``. Texts are always written as texts: none becomes a formula or a link."""
    lang = labels.lang
    day = meta.document_date
    made = io.BytesIO()
    with xlsxwriter.Workbook(made, CHOICES) as book:
        book.set_properties(
            {
                "title": labels.text(report.title),
                "author": source_of(labels, meta),
                "comments": f"snapshot {meta.root}",
                "created": datetime(day.year, day.month, day.day),  # noqa: DTZ001 (a calendar date, not a moment)
            }
        )
        styles = Styles(book)
        contents = book.add_worksheet(_sheet_name(lang.text("sheet_contents")))
        _contents(contents, styles, tables, report, labels, meta)
        for table in tables:
            _sheet(book.add_worksheet(table.number), styles, table, labels, meta)
        _notes(book.add_worksheet(_sheet_name(lang.text("sheet_notes"))), styles, labels, meta)
    return write_whole(folder / f"tables.{lang.code}.xlsx", made.getvalue())


def _sheet_name(text: str) -> str:
    return "".join(char for char in text if char not in "[]:*?/\\'")[:31]


def _contents(sheet: Any, styles: Styles, tables: Sequence[Table], report: Report, labels: Labels, meta: PublicationMeta) -> None:
    lang = labels.lang
    sheet.hide_gridlines(2)
    sheet.set_column(0, 0, 16)
    sheet.set_column(1, 1, 90)
    sheet.write_string(0, 0, labels.text(report.title), styles(bold=True, font_size=18, font_color=ACCENT))
    sheet.write_string(1, 0, lang.period(meta.period), styles(font_size=12))
    for row, text in enumerate(_imprint(labels, meta), 2):
        sheet.write_string(row, 0, text, styles(font_color="#5F6B73"))
    start = 8
    for row, table in enumerate(tables, start):
        link = f"internal:'{table.number}'!A1"
        look = styles(font_color=ACCENT, underline=1)
        sheet.write_url(row, 0, link, look, lang.text("table_n", n=table.number))
        sheet.write_string(row, 1, table.title, styles(text_wrap=True))


def _imprint(labels: Labels, meta: PublicationMeta) -> list[str]:
    lang = labels.lang
    return [
        lang.text("source", source=source_of(labels, meta)),
        lang.text("as_of", date=lang.date(meta.as_of)),
        lang.text("published_on", date=lang.date(meta.document_date)),
        f"{lang.text('v_root')}: {meta.root}",
        borrowed_text(labels, meta),
    ]


def _sheet(sheet: Any, styles: Styles, table: Table, labels: Labels, meta: PublicationMeta) -> None:
    lang = labels.lang
    sheet.hide_gridlines(2)
    sheet.set_column(0, 0, 44)
    sheet.set_column(1, max(1, len(table.columns)), 17)
    sheet.write_string(
        0, 0, f"{lang.text('table_n', n=table.number)}. {table.title}", styles(bold=True, font_size=13, font_color=ACCENT)
    )
    fixed = table.spec.rows and table.spec.columns != "period"
    sheet.write_string(1, 0, lang.period(table.period) if fixed else "", styles(font_color="#5F6B73"))
    top = _headings(sheet, styles, table)
    sheet.freeze_panes(top + 1, 1)
    sheet.repeat_rows(top)
    sheet.set_landscape()
    sheet.fit_to_pages(1, 0)
    line = top
    for line, row in enumerate(table.rows, top + 1):
        sheet.write_string(line, 0, row.title, styles(bold=row.total, text_wrap=True, bottom=4, bottom_color=RULE))
        for place, cell in enumerate(row.cells, 1):
            if cell.shown is None:
                look = styles(align="right", bold=row.total, bottom=4, bottom_color=RULE)
                sheet.write_string(line, place, cell.text, look)
            else:
                look = styles.number(decimals_of(cell.shown), bold=row.total, provisional="provisional" in cell.marks)
                sheet.write_number(line, place, cell.shown, look)
    for text in [*table.notes, *_symbols(table, labels), *_imprint(labels, meta)[:2], lang.text("root_short", root=meta.root)]:
        line += 1
        sheet.write_string(line, 0, text, styles(font_color="#5F6B73", font_size=9))


def decimals_of(shown: Decimal) -> int:
    """Digits after the point of a published number."""
    exponent = shown.as_tuple().exponent
    return -exponent if isinstance(exponent, int) and exponent < 0 else 0


def _headings(sheet: Any, styles: Styles, table: Table) -> int:
    """Write one or two rows of headings; returns the last row they take."""
    head = {"bold": True, "text_wrap": True, "valign": "bottom", "top": 0}
    grouped = any(column.group for column in table.columns)
    top = 3 if grouped else 2
    if grouped:
        place = 1
        while place <= len(table.columns):
            group = table.columns[place - 1].group
            last = place
            while last < len(table.columns) and table.columns[last].group == group:
                last += 1
            look = styles(**head, align="center")
            if last > place:
                sheet.merge_range(top - 1, place, top - 1, last, "", look)
            sheet.write_string(top - 1, place, group, look)
            place = last + 1
    sheet.write_string(top, 0, table.heading, styles(**head, bottom=1))
    for place, column in enumerate(table.columns, 1):
        sheet.write_string(top, place, _heading(column), styles(**head, align="right", bottom=1))
    return top


def _heading(column: Column) -> str:
    return f"{column.title}, {column.unit}" if column.unit and column.unit not in column.title else column.title


def _symbols(table: Table, labels: Labels) -> list[str]:
    return [f"{SYMBOLS[mark]}  {labels.lang.text(f'sym_{mark}')}" for mark in SYMBOLS if mark in table.marks]


def _notes(sheet: Any, styles: Styles, labels: Labels, meta: PublicationMeta) -> None:
    lang = labels.lang
    sheet.hide_gridlines(2)
    sheet.set_column(0, 0, 120)
    lines = [lang.text("how_text"), lang.text("how_as_of"), labels.text(meta.period_note) if meta.period_note else ""]
    lines += ["", lang.text("symbols")]
    lines += [f"{SYMBOLS[mark]}  {lang.text(f'sym_{mark}')}" for mark in SYMBOLS]
    lines += ["", lang.text("v_text"), f"{lang.text('v_root')}: {meta.root}"]
    lines += [f"{lang.text('v_submissions')}: {lang.exact(meta.submissions)}", ""]
    lines += [f"{stamp.id} {stamp.version}  {stamp.digest}" for stamp in meta.packs]
    lines += ["", lang.text("v_licence", licence=meta.licence)]
    for row, text in enumerate(lines):
        sheet.write_string(row, 0, text, styles(text_wrap=True))
