"""The demonstration country, from returns to a yearbook, by the command of the README."""

from __future__ import annotations

import json
import shutil
from hashlib import sha256
from pathlib import Path
from typing import Any

import pypdf
import pytest
from tests.cli.test_commands import sapa

pytestmark = [pytest.mark.slow, pytest.mark.xdist_group("demonstration")]


@pytest.fixture(scope="module")
def demo(tmp_path_factory: pytest.TempPathFactory) -> tuple[Path, dict[str, Any]]:
    """The small country, three years, yearbooks in two languages."""
    out = tmp_path_factory.mktemp("demo") / "country"
    result = sapa("demo", "--out", out, "--langs", "en,kk", "--json", timeout=600)
    assert result.returncode == 0, result.stderr
    return out, json.loads(result.stdout)


def test_every_row_is_accounted_for_in_every_year(demo: tuple[Path, dict[str, Any]]) -> None:
    _, said = demo
    assert list(said["runs"]) == ["2021", "2022", "2023"]
    for run in said["runs"].values():
        assert run["rows_read"] == run["rows_accepted"] + run["rows_refused"]
        assert run["refused_submissions"] == []
        assert run["facts"] > 10_000
        assert run["calendar"]["problems"] == []
        assert run["calendar"]["state"] in ("suspended", "frozen")


def test_every_seeded_defect_is_found_by_its_rule(demo: tuple[Path, dict[str, Any]]) -> None:
    _, said = demo
    found = {rule for rules in said["runs"]["2023"]["findings"].values() for rule in rules}
    assert said["seeded_defects"]
    assert set(said["seeded_defects"]) <= found
    clean = {rule for year in ("2021", "2022") for name in ("blocks", "explain") for rule in said["runs"][year]["findings"][name]}
    assert clean == set(), "years without seeded defects pass"


def test_a_second_run_has_the_same_roots(demo: tuple[Path, dict[str, Any]], tmp_path: Path) -> None:
    _, said = demo
    again = json.loads(sapa("demo", "--out", tmp_path / "again", "--langs", "none", "--json", timeout=600).stdout)
    assert {year: run["root"] for year, run in again["runs"].items()} == {year: run["root"] for year, run in said["runs"].items()}


def test_the_archive_verifies(demo: tuple[Path, dict[str, Any]]) -> None:
    out, said = demo
    for year, run in said["runs"].items():
        verified = sapa("verify", out / year, "--root", run["root"], "--json")
        assert verified.returncode == 0, verified.stdout
        assert json.loads(verified.stdout)["rows_compared"]


@pytest.mark.parametrize(
    "fact",
    [
        "learners@2023",
        "learners@2023[region=R1]",
        "mark-median@2023",
        "marks-high@2023[settlement=rural]",
        "pupils-per-teacher@2023",
        "marks-gpia@2023",
        "learners-growth@2023",
        "repetition-rate@2022",
        "repetition-rate@2022[grade=4]",
        "repetition-rate@2021",
    ],
)
def test_facts_of_every_kind_trace_to_rows(demo: tuple[Path, dict[str, Any]], fact: str) -> None:
    out, _ = demo
    traced = sapa("trace", out / "2023", fact, "--json")
    assert traced.returncode == 0, traced.stdout + traced.stderr
    lineage = json.loads(traced.stdout)
    assert lineage["complete"]
    assert lineage["agrees"]
    assert lineage["published"] is not None
    assert lineage["clauses"]


def test_without_the_earlier_archive_growth_is_not_called_checked(demo: tuple[Path, dict[str, Any]], tmp_path: Path) -> None:
    out, _ = demo
    shutil.copytree(out / "2023", tmp_path / "alone/2023", ignore=shutil.ignore_patterns("submissions", "returns", "charts"))
    traced = sapa("trace", tmp_path / "alone/2023", "repetition-rate@2022", "--json")
    lineage = json.loads(traced.stdout)
    assert not lineage["complete"]
    assert "2022" in lineage["note"]


def test_published_again_the_bytes_are_equal(demo: tuple[Path, dict[str, Any]]) -> None:
    out, _ = demo
    files = [*sorted((out / "2023").glob("yearbook.*.pdf")), *sorted((out / "2023/tables").glob("*"))]
    before = {path: sha256(path.read_bytes()).hexdigest() for path in files}
    earlier = [part for year in ("2021", "2022") for part in ("--earlier", out / year)]
    result = sapa("publish", out / "2023", "--langs", "en,kk", *earlier, timeout=300)
    assert result.returncode == 0, result.stderr
    after = {path: sha256(path.read_bytes()).hexdigest() for path in files}
    assert len(before) > 40
    assert after == before


def test_the_yearbook_says_what_it_rests_on(demo: tuple[Path, dict[str, Any]]) -> None:
    out, said = demo
    text = " ".join(page.extract_text() for page in pypdf.PdfReader(out / "2023/yearbook.en.pdf").pages)
    root = said["runs"]["2023"]["root"]
    assert root[:16] in text.replace(" ", "")
    assert "borrows" in text
    kazakh = " ".join(page.extract_text() for page in pypdf.PdfReader(out / "2023/yearbook.kk.pdf").pages)
    assert all(letter in kazakh for letter in "әіңғүұқө"), "Kazakh letters are on the page"
