"""Clause coverage and line coverage, on small packs whose answer is plain."""

from __future__ import annotations

import hashlib

import pytest

from sapa.packs.coverage import coverage, line_coverage
from sapa.packs.loader import load_pack

TEXT = "Heading\n\nFirst.\nSecond, a)\n b)\n\n"
META = """id: {id}
version: 1.0.0
title: {{en: Rules}}
kind: regulation
country: KZ
languages: [en]
document: {{title: {{en: A rule}}, issuer: {{en: A body}}, language: en, sha256: {sha}, lines: 6}}
{more}"""
LAW = """clauses:
  - {path: p1, kind: duty, lines: [3], text: {en: First.}}
  - {path: p2, kind: duty, lines: [4], text: {en: Second.}}
  - {path: p2.a, kind: duty, lines: [4], text: {en: Second a.}}
  - {path: p2.b, kind: deadline, lines: [5], text: {en: Second b.}}
  - {path: p3, kind: duty, text: {en: Third.}}
  - {path: p3.1, kind: duty, text: {en: Third one.}}
left_out:
  - {lines: [1], reason: {en: Heading}}
concepts:
  - {id: first, clause: [p1, p2.a], title: {en: First}}
calendar:
  - {id: report, clause: p2.b, title: {en: Report}, rule: {unit: days, n: 2}}
cases:
  - id: two-days
    kind: date
    proves: ["deadline:report"]
    title: {en: Two days}
    given: {item: report, event: 2024-01-01}
    expect: {due: 2024-01-03}
"""


@pytest.fixture
def rules(tmp_path):
    folder = tmp_path / "rules"
    folder.mkdir()
    (folder / "pack.yaml").write_text(META.format(id="rules", sha=hashlib.sha256(TEXT.encode()).hexdigest(), more=""))
    (folder / "law.yaml").write_text(LAW)
    return folder


def states(report):
    return {row.clause.path: row.state for row in report.clauses}


def test_a_clause_is_proved_through_the_element_that_cites_it(rules):
    report = coverage(load_pack(str(rules)))
    rows = {row.clause.path: row for row in report.clauses}
    assert rows["p2.b"].state == "proved"
    assert rows["p2.b"].implemented_by == ("deadline:rules/report",)
    assert rows["p2.b"].proved_by == ("rules/two-days",)
    assert rows["p1"].state == "implemented"
    assert rows["p1"].implemented_by == ("concept:rules/first",)


def test_a_lead_in_stands_as_its_weakest_part_and_a_part_is_not_covered_by_its_lead_in(rules):
    report = coverage(load_pack(str(rules)))
    rows = {row.clause.path: row for row in report.clauses}
    assert (rows["p2"].state, rows["p2"].parts) == ("implemented", True)
    assert (rows["p3"].state, rows["p3"].parts) == ("not implemented", False)
    assert rows["p3.1"].state == "not implemented"


def test_counts_table_and_json_agree(rules):
    report = coverage(load_pack(str(rules)))
    assert report.counts() == {"proved": 1, "implemented": 3, "not implemented": 2}
    assert report.summary() == "6 clauses: 1 proved, 3 implemented, 2 not implemented"
    assert [row[2] for row in report.table()] == [row["state"] for row in report.as_json()["clauses"]]
    assert report.table()[1][0] == "p2: Second."
    assert report.table()[1][3] == "its parts"


def test_another_pack_may_implement_and_prove(rules):
    other = rules.parent / "other"
    other.mkdir()
    (other / "pack.yaml").write_text(META.format(id="other", sha='""', more="imports: [rules]\n"))
    law = LAW.split("left_out")[0].replace("lines: [", "lines: [9")  # same paths, other clauses
    cites = 'concepts:\n  - {id: third, clause: "rules:p3.1", title: {en: Third}}\n'
    (other / "law.yaml").write_text(
        law.replace("lines: [93], ", "").replace("lines: [94], ", "").replace("lines: [95], ", "") + cites
    )
    alone = states(coverage(load_pack(str(rules))))
    together = states(coverage(load_pack(str(rules)), [load_pack(str(other))]))
    assert (alone["p3.1"], together["p3.1"], together["p3"]) == ("not implemented", "implemented", "implemented")
    assert set(states(coverage(load_pack(str(other)))).values()) == {"not implemented"}


def test_every_line_with_text_is_accounted_for(rules):
    result = line_coverage(load_pack(str(rules)), TEXT.encode())
    assert result.complete
    assert result.as_text() == "all 6 lines accounted for"


@pytest.mark.parametrize(
    ("old", "new", "problem", "numbers"),
    [
        ("lines: [5], ", "", "uncovered", (5,)),
        ("lines: [1]", "lines: [1, 3]", "both", (3,)),
        ("lines: [1]", "lines: [2]", "uncovered", (1,)),
    ],
)
def test_a_line_missed_or_claimed_twice_is_named(rules, old, new, problem, numbers):
    (rules / "law.yaml").write_text(LAW.replace(old, new))
    result = line_coverage(load_pack(str(rules)), TEXT.encode())
    assert not result.complete
    assert getattr(result, problem) == numbers
    assert problem in result.as_text()


def test_lines_outside_and_another_text_are_told(rules):
    result = line_coverage(load_pack(str(rules)), b"Heading\n\nFirst.\nSecond, a)\n")
    assert result.outside == (5,)
    assert not result.same_file
    assert "not the one named in pack.yaml" in result.as_text()
