"""The pack's workbook for a return: filled with what the unit has, and given back with the cells of findings marked.

Everything is written as text, number or date, never as a formula: what somebody typed can't run on another's machine.
"""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import replace
from datetime import date
from pathlib import Path
from typing import Any

import pyarrow as pa

from sapa.datasets import Findings, Reading, write_annotated
from sapa.datasets.layout import ROW, CodeLists, coding
from sapa.datasets.report import new_workbook

# The template's parts: a workbook can't be filled after it was written, so the sheet is laid out here once more.
from sapa.datasets.template import _about, _hint, _lists, _needed, _validation
from sapa.datasets.text import column_letter, fold
from sapa.datasets.wording import label, say
from sapa.packs.models_data import DataField, Dataset
from sapa_web.collection.domain.checking import Checked
from sapa_web.collection.domain.packs import dataset_of, pack_named
from sapa_web.collection.domain.working import Row
from sapa_web.collection.models import Campaign

CHECKED_ROWS = 20_000
_LONGEST_NUMBER = 15
"""Digits a spreadsheet keeps of a number; longer ones stay text."""


def own_list(dataset: Dataset) -> Dataset:
    """The layout as the unit fills it: without its own identifier, with the names that never leave it."""
    fields = tuple(item.model_copy(update={"protect": "none"}) for item in dataset.fields if item.role != "unit")
    return dataset.model_copy(update={"fields": fields})


def write_filled(path: Path, campaign: Campaign, rows: Sequence[Row], lang: str) -> dict[str, str]:
    """Write the workbook with ``rows`` in it; returns the spreadsheet letter of each field. Row *n* stands in line *n* + 1."""
    dataset = own_list(dataset_of(campaign.pack, campaign.dataset, campaign.period))
    fields, pack = dataset.layout(campaign.period), pack_named(campaign.pack)
    with new_workbook(path, streaming=False) as book:
        head = {"bold": True, "text_wrap": True, "valign": "top", "bottom": 1}
        bold, needed = book.add_format(head), book.add_format({**head, "bg_color": "#FFEB9C"})
        formats = {"text": book.add_format({"num_format": "@"}), "date": book.add_format({"num_format": "yyyy-mm-dd"})}
        data = book.add_worksheet(label("data", lang))
        about, lists = book.add_worksheet(label("fields", lang)), book.add_worksheet(label("lists", lang))
        chosen = _lists(lists, fields, pack, campaign.period, lang, bold)
        data.freeze_panes(1, 0)
        data.set_row(0, 60)
        for index, item in enumerate(fields):
            form = formats.get("date" if item.type == "date" else "text" if item.type in ("string", "code", "period") else "")
            data.set_column(index, index, 16, form)
            data.write_string(0, index, say(item.title, lang), needed if _needed(dataset, item) else bold)
            data.write_comment(0, index, _hint(dataset, item, lang), {"x_scale": 2})
            rule = _validation(item, chosen.get(item.code_list or ""))
            if rule is not None:
                data.data_validation(1, index, CHECKED_ROWS, index, rule)
            titles = _titles(item, pack, campaign.period, lang)
            for number, row in enumerate(rows, start=1):
                _cell(data, number, index, titles.get(row.get(item.id, ""), row.get(item.id, "")), item, formats)
        _about(about, dataset, fields, lang, bold)
    return {item.id: column_letter(index) for index, item in enumerate(fields)}


def _titles(item: DataField, pack: CodeLists, period: str, lang: str) -> dict[str, str]:
    """What the list in the workbook shows for each code; empty where titles repeat and codes are shown."""
    if item.code_list is None:
        return {}
    codelist = pack.codelist(item.code_list, period)
    known = coding(codelist, period).codes
    shown = {entry.code: say(entry.title, lang) for entry in codelist.items if entry.code in known}
    return shown if len({fold(text) for text in shown.values()}) == len(shown) else {}


def _cell(sheet: Any, row: int, column: int, text: str, item: DataField, formats: dict[str, Any]) -> None:
    if not text:
        return
    if item.type == "date":
        try:
            sheet.write_datetime(row, column, date.fromisoformat(text), formats["date"])
            return
        except ValueError:
            pass
    if item.type in ("integer", "decimal", "number") and len(text) <= _LONGEST_NUMBER:
        try:
            sheet.write_number(row, column, float(text))
            return
        except (ValueError, OverflowError):
            pass
    sheet.write_string(row, column, text, formats["text"])


def write_marked(
    path: Path, checked: Checked, lang: str, *, source: Path, sheet: str, columns: dict[str, str], places: Sequence[int]
) -> int:
    """Write ``source`` back with the cells of findings marked; ``places``: the line of each row. Returns the number of marks."""
    at = pa.array(places, pa.int32())
    table = checked.reading.table
    numbered = table.set_column(table.schema.get_field_index(ROW), ROW, at)
    reading: Reading = replace(checked.reading, table=numbered, sheet=sheet, columns=columns)
    found = checked.findings.table
    rows = pa.array([places[row - 1] if row else None for row in found["row"].to_pylist()], pa.int32())
    moved = found.set_column(found.schema.get_field_index("row"), "row", rows)
    findings: Findings = replace(checked.findings, table=moved, sheet=sheet)
    return write_annotated(path, reading, findings, lang, source=source)
