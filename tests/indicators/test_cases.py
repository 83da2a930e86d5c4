"""The runner of cases of facts: what is wrong with a case is a difference it tells, never an exception."""

from __future__ import annotations

from collections.abc import Callable
from pathlib import Path

import pytest
from tests.support.archives import tiny_pack

from sapa.errors import UserError
from sapa.indicators.cases import run_every_case, run_facts_cases
from sapa.packs.check import check_pack
from sapa.packs.loader import load_pack

MORE = """
indicators:
  - {id: schools, clause: p1, title: {en: Schools}, theme: network, unit: school, decimals: 0, kind: count, dataset: schools}
  - id: pupils-per-school
    clause: p1
    title: {en: Pupils per school}
    theme: network
    unit: person
    kind: derived
    inputs: {pupils: pupils, schools: schools}
    expr: pupils / schools
  - {id: pupils-growth, clause: p1, title: {en: Growth}, theme: network, unit: percent, kind: growth, of: pupils}
"""
HEAD = "kind: facts, proves: [p1], title: {en: One}, dataset: classes, period: '2020'"
ROWS = (
    "rows: [{school: S1, class_name: 1A, pupils: 10}, {school: S1, class_name: 1B, pupils: 14}, "
    "{school: S2, class_name: 1A, pupils: 6}]"
)
REGISTER = "[{school: S1, region: R1}, {school: S2, region: R2}]"

Differences = Callable[..., list[str]]


@pytest.fixture
def differences(tmp_path: Path) -> Differences:
    """A function: the parts of a case in flow YAML → how it differs."""
    tiny_pack(tmp_path)
    (tmp_path / "tiny/more.yaml").write_text(MORE)

    def run(expect: str, *parts: str, others: str = "") -> list[str]:
        body = ", ".join([HEAD, *(parts or (ROWS, f"register_rows: {REGISTER}")), f"expect: {expect}"])
        (tmp_path / "tiny/cases.yaml").write_text(f"cases:\n  - {{id: one, {body}}}\n{others}")
        result = run_facts_cases(load_pack(str(tmp_path / "tiny"), [tmp_path]))[0]
        assert (result.file, result.line, result.passed) == ("cases.yaml", 2, not result.differences)
        return list(result.differences)

    return run


def test_facts_as_worked_out_by_hand_differ_in_nothing(differences: Differences) -> None:
    cell = "{indicator: pupils, cut: {region: R1}, numerator: 24, value: 24, count: 2, flag: ''}"
    assert differences("[{indicator: pupils, value: 30}, " + cell + "]") == []


def test_a_wrong_figure_is_told_with_both_values_and_every_one_of_them(differences: Differences) -> None:
    found = differences("[{indicator: pupils, value: 31, count: 3}, {indicator: pupils, cut: {region: R2}, value: null}]")
    assert found == ["pupils: value: expected 31, got 30.0", "pupils region=R2: value: expected None, got 6.0"]


def test_figures_are_equal_to_twelve_digits_and_no_fewer(differences: Differences) -> None:
    assert differences("[{indicator: pupils, value: 30.00000000001}]") == []
    assert differences("[{indicator: pupils, value: 30.000000001}]") != []


@pytest.mark.parametrize("cut", ["{region: R9}", "{colour: red}"])
def test_a_cell_without_a_fact_is_told(differences: Differences, cut: str) -> None:
    (found,) = differences("[{indicator: pupils, cut: " + cut + ", value: 1}]")
    assert found.endswith("there is no such fact")


@pytest.mark.parametrize(
    ("expect", "said"),
    [
        ("{indicator: pupils}", "expect must be a list"),
        ("[]", "expect must be a list"),
        ("[{value: 3}]", "expect must be a list"),
        ("[{indicator: pupils}]", "expect at least one of numerator"),
        ("[{indicator: pupils, valeu: 3}]", "nothing else (given: valeu)"),
        ("[{indicator: pupil, value: 3}]", "no indicator 'pupil'"),
    ],
)
def test_an_expectation_that_says_nothing_is_a_failure(differences: Differences, expect: str, said: str) -> None:
    assert said in differences(expect)[0]


@pytest.mark.parametrize(
    ("rows", "said"),
    [
        ("rows: [{school: S1, class: 1A, pupils: 1}]", "no field class"),
        ("rows: [{school: S1, class_name: 1A, pupils: ten}]", "row 1 of classes: pupils.unreadable-integer"),
    ],
)
def test_rows_that_cannot_be_read_are_a_failure(differences: Differences, rows: str, said: str) -> None:
    assert said in differences("[{indicator: pupils, value: 1}]", rows)[0]


def test_a_key_of_given_that_nobody_reads_is_a_failure(differences: Differences) -> None:
    assert "unknown in given: bese" in differences("[{indicator: pupils, value: 1}]", ROWS, "given: {bese: {pupils: 1}}")[0]


def test_growth_takes_the_year_before(differences: Differences) -> None:
    previous = "previous: [{school: S1, class_name: 1A, pupils: 20}]"
    assert differences("[{indicator: pupils-growth, numerator: 10, denominator: 20, value: 50}]", ROWS, previous) == []


def test_indicators_across_data_sets_take_the_tables_and_the_register_among_them(differences: Differences) -> None:
    expect = "[{indicator: pupils-per-school, value: 15}, {indicator: pupils-per-school, cut: {region: R1}, value: 24}]"
    assert differences(expect, ROWS, "tables: {schools: " + REGISTER + "}") == []


def test_a_case_without_rows_has_those_of_the_one_it_is_like(differences: Differences) -> None:
    other = f"  - {{id: two, {HEAD}, {ROWS}, given: {{base: {{pupils: 1}}}}, expect: [{{indicator: pupils, value: 30}}]}}\n"
    assert differences("[{indicator: pupils, value: 30}]", "given: {like: two}", others=other) == []
    assert "like 'three'" in differences("[{indicator: pupils, value: 30}]", "given: {like: three}", others=other)[0]


def test_a_case_without_any_rows_is_a_failure(differences: Differences) -> None:
    assert "has no rows" in differences("[{indicator: pupils, value: 30}]", "given: {base: {pupils: 1}}")[0]


def test_tables_are_further_data_sets_of_the_pack(differences: Differences, tmp_path: Path) -> None:
    with pytest.raises(UserError, match="further data sets"):
        differences("[{indicator: pupils, value: 30}]", ROWS, "tables: {classes: []}")
    assert "no dataset 'school'" in differences("[{indicator: pupils, value: 30}]", ROWS, "tables: {school: []}")[0]
    _, found = check_pack(tmp_path / "tiny")
    assert [(item.code, item.path) for item in found] == [("dangling-reference", "cases[0].tables.school")]


def test_a_case_that_nothing_executes_is_a_failure(
    differences: Differences, tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    assert differences("[{indicator: pupils, value: 30}]") == []
    monkeypatch.setattr("sapa.indicators.cases.run_facts_cases", lambda pack: [])
    (idle,) = run_every_case(load_pack(str(tmp_path / "tiny"), [tmp_path]))
    assert idle.differences == ("nothing executes a case of kind facts",)
