"""The command line: exit codes, JSON, errors in words."""

from __future__ import annotations

import json
import os
import shutil
import subprocess
import sys
from pathlib import Path

import pytest
from tests.support.archives import tiny_pack, world


def sapa(
    *arguments: str | Path, packs: Path | None = None, cwd: Path | None = None, timeout: int = 120
) -> subprocess.CompletedProcess[str]:
    """Run the command as a user would."""
    environment = {**os.environ, "NO_COLOR": "1", "COLUMNS": "160"}
    if packs is not None:
        environment["SAPA_PACKS"] = str(packs)
    command = [sys.executable, "-c", "from sapa.cli import main; main()", *map(str, arguments)]
    return subprocess.run(command, capture_output=True, text=True, env=environment, cwd=cwd, timeout=timeout, check=False)


def test_packs_check_is_content_with_a_good_pack_and_names_what_is_wrong_in_a_bad_one(tmp_path: Path) -> None:
    tiny_pack(tmp_path)
    good = sapa("packs", "check", tmp_path / "tiny", "--json")
    assert good.returncode == 0, good.stderr
    assert json.loads(good.stdout)["error"] == 0
    content = tmp_path / "tiny/content.yaml"
    content.write_text(content.read_text().replace("of: pupils", "of: pupil"))
    bad = sapa("packs", "check", tmp_path / "tiny")
    assert bad.returncode == 1
    assert "content.yaml" in bad.stdout
    assert "pupil" in bad.stdout


def test_wrong_use_has_exit_code_2_and_says_what_to_do(tmp_path: Path) -> None:
    for arguments in (
        ("packs", "check", "no-such-pack"),
        ("verify", tmp_path / "nothing"),
        ("calendar", "no-such-pack", "--year", "2026"),
        ("run", "no-such-pack", "--period", "2020", "--in", tmp_path / "x.csv", "--out", tmp_path / "out"),
        ("no-such-command",),
        ("trace", tmp_path, "pupils@2020"),
    ):
        result = sapa(*arguments)
        assert result.returncode in (1, 2), arguments
        assert "Traceback" not in result.stderr, result.stderr
        assert result.stderr or result.stdout


@pytest.fixture(scope="module")
def frozen(tmp_path_factory: pytest.TempPathFactory) -> Path:
    folder = tmp_path_factory.mktemp("cli")
    here = world(folder)
    here.fill(4)
    here.freeze()
    return folder


def test_the_chain_from_a_file_to_a_traced_fact(tmp_path: Path) -> None:
    tiny_pack(tmp_path / "packs")
    schools = tmp_path / "schools.csv"
    schools.write_text("school,region\nS1,R1\nS2,R2\n")
    classes = tmp_path / "classes.csv"
    classes.write_text("school,class_name,pupils\nS1,1A,20\nS1,1B,22\nS2,1A,-5\nS2,1B,9\n")
    run = sapa(
        "run",
        "tiny",
        "--period",
        "2020",
        "--in",
        schools,
        "--in",
        classes,
        "--out",
        tmp_path / "out",
        "--langs",
        "none",
        "--json",
        packs=tmp_path / "packs",
    )
    assert run.returncode == 0, run.stderr
    said = json.loads(run.stdout)
    assert (said["units"], said["rows_read"], said["rows_accepted"], said["rows_refused"]) == (4, 6, 5, 1)
    assert list(said["findings"]["blocks"].values()) == [1]
    assert len(said["root"]) == 64
    assert said["facts"] == 3
    assert set(said["seconds"]) >= {"collect+verify", "freeze", "compute"}
    for name in ("findings.json", "findings.xlsx", "snapshot/snapshot.json", "facts/classes.parquet"):
        assert (tmp_path / "out" / name).is_file(), name
    verified = sapa("verify", tmp_path / "out", "--root", said["root"], "--json")
    assert verified.returncode == 0, verified.stdout + verified.stderr
    assert json.loads(verified.stdout)["rows_compared"]
    traced = sapa("trace", tmp_path / "out", "pupils@2020[region=R1]", "--json")
    assert traced.returncode == 0, traced.stderr
    lineage = json.loads(traced.stdout)
    assert (lineage["published"], lineage["recomputed"], lineage["rows_count"]) == (42.0, 42.0, 2)
    assert [item["unit"] for item in lineage["submissions"]] == ["S1"]
    assert sapa("trace", tmp_path / "out", "pupils@2020[region=R9]").returncode == 2


def test_verify_finds_an_altered_row_and_names_the_submission(frozen: Path, tmp_path: Path) -> None:
    shutil.copytree(frozen / "archive", tmp_path / "archive")
    victim = tmp_path / "archive/submissions/classes/2020/S002/r0001.csv"
    victim.write_text(victim.read_text().replace("12", "13", 1))
    result = sapa("verify", tmp_path / "archive")
    assert result.returncode == 1
    assert "submissions/classes/2020/S002/r0001" in result.stdout.splitlines()[0]


def test_help_of_every_command() -> None:
    result = sapa("--help")
    assert result.returncode == 0
    for command in (
        "demo",
        "run",
        "collect",
        "freeze",
        "compute",
        "publish",
        "verify",
        "trace",
        "explain",
        "calendar",
        "packs",
        "proof",
    ):
        assert command in result.stdout
        assert sapa(command, "--help").returncode == 0


def test_packs_cases_executes_the_examples_and_fails_with_the_one_that_differs(tmp_path: Path) -> None:
    tiny_pack(tmp_path)
    case = """cases:
  - id: two-classes
    kind: facts
    proves: [p1]
    title: {en: Two classes}
    dataset: classes
    period: "2020"
    rows: [{school: S1, class_name: 1A, pupils: 10}, {school: S1, class_name: 1B, pupils: 14}]
    expect: [{indicator: pupils, value: 24}]
"""
    (tmp_path / "tiny/cases.yaml").write_text(case)
    good = sapa("packs", "cases", tmp_path / "tiny", "--json")
    assert good.returncode == 0, good.stderr
    said = json.loads(good.stdout)
    assert (said["cases"], said["failed"], said["results"][0]["passed"]) == (1, 0, True)
    (tmp_path / "tiny/cases.yaml").write_text(case.replace("value: 24", "value: 25"))
    bad = sapa("packs", "cases", tmp_path / "tiny")
    assert bad.returncode == 1, bad.stderr
    assert "cases.yaml:2 two-classes" in bad.stdout
    assert "expected 25, got 24.0" in bad.stdout
