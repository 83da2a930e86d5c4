"""Deadlines in the unit the clause states, and how an open text is read.

A clause says "within five working days", "before 1 December", "once in three to five years". Each unit is a model of
its own; what the text leaves open (whether "before" holds the day itself, whether the day of the event counts, whether
days of a suspension count) is a field, so that the pack states the reading and nobody guesses it.
"""

from __future__ import annotations

import calendar
import datetime as dt
from collections.abc import Iterable, Sequence
from typing import Annotated, Literal

from pydantic import Field, model_validator

from sapa.calendar.model import CalendarModel, Counting, Window, merge_windows
from sapa.calendar.workdays import WorkingDays

Suspensions = Sequence[Window]


class _Deadline(CalendarModel):
    """What deadlines of every unit share."""

    suspended_days: Literal["count", "skip"] = Field(
        default="count",
        description="Whether working days inside a suspension count towards this deadline and its lateness (`count`) "
        "or the clock stands still on them (`skip`).",
    )
    warn_days: int = Field(default=0, ge=0, description="Working days ahead of the deadline on which users are told.")

    def due(self, reference: dt.date, wd: WorkingDays, suspended: Suspensions = ()) -> dt.date | Window:
        """Last permitted day, or the span in which the thing must happen.

        ``reference`` is the day of the event (`working-days`, `days`), any day of the reference period's year (`date`),
        any day of the half-year (`half-year`), the first day of the cycle (`times-in-years`).
        """
        raise NotImplementedError

    def warn_on(self, reference: dt.date, wd: WorkingDays, suspended: Suspensions = ()) -> dt.date:
        """Day on which to warn: ``warn_days`` working days ahead of the deadline."""
        return wd.add(last_day(self.due(reference, wd, suspended)), -self.warn_days)

    def lateness(self, due: dt.date | Window, done: dt.date, wd: WorkingDays, suspended: Suspensions = ()) -> int:
        """Working days from the deadline to ``done``; 0 when in time."""
        end = last_day(due)
        return self._elapsed(end, done, wd, suspended) if done > end else 0

    def remaining(self, today: dt.date, due: dt.date | Window, wd: WorkingDays, suspended: Suspensions = ()) -> int:
        """Working days left after ``today``, the due day included; negative once it has passed."""
        end = last_day(due)
        return self._elapsed(today, end, wd, suspended) if today <= end else -self.lateness(due, today, wd, suspended)

    def _elapsed(self, a: dt.date, b: dt.date, wd: WorkingDays, suspended: Suspensions) -> int:
        stopped = _stopped(a, b, wd, suspended) if self.suspended_days == "skip" else 0
        return wd.between(a, b) - stopped


class _FromEvent(_Deadline):
    """A span of ``n`` days from an event, forward or backward."""

    n: int = Field(ge=1, le=3660, description="How many days.")
    before: bool = Field(default=False, description="Counted back from the event: at the latest n days before it.")
    counting: Counting = Field(
        default="next-day",
        description="`next-day`: the day after the event (before it, when counted back) is day one; `event-day`: the "
        "day of the event itself is day one; `clear-days`: n whole days lie between the event and the due day.",
    )

    def _steps(self) -> int:
        n = self.n + {"next-day": 0, "event-day": -1, "clear-days": 1}[self.counting]
        return -n if self.before else n


class WorkingDaysDeadline(_FromEvent):
    """So many working days from an event."""

    unit: Literal["working-days"] = Field(description="The clause counts working days.")

    def due(self, reference: dt.date, wd: WorkingDays, suspended: Suspensions = ()) -> dt.date:
        """Last working day on which the duty is done in time; never a day off, nor a suspended day when skipped."""
        way = -1 if self.before else 1
        n = self.n + (1 if self.counting == "clear-days" else 0)
        start = reference - dt.timedelta(days=way) if self.counting == "event-day" else reference
        stops = suspended if self.suspended_days == "skip" else ()
        return _add_skipping(start, way * n, wd, stops)


class DaysDeadline(_FromEvent):
    """So many calendar days from an event."""

    unit: Literal["days"] = Field(description="The clause counts calendar days.")
    on_day_off: Literal["keep", "next", "previous"] = Field(
        default="keep",
        description="A last day that is no working day stays (`keep`), moves to the `next` or to the `previous` one.",
    )

    def due(self, reference: dt.date, wd: WorkingDays, suspended: Suspensions = ()) -> dt.date:
        """Last day on which the duty is done in time."""
        day = reference + dt.timedelta(days=self._steps())
        if self.suspended_days == "skip":
            day = _calendar_skipping(reference, day, suspended)
        return _moved(day, self.on_day_off, wd)


class DateDeadline(_Deadline):
    """A date of the calendar: every year, or once."""

    unit: Literal["date"] = Field(description="The clause names a date.")
    month: int = Field(ge=1, le=12, description="Month, 1–12.")
    day: int = Field(ge=1, le=31, description="Day of the month; 29 February falls on the 28th of a common year.")
    year_offset: int = Field(
        default=0, ge=-50, le=50, description="Years from the reference period's year: 1 = the year after it."
    )
    year: int | None = Field(default=None, ge=1990, le=2060, description="The year, when the date is named once for all.")
    inclusive: bool = Field(
        description="Whether the named day itself is still in time. The text (before, by) is often open: this is how "
        "it is read. The warning always follows the earlier reading."
    )
    on_day_off: Literal["keep", "next", "previous"] = Field(
        default="keep",
        description="A last day that is no working day stays (`keep`), moves to the `next` or to the `previous` one.",
    )

    @model_validator(mode="after")
    def _exists(self) -> DateDeadline:
        if self.day > calendar.monthrange(2000, self.month)[1]:
            raise ValueError(f"month {self.month} has no day {self.day}")
        if self.year is not None and self.year_offset:
            raise ValueError("give either year (a single date) or year_offset (every year), not both")
        return self

    def named(self, reference: dt.date) -> dt.date:
        """The date as the clause names it, before any reading of "before"."""
        year = self.year if self.year is not None else reference.year + self.year_offset
        return dt.date(year, self.month, min(self.day, calendar.monthrange(year, self.month)[1]))

    def due(self, reference: dt.date, wd: WorkingDays, suspended: Suspensions = ()) -> dt.date:
        """Last day in time, by the reading the pack states."""
        named = self.named(reference)
        return _moved(named if self.inclusive else named - dt.timedelta(days=1), self.on_day_off, wd)

    def warn_from(self, reference: dt.date) -> dt.date:
        """Last day in time by the earlier of the two readings: the day before the named one."""
        return self.named(reference) - dt.timedelta(days=1)

    def warn_on(self, reference: dt.date, wd: WorkingDays, suspended: Suspensions = ()) -> dt.date:
        """``warn_days`` working days ahead of the earlier reading."""
        return wd.add(min(self.warn_from(reference), self.due(reference, wd)), -self.warn_days)


class HalfYearDeadline(_Deadline):
    """So many times in each half of the calendar year."""

    unit: Literal["half-year"] = Field(description="The clause counts half-years.")
    times: int = Field(default=1, ge=1, description="How many times in each half-year.")

    def due(self, reference: dt.date, wd: WorkingDays, suspended: Suspensions = ()) -> Window:
        """The half-year that holds ``reference``."""
        first, last = ((1, 1), (6, 30)) if reference.month <= 6 else ((7, 1), (12, 31))
        return Window(start=dt.date(reference.year, *first), end=dt.date(reference.year, *last), times=self.times)


class TimesInYearsDeadline(_Deadline):
    """So many times in a cycle of years: twice in three years, once in three to five years."""

    unit: Literal["times-in-years"] = Field(description="The clause counts times within a number of years.")
    times: int = Field(default=1, ge=1, description="How many times within the cycle.")
    n_min: int = Field(ge=1, le=50, description="Shortest cycle, in years.")
    n_max: int = Field(ge=1, le=50, description="Longest cycle, in years; equal to n_min when the clause names one number.")

    @model_validator(mode="after")
    def _ordered(self) -> TimesInYearsDeadline:
        if self.n_max < self.n_min:
            raise ValueError(f"n_max ({self.n_max}) is less than n_min ({self.n_min})")
        return self

    def due(self, reference: dt.date, wd: WorkingDays, suspended: Suspensions = ()) -> Window:
        """The cycle that starts on ``reference``: it holds ``times`` occurrences and ends at the latest on ``end``."""
        earliest = years_after(reference, self.n_min) - dt.timedelta(days=1)
        latest = years_after(reference, self.n_max) - dt.timedelta(days=1)
        return Window(start=reference, end=latest, times=self.times, earliest_end=earliest)

    def missing(self, done: Iterable[dt.date], cycle: Window) -> int:
        """How many occurrences the cycle still lacks, given the days on which it happened."""
        return max(0, self.times - sum(day in cycle for day in done))


Deadline = Annotated[
    WorkingDaysDeadline | DaysDeadline | DateDeadline | HalfYearDeadline | TimesInYearsDeadline,
    Field(discriminator="unit"),
]


def last_day(due: dt.date | Window) -> dt.date:
    """The day after which it is late."""
    return due.end if isinstance(due, Window) else due


def years_after(day: dt.date, n: int) -> dt.date:
    """The same day ``n`` years on; 29 February becomes 1 March, so that a full cycle is never cut short."""
    try:
        return day.replace(year=day.year + n)
    except ValueError:
        return dt.date(day.year + n, 3, 1)


def _moved(day: dt.date, rule: Literal["keep", "next", "previous"], wd: WorkingDays) -> dt.date:
    if rule == "keep":
        return day
    return wd.on_or_after(day) if rule == "next" else wd.on_or_before(day)


def _stopped(a: dt.date, b: dt.date, wd: WorkingDays, suspended: Suspensions) -> int:
    """Working days of (a, b] on which the clock stands still; ``a`` ≤ ``b``."""
    total = 0
    for window in merge_windows(suspended):
        start, end = max(window.start - dt.timedelta(days=1), a), min(window.end, b)
        total += wd.between(start, end) if start < end else 0
    return total


def _add_skipping(day: dt.date, n: int, wd: WorkingDays, suspended: Suspensions) -> dt.date:
    """``wd.add`` with the clock standing still inside the suspensions.

    Adding the suspended days met so far until no new one is met ends on the least day that has ``n`` free working days
    behind it, which can't itself be suspended: the day before it would have had as many.
    """
    sign = 1 if n > 0 else -1
    due = wd.add(day, n)
    while suspended:
        span = (day, due) if n > 0 else (due - dt.timedelta(days=1), day - dt.timedelta(days=1))
        further = wd.add(day, n + sign * _stopped(*span, wd, suspended))
        if further == due:
            break
        due = further
    return due


def _calendar_skipping(start: dt.date, due: dt.date, suspended: Suspensions) -> dt.date:
    """Calendar days counted one by one past the suspensions."""
    step = dt.timedelta(days=1 if due >= start else -1)
    left, day = abs((due - start).days), start
    spans = merge_windows(suspended)
    while left:
        day += step
        left -= not any(day in span for span in spans)
    return day
