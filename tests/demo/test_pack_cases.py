"""The pack by-329: its size, its cuts, its UIS codes; every rule is proved by a case (tests/test_cases.py executes them)."""

from __future__ import annotations

from pathlib import Path

import polars as pl
import pytest
import yaml

from sapa.packs.check import check_pack
from sapa.packs.loader import Pack
from sapa.packs.models_indicator import Case

ROOT = Path(__file__).resolve().parents[2]


def _cases(*paths: Path) -> list[Case]:
    found = [item for path in paths for item in yaml.safe_load(path.read_text(encoding="utf-8"))["cases"]]
    return [Case.model_validate(item) for item in found]


CASES = _cases(*sorted((ROOT / "packs/by-329/cases").glob("*.yaml")))


@pytest.fixture(scope="module")
def pack() -> Pack:
    found, findings = check_pack(ROOT / "packs/by-329")
    assert found is not None
    assert [item for item in findings if item.file.startswith(("cases/", "datasets/", "indicators/", "themes", "reports"))] == []
    return found


def test_every_rule_has_a_case(pack: Pack) -> None:
    proved = {name.removeprefix("rule:") for case in CASES for name in case.proves if name.startswith("rule:")}
    assert proved == {rule.id for dataset in pack.datasets for rule in dataset.rules}


def test_size_of_the_pack(pack: Pack) -> None:
    rules = {dataset.id: len(dataset.rules) for dataset in pack.datasets}
    assert rules == {"institutions": 11, "learners": 24, "staff": 15}
    assert len(pack.indicators) == 90
    kinds = {item.kind for item in pack.indicators}
    assert kinds == {"count", "sum", "mean", "quantile", "distinct", "ratio", "derived", "growth", "parity", "cohort"}
    proved = {name.removeprefix("indicator:") for case in CASES for name in case.proves if name.startswith("indicator:")}
    assert len(proved) >= 70
    assert proved <= {item.id for item in pack.indicators}


def test_cuts_are_those_of_the_document(pack: Pack) -> None:
    """Chapter 3 §5: level, type and kind, territory, type of settlement, ownership, subordination, and their clauses."""
    wanted = {"level": 1, "type": 2, "kind": 2, "region": 3, "district": 3, "settlement": 4, "ownership": 5, "subordination": 6}
    for dataset in pack.datasets:
        single = {cut[0] for cut in dataset.cuts if len(cut) == 1}
        for name, number in wanted.items():
            assert name in single
            assert f"by-329:ch3.s5.p1.i2.c{number}" in (dataset.dimension(name).clause or ())


def test_uis_codes_are_in_the_published_list(pack: Pack, shared: Path) -> None:
    """UIS's list of indicators stands beside the repository: a code we name must be one of it."""
    published = set(pl.read_parquet(shared / "data/uis/uis-nine-countries.parquet")["indicator"].unique())
    own = {item.uis for item in pack.indicators if item.uis}
    assert len(own) >= 9
    assert {code.lower().replace(".", "_") for code in own} - published <= {"trtp_1", "trtp_02"}
