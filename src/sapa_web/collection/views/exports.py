"""Lists as files: CSV and XLSX in which nothing is a formula, with the number of rows said."""

from __future__ import annotations

import csv
import io
from collections.abc import Callable, Iterable, Iterator, Sequence
from datetime import date, datetime
from typing import Any

import xlsxwriter
from django.http import HttpResponse, StreamingHttpResponse
from django.http.response import HttpResponseBase
from django.utils.timezone import localtime
from django.utils.translation import gettext as _

from sapa_web.common import clock

_LIVE = ("=", "+", "-", "@", "\t", "\r")
"""What a spreadsheet takes for the beginning of a formula."""

Row = Sequence[Any]


def plain(value: Any) -> Any:
    """A value that no spreadsheet executes: a text that looks like a formula begins with an apostrophe."""
    if isinstance(value, datetime):
        return localtime(value).strftime("%Y-%m-%d %H:%M")
    if isinstance(value, date):
        return value.isoformat()
    if isinstance(value, str) and value.startswith(_LIVE):
        return f"'{value}"
    return "" if value is None else value


class _Echo:
    """A file that hands back what is written to it."""

    def write(self, text: str) -> str:
        return text


def as_csv(name: str, columns: Sequence[str], rows: Iterable[Row], count: int) -> HttpResponseBase:
    """CSV in UTF-8 with a byte order mark (spreadsheets ask for it); the number of rows is in the name and a header."""
    writer = csv.writer(_Echo())

    def lines() -> Iterator[str]:
        yield "\N{ZERO WIDTH NO-BREAK SPACE}" + str(writer.writerow([plain(item) for item in columns]))
        for row in rows:
            yield str(writer.writerow([plain(item) for item in row]))

    response = StreamingHttpResponse(lines(), content_type="text/csv; charset=utf-8")
    return _named(response, f"{name}-{count}.csv", count)


def as_xlsx(name: str, columns: Sequence[str], rows: Iterable[Row], count: int) -> HttpResponseBase:
    """A workbook: the list, and a sheet that says how many rows it has and when it was made."""
    target = io.BytesIO()
    options = {"in_memory": True, "strings_to_formulas": False, "strings_to_urls": False, "strings_to_numbers": False}
    with xlsxwriter.Workbook(target, options) as book:
        bold = book.add_format({"bold": True})
        sheet = book.add_worksheet(_("List")[:31])
        sheet.write_row(0, 0, list(columns), bold)
        sheet.freeze_panes(1, 0)
        for number, row in enumerate(rows, start=1):
            for column, value in enumerate(row):
                _cell(sheet, number, column, value)
        sheet.autofilter(0, 0, max(count, 1), len(columns) - 1)
        sheet.autofit(300)
        about = book.add_worksheet(_("About")[:31])
        about.write_row(0, 0, [_("Rows"), count])
        about.write_row(1, 0, [_("Made at"), plain(clock.now())])
    response = HttpResponse(target.getvalue(), content_type="application/vnd.openxmlformats-officedocument.spreadsheetml.sheet")
    return _named(response, f"{name}-{count}.xlsx", count)


def _cell(sheet: Any, row: int, column: int, value: Any) -> None:
    if isinstance(value, int | float):
        sheet.write_number(row, column, value)
    else:
        sheet.write_string(row, column, str(plain(value) if not isinstance(value, str) else value))


def _named(response: HttpResponseBase, name: str, count: int) -> HttpResponseBase:
    response["Content-Disposition"] = f'attachment; filename="{name}"'
    response["X-Row-Count"] = str(count)
    return response


EXPORTS: dict[str, Callable[[str, Sequence[str], Iterable[Row], int], HttpResponseBase]] = {"csv": as_csv, "xlsx": as_xlsx}
