"""Reading: the same rows from every kind of file; odd cells mended only where the layout allows, all of it reported."""

from __future__ import annotations

import json
from datetime import date
from decimal import Decimal
from pathlib import Path
from typing import Any

import openpyxl
import pyarrow as pa
import pyarrow.parquet as pq
import pytest
from hypothesis import HealthCheck, given, settings
from hypothesis import strategies as st
from tests.datasets.conftest import Lists, make_dataset

from sapa.datasets import Reading, canonical, read
from sapa.errors import UserError
from sapa.packs.models_data import Dataset

HEAD = ["School", "Level", "Pupils", "Spending", "Share", "Boarding", "Opened", "Reg no"]
ROWS: list[list[Any]] = [
    ["A1", "I-III", 539, 9915.25, 12.25, "yes", "2001-09-01", "26244113"],
    [" B2 ", " І–ІІІ ", "n/a", "1 234,5", 0.5, "no", None, "2624411"],
]
EXPECTED = [
    ("A1", "I-III", 539, Decimal("9915.25"), 12.25, True, date(2001, 9, 1), "26244113"),
    ("B2", "I-III", None, Decimal("1234.50"), 0.5, False, None, "02624411"),
]


def write_xlsx(path: Path, head: list[Any], rows: list[list[Any]], before: int = 0) -> Path:
    book = openpyxl.Workbook()
    sheet = book.active
    for _ in range(before):
        sheet.append(["a title that is no header"])
    sheet.append(head)
    for row in rows:
        sheet.append(row)
    book.save(path)
    return path


def write(path: Path, rows: list[list[Any]] = ROWS, head: list[str] = HEAD) -> Path:
    if path.suffix == ".xlsx":
        return write_xlsx(path, head, rows)
    if path.suffix == ".csv":
        lines = [head, *[["" if cell is None else str(cell) for cell in row] for row in rows]]
        path.write_text("".join(";".join(line) + "\r\n" for line in lines), "utf-8-sig")
    elif path.suffix == ".json":
        path.write_text(json.dumps([dict(zip(head, row, strict=True)) for row in rows]), "utf-8")
    elif path.suffix == ".jsonl":
        path.write_text("".join(json.dumps(dict(zip(head, row, strict=True))) + "\n" for row in rows), "utf-8")
    else:
        columns = {name: pa.array([None if row[i] is None else str(row[i]) for row in rows]) for i, name in enumerate(head)}
        pq.write_table(pa.table(columns), path)
    return path


def values(reading: Reading) -> list[tuple[Any, ...]]:
    return [tuple(row.values())[:-1] for row in reading.table.to_pylist()]


@pytest.mark.parametrize("suffix", [".xlsx", ".csv", ".json", ".jsonl", ".parquet"])
def test_every_kind_of_file_gives_the_same_typed_rows(tmp_path: Path, dataset: Dataset, lists: Lists, suffix: str) -> None:
    reading = read(write(tmp_path / f"rows{suffix}"), dataset, "2020", pack=lists)
    assert values(reading) == EXPECTED
    assert reading.rows_read == 2
    made = {(line["field"], line["normalisation"]) for line in reading.mends.to_pylist()}
    wanted = {
        ("school", "trim"),
        ("level", "roman"),
        ("pupils", "null-tokens"),
        ("spending", "number-text"),
        ("reg_no", "leading-zeros"),
    }
    assert wanted <= made <= wanted | {("boarding", "boolean-text")}
    notes = reading.findings.counts()
    assert notes["note"]["reg_no.leading-zeros"] == 1
    assert not notes["blocks"]


def test_the_canonical_bytes_do_not_depend_on_the_kind_of_file(tmp_path: Path, dataset: Dataset, lists: Lists) -> None:
    kinds = [".xlsx", ".csv", ".json", ".jsonl", ".parquet"]
    tables = [read(write(tmp_path / f"rows{kind}"), dataset, "2020", pack=lists).table for kind in kinds]
    assert len({canonical(table, dataset, "2020") for table in tables}) == 1


def test_nothing_is_mended_where_the_layout_does_not_allow_it(tmp_path: Path, lists: Lists) -> None:
    strict = make_dataset(
        [
            {"id": "school", "type": "string", "role": "unit"},
            {"id": "pupils", "type": "integer"},
            {"id": "spending", "type": "decimal", "scale": 2},
        ]
    )
    rows = [[" B2 ", "n/a", "1 234,5"], ["C3", "#DIV/0!", "1.234"]]
    reading = read(write(tmp_path / "r.csv", rows, ["School", "Pupils", "Spending"]), strict, "2020", pack=lists)
    assert values(reading) == [(" B2 ", None, None), ("C3", None, None)]
    assert reading.mends.num_rows == 0
    found = list(reading.findings.messages("en"))
    assert [(line["row"], line["column"], line["value"]) for line in found if line["rule"] == "pupils.unreadable-integer"] == [
        (2, "B", "n/a"),
        (3, "B", "#DIV/0!"),
    ]
    assert {line["severity"] for line in found} == {"blocks"}
    assert reading.findings.blocking_rows().to_pylist() == [2, 3]


@pytest.mark.parametrize("before", [0, 1, 7])
def test_the_header_is_found_below_other_rows(tmp_path: Path, dataset: Dataset, lists: Lists, before: int) -> None:
    reading = read(write_xlsx(tmp_path / "r.xlsx", HEAD, ROWS, before), dataset, "2020", pack=lists)
    assert values(reading) == EXPECTED
    assert reading.table["_row"].to_pylist() == [before + 2, before + 3]


def test_headings_are_folded_and_columns_may_be_shuffled(tmp_path: Path, dataset: Dataset, lists: Lists) -> None:
    head = ["PUPILS**", " Reg\r\nno *", "school", "Opened", "LEVEL", "spending", "share", "boarding"]
    row = [5, "12345678", "A1", "2001-09-01", "I", 1, 1, "yes"]
    reading = read(write_xlsx(tmp_path / "r.xlsx", head, [row]), dataset, "2020", pack=lists)
    assert values(reading) == [("A1", "I", 5, Decimal("1.00"), 1.0, True, date(2001, 9, 1), "12345678")]
    assert reading.columns["pupils"] == "A"


def test_headings_of_another_year_do_not_match(tmp_path: Path, lists: Lists) -> None:
    headings = [{"text": "Spent in 2019", "valid_to": "2019"}, {"text": "Spent in 2020", "valid_from": "2020"}]
    dated = make_dataset(
        [
            {"id": "school", "type": "string", "role": "unit"},
            {"id": "pupils", "type": "integer"},
            {"id": "spent", "type": "integer", "required": True, "headings": headings},
        ]
    )
    path = write_xlsx(tmp_path / "r.xlsx", ["School", "Spent in 2019", "Pupils"], [["A", 1, 2]])
    assert values(read(path, dated, "2019", pack=lists)) == [("A", 2, 1)]
    with pytest.raises(UserError, match=r"Spent in 2020.*nearest is column B 'Spent in 2019'"):
        read(path, dated, "2020", pack=lists)


def test_columns_not_in_the_layout_are_reported_and_lost_columns_too(tmp_path: Path, dataset: Dataset, lists: Lists) -> None:
    path = write_xlsx(tmp_path / "r.xlsx", ["School", "Pupils", "Mood", None, "Level"], [["A", 1, "good", "stray", "I"]])
    counts = read(path, dataset, "2020", pack=lists).findings.counts()["note"]
    assert counts == {"column.missing": 5, "column.nameless": 1, "column.unknown": 1}


def test_a_heading_that_stands_twice_is_refused(tmp_path: Path, dataset: Dataset, lists: Lists) -> None:
    path = write_xlsx(tmp_path / "r.xlsx", ["School", "Pupils", "pupils *"], [["A", 1, 2]])
    with pytest.raises(UserError, match="columns B and C are both headed"):
        read(path, dataset, "2020", pack=lists)


def test_numbers_for_identifiers_and_binary_noise(tmp_path: Path, dataset: Dataset, lists: Lists) -> None:
    rows = [
        [8173, "I", 12.0, 6973.8000000000001, 0.1, True, date(2001, 9, 1), 2624411],
        ["x", "I", 1.5, 1.239, 0.1, True, None, None],
    ]
    reading = read(write_xlsx(tmp_path / "r.xlsx", HEAD, rows), dataset, "2020", pack=lists)
    assert values(reading)[0] == ("8173", "I", 12, Decimal("6973.80"), 0.1, True, date(2001, 9, 1), "02624411")
    assert reading.findings.counts()["blocks"] == {"pupils.unreadable-integer": 1, "spending.unreadable-scale": 1}


def test_error_cells_of_a_workbook_are_not_lost(tmp_path: Path, dataset: Dataset, lists: Lists) -> None:
    path = tmp_path / "r.xlsx"
    write_xlsx(path, HEAD, [["A", "I", "#DIV/0!", 1, 1, True, None, None], ["B", "I", 5, 1, 1, True, None, None]])
    book = openpyxl.load_workbook(path)
    book.active["C2"].data_type = "e"
    book.save(path)
    reading = read(path, dataset, "2020", pack=lists)
    assert reading.findings.of("pupils.unreadable-integer")["value"].to_pylist() == ["#DIV/0!"]


def test_blank_rows_are_no_rows(tmp_path: Path, dataset: Dataset, lists: Lists) -> None:
    path = write_xlsx(tmp_path / "r.xlsx", HEAD, [ROWS[0], [None] * 8, ROWS[1], [None] * 8])
    reading = read(path, dataset, "2020", pack=lists)
    assert reading.rows_read == 2
    assert reading.table["_row"].to_pylist() == [2, 4]


def test_malformed_csv_rows_are_counted_and_named(tmp_path: Path, dataset: Dataset, lists: Lists) -> None:
    path = tmp_path / "r.csv"
    path.write_text("School,Pupils\nA,1\nB,2,3\n\nC,4\nD\n", "utf-8")
    reading = read(path, dataset, "2020", pack=lists)
    assert reading.table["school"].to_pylist() == ["A", "C"]
    assert reading.table["_row"].to_pylist() == [2, 5]
    assert reading.rows_read == 4
    assert [(line["row"], line["message"]) for line in reading.findings.messages() if line["rule"] == "row.malformed"] == [
        (3, "The row has a different number of cells than the header (3/2)"),
        (6, "The row has a different number of cells than the header (1/2)"),
    ]


def test_line_breaks_inside_cells_and_a_quoted_preamble(tmp_path: Path, dataset: Dataset, lists: Lists) -> None:
    path = tmp_path / "r.csv"
    path.write_text('"Return\nof schools"\n"School",Pupils\n"A\nB",1\nC,2\n', "utf-8")
    reading = read(path, dataset, "2020", pack=lists)
    assert reading.table["school"].to_pylist() == ["A\nB", "C"]
    assert reading.table["_row"].to_pylist() == [3, 4]


cells = st.text(st.characters(exclude_categories=("Cs",), exclude_characters="\0"), max_size=8) | st.sampled_from(
    ["n/a", "1,5", " 7 ", "I-III", "І", "0012", "2020-02-30", "1e9", "true", '"', ";", "=1+1"]
)


@settings(max_examples=80, deadline=None, suppress_health_check=[HealthCheck.function_scoped_fixture])
@given(rows=st.lists(st.lists(cells, min_size=8, max_size=8), min_size=1, max_size=6))
def test_any_text_in_any_cell_loses_no_row(tmp_path: Path, dataset: Dataset, lists: Lists, rows: list[list[str]]) -> None:
    path = tmp_path / "any.jsonl"
    path.write_text("".join(json.dumps(dict(zip(HEAD, row, strict=True))) + "\n" for row in rows), "utf-8")
    reading = read(path, dataset, "2020", pack=lists)
    assert reading.rows_read == len(rows)
    unread = {(line["row"], line["field"]) for line in reading.findings.table.to_pylist() if line["severity"] == "blocks"}
    emptied = {(line["row"], line["field"]) for line in reading.mends.to_pylist() if line["after"] is None}
    for number, (source, typed) in enumerate(zip(rows, reading.table.to_pylist(), strict=True), start=1):
        for heading, name in zip(HEAD, [item.id for item in dataset.fields], strict=True):
            text = source[HEAD.index(heading)]
            lost = typed[name] is None and text != ""
            assert lost == ((number, name) in unread | emptied), (name, text)
