"""What the XLSForm library is asked for, and nothing else of it is known elsewhere: a workbook parsed into nested mappings.

pyxform reads ``.xls``, ``.xlsx`` and ``.xlsm``, knows the many spellings of headings and types, and checks the structure. Two of
its habits are undone here: it does not say which row an item came from, and it turns typographic quotes (an apostrophe inside a
word among them) into typewriter ones.
"""

from __future__ import annotations

import re
import zipfile
from dataclasses import dataclass
from pathlib import Path
from typing import Any

from pyxform.errors import PyXFormError  # type: ignore[import-untyped]
from pyxform.xls2json import workbook_to_json  # type: ignore[import-untyped]
from pyxform.xls2json_backends import DefinitionData, get_xlsform  # type: ignore[import-untyped]

from sapa.datasets.guard import Limits, check_file
from sapa.errors import RefusedError

LIMITS = Limits(file_bytes=10 << 20, unpacked_bytes=100 << 20)
ROW = "sapa_row"
_OLE = bytes.fromhex("d0cf11e0a1b11ae1")
_ROW_NAMED = re.compile(r"\[row : (\d+)\]\s*")
_QUOTES = {"\u2018": "\ue018", "\u2019": "\ue019", "\u201c": "\ue01c", "\u201d": "\ue01d"}
_KEEP = str.maketrans(_QUOTES)
_GIVE_BACK = str.maketrans({kept: quote for quote, kept in _QUOTES.items()})
_WORDS = re.compile(r"(label|hint|message|msg|caption|notice|heading|title)", re.IGNORECASE)


@dataclass(frozen=True)
class Reason:
    """Why a workbook, or a row of it, is not taken: ``row`` as a spreadsheet counts, 0 for the sheet as a whole."""

    sheet: str
    row: int
    message: str

    def as_text(self) -> str:
        """``sheet survey, row 12: …``."""
        place = f"sheet {self.sheet}, row {self.row}" if self.row else f"sheet {self.sheet}" if self.sheet else "the workbook"
        return f"{place}: {self.message}"


class WorkbookRefusedError(RefusedError):
    """A workbook that does not come in, with every reason found."""

    def __init__(self, name: str, reasons: list[Reason]) -> None:
        self.reasons = tuple(reasons)
        said = "; ".join(reason.as_text() for reason in reasons)
        super().__init__(f"{name} can't be taken as it stands: {said}", todo="mend these rows, or bring it in without them")


@dataclass(frozen=True)
class Parsed:
    """A workbook as nested mappings; every item of the survey that stands in a row of its own says which under ``ROW``."""

    survey: dict[str, Any]
    rows: dict[int, dict[str, str]]
    listed: dict[tuple[str, str], int]
    """Row of each choice, by list and code."""
    remarks: tuple[str, ...]


def parse_workbook(path: Path) -> Parsed:
    """Read a workbook; raises ``WorkbookRefusedError`` with the reason, or ``UserError`` where it is no such file."""
    check_file(path, LIMITS)
    if path.suffix.lower() not in (".xls", ".xlsx", ".xlsm"):
        raise WorkbookRefusedError(path.name, [Reason("", 0, "only .xlsx, .xlsm and .xls workbooks are read")])
    if path.suffix.lower() != ".xls":
        _fits(path)
    elif path.read_bytes()[:8] != _OLE:
        raise WorkbookRefusedError(path.name, [Reason("", 0, "it is no workbook, or it is damaged")])
    warnings: list[str] = []
    try:
        book = get_xlsform(xlsform=str(path))
        rows = {at: dict(row) for at, row in enumerate(book.survey or (), 2)}
        listed = _numbered(book)
        survey = workbook_to_json(workbook_dict=book, fallback_form_name=path.stem, warnings=warnings)
    except PyXFormError as error:
        raise WorkbookRefusedError(path.name, [_reason(error)]) from error
    except (ValueError, KeyError, TypeError, AttributeError, IndexError, zipfile.BadZipFile, OSError) as error:
        raise WorkbookRefusedError(path.name, [Reason("", 0, f"it can't be read ({type(error).__name__})")]) from error
    return Parsed(_restored(survey), rows, listed, tuple(_ROW_NAMED.sub(r"row \1: ", each) for each in warnings))


def _fits(path: Path) -> None:
    try:
        with zipfile.ZipFile(path) as archive:
            size = sum(part.file_size for part in archive.infolist())
    except zipfile.BadZipFile as error:
        raise WorkbookRefusedError(path.name, [Reason("", 0, "it is no workbook, or it is damaged")]) from error
    if size > LIMITS.unpacked_bytes:
        raise WorkbookRefusedError(path.name, [Reason("", 0, "unpacked it is larger than 100 MiB")])


def _numbered(book: DefinitionData) -> dict[tuple[str, str], int]:
    """Give each row of the survey its number, keep quotes from harm; the rows of the choices by list and code."""
    listed: dict[tuple[str, str], int] = {}
    for sheet in (book.survey, book.choices, book.settings):
        for row in sheet or ():
            for heading, value in row.items():
                if isinstance(value, str) and _WORDS.search(heading):
                    row[heading] = value.translate(_KEEP)
    for at, row in enumerate(book.survey or (), 2):
        if row:
            row[ROW] = str(at)
    if book.survey_header:
        book.survey_header[0][ROW] = None
    for at, row in enumerate(book.choices or (), 2):
        columns = {"_".join(heading.split()).lower(): value for heading, value in row.items()}
        listed.setdefault((columns.get("list_name", ""), columns.get("name", columns.get("value", ""))), at)
    return listed


def _reason(error: PyXFormError) -> Reason:
    text = str(error)
    context = getattr(error, "context", None) or {}
    match = _ROW_NAMED.search(text) or re.search(r"\brow (\d+)\b", text)
    row = int(context.get("row") or (match.group(1) if match else 0))
    named = re.search(r"'(survey|choices|settings)' sheet", text)
    sheet = str(context.get("sheet") or (named.group(1) if named else "survey"))
    return Reason(sheet, row, _ROW_NAMED.sub("", text).strip())


def _restored(value: Any) -> Any:
    if isinstance(value, str):
        return value.translate(_GIVE_BACK)
    if isinstance(value, list):
        return [_restored(each) for each in value]
    if isinstance(value, dict):
        return {key: _restored(each) for key, each in value.items()}
    return value
