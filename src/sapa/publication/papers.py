"""An office's papers – note, order, report, minutes – as PDF and DOCX from one frozen model: words, tables, bars, signatures.

All words are the caller's, in the language of the paper. The same paper gives the same bytes.
"""

from __future__ import annotations

from datetime import date
from typing import Any

from docx.enum.text import WD_ALIGN_PARAGRAPH
from docx.oxml import parse_xml
from docx.shared import RGBColor
from pydantic import BaseModel, ConfigDict

from sapa.publication.office import UPRIGHT, table_xml
from sapa.publication.typeset import pdf_of
from sapa.publication.word import ACCENT, SOFT, begun, clean, written

_STYLES: dict[str, tuple[float, str | None]] = {
    "Normal": (11, None), "Title": (18, ACCENT), "Heading 1": (13, ACCENT), "Caption": (9, ACCENT),
}  # fmt: skip


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
    return pdf_of("paper.typ", paper.model_dump(mode="json"), _day(paper))


def paper_docx(paper: Paper) -> bytes:
    """The paper as a Word file that an office goes on writing in."""
    book = begun(title=paper.title, author=paper.issuer, lang=paper.lang, day=_day(paper), styles=_STYLES)
    book.sections[0].footer.paragraphs[0].text = clean(paper.foot)
    _say(book, paper.issuer, align=WD_ALIGN_PARAGRAPH.CENTER, soft=True)
    title = book.add_heading(clean(paper.title), 0)
    title.alignment = WD_ALIGN_PARAGRAPH.CENTER
    for text in (paper.subtitle, *paper.lines):
        if text:
            _say(book, text, align=WD_ALIGN_PARAGRAPH.CENTER)
    for text in paper.words:
        _say(book, text)
    for section in paper.sections:
        book.add_heading(clean(section.heading), 1)
        for text in section.words:
            _say(book, text)
        for table in section.tables:
            _table(book, table.caption, table.heads, table.rows, table.note)
        for bars in section.bars:
            rows = [(name, "█" * round(length * 20) or "▏", told) for name, length, told in bars.rows]
            _table(book, bars.caption, ("", "", ""), rows, bars.note)
    if paper.decisions:
        book.add_heading(clean(paper.decisions_title), 1)
        for number, text in enumerate(paper.decisions, start=1):
            _say(book, f"{number}. {text}")
    for office, name in paper.signatures:
        _say(book, f"{office}  ____________________  {name}")
    if paper.acquainted_heads:
        book.add_heading(clean(paper.acquainted_title), 1)
        _table(book, "", paper.acquainted_heads, paper.acquainted, "")
    return written(book, _day(paper))


def _day(paper: Paper) -> tuple[int, int, int]:
    return paper.dated.year, paper.dated.month, paper.dated.day


def _say(book: Any, text: str, *, align: Any = None, soft: bool = False) -> None:
    paragraph = book.add_paragraph()
    run = paragraph.add_run(clean(text))
    paragraph.alignment = align
    if soft:
        run.font.color.rgb = RGBColor.from_string(SOFT)


def _table(book: Any, caption: str, heads: tuple[str, ...], rows: Any, note: str) -> None:
    if caption:
        book.add_paragraph(clean(caption), style="Caption")
    named = [[(head, 1) for head in heads]]
    xml = table_xml(named, rows, [False] * len(rows), len(heads) - 1, UPRIGHT, caption)
    body = book.element.body
    body.insert(len(body) - 1, parse_xml(xml))
    _say(book, note, soft=True)


__all__ = ["Bars", "Paper", "PaperSection", "PaperTable", "paper_docx", "paper_pdf"]
