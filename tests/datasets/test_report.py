"""Findings as files, the sender's workbook marked, templates that are read back."""

from __future__ import annotations

import json
from pathlib import Path

import openpyxl
import pytest
from tests.datasets.conftest import Lists

from sapa.datasets import (
    Verified,
    read,
    verified,
    verify,
    write_annotated,
    write_findings_json,
    write_findings_xlsx,
    write_template,
)
from sapa.datasets.report import new_workbook
from sapa.datasets.wording import catalogue
from sapa.packs.models_data import Dataset

HEAD = ["School", "Level", "Pupils", "Spending", "Reg no"]
ROWS = [['=HYPERLINK("http://x")', "I", -5, 1, "12345678"], ["B", "9", 5, "1 234,5", "1234567"], ["C", "I", 7, 2, "12345678"]]


@pytest.fixture
def source(tmp_path: Path) -> Path:
    book = openpyxl.Workbook()
    for row in [["a title above"], HEAD, *ROWS]:
        book.active.append(row)
    for cell in ("A3",):
        book.active[cell].data_type = "s"
    book.save(tmp_path / "in.xlsx")
    return tmp_path / "in.xlsx"


@pytest.fixture
def result(source: Path, dataset: Dataset, lists: Lists) -> Verified:
    reading = read(source, dataset, "2020", pack=lists)
    return verified(reading, verify(reading.table, dataset, lists, "2020", columns=reading.columns, sheet=reading.sheet))


def test_rows_read_are_rows_accepted_and_refused(result: Verified) -> None:
    assert (result.rows_read, result.rows_accepted, result.rows_refused) == (3, 1, 2)


def test_the_workbook_tells_causes_before_cases(tmp_path: Path, result: Verified) -> None:
    write_findings_xlsx(tmp_path / "findings.xlsx", [result], "uk")
    book = openpyxl.load_workbook(tmp_path / "findings.xlsx")
    assert book.sheetnames == ["За причинами", "Зауваження"]
    causes = [[cell.value for cell in row] for row in book.worksheets[0].iter_rows()]
    assert causes[1][:2] == ["Прочитано рядків", 3]
    assert "відхилено" in [row[0] for row in causes]
    listed = [[cell.value for cell in row] for row in book.worksheets[1].iter_rows()]
    assert len(listed) == 1 + len(result.findings)
    assert listed[1][1:7] == ["відхилено", "B", "Sheet", 4, "B", "Level"]
    assert listed[1][0] == result.findings.dataset.id


def test_json_holds_the_same(tmp_path: Path, result: Verified) -> None:
    write_findings_json(tmp_path / "findings.json", [result])
    (part,) = json.loads((tmp_path / "findings.json").read_text("utf-8"))
    assert part["rows_read"] == part["rows_accepted"] + part["rows_refused"]
    assert len(part["findings"]) == len(result.findings)
    assert part["counts"]["blocks"] == {"level.code": 1, "pupils.minimum": 1}
    assert {"unit", "sheet", "row", "column", "value", "rule", "clause", "message", "remedy"} <= part["findings"][0].keys()


def test_the_senders_workbook_comes_back_marked(
    tmp_path: Path, source: Path, dataset: Dataset, lists: Lists, result: Verified
) -> None:
    reading = read(source, dataset, "2020", pack=lists)
    marked = write_annotated(tmp_path / "out.xlsx", reading, result.findings, "en", source=source)
    before, after = openpyxl.load_workbook(source).active, openpyxl.load_workbook(tmp_path / "out.xlsx").worksheets[0]
    assert [[cell.value for cell in row] for row in before.iter_rows()] == [
        [cell.value for cell in row] for row in after.iter_rows()
    ]
    commented = {cell.coordinate: cell.comment.text for row in after.iter_rows() for cell in row if cell.comment}
    assert set(commented) == {"C3", "B4", "D4", "E4"}
    assert marked == 4
    assert commented["C3"].startswith("Pupils: too small: -5 is less than 0")
    assert after["C3"].fill.fgColor.rgb == "FFFFC7CE"
    assert after["E4"].fill.fgColor.rgb == "FFDDEBF7"
    assert after["A4"].fill.fill_type is None


def test_a_text_that_begins_with_an_equals_sign_stays_a_text(
    tmp_path: Path, source: Path, dataset: Dataset, lists: Lists, result: Verified
) -> None:
    reading = read(source, dataset, "2020", pack=lists)
    write_annotated(tmp_path / "out.xlsx", reading, result.findings, source=source)
    write_findings_xlsx(tmp_path / "findings.xlsx", [result])
    for name in ("out.xlsx", "findings.xlsx"):
        for sheet in openpyxl.load_workbook(tmp_path / name):
            assert all(cell.data_type != "f" for row in sheet.iter_rows() for cell in row)


def test_rows_of_a_text_file_come_back_under_titles(tmp_path: Path, dataset: Dataset, lists: Lists) -> None:
    path = tmp_path / "in.csv"
    path.write_text("School,Pupils\nA,-1\nB,5\n", "utf-8")
    reading = read(path, dataset, "2020", pack=lists)
    findings = verify(reading.table, dataset, lists, "2020", columns=reading.columns)
    write_annotated(tmp_path / "out.xlsx", reading, findings, source=path)
    sheet = openpyxl.load_workbook(tmp_path / "out.xlsx").worksheets[0]
    assert [sheet["A1"].value, sheet["A2"].value, sheet["C2"].value] == ["School", "A", -1]
    assert sheet["C2"].comment is not None


def test_a_write_that_fails_leaves_nothing(tmp_path: Path) -> None:
    with pytest.raises(RuntimeError), new_workbook(tmp_path / "x.xlsx"):
        raise RuntimeError
    assert list(tmp_path.iterdir()) == []


def test_the_template_is_read_back_by_its_own_headings_and_choices(tmp_path: Path, dataset: Dataset, lists: Lists) -> None:
    path = tmp_path / "template.xlsx"
    write_template(path, dataset, "2020", pack=lists, lang="en")
    book = openpyxl.load_workbook(path)
    sheet = book.worksheets[0]
    assert [cell.value for cell in sheet[1]] == [item.title["en"] for item in dataset.fields]
    checked = {str(rule.sqref).split(":")[0]: rule for rule in sheet.data_validations.dataValidation}
    assert checked["B2"].formula1 == "'Lists'!$A$2:$A$3"
    assert (checked["C2"].type, checked["C2"].operator, checked["C2"].formula1) == ("whole", "greaterThanOrEqual", "0.0")
    choices = [book["Lists"][f"A{row}"].value for row in (2, 3)]
    for row, choice in enumerate(choices, start=2):
        for column, value in enumerate([f"S{row}", choice, 5, 1.5, 0.5, "true", None, "00000001"], start=1):
            sheet.cell(row, column).value = value
    book.save(path)
    reading = read(path, dataset, "2020", pack=lists)
    assert reading.table["level"].to_pylist() == ["I", "I-III"]
    assert len(reading.findings) == 0


def test_the_engines_words_are_complete_in_every_language() -> None:
    languages = {"en", "ru", "uk", "kk", "be"}
    for name, entry in catalogue().items():
        parts = entry.values() if name in ("expected", "steps", "labels") else [entry]
        assert all(set(part) == languages for part in parts), name
