"""The year as the law sets it: every deadline and freeze of a pack laid out on one calendar."""

from __future__ import annotations

import datetime as dt
from collections.abc import Iterable, Iterator, Mapping
from typing import Annotated

from pydantic import Field, model_validator

from sapa.calendar.deadlines import (
    DateDeadline,
    DaysDeadline,
    HalfYearDeadline,
    TimesInYearsDeadline,
    WorkingDaysDeadline,
    years_after,
)
from sapa.calendar.freeze import FreezePlan, FreezeWindow
from sapa.calendar.model import CalendarModel, Clause, Texts, Window
from sapa.calendar.workdays import WorkingDays

CalendarRule = Annotated[
    WorkingDaysDeadline | DaysDeadline | DateDeadline | HalfYearDeadline | TimesInYearsDeadline | FreezeWindow,
    Field(discriminator="unit"),
]


class CalendarItem(CalendarModel):
    """One duty of the calendar: what, by which rule, by which clause, in which years."""

    id: str = Field(pattern=r"^[a-z0-9]([a-z0-9._-]*[a-z0-9])?$", description="Id, unique in the calendar.")
    title: Texts = Field(description="What is due, in the pack's languages.")
    clause: Clause = Field(description="Clause that sets the deadline.")
    rule: CalendarRule = Field(description="The deadline or freeze, in the unit the clause states.")
    first_year: int | None = Field(default=None, ge=1990, le=2060, description="First calendar year it falls due in.")
    last_year: int | None = Field(default=None, ge=1990, le=2060, description="Last calendar year it falls due in.")
    after: str | None = Field(
        default=None,
        description="Id of the item from whose last day a deadline in days or working days is counted; without it the "
        "deadline follows events that no calendar knows and is shown as a standing rule.",
    )
    cycle_start: dt.date | None = Field(default=None, description="First day of the first cycle of a deadline in times-in-years.")

    @model_validator(mode="after")
    def _fits(self) -> CalendarItem:
        if self.after is not None and self.rule.unit not in ("working-days", "days"):
            raise ValueError(f"`after` belongs to a deadline in days or working days, not to one in {self.rule.unit}")
        if self.cycle_start is not None and self.rule.unit != "times-in-years":
            raise ValueError(f"`cycle_start` belongs to a deadline in times-in-years, not to one in {self.rule.unit}")
        if self.first_year is not None and self.last_year is not None and self.last_year < self.first_year:
            raise ValueError(f"last_year {self.last_year} comes before first_year {self.first_year}")
        return self

    def runs_in(self, year: int) -> bool:
        return (self.first_year is None or year >= self.first_year) and (self.last_year is None or year <= self.last_year)


class Event(CalendarModel):
    """One line of a year's calendar: a day or a span."""

    id: str = Field(description="Stable id: item, part and year.")
    kind: str = Field(description="Unit of the rule, or the part of a freeze; `standing` for a rule that always runs.")
    title: Texts = Field(description="What is due.")
    clause: Clause = Field(description="Clause that sets it.")
    date: dt.date | None = Field(default=None, description="The last day in time, for what falls on a day.")
    window: Window | None = Field(default=None, description="The span, for what falls within one.")
    warn_on: dt.date | None = Field(default=None, description="Day on which users are told.")

    @model_validator(mode="after")
    def _day_or_span(self) -> Event:
        if (self.date is None) == (self.window is None):
            raise ValueError("an event has either a date or a window")
        return self

    @property
    def first(self) -> dt.date:
        """The day, or the first day of the span."""
        return self.window.start if self.window is not None else self._date

    @property
    def last(self) -> dt.date:
        """The day, or the last day of the span."""
        return self.window.end if self.window is not None else self._date

    @property
    def _date(self) -> dt.date:
        assert self.date is not None  # the validator saw to it
        return self.date


def year_calendar(
    items: Iterable[CalendarItem], year: int, wd: WorkingDays, *, as_of: Mapping[str, dt.date] | None = None
) -> list[Event]:
    """The events of a calendar year in the order of their days.

    ``as_of`` gives the date chosen for a freeze, by item id; a freeze without one is shown as its whole month.
    Deadlines counted from an item not due in the year, or from an event outside the calendar, are standing rules.
    """
    listed = [item for item in items if item.runs_in(year)]
    events = [event for item in listed if item.after is None for event in _events(item, year, wd, as_of or {})]
    suspended = [e.window for e in events if e.kind == "freeze-suspension" and e.window is not None]
    waiting = [item for item in listed if item.after is not None]
    while waiting:  # an item may follow one that itself follows another
        ready = [item for item in waiting if item.after not in {other.id for other in waiting}] or waiting
        events += [_following(item, year, wd, _end_of(item.after, events), suspended) for item in ready]
        waiting = [item for item in waiting if item not in ready]
    return sorted(events, key=lambda e: (e.first, e.last, e.id))


def _events(item: CalendarItem, year: int, wd: WorkingDays, as_of: Mapping[str, dt.date]) -> Iterator[Event]:
    rule = item.rule
    if isinstance(rule, DateDeadline):
        yield from _dated(item, rule, year, wd)
    elif isinstance(rule, HalfYearDeadline):
        for half, month in (("h1", 1), ("h2", 7)):
            day = dt.date(year, month, 1)
            yield _event(item, half, year, rule.unit, rule.due(day, wd), rule.warn_on(day, wd))
    elif isinstance(rule, TimesInYearsDeadline):
        yield from _cycles(item, rule, year, wd)
    elif isinstance(rule, FreezeWindow):
        yield from _freeze(item, rule, year, wd, as_of.get(item.id))
    else:
        yield _standing(item, year)


def _event(item: CalendarItem, part: str, year: int, kind: str, when: dt.date | Window, warn_on: dt.date | None = None) -> Event:
    span = when if isinstance(when, Window) else None
    day = None if isinstance(when, Window) else when
    return Event(
        id=f"{item.id}/{part}/{year}",
        kind=kind,
        title=item.title,
        clause=item.clause,
        date=day,
        window=span,
        warn_on=warn_on,
    )


def _dated(item: CalendarItem, rule: DateDeadline, year: int, wd: WorkingDays) -> Iterator[Event]:
    # "Before 1 January" is due in the year before the named one, and a day off may move a due day over the new year.
    named_years = (rule.year,) if rule.year is not None else (year - 1, year, year + 1)
    for named_year in named_years:
        reference = dt.date(named_year - rule.year_offset, 12, 31)
        if not wd.first <= rule.named(reference) <= wd.last:
            continue
        due = rule.due(reference, wd)
        if due.year == year:
            yield _event(item, "due", year, rule.unit, due, rule.warn_on(reference, wd))


def _cycles(item: CalendarItem, rule: TimesInYearsDeadline, year: int, wd: WorkingDays) -> Iterator[Event]:
    if item.cycle_start is None:
        yield _standing(item, year)
        return
    this_year = _whole(year)
    start = item.cycle_start
    while start <= this_year.end:
        cycle = rule.due(start, wd)
        if cycle.overlaps(this_year):
            yield _event(item, "cycle", start.year, rule.unit, cycle, rule.warn_on(start, wd))
        start = years_after(start, rule.n_max)


def _freeze(item: CalendarItem, rule: FreezeWindow, year: int, wd: WorkingDays, as_of: dt.date | None) -> Iterator[Event]:
    if as_of is None:
        first = dt.date(year, rule.month, 1)
        last = (first + dt.timedelta(days=31)).replace(day=1) - dt.timedelta(days=1)
        warn = FreezePlan(rule, wd, first).notice_by
        yield _event(item, "month", year, "freeze-month", Window(start=first, end=last), warn)
        return
    plan = FreezePlan(rule, wd, as_of)
    yield _event(item, "notice", year, "freeze-notice", plan.notice_by)
    yield _event(item, "as-of", year, "freeze-as-of", as_of)
    yield _event(item, "suspension", year, "freeze-suspension", plan.suspension, plan.notice_by)
    yield _event(item, "resume", year, "freeze-resume", plan.resume_on)


def _following(item: CalendarItem, year: int, wd: WorkingDays, event_day: dt.date | None, suspended: list[Window]) -> Event:
    rule = item.rule
    if event_day is None or not isinstance(rule, WorkingDaysDeadline | DaysDeadline):
        return _standing(item, year)
    due = rule.due(event_day, wd, suspended)
    return _event(item, "due", year, rule.unit, due, rule.warn_on(event_day, wd, suspended))


def _end_of(item_id: str | None, events: list[Event]) -> dt.date | None:
    return max((e.last for e in events if e.id.startswith(f"{item_id}/") and e.kind != "standing"), default=None)


def _standing(item: CalendarItem, year: int) -> Event:
    return _event(item, "standing", year, "standing", _whole(year))


def _whole(year: int) -> Window:
    return Window(start=dt.date(year, 1, 1), end=dt.date(year, 12, 31))
