"""Whether a version may be published: in words, in five languages, and by the command's exit code."""

from __future__ import annotations

import json
from pathlib import Path

import pytest
from tests.disclosure.country import PACK, facts
from tests.disclosure.test_audit import ONE_SMALL, without
from typer.testing import CliRunner

from sapa.cli.application import app
from sapa.disclosure import attack, audit, protect, releasable
from sapa.disclosure.release import LANGUAGES, wording
from sapa.errors import UserError
from sapa.indicators.facts import write_facts

FOLDER = str(Path(__file__).parent / "packs" / "tiny")


def test_a_protected_version_may_be_published() -> None:
    table = facts(ONE_SMALL)
    done = protect(table, PACK)
    assert releasable(done.report, audit(done.facts, PACK, truth=table), attack(done.facts, PACK, truth=table, queries=300)) == []


def test_what_is_exposed_or_not_audited_blocks_and_says_so() -> None:
    table = facts(ONE_SMALL)
    report = protect(table, PACK).report
    half = without(table, hide={"sex": "F", "area": "N1"})
    found, asked = audit(half, PACK, truth=table), attack(half, PACK, truth=table, queries=2000)
    assert [(item.code, item.severity) for item in releasable(report, found, asked)] == [
        ("exposed", "blocks"),
        ("inferred", "blocks"),
    ]
    assert releasable(report, found.as_json(), asked.as_json()) == releasable(report, found, asked)
    assert [item.code for item in releasable(report, None)] == ["not-audited"]
    told = {**report, "not_protectable": ["a"], "exposed_before": ["b", "c"]}
    reasons = releasable(told, {"cells": []})
    assert [(item.code, item.severity, item.figures) for item in reasons] == [
        ("not-protectable", "blocks", ("a",)),
        ("exposed-before", "warns", ("b", "c")),
    ]
    assert "2" in reasons[1].text("kk")


def test_every_reason_stands_in_five_languages() -> None:
    for code, texts in wording().items():
        assert set(texts) == set(LANGUAGES), code
        assert len(set(texts.values())) == len(LANGUAGES), code


@pytest.fixture
def files(tmp_path: Path) -> Path:
    table = facts(ONE_SMALL)
    write_facts(table, tmp_path / "facts.parquet")
    write_facts(without(table, hide={"sex": "F", "area": "N1"}), tmp_path / "half.parquet")
    return tmp_path


def test_the_commands_protect_audit_and_attack(files: Path) -> None:
    run = CliRunner().invoke
    truth, safe, half = (str(files / f"{name}.parquet") for name in ("facts", "safe", "half"))
    made = run(
        app, ["disclosure", "protect", truth, "--pack", FOLDER, "--out", safe, "--report", str(files / "r.json"), "--json"]
    )
    assert made.exit_code == 0, made.output
    said = json.loads(made.output)
    assert said["hidden"] > 0
    assert said["audit"]["exposed"] == 0
    assert said == json.loads((files / "r.json").read_text())
    for command in (["audit"], ["attack", "--queries", "500"]):
        common = [truth, "--pack", FOLDER]
        assert run(app, ["disclosure", *command, *common, "--published", safe, "--json"]).exit_code == 0
        bad = run(app, ["disclosure", *command, *common, "--published", half])
        assert bad.exit_code == 1
        assert "people@2021[area=N1,sex=F]" in bad.output.replace("\n", "")
    again = ["disclosure", "protect", truth, "--pack", FOLDER, "--out", str(files / "again.parquet"), "--released", safe]
    assert run(app, again).exit_code == 0
    assert (files / "again.parquet").read_bytes() == (files / "safe.parquet").read_bytes()


def test_facts_without_a_pack_are_refused_with_what_to_do(files: Path) -> None:
    result = CliRunner().invoke(
        app, ["disclosure", "audit", str(files / "facts.parquet"), "--published", str(files / "half.parquet")]
    )
    assert isinstance(result.exception, UserError)
    assert "--pack" in result.exception.todo
