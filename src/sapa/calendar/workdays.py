"""Working days of a country: which days count, why, and arithmetic over them.

The public holidays and exchanged days come from the library ``holidays``; what it does not know (a decree of the year)
a pack adds day by day. The country is data: an ISO 3166-1 code handed in.
"""

from __future__ import annotations

import datetime as dt
from array import array
from collections.abc import Collection, Iterable, Mapping
from functools import lru_cache
from itertools import accumulate
from typing import Literal

from holidays import HolidayBase, country_holidays
from pydantic import Field

from sapa.calendar.model import CalendarModel, Window, merge_windows
from sapa.calendar.overrides import DayOverrides
from sapa.errors import UserError

DEFAULT_YEARS = range(1990, 2061)

DayKind = Literal["working", "weekend", "holiday", "transferred-off", "transferred-working", "added", "removed"]


class DayNote(CalendarModel):
    """What is known about one day."""

    date: dt.date = Field(description="The day.")
    working: bool = Field(description="Whether it counts as a working day.")
    kind: DayKind = Field(
        description="`working` and `weekend` are plain days; `holiday` is a public holiday (also one that falls on a "
        "weekend or is observed on another day); `transferred-…` is half of an official exchange of a weekday "
        "with a weekend day; `added` and `removed` are overrides."
    )
    name: str = Field(description="Name of the holiday, exchange or override; empty for a plain day.")
    exchanged_with: dt.date | None = Field(default=None, description="The other day of an official exchange.")


class _Base:
    """What the library knows of a country, shared by all calendars of that country and language."""

    def __init__(self, country: str, language: str, years: range) -> None:
        found = country_holidays(country, years=years, language=language)
        self.names: dict[dt.date, str] = dict(found.items())
        self.exchanges: dict[dt.date, dt.date] = {}
        for day in found.weekend_workdays:
            if day.year in years:
                self.exchanges.update(_exchange(found, day))

    def kind(self, day: dt.date, *, weekend: bool) -> DayKind:
        if weekend:
            if day in self.exchanges:
                return "transferred-working"
            return "holiday" if day in self.names else "weekend"
        if day not in self.names:
            return "working"
        return "transferred-off" if day in self.exchanges else "holiday"


def _exchange(found: HolidayBase, worked: dt.date) -> dict[dt.date, dt.date]:
    """Both directions of the exchange of ``worked``, found by the label the library gives the day off for it."""
    label = worked.strftime(found.tr(getattr(found, "substituted_date_format", "%d.%m.%Y")))
    for day, name in found.items():
        if label in name and abs((day - worked).days) < 366:
            return {worked: day, day: worked}
    return {worked: worked}


def _language_of(country: str, language: str | None) -> str:
    """The library's tag for ``language``; its default for the country when it has no such translation.

    Never left out: without it the library reads the environment of the process.
    """
    try:
        probe = country_holidays(country)
    except NotImplementedError as error:
        raise UserError(
            f"no calendar of holidays is known for the country {country!r}",
            todo="give an ISO 3166-1 code, such as the two-letter code of the country",
        ) from error
    supported = tuple(probe.supported_languages)
    wanted = (language or "").replace("-", "_")
    for tag in supported:
        if wanted and (tag == wanted or tag.split("_")[0] == wanted.split("_")[0]):
            return tag
    return probe.default_language or (supported[0] if supported else "en_US")


@lru_cache(maxsize=32)
def _base(country: str, language: str, years: range) -> _Base:
    return _Base(country, language, years)


class WorkingDays:
    """The working days of a country from the first to the last of ``years``.

    Parameters
    ----------
    country
        ISO 3166-1 code (two or three letters) that the library ``holidays`` knows.
    added, removed
        Days added to and taken from the *working* days, with the reason; they prevail over the library.
    weekend
        Weekdays that do not work, Monday = 0. The exchanges the library knows are those of the five-day week: with
        another weekend, check them and override.
    years
        Consecutive years covered; a question outside them is a :class:`UserError`.
    language
        Language of the holidays' names; the country's own where the library has no such translation.

    The library knows official exchanges of a weekday with a weekend day only for years already decreed
    (``last_exchange`` is the latest it knows of): a later year holds the fixed holidays only.
    """

    def __init__(
        self,
        country: str,
        *,
        added: Mapping[dt.date, str] | None = None,
        removed: Mapping[dt.date, str] | None = None,
        weekend: Collection[int] = frozenset({5, 6}),
        years: range = DEFAULT_YEARS,
        language: str | None = None,
    ) -> None:
        self.country = country.upper()
        self.weekend = _checked_weekend(weekend)
        self.years = _checked_years(years)
        self.added = dict(added or {})
        self.removed = dict(removed or {})
        self.language = _language_of(self.country, language)
        self._base = _base(self.country, self.language, self.years)
        self._check_overrides()
        self._index()

    def with_overrides(self, overrides: DayOverrides, lang: str | None = None) -> WorkingDays:
        """The same calendar with a pack's overrides on top; a later override of a day replaces an earlier one."""
        lang = lang or self.language.split("_")[0]
        new_added, new_removed = overrides.added(lang), overrides.removed(lang)
        return WorkingDays(
            self.country,
            added={d: why for d, why in self.added.items() if d not in new_removed} | new_added,
            removed={d: why for d, why in self.removed.items() if d not in new_added} | new_removed,
            weekend=self.weekend,
            years=self.years,
            language=self.language,
        )

    @property
    def first(self) -> dt.date:
        """First day covered."""
        return dt.date(self.years.start, 1, 1)

    @property
    def last(self) -> dt.date:
        """Last day covered."""
        return dt.date(self.years[-1], 12, 31)

    @property
    def last_exchange(self) -> dt.date | None:
        """Latest officially exchanged day that the library knows; years after it await their decree."""
        return max(self._base.exchanges, default=None)

    def is_working(self, d: dt.date) -> bool:
        """Whether ``d`` counts as a working day."""
        return bool(self._flags[self._offset(d)])

    def add(self, d: dt.date, n: int) -> dt.date:
        """The ``n``-th working day after ``d`` (before it when ``n`` is negative), ``d`` itself not counted.

        ``add(d, 0)`` is ``d``, whether working or not.
        """
        if n == 0:
            return d
        rank = self._ranks[self._offset(d)]
        if n < 0 and self.is_working(d):
            rank -= 1
        index = rank + n - 1 if n > 0 else rank + n
        if not 0 <= index < len(self._days):
            raise self._outside(f"{abs(n)} working days {'after' if n > 0 else 'before'} {d}")
        return dt.date.fromordinal(self._days[index])

    def between(self, a: dt.date, b: dt.date) -> int:
        """How many working days lie in (a, b]; negative, of (b, a], when ``b`` is before ``a``."""
        return self._ranks[self._offset(b)] - self._ranks[self._offset(a)]

    def on_or_after(self, d: dt.date) -> dt.date:
        """``d`` if it is a working day, else the next one."""
        return d if self.is_working(d) else self.add(d, 1)

    def on_or_before(self, d: dt.date) -> dt.date:
        """``d`` if it is a working day, else the one before."""
        return d if self.is_working(d) else self.add(d, -1)

    def count_in(self, windows: Iterable[Window]) -> int:
        """How many working days the spans hold together, each day once."""
        return sum(self.between(w.start, w.end) + (1 if self.is_working(w.start) else 0) for w in merge_windows(windows))

    def note(self, d: dt.date) -> DayNote:
        """All that is known about ``d``."""
        working = self.is_working(d)
        if d in self.added:
            return DayNote(date=d, working=working, kind="added", name=self.added[d])
        if d in self.removed:
            return DayNote(date=d, working=working, kind="removed", name=self.removed[d])
        kind = self._base.kind(d, weekend=d.weekday() in self.weekend)
        other = self._base.exchanges.get(d) if kind.startswith("transferred") else None
        name = self._base.names.get(other or d, "") if kind == "transferred-working" else self._base.names.get(d, "")
        return DayNote(date=d, working=working, kind=kind, name=name, exchanged_with=other)

    def why(self, d: dt.date) -> str:
        """Name of the holiday, exchange or override that makes ``d`` what it is; ``weekend``/``working`` if plain."""
        note = self.note(d)
        return note.name or note.kind

    def holidays(self, year: int) -> list[DayNote]:
        """The days of a year that a name is known for: holidays, exchanged days, overrides; in order."""
        self._offset(dt.date(year, 1, 1))
        known = {*self._base.names, *self._base.exchanges, *self.added, *self.removed}
        return [self.note(day) for day in sorted(known) if day.year == year]

    def _index(self) -> None:
        """Flags, running counts and ordinals of working days, so that every question is a look-up."""
        first, last = self.first.toordinal(), self.last.toordinal()
        flags = bytearray((o + 6) % 7 not in self.weekend for o in range(first, last + 1))
        for day in self._base.names:
            flags[day.toordinal() - first] = 0
        for day in self._base.exchanges:
            if day.weekday() in self.weekend:
                flags[day.toordinal() - first] = 1
        for day in self.added:
            flags[day.toordinal() - first] = 1
        for day in self.removed:
            flags[day.toordinal() - first] = 0
        self._first = first
        self._flags = flags
        self._ranks = array("l", accumulate(flags))
        self._days = array("l", (first + i for i, flag in enumerate(flags) if flag))

    def _offset(self, d: dt.date) -> int:
        offset = d.toordinal() - self._first
        if not 0 <= offset < len(self._flags):
            raise self._outside(str(d))
        return offset

    def _outside(self, what: str) -> UserError:
        return UserError(
            f"{what} lies outside the calendar, which covers {self.first} to {self.last}",
            todo="check the year, or give the calendar more years",
        )

    def _check_overrides(self) -> None:
        both = sorted(self.added.keys() & self.removed.keys())
        if both:
            raise UserError(f"{both[0]} is declared both working and off", todo="keep one of the two overrides")
        for day in (*self.added, *self.removed):
            if day.year not in self.years:
                raise self._named_outside(day)

    def _named_outside(self, day: dt.date) -> UserError:
        return UserError(
            f"the override of {day} lies outside the calendar's years {self.years.start}–{self.years[-1]}",
            todo="check the year of the override",
        )


def _checked_weekend(weekend: Collection[int]) -> frozenset[int]:
    if not set(weekend) <= set(range(7)) or len(set(weekend)) == 7:
        raise UserError(f"not a weekend: {sorted(weekend)}", todo="give at most six weekdays, Monday = 0 … Sunday = 6")
    return frozenset(weekend)


def _checked_years(years: range) -> range:
    if not years or years.step != 1 or years.start < 1 or years[-1] > 9998:
        raise UserError(f"not a run of consecutive years: {years}", todo="give range(first, last + 1)")
    return years
