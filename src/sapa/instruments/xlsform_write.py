"""XLSForm out: a form as a workbook that ODK, Kobo, Enketo and ourselves read.

What XLSForm has no column for stands in columns of our own (``informs``; ``notice``, ``instrument_kind`` … among the settings),
which other readers pass over; read back here, the form is the same value.
"""

from __future__ import annotations

from collections.abc import Iterator
from io import BytesIO
from typing import Any

import xlsxwriter

from sapa.instruments.model import Form, Item, Texts

_TYPES = {"select-one": "select_one", "select-many": "select_multiple", "rank": "rank", "scale": "range"}
_TEXTS = ("label", "hint", "required_message", "constraint_message")
_PLAIN = ("required", "relevant", "constraint", "calculation", "choice_filter", "default", "appearance")


def write_xlsform(form: Form) -> bytes:
    """The workbook of a form: sheets ``survey``, ``choices``, ``settings``."""
    survey = list(_rows(form, form.items))
    choices = [
        {"list_name": each.id, "name": choice.code, **_texts(form, "label", choice.label), **choice.values}
        for each in form.lists
        for choice in each.choices
    ]
    out = BytesIO()
    with xlsxwriter.Workbook(out, {"in_memory": True, "strings_to_formulas": False, "strings_to_urls": False}) as book:
        heading = book.add_format({"bold": True, "bg_color": "#E8EEF7", "border": 1})
        cell = book.add_format({"text_wrap": True, "valign": "top"})
        for name, rows in (("survey", survey), ("choices", choices), ("settings", [_settings(form)])):
            if rows:
                _sheet(book.add_worksheet(name), rows, heading, cell)
    return out.getvalue()


def _sheet(sheet: Any, rows: list[dict[str, str]], heading: Any, cell: Any) -> None:
    columns = list(dict.fromkeys(key for row in rows for key in row))
    for at, column in enumerate(columns):
        wide = max(len(column), *(min(len(row.get(column, "")), 60) for row in rows))
        sheet.set_column(at, at, wide + 2)
        sheet.write_string(0, at, column, heading)
        for line, row in enumerate(rows, 1):
            if row.get(column):
                sheet.write_string(line, at, row[column], cell)
    sheet.freeze_panes(1, 0)


def _rows(form: Form, items: tuple[Item, ...]) -> Iterator[dict[str, str]]:
    for item in items:
        section = item.type in ("group", "repeat")
        yield _row(form, item, f"begin_{item.type}" if section else _type(item))
        if section:
            yield from _rows(form, item.items)
            yield {"type": f"end_{item.type}", "name": item.name}


def _type(item: Item) -> str:
    kind = _TYPES.get(item.type, item.type)
    if item.type in ("select-one", "select-many", "rank"):
        return f"{kind} {item.choices}{' or_other' if item.other else ''}"
    return kind


def _row(form: Form, item: Item, kind: str) -> dict[str, str]:
    row = {"type": kind, "name": item.name}
    for column in _TEXTS:
        row.update(_texts(form, column, getattr(item, column)))
    row.update({column: getattr(item, column) for column in _PLAIN if getattr(item, column)})
    if item.count:
        row["repeat_count"] = item.count
    if item.read_only:
        row["read_only"] = "yes"
    if item.scale is not None:
        scale = item.scale
        row["parameters"] = f"start={scale.low} end={scale.high} step={scale.step}"
        if item.choices:
            row["parameters"] += f" tick_labelset={item.choices}"
    if item.informs:
        row["informs"] = " ".join(item.informs)
    return row


def _texts(form: Form, column: str, texts: Texts) -> dict[str, str]:
    return {_heading(column, language.name): texts[language.code] for language in form.languages if texts.get(language.code)}


def _heading(column: str, language: str) -> str:
    return f"{column}::{language}" if language else column


def _settings(form: Form) -> dict[str, str]:
    row = {"form_title": form.say(form.title) or form.id, "form_id": form.id, "version": form.version}
    if any(len({choice.code for choice in each.choices}) < len(each.choices) for each in form.lists):
        row["allow_choice_duplicates"] = "yes"
    if form.languages[0].name:
        row["default_language"] = form.languages[0].name
    if form.kind != "questionnaire":
        row["instrument_kind"] = form.kind
    if form.structure:
        row["interview_structure"] = form.structure
    row.update(_texts(form, "heading", form.title))
    row.update(_texts(form, "notice", form.notice))
    if form.audience:
        row["audience"] = " ".join(form.audience)
    if form.participants:
        taking = form.participants
        row["participants"] = " ".join([str(taking.minimum), str(taking.maximum), *taking.roles])
    if form.source:
        source = form.source
        known = [source.pack, source.pack_version, source.instrument, "ours" if source.ours else "document", *source.clauses]
        row["instrument_source"] = " ".join(known)
    return row
