"""Coded answers as a REFI-QDA project (``.qdpx``), which programs of qualitative analysis open, and code books (``.qdc``).

QDA-XML version 1.0 of 18 March 2019 (Rotterdam Exchange Format Initiative, Project.xsd and Codebook.xsd; description: REFI-QDA
Standard 1.5). The archive holds ``project.qde`` and the texts in ``Sources``, plain text in UTF-8 with line feeds. Positions
count Unicode characters from 0, the end is the place after the last one.
"""

from __future__ import annotations

import io
import uuid
import zipfile
from collections.abc import Iterable, Mapping, Sequence
from datetime import UTC, datetime
from typing import Any
from xml.etree import ElementTree as ET

from sapa.errors import UserError
from sapa.measurement.coding import Assignment, Code, CodeBook, Unit

PROJECT, CODEBOOK = "urn:QDA-XML:project:1.0", "urn:QDA-XML:codebook:1.0"
ORIGIN = "Sapa"
_SPACE = uuid.UUID("6f0f7c1e-2a5b-5c39-9d53-52b1a7e2c6d4")
"""Under which identifiers are made: the same project has the same ones each time it is exported."""


def qdpx(
    book: CodeBook,
    units: Sequence[Unit],
    assignments: Iterable[Assignment],
    *,
    name: str,
    now: datetime,
    coders: Mapping[str, str] | None = None,
) -> bytes:
    """The project as an archive. ``coders``: the name of each coder, as it may be shown (a role is enough).

    Every unit is a source of its own with its whole text as one selection, coded by each coder; so double coding arrives as such.
    Raises ``UserError`` for assignments to unknown units or codes.
    """
    book.check()
    given = list(assignments)
    _known(book, units, given)
    users = sorted({item.coder for item in given})
    moment = now.astimezone(UTC).strftime("%Y-%m-%dT%H:%M:%SZ")
    root = ET.Element("Project", {"xmlns": PROJECT, "name": name, "origin": ORIGIN, "creationDateTime": moment})
    if users:
        listed = ET.SubElement(root, "Users")
        for user in users:
            ET.SubElement(listed, "User", {"guid": _guid(name, "user", user), "name": (coders or {}).get(user, user)})
    codes = ET.SubElement(ET.SubElement(root, "CodeBook"), "Codes")
    _codes(codes, book, name, "")
    files = {}
    of_unit: dict[str, list[Assignment]] = {}
    for item in given:
        of_unit.setdefault(item.unit, []).append(item)
    if units:
        sources = ET.SubElement(root, "Sources")
        for number, unit in enumerate(units, 1):
            text = _text(unit)
            file = f"{_guid(name, 'file', unit.id)}.txt"
            files[f"Sources/{file}"] = text
            label = f"{unit.source} {number}".strip()
            source = ET.SubElement(
                sources,
                "TextSource",
                {"guid": _guid(name, "source", unit.id), "name": label, "plainTextPath": f"internal://{file}"},
            )
            _selection(source, unit, text, of_unit.get(unit.id, []), name, moment)
    return _archive(root, files)


def qdc(book: CodeBook) -> bytes:
    """The code book alone (``.qdc``)."""
    book.check()
    root = ET.Element("CodeBook", {"xmlns": CODEBOOK, "origin": ORIGIN})
    _codes(ET.SubElement(root, "Codes"), book, book.say(book.title), "")
    return _xml(root)


def _known(book: CodeBook, units: Sequence[Unit], given: Sequence[Assignment]) -> None:
    ids, codes = {unit.id for unit in units}, {code.id for code in book.codes if code.codable}
    if len(ids) != len(units):
        raise UserError("two units have the same id", todo="give each unit an id of its own")
    for item in given:
        if item.unit not in ids or not item.codes <= codes:
            raise UserError(
                f"{item.coder} coded {item.unit} with what the project does not have", todo="export units and codes too"
            )


def _codes(parent: Any, book: CodeBook, name: str, above: str) -> None:
    for code in book.codes:
        if code.parent == above:
            _codes(_code(parent, book, code, name), book, name, code.id)


def _code(parent: Any, book: CodeBook, code: Code, name: str) -> Any:
    attributes = {
        "guid": _guid(name, "code", code.id),
        "name": book.say(code.name),
        "isCodable": "true" if code.codable else "false",
    }
    if code.colour:
        attributes["color"] = code.colour
    element = ET.SubElement(parent, "Code", attributes)
    told = [book.say(texts) for texts in (code.definition, code.example) if texts]
    if told:
        ET.SubElement(element, "Description").text = _carried("\n\n".join(told))
    return element


def _selection(source: Any, unit: Unit, text: str, given: Sequence[Assignment], name: str, moment: str) -> None:
    if not any(item.codes for item in given):
        return
    start = {"startPosition": "0", "endPosition": str(len(text))}
    selection = ET.SubElement(
        source, "PlainTextSelection", {"guid": _guid(name, "selection", unit.id), "name": text[:60].strip(), **start}
    )
    for item in sorted(given, key=lambda one: one.coder):
        for code in sorted(item.codes):
            made = {"creatingUser": _guid(name, "user", item.coder), "creationDateTime": moment}
            coding = ET.SubElement(selection, "Coding", {"guid": _guid(name, "coding", unit.id, item.coder, code), **made})
            ET.SubElement(coding, "CodeRef", {"targetGUID": _guid(name, "code", code)})


def _text(unit: Unit) -> str:
    return _carried(unit.text)


def _carried(text: str) -> str:
    """Line feeds only, and none of the control characters XML can't carry."""
    plain = text.replace("\r\n", "\n").replace("\r", "\n")
    return "".join(char for char in plain if char >= " " or char in "\t\n")


def _guid(*parts: str) -> str:
    return str(uuid.uuid5(_SPACE, "\x1f".join(parts)))


def _xml(root: Any) -> bytes:
    return bytes(ET.tostring(root, encoding="utf-8", xml_declaration=True))


def _archive(root: Any, files: Mapping[str, str]) -> bytes:
    out = io.BytesIO()
    with zipfile.ZipFile(out, "w", zipfile.ZIP_DEFLATED) as archive:
        for path, data in (("project.qde", _xml(root)), *((path, text.encode()) for path, text in files.items())):
            archive.writestr(zipfile.ZipInfo(path, (1980, 1, 1, 0, 0, 0)), data, zipfile.ZIP_DEFLATED)
    return out.getvalue()
