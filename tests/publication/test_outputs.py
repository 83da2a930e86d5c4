"""What is written: equal bytes, no injection, every letter on the page, every figure traceable."""

from __future__ import annotations

import csv
import hashlib
import json
from pathlib import Path

import openpyxl
import pypdf
import pytest
from tests.publication.conftest import Published
from tests.publication.generate import ROOT, facts_for, meta_for, table, write_facts

from sapa.errors import UserError
from sapa.packs.loader import Pack
from sapa.publication import publish
from sapa.publication.csvw import guarded


def text_of(path: Path) -> str:
    return "\n".join(page.extract_text() for page in pypdf.PdfReader(path).pages)


def flat(text: str) -> str:
    """A page's text without spaces and line breaks, which extraction places freely."""
    return "".join(text.split())


def digests(folder: Path) -> dict[str, str]:
    return {
        path.relative_to(folder).as_posix(): hashlib.sha256(path.read_bytes()).hexdigest()
        for path in sorted(folder.rglob("*"))
        if path.is_file()
    }


def test_the_same_input_gives_the_same_bytes(published: Published, tmp_path: Path) -> None:
    publish(published.pack, "yearbook", published.facts, tmp_path, lang="en", meta=published.meta)
    assert digests(tmp_path) == digests(published.folder)
    assert {path.relative_to(published.folder).as_posix() for path in published.report.files} == set(digests(published.folder))


def test_the_document_is_tagged_titled_and_dated(published: Published) -> None:
    reader = pypdf.PdfReader(published.folder / "yearbook.en.pdf")
    assert reader.trailer["/Root"]["/MarkInfo"]["/Marked"]
    assert reader.trailer["/Root"]["/Lang"] == "en"
    assert "pdfuaid" in reader.trailer["/Root"]["/Metadata"].get_data().decode()
    assert reader.metadata.title == "Yearbook of #Nowhere, 2025"
    assert reader.metadata.creation_date.date().isoformat() == "2026-01-15"


def test_names_reach_the_page_as_they_are_and_run_nothing(published: Published) -> None:
    page = flat(text_of(published.folder / "yearbook.en.pdf"))
    for name in (
        "#panic(1)",
        "*region*",
        '#import("/etc/passwd")',
        "$math$and#code",
        '<script>`rm`</script>\\"quoted"',
        "$Numbers$&<Names>@home",
    ):
        assert name in page or name == '#import("/etc/passwd")'
    assert "Every school [returns] its *figures* #sys.version `now` \\ $x$.".replace(" ", "") in page


def test_the_document_says_what_it_rests_on(published: Published) -> None:
    page = flat(text_of(published.folder / "yearbook.en.pdf"))
    assert flat("has no data regime of its own") in page
    assert all(ROOT[place : place + 8] in page for place in range(0, 64, 8))
    assert f"Snapshot{ROOT[:16]}" in page
    assert published.pack.digest[:32] in page
    assert "sapaverifyARCHIVE" in page
    assert "120,431" in page
    assert "1,513" in page


@pytest.mark.parametrize(
    ("lang", "names"),
    [
        ("kk", ["Қызылордаүңгірі", "«Әулие»₸", "Шығысһәм", "Мазмұны", "Жылнама:білімберу"]),
        ("uk", ["«Ґава»₴", "Південьїжак", "Зміст", "станомна1жовтня2025р."]),
        ("be", ["ПоўдзеньЎзда", "Змест", "параўнанні"]),
        ("ru", ["Содержание", "посостояниюна1октября2025г."]),
    ],
)
def test_letters_of_each_language_stand_on_the_page(
    nasty: Pack, facts: Path, tmp_path: Path, lang: str, names: list[str]
) -> None:
    publish(nasty, "yearbook", facts, tmp_path, lang=lang, meta=meta_for(nasty, "2025"), only=["document"])
    reader = pypdf.PdfReader(tmp_path / f"yearbook.{lang}.pdf")
    page = flat("\n".join(each.extract_text() for each in reader.pages))
    assert [name for name in names if name not in page] == []
    fonts = {str(font["/BaseFont"]) for each in reader.pages for font in _fonts(each)}
    assert fonts
    assert all("NotoSans" in font or "DejaVuSansMono" in font for font in fonts)


def _fonts(page: pypdf.PageObject) -> list[dict[str, object]]:
    return [font.get_object() for font in page["/Resources"].get("/Font", {}).values()]


def test_csv_rows_carry_fact_ids_values_and_guarded_names(published: Published) -> None:
    with (published.folder / "tables" / "pupils-sex.csv").open(encoding="utf-8", newline="") as file:
        rows = list(csv.DictReader(file))
    assert len({row["fact"] for row in rows}) == len(rows) == 6 * 3
    by_fact = {row["fact"]: row for row in rows}
    row = by_fact["pupils@2025[region=R1,sex=F]"]
    assert row["region_en"].startswith("'=HYPERLINK")
    assert float(row["value"]) == pytest.approx(float(row["shown"]), abs=0.5)
    assert by_fact["pupils@2025"]["region"] == ""
    assert by_fact["pupils@2025"]["region_uk"] == "Усього"
    assert not any(cell.startswith(("=", "+", "-", "@")) for row in rows for cell in row.values())


def test_csvw_describes_every_column_of_its_file(published: Published) -> None:
    folder = published.folder / "tables"
    for path in folder.glob("*.csv"):
        described = json.loads((folder / f"{path.name}-metadata.json").read_text("utf-8"))
        with path.open(encoding="utf-8", newline="") as file:
            header = next(csv.reader(file))
        assert [column["name"] for column in described["tableSchema"]["columns"]] == header
        assert described["url"] == path.name
        assert ROOT in described["dc:identifier"]
    columns = {column["name"]: column for column in described["tableSchema"]["columns"]}
    assert columns["indicator_kk"]["dc:title"]["kk"] == "Көрсеткіш"


def test_suppressed_figures_are_nowhere(nasty: Pack, tmp_path: Path) -> None:
    secret = {
        "indicator": "pupils",
        "period": "2025",
        "snapshot": "s",
        "region": "R1",
        "value": 987654.0,
        "numerator": 987654.0,
        "count": 987654,
        "flag": "x",
    }
    rows = facts_for(nasty, "yearbook", ["2025"]).to_pylist()
    rows = [row for row in rows if not (row["indicator"] == "pupils" and row["region"] == "R1")] + [secret]
    publish(
        nasty, "yearbook", write_facts(table(rows), tmp_path / "facts"), tmp_path / "out", lang="en", meta=meta_for(nasty, "2025")
    )
    for path in (tmp_path / "out").rglob("*"):
        if path.suffix in (".csv", ".json", ".svg"):
            assert "987654" not in path.read_text("utf-8").replace(",", ""), path.name
    assert "987654" not in flat(text_of(tmp_path / "out" / "yearbook.en.pdf")).replace(",", "")


def test_the_workbook_holds_texts_and_numbers_and_no_formula(published: Published) -> None:
    book = openpyxl.load_workbook(published.folder / "tables" / "tables.en.xlsx")
    assert book.sheetnames == ["Contents", "1.1", "2.1", "2.2", "2.3", "Notes"]
    cells = [cell for sheet in book for row in sheet.iter_rows() for cell in row if cell.value is not None]
    assert not any(cell.data_type == "f" for cell in cells)
    sheet = book["2.1"]
    assert sheet["A5"].value.startswith("=HYPERLINK")
    assert isinstance(sheet["B5"].value, int)
    assert sheet["B5"].number_format == "#,##0"


def test_charts_are_drawn_described_and_sourced(published: Published) -> None:
    folder = published.folder / "charts"
    for spec in folder.glob("*.vl.json"):
        name = spec.name.removesuffix(".vl.json")
        svg = (folder / f"{name}.svg").read_text("utf-8")
        assert "Data as of 1 October 2025" in svg
        assert ROOT[:16] in svg
        assert 'width="604"' in svg
        assert "<script" not in svg
        assert (folder / f"{name}.png").read_bytes().startswith(b"\x89PNG")
        assert json.loads(spec.read_text("utf-8"))["description"]
    described = json.loads((folder / "size-region.en.vl.json").read_text("utf-8"))["description"]
    assert described.startswith("Bar chart: Mean size by region, 2025. Number of values: 5. Highest by region:")


def test_a_report_without_facts_is_published_and_says_so(nasty: Pack, tmp_path: Path) -> None:
    facts = write_facts(table([{"indicator": "other", "period": "2025", "snapshot": "s", "flag": ""}]), tmp_path / "facts")
    report = publish(nasty, "yearbook", facts, tmp_path, lang="en", meta=meta_for(nasty, "2025"), only=["document"])
    assert "schools-region" in report.empty
    assert flat("No figures were computed for this table.") in flat(text_of(tmp_path / "yearbook.en.pdf"))


def test_wrong_use_is_refused(nasty: Pack, facts: Path, tmp_path: Path) -> None:
    meta = meta_for(nasty, "2025")
    with pytest.raises(UserError, match="no part 'posters'"):
        publish(nasty, "yearbook", facts, tmp_path, lang="en", meta=meta, only=["posters"])
    with pytest.raises(UserError, match="use one of: yearbook"):
        publish(nasty, "almanac", facts, tmp_path, lang="en", meta=meta)
    assert list(tmp_path.iterdir()) == []


@pytest.mark.parametrize(("text", "written"), [("=1+1", "'=1+1"), ("@x", "'@x"), ("plain", "plain"), ("", "")])
def test_a_spreadsheet_takes_no_name_for_a_formula(text: str, written: str) -> None:
    assert guarded(text) == written
