"""Arithmetic over working days: properties, overrides, refusals."""

from __future__ import annotations

import datetime as dt
import os
import subprocess
import sys
import time

import pytest
from hypothesis import given
from hypothesis import strategies as st
from pydantic import ValidationError

from sapa.calendar import DayOverrides, Window, WorkingDays
from sapa.errors import UserError

COUNTRIES = ("KZ", "BY", "RU", "UA")
CALENDARS = {code: WorkingDays(code) for code in COUNTRIES}

calendars = st.sampled_from(COUNTRIES).map(CALENDARS.__getitem__)
days = st.dates(dt.date(1995, 1, 1), dt.date(2055, 12, 31))
counts = st.integers(1, 600)
DAY = dt.timedelta(days=1)


def naive_add(wd: WorkingDays, day: dt.date, n: int) -> dt.date:
    step, left = (DAY if n > 0 else -DAY), abs(n)
    while left:
        day += step
        left -= wd.is_working(day)
    return day


@given(calendars, days, st.integers(-40, 40))
def test_add_equals_counting_day_by_day(wd, day, n):
    assert wd.add(day, n) == naive_add(wd, day, n)


@given(calendars, days, counts)
def test_add_and_between_are_inverse(wd, day, n):
    assert wd.between(day, wd.add(day, n)) == n
    assert wd.is_working(wd.add(day, n))


@given(calendars, days, counts)
def test_backward_is_the_inverse_of_forward_on_working_days(wd, day, n):
    working = wd.on_or_after(day)
    assert wd.add(wd.add(working, n), -n) == working
    assert wd.add(wd.add(working, -n), n) == working


@given(calendars, days, st.integers(-300, 300), st.integers(0, 30))
def test_add_is_monotone_in_the_day_and_in_the_count(wd, day, n, more):
    assert wd.add(day, n) <= wd.add(day + dt.timedelta(days=more), n)
    if n > 0:
        assert wd.add(day, n) < wd.add(day, n + 1)


@given(calendars, days, days, days)
def test_between_is_additive_and_antisymmetric(wd, a, b, c):
    assert wd.between(a, b) + wd.between(b, c) == wd.between(a, c)
    assert wd.between(a, b) == -wd.between(b, a)


@given(calendars, days, st.integers(0, 60), st.integers(-20, 60), st.integers(0, 60))
def test_days_of_overlapping_spans_count_once(wd, day, length, gap, other):
    first = Window(start=day, end=day + dt.timedelta(days=length))
    start = day + dt.timedelta(days=gap)
    second = Window(start=start, end=start + dt.timedelta(days=other))
    covered = {d for w in (first, second) for d in (w.start + DAY * i for i in range((w.end - w.start).days + 1))}
    assert wd.count_in([first, second]) == sum(map(wd.is_working, covered))


@given(calendars, days)
def test_on_or_after_and_before_hold_the_day_itself_only_when_working(wd, day):
    after, before = wd.on_or_after(day), wd.on_or_before(day)
    assert before <= day <= after
    assert wd.is_working(after)
    assert wd.is_working(before)
    assert (before == after) == wd.is_working(day)


def test_zero_days_after_a_day_off_is_that_day():
    assert CALENDARS["KZ"].add(dt.date(2021, 12, 16), 0) == dt.date(2021, 12, 16)


def test_an_override_prevails_over_the_library_in_both_directions():
    working, off = dt.date(2021, 12, 16), dt.date(2021, 12, 15)
    wd = WorkingDays("KZ", added={working: "a working holiday"}, removed={off: "a day of mourning"})
    assert wd.is_working(working)
    assert not wd.is_working(off)
    assert wd.why(working) == "a working holiday"
    assert wd.why(off) == "a day of mourning"
    assert wd.add(dt.date(2021, 12, 14), 1) == working
    assert [note.kind for note in wd.holidays(2021) if note.date in (off, working)] == ["removed", "added"]


OVERRIDES = {
    "working": [{"date": "2021-12-16", "reason": {"kk": "жұмыс күні", "en": "working"}, "clause": "order 1"}],
    "off": [{"date": "2021-12-15", "reason": {"en": "off"}, "clause": "order 2"}],
}


def test_overrides_of_a_pack_apply_in_its_language_and_fall_back_to_english():
    wd = WorkingDays("KZ").with_overrides(DayOverrides.model_validate(OVERRIDES), "kk")
    assert wd.why(dt.date(2021, 12, 16)) == "жұмыс күні"
    assert wd.why(dt.date(2021, 12, 15)) == "off"
    assert wd.between(dt.date(2021, 11, 30), dt.date(2021, 12, 31)) == 20


def test_a_later_override_replaces_an_earlier_one_of_the_same_day():
    undo = DayOverrides.model_validate({"working": OVERRIDES["off"], "off": OVERRIDES["working"]})
    wd = WorkingDays("KZ").with_overrides(DayOverrides.model_validate(OVERRIDES)).with_overrides(undo)
    assert wd.is_working(dt.date(2021, 12, 15))
    assert not wd.is_working(dt.date(2021, 12, 16))


@pytest.mark.parametrize(
    ("change", "named"),
    [
        ({"off": [*OVERRIDES["off"], OVERRIDES["working"][0]]}, "2021-12-16"),
        ({"off": OVERRIDES["off"] * 2}, "2021-12-15"),
        ({"offf": []}, "offf"),
        ({"off": [{"date": "2021-12-15", "reason": {"en": "off"}}]}, "clause"),
        ({"off": [{"date": "2021-12-15", "reason": {}, "clause": "1"}]}, "reason"),
        ({"off": [{"date": "2021-13-15", "reason": {"en": "off"}, "clause": "1"}]}, "date"),
    ],
)
def test_overrides_that_make_no_sense_are_refused_by_name(change, named):
    with pytest.raises(ValidationError, match=named):
        DayOverrides.model_validate(OVERRIDES | change)


@pytest.mark.parametrize(
    ("act", "named"),
    [
        (lambda: WorkingDays("XX"), "XX"),
        (lambda: CALENDARS["KZ"].is_working(dt.date(1989, 12, 31)), "1990-01-01"),
        (lambda: CALENDARS["KZ"].add(dt.date(2060, 12, 1), 100), "2060-12-31"),
        (lambda: CALENDARS["KZ"].add(dt.date(1990, 1, 3), -100), "1990-01-01"),
        (lambda: CALENDARS["KZ"].holidays(2061), "2060-12-31"),
        (lambda: WorkingDays("KZ", weekend=range(7)), "weekend"),
        (lambda: WorkingDays("KZ", years=range(2000, 2010, 2)), "consecutive"),
        (lambda: WorkingDays("KZ", added={dt.date(2070, 1, 1): "x"}), "2070-01-01"),
        (lambda: WorkingDays("KZ", added={dt.date(2020, 1, 1): "x"}, removed={dt.date(2020, 1, 1): "y"}), "2020-01-01"),
    ],
)
def test_a_wrong_question_is_the_users_to_mend(act, named):
    with pytest.raises(UserError, match=named) as caught:
        act()
    assert caught.value.todo


@pytest.mark.parametrize("code", COUNTRIES)
def test_all_years_are_covered(code):
    wd = CALENDARS[code]
    assert (wd.first, wd.last) == (dt.date(1990, 1, 1), dt.date(2060, 12, 31))
    for year in range(1990, 2061):
        assert 235 <= wd.between(dt.date(year, 1, 1), dt.date(year, 12, 31)) <= 262


def test_a_six_day_week_works_on_plain_saturdays():
    wd = WorkingDays("KZ", weekend={6})
    assert wd.is_working(dt.date(2021, 10, 2))
    assert not wd.is_working(dt.date(2021, 10, 3))


def test_names_follow_the_language_asked_for_and_never_the_environment():
    code = "import datetime as d; from sapa.calendar import WorkingDays as W; print(W('KZ').why(d.date(2021,12,16)))"
    env = os.environ | {"LANGUAGE": "uk", "LC_ALL": "uk_UA.UTF-8", "PYTHONIOENCODING": "utf-8"}
    shown = subprocess.run([sys.executable, "-c", code], env=env, capture_output=True, check=True).stdout.decode()
    assert shown.strip() == "Тәуелсіздік күні"
    assert WorkingDays("KZ", language="en").why(dt.date(2021, 12, 16)) == "Independence Day"
    assert WorkingDays("KZ", language="ru").language == "kk"  # the library has no Russian for this country


def test_a_hundred_thousand_questions_take_well_under_a_second():
    wd, day = CALENDARS["KZ"], dt.date(2021, 10, 5)
    start = time.perf_counter()
    for n in range(100_000):
        wd.add(day, n % 250)
    assert time.perf_counter() - start < 2  # 0.06 s on an idle machine
