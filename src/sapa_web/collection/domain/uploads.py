"""A file handed in: read, shown, and only after a person has said so put in the place of the working list."""

from __future__ import annotations

import tempfile
import zipfile
from base64 import b64decode, b64encode
from collections.abc import Iterator
from contextlib import contextmanager
from dataclasses import dataclass
from pathlib import Path
from typing import Any

import pyarrow.compute as pc
from django.conf import settings
from django.db import transaction
from django.utils.translation import gettext as _
from django.utils.translation import ngettext
from python_calamine import CalamineWorkbook

from sapa.datasets import Limits
from sapa.datasets.canonical import written
from sapa.datasets.convert import Mixed, as_text
from sapa.datasets.delimited import DelimitedSource
from sapa.datasets.guard import check_file
from sapa.datasets.header import HeaderMatcher
from sapa.datasets.jsonfile import JsonSource
from sapa.datasets.sources import ParquetSource, SheetSource, Source, Wanted
from sapa.datasets.text import column_letter
from sapa.errors import UserError
from sapa.packs.models_data import Dataset
from sapa_web.collection.domain.checking import Checked, check_draft, check_records
from sapa_web.collection.domain.gate import require_open
from sapa_web.collection.domain.packs import dataset_of
from sapa_web.collection.domain.workbooks import write_filled, write_marked
from sapa_web.collection.domain.working import MOST_ROWS, Row, replace_all
from sapa_web.collection.models import Campaign, Draft, Obligation, Upload
from sapa_web.common.clock import now
from sapa_web.common.crypto import seal, unseal

KINDS: dict[str, Any] = {
    ".xlsx": SheetSource, ".xlsm": SheetSource, ".xls": SheetSource, ".csv": DelimitedSource, ".tsv": DelimitedSource,
    ".txt": DelimitedSource, ".json": JsonSource, ".jsonl": JsonSource, ".parquet": ParquetSource,
}  # fmt: skip
KEPT_SOURCE = 4 * 1024 * 1024
"""Workbooks up to this size are given back as they came; of larger ones the rows only."""


@dataclass(frozen=True)
class ReadFile:
    """Rows as typed, by field; ``places``: the line of each in the file; ``notes``: what a person should know of the reading."""

    rows: list[Row]
    places: list[int]
    sheet: str
    columns: dict[str, str]
    notes: list[str]


def limits() -> Limits:
    """What one institution may hand in at once."""
    return Limits(
        file_bytes=settings.SAPA_UPLOAD_LIMIT, unpacked_bytes=4 * settings.SAPA_UPLOAD_LIMIT, tags=20_000_000,
        cells=5_000_000, rows=MOST_ROWS + 200, columns=1000,
    )  # fmt: skip


def read_file(path: Path, campaign: Campaign, unit: str) -> ReadFile:
    """Read a return's file as it was typed, names included. Raises ``UserError`` where it is no file of this return."""
    check_file(path, limits())
    kind = KINDS.get(path.suffix.lower())
    if kind is None:
        known = ", ".join(sorted(KINDS))
        raise UserError(_("files of the kind '%s' are not read") % path.suffix[:10], todo=_("send one of: %s") % known)
    dataset = dataset_of(campaign.pack, campaign.dataset, campaign.period)
    matcher = HeaderMatcher(_with_unit_or_without(dataset), campaign.period)
    source: Source = kind(path, Wanted(matcher, dataset.source.header_rows, limits(), dataset.source.sheet))
    rows, places = _rows(source)
    _require_own(rows, places, dataset.unit, unit)
    for row in rows:
        row.pop(dataset.unit, None)
    columns = {name: column_letter(index) if source.lettered else "" for name, index in source.header.columns.items()}
    return ReadFile(rows, places, source.sheet, columns, _notes(path, source))


def _with_unit_or_without(dataset: Dataset) -> Dataset:
    """The layout for finding the header: the unit's own identifier may stand in the file and need not."""
    fields = tuple(
        item.model_copy(update={"role": "value", "required": False}) if item.role == "unit" else item for item in dataset.fields
    )
    return dataset.model_copy(update={"fields": fields, "unit": ""})


def _rows(source: Source) -> tuple[list[Row], list[int]]:
    names = {index: name for name, index in source.header.columns.items()}
    rows: list[Row] = []
    places: list[int] = []
    broken: list[int] = []
    for batch in source.batches():
        broken += [number for number, _why in batch.malformed]
        cells = {names[index]: _texts(column) for index, column in batch.columns.items() if index in names}
        for at, number in enumerate(batch.rows.to_pylist()):
            row = {name: text for name, column in cells.items() if (text := column[at])}
            if row:
                rows.append(row)
                places.append(number)
        if len(rows) > MOST_ROWS:
            raise UserError(
                _("the file has more than %d rows") % MOST_ROWS, todo=_("check that it is the file of one institution")
            )
    if broken:
        listed = ", ".join(str(number) for number in broken[:10])
        raise UserError(
            _("these lines of the file are broken: %s") % listed, todo=_("export the file again, or mend the lines in it")
        )
    return rows, places


def _texts(column: Any) -> list[str | None]:
    if isinstance(column, Mixed):
        return list(pc.coalesce(as_text(column.texts), as_text(column.numbers)).to_pylist())
    return list(as_text(column).to_pylist())


def _require_own(rows: list[Row], places: list[int], field: str, unit: str) -> None:
    """Refuse rows that are another institution's (a number may have lost its leading zeros)."""
    strange = [(row[field], at) for row, at in zip(rows, places, strict=True) if field in row and not _same(row[field], unit)]
    if strange:
        others = ", ".join(sorted({value[:40] for value, _at in strange})[:5])
        text = ngettext(
            "%(count)d row is of another institution (%(others)s), the first in line %(line)d",
            "%(count)d rows are of another institution (%(others)s), the first in line %(line)d",
            len(strange),
        ) % {"count": len(strange), "others": others, "line": strange[0][1]}
        raise UserError(text, todo=_("hand in the file of your own institution"))


def _same(value: str, unit: str) -> bool:
    return value.strip() == unit or (value.strip().isdigit() and value.strip().lstrip("0") == unit.lstrip("0"))


def _notes(path: Path, source: Source) -> list[str]:
    out = []
    if unknown := [" ".join(text.split())[:60] for text in source.header.unknown.values() if text.strip()]:
        out.append(_("These columns belong to no field and were passed over: %s") % ", ".join(unknown[:10]))
    if missing := [next(iter(item.title.values())) for item in source.header.missing if item.role != "value"][:10]:
        out.append(_("These columns are not in the file: %s") % ", ".join(missing))
    if path.suffix.lower() in (".xlsx", ".xlsm") and (count := formulas(path)):
        out.append(
            ngettext(
                "%d cell holds a formula: the value your spreadsheet program computed last was taken.",
                "%d cells hold formulas: the values your spreadsheet program computed last were taken.",
                count,
            )
            % count
        )
    return out


def formulas(path: Path) -> int:
    """How many cells of a workbook (already found harmless) hold formulas."""
    count = 0
    with zipfile.ZipFile(path) as parts:
        for name in parts.namelist():
            if name.startswith("xl/worksheets/") and name.endswith(".xml"):
                with parts.open(name) as part:
                    tail = b""
                    while chunk := part.read(1 << 20):
                        text = tail + chunk
                        count += text.count(b"<f>") + text.count(b"<f ") + text.count(b"<f/>")
                        tail = text[-2:] if text[-2:] in (b"<f",) or text[-1:] == b"<" else b""
    return count


def tidy(checked: Checked, rows: list[Row]) -> list[Row]:
    """Rows with the written form of what could be read (``Female`` → ``f``); what can't be read or is protected stays typed."""
    table = checked.reading.table
    fields = {item.id: item for item in checked.dataset.fields}
    plain = [name for name in table.column_names if name in fields and fields[name].protect == "none"]
    texts = {name: written(table[name]).to_pylist() for name in plain}
    return [
        {**row, **{name: texts[name][at] for name in row if name in texts and texts[name][at]}} for at, row in enumerate(rows)
    ]


def hand_in(user: Any, obligation: Obligation, path: Path, name: str) -> Upload:
    """Read and verify a file for a preview; the working list stays as it is. Raises ``UserError`` where it can't be read."""
    require_open(obligation.campaign)
    found = read_file(path, obligation.campaign, obligation.organisation.code)
    if not found.rows:
        raise UserError(_("the file has a heading and no rows"), todo=_("fill it in, or enter the rows in the page"))
    checked = check_records(obligation.campaign, obligation.organisation.code, found.rows)
    workbook = path.suffix.lower() in (".xlsx", ".xlsm") and path.stat().st_size <= KEPT_SOURCE
    content = {
        "rows": tidy(checked, found.rows), "typed": found.rows, "places": found.places, "sheet": found.sheet,
        "columns": found.columns, "notes": found.notes,
    }  # fmt: skip
    with transaction.atomic():
        Upload.objects.filter(obligation=obligation, by=user).delete()
        return Upload.objects.create(
            obligation=obligation, name=name[:200], content=seal(content), findings=seal(_told(checked)),
            source=seal(b64encode(path.read_bytes()).decode()) if workbook else None, rows=len(found.rows), by=user, at=now(),
        )  # fmt: skip


def _told(checked: Checked) -> dict[str, Any]:
    return {"counts": checked.counts}


def content_of(upload: Upload) -> dict[str, Any]:
    """What was read: ``rows``, ``places``, ``notes`` … and ``counts`` of findings by severity."""
    return {**unseal(upload.content), **unseal(upload.findings)}


def recheck(upload: Upload) -> Checked:
    """The findings of a handed-in file, in words of the reader's language."""
    obligation = upload.obligation
    return check_records(obligation.campaign, obligation.organisation.code, unseal(upload.content)["typed"])


def confirm(user: Any, upload: Upload, *, version: int) -> Draft:
    """Put the file's rows in the place of the working list. Raises ``UserError`` where the list has changed since the preview."""
    obligation = upload.obligation
    with transaction.atomic():
        draft = Draft.objects.select_for_update().filter(obligation=obligation).first()
        if (draft.version if draft else 0) != version:
            raise UserError(
                _("the working list was changed after the preview was made"), todo=_("look at what would be replaced once more")
            )
        made = replace_all(user, obligation, content_of(upload)["rows"], channel="upload")
        upload.delete()
    check_draft(obligation)
    return made


@contextmanager
def marked(upload: Upload, lang: str) -> Iterator[Path]:
    """The workbook that was handed in with the cells of findings marked."""
    content = content_of(upload)
    if upload.source is None:
        with marked_rows(upload.obligation, content["typed"], lang) as path:
            yield path
        return
    with tempfile.TemporaryDirectory() as folder:
        source, target = Path(folder) / "source.xlsx", Path(folder) / "marked.xlsx"
        source.write_bytes(b64decode(unseal(upload.source)))
        place = {"sheet": content["sheet"], "columns": content["columns"], "places": content["places"]}
        write_marked(target, recheck(upload), lang, source=source, **place)
        yield target


@contextmanager
def marked_rows(obligation: Obligation, rows: list[Row], lang: str) -> Iterator[Path]:
    """Rows in the pack's workbook with the cells of findings marked."""
    checked = check_records(obligation.campaign, obligation.organisation.code, rows)
    with tempfile.TemporaryDirectory() as folder:
        source, target = Path(folder) / "source.xlsx", Path(folder) / "marked.xlsx"
        columns = write_filled(source, obligation.campaign, rows, lang)
        sheet = str(CalamineWorkbook.from_path(str(source)).sheet_names[0])
        places = list(range(2, len(rows) + 2))
        write_marked(target, checked, lang, source=source, sheet=sheet, columns=columns, places=places)
        yield target
