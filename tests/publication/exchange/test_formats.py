"""Every file is valid by a validator that is not ours, and gives every cell back; a hidden figure is a number in none."""

from __future__ import annotations

import csv
import io
import json
import zipfile
from dataclasses import replace
from hashlib import sha256
from pathlib import Path
from typing import Any

import openpyxl
import pyarrow.parquet as pq
import pytest
import sdmx
from csvw import TableGroup
from frictionless import Package
from lxml import etree
from pyjstat import pyjstat
from rdflib import Graph
from rdflib.namespace import DCAT, RDF
from tests.publication.exchange.conftest import ROWS, table

from sapa.errors import EngineError, UserError
from sapa.publication.exchange import FORMATS, OpenDataSet, bundle, catalogue, subset, write_files
from sapa.publication.exchange.api import files_of
from sapa.publication.exchange.sdmx import code_id

Key = tuple[str, str, str | None, str | None]


def expected() -> dict[Key, float | None]:
    return {(row["indicator"], row["period"], row.get("region"), row.get("sex")): row.get("value") for row in ROWS}


@pytest.fixture
def folder(dataset: OpenDataSet, tmp_path: Path) -> Path:
    write_files(dataset, tmp_path)
    return tmp_path


def test_csvw_is_valid_and_gives_every_cell_back(folder: Path) -> None:
    group = TableGroup.from_file(folder / "csv-metadata.json")
    group.check_referential_integrity()
    facts = next(item for item in group.tables if str(item.url) == "facts.csv")
    found = {(row["indicator"], row["period"], row["region"], row["sex"]): row["value"] for row in facts.iterdicts()}
    assert found == expected()


def test_the_data_package_is_valid(folder: Path) -> None:
    report = Package(str(folder / "datapackage.json")).validate()
    assert report.valid, report.flatten(["type", "note"])
    assert report.stats["tasks"] == 3


def test_a_damaged_data_package_is_found_out(folder: Path) -> None:
    path = folder / "facts.csv"
    path.write_bytes(path.read_bytes().replace(b"26", b"27"))
    assert not Package(str(folder / "datapackage.json")).validate().valid


def test_parquet_gives_every_cell_back(folder: Path) -> None:
    facts = pq.read_table(folder / "facts.parquet")
    rows = facts.to_pylist()
    assert {(row["indicator"], row["period"], row["region"], row["sex"]): row["value"] for row in rows} == expected()
    assert facts.schema.metadata[b"sapa.rows"] == str(len(ROWS)).encode()


def test_json_stat_is_read_by_another_library_cell_for_cell(folder: Path) -> None:
    whole = json.loads((folder / "facts.json").read_text())
    found: dict[Key, float | None] = {}
    for cube in whole["link"]["item"]:
        frame = pyjstat.Dataset.read(json.dumps(cube)).write("dataframe", naming="id", value="value")
        for row in frame.to_dict("records"):
            value = row["value"]
            key = (cube["extension"]["indicator"], row["period"], row.get("region"), row.get("sex"))
            found[key] = None if value is None or value != value else value
    assert {key: value for key, value in found.items() if key in expected()} == expected()
    assert all(value is None for key, value in found.items() if key not in expected())


def test_the_status_of_a_figure_that_is_not_there_is_said(folder: Path) -> None:
    whole = json.loads((folder / "facts.json").read_text())
    assert {status for cube in whole["link"]["item"] for status in cube["status"].values()} == {"Q", "M", "O"}


def test_sdmx_is_read_by_another_library_cell_for_cell(folder: Path) -> None:
    structures = sdmx.read_sdmx(folder / "structures.sdmx.xml")
    definition = structures.structure["DSD_DEMO"]
    message = sdmx.read_sdmx(folder / "facts.sdmx.xml", structure=definition)
    found: dict[Key, float | None] = {}
    for observation in message.data[0].obs:
        at = {name: str(value.value) for name, value in observation.dimension.values.items()}
        region, sex = (None if at[name] == "_T" else at[name] for name in ("REGION", "SEX"))
        value = None if observation.value is None else float(observation.value)
        found[at["INDICATOR"], at["TIME_PERIOD"], region, sex] = None if value is None or value != value else value
    assert found == expected()


def test_sdmx_csv_has_a_line_for_every_fact_and_hides_what_is_hidden(folder: Path) -> None:
    rows = list(csv.DictReader(io.StringIO((folder / "facts.sdmx.csv").read_text())))
    assert len(rows) == len(ROWS)
    hidden = [row for row in rows if row["CONF_STATUS"] == "C"]
    assert len(hidden) == 2
    assert all(not row[name] for row in hidden for name in ("OBS_VALUE", "NUMERATOR", "DENOMINATOR", "OBS_COUNT"))
    assert {row["OBS_STATUS"] for row in rows} == {"A", "Q", "M", "O"}


def test_every_code_of_the_data_stands_in_the_structures(folder: Path) -> None:
    tree = etree.fromstring((folder / "structures.sdmx.xml").read_bytes())
    codes = {item.get("id") for item in tree.iter("{*}Code")}
    assert {"R1", "R2", "F", "_T", "_U", "learners", "female-share"} <= codes


def test_codes_that_sdmx_forbids_are_written_reversibly() -> None:
    made = {code: code_id(code) for code in ("a b", "a$20b", "қала", "1.1", "x-y_z")}
    assert len(set(made.values())) == len(made)
    assert made["x-y_z"] == "x-y_z"
    assert made["a b"] == "a$20b"


def test_the_workbook_opens_and_holds_every_fact(folder: Path) -> None:
    book = openpyxl.load_workbook(folder / "facts.xlsx", read_only=True)
    head, *rows = book["facts"].iter_rows(values_only=True)
    records = [dict(zip(head, row, strict=True)) for row in rows]
    found = {(row["indicator"], row["period"], row["region"], row["sex"]): row["value"] for row in records}
    # A workbook keeps sixteen digits, as spreadsheets do.
    sixteen = {key: value if value is None else float(f"{value:.16g}") for key, value in expected().items()}
    assert found == sixteen
    named = "Білім алушылар: ә, ғ, қ, ң, ө, ұ, ү, һ, і"
    assert ["title (kk)", named] in [list(row) for row in book["about"].iter_rows(values_only=True)]


def test_dcat_is_read_as_linked_data(dataset: OpenDataSet) -> None:
    files = {name: len(data) for name, data in files_of(dataset).items()}
    made = catalogue([(dataset, files)], "https://stat.example/data/", {"en": "Education"})
    graph = Graph().parse(data=json.dumps(made), format="json-ld")
    assert len(list(graph.subjects(RDF.type, DCAT.Dataset))) == 1
    assert len(list(graph.subjects(RDF.type, DCAT.Distribution))) == len(files)


def test_the_same_data_set_gives_the_same_bytes(dataset: OpenDataSet) -> None:
    assert bundle(dataset) == bundle(replace(dataset))


def test_the_bundle_explains_itself_and_its_digests_hold(dataset: OpenDataSet) -> None:
    with zipfile.ZipFile(io.BytesIO(bundle(dataset))) as box:
        files = {name.partition("/")[2]: box.read(name) for name in box.namelist()}
    for line in files.pop("SHA256SUMS").decode().splitlines():
        digest, name = line.split("  ")
        assert sha256(files[name]).hexdigest() == digest
    text = files["README.md"].decode()
    for word in (f"{len(ROWS)} facts", dataset.licence, "Cite as", "suppressed", "ab" * 32):
        assert word in text


def test_no_cell_is_a_formula_for_a_spreadsheet(dataset: OpenDataSet) -> None:
    evil = "=1+1"
    rows: list[dict[str, Any]] = [{"indicator": "learners", "period": "2023", "region": evil, "value": 1.0, "count": 1}]
    files = files_of(replace(dataset, facts=table(rows)), ("csv", "xlsx"))
    assert f"'{evil}" in files["facts.csv"].decode()
    book = openpyxl.load_workbook(io.BytesIO(files["facts.xlsx"]))
    assert all(cell.data_type != "f" for sheet in book for row in sheet for cell in row)


def test_a_reader_takes_away_what_he_has_chosen(dataset: OpenDataSet) -> None:
    part = subset(dataset, indicators=["learners"], cut=["region"], codes={"region": ["R1"]})
    assert part.facts.to_pylist()[0]["value"] == 26.0
    assert part.rows == 1
    assert subset(dataset).rows == dataset.rows


def test_a_hidden_cell_that_still_has_a_number_is_never_written(dataset: OpenDataSet) -> None:
    leaking = table([{"indicator": "learners", "period": "2023", "flag": "C", "denominator": 3.0}])
    with pytest.raises(EngineError, match="suppressed"):
        replace(dataset, facts=leaking)


def test_an_unknown_format_is_refused(dataset: OpenDataSet) -> None:
    with pytest.raises(UserError, match="ods"):
        files_of(dataset, ["ods"])
    assert set(FORMATS) == {"csv", "xlsx", "json-stat", "parquet", "sdmx"}
