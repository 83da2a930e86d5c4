"""The library's calendars against official ones: exchanged days and counts, each with the act or table it comes from.

Where an act says otherwise, the test shows the library's answer and the override that mends it.
"""

from __future__ import annotations

import datetime as dt

import pytest

from sapa.calendar import DayOverrides, WorkingDays

CALENDARS = {code: WorkingDays(code) for code in ("KZ", "BY", "RU", "UA")}


def count(wd: WorkingDays, year: int, month: int | None = None) -> int:
    start = dt.date(year, month or 1, 1)
    end = dt.date(year, 12, 31) if month in (None, 12) else dt.date(year, month + 1, 1) - dt.timedelta(days=1)
    return wd.between(start - dt.timedelta(days=1), end)


def off(*days: str, clause: str) -> DayOverrides:
    return DayOverrides.model_validate(
        {"off": [{"date": day, "reason": {"en": "non-working day"}, "clause": clause} for day in days]}
    )


# (country, day off, Saturday or Sunday worked for it); the act is named above each group.
EXCHANGES = [
    # KZ, Government decrees: kazlenta.kz (5 January 2020), altainews.kz 22.06.2021 (3 July), ortcom.kz (22 October 2022),
    # prosud.kz (1 July 2023), informburodata.com (5 January 2025).
    ("KZ", "2020-01-03", "2020-01-05"),
    ("KZ", "2021-07-05", "2021-07-03"),
    ("KZ", "2022-10-24", "2022-10-22"),
    ("KZ", "2023-07-07", "2023-07-01"),
    ("KZ", "2025-01-03", "2025-01-05"),
    # BY, January 2020: decree of 17.12.2019, which also made 2 January a holiday (slutsk-gorod.by).
    ("BY", "2020-01-06", "2020-01-04"),
    # BY, Council of Ministers № 572 of 11.10.2021 (gorkiv.by), № 739 of 01.11.2022 (etalonline.by, pnkbel.by),
    # № 839 of 14.11.2024 (belta.by), № 397 of 22.07.2025 (1prof.by).
    ("BY", "2022-03-07", "2022-03-12"),
    ("BY", "2022-05-02", "2022-05-14"),
    ("BY", "2023-04-24", "2023-04-29"),
    ("BY", "2023-05-08", "2023-05-13"),
    ("BY", "2023-11-06", "2023-11-11"),
    ("BY", "2025-01-06", "2025-01-11"),
    ("BY", "2025-04-28", "2025-04-26"),
    ("BY", "2025-07-04", "2025-07-12"),
    ("BY", "2025-12-26", "2025-12-20"),
    ("BY", "2026-04-20", "2026-04-25"),
    # RU, Government № 1648 of 10.10.2020 (profiz.ru 16.10.2020, after government.ru).
    ("RU", "2021-02-22", "2021-02-20"),
    # UA, Cabinet order № 7-р of 10.01.2019 (Interfax-Ukraine 10.01.2019): a recommendation to five-day employers.
    ("UA", "2019-04-30", "2019-05-11"),
    ("UA", "2019-12-30", "2019-12-21"),
    ("UA", "2019-12-31", "2019-12-28"),
]


@pytest.mark.parametrize(("country", "free", "worked"), EXCHANGES)
def test_exchanged_days(country, free, worked):
    wd, free, worked = CALENDARS[country], dt.date.fromisoformat(free), dt.date.fromisoformat(worked)
    assert not wd.is_working(free)
    assert wd.is_working(worked)
    assert wd.note(worked).exchanged_with == free
    assert wd.note(free).exchanged_with == worked
    assert wd.note(worked).kind == "transferred-working"


@pytest.mark.parametrize("day", ["2021-11-05", "2021-12-31"])
def test_ru_holidays_on_the_weekend_of_2_and_3_january_2021_are_taken_later(day):
    """Government № 1648 of 10.10.2020."""
    assert not CALENDARS["RU"].is_working(dt.date.fromisoformat(day))


OCTOBER_TO_DECEMBER_2021 = ["2021-12-01", "2021-12-16", "2021-12-17"]


def test_kz_autumn_of_2021_has_three_days_off_on_weekdays():
    """Law on holidays as in force in 2021 (25 October became a day off from 2022); qazweek.kz 18.11.2021."""
    wd = CALENDARS["KZ"]
    quarter = [dt.date(2021, 10, 1) + dt.timedelta(days=i) for i in range(92)]
    found = [d.isoformat() for d in quarter if d.weekday() < 5 and not wd.is_working(d)]
    assert found == OCTOBER_TO_DECEMBER_2021
    assert not [d for d in quarter if d.weekday() >= 5 and wd.is_working(d)]


@pytest.mark.parametrize(
    ("country", "year", "month", "official"),
    [
        ("KZ", 2021, 7, 20),  # altainews.kz 22.06.2021: 20 working days
        ("KZ", 2021, 12, 20),  # kazlenta.kz, lada.kz 19.11.2021: 11 days off
        ("UA", 2019, None, 250),  # Ministry of Social Policy, letter 78/0/206-18 of 08.08.2018, annex
        ("UA", 2024, None, 262),  # hours of 2024 under martial law: no holidays; planeta-inform.com.ua
        ("UA", 2024, 5, 23),
        ("UA", 2024, 8, 22),
        ("RU", 2019, 1, 17),  # production calendar 2019, softzone.ru
        ("RU", 2019, 2, 20),
        ("RU", 2019, 3, 20),
        ("RU", 2019, 4, 22),
        ("RU", 2019, 5, 18),
        ("RU", 2019, 6, 19),
    ],
)
def test_official_counts(country, year, month, official):
    assert count(CALENDARS[country], year, month) == official


UA_2019 = [21, 20, 20, 21, 21, 18, 23, 21, 21, 22, 21, 21]  # the same letter, before the order № 7-р exchanged days


def test_undoing_the_exchanges_gives_the_months_of_the_letter_of_2018():
    swaps = [(f, w) for c, f, w in EXCHANGES if c == "UA" and f.startswith("2019")]
    undone = DayOverrides.model_validate(
        {
            kind: [{"date": pair[i], "reason": {"en": "not exchanged"}, "clause": "№ 7-р"} for pair in swaps]
            for i, kind in enumerate(("working", "off"))
        }
    )
    wd = CALENDARS["UA"].with_overrides(undone)
    assert [count(wd, 2019, month) for month in range(1, 13)] == UA_2019


def test_by_norm_of_hours_of_2023():
    """Ministry of Labour: 2,011 hours in a five-day week; 8 a day, 7 on the eve of a holiday, exchanges not yet made."""
    swaps = [(f, w) for c, f, w in EXCHANGES if c == "BY" and f.startswith("2023")]
    plain = WorkingDays(
        "BY",
        added={dt.date.fromisoformat(f): "x" for f, _ in swaps},
        removed={dt.date.fromisoformat(w): "x" for _, w in swaps},
    )
    year = [dt.date(2023, 1, 1) + dt.timedelta(days=i) for i in range(365)]
    working = [d for d in year if plain.is_working(d)]
    holidays = {n.date for y in (2023, 2024) for n in plain.holidays(y) if n.kind == "holiday"}
    eves = [d for d in working if d + dt.timedelta(days=1) in holidays]
    assert len(working) == count(CALENDARS["BY"], 2023) == 252
    assert 8 * len(working) - len(eves) == 2011


# --- where an act and the library differ -----------------------------------------------------------------------------

RU_DECREES = [
    # Decree 595 of 20.10.2021: non-working days with pay from 30 October to 7 November 2021.
    ("№ 595 of 20.10.2021", ("2021-11-01", "2021-11-02", "2021-11-03")),
    # Decree 242 of 23.04.2021: from 4 to 7 May 2021.
    ("№ 242 of 23.04.2021", ("2021-05-04", "2021-05-05", "2021-05-06", "2021-05-07")),
]


@pytest.mark.parametrize(("decree", "days"), RU_DECREES)
def test_ru_non_working_days_by_decree_are_not_in_the_library_and_an_override_mends_it(decree, days):
    """The library holds transferred holidays only; whether such days count is for the pack to say."""
    dates = [dt.date.fromisoformat(day) for day in days]
    assert all(CALENDARS["RU"].is_working(day) for day in dates)
    mended = CALENDARS["RU"].with_overrides(off(*days, clause=decree))
    assert not any(mended.is_working(day) for day in dates)
    assert count(mended, 2021) == count(CALENDARS["RU"], 2021) - len(days)
    assert mended.add(dt.date(2021, 10, 29), 1) == (dt.date(2021, 11, 8) if "595" in decree else dt.date(2021, 11, 1))


def test_kz_2026_has_no_constitution_day_where_the_calendar_published_before_had_one():
    """The year's calendar (December 2025) had 30 August moved to 31 August 2026; the constitution of 15 March 2026 took
    the day away (Ministry of Labour, taspanews.kz 18.03.2026). The library follows the later act; a pack that must
    reproduce the calendar as it was published can."""
    monday = dt.date(2026, 8, 31)
    assert CALENDARS["KZ"].is_working(monday)
    assert not CALENDARS["KZ"].with_overrides(off("2026-08-31", clause="calendar of 2026")).is_working(monday)


def test_kz_2024_the_published_balance_had_a_day_off_that_the_moon_moved():
    """The Ministry's balance of working time (help.inbuh.kz/6801) had 248 days, 19 of them in June, with Qurban ait on
    Monday the 17th; it fell on Sunday the 16th and is not moved (Ministry of Labour, alau.kz, June 2024)."""
    wd = CALENDARS["KZ"]
    assert wd.is_working(dt.date(2024, 6, 17))
    assert (count(wd, 2024), count(wd, 2024, 6)) == (249, 20)
    as_published = wd.with_overrides(off("2024-06-17", clause="balance of 2024"))
    assert [count(as_published, 2024, m) for m in range(1, 13)] == [21, 21, 17, 22, 20, 19, 22, 21, 21, 22, 21, 21]


def test_ua_under_martial_law_every_weekday_works_and_an_override_brings_a_holiday_back():
    """Law 2136-IX art. 6, in force from March 2022: no holidays and no moved days off; Interfax-Ukraine 24.06.2024."""
    wd = CALENDARS["UA"]
    assert not wd.is_working(dt.date(2022, 3, 8))
    for year in range(2023, 2027):
        assert wd.holidays(year) == []
    assert wd.is_working(dt.date(2024, 6, 28))
    assert wd.is_working(dt.date(2022, 8, 24))
    after = wd.with_overrides(off("2030-08-24", "2030-08-26", clause="Labour Code art. 73"))
    assert not after.is_working(dt.date(2030, 8, 26))


def test_years_without_a_decree_are_known_as_such():
    latest = {code: wd.last_exchange for code, wd in CALENDARS.items()}
    assert latest == {
        "KZ": dt.date(2025, 1, 5),
        "BY": dt.date(2026, 4, 25),
        "RU": dt.date(2027, 2, 22),
        "UA": dt.date(2022, 3, 12),
    }
