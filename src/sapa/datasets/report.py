"""Findings as files: a workbook that tells causes before cases, JSON, and the sender's own workbook with its cells marked.

Texts are always written as texts: a cell that begins with ``=`` stays a text and is never run as a formula.
"""

from __future__ import annotations

import json
import tempfile
from collections.abc import Iterable, Iterator, Sequence
from contextlib import contextmanager
from dataclasses import asdict, dataclass
from datetime import date, datetime
from pathlib import Path
from typing import Any

import xlsxwriter

from sapa.datasets.findings import SEVERITIES, Findings
from sapa.datasets.reader import Reading
from sapa.datasets.sources import open_sheet
from sapa.datasets.wording import label, say

SHEET_ROWS = 1_048_000
"""Rows of findings on one sheet; more go on to a further sheet."""

MARKED_CELLS = 200_000
COMMENTS = 10_000
_COLOURS = {"blocks": "#FFC7CE", "explain": "#FFEB9C", "note": "#DDEBF7"}
_LONGEST = 32_000


@dataclass(frozen=True)
class Verified:
    """One data set as verified: the findings of reading and of the rules together, and what became of its rows."""

    findings: Findings
    rows_read: int
    rows_refused: int

    @property
    def rows_accepted(self) -> int:
        """Read and not refused: nothing else can happen to a row."""
        return self.rows_read - self.rows_refused


@contextmanager
def new_workbook(path: Path, *, streaming: bool = True) -> Iterator[Any]:
    """A workbook in which no text becomes a formula, a link or a number; removed again where writing fails."""
    with tempfile.TemporaryDirectory(prefix=".writing-", dir=path.parent) as folder:  # the library leaves its parts behind
        yield from _workbook(Path(folder), path, streaming)


def _workbook(folder: Path, path: Path, streaming: bool) -> Iterator[Any]:
    options = {
        "constant_memory": streaming, "strings_to_formulas": False, "strings_to_urls": False, "strings_to_numbers": False,
        "nan_inf_to_errors": True, "tmpdir": str(folder),
    }  # fmt: skip
    part = folder / path.name
    book = xlsxwriter.Workbook(str(part), options)
    book.set_properties({"created": datetime(2000, 1, 1)})  # noqa: DTZ001 - equal findings, equal bytes
    yield book
    book.close()
    part.replace(path)


def write_findings_xlsx(path: Path, verified: Sequence[Verified], lang: str = "en") -> None:
    """``findings.xlsx``: rows read, accepted and refused and a summary by cause on the first sheet, then the list, streamed."""
    with new_workbook(path) as book:
        bold = book.add_format({"bold": True, "text_wrap": True, "valign": "top"})
        shades = {severity: book.add_format({"bg_color": colour}) for severity, colour in _COLOURS.items()}
        _summary(book.add_worksheet(label("summary", lang)), verified, lang, bold, shades)
        _list(book, verified, lang, bold)


def _summary(sheet: Any, verified: Sequence[Verified], lang: str, bold: Any, shades: dict[str, Any]) -> int:
    sheet.set_column(0, 0, 18)
    sheet.set_column(1, 1, 60)
    sheet.set_column(4, 6, 40)
    at = 0
    for part in verified:
        findings = part.findings
        for name, value in (
            ("dataset", say(findings.dataset.title, lang)), ("rows_read", part.rows_read),
            ("rows_accepted", part.rows_accepted), ("rows_refused", part.rows_refused),
        ):  # fmt: skip
            sheet.write_row(at, 0, [label(name, lang), value], bold if name == "dataset" else None)
            at += 1
        for skipped in findings.skipped:
            sheet.write_row(at, 0, [label("skipped", lang), skipped])
            at += 1
        sheet.write_row(
            at, 0, [label(name, lang) for name in ("severity", "cause", "count", "units", "remedy", "clause", "rule")], bold
        )
        at += 1
        for item in findings.summary(lang):
            line = [label(item.severity, lang), item.cause, item.count, item.units, item.remedy, item.clause, item.rule]
            sheet.write_row(at, 0, line, shades[item.severity])
            at += 1
        at += 1
    return at


_LIST = (
    "dataset",
    "severity",
    "unit",
    "file",
    "sheet",
    "row",
    "column",
    "field",
    "value",
    "message",
    "cause",
    "remedy",
    "clause",
    "rule",
    "follows",
)
_WIDE = ("field", "value", "message", "cause", "remedy")


def _columns(verified: Sequence[Verified]) -> list[str]:
    """Columns of the list: the file only where several were read, what a finding follows from only where one does."""
    told = {name for name in ("file", "follows") for part in verified if any(part.findings.table[name].unique().to_pylist())}
    return [name for name in _LIST if name in told or name not in ("file", "follows")]


def _list(book: Any, verified: Sequence[Verified], lang: str, bold: Any) -> None:
    sheet, at, number = None, SHEET_ROWS, 0
    names = _columns(verified)
    wide = [names.index(name) for name in _WIDE]
    for part in verified:
        titles = {item.id: say(item.title, lang) for item in part.findings.dataset.fields}
        for line in part.findings.messages(lang):
            if at >= SHEET_ROWS:
                number += 1
                sheet = book.add_worksheet(label("list", lang) + (f" {number}" if number > 1 else ""))
                sheet.freeze_panes(1, 0)
                sheet.set_column(0, 0, 16)
                sheet.set_column(wide[0], wide[-1], 30)
                sheet.write_row(0, 0, [label(name, lang) for name in names], bold)
                sheet.autofilter(0, 0, SHEET_ROWS, len(names) - 1)
                at = 1
            shown = {
                **line,
                "dataset": part.findings.dataset.id,
                "severity": label(line["severity"], lang),
                "field": titles.get(line["field"], line["field"]),
            }
            cells = [shown[name] if shown[name] is not None else "" for name in names]
            if sheet is not None:
                sheet.write_row(at, 0, [cell[:_LONGEST] if isinstance(cell, str) else cell for cell in cells])
            at += 1


def write_findings_json(path: Path, verified: Sequence[Verified], lang: str = "en") -> None:
    """``findings.json``: for each data set the counts, the causes and, streamed, every finding with its message."""
    part = path.with_name(path.name + ".part")
    try:
        with part.open("w", encoding="utf-8") as file:
            file.write("[")
            for index, item in enumerate(verified):
                file.write(",\n" if index else "\n")
                _json_part(file, item, lang)
            file.write("\n]\n")
        part.replace(path)
    finally:
        part.unlink(missing_ok=True)


def _json_part(file: Any, item: Verified, lang: str) -> None:
    findings = item.findings
    head = {
        "dataset": findings.dataset.id,
        "sheet": findings.sheet,
        "rows_read": item.rows_read,
        "rows_accepted": item.rows_accepted,
        "rows_refused": item.rows_refused,
        "counts": findings.counts(),
        "skipped": list(findings.skipped),
        "causes": [asdict(cause) for cause in findings.summary(lang)],
    }
    file.write(json.dumps(head, ensure_ascii=False, indent=1)[:-2] + ',\n "findings": [')
    for index, line in enumerate(findings.messages(lang)):
        file.write((",\n  " if index else "\n  ") + json.dumps(line, ensure_ascii=False))
    file.write("\n ]}")


@dataclass
class _Mark:
    severity: str
    texts: list[str]


def write_annotated(path: Path, reading: Reading, findings: Findings, lang: str = "en", *, source: Path | None = None) -> int:
    """The rows as they came, with the cells of findings coloured and commented; returns the number of marked cells.

    ``source``: the workbook that was read; its sheet is written back cell by cell (values, not its own formats). Without it, or
    where it was no workbook, the rows of ``reading`` are written under the titles of the fields.
    At most 200,000 cells are marked and 10,000 commented, gravest first; the sheet of causes says so where there are more.
    """
    workbook = source is not None and source.suffix.lower() in (".xlsx", ".xlsm", ".xls")
    places = _places(reading, workbook)
    marks, left = _marks(findings, places, lang)
    rows = _sheet_rows(source, reading.sheet) if workbook and source is not None else _table_rows(reading, findings, lang)
    with new_workbook(path) as book:
        sheet = book.add_worksheet(_sheet_name(reading.sheet) or label("data", lang))
        formats = {severity: book.add_format({"bg_color": colour}) for severity, colour in _COLOURS.items()}
        dated: dict[str | None, Any] = {None: book.add_format({"num_format": "yyyy-mm-dd"})}
        dated |= {
            severity: book.add_format({"bg_color": colour, "num_format": "yyyy-mm-dd"}) for severity, colour in _COLOURS.items()
        }
        comments = 0
        for number, cells in rows:
            row_marks = marks.get(number, {})
            for index in range(max(len(cells), max(row_marks, default=-1) + 1)):
                mark = row_marks.get(index)
                severity = mark.severity if mark else None
                cell = cells[index] if index < len(cells) else ""
                _write(sheet, number - 1, index, cell, formats.get(severity or ""), dated[severity])
                if mark and comments < COMMENTS:
                    sheet.write_comment(number - 1, index, "\n".join(mark.texts)[:_LONGEST], {"x_scale": 2, "y_scale": 1.5})
                    comments += 1
        bold = book.add_format({"bold": True})
        shades = {severity: book.add_format({"bg_color": colour}) for severity, colour in _COLOURS.items()}
        causes = book.add_worksheet(label("summary", lang))
        end = _summary(causes, [Verified(findings, reading.rows_read, len(findings.blocking_rows()))], lang, bold, shades)
        marked = sum(len(row) for row in marks.values())
        if left or marked > comments:
            causes.write_string(end, 0, label("more", lang))
    return marked


def _places(reading: Reading, workbook: bool) -> dict[str, int]:
    """Field → column index on the sheet that is written."""
    if workbook:
        return {name: _index(letter) for name, letter in reading.columns.items() if letter}
    return {name: index for index, name in enumerate(reading.table.column_names) if name != "_row"}


def _index(letters: str) -> int:
    number = 0
    for letter in letters:
        number = number * 26 + ord(letter) - 64
    return number - 1


def _marks(findings: Findings, places: dict[str, int], lang: str) -> tuple[dict[int, dict[int, _Mark]], int]:
    """Cells to mark: row → column → mark; and how many findings found no place any more."""
    pointed = {rule.id: rule.fields for rule in findings.dataset.rules}
    marks: dict[int, dict[int, _Mark]] = {}
    count = left = 0
    for line in findings.messages(lang):
        if line["row"] is None:
            continue
        if count >= MARKED_CELLS:
            left += 1
            continue
        row = marks.setdefault(line["row"], {})
        text = f"{line['cause']}: {line['message']}. {line['remedy']}"
        for name in pointed.get(line["rule"], (line["field"],)):
            if name not in places:
                continue
            mark = row.get(places[name])
            if mark is None:
                row[places[name]] = _Mark(line["severity"], [text])
                count += 1
            else:
                mark.texts.append(text)
                mark.severity = min(mark.severity, line["severity"], key=SEVERITIES.index)
    return marks, left


def _sheet_rows(source: Path, name: str) -> Iterator[tuple[int, list[Any]]]:
    sheet = open_sheet(source, name)
    offset = [""] * (sheet.start[1] if sheet.start else 0)
    for number, row in enumerate(sheet.iter_rows(), start=1):
        yield number, [*offset, *row]


def _table_rows(reading: Reading, findings: Findings, lang: str) -> Iterator[tuple[int, list[Any]]]:
    names = [name for name in reading.table.column_names if name != "_row"]
    titles = {item.id: say(item.title, lang) for item in findings.dataset.fields}
    yield 1, [titles[name] for name in names]
    for batch in reading.table.to_batches(max_chunksize=10_000):
        for line in batch.to_pylist():
            if line["_row"] > 1:
                yield line["_row"], [line[name] for name in names]


def _write(sheet: Any, row: int, column: int, cell: Any, plain: Any, dated: Any) -> None:
    if cell is None or cell == "":
        sheet.write_blank(row, column, None, plain) if plain is not None else None
    elif isinstance(cell, bool):
        sheet.write_boolean(row, column, cell, plain)
    elif isinstance(cell, (datetime, date)):
        sheet.write_datetime(row, column, cell, dated)
    elif isinstance(cell, (int, float)):
        sheet.write_number(row, column, cell, plain)
    else:
        sheet.write_string(row, column, str(cell)[:_LONGEST], plain)


def _sheet_name(name: str) -> str:
    """A name every spreadsheet program takes."""
    return "".join("_" if letter in "[]:*?/\\'" else letter for letter in name)[:31]


def verified(reading: Reading, findings: Findings) -> Verified:
    """Reading and rules together: the figures of a run, rows read = rows accepted + rows refused."""
    both = reading.findings + findings
    return Verified(both, reading.rows_read, len(both.blocking_rows()))


def totals(parts: Iterable[Verified]) -> dict[str, int]:
    """``rows_read``, ``rows_accepted``, ``rows_refused`` over several data sets."""
    listed = list(parts)
    return {name: sum(getattr(item, name) for item in listed) for name in ("rows_read", "rows_accepted", "rows_refused")}
