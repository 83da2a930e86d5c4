"""Working days, deadlines and the freeze: the law's calendar. Nothing reads the clock; every day is an argument."""

from sapa.calendar.deadlines import (
    DateDeadline,
    DaysDeadline,
    Deadline,
    HalfYearDeadline,
    TimesInYearsDeadline,
    WorkingDaysDeadline,
    last_day,
)
from sapa.calendar.export import TABLE_COLUMNS, to_ics, to_table
from sapa.calendar.freeze import (
    FREEZE_STATES,
    TRANSITIONS,
    FreezePlan,
    FreezeState,
    FreezeWindow,
    Problem,
    Transition,
)
from sapa.calendar.model import CalendarModel, Window
from sapa.calendar.overrides import DayOverride, DayOverrides
from sapa.calendar.workdays import DayNote, WorkingDays
from sapa.calendar.yearplan import CalendarItem, CalendarRule, Event, year_calendar

__all__ = [
    "FREEZE_STATES",
    "TABLE_COLUMNS",
    "TRANSITIONS",
    "CalendarItem",
    "CalendarModel",
    "CalendarRule",
    "DateDeadline",
    "DayNote",
    "DayOverride",
    "DayOverrides",
    "DaysDeadline",
    "Deadline",
    "Event",
    "FreezePlan",
    "FreezeState",
    "FreezeWindow",
    "HalfYearDeadline",
    "Problem",
    "TimesInYearsDeadline",
    "Transition",
    "Window",
    "WorkingDays",
    "WorkingDaysDeadline",
    "last_day",
    "to_ics",
    "to_table",
    "year_calendar",
]
