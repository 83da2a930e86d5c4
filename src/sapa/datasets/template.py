"""An empty workbook for a data set, made from its layout: headings, hints, lists to choose from; nothing written by hand."""

from __future__ import annotations

from datetime import date
from pathlib import Path
from typing import Any

from sapa.datasets.layout import CodeLists, coding, kept_fields
from sapa.datasets.report import new_workbook
from sapa.datasets.text import column_letter, fold
from sapa.datasets.wording import label, say
from sapa.packs.models_data import DataField, Dataset

FILLED_ROWS = 20_000
"""Rows that get lists and checks; below them the sheet is plain."""


def write_template(path: Path, dataset: Dataset, period: str, *, pack: CodeLists, lang: str = "en") -> None:
    """Write an empty workbook for ``period``: a sheet to fill in, a sheet about its fields, a sheet with the code lists.

    A filled-in template is read back by ``read``: its headings are the titles of the fields, its codes the titles of the codes.
    """
    fields = kept_fields(dataset, period)
    with new_workbook(path, streaming=False) as book:
        bold = book.add_format({"bold": True, "text_wrap": True, "valign": "top", "bottom": 1})
        needed = book.add_format({"bold": True, "text_wrap": True, "valign": "top", "bottom": 1, "bg_color": "#FFEB9C"})
        formats = {"text": book.add_format({"num_format": "@"}), "date": book.add_format({"num_format": "yyyy-mm-dd"})}
        data = book.add_worksheet(label("data", lang))
        about = book.add_worksheet(label("fields", lang))
        lists = book.add_worksheet(label("lists", lang))
        chosen = _lists(lists, fields, pack, period, lang, bold)
        data.freeze_panes(1, 0)
        data.set_row(0, 60)
        for index, item in enumerate(fields):
            kind = "date" if item.type == "date" else "text" if item.type in ("string", "code", "period") else ""
            data.set_column(index, index, 16, formats.get(kind))
            data.write_string(0, index, say(item.title, lang), needed if _needed(dataset, item) else bold)
            data.write_comment(0, index, _hint(dataset, item, lang), {"x_scale": 2})
            rule = _validation(item, chosen.get(item.code_list or ""))
            if rule is not None:
                data.data_validation(1, index, FILLED_ROWS, index, rule)
        _about(about, dataset, fields, lang, bold)


def _needed(dataset: Dataset, item: DataField) -> bool:
    return item.required or item.role in ("unit", "key") or item.id == dataset.unit


def _lists(sheet: Any, fields: tuple[DataField, ...], pack: CodeLists, period: str, lang: str, bold: Any) -> dict[str, str]:
    """Write each code list once, a column a list; returns list id → range of its choices."""
    ranges: dict[str, str] = {}
    for name in dict.fromkeys(item.code_list for item in fields if item.code_list):
        codelist = pack.codelist(name, period)
        codes = coding(codelist, period).codes
        shown = [(item.code, say(item.title, lang)) for item in codelist.items if item.code in codes]
        repeated = len({fold(title) for _, title in shown}) < len(shown)
        column = len(ranges)
        sheet.set_column(column, column, 30)
        sheet.write_string(0, column, say(codelist.title, lang), bold)
        for row, (code, title) in enumerate(shown, start=1):
            sheet.write_string(row, column, code if repeated else title)
        letter = column_letter(column)
        ranges[name] = f"='{label('lists', lang)}'!${letter}$2:${letter}${len(shown) + 1}"
    return ranges


def _validation(item: DataField, choices: str | None) -> dict[str, Any] | None:
    if choices is not None:
        return {"validate": "list", "source": choices, "ignore_blank": True}
    if item.type == "boolean":
        return {"validate": "list", "source": ["true", "false"], "ignore_blank": True}
    if item.type == "date":
        return {"validate": "date", "criteria": ">=", "value": date(1900, 1, 1), "ignore_blank": True}
    if item.type not in ("integer", "decimal", "number"):
        return None
    kind = "integer" if item.type == "integer" else "decimal"
    low, high = item.minimum, item.maximum
    if low is None and high is None:
        low, high = -1e15, 1e15
    if low is not None and high is not None:
        return {"validate": kind, "criteria": "between", "minimum": low, "maximum": high, "ignore_blank": True}
    return {
        "validate": kind,
        "criteria": ">=" if low is not None else "<=",
        "value": low if low is not None else high,
        "ignore_blank": True,
    }


def _limits(item: DataField) -> str:
    parts = [f"≥ {item.minimum:g}" if item.minimum is not None else "", f"≤ {item.maximum:g}" if item.maximum is not None else ""]
    parts += [item.pattern or "", f"{item.width} × 0–9" if item.width else ""]
    return "; ".join(part for part in parts if part)


def _hint(dataset: Dataset, item: DataField, lang: str) -> str:
    lines = [say(item.help, lang) if item.help else "", item.measure, _limits(item)]
    lines.append(label("required", lang) if _needed(dataset, item) else "")
    lines.append(", ".join(item.clause or dataset.clause))
    return "\n".join(line for line in lines if line)


def _about(sheet: Any, dataset: Dataset, fields: tuple[DataField, ...], lang: str, bold: Any) -> None:
    names = ("field", "rule", "type", "required", "measure", "limits", "clause", "help")
    sheet.set_column(0, 7, 24)
    sheet.write_row(0, 0, [label(name, lang) if name != "rule" else "id" for name in names], bold)
    for row, item in enumerate(fields, start=1):
        line = [
            say(item.title, lang),
            item.id,
            item.code_list or item.type,
            label("required", lang) if _needed(dataset, item) else "",
            item.measure,
            _limits(item),
            ", ".join(item.clause or dataset.clause),
            say(item.help, lang) if item.help else "",
        ]
        sheet.write_row(row, 0, line)
