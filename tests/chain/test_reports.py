"""Reports of a run: of the regime it borrows, of a place, of one school from its own rows."""

from __future__ import annotations

import hashlib
import json
from datetime import UTC, date, datetime
from pathlib import Path
from typing import Any

import openpyxl
import pyarrow.parquet as pq
import pytest

from sapa.archive.store import FolderStore
from sapa.chain.context import Run, regime_of
from sapa.chain.institutions import FOLDER
from sapa.chain.publish import Order, publish_run
from sapa.chain.run import whole_chain
from sapa.cli.output import Clock, approved_texts, formats
from sapa.errors import UserError
from sapa.packs.loader import load_pack

HEAD = "school,place,sex,pupils,passed\n"
RETURNS = {
    "2023": HEAD + "S1,D1,F,10,8\nS1,D1,M,12,6\nS2,D2,F,20,10\nS2,D2,M,20,20\nS3,R2,F,5,1\nS4,R3,M,9,9\n",
    "2024": HEAD + "S1,D1,F,11,9\nS1,D1,M,14,7\nS2,D2,F,20,10\nS2,D2,M,20,18\nS3,R2,F,5,2\nS4,R3,M,9,9\n",
}


@pytest.fixture(scope="module")
def runs(root: Path, tmp_path_factory: pytest.TempPathFactory) -> dict[str, Path]:
    """Two years of four schools, frozen and computed."""
    pack = load_pack(str(root / "tests/publication/regional"))
    home = tmp_path_factory.mktemp("runs")
    out: dict[str, Path] = {}
    for period, text in RETURNS.items():
        file = home / f"{period}.csv"
        file.write_text(text)
        at = datetime(int(period), 10, 2, 16, tzinfo=UTC)
        use = regime_of("kz-521", pack)
        run = Run(pack, period, FolderStore(home / period), at, date(int(period), 10, 2), use)
        earlier = [path for done in out.values() for path in sorted((done / "facts").glob("*.parquet"))]
        whole_chain(run, [file], Clock(), langs=(), earlier=earlier)
        out[period] = home / period
    return out


def publish(runs: dict[str, Path], order: Order, langs: tuple[str, ...] = ("en",)) -> list[Path]:
    earlier = runs["2023"]
    facts = sorted((earlier / "facts").glob("*.parquet"))
    return publish_run(FolderStore(runs["2024"]), runs["2024"], langs, facts=facts, earlier=[earlier], order=order)


def rows(file: Path, title: str) -> dict[str, list[Any]]:
    book = openpyxl.load_workbook(file)
    sheet = next(sheet for sheet in book if str(sheet["A1"].value).endswith(title))
    return {str(row[0]): [cell for cell in row[1:] if cell is not None] for row in sheet.iter_rows(values_only=True) if row[0]}


def test_a_report_of_the_borrowed_regime_lies_in_a_folder_of_its_own(runs: dict[str, Path]) -> None:
    files = publish(runs, Order("statistical-compendium", ("pdf", "docx", "html", "xlsx")), ("en", "kk"))
    home = runs["2024"] / "reports" / "statistical-compendium"
    names = [f"statistical-compendium.{lang}.{kind}" for lang in ("en", "kk") for kind in ("pdf", "docx", "html")]
    assert {path.name for path in files} == {*names, "tables.en.xlsx", "tables.kk.xlsx"}
    assert all(home in path.parents for path in files)
    text = (home / "statistical-compendium.en.html").read_text("utf-8").replace("\u00a0", " ")
    assert "Pack Returns of a small country has no data regime of its own" in text
    assert "To be published by 28 February 2025 (kz-521:p2.7, kz-521:p12.3)" in text
    assert rows(home / "tables" / "tables.en.xlsx", "Pupils, by region, period")["North"] == [62, 65]


def test_written_again_every_file_has_the_same_bytes(runs: dict[str, Path]) -> None:
    order = Order("one-place", ("pdf", "docx", "html", "xlsx", "csv"), "region=R1")
    first = {path: hashlib.sha256(path.read_bytes()).hexdigest() for path in publish(runs, order)}
    for path in first:
        path.unlink()
    assert {path: hashlib.sha256(path.read_bytes()).hexdigest() for path in publish(runs, order)} == first
    assert {path.suffix for path in first} == {".pdf", ".docx", ".html", ".xlsx", ".csv", ".json", ".svg", ".png"}


def test_one_school_is_computed_from_its_own_rows_and_set_beside_its_region(runs: dict[str, Path]) -> None:
    files = publish(runs, Order("one-school", ("xlsx", "html", "csv"), "institution=S1"))
    book = next(path for path in files if path.suffix == ".xlsx")
    assert book.parent.parent.name == "one-school-S1"
    standing = rows(book, "S1 beside those above it")
    # 25 pupils of the North's 65 and of all 79; 16 of 25 passed, 44 of 65, 55 of 79.
    assert standing["Pupils, persons"] == [25, 65, 79]
    assert standing["Pupils who passed, %"] == [64, 67.7, 69.6]
    assert rows(book, "Pupils, by period") == rows(book, "Pupils, by period") | {"2023": [22], "2024": [25]}
    assert rows(book, "Pupils, by sex")["Girls"] == [11]
    page = next(path for path in files if path.suffix == ".html").read_text("utf-8")
    assert "not protected by disclosure control" in page
    table = next(path for path in files if path.name == "contingent-sexes.csv").read_text("utf-8")
    assert "pupils@2024[school=S1%2C" not in table
    assert '"pupils@2024[school=S1,sex=F]"' in table


def test_the_figures_of_the_schools_are_kept_and_made_once(runs: dict[str, Path]) -> None:
    publish(runs, Order("one-school", ("xlsx",), "institution=S1"))
    kept = sorted((runs["2024"] / FOLDER).iterdir())
    assert len(kept) == 1
    made = kept[0].stat().st_mtime_ns
    publish(runs, Order("one-school", ("xlsx",), "institution=S2"))
    assert [path.stat().st_mtime_ns for path in (runs["2024"] / FOLDER).iterdir()] == [made]
    facts = pq.read_table(kept[0])
    assert facts["school"].null_count == 0
    assert sum(row["value"] for row in facts.to_pylist() if row["indicator"] == "pupils" and row["sex"] is None) == 79


@pytest.mark.parametrize(
    ("report", "scope", "said"),
    [
        ("almanac", "", "use one of: one-place, progress, one-school, national-report, statistical-compendium"),
        ("one-place", "", "name it: --scope region=CODE or --scope district=CODE"),
        ("one-place", "region=R9", "use one of: R1, R2, R3"),
        ("one-place", "sex=F", "is about one code of region or district"),
        ("one-school", "", "name it: --scope institution=ID"),
        ("one-school", "institution=S9", "no rows of institution 'S9'"),
        ("progress", "region=R1", "take one of: one-place, one-school"),
    ],
)
def test_what_a_report_is_about_is_asked_for_in_words(runs: dict[str, Path], report: str, scope: str, said: str) -> None:
    with pytest.raises(UserError) as raised:
        publish(runs, Order(report, ("xlsx",), scope))
    assert said in str(raised.value)


def test_facts_that_were_protected_are_drawn_instead_of_the_runs_own(runs: dict[str, Path], tmp_path: Path) -> None:
    own = pq.read_table(runs["2024"] / "facts" / "schools.parquet")
    hidden = own.to_pylist()
    for row in hidden:
        if row["indicator"] == "pupils" and row["region"] == "R2" and row["sex"] is None:
            row |= {"numerator": None, "denominator": None, "value": None, "count": None, "flag": "C"}
    pq.write_table(type(own).from_pylist(hidden, schema=own.schema), tmp_path / "protected.parquet")
    order = Order("statistical-compendium", ("xlsx",), facts=(tmp_path / "protected.parquet",))
    (file,) = publish(runs, order)
    assert rows(file, "Pupils, by region")["East"] == ["x"]


def test_formats_and_texts_are_read_strictly(tmp_path: Path) -> None:
    assert formats("pdf, html") == ("pdf", "html")
    with pytest.raises(UserError, match="use some of: pdf, docx, html, xlsx, csv"):
        formats("pdf,odt")
    file = tmp_path / "texts.json"
    file.write_text(json.dumps({"pupils": {"en": "Well."}}))
    assert approved_texts(file) == {"pupils": {"en": "Well."}}
    for wrong in ("[]", '{"pupils": "Well."}', '{"pupils": {"en": 1}}', "{"):
        file.write_text(wrong)
        with pytest.raises(UserError, match="write JSON"):
            approved_texts(file)
