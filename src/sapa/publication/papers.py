"""An office's papers – note, order, report, minutes – as PDF and DOCX from one frozen model: words, tables, bars, signatures.

All words are the caller's, in the language of the paper. The same paper gives the same bytes.
"""

from __future__ import annotations

import io
import json
import tempfile
from datetime import UTC, date, datetime
from importlib import resources
from pathlib import Path
from typing import Any

import docx
import typst
from docx.enum.text import WD_ALIGN_PARAGRAPH
from docx.oxml import parse_xml
from docx.oxml.ns import qn
from docx.shared import Cm, Pt, RGBColor
from pydantic import BaseModel, ConfigDict

from sapa.errors import EngineError
from sapa.publication.office import ACCENT, FONT, REGIONS, SOFT, UPRIGHT, dated, table_xml
from sapa.publication.render import fonts
from sapa.publication.typeset import STANDARD


class _Part(BaseModel):
    model_config = ConfigDict(frozen=True, extra="forbid")


class PaperTable(_Part):
    """A table: the first column holds names, the others are figures already written in the paper's language."""

    caption: str
    heads: tuple[str, ...]
    rows: tuple[tuple[str, ...], ...]
    note: str = ""


class Bars(_Part):
    """Horizontal bars: name, length from 0 to 1, the figure in words. Read aloud they are a list of figures."""

    caption: str
    rows: tuple[tuple[str, float, str], ...]
    note: str = ""


class PaperSection(_Part):
    """A heading with what stands under it, in this order: words, tables, bars."""

    heading: str
    words: tuple[str, ...] = ()
    tables: tuple[PaperTable, ...] = ()
    bars: tuple[Bars, ...] = ()


class Paper(_Part):
    """One paper. ``lines`` stand under the title: number and day, place, what it is an annex to."""

    lang: str
    issuer: str
    title: str
    subtitle: str = ""
    dated: date
    lines: tuple[str, ...] = ()
    words: tuple[str, ...] = ()
    sections: tuple[PaperSection, ...] = ()
    decisions: tuple[str, ...] = ()
    decisions_title: str = ""
    signatures: tuple[tuple[str, str], ...] = ()
    acquainted_title: str = ""
    acquainted_heads: tuple[str, ...] = ()
    acquainted: tuple[tuple[str, ...], ...] = ()
    foot: str = ""
    page_word: str = ""


def paper_pdf(paper: Paper) -> bytes:
    """The paper as tagged PDF (PDF/UA-1)."""
    template = resources.files("sapa.publication") / "paper.typ"
    day = datetime(paper.dated.year, paper.dated.month, paper.dated.day, tzinfo=UTC)
    with tempfile.TemporaryDirectory() as place:
        folder = Path(place)
        (folder / "main.typ").write_text(template.read_text("utf-8"), "utf-8")
        (folder / "content.json").write_text(json.dumps(paper.model_dump(mode="json"), ensure_ascii=False), "utf-8")
        try:
            made: bytes = typst.compile(
                str(folder / "main.typ"), root=str(folder), font_paths=[str(fonts())], ignore_system_fonts=True,
                pdf_standards=STANDARD, timestamp=int(day.timestamp()),
            )  # fmt: skip
        except typst.TypstError as error:
            raise EngineError(f"the paper can't be typeset: {error.message}", todo="report it") from error
    return made


def paper_docx(paper: Paper) -> bytes:
    """The paper as a Word file that an office goes on writing in."""
    book = docx.Document()
    _style(book, paper)
    _say(book, paper.issuer, align=WD_ALIGN_PARAGRAPH.CENTER, soft=True)
    title = book.add_heading(paper.title, 0)
    title.alignment = WD_ALIGN_PARAGRAPH.CENTER
    for text in (paper.subtitle, *paper.lines):
        if text:
            _say(book, text, align=WD_ALIGN_PARAGRAPH.CENTER)
    for text in paper.words:
        _say(book, text)
    for section in paper.sections:
        book.add_heading(section.heading, 1)
        for text in section.words:
            _say(book, text)
        for table in section.tables:
            _table(book, table.caption, table.heads, table.rows, table.note)
        for bars in section.bars:
            rows = [(name, "█" * round(length * 20) or "▏", told) for name, length, told in bars.rows]
            _table(book, bars.caption, ("", "", ""), rows, bars.note)
    if paper.decisions:
        book.add_heading(paper.decisions_title, 1)
        for number, text in enumerate(paper.decisions, start=1):
            _say(book, f"{number}. {text}")
    for office, name in paper.signatures:
        _say(book, f"{office}  ____________________  {name}")
    if paper.acquainted_heads:
        book.add_heading(paper.acquainted_title, 1)
        _table(book, "", paper.acquainted_heads, paper.acquainted, "")
    made = io.BytesIO()
    book.save(made)
    return dated(made.getvalue(), (paper.dated.year, paper.dated.month, paper.dated.day))


def _style(book: Any, paper: Paper) -> None:
    core, day = book.core_properties, datetime(paper.dated.year, paper.dated.month, paper.dated.day)  # noqa: DTZ001 (a day)
    core.title, core.author, core.language, core.comments = paper.title, paper.issuer, paper.lang, ""
    core.created = core.modified = core.last_printed = day
    core.last_modified_by, core.revision = "", 1
    for element in book.styles.element.iter(qn("w:lang")):
        element.set(qn("w:val"), REGIONS.get(paper.lang, paper.lang))
    for name, points, colour in (("Normal", 11, None), ("Title", 18, ACCENT), ("Heading 1", 13, ACCENT), ("Caption", 9, ACCENT)):
        style = book.styles[name]
        style.font.name, style.font.size, style.font.italic = FONT, Pt(points), False
        kinds = style.element.get_or_add_rPr().get_or_add_rFonts()
        for key in ("w:ascii", "w:hAnsi", "w:eastAsia", "w:cs"):
            kinds.set(qn(key), FONT)
        for key in ("w:asciiTheme", "w:hAnsiTheme", "w:eastAsiaTheme", "w:cstheme"):
            kinds.attrib.pop(qn(key), None)
        if colour:
            style.font.color.rgb = RGBColor.from_string(colour)
    section = book.sections[0]
    section.page_width, section.page_height = Cm(21), Cm(29.7)
    section.left_margin = section.right_margin = Cm(2.5)
    section.footer.paragraphs[0].text = paper.foot


def _say(book: Any, text: str, *, align: Any = None, soft: bool = False) -> None:
    paragraph = book.add_paragraph()
    run = paragraph.add_run(text)
    paragraph.alignment = align
    if soft:
        run.font.color.rgb = RGBColor.from_string(SOFT)


def _table(book: Any, caption: str, heads: tuple[str, ...], rows: Any, note: str) -> None:
    if caption:
        book.add_paragraph(caption, style="Caption")
    named = [[(head, 1) for head in heads]]
    xml = table_xml(named, rows, [False] * len(rows), len(heads) - 1, UPRIGHT, caption)
    body = book.element.body
    body.insert(len(body) - 1, parse_xml(xml))
    _say(book, note, soft=True)


__all__ = ["Bars", "Paper", "PaperSection", "PaperTable", "paper_docx", "paper_pdf"]
