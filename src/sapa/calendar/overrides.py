"""Single days on which a pack knows better than the library: a decree of the year, martial law, a day of mourning."""

from __future__ import annotations

import datetime as dt
from collections import Counter

from pydantic import Field, model_validator

from sapa.calendar.model import CalendarModel, Clause, Texts, text_in


class DayOverride(CalendarModel):
    """One day declared working or off, with its reason and its source."""

    date: dt.date = Field(description="The day.")
    reason: Texts = Field(description="Why, in the pack's languages: the name of the holiday or of the decree.")
    clause: Clause = Field(description="Clause or act that declares the day (its path, or number and date of the act).")


class DayOverrides(CalendarModel):
    """Days a pack declares working or off, against the country's calendar."""

    working: tuple[DayOverride, ...] = Field(default=(), description="Days that are working whatever the calendar says.")
    off: tuple[DayOverride, ...] = Field(default=(), description="Days that are not working whatever the calendar says.")

    @model_validator(mode="after")
    def _each_day_once(self) -> DayOverrides:
        counts = Counter(day.date for day in (*self.working, *self.off))
        twice = sorted(day.isoformat() for day, n in counts.items() if n > 1)
        if twice:
            raise ValueError(f"each day may be overridden once; given more than once: {', '.join(twice)}")
        return self

    def added(self, lang: str) -> dict[dt.date, str]:
        """Working days and why, in one language: the ``added`` of :class:`WorkingDays`."""
        return {day.date: text_in(day.reason, lang) for day in self.working}

    def removed(self, lang: str) -> dict[dt.date, str]:
        """Days off and why, in one language: the ``removed`` of :class:`WorkingDays`."""
        return {day.date: text_in(day.reason, lang) for day in self.off}
