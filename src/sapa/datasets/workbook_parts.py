"""Which part of an xlsx file is which sheet: needed only to put error cells back where the reader shows nothing."""

from __future__ import annotations

import posixpath
import re
import zipfile
from html import unescape
from pathlib import Path

from sapa.datasets.guard import column_number

_SHEET = re.compile(r"<(?:\w+:)?sheet\b([^>]*)>")
_RELATION = re.compile(r"<(?:\w+:)?Relationship\b([^>]*)>")
_ATTRIBUTE = re.compile(r'([\w:]+)="([^"]*)"')
_CELL = re.compile(r"([A-Z]+)(\d+)")


def error_cells(path: Path, sheet: str, found: dict[str, dict[str, str]]) -> dict[int, dict[int, str]]:
    """Error cells of one sheet: ``{row (1 = first): {column (0 = first): "#DIV/0!"}}``."""
    with zipfile.ZipFile(path) as archive:
        workbook = archive.read("xl/workbook.xml").decode("utf-8", "replace")
        relations = archive.read("xl/_rels/workbook.xml.rels").decode("utf-8", "replace")
    targets = {}
    for match in _RELATION.finditer(relations):
        attributes = dict(_ATTRIBUTE.findall(match.group(1)))
        target = attributes.get("Target", "")
        targets[attributes.get("Id", "")] = target.lstrip("/") if target.startswith("/") else posixpath.normpath(f"xl/{target}")
    out: dict[int, dict[int, str]] = {}
    for match in _SHEET.finditer(workbook):
        attributes = dict(_ATTRIBUTE.findall(match.group(1)))
        if unescape(attributes.get("name", "")) == sheet:
            for cell, text in found.get(targets.get(attributes.get("r:id", ""), ""), {}).items():
                place = _CELL.fullmatch(cell)
                if place:
                    out.setdefault(int(place.group(2)), {})[column_number(place.group(1).encode()) - 1] = unescape(text)
    return out
