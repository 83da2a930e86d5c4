"""The freeze as a state machine over a calendar: dates, states, transitions, what the clause does not allow."""

from __future__ import annotations

import datetime as dt
import itertools

import pytest
from hypothesis import given
from hypothesis import strategies as st

from sapa.calendar import FREEZE_STATES, TRANSITIONS, FreezePlan, FreezeWindow, WorkingDays

KZ = WorkingDays("KZ")
CLAUSE = FreezeWindow(month=10, suspension_max=10, notice=3, announced_by="ministry")
DAY = dt.timedelta(days=1)
october = st.integers(1991, 2059).flatmap(lambda y: st.dates(dt.date(y, 10, 1), dt.date(y, 10, 31)))


def day(text: str) -> dt.date:
    return dt.date.fromisoformat(text)


def plan(as_of="2021-10-05", **options) -> FreezePlan:
    return FreezePlan(CLAUSE, KZ, day(as_of), **options)


def test_dates_of_a_plan():
    found = plan()
    assert found.notice_by == day("2021-09-30")  # 30 September, 1 and 4 October: three working days
    assert (found.suspend_from, found.suspend_until) == (day("2021-10-05"), day("2021-10-18"))
    assert found.resume_on == day("2021-10-19")
    assert found.problems() == []


def test_a_date_on_a_day_off_is_followed_by_the_suspension_on_the_next_working_day():
    found = plan("2021-10-02")
    assert found.suspend_from == day("2021-10-04")
    assert found.notice_by == day("2021-09-29")
    assert found.problems() == []


def test_notice_is_counted_back_from_a_suspension_that_starts_before_the_date():
    found = plan("2021-10-08", suspend_on=day("2021-10-05"))
    assert found.notice_by == day("2021-09-30")
    assert found.frozen_from == day("2021-10-08")
    assert found.problems() == []


@given(october, st.integers(1, 10))
def test_a_plan_within_the_clause_has_no_problems_and_keeps_its_limits(as_of, length):
    found = FreezePlan(CLAUSE, KZ, as_of, suspension_days=length)
    assert found.problems() == []
    assert KZ.count_in([found.suspension]) == length
    assert KZ.between(found.notice_by - DAY, min(as_of, found.suspend_from) - DAY) == 3
    assert KZ.is_working(found.resume_on)
    assert KZ.between(found.suspend_until, found.resume_on) == 1
    told_late = FreezePlan(CLAUSE, KZ, as_of, suspension_days=length, announced_on=found.notice_by + DAY)
    assert [p.code for p in told_late.problems()] == ["notice-too-late"]


@pytest.mark.parametrize(
    ("options", "code"),
    [
        ({"as_of": "2021-11-01"}, "date-not-in-month"),
        ({"announced_on": day("2021-10-01")}, "notice-too-late"),
        ({"suspension_days": 11}, "suspension-too-long"),
        ({"suspension_days": 0}, "suspension-empty"),
        ({"suspend_on": day("2021-10-06")}, "suspension-after-date"),
        ({"suspend_on": day("2021-10-01"), "suspension_days": 2}, "suspension-before-date"),
        ({"frozen_on": day("2021-10-19")}, "fixed-outside-suspension"),
        ({"frozen_on": day("2021-10-04"), "suspend_on": day("2021-10-01")}, "fixed-outside-suspension"),
    ],
)
def test_what_the_clause_does_not_allow(options, code):
    problems = plan(**options).problems()
    assert [p.code for p in problems] == [code]
    assert problems[0].todo


def test_several_problems_are_told_at_once():
    found = plan("2021-11-01", suspension_days=11, announced_on=day("2021-11-01"))
    assert [p.code for p in found.problems()] == ["date-not-in-month", "notice-too-late", "suspension-too-long"]


@pytest.mark.parametrize(
    ("today", "state"),
    [
        ("2021-09-29", "planned"),
        ("2021-09-30", "announced"),
        ("2021-10-04", "announced"),
        ("2021-10-05", "suspended"),
        ("2021-10-17", "suspended"),
        ("2021-10-18", "frozen"),
        ("2021-10-19", "resumed"),
        ("2025-01-01", "resumed"),
    ],
)
def test_state_by_the_calendar(today, state):
    assert plan().state(day(today)) == state


@given(october, st.integers(-60, 60))
def test_states_only_advance_and_can_always_be_reached_by_the_table(as_of, offset):
    found = FreezePlan(CLAUSE, KZ, as_of)
    today = as_of + DAY * offset
    before, after = (FREEZE_STATES.index(found.state(d)) for d in (today, today + DAY))
    assert after - before in (0, 1)
    if after > before:
        assert found.can(FREEZE_STATES[before], FREEZE_STATES[after], today + DAY)


LAWFUL = {(t.source, t.target) for t in TRANSITIONS}


def test_the_table_is_the_four_steps_and_the_way_out():
    steps = set(itertools.pairwise(FREEZE_STATES))
    assert steps <= LAWFUL
    assert LAWFUL - steps == {("suspended", "resumed")}


@pytest.mark.parametrize("pair", sorted(set(itertools.product(FREEZE_STATES, repeat=2)) - LAWFUL))
def test_no_other_change_is_possible_on_any_day(pair):
    found = plan()
    assert not any(found.can(*pair, day("2021-09-01") + DAY * i) for i in range(90))


@pytest.mark.parametrize(
    ("source", "target", "first", "last"),
    [
        ("planned", "announced", None, "2021-09-30"),
        ("announced", "suspended", "2021-10-05", "2021-10-18"),
        ("suspended", "frozen", "2021-10-05", "2021-10-31"),
        ("frozen", "resumed", "2021-10-05", None),
        ("suspended", "resumed", "2021-10-19", None),
    ],
)
def test_each_change_has_its_days(source, target, first, last):
    found = plan()
    if first:
        assert found.can(source, target, day(first))
        assert found.obstacle(source, target, day(first) - DAY).code == "too-early"
    if last:
        assert found.can(source, target, day(last))
        assert found.obstacle(source, target, day(last) + DAY).code == "too-late"


def test_a_suspension_that_runs_beyond_the_month_leaves_time_to_fix_the_data():
    found = plan("2021-10-28")
    assert found.suspend_until == day("2021-11-10")
    assert found.can("suspended", "frozen", day("2021-11-10"))
    assert not found.can("suspended", "frozen", day("2021-11-11"))


@given(october, st.integers(0, 400))
def test_nothing_stays_suspended_without_a_way_out(as_of, later):
    found = FreezePlan(CLAUSE, KZ, as_of)
    today = found.resume_on + DAY * later
    assert found.can("suspended", "resumed", today)
    assert found.can("frozen", "resumed", today)
    assert found.overdue("suspended", today).code == "resume-overdue"
    assert found.overdue("resumed", today) is None


def test_a_forgotten_notice_is_seen_the_day_after():
    found = plan()
    assert found.overdue("planned", found.notice_by) is None
    assert found.overdue("planned", found.notice_by + DAY).code == "notice-overdue"


def test_an_unlawful_change_names_what_is_lawful():
    found = plan().obstacle("planned", "frozen", day("2021-10-10"))
    assert found.code == "no-transition"
    assert "announced" in found.todo
