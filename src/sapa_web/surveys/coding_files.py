"""Files of a coding: the code book and the project as REFI-QDA, a table as CSV.

What coders gave is in a file only after all have finished; coders stand in it by their place, not by name.
"""

from __future__ import annotations

import csv
import io

from django.utils.translation import gettext as _

from sapa.measurement.coding import Assignment
from sapa.measurement.refi import qdc, qdpx
from sapa_web.common.clock import now
from sapa_web.surveys.domain.queries import coding as held_in
from sapa_web.surveys.models import Coding, CodingUnit

_RISKY = ("=", "+", "-", "@", "\t", "\r")


def offered(coding: Coding) -> list[tuple[str, str]]:
    """Kind and words of the files there are now."""
    book = [("qdc", _("Code book (REFI-QDA)"))] if coding.codes else []
    whole = [("qdpx", _("Project (REFI-QDA)")), ("csv", _("Table (CSV)"))]
    return [*book, *(whole if held_in.opened(coding) else [])]


def made(coding: Coding, kind: str) -> tuple[bytes, str]:
    """Content and media type."""
    book = held_in.book_of(coding)
    assert book is not None, "offered where there is a book"
    if kind == "qdc":
        return qdc(book), "application/xml"
    if kind == "csv":
        return _csv(coding), "text/csv; charset=utf-8"
    names = {f"{coding.first_id}": _("First coder"), f"{coding.second_id}": _("Second coder"), "agreed": _("Settled in talk")}
    given = held_in.assignments(coding)
    given += [Assignment(unit=unit, coder="agreed", codes=codes) for unit, codes in held_in.decisions(coding).items()]
    # Identifiers of the project come from its name: two codings of one title stay apart.
    name = f"{coding.title} ({coding.pk})"
    return qdpx(book, held_in.engine_units(coding), given, name=name, now=now(), coders=names), "application/zip"


def _csv(coding: Coding) -> bytes:
    """A line for each text: what each gave, what was settled on, why. UTF-8 with a mark for Excel; codes by their names."""
    names = {item["id"]: item["name"] for item in coding.codes}
    given: dict[str, dict[str, frozenset[str]]] = {}
    for item in held_in.assignments(coding):
        given.setdefault(item.unit, {})[item.coder] = item.codes
    out = io.StringIO()
    writer = csv.writer(out, lineterminator="\r\n")
    writer.writerow(["number", "question", "text", "first", "second", "final", "reason"])
    for unit in CodingUnit.objects.unscoped("of a coding that was found").filter(coding=coding).order_by("number"):
        of = given.get(f"{unit.number}", {})
        told = [of.get(f"{coding.first_id}"), of.get(f"{coding.second_id}")]
        last = frozenset(unit.decided) if unit.decided is not None else (told[0] if len(set(of.values())) == 1 else None)
        cells = [unit.question, unit.text, *(_said(names, codes) for codes in (*told, last)), unit.reason]
        writer.writerow([unit.number, *(f"'{cell}" if cell.startswith(_RISKY) else cell for cell in cells)])
    return b"\xef\xbb\xbf" + out.getvalue().encode()


def _said(names: dict[str, str], codes: frozenset[str] | None) -> str:
    return "" if codes is None else "; ".join(name for key, name in names.items() if key in codes)
