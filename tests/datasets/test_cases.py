"""The executed examples of every pack that verifies something: what a case expects is found, and nothing else."""

from __future__ import annotations

from pathlib import Path

import pytest

from sapa.datasets import run_verify_cases
from sapa.packs.loader import load_pack

PACKS = sorted(path.parent.name for path in (Path(__file__).parents[2] / "packs").glob("*/pack.yaml"))


@pytest.mark.parametrize("name", [pytest.param(name, marks=[pytest.mark.slow] if name == "by-329" else []) for name in PACKS])
def test_cases_of_verification(name: str) -> None:
    assert [result.as_text() for result in run_verify_cases(load_pack(name)) if not result.passed] == []


def test_every_rule_of_the_school_return_is_proved_by_a_case() -> None:
    pack = load_pack("ua-school-return")
    proved = {proof for case in pack.cases for proof in case.proves}
    lacking = {f"rule:{rule.id}" for rule in pack.dataset("school-return").rules} - proved
    assert lacking == set()
    assert len(run_verify_cases(pack)) >= 8
