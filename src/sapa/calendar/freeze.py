"""The yearly freeze: data fixed as of one date while updates stand still, as a state machine over a calendar."""

from __future__ import annotations

import datetime as dt
from dataclasses import dataclass
from functools import cached_property
from typing import Literal, NamedTuple

from pydantic import Field

from sapa.calendar.deadlines import WorkingDaysDeadline
from sapa.calendar.model import CalendarModel, Counting, Window
from sapa.calendar.workdays import WorkingDays

FreezeState = Literal["planned", "announced", "suspended", "frozen", "resumed"]
FREEZE_STATES: tuple[FreezeState, ...] = ("planned", "announced", "suspended", "frozen", "resumed")


class FreezeWindow(CalendarModel):
    """What the clause says of the freeze: when, how long updates may stand still, how early users are told."""

    unit: Literal["freeze"] = Field(default="freeze", description="Tells a freeze from a deadline.")
    month: int = Field(ge=1, le=12, description="Month, 1–12, in which the data are fixed as of one date.")
    suspension_max: int = Field(
        ge=1, le=260, description="Most working days for which updates may be suspended, as the pack reads the clause."
    )
    notice: int = Field(ge=0, le=260, description="Working days before the freeze by which users are told of it.")
    notice_counting: Counting = Field(
        default="next-day",
        description="How those days are counted back: the day before the freeze is day one (`next-day`), the day "
        "itself is (`event-day`), or so many whole working days lie between (`clear-days`).",
    )
    announced_by: str = Field(min_length=1, description="Subject that fixes the data and tells the users: its id.")


class Problem(CalendarModel):
    """Something about a plan that the clause does not allow."""

    code: str = Field(description="Stable code of the kind of problem.")
    message: str = Field(description="What is wrong, with the dates.")
    todo: str = Field(description="How to mend it.")


class Transition(NamedTuple):
    """One permitted change of state and the days on which it may happen.

    ``opens`` and ``closes`` name properties of :class:`FreezePlan`; without ``closes`` it stays possible.
    """

    source: FreezeState
    target: FreezeState
    opens: str | None
    closes: str | None
    why: str


TRANSITIONS: tuple[Transition, ...] = (
    Transition("planned", "announced", None, "notice_by", "users are told in time or the plan must move"),
    Transition("announced", "suspended", "suspend_from", "suspend_until", "updates stand still as announced"),
    Transition("suspended", "frozen", "frozen_from", "frozen_until", "data are fixed once the date is reached"),
    Transition("frozen", "resumed", "frozen_from", None, "updates may resume as soon as data are fixed"),
    Transition("suspended", "resumed", "resume_on", None, "the longest suspension is over, fixed or not"),
)


@dataclass(frozen=True)
class FreezePlan:
    """The freeze of one year: the clause, a calendar, the date chosen, and what follows from them.

    Left open, the suspension starts on the date (or the first working day after it) and takes the most days permitted;
    users are told, and data fixed, on the last day permitted.
    """

    window: FreezeWindow
    wd: WorkingDays
    as_of: dt.date
    suspend_on: dt.date | None = None
    suspension_days: int | None = None
    announced_on: dt.date | None = None
    frozen_on: dt.date | None = None

    @cached_property
    def suspend_from(self) -> dt.date:
        """First day on which updates stand still."""
        return self.suspend_on or self.wd.on_or_after(self.as_of)

    @cached_property
    def suspend_until(self) -> dt.date:
        """Last working day on which updates stand still."""
        days = self.window.suspension_max if self.suspension_days is None else self.suspension_days
        return self.wd.add(self.suspend_from - dt.timedelta(days=1), max(days, 1))

    @cached_property
    def resume_on(self) -> dt.date:
        """Working day on which updates resume at the latest."""
        return self.wd.add(self.suspend_until, 1)

    @cached_property
    def notice_by(self) -> dt.date:
        """Last day on which users are told in time of both: counted back from the date or the suspension if earlier."""
        if self.window.notice == 0:
            return min(self.as_of, self.suspend_from)
        rule = WorkingDaysDeadline(unit="working-days", n=self.window.notice, before=True, counting=self.window.notice_counting)
        return rule.due(min(self.as_of, self.suspend_from), self.wd)

    @cached_property
    def frozen_from(self) -> dt.date:
        """First day on which data can be fixed: the date has come and updates stand still."""
        return max(self.as_of, self.suspend_from)

    @cached_property
    def frozen_until(self) -> dt.date:
        """Last day on which data can be fixed: the end of the month, or of a suspension that runs beyond it.

        The date lies in the month; the work of fixing as of it may take as long as updates lawfully stand still.
        """
        following = self.as_of.replace(day=28) + dt.timedelta(days=4)
        return max(following - dt.timedelta(days=following.day), self.suspend_until)

    @property
    def suspension(self) -> Window:
        """The days on which updates stand still; hand it to a deadline as ``suspended``."""
        return Window(start=self.suspend_from, end=self.suspend_until)

    @property
    def starts(self) -> dict[FreezeState, dt.date]:
        """First day of each state after ``planned``, as planned or as it happened."""
        return {
            "announced": self.announced_on or self.notice_by,
            "suspended": self.suspend_from,
            "frozen": self.frozen_on or self.suspend_until,
            "resumed": self.resume_on,
        }

    def state(self, today: dt.date) -> FreezeState:
        """The state the plan foresees for ``today``."""
        reached: FreezeState = "planned"
        for state, start in self.starts.items():
            if today >= start:
                reached = state
        return reached

    def can(self, source: FreezeState, target: FreezeState, today: dt.date) -> bool:
        """Whether the change of state is in the table and ``today`` lies in its days."""
        return self.obstacle(source, target, today) is None

    def obstacle(self, source: FreezeState, target: FreezeState, today: dt.date) -> Problem | None:
        """Why the change of state is not permitted today; ``None`` when it is."""
        row = next((t for t in TRANSITIONS if (t.source, t.target) == (source, target)), None)
        if row is None:
            allowed = ", ".join(t.target for t in TRANSITIONS if t.source == source) or "nothing"
            return _problem("no-transition", f"{source} can't become {target}", f"from {source}: {allowed}")
        opens = self._day(row.opens)
        if opens is not None and today < opens:
            return _problem("too-early", f"{source} → {target} opens on {opens}; today is {today}", f"wait until {opens}")
        closes = self._day(row.closes)
        if closes is not None and today > closes:
            return _problem(
                "too-late", f"{source} → {target} closed on {closes}; today is {today}", f"make a new plan: {row.why}"
            )
        return None

    def overdue(self, state: FreezeState, today: dt.date) -> Problem | None:
        """What should have happened by today to a freeze that is in ``state``."""
        if state == "planned" and today > self.notice_by:
            return _problem("notice-overdue", f"users were to be told by {self.notice_by}", "choose a later date")
        if state in ("suspended", "frozen") and today >= self.resume_on:
            late = self.wd.between(self.suspend_until, today)
            return _problem(
                "resume-overdue",
                f"updates were to resume on {self.resume_on}; {late} working days too long",
                "resume now",
            )
        return None

    def problems(self) -> list[Problem]:
        """Everything about the plan that the clause does not allow; empty when it can be announced."""
        checks = (self._in_month(), self._told_in_time(), *self._length(), self._covers(), self._fixed_inside())
        return [problem for problem in checks if problem is not None]

    def _day(self, name: str | None) -> dt.date | None:
        return None if name is None else getattr(self, name)

    def _in_month(self) -> Problem | None:
        if self.as_of.month == self.window.month:
            return None
        return _problem(
            "date-not-in-month",
            f"the data are to be fixed in month {self.window.month}; the date chosen is {self.as_of}",
            f"choose a date in month {self.window.month}",
        )

    def _told_in_time(self) -> Problem | None:
        if self.announced_on is None or self.announced_on <= self.notice_by:
            return None
        late = self.wd.between(self.notice_by, self.announced_on)
        return _problem(
            "notice-too-late",
            f"told on {self.announced_on}; {self.window.notice} working days ahead was {self.notice_by} ({late} late)",
            "tell users earlier, or move the date and the suspension",
        )

    def _length(self) -> tuple[Problem | None, ...]:
        days = self.suspension_days
        if days is not None and days < 1:
            return (_problem("suspension-empty", f"a suspension of {days} working days", "give at least 1"),)
        if days is not None and days > self.window.suspension_max:
            most = self.window.suspension_max
            over = f"updates would stand still for {days} working days; at most {most} are allowed"
            return (_problem("suspension-too-long", over, f"give at most {most}"),)
        return ()

    def _covers(self) -> Problem | None:
        """Updates between the date and the suspension would change what is fixed."""
        gap = self.wd.between(self.as_of - dt.timedelta(days=1), self.suspend_from - dt.timedelta(days=1))
        if self.as_of < self.suspend_from and gap > 0:
            return _problem(
                "suspension-after-date",
                f"updates go on for {gap} working days between {self.as_of} and the suspension on {self.suspend_from}",
                "suspend on the date itself or before it",
            )
        if self.as_of > self.suspend_until:
            return _problem(
                "suspension-before-date",
                f"updates resume on {self.resume_on}, before the data are fixed as of {self.as_of}",
                "suspend later or longer, so that the date lies inside",
            )
        return None

    def _fixed_inside(self) -> Problem | None:
        if self.frozen_on is None or self.frozen_from <= self.frozen_on <= self.suspend_until:
            return None
        return _problem(
            "fixed-outside-suspension",
            f"data fixed on {self.frozen_on}, outside {self.frozen_from} … {self.suspend_until}",
            "fix the data while updates stand still",
        )


def _problem(code: str, message: str, todo: str) -> Problem:
    return Problem(code=code, message=message, todo=todo)
