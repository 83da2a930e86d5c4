"""The year's calendar and its exports."""

from __future__ import annotations

import datetime as dt
import re

import pytest
from hypothesis import given
from hypothesis import strategies as st
from pydantic import ValidationError

from sapa.calendar import TABLE_COLUMNS, CalendarItem, Event, WorkingDays, to_ics, to_table, year_calendar
from sapa.errors import UserError

KZ = WorkingDays("KZ")
STAMP = dt.datetime(2021, 1, 2, 3, 4, 5, tzinfo=dt.UTC)


def item(id_, rule, **fields):
    title = {"en": id_, "kk": f"{id_} қазақша"}
    return CalendarItem.model_validate({"id": id_, "title": title, "clause": "¶1", "rule": rule, **fields})


FREEZE = {"unit": "freeze", "month": 10, "suspension_max": 10, "notice": 3, "announced_by": "ministry"}
BEFORE = {"unit": "date", "inclusive": False, "year_offset": 1}
ITEMS = [
    item("report", {**BEFORE, "month": 12, "day": 1}),
    item("compendium", {**BEFORE, "month": 3, "day": 1}),
    item("update", {"unit": "working-days", "n": 5}),
    item("fixing", FREEZE),
    item("collegium", {"unit": "half-year"}),
    item("works", {"unit": "times-in-years", "times": 2, "n_min": 3, "n_max": 3}, cycle_start="2020-01-01"),
    item("check", {"unit": "working-days", "n": 5, "suspended_days": "skip"}, after="fixing"),
    item("answer", {"unit": "days", "n": 10}, after="check"),
    item("bodies", {**BEFORE, "month": 1, "day": 15}, first_year=2024),
    item("once", {"unit": "date", "month": 12, "day": 1, "year": 2025, "inclusive": False}),
]


def by_id(year, **options):
    return {e.id: e for e in year_calendar(ITEMS, year, KZ, **options)}


def test_a_year_in_order():
    events = year_calendar(ITEMS, 2021, KZ, as_of={"fixing": dt.date(2021, 10, 5)})
    assert [(e.first.isoformat(), e.last.isoformat(), e.id) for e in events] == [
        ("2020-01-01", "2022-12-31", "works/cycle/2020"),
        ("2021-01-01", "2021-06-30", "collegium/h1/2021"),
        ("2021-01-01", "2021-12-31", "update/standing/2021"),
        ("2021-02-28", "2021-02-28", "compendium/due/2021"),
        ("2021-07-01", "2021-12-31", "collegium/h2/2021"),
        ("2021-09-30", "2021-09-30", "fixing/notice/2021"),
        ("2021-10-05", "2021-10-05", "fixing/as-of/2021"),
        ("2021-10-05", "2021-10-18", "fixing/suspension/2021"),
        ("2021-10-19", "2021-10-19", "fixing/resume/2021"),
        ("2021-10-26", "2021-10-26", "check/due/2021"),
        ("2021-11-05", "2021-11-05", "answer/due/2021"),
        ("2021-11-30", "2021-11-30", "report/due/2021"),
    ]


def test_a_freeze_without_a_date_is_its_whole_month_with_the_earliest_notice():
    event = by_id(2021)["fixing/month/2021"]
    assert (event.first, event.last) == (dt.date(2021, 10, 1), dt.date(2021, 10, 31))
    assert event.warn_on == dt.date(2021, 9, 28)


def test_items_run_in_their_years_only():
    assert "bodies/due/2023" not in by_id(2023)
    assert by_id(2024)["bodies/due/2024"].date == dt.date(2024, 1, 14)
    assert by_id(2025)["once/due/2025"].date == dt.date(2025, 11, 30)
    assert "once/due/2026" not in by_id(2026)
    assert "works/cycle/2023" in by_id(2023)


def test_before_the_first_of_january_belongs_to_the_year_before():
    plan = item("x", {"unit": "date", "month": 1, "day": 1, "inclusive": False})
    assert [e.date for e in year_calendar([plan], 2021, KZ)] == [dt.date(2021, 12, 31)]


def test_items_that_follow_each_other_in_a_circle_are_standing_rules():
    ring = [item(a, {"unit": "days", "n": 1}, after=b) for a, b in (("a", "b"), ("b", "a"))]
    assert [e.kind for e in year_calendar(ring, 2021, KZ)] == ["standing", "standing"]


@given(st.integers(1991, 2059))
def test_every_event_touches_the_year_and_has_a_unique_id(year):
    events = year_calendar(ITEMS, year, KZ, as_of={"fixing": dt.date(year, 10, 1)})
    assert len({e.id for e in events}) == len(events)
    assert all(e.first.year <= year <= e.last.year for e in events)
    assert events == sorted(events, key=lambda e: (e.first, e.last, e.id))


@pytest.mark.parametrize(
    ("rule", "fields", "named"),
    [
        (FREEZE, {"after": "report"}, "after"),
        ({"unit": "half-year"}, {"cycle_start": "2020-01-01"}, "cycle_start"),
        ({"unit": "half-year"}, {"first_year": 2024, "last_year": 2020}, "last_year"),
        ({"unit": "half-year"}, {"clause": ""}, "clause"),
        ({"unit": "half-year"}, {"frist_year": 2024}, "frist_year"),
    ],
)
def test_items_that_make_no_sense_are_refused_by_name(rule, fields, named):
    with pytest.raises(ValidationError, match=named):
        item("x", rule, **fields)


# --- exports ---------------------------------------------------------------------------------------------------------


def unfold(ics: bytes) -> list[str]:
    """Content lines by RFC 5545 §3.1: CRLF followed by a space continues the line."""
    return ics.replace(b"\r\n ", b"").decode().split("\r\n")[:-1]


def event(title, **fields) -> Event:
    return Event(id="a/due/2021", kind="date", title=title, clause="¶1; a, b\\c", date=dt.date(2021, 3, 1), **fields)


titles = st.text(st.characters(exclude_categories=["Cs", "Cc"]), min_size=1, max_size=200)


@given(titles)
def test_lines_are_folded_at_75_octets_and_unfold_to_the_text(title):
    ics = to_ics([event({"en": title})], "en", STAMP)
    assert ics.endswith(b"END:VCALENDAR\r\n")
    for line in ics.split(b"\r\n"):
        assert len(line) <= 75
        line.decode()  # no character is cut in two
        assert b"\n" not in line
        assert b"\r" not in line
    summary = next(line for line in unfold(ics) if line.startswith("SUMMARY"))
    text = summary.removeprefix("SUMMARY;LANGUAGE=en:")
    assert re.sub(r"\\([\\;,])", r"\1", text) == title


def test_an_event_as_icalendar():
    lines = unfold(to_ics([event({"en": "Report", "kk": "Есеп"}, warn_on=dt.date(2021, 2, 22))], "kk", STAMP))
    assert lines[0] == "BEGIN:VCALENDAR"
    assert lines[lines.index("BEGIN:VEVENT") :] == [
        "BEGIN:VEVENT",
        "UID:" + next(line for line in lines if line.startswith("UID:"))[4:],
        "DTSTAMP:20210102T030405Z",
        "DTSTART;VALUE=DATE:20210301",
        "DTEND;VALUE=DATE:20210302",
        "SUMMARY;LANGUAGE=kk:Есеп",
        "DESCRIPTION:¶1\\; a\\, b\\\\c",
        "CATEGORIES:date",
        "TRANSP:TRANSPARENT",
        "BEGIN:VALARM",
        "ACTION:DISPLAY",
        "TRIGGER:-P7D",
        "DESCRIPTION:Есеп",
        "END:VALARM",
        "END:VEVENT",
        "END:VCALENDAR",
    ]


def uids(ics: bytes) -> list[str]:
    return [line for line in unfold(ics) if line.startswith("UID:")]


def test_an_event_keeps_its_uid_in_every_language_and_when_it_moves():
    first = year_calendar(ITEMS, 2021, KZ, as_of={"fixing": dt.date(2021, 10, 5)})
    moved = year_calendar(ITEMS, 2021, KZ, as_of={"fixing": dt.date(2021, 10, 12)})
    assert uids(to_ics(first, "kk", STAMP)) == uids(to_ics(first, "en", STAMP))
    assert set(uids(to_ics(first, "kk", STAMP))) == set(uids(to_ics(moved, "kk", STAMP)))
    assert len(set(uids(to_ics(first, "kk", STAMP)))) == len(first)
    assert not set(uids(to_ics(first, "en", STAMP))) & set(uids(to_ics(year_calendar(ITEMS, 2025, KZ), "en", STAMP)))


def test_a_line_break_in_a_title_is_written_and_can_not_start_a_property():
    lines = unfold(to_ics([event({"en": "one\r\nATTENDEE:x\ntwo"})], "en", STAMP))
    assert "SUMMARY;LANGUAGE=en:one\\nATTENDEE:x\\ntwo" in lines
    assert not [line for line in lines if line.startswith("ATTENDEE")]


def test_the_moment_of_writing_must_know_its_zone_and_is_written_in_utc():
    almaty = STAMP.astimezone(dt.timezone(dt.timedelta(hours=5)))
    assert to_ics([], "en", almaty) == to_ics([], "en", STAMP)
    assert to_ics([event({"en": "x"})], "en", almaty) == to_ics([event({"en": "x"})], "en", STAMP)
    with pytest.raises(UserError, match="time zone"):
        to_ics([], "en", STAMP.replace(tzinfo=None))


def test_rows_of_the_table():
    rows = to_table(year_calendar(ITEMS, 2021, KZ), "kk")
    assert all(tuple(row) == TABLE_COLUMNS for row in rows)
    works = next(row for row in rows if row["id"] == "works/cycle/2020")
    assert (works["from"], works["to"], works["times"]) == ("2020-01-01", "2022-12-31", "2")
    assert works["title"] == "works қазақша"
    assert to_table([event({"en": "Report"})], "kk")[0]["title"] == "Report"
