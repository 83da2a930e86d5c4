"""Every executed example of every pack that ships comes out as it says, and none is idle; how the clauses stand, printed."""

from __future__ import annotations

import re
from functools import cache
from pathlib import Path

import pytest
import yaml

from sapa.indicators.cases import run_every_case
from sapa.packs.cases import CaseResult
from sapa.packs.coverage import STATES, coverage
from sapa.packs.loader import Pack, load_pack

FOLDERS = sorted(path.parent for path in (Path(__file__).resolve().parents[1] / "packs").glob("*/pack.yaml"))
NAMES = [folder.name for folder in FOLDERS]
NOT_LESS = {"by-329": 41, "kz-521": 12, "ru-soko": 71, "ua-school-return": 39}
"""Clauses proved when last counted: a change that proves fewer is told."""


@cache
def pack_of(name: str) -> Pack:
    return load_pack(str(FOLDERS[NAMES.index(name)]))


@cache
def results_of(name: str) -> list[CaseResult]:
    return run_every_case(pack_of(name))


def written(folder: Path) -> list[tuple[str, str]]:
    """(kind, id) of the cases in the files themselves, read by no code of ours."""
    texts = [path.read_text(encoding="utf-8") for path in sorted(folder.rglob("*.yaml"))]
    parts = [yaml.safe_load(text) for text in texts if re.search("^cases:", text, re.MULTILINE)]
    return sorted((case["kind"], case["id"]) for part in parts for case in part["cases"])


@pytest.mark.parametrize("name", NAMES)
def test_every_case_comes_out_as_it_says(name: str) -> None:
    assert [result.as_text() for result in results_of(name) if not result.passed] == []


@pytest.mark.parametrize("folder", FOLDERS, ids=NAMES)
def test_no_case_is_idle(folder: Path) -> None:
    assert sorted((result.kind, result.case) for result in results_of(folder.name)) == written(folder)


@pytest.mark.parametrize("name", ["by-329", "ua-school-return", "ru-soko"])
def test_every_indicator_is_proved_by_a_case(name: str) -> None:
    pack = pack_of(name)
    expected = {wanted["indicator"] for case in pack.cases if case.kind == "facts" for wanted in case.expect}
    named = {proof.removeprefix("indicator:") for case in pack.cases for proof in case.proves if proof.startswith("indicator:")}
    assert {item.id for item in pack.indicators} - named == set()
    assert named - expected == set(), "named by a case that expects no fact of it"


def test_clauses_proved_by_document(capsys: pytest.CaptureFixture[str]) -> None:
    everything = [pack_of(name) for name in NAMES]
    counts = {name: coverage(pack_of(name), everything).counts() for name in NAMES}
    with capsys.disabled():
        print("\nclauses by document:")
        for name, found in counts.items():
            print(f"  {name:18}" + ", ".join(f"{found[state]:3} {state}" for state in STATES))
    fewer = {name: found["proved"] for name, found in counts.items() if found["proved"] < NOT_LESS.get(name, 0)}
    assert fewer == {}
