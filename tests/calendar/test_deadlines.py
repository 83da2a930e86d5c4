"""Deadlines in every unit, both ways of reading them, and suspensions."""

from __future__ import annotations

import datetime as dt

import pytest
from hypothesis import given
from hypothesis import strategies as st
from pydantic import TypeAdapter, ValidationError

from sapa.calendar import Deadline, Window, WorkingDays, last_day

DEADLINE = TypeAdapter(Deadline)
KZ = WorkingDays("KZ")
BY = WorkingDays("BY")
DAY = dt.timedelta(days=1)
days = st.dates(dt.date(2000, 1, 1), dt.date(2050, 12, 31))


def rule(unit, **fields):
    return DEADLINE.validate_python({"unit": unit, **fields})


def span(a: str, b: str) -> Window:
    return Window(start=dt.date.fromisoformat(a), end=dt.date.fromisoformat(b))


@st.composite
def suspensions(draw, around):
    windows = []
    for _ in range(draw(st.integers(0, 3))):
        start = around + dt.timedelta(days=draw(st.integers(-60, 60)))
        windows.append(Window(start=start, end=start + dt.timedelta(days=draw(st.integers(0, 25)))))
    return windows


day_and_suspensions = days.flatmap(lambda d: st.tuples(st.just(d), suspensions(d)))


@pytest.mark.parametrize(
    ("counting", "before", "event", "due"),
    [
        ("next-day", False, "2021-10-01", "2021-10-08"),  # Friday; the next Friday
        ("event-day", False, "2021-10-01", "2021-10-07"),
        ("event-day", False, "2021-10-02", "2021-10-08"),  # an event on a Saturday can't be day one
        ("clear-days", False, "2021-10-01", "2021-10-11"),
        ("next-day", True, "2021-10-11", "2021-10-04"),
        ("event-day", True, "2021-10-11", "2021-10-05"),
        ("clear-days", True, "2021-10-11", "2021-10-01"),
        ("next-day", False, "2021-12-14", "2021-12-23"),  # over 16 and 17 December, both holidays
    ],
)
def test_five_working_days_by_each_reading(counting, before, event, due):
    deadline = rule("working-days", n=5, counting=counting, before=before)
    assert deadline.due(dt.date.fromisoformat(event), KZ) == dt.date.fromisoformat(due)


def test_ten_days_are_calendar_days_and_may_end_on_a_day_off():
    event = dt.date(2024, 3, 20)
    assert rule("days", n=10).due(event, BY) == dt.date(2024, 3, 30)
    assert rule("days", n=10, on_day_off="next").due(event, BY) == dt.date(2024, 4, 1)
    assert rule("days", n=10, on_day_off="previous").due(event, BY) == dt.date(2024, 3, 29)
    assert rule("days", n=10, before=True).due(event, BY) == dt.date(2024, 3, 10)


@pytest.mark.parametrize(("counting", "due"), [("event-day", 29), ("next-day", 30), ("clear-days", 31)])
def test_ten_calendar_days_by_each_reading(counting, due):
    assert rule("days", n=10, counting=counting).due(dt.date(2024, 3, 20), BY) == dt.date(2024, 3, due)


def test_a_cycle_from_a_leap_day_is_not_cut_short():
    cycle = rule("times-in-years", n_min=1, n_max=4).due(dt.date(2024, 2, 29), BY)
    assert (cycle.earliest_end, cycle.end) == (dt.date(2025, 2, 28), dt.date(2028, 2, 28))


def test_days_can_stand_still_in_a_suspension():
    deadline = rule("days", n=3, suspended_days="skip")
    assert deadline.due(dt.date(2024, 3, 20), BY, [span("2024-03-21", "2024-03-24")]) == dt.date(2024, 3, 27)


@pytest.mark.parametrize(("inclusive", "due"), [(True, "2021-12-01"), (False, "2021-11-30")])
def test_before_a_date_is_read_as_the_pack_says_and_warned_by_the_earlier_reading(inclusive, due):
    deadline = rule("date", month=12, day=1, year_offset=1, inclusive=inclusive)
    period = dt.date(2020, 12, 31)
    assert deadline.due(period, KZ) == dt.date.fromisoformat(due)
    assert deadline.warn_from(period) == deadline.warn_on(period, KZ) == dt.date(2021, 11, 30)


def test_how_a_date_is_read_must_be_said():
    with pytest.raises(ValidationError, match="inclusive"):
        rule("date", month=12, day=1)


def test_a_warning_goes_out_so_many_working_days_ahead():
    deadline = rule("date", month=1, day=15, year_offset=1, inclusive=False, warn_days=5)
    assert deadline.warn_on(dt.date(2023, 6, 1), BY) == dt.date(2024, 1, 8)  # Friday 12 January is the first


def test_a_date_named_once_for_all_ignores_the_reference():
    deadline = rule("date", month=12, day=1, year=2025, inclusive=False)
    assert deadline.due(dt.date(2001, 1, 1), BY) == dt.date(2025, 11, 30)


@pytest.mark.parametrize(("year", "due"), [(2023, "2023-02-28"), (2024, "2024-02-29")])
def test_the_29th_of_february_falls_on_the_28th_of_a_common_year(year, due):
    deadline = rule("date", month=2, day=29, inclusive=True)
    assert deadline.due(dt.date(year, 6, 1), BY) == dt.date.fromisoformat(due)


@given(days)
def test_half_years_hold_their_day_and_tile_the_year(day):
    half = rule("half-year", times=1).due(day, BY)
    other = rule("half-year", times=1).due(half.end + DAY, BY)
    assert day in half
    assert other.start == half.end + DAY
    assert (half.end - half.start).days in (180, 181, 183)


@pytest.mark.parametrize(
    ("times", "n_min", "n_max", "earliest", "latest"),
    [(2, 3, 3, "2026-12-31", "2026-12-31"), (1, 3, 3, "2026-12-31", "2026-12-31"), (1, 3, 5, "2026-12-31", "2028-12-31")],
)
def test_times_in_years(times, n_min, n_max, earliest, latest):
    cycle = rule("times-in-years", times=times, n_min=n_min, n_max=n_max).due(dt.date(2024, 1, 1), BY)
    assert (cycle.start, cycle.times) == (dt.date(2024, 1, 1), times)
    assert (cycle.earliest_end, cycle.end) == (dt.date.fromisoformat(earliest), dt.date.fromisoformat(latest))


def test_what_a_cycle_still_lacks():
    twice = rule("times-in-years", times=2, n_min=3, n_max=3)
    cycle = twice.due(dt.date(2024, 1, 1), BY)
    assert twice.missing([], cycle) == 2
    assert twice.missing([dt.date(2023, 12, 31), dt.date(2024, 3, 1)], cycle) == 1
    assert twice.missing([dt.date(2024, 3, 1), dt.date(2025, 3, 1), dt.date(2026, 3, 1)], cycle) == 0


def test_lateness_and_what_remains_are_in_working_days():
    deadline = rule("working-days", n=5)
    due = deadline.due(dt.date(2021, 12, 8), KZ)
    assert due == dt.date(2021, 12, 15)
    assert deadline.lateness(due, dt.date(2021, 12, 15), KZ) == 0
    assert deadline.lateness(due, dt.date(2021, 12, 19), KZ) == 0  # two holidays and a weekend: not a working day late
    assert deadline.lateness(due, dt.date(2021, 12, 21), KZ) == 2
    assert deadline.remaining(dt.date(2021, 12, 10), due, KZ) == 3
    assert deadline.remaining(dt.date(2021, 12, 21), due, KZ) == -2


# A change of Monday 4 October 2021, updates suspended for ten working days from the 5th.
OCTOBER = span("2021-10-05", "2021-10-18")


@pytest.mark.parametrize(("reading", "due", "late"), [("count", "2021-10-11", 7), ("skip", "2021-10-25", 0)])
def test_suspended_days_count_or_are_skipped(reading, due, late):
    deadline = rule("working-days", n=5, suspended_days=reading)
    found = deadline.due(dt.date(2021, 10, 4), KZ, [OCTOBER])
    assert found == dt.date.fromisoformat(due)
    assert deadline.lateness(found, dt.date(2021, 10, 20), KZ, [OCTOBER]) == late


def free_days(wd, a, b, windows):
    """Working days of (a, b] outside every window, one by one."""
    step = [a + DAY * i for i in range(1, (b - a).days + 1)]
    return sum(wd.is_working(d) and not any(d in w for w in windows) for d in step)


@given(day_and_suspensions, st.integers(1, 40))
def test_a_skipping_deadline_has_n_free_days_and_never_ends_on_a_suspended_or_free_day(case, n):
    day, windows = case
    due = rule("working-days", n=n, suspended_days="skip").due(day, KZ, windows)
    assert KZ.is_working(due)
    assert not any(due in window for window in windows)
    assert free_days(KZ, day, due, windows) == n


@given(day_and_suspensions, st.integers(1, 40))
def test_a_skipping_notice_has_n_free_days_behind_it(case, n):
    day, windows = case
    due = rule("working-days", n=n, before=True, suspended_days="skip").due(day, KZ, windows)
    assert KZ.is_working(due)
    assert not any(due in window for window in windows)
    assert free_days(KZ, due - DAY, day - DAY, windows) == n


@given(day_and_suspensions, st.integers(1, 40), st.integers(-30, 90))
def test_skipping_lateness_counts_free_days_only(case, n, delay):
    day, windows = case
    deadline = rule("working-days", n=n, suspended_days="skip")
    due = deadline.due(day, KZ, windows)
    done = due + DAY * delay
    expected = free_days(KZ, due, done, windows) if delay > 0 else 0
    assert deadline.lateness(due, done, KZ, windows) == expected
    if delay > 0:
        assert deadline.remaining(done, due, KZ, windows) == -expected


@given(days, st.integers(1, 40), st.sampled_from(["next-day", "event-day", "clear-days"]))
def test_backward_is_the_inverse_of_forward(day, n, counting):
    event = KZ.on_or_after(day)
    forward = rule("working-days", n=n, counting=counting)
    backward = rule("working-days", n=n, counting=counting, before=True)
    assert backward.due(forward.due(event, KZ), KZ) == event
    assert forward.due(backward.due(event, KZ), KZ) == event


@given(days, st.integers(0, 30), st.integers(1, 40), st.sampled_from(["working-days", "days"]))
def test_a_later_event_is_never_due_earlier(day, more, n, unit):
    deadline = rule(unit, n=n)
    assert deadline.due(day, KZ) <= deadline.due(day + DAY * more, KZ)


@given(days, st.integers(1, 40))
def test_readings_are_ordered_event_day_next_day_clear_days(day, n):
    due = [rule("working-days", n=n, counting=c).due(day, KZ) for c in ("event-day", "next-day", "clear-days")]
    assert due[0] <= due[1] < due[2]


@given(days, st.integers(1, 12), st.integers(1, 28), st.sampled_from(["next", "previous"]))
def test_a_moved_date_is_a_working_day_next_to_the_named_one(day, month, number, way):
    keep = rule("date", month=month, day=number, inclusive=True).due(day, KZ)
    moved = rule("date", month=month, day=number, inclusive=True, on_day_off=way).due(day, KZ)
    assert KZ.is_working(moved)
    assert moved >= keep if way == "next" else moved <= keep
    assert abs((moved - keep).days) < 12


@given(days, days)
def test_lateness_of_a_span_is_counted_from_its_end(day, done):
    deadline = rule("half-year")
    due = deadline.due(day, KZ)
    assert deadline.lateness(due, done, KZ) == max(0, KZ.between(last_day(due), done))


@pytest.mark.parametrize(
    ("fields", "named"),
    [
        ({"unit": "weeks", "n": 5}, "weeks"),
        ({"unit": "working-days", "n": 0}, "n"),
        ({"unit": "working-days", "n": 5, "inclusive": True}, "inclusive"),
        ({"unit": "date", "month": 2, "day": 30, "inclusive": True}, "no day 30"),
        ({"unit": "date", "month": 2, "day": 3, "inclusive": True, "year": 2025, "year_offset": 1}, "not both"),
        ({"unit": "times-in-years", "n_min": 5, "n_max": 3}, "n_max"),
    ],
)
def test_deadlines_that_make_no_sense_are_refused_by_name(fields, named):
    with pytest.raises(ValidationError, match=named):
        DEADLINE.validate_python(fields)


def descriptions(schema):
    for model in schema["$defs"].values():
        for name, field in model.get("properties", {}).items():
            yield name, field.get("description")


def test_the_json_schema_describes_every_field_and_forbids_others():
    schema = DEADLINE.json_schema()
    assert set(schema["discriminator"]["mapping"]) == {"working-days", "days", "date", "half-year", "times-in-years"}
    assert [name for name, text in descriptions(schema) if not text] == []
    assert all(model["additionalProperties"] is False for model in schema["$defs"].values())


def test_a_deadline_can_not_be_changed():
    with pytest.raises(ValidationError, match="frozen"):
        rule("working-days", n=5).n = 6
