"""What commands print for people: whole identifiers, lines that fit, hints and commands that work as printed."""

from __future__ import annotations

import os
import shlex
import shutil
import subprocess
import sys
from pathlib import Path

import pytest
from rich.console import Console
from tests.chain.test_frozen import CLASSES, SCHOOLS
from tests.support.archives import tiny_pack
from typer.testing import CliRunner

from sapa.chain.context import counted
from sapa.cli import demo, output
from sapa.cli.application import app
from sapa.errors import UserError
from sapa.formula import schema_of
from sapa.indicators.trace import recompute


@pytest.fixture
def said(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> object:
    """Runs a command of the tiny pack in a folder with its returns; returns what it prints, raises what it raises."""
    tiny_pack(tmp_path / "packs")
    monkeypatch.setenv("SAPA_PACKS", str(tmp_path / "packs"))
    monkeypatch.chdir(tmp_path)
    Path("schools.csv").write_text(SCHOOLS)
    Path("classes.csv").write_text(CLASSES)

    def run(*arguments: str) -> str:
        result = CliRunner().invoke(app, list(arguments))
        if result.exception is not None and not isinstance(result.exception, SystemExit):
            raise result.exception
        return result.output

    return run


def test_one_is_singular() -> None:
    assert [counted(number, "row") for number in (0, 1, 2)] == ["0 rows", "1 row", "2 rows"]


def test_collect_says_where_the_findings_lie(said, tmp_path: Path) -> None:
    Path("classes.csv").write_text(CLASSES.splitlines()[0] + "\nS1,1A,5\nS1,1B,-1\n")
    text = said("collect", "tiny", "--period", "2020", "--in", "classes.csv", "--out", "out", "--now", "2020-10-06")
    assert "classes: 1 return, 2 rows read = 1 accepted + 1 refused" in text
    assert "written: out/findings.xlsx" in text
    assert Path("out/findings.xlsx").is_file()
    [line] = [line for line in text.splitlines() if "pupils.minimum" in line]
    assert line.split() == ["blocks", "pupils.minimum", "1", "row", "3"]


def test_of_several_files_the_console_names_the_first_with_a_finding(said) -> None:
    Path("classes_b.csv").write_text(CLASSES.replace("9", "-9"))
    text = said(
        "collect",
        "tiny",
        "--period",
        "2020",
        "--in",
        "classes.csv",
        "--in",
        "classes_b.csv",
        "--out",
        "out",
        "--now",
        "2020-10-06",
    )
    [line] = [line for line in text.splitlines() if "pupils.minimum" in line]
    assert line.split() == ["blocks", "pupils.minimum", "1", "classes_b.csv,", "row", "3"]


def test_a_trace_fits_a_page_and_shows_each_row_whole(said) -> None:
    files = ("--in", "schools.csv", "--in", "classes.csv")
    content = Path("packs/tiny/content.yaml")
    clause = "Schools report each for itself and nobody is left out of what is then added up. " * 3
    content.write_text(content.read_text().replace("Schools report.", clause.strip()))
    said("run", "tiny", "--period", "2020", *files, "--out", "out", "--langs", "none", "--now", "2020-10-06")
    text = said("trace", "out", "pupils@2020[region=R1]")
    assert max(map(len, text.splitlines())) <= 118
    words = " ".join(text.split())
    assert clause.strip() in words
    assert "1 signed submission, 1 row, those where" in words
    assert "row: school=S1, class_name=1A, pupils=20, a_region=R1" in words


@pytest.mark.parametrize("width", [40, 60, 200])
def test_no_identifier_of_a_clause_is_broken(
    width: int, monkeypatch: pytest.MonkeyPatch, capsys: pytest.CaptureFixture[str]
) -> None:
    monkeypatch.setattr(output, "out", Console(width=width, highlight=False, soft_wrap=True))
    name = "chapter3.section5.item1"
    rows = [(f"{name}\nwhat it says in many words", "implemented", "element-with-a-long-name-" * 4)] * 2
    output.table("", ("clause", "state", "by"), rows, whole=(0, 1))
    printed = capsys.readouterr().out
    assert printed.count(name) == 2
    assert printed.count("implemented") == 2


def test_coverage_names_each_clause_on_a_line_of_its_own(said, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(output, "out", Console(width=50, highlight=False, soft_wrap=True))
    lines = [line.split() for line in said("packs", "coverage", "tiny").splitlines()]
    assert ["p1", "duty", "implemented"] in [line[:3] for line in lines]


def test_a_clause_without_its_document_is_told_how_to_name_it(said) -> None:
    with pytest.raises(UserError) as caught:
        said("packs", "show", "p1")
    assert "tiny:p1" in caught.value.todo
    assert "Schools report." in said("packs", "show", "tiny:p1")
    with pytest.raises(UserError, match="no pack has an element or clause 'p99'"):
        said("packs", "show", "p99")


def test_a_blank_period_is_none_and_no_period_is_said(said) -> None:
    for blank in (" ", "latest"):
        with pytest.raises(UserError, match="no reference period"):
            said("explain", "pupils", "--pack", "tiny", "--period", blank)
    assert "period any: the newest layout" in said("explain", "pupils", "--pack", "tiny")
    assert "period 2020" in said("explain", "pupils", "--pack", "tiny", "--period", "2020")


def test_a_data_set_without_dimensions_offers_no_empty_list(said, tmp_path: Path) -> None:
    content = Path("packs/tiny/content.yaml")
    text = content.read_text().replace(
        "    dimensions: [{id: region, title: {en: Region}, attribute: region}]\n    cuts: [[region]]\n", ""
    )
    content.write_text(text)
    from sapa.packs.loader import load_pack

    pack = load_pack("packs/tiny")
    assert schema_of(pack.dataset("classes"))
    with pytest.raises(UserError) as caught:
        recompute(pack, "pupils", "2020", {"region": "R1"}, None)
    assert caught.value.todo == "leave the cut out: the data set has no dimensions"


@pytest.mark.parametrize("where", ["path", "elsewhere", "hidden", "script"])
def test_the_next_steps_call_the_program_that_is_running(where: str, tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    running = tmp_path / "with blank" / ("other.py" if where == "script" else "sapa")
    other = tmp_path / "bin/sapa"
    for path in (running, other):
        path.parent.mkdir()
        path.write_text(f"#!/bin/sh\necho {path.parent.name}\n")
        path.chmod(0o755)
    folders = {"path": running.parent, "elsewhere": other.parent, "hidden": tmp_path, "script": other.parent}
    monkeypatch.setenv("PATH", os.pathsep.join([str(folders[where]), "/bin", "/usr/bin"]))
    monkeypatch.setattr(sys, "argv", [str(running), "demo"])
    made = demo.command()
    if where == "script":
        answer = subprocess.run(f"{made} version", shell=True, capture_output=True, text=True, check=True)
        assert answer.stdout.startswith("sapa ")
    else:
        assert (made == "sapa") == (where == "path")
        answer = subprocess.run(made, shell=True, capture_output=True, text=True, check=True)
        assert answer.stdout == "with blank\n"
    assert shlex.split(made)
    assert shutil.which(shlex.split(made)[0])
