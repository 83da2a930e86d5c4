"""The pack ru-soko: the table of 4.6 computed and proved whole, every study of 4.4 placed, the words as codes."""

from __future__ import annotations

from collections import Counter
from functools import cache
from pathlib import Path

from sapa.packs.coverage import coverage
from sapa.packs.loader import Pack, load_pack

ROOT = Path(__file__).resolve().parents[2]
TABLE = [7, 7, 3, 3, 1, 7, 5]
STUDIES = {"results": 8, "organisation": 11, "extra-education": 2, "upbringing": 6, "competence": 6, "health": 6}


@cache
def pack() -> Pack:
    return load_pack(str(ROOT / "packs/ru-soko"))


def codes(name: str) -> list[str]:
    return [item.code for item in pack().codelist(name).items]


def test_the_table_has_seven_criteria_of_thirty_three_indicators_and_each_is_computed() -> None:
    criteria = pack().criteria
    assert [len(criterion.signs) for criterion in criteria] == TABLE
    for number, criterion in enumerate(criteria, start=1):
        wanted = [f"ru-soko:s4.6.g{number}.i{place}" for place in range(1, TABLE[number - 1] + 1)]
        assert [sign.clause for sign in criterion.signs] == [(clause,) for clause in wanted]
        for sign in criterion.signs:
            decisive = pack().indicator(sign.figures[0])
            assert decisive.direction == sign.direction != "neutral"
            assert sign.clause[0] in decisive.clause
    assert 10 <= sum(sign.key for criterion in criteria for sign in criterion.signs) <= 15


def test_each_of_the_thirty_three_has_a_case_counted_by_hand() -> None:
    """A case names the clause, and expects a numerator over a denominator or a value of its decisive indicator."""
    for criterion in pack().criteria:
        for sign in criterion.signs:
            cases = [case for case in pack().cases if sign.clause[0] in case.proves and case.kind == "facts"]
            expected = {wanted["indicator"] for case in cases for wanted in case.expect}
            assert set(sign.figures) <= expected, sign.id
    rows = {row.clause.path: row.state for row in coverage(pack()).clauses}
    assert Counter(state for path, state in rows.items() if ".i" in path and path.startswith("s4.6.g")) == {"proved": 33}


def test_the_indicators_are_not_only_shares() -> None:
    kinds = {pack().indicator(sign.figures[0]).kind for criterion in pack().criteria for sign in criterion.signs}
    assert kinds == {"ratio", "mean", "derived", "condition"}
    assert pack().indicator("extra-programmes").kind == "count"


def test_every_rule_has_a_case() -> None:
    proved = {name.removeprefix("rule:") for case in pack().cases for name in case.proves if name.startswith("rule:")}
    own = [item.element for item in pack().placed if item.section == "datasets"]
    assert proved == {rule.id for dataset in own for rule in dataset.rules}
    assert len(own) == 13


def test_every_study_of_the_procedures_is_there_and_leads_to_data() -> None:
    assert {item.id: len(item.studies) for item in pack().procedures} == STUDIES
    cited = [study.clause[0] for item in pack().procedures for study in item.studies]
    wanted = {name for name in pack().clauses if name.startswith("ru-soko:s4.4.") and ".l" in name}
    assert sorted(cited) == sorted(wanted)
    assert all(study.datasets and study.figures and study.methods for item in pack().procedures for study in item.studies)


def test_the_words_of_the_regulation_are_its_lists() -> None:
    sizes = {"evaluation-subject": 7, "monitoring-method": 7, "monitoring-level": 3, "monitoring-step": 7, "data-source": 6}
    assert {name: len(codes(name)) for name in sizes} == sizes
    assert {criterion.subject for criterion in pack().criteria} < set(codes("evaluation-subject"))


def test_the_plan_covers_every_procedure_criterion_and_level() -> None:
    lines = pack().monitoring
    assert {name for line in lines for name in line.procedures} == set(STUDIES)
    assert {name for line in lines for name in line.criteria} == {criterion.id for criterion in pack().criteria}
    assert {line.level for line in lines} == set(codes("monitoring-level"))
    assert {method for line in lines for method in line.methods} == set(codes("monitoring-method"))
    assert {line.form for line in lines} == {"continuous", "periodic"}
    assert all(line.ours for line in lines)


def test_results_go_up_and_evidence_stays() -> None:
    leaves = {policy.about: (policy.leaves, policy.receivers) for policy in pack().policies}
    assert leaves["results"] == ("by-duty", ("municipal-level", "regional-level"))
    assert leaves["answers"][0] == leaves["evidence"][0] == "never"
