"""What every Word file of ours shares: its set-up, words without what XML can't hold, the date that every part of it bears."""

from __future__ import annotations

import io
import re
import zipfile
from collections.abc import Mapping, Sequence
from datetime import datetime
from typing import Any

import docx
from docx.oxml.ns import qn
from docx.shared import Cm, Pt, RGBColor

FONT = "Noto Sans"
ACCENT, SOFT, RULE = "17506B", "55616A", "B8C2C9"
MEDIA = "application/vnd.openxmlformats-officedocument.wordprocessingml.document"
"""The media type of a Word file."""
REGIONS = {"en": "en-GB", "ru": "ru-RU", "kk": "kk-KZ", "uk": "uk-UA", "be": "be-BY"}
"""Language of the document as Office names it: it decides spelling and hyphenation."""
Day = Sequence[int]
"""Year, month, day."""
_CONTROL = re.compile(r"[\x00-\x08\x0b\x0c\x0e-\x1f\ufffe\uffff]")


def clean(text: object) -> str:
    """The words without control characters, which XML can't hold: somebody may have pasted one."""
    return _CONTROL.sub("", str(text))


def begun(*, title: str, author: str, lang: str, day: Day, styles: Mapping[str, tuple[float, str | None]]) -> Any:
    """A new document on upright A4, in our font, proofread in its language. ``styles``: points and colour by name."""
    book = docx.Document()
    core = book.core_properties
    core.title, core.author, core.language = clean(title), clean(author), lang
    core.subject = core.keywords = core.comments = core.last_modified_by = ""
    core.created = core.modified = core.last_printed = datetime(day[0], day[1], day[2])  # noqa: DTZ001 (a calendar date)
    core.revision = 1
    for element in book.styles.element.iter(qn("w:lang")):
        element.set(qn("w:val"), REGIONS[lang])
    for name, (points, colour) in styles.items():
        _set(book.styles[name], points, colour)
    section = book.sections[0]
    section.page_width, section.page_height = Cm(21), Cm(29.7)
    section.left_margin = section.right_margin = Cm(2.5)
    return book


def _set(style: Any, points: float, colour: str | None) -> None:
    style.font.name, style.font.size, style.font.italic = FONT, Pt(points), False
    fonts = style.element.get_or_add_rPr().get_or_add_rFonts()
    for key in ("w:ascii", "w:hAnsi", "w:eastAsia", "w:cs"):
        fonts.set(qn(key), FONT)
    for key in ("w:asciiTheme", "w:hAnsiTheme", "w:eastAsiaTheme", "w:cstheme"):
        fonts.attrib.pop(qn(key), None)
    if colour:
        style.font.color.rgb = RGBColor.from_string(colour)


def written(book: Any, day: Day) -> bytes:
    """The file. The same document gives the same bytes: every part bears the day of the document, not the moment of writing."""
    made, out = io.BytesIO(), io.BytesIO()
    book.save(made)
    with zipfile.ZipFile(made) as old, zipfile.ZipFile(out, "w", zipfile.ZIP_DEFLATED, compresslevel=6) as new:
        for name in old.namelist():
            info = zipfile.ZipInfo(name, (day[0], day[1], day[2], 0, 0, 0))
            info.compress_type = zipfile.ZIP_DEFLATED
            info.create_system = 3
            new.writestr(info, old.read(name))
    return out.getvalue()
