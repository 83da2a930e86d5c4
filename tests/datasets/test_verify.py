"""Verification: every kind of rule, each held to a plain loop over the rows that says what must be found."""

from __future__ import annotations

import statistics
from collections import Counter
from decimal import Decimal
from typing import Any

import pyarrow as pa
import pytest
from hypothesis import given, settings
from hypothesis import strategies as st
from tests.datasets.conftest import LEVELS, Lists, make_dataset

from sapa.datasets import Findings, schema, verify
from sapa.formula import FormulaError
from sapa.packs.models_data import Dataset

WORDS = {"cause": {"en": "Cause"}, "message": {"en": "{pupils} and {previous}, {value} at {median}"}, "remedy": {"en": "Mend it"}}


def rule(name: str, kind: str, fields: list[str], **more: Any) -> dict[str, Any]:
    return {"id": name, "clause": "p1", "severity": "explain", "kind": kind, "fields": fields, **WORDS, **more}


FIELDS = [
    {"id": "school", "type": "string", "role": "unit", "required": True, "pattern": "[A-Z][0-9]*"},
    {"id": "grade", "type": "integer", "role": "key", "minimum": 1, "maximum": 11},
    {"id": "level", "type": "code", "code_list": "levels"},
    {"id": "pupils", "type": "integer"},
    {"id": "spending", "type": "decimal", "scale": 2, "minimum": 0},
    {"id": "code", "type": "string", "width": 3, "max_length": 3},
]
RULES = [
    rule("within", "row", ["pupils"], when="grade > 1", require="pupils <= 40"),
    rule("code-once", "unique", ["code"], scope="all"),
    rule("code-once-a-unit", "unique", ["code"]),
    rule("known", "reference", ["school"], other="register.id"),
    rule("steady", "previous", ["pupils"], require="pupils <= prev.pupils + 10"),
    rule("usual", "outlier", ["pupils"], require="pupils", by=["level"], threshold=5.0),
    rule("enough", "dataset", ["pupils"], require="sum(pupils) >= 10"),
]


@pytest.fixture
def trial() -> Dataset:
    return make_dataset(FIELDS, rules=RULES)


Row = tuple[str | None, int | None, str | None, int | None, Decimal | None, str | None]


def rows_table(dataset: Dataset, rows: list[Row]) -> pa.Table:
    wanted = schema(dataset, "2020")
    columns = list(zip(*rows, strict=True)) if rows else [()] * len(wanted)
    return pa.table([pa.array(column, item.type) for column, item in zip(columns, wanted, strict=True)], schema=wanted)


def found(findings: Findings) -> set[tuple[str, int | None, str | None]]:
    return {(line["rule"], line["row"], line["unit"]) for line in findings.table.to_pylist()}


def test_the_layout_refuses_what_it_does_not_allow(trial: Dataset, lists: Lists) -> None:
    rows: list[Row] = [
        ("A1", 1, "I", 5, Decimal("1.00"), "001"),
        (None, 0, "II", 5, Decimal("-1.00"), "1"),
        ("a-b", 12, None, None, None, "1234"),
    ]
    counts = verify(rows_table(trial, rows), trial, lists, "2020").counts()["blocks"]
    assert counts == {
        "code.max-length": 1, "code.width": 2, "grade.maximum": 1, "grade.minimum": 1, "level.code": 1, "school.pattern": 1,
        "school.required": 1, "spending.minimum": 1,
    }  # fmt: skip


def test_rows_with_a_blocking_finding_are_refused_and_the_others_accepted(trial: Dataset, lists: Lists) -> None:
    rows: list[Row] = [("A1", 1, "I", 5, None, "001"), ("B1", 99, "I", 5, None, "002"), ("C1", 2, "I", 50, None, "003")]
    findings = verify(rows_table(trial, rows), trial, lists, "2020")
    assert findings.blocking_rows().to_pylist() == [2]
    assert ("within", 3, "C1") in found(findings)


def test_a_rule_that_lacks_its_comparison_is_named_as_skipped(trial: Dataset, lists: Lists) -> None:
    findings = verify(rows_table(trial, [("A1", 1, "I", 50, None, "001")]), trial, lists, "2020")
    assert [text.partition(":")[0] for text in findings.skipped] == ["known", "steady"]


def test_messages_name_values_and_come_in_the_language_asked_for(trial: Dataset, lists: Lists) -> None:
    now = rows_table(trial, [("A1", 1, "I", 25, None, "001")])
    before = rows_table(trial, [("A1", 1, "I", 12, None, "001")])
    findings = verify(now, trial, lists, "2020", previous=before, columns={"pupils": "D"}, sheet="Sheet1")
    line = next(findings.messages("en"))
    expected = {"rule": "steady", "row": 1, "unit": "A1", "column": "D", "sheet": "Sheet1", "field": "pupils", "value": "25"}
    assert {key: line[key] for key in expected} == expected
    assert line["message"].startswith("25 and 12,")
    assert line["clause"] == "p1"
    bad = verify(rows_table(trial, [("A1", 99, "I", 25, None, "001")]), trial, lists, "2020")
    assert next(bad.messages("uk"))["message"] == "99 більше за 11"
    assert next(bad.messages("kk"))["message"] == "99 саны 11 санынан үлкен"


def test_the_summary_groups_by_cause_gravest_first(trial: Dataset, lists: Lists) -> None:
    rows: list[Row] = [("A1", 99, "I", 25, None, "001"), *[("B1", grade, "I", 50, None, None) for grade in (2, 3, 4)]]
    causes = verify(rows_table(trial, rows), trial, lists, "2020").summary("en")
    assert [(item.severity, item.rule, item.count, item.units) for item in causes] == [
        ("blocks", "grade.maximum", 1, 1),
        ("explain", "within", 3, 1),
    ]


def test_a_formula_that_names_no_field_is_an_error_of_the_pack(lists: Lists) -> None:
    wrong = make_dataset(FIELDS, rules=[rule("wrong", "row", ["pupils"], require="teachers > 0")])
    with pytest.raises(FormulaError, match="rule wrong of trial"):
        verify(rows_table(wrong, []), wrong, lists, "2020")


letters = st.sampled_from("ABC")
rows_strategy = st.lists(
    st.tuples(
        letters, st.integers(1, 11), st.none() | st.sampled_from(["I", "I-III"]), st.none() | st.integers(0, 60), st.none(),
        st.none() | st.sampled_from(["001", "002", "003"]),
    ),
    max_size=40,
)  # fmt: skip


def oracle(now: list[Row], before: list[Row], known: set[str]) -> set[tuple[str, int | None, str | None]]:
    """What must be found, told row by row."""
    out: set[tuple[str, int | None, str | None]] = set()
    earlier: dict[tuple[Any, ...], int | None] = {}
    for row in before:
        earlier.setdefault(row[:2], row[3])
    groups: dict[str | None, list[int]] = {}
    for row in now:
        if row[3] is not None:
            groups.setdefault(row[2], []).append(row[3])
    for number, (school, grade, level, pupils, _, code) in enumerate(now, start=1):
        upto = now[: number - 1]
        checks = {
            "within": grade is not None and grade > 1 and pupils is not None and pupils > 40,
            "code-once": code is not None and any(row[5] == code for row in upto),
            "code-once-a-unit": code is not None and any(row[5] == code and row[0] == school for row in upto),
            "known": school not in known,
            "steady": pupils is not None and (last := earlier.get((school, grade))) is not None and pupils > last + 10,
            "usual": pupils is not None and _far(pupils, groups[level]),
        }
        out |= {(name, number, school) for name, failed in checks.items() if failed}
    totals: Counter[str | None] = Counter()
    for row in now:
        totals[row[0]] += row[3] or 0
    counted = {row[0] for row in now if row[3] is not None}
    return out | {("enough", None, school) for school in counted if totals[school] < 10}


def _far(value: int, group: list[int]) -> bool:
    middle = statistics.median(group)
    spread = statistics.median(abs(each - middle) for each in group)
    return len(group) >= 10 and spread > 0 and abs(value - middle) > 5.0 * 1.4826 * spread


@settings(max_examples=30, deadline=None)
@given(now=rows_strategy, before=rows_strategy)
def test_every_kind_of_rule_finds_what_a_plain_loop_finds(now: list[Row], before: list[Row]) -> None:
    dataset = make_dataset(FIELDS, rules=RULES)
    register = pa.table({"id": ["A", "B", None]})
    findings = verify(
        rows_table(dataset, now),
        dataset,
        Lists(LEVELS),
        "2020",
        previous=rows_table(dataset, before),
        others={"register": register},
    )
    assert found(findings) == oracle(now, before, {"A", "B"})
    assert findings.skipped == ()
