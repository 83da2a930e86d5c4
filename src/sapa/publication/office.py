"""A document as a Word file that an office goes on writing in: real headings, captions, repeated heads, texts of charts."""

from __future__ import annotations

from collections.abc import Iterable, Mapping, Sequence
from pathlib import Path
from typing import Any
from xml.sax.saxutils import escape

from docx.enum.section import WD_ORIENT, WD_SECTION
from docx.oxml import OxmlElement, parse_xml
from docx.oxml.ns import nsdecls, qn
from docx.shared import Cm, Pt, RGBColor

from sapa.publication.files import write_whole
from sapa.publication.word import ACCENT, RULE, SOFT, begun, clean, written

UPRIGHT, TURNED = 16.0, 24.7
"""Centimetres of text on an upright and on a turned A4 page."""
_STYLES: dict[str, tuple[float, str | None]] = {
    "Normal": (10, None), "Title": (28, ACCENT), "Subtitle": (14, SOFT), "Caption": (9, ACCENT),
    "Heading 1": (20, ACCENT), "Heading 2": (13, "1F2428"), "Heading 3": (10.5, "1F2428"),
}  # fmt: skip


def write_office(content: Mapping[str, Any], charts: Path, out: Path) -> Path:
    """Write the document as DOCX to ``out``; ``charts`` is the folder of its drawings. The same content gives the same bytes."""
    writer = _Writer(content, charts)
    writer.write()
    return write_whole(out, written(writer.book, content["date"]))


def _x(text: object) -> str:
    return escape(clean(text))


class _Writer:
    def __init__(self, content: Mapping[str, Any], charts: Path) -> None:
        self.d, self.s, self.charts = content, content["s"], charts
        title = f"{content['title']}, {content['period']}"
        self.book = begun(title=title, author=content["issuer"], lang=content["lang"], day=content["date"], styles=_STYLES)
        self.turned = False
        self.drawings = 0

    def write(self) -> None:
        self._set_up()
        self._opening()
        self._how_to_read()
        for chapter in self.d["chapters"]:
            self._chapter(chapter)
        self._turn(False)
        self._methods()
        self._quality()
        self._verification()

    # the file

    def _set_up(self) -> None:
        d, book = self.d, self.book
        book.core_properties.comments, book.core_properties.subject = clean(d["root"]), clean(d["subtitle"])
        styles = book.styles
        styles["Normal"].paragraph_format.space_after = Pt(6)
        styles["Caption"].paragraph_format.keep_with_next = True
        section = book.sections[0]
        section.top_margin = section.bottom_margin = Cm(2.3)
        section.header.paragraphs[0].text = clean(f"{d['title']}, {d['period']}")
        foot = section.footer.paragraphs[0]
        page_word = self.s["page_n"]
        foot.text = clean(f"{d['source']}   {d['as_of']} · {d['root']}   {page_word} ")
        self._field(foot, "PAGE")

    @staticmethod
    def _field(paragraph: Any, instruction: str) -> None:
        for kind, text in (("begin", ""), ("", instruction), ("end", "")):
            run = paragraph.add_run()
            if kind:
                mark = OxmlElement("w:fldChar")
                mark.set(qn("w:fldCharType"), kind)
            else:
                mark = OxmlElement("w:instrText")
                mark.text = text
            run._r.append(mark)

    def _turn(self, turned: bool) -> None:
        """Wide tables lie on turned pages; a run of them shares a section."""
        if turned == self.turned:
            return
        section = self.book.add_section(WD_SECTION.NEW_PAGE)
        section.orientation = WD_ORIENT.LANDSCAPE if turned else WD_ORIENT.PORTRAIT
        section.page_width, section.page_height = (Cm(29.7), Cm(21)) if turned else (Cm(21), Cm(29.7))
        self.turned = turned

    # parts

    def _heading(self, text: str, level: int) -> None:
        self.book.add_heading(clean(text), level)

    def _paragraph(self, style: str | None) -> Any:
        """An empty paragraph of a style, named by its id: the library looks a name up in all styles each time."""
        paragraph = self.book.add_paragraph()
        if style:
            paragraph._p.get_or_add_pPr().get_or_add_pStyle().val = style
        return paragraph

    def _say(self, text: str, style: str | None = None, *, soft: bool = False, bold: bool = False) -> Any:
        paragraph = self._paragraph(style)
        run = paragraph.add_run(clean(text))
        run.bold = bold or None
        if soft:
            run.font.size, run.font.color.rgb = Pt(8), RGBColor.from_string(SOFT)
        return paragraph

    def _opening(self) -> None:
        d = self.d
        self._say(d["issuer"], soft=True)
        self.book.add_heading(clean(d["title"]), 0)
        if d["subtitle"]:
            self._say(d["subtitle"], "Subtitle")
        self._say(d["period"], bold=True)
        if d["provisional"]:
            self._say(self.s["provisional_document"])
        for text in (d["borrowed"], *d["notices"], d["untranslated"], d["period_note"]):
            if text:
                self._say(text)
        for text in (d["owner"], d["as_of"], d["published"], d["due"], d["root"]):
            if text:
                self._say(text, soft=True)

    def _how_to_read(self) -> None:
        s = self.s
        self._heading(s["how_to_read"], 1)
        self._say(s["how_text"])
        self._heading(s["how_period"], 2)
        self._say(s["how_as_of"])
        self._heading(s["symbols"], 2)
        for sign, meaning in self.d["symbols"]:
            self._say(f"{sign}  {meaning}")

    def _chapter(self, chapter: Mapping[str, Any]) -> None:
        self._turn(False)
        self._heading(f"{chapter['number']}. {chapter['title']}", 1)
        if chapter["approved"]:
            self._heading(self.s["approved_title"], 2)
            for part in chapter["approved"]:
                self._say(part)
        if chapter["reading"]:
            self._reading(chapter)
        if not chapter["items"]:
            self._say(self.s["no_figures"], soft=True)
        for item in chapter["items"]:
            if item["kind"] == "chart":
                self._chart(item)
            else:
                self._table(item)

    def _reading(self, chapter: Mapping[str, Any]) -> None:
        self._heading(self.s["reading_title"], 2)
        mark = self._say(self.s["generated_mark"], bold=True)
        self._frame(mark)
        for told in chapter["reading"]:
            paragraph = self._paragraph("ListBullet")
            paragraph.add_run(clean(told["title"]) + ": ").bold = True
            paragraph.add_run(clean(told["text"]))
            self._frame(paragraph)
        for text in (chapter["certainty"], self.s["reading_generated"]):
            if text:
                self._frame(self._say(text, soft=True))

    @staticmethod
    def _frame(paragraph: Any) -> None:
        """A dashed line beside a paragraph that no person has approved."""
        line = f'<w:left w:val="dashed" w:sz="12" w:space="8" w:color="{ACCENT}"/>'
        paragraph._p.get_or_add_pPr().append(parse_xml(f"<w:pBdr {nsdecls('w')}>{line}</w:pBdr>"))

    def _chart(self, item: Mapping[str, Any]) -> None:
        self._turn(False)
        self._say(f"{item['label']}. {item['title']}", "Caption")
        if item["empty"]:
            self._say(self.s["no_chart"], soft=True)
            return
        png = self.charts / (Path(item["file"]).stem + ".png")
        paragraph = self.book.add_paragraph()
        picture = paragraph.add_run().add_picture(str(png), width=Cm(UPRIGHT))
        self.drawings += 1
        told = picture._inline.docPr
        told.set("descr", clean(item["alt"]))
        told.set("title", clean(item["title"]))
        told.set("id", str(self.drawings))
        told.set("name", f"chart {item['number']}")

    def _table(self, item: Mapping[str, Any]) -> None:
        self._turn(item["wide"])
        label = ", ".join(part for part in (item["label"], item["more"]) if part)
        title = ". ".join(part for part in (label, item["title"], item["subtitle"]) if part)
        self._say(title, "Caption")
        if item["empty"]:
            self._say(self.s["no_table"], soft=True)
            return
        width = TURNED if item["wide"] else UPRIGHT
        heads = _heads(item)
        rows = [[row["title"], *row["cells"]] for row in item["rows"]]
        bold = [row["total"] for row in item["rows"]]
        self._append(table_xml(heads, rows, bold, len(item["columns"]), width, f"{label}. {item['title']}"))
        for note in item["notes"]:
            self._say(note, soft=True)
        self._gap()

    def _gap(self) -> None:
        self.book.add_paragraph().paragraph_format.space_after = Pt(2)

    def _append(self, xml: str) -> None:
        body = self.book.element.body
        body.insert(len(body) - 1, parse_xml(xml))

    def _plain(self, caption: str, heads: Sequence[str], rows: Sequence[Sequence[str]]) -> None:
        self._say(caption, "Caption")
        xml = table_xml([[(head, 1) for head in heads]], rows, [False] * len(rows), len(heads) - 1, UPRIGHT, caption)
        self._append(xml)
        self._gap()

    def _methods(self) -> None:
        s = self.s
        self._heading(s["methods"], 1)
        self._say(s["methods_text"])
        for theme in self.d["methods"]:
            self._heading(theme["title"], 2)
            for item in theme["indicators"]:
                self._heading(f"{item['title']} ({item['id']})", 3)
                self._say(" · ".join(item["about"]), soft=True)
                pairs = [(s["m_formula"], item["formula"]), (s["m_where"], item["where"]), (s["m_note"], item["note"])]
                pairs += [(s["m_clause"], f"{place}: {words}") for place, words in item["clauses"]]
                for name, value in pairs:
                    if value:
                        self._say(f"{name}: {value}")

    def _quality(self) -> None:
        s, quality = self.s, self.d["quality"]
        self._heading(s["quality"], 1)
        self._say(s["quality_text"])
        for name, rows in ((s["q_rows"], quality["rows"]), (s["q_returns"], quality["returns"])):
            if rows:
                self._plain(name, (name, s["q_number"], s["q_share"]), rows)
        self._heading(s["q_findings"], 2)
        if not quality["findings"]:
            self._say(s["q_none"])
        for group in quality["findings"]:
            self._plain(f"{group['title']}: {group['count']}", (s["q_found"], s["q_rule"], s["q_count"]), group["rules"])
        for title, units in ((s["q_late"], quality["late"]), (s["q_missing"], quality["missing"])):
            if units:
                self._heading(title, 2)
                self._say("; ".join(units))

    def _verification(self) -> None:
        s, v = self.s, self.d["verification"]
        self._heading(s["verification"], 1)
        self._say(s["v_text"])
        self._say(f"{s['v_root']}: {' '.join(v['root'])}")
        for name, value in v["facts"]:
            self._say(f"{name}: {value}")
        self._heading(s["v_how"], 2)
        self._say(s["v_how_text"])
        for line in v["commands"]:
            self._say(line)
        if v["packs"]:
            self._plain(s["v_packs"], (s["v_pack"], s["v_version"], s["v_digest"]), v["packs"])
        self._say(v["licence"], soft=True)


def _heads(item: Mapping[str, Any]) -> list[list[tuple[str, int]]]:
    """Rows of the head as (text, columns it spans); the heading of the stub stands in the last."""
    columns = [(item["heading"], 1), *((f"{name}, {unit}" if unit else name, 1) for name, unit in item["columns"])]
    return [[("", 1), *((name, span) for name, span in item["groups"])], columns] if item["groups"] else [columns]


def table_xml(
    heads: Sequence[Sequence[tuple[str, int]]],
    rows: Iterable[Sequence[str]],
    bold: Sequence[bool],
    columns: int,
    width: float,
    description: str,
) -> str:
    """A table as WordprocessingML: heads repeat on every page, no row breaks, the first column holds the names.

    Written as text: the library's own cells take a hundred times as long. ``width`` is in centimetres.
    """
    total = round(width * 567)
    stub = max(round(total * 0.28), total - columns * 1300) if columns else total
    stub = min(stub, round(total * 0.62))
    each = (total - stub) // columns if columns else 0
    small = 13 if columns > 11 else 15 if columns > 6 else 17
    widths = [stub, *[each] * columns]
    grid = "".join(f'<w:gridCol w:w="{part}"/>' for part in widths)
    lines = [
        f'<w:tbl {nsdecls("w")}><w:tblPr><w:tblW w:w="{total}" w:type="dxa"/><w:tblLayout w:type="fixed"/>'
        f'<w:tblCellMar><w:left w:w="60" w:type="dxa"/><w:right w:w="60" w:type="dxa"/></w:tblCellMar>'
        '<w:tblLook w:val="0620" w:firstRow="1" w:lastRow="0" w:firstColumn="1" w:lastColumn="0" w:noHBand="1" w:noVBand="1"/>'
        f'<w:tblCaption w:val="{_attribute(description)}"/></w:tblPr><w:tblGrid>{grid}</w:tblGrid>'
    ]
    for number, head in enumerate(heads):
        edge = _edges(top=12 if number == 0 else 0, bottom=6 if number == len(heads) - 1 else 0)
        at, cells = 0, []
        for text, span in head:
            cells.append(_cell(text, sum(widths[at : at + span]), span, edge, small, bold=True, left=at == 0))
            at += span
        lines.append(f"<w:tr><w:trPr><w:cantSplit/><w:tblHeader/></w:trPr>{''.join(cells)}</w:tr>")
    line = _edges(bottom=2, colour=RULE)
    for row, strong in zip(rows, bold, strict=True):
        cells = [_cell(text, widths[at], 1, line, small, bold=strong, left=at == 0) for at, text in enumerate(row)]
        lines.append(f"<w:tr><w:trPr><w:cantSplit/></w:trPr>{''.join(cells)}</w:tr>")
    return "".join([*lines, "</w:tbl>"])


def _attribute(text: str) -> str:
    return escape(clean(text), {'"': "&quot;"})


def _edges(*, top: int = 0, bottom: int = 0, colour: str = ACCENT) -> str:
    sides = (("top", top), ("bottom", bottom))
    inner = "".join(f'<w:{side} w:val="single" w:sz="{size}" w:space="0" w:color="{colour}"/>' for side, size in sides if size)
    return f"<w:tcBorders>{inner}</w:tcBorders>" if inner else ""


def _cell(text: object, width: int, span: int, edges: str, size: int, *, bold: bool, left: bool) -> str:
    spans = f'<w:gridSpan w:val="{span}"/>' if span > 1 else ""
    strong = "<w:b/>" if bold else ""
    place = "left" if left else "center" if span > 1 else "right"
    return (
        f'<w:tc><w:tcPr><w:tcW w:w="{width}" w:type="dxa"/>{spans}{edges}<w:vAlign w:val="bottom"/></w:tcPr>'
        f'<w:p><w:pPr><w:spacing w:before="20" w:after="20"/><w:jc w:val="{place}"/></w:pPr>'
        f'<w:r><w:rPr>{strong}<w:sz w:val="{size}"/></w:rPr><w:t xml:space="preserve">{_x(text)}</w:t></w:r></w:p></w:tc>'
    )
