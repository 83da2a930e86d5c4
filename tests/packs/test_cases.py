"""The runner of date and freeze cases: what is wrong with a case is a difference it tells, never an exception."""

from __future__ import annotations

import datetime as dt

import pytest

from sapa.calendar import WorkingDays
from sapa.errors import UserError
from sapa.packs.cases import run_cases, working_days
from sapa.packs.loader import load_pack

META = """id: rules
version: 1.0.0
title: {{en: Rules}}
kind: regulation
{country}
languages: [en]
document: {{kind: own-decision, title: {{en: A rule}}, issuer: {{en: A body}}, language: en}}
"""
LAW = """clauses:
  - {path: p1, kind: deadline, text: {en: Within five working days.}}
codelists:
  - {id: bodies, clause: p1, title: {en: Bodies}, items: [{code: ministry, title: {en: Ministry}}]}
calendar:
  - {id: update, clause: p1, title: {en: Update}, rule: {unit: working-days, n: 5, suspended_days: skip}}
  - {id: half, clause: p1, title: {en: Review}, rule: {unit: half-year, times: 2}}
  - id: fixing
    clause: p1
    title: {en: Fixing}
    rule: {unit: freeze, month: 10, suspension_max: 10, notice: 3, announced_by: ministry}
"""
DAYS_OFF = """working_days:
  - off: [{date: 2021-10-05, reason: {en: A decree}, clause: No 5 of 1.10.2021}]
"""


@pytest.fixture
def outcome(tmp_path):
    """A function: kind, given and expect in flow YAML → the differences of the one case."""

    def run(kind, given, expect, *, more="", country="country: KZ"):
        (tmp_path / "pack.yaml").write_text(META.format(country=country))
        case = f"cases:\n  - {{id: one, kind: {kind}, proves: [p1], title: {{en: One}}, given: {given}, expect: {expect}}}\n"
        (tmp_path / "law.yaml").write_text(LAW + more + case)
        (result,) = run_cases(load_pack(str(tmp_path), search=[]))
        assert result.passed == (not result.differences)
        assert result.line == (LAW + more).count("\n") + 2
        return list(result.differences)

    return run


def test_a_right_case_has_no_difference(outcome):
    assert outcome("date", "{item: update, event: 2021-10-01}", "{due: 2021-10-08}") == []


def test_a_wrong_expectation_is_told_with_both_values(outcome):
    assert outcome("date", "{item: update, event: 2021-10-01}", "{due: 2021-10-07}") == [
        "due: expected 2021-10-07, got 2021-10-08"
    ]


def test_every_wrong_expectation_is_told(outcome):
    found = outcome(
        "date", "{item: update, event: 2021-10-01, done: 2021-10-12}", "{due: 2021-10-07, late: 1, warn_on: 2021-10-08}"
    )
    assert found == ["due: expected 2021-10-07, got 2021-10-08", "late: expected 1, got 2"]


def test_a_day_off_by_decree_moves_the_date(outcome):
    assert outcome("date", "{item: update, event: 2021-10-01}", "{due: 2021-10-11}", more=DAYS_OFF) == []


def test_a_suspension_may_be_given_as_spans(outcome):
    given = '{item: update, event: 2021-10-01, suspended: ["2021-10-04 ... 2021-10-05", "2021-10-05 … 2021-10-06"]}'
    assert outcome("date", given, "{due: 2021-10-13}") == []


@pytest.mark.parametrize(
    ("kind", "given", "expect", "told"),
    [
        ("date", "{item: update, event: 2021-10-01}", "{dew: 1}", "unknown expectation 'dew'; allowed here: due, warn_on"),
        ("date", "{item: update, event: 2021-10-01}", "{}", "expect must be a mapping of at least one"),
        ("date", "{item: update, event: 2021-10-01}", "[due]", "expect must be a mapping"),
        (
            "date",
            "{item: update, event: 2021-10-01, when: 1}",
            "{due: 2021-10-08}",
            "unknown in given: when; allowed: done, event",
        ),
        ("date", "{item: update}", "{due: 2021-10-08}", "event must be a date as YYYY-MM-DD (given: None)"),
        (
            "date",
            "{item: update, event: 1 October}",
            "{due: 2021-10-08}",
            "event must be a date as YYYY-MM-DD (given: 1 October)",
        ),
        ("date", "{item: update, event: 2021-10-01}", "{late: 0}", "done must be a date"),
        ("date", "{item: nothing, event: 2021-10-01}", "{due: 2021-10-08}", "no calendar item 'nothing'"),
        ("date", "{item: fixing, event: 2021-10-01}", "{due: 2021-10-08}", "'fixing' is a freeze: use a case of kind freeze"),
        ("date", "{item: update, event: 2075-10-01}", "{due: 2021-10-08}", "lies outside the calendar"),
        ("date", "{item: update, event: 2021-10-01, suspended: 3}", "{due: 2021-10-08}", "suspended must be a list"),
        (
            "date",
            "{item: update, event: 2021-10-01, suspended: {item: fixing, day: 1}}",
            "{due: 2021-10-08}",
            "unknown in suspended: day",
        ),
        ("date", '{item: update, event: 2021-10-01, suspended: ["2021-10-09 ... 2021-10-01"]}', "{due: 2021-10-08}", "ends"),
        ("freeze", "{item: update, as_of: 2021-10-01}", "{problems: []}", "'update' is a deadline in working-days, not a freeze"),
        ("freeze", "{item: fixing, as_of: 2021-10-01, days: ten}", "{problems: []}", "days must be a whole number (given: ten)"),
        ("freeze", "{item: fixing, as_of: 2021-10-01, today: 2021-10-01, change: frozen}", "{obstacle: null}", "change must be"),
        ("freeze", "{item: fixing, as_of: 2021-11-01}", "{problems: []}", "problems: expected [], got ['date-not-in-month']"),
    ],
)
def test_what_is_wrong_with_a_case_is_told(outcome, kind, given, expect, told):
    found = outcome(kind, given, expect)
    assert len(found) == 1
    assert told in found[0]


def test_occurrences_in_a_span(outcome):
    given = "{item: half, event: 2024-02-01, done: [2024-01-09, 2024-07-01]}"
    assert outcome("date", given, "{missing: 1, times: 2, start: 2024-01-01, due: 2024-06-30, earliest_end: null}") == []


def test_a_pack_of_no_country_has_no_working_days(outcome):
    with pytest.raises(UserError, match=r"belongs to no country.*add 'country'"):
        outcome("date", "{item: update, event: 2021-10-01}", "{due: 2021-10-08}", country="")


def test_the_own_override_prevails_over_the_imported_one(tmp_path):
    day = dt.date(2021, 10, 5)
    for name, section, extra in (("law", "off", ""), ("overlay", "working", "overlays: law\n")):
        (tmp_path / name).mkdir()
        meta = META.format(country="country: KZ").replace("id: rules", f"id: {name}") + extra
        (tmp_path / name / "pack.yaml").write_text(meta)
        entry = "working_days:\n  - %s: [{date: 2021-10-05, reason: {en: A decree}, clause: No 5}]\n"
        (tmp_path / name / "days.yaml").write_text(entry % section)
    assert WorkingDays("KZ").is_working(day)
    assert not working_days(load_pack("law", search=[tmp_path])).is_working(day)
    assert working_days(load_pack("overlay", search=[tmp_path])).is_working(day)
