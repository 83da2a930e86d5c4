"""The workbook: downloaded, filled in, handed in; good files, wrong files, hostile files."""

from __future__ import annotations

import io
import json
import zipfile
from pathlib import Path
from typing import Any

import openpyxl
import pytest
import xlsxwriter
from django.core.files.uploadedfile import SimpleUploadedFile
from django.test import Client
from django.urls import reverse

from sapa_web.collection.domain import working
from sapa_web.collection.models import Obligation, Upload
from tests.web import cast
from tests.web.collection.test_pages import learner


@pytest.fixture
def learners(people: cast.Cast) -> Obligation:
    cast.campaigns()
    found = cast.obligation("learners", cast.SCHOOL)
    working.replace_all(people.secretary, found, [learner(1), learner(2)], channel="form")
    return found


@pytest.fixture
def secretary_client(client: Client, people: cast.Cast) -> Client:
    client.force_login(people.secretary)
    return client


def hand_in(client: Client, obligation: Obligation, name: str, data: bytes, follow: bool = True) -> Any:
    url = reverse("collection:upload", args=[obligation.pk])
    return client.post(url, {"file": SimpleUploadedFile(name, data)}, follow=follow)


def csv(rows: list[dict[str, str]]) -> bytes:
    names = list(rows[0])
    return "\n".join([",".join(names), *[",".join(row.get(name, "") for name in names) for row in rows]]).encode()


def workbook(client: Client, obligation: Obligation) -> bytes:
    return client.get(reverse("collection:workbook", args=[obligation.pk])).content


def confirm(client: Client, obligation: Obligation, **data: Any) -> Any:
    made = Upload.objects.get()
    version = working.rows_of(obligation)[0]
    url = reverse("collection:upload-confirm", args=[obligation.pk, made.pk])
    return client.post(url, {"version": version, **data}, follow=True)


def test_the_workbook_goes_out_filled_and_comes_back(learners: Obligation, secretary_client: Client, tmp_path: Path) -> None:
    book = openpyxl.load_workbook(io.BytesIO(workbook(secretary_client, learners)))
    sheet = book.worksheets[0]
    heads = {cell.value: cell.column for cell in sheet[1]}
    assert sheet.cell(2, heads["Surname"]).value == "Ivanova"
    assert sheet.cell(2, heads["Sex"]).value == "Female"
    assert "Institution identifier" not in heads
    sheet.cell(3, heads["Sex"]).value = "Male"
    out = io.BytesIO()
    book.save(out)
    page = hand_in(secretary_client, learners, "my school.xlsx", out.getvalue()).content.decode()
    assert "2 rows were read" in page
    assert "They would replace the 2 rows" in page
    assert "0 rows added, 0 removed, 1 changed, 1 as before" in " ".join(page.split())
    assert working.rows_of(learners)[1][1]["sex"] == "F"  # nothing is replaced yet
    confirm(secretary_client, learners)
    rows = working.rows_of(learners)[1]
    assert (rows[1]["sex"], rows[1]["surname"], rows[0]["birth_date"]) == ("M", "Ivanova", "2013-05-01")
    assert not Upload.objects.exists()


def test_what_changed_since_the_preview_is_not_overwritten(
    learners: Obligation, people: cast.Cast, secretary_client: Client
) -> None:
    hand_in(secretary_client, learners, "a.csv", csv([learner(5)]))
    version = working.rows_of(learners)[0]
    working.apply(people.head, learners, [{"op": "add", "row": "x", "values": learner(7)}])
    page = confirm(secretary_client, learners, version=version).content.decode()
    assert "was changed after the preview was made" in page
    assert len(working.rows_of(learners)[1]) == 3


@pytest.mark.parametrize("kind", ["csv", "json"])
def test_other_kinds_of_file(learners: Obligation, secretary_client: Client, kind: str) -> None:
    rows = [{"institution": cast.SCHOOL, **learner(8)}]
    data = csv(rows) if kind == "csv" else json.dumps(rows).encode()
    assert "1 row was read" in hand_in(secretary_client, learners, f"a.{kind}", data).content.decode()
    confirm(secretary_client, learners)
    assert [row["person"] for row in working.rows_of(learners)[1]] == ["P0000008"]


def bomb() -> bytes:
    out = io.BytesIO()
    with zipfile.ZipFile(out, "w", zipfile.ZIP_DEFLATED) as parts:
        parts.writestr("xl/workbook.xml", "<workbook/>")
        parts.writestr("xl/worksheets/sheet1.xml", b" " * (300 * 1024 * 1024))
    return out.getvalue()


def other_sheet() -> bytes:
    out = io.BytesIO()
    with xlsxwriter.Workbook(out) as book:
        book.add_worksheet("menu").write_row(0, 0, ["Soup", "Bread"])
    return out.getvalue()


@pytest.mark.parametrize(
    ("name", "data", "words"),
    [
        ("a.xlsx", lambda book: book[: len(book) // 2], "damaged or cut off"),
        ("a.xlsx", lambda book: bomb(), "unpacks to more than"),
        ("a.xlsx", lambda book: other_sheet(), "no header row"),
        ("a.exe", lambda book: b"MZ", "are not read"),
        ("a.csv", lambda book: b"", "no file|is empty|empty"),
        ("a.csv", lambda book: csv([{"institution": cast.SIBLING, **learner(1)}]), "another institution"),
        ("a.csv", lambda book: csv([{"person": ""}]), "required columns are missing|no header row"),
    ],
)
def test_what_is_no_file_of_this_return_is_said_and_the_draft_stays(
    learners: Obligation, secretary_client: Client, name: str, data: Any, words: str
) -> None:
    before = working.rows_of(learners)
    page = hand_in(secretary_client, learners, name, data(workbook(secretary_client, learners))).content.decode()
    assert any(part in page for part in words.split("|")), page[page.find('id="messages"') :][:600]
    assert working.rows_of(learners) == before
    assert not Upload.objects.exists()


def test_a_file_beyond_the_limit_is_stopped(learners: Obligation, secretary_client: Client, settings: Any) -> None:
    settings.SAPA_UPLOAD_LIMIT = 1024 * 1024
    page = hand_in(secretary_client, learners, "a.csv", b"x" * (3 * 1024 * 1024)).content.decode()
    assert "larger than 1 MB" in page


def test_formulas_are_told_and_never_written_live(learners: Obligation, people: cast.Cast, secretary_client: Client) -> None:
    out = io.BytesIO()
    row = learner(1, surname="=HYPERLINK(1)")
    with xlsxwriter.Workbook(out) as book:
        sheet = book.add_worksheet()
        for column, (name, value) in enumerate(row.items()):
            sheet.write_string(0, column, name)
            sheet.write_string(1, column, value)
        sheet.write_formula(1, list(row).index("first_name"), "=1+1", None, "Anna")
    page = hand_in(secretary_client, learners, "a.xlsx", out.getvalue()).content.decode()
    assert "1 cell holds a formula" in page
    confirm(secretary_client, learners)
    assert working.rows_of(learners)[1][0]["surname"] == "=HYPERLINK(1)"
    for answer in (
        workbook(secretary_client, learners),
        secretary_client.get(reverse("collection:marked-list", args=[learners.pk])).content,
    ):
        with zipfile.ZipFile(io.BytesIO(answer)) as parts:
            sheets = b"".join(parts.read(name) for name in parts.namelist() if "worksheets/sheet" in name)
        assert b"<f>" not in sheets
        assert b"<f " not in sheets


def test_the_workbook_comes_back_with_its_cells_marked(learners: Obligation, secretary_client: Client) -> None:
    book = openpyxl.load_workbook(io.BytesIO(workbook(secretary_client, learners)))
    sheet = book.worksheets[0]
    column = next(cell.column for cell in sheet[1] if cell.value == "Date of birth")
    sheet.cell(3, column).value = "soon"
    out = io.BytesIO()
    book.save(out)
    hand_in(secretary_client, learners, "a.xlsx", out.getvalue())
    made = Upload.objects.get()
    answer = secretary_client.get(reverse("collection:upload-marked", args=[learners.pk, made.pk])).content
    marked = openpyxl.load_workbook(io.BytesIO(answer)).worksheets[0]
    assert marked.cell(3, column).comment is not None
    assert marked.cell(2, column).comment is None


def test_another_persons_upload_does_not_exist(learners: Obligation, people: cast.Cast, secretary_client: Client) -> None:
    hand_in(secretary_client, learners, "a.csv", csv([learner(5)]))
    made = Upload.objects.get()
    secretary_client.force_login(people.head)
    assert secretary_client.get(reverse("collection:preview", args=[learners.pk, made.pk])).status_code == 404
