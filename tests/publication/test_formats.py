"""One document in three forms: what an office edits and what a browser shows say the same as the PDF, and are built properly."""

from __future__ import annotations

import hashlib
import re
import zipfile
from collections import Counter
from datetime import date
from itertools import pairwise
from pathlib import Path
from typing import Any

import docx
import pytest
from docx.oxml.ns import qn
from lxml import html
from pypdf import PdfReader
from tests.publication.regional_facts import facts, meta

from sapa.packs.loader import Pack, load_pack
from sapa.publication import publish
from sapa.publication.webpage import inline

ALL = ["document", "docx", "html", "workbook", "tables"]


@pytest.fixture(scope="module")
def pack() -> Pack:
    return load_pack(str(Path(__file__).parent / "regional"))


@pytest.fixture(scope="module")
def folder(pack: Pack, tmp_path_factory: pytest.TempPathFactory) -> Path:
    """The national report in English and Kazakh."""
    out = tmp_path_factory.mktemp("formats")
    for lang in ("en", "kk"):
        write(pack, out, lang)
    return out


def write(pack: Pack, out: Path, lang: str) -> None:
    regime = load_pack("kz-521")
    publish(pack, "national-report", facts(), out, lang=lang, meta=meta(pack), regime=regime, only=ALL)


def test_written_twice_every_file_has_the_same_bytes(pack: Pack, folder: Path, tmp_path: Path) -> None:
    for lang in ("en", "kk"):
        write(pack, tmp_path, lang)
    first, again = (
        {path.name: hashlib.sha256(path.read_bytes()).digest() for path in at.rglob("*") if path.is_file()}
        for at in (folder, tmp_path)
    )
    assert first == again
    assert {"national-report.kk.pdf", "national-report.kk.docx", "national-report.kk.html", "tables.kk.xlsx"} <= set(first)


# what an office edits


@pytest.fixture(scope="module")
def book(folder: Path) -> Any:
    return docx.Document(str(folder / "national-report.en.docx"))


def test_headings_of_the_office_file_are_headings_and_skip_no_level(book: Any) -> None:
    levels = [int(part.style.name[-1]) for part in book.paragraphs if part.style.name.startswith("Heading")]
    assert levels[0] == 1
    assert all(after <= before + 1 for before, after in pairwise(levels))
    named = [part.text for part in book.paragraphs if part.style.name == "Heading 1"]
    assert named[:3] == ["How to read the tables", "1. Results", "2. Contingent"]
    assert [part.text for part in book.paragraphs if part.style.name == "Title"] == ["National report"]


def test_every_table_of_the_office_file_has_a_caption_before_it_and_a_head_that_repeats(book: Any) -> None:
    body = list(book.element.body)
    tables = [number for number, part in enumerate(body) if part.tag == qn("w:tbl")]
    assert len(tables) > 10
    for number in tables:
        style = body[number - 1].find(f"{qn('w:pPr')}/{qn('w:pStyle')}")
        assert style is not None
        assert style.get(qn("w:val")) == "Caption"
        rows = body[number].findall(qn("w:tr"))
        heads = [row.find(f"{qn('w:trPr')}/{qn('w:tblHeader')}") is not None for row in rows]
        assert heads[0]
        assert heads == sorted(heads, reverse=True)
        assert not heads[-1]
        assert body[number].find(f"{qn('w:tblPr')}/{qn('w:tblCaption')}").get(qn("w:val"))


def test_charts_of_the_office_file_are_pictures_with_their_text(book: Any) -> None:
    told = [part.get("descr") for part in book.element.body.iter(qn("wp:docPr"))]
    assert len(told) == 4
    assert all(text.startswith(("Line chart: ", "Bar chart: ")) for text in told)
    ids = [part.get("id") for part in book.element.body.iter(qn("wp:docPr"))]
    assert len(set(ids)) == len(ids)
    assert len(book.inline_shapes) == 4


@pytest.mark.parametrize(("lang", "region"), [("en", "en-GB"), ("kk", "kk-KZ")])
def test_the_office_file_says_its_language_title_and_date(folder: Path, lang: str, region: str) -> None:
    file = folder / f"national-report.{lang}.docx"
    core = docx.Document(str(file)).core_properties
    assert core.language == lang
    assert core.created == core.modified
    assert core.created.date() == date(2025, 2, 20)
    assert core.title == {"en": "National report, 2024", "kk": "Ұлттық баяндама, 2024"}[lang]
    with zipfile.ZipFile(file) as archive:
        assert {item.date_time for item in archive.infolist()} == {(2025, 2, 20, 0, 0, 0)}
        styles = archive.read("word/styles.xml").decode()
        assert f'w:val="{region}"' in styles
        assert archive.testzip() is None


def test_the_office_file_shows_the_figures_and_names_as_they_are(book: Any) -> None:
    table = next(table for table in book.tables if table.rows[0].cells[0].text == "Region" and len(table.columns) == 2)
    cells = {row.cells[0].text: row.cells[1].text for row in table.rows}
    assert cells["Total"] == "1,000"
    assert cells["South <&>"] == "300"


def test_what_nobody_approved_is_marked_in_the_office_file(book: Any) -> None:
    marks = [part for part in book.paragraphs if part.text == "generated from the figures, not yet approved"]
    assert len(marks) == 4
    assert all(part._p.find(f"{qn('w:pPr')}/{qn('w:pBdr')}") is not None for part in marks)


# what a browser shows


@pytest.fixture(scope="module", params=["en", "kk"])
def page(folder: Path, request: pytest.FixtureRequest) -> Any:
    return html.fromstring((folder / f"national-report.{request.param}.html").read_bytes())


def test_the_page_has_one_title_and_headings_that_skip_no_level(page: Any) -> None:
    levels = [int(part.tag[1]) for part in page.iter("h1", "h2", "h3", "h4")]
    assert levels.count(1) == 1
    assert levels[0] == 1
    assert all(after <= before + 1 for before, after in pairwise(levels))
    assert page.get("lang") in ("en", "kk")
    assert page.findtext("head/title")


def test_every_table_of_the_page_has_a_caption_and_heads_with_their_scope(page: Any) -> None:
    tables = list(page.iter("table"))
    assert len(tables) > 10
    for table in tables:
        assert table.find("caption").text_content().strip()
        assert all(part.get("scope") in ("col", "row", "colgroup") for part in table.iter("th"))
        for row in table.find("tbody"):
            assert next(part.tag for part in row) == "th"
            assert row[0].get("scope") == "row"
        width = sum(int(cell.get("colspan", 1)) for cell in table.find("thead")[0])
        assert all(len(row) == width for row in table.find("tbody"))


def test_drawings_of_the_page_say_what_they_show(page: Any) -> None:
    drawings = list(page.iter("svg", "{http://www.w3.org/2000/svg}svg"))
    assert len(drawings) == 4
    for drawing in drawings:
        assert drawing.get("role") == "img"
        named = drawing.get("aria-labelledby").split()
        assert [len(page.xpath(f"//*[@id='{name}']")) for name in named] == [1, 1]
        assert all(page.xpath(f"//*[@id='{name}']")[0].text for name in named)


def test_the_page_needs_nothing_beside_itself(page: Any, folder: Path) -> None:
    assert not list(page.iter("script", "iframe", "img", "link"))
    assert not [name for part in page.iter() if isinstance(part.tag, str) for name in part.attrib if name.startswith("on")]
    assert not [part.get("src") for part in page.iter() if isinstance(part.tag, str) and part.get("src")]
    ids = Counter(part.get("id") for part in page.iter() if isinstance(part.tag, str) and part.get("id"))
    assert [name for name, times in ids.items() if times > 1] == []
    for link in page.iter("a"):
        assert link.get("href")[0] == "#"
        assert link.get("href")[1:] in ids
    style = page.findtext("head/style")
    assert "url(" not in style
    assert "@import" not in style


def test_names_are_texts_and_never_markup(folder: Path) -> None:
    text = (folder / "national-report.en.html").read_text("utf-8")
    assert "South &lt;&amp;&gt;" in text
    assert "South <&>" not in text


def test_two_drawings_in_one_page_do_not_share_names() -> None:
    svg = '<svg id="a" role="img" aria-label="x" width="5"><defs><clipPath id="c1"/></defs>'
    svg += '<g aria-roledescription="mark" clip-path="url(#c1)"/></svg>'
    one, two = (inline(svg, name, "T <1>", "D & more") for name in ("one", "two"))
    assert 'id="one-c1"' in one
    assert "url(#one-c1)" in one
    assert set(re.findall(r'id="([^"]+)"', one)).isdisjoint(re.findall(r'id="([^"]+)"', two))
    assert one.count("role=") == 1
    assert "aria-roledescription" not in one
    assert '<title id="one-title">T &lt;1&gt;</title><desc id="one-desc">D &amp; more</desc>' in one


@pytest.mark.parametrize("kind", ["pdf", "docx", "html"])
def test_the_three_forms_hold_the_same_figures(folder: Path, kind: str) -> None:
    text = _text(folder / f"national-report.en.{kind}")
    for said in ("71.5", "1,000", "Largestrisebyregion", "Figuresthatmovedthewrongway", "borrowstheregimeofanothercountry"):
        assert said in text


def _text(file: Path) -> str:
    if file.suffix == ".html":
        text = html.fromstring(file.read_bytes()).text_content()
    elif file.suffix == ".docx":
        book = docx.Document(str(file))
        text = "".join(part.text or "" for part in book.element.body.iter(qn("w:t")))
    else:
        text = "".join(part.extract_text() for part in PdfReader(file).pages)
    return "".join(text.split())
