"""Findings of a collection: each names the file it stands in; what follows from a refused row is told under that row."""

from __future__ import annotations

import json
from datetime import UTC, date, datetime
from pathlib import Path
from typing import Any

import openpyxl
import pytest
from tests.support.archives import tiny_pack

from sapa.archive.store import FolderStore
from sapa.chain.context import Run
from sapa.chain.run import Outcome, collect_files
from sapa.cli.output import Clock
from sapa.packs.loader import Pack, load_pack

RULE = """
    rules:
      - id: school-known
        clause: p1
        severity: blocks
        kind: reference
        fields: [school]
        other: schools.school
        cause: {en: The school is not in the register}
        message: {en: "There is no school {school}"}
        remedy: {en: Register it}
"""


def pack_with_reference(folder: Path) -> Pack:
    home = tiny_pack(folder).folder
    content = (home / "content.yaml").read_text()
    (home / "content.yaml").write_text(content.replace("themes:", RULE[1:] + "themes:"))
    return load_pack(str(home), [folder])


def collected(folder: Path, **files: str) -> tuple[Outcome, list[dict[str, Any]]]:
    """Collect files given by name; returns the outcome and findings.json."""
    run = Run(
        pack_with_reference(folder / "packs"),
        "2020",
        FolderStore(folder / "out"),
        datetime(2020, 10, 6, tzinfo=UTC),
        date(2020, 10, 5),
    )
    paths = []
    for name, text in files.items():
        paths.append(folder / f"{name}.csv")
        paths[-1].write_text(text)
    outcome = Outcome()
    collect_files(run, paths, Clock(), outcome)
    return outcome, json.loads((folder / "out/findings.json").read_text())


def test_a_finding_names_its_file_where_several_were_read(tmp_path: Path) -> None:
    good = "school,class_name,pupils\nS1,1A,5\n"
    bad = "school,class_name,pupils\nS2,1A,7\nS2,1B,-5\n"
    _, [part] = collected(tmp_path, classes_a=good, classes_b=bad, classes_c="school,class_name,pupils\nS3,1A,many\n")
    places = {(line["rule"], line["file"], line["row"], line["column"]) for line in part["findings"]}
    assert places == {
        ("pupils.minimum", "classes_b.csv", 3, "C"),
        ("pupils.unreadable-integer", "classes_c.csv", 2, "C"),
    }
    assert {cause["first_file"] for cause in part["causes"]} == {"classes_b.csv", "classes_c.csv"}
    rows = list(openpyxl.load_workbook(tmp_path / "out/findings.xlsx").worksheets[1].iter_rows(values_only=True))
    place = rows[0].index("File")
    assert [row[place] for row in rows[1:]] == ["classes_b.csv", "classes_c.csv"]


def test_with_one_file_there_is_no_column_for_it(tmp_path: Path) -> None:
    collected(tmp_path, classes="school,class_name,pupils\nS2,1A,-7\n")
    head = next(openpyxl.load_workbook(tmp_path / "out/findings.xlsx").worksheets[1].iter_rows(values_only=True))
    assert "File" not in head
    assert "Follows from" not in head


SCHOOLS = "school,region\nS1,R1\nS2,\nS3,\n"
CLASSES = "school,class_name,pupils\nS1,1A,5\nS2,1A,5\nS2,1B,6\nS3,1A,7\nS9,1A,8\n"


def test_what_follows_from_refused_rows_is_one_cause_and_every_row_stays_listed(tmp_path: Path) -> None:
    outcome, [_, part] = collected(tmp_path, schools=SCHOOLS, classes=CLASSES)
    assert part["counts"]["blocks"] == {"school-known": 4}
    assert [(line["value"], line["follows"]) for line in part["findings"]] == [
        ("S2", "schools:S2"),
        ("S2", "schools:S2"),
        ("S3", "schools:S3"),
        ("S9", ""),
    ]
    own, following = part["causes"]
    assert (own["count"], own["follows"], own["cause"]) == (1, "", "The school is not in the register")
    assert (following["count"], following["units"], following["follows"]) == (3, 2, "schools")
    assert following["cause"] == "Refers to refused rows of “Schools”"
    assert "S2 (2), S3 (1)" in following["remedy"]
    assert "S9" not in following["remedy"]
    assert part["findings"][0]["message"] == "There is no school S2"
    assert "First mend in “Schools”: S2;" in part["findings"][0]["remedy"]
    assert part["findings"][3]["remedy"] == "Register it"
    assert outcome.collected["classes"].rows_refused == 4
    book = openpyxl.load_workbook(tmp_path / "out/findings.xlsx")
    assert book.worksheets[1].max_row == 1 + 2 + 4
    quality = json.loads((tmp_path / "out/quality.json").read_text())
    titles = {rule["title"]["en"]: rule["count"] for rule in quality["rules"] if rule["rule"] == "school-known"}
    assert titles == {"The school is not in the register": 1, "Refers to refused rows of “Schools”": 3}


@pytest.mark.parametrize("missing", [6, 3])
def test_a_cause_names_the_first_five_of_the_rows_it_follows_from(tmp_path: Path, missing: int) -> None:
    schools = "school,region\nS0,R\n" + "".join(f"S{number},\n" for number in range(1, missing + 1))
    classes = "school,class_name,pupils\n" + "".join(f"S{number},1A,5\n" for number in range(missing + 1))
    _, [_, part] = collected(tmp_path, schools=schools, classes=classes)
    [cause] = part["causes"]
    assert cause["count"] == missing
    assert [f"S{number} (1)" in cause["remedy"] for number in range(1, missing + 1)] == [number < 5 for number in range(missing)]
    assert ("… +1" in cause["remedy"]) == (missing == 6)


def test_of_two_workbooks_of_one_unit_only_the_one_to_mend_comes_back(tmp_path: Path) -> None:
    run = Run(
        tiny_pack(tmp_path / "packs"), "2020", FolderStore(tmp_path / "out"), datetime(2020, 10, 6, tzinfo=UTC), date(2020, 10, 5)
    )
    paths = []
    for name, pupils in (("classes_a", 5), ("classes_b", -5)):
        book = openpyxl.Workbook()
        for row in (["school", "class_name", "pupils"], ["S1", name[-1], pupils]):
            book.active.append(row)
        paths.append(tmp_path / f"{name}.xlsx")
        book.save(paths[-1])
    outcome = Outcome()
    collect_files(run, paths, Clock(), outcome)
    assert outcome.files == [tmp_path / "out/annotated/classes_b.xlsx"]
    assert openpyxl.load_workbook(outcome.files[0]).worksheets[0]["C2"].comment is not None
