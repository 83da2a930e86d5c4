"""What the law's calendar forbids, said in the reader's language: the engine gives a code and an English sentence."""

from __future__ import annotations

from dataclasses import dataclass
from datetime import date
from typing import Any

from django.utils.translation import gettext as _
from django.utils.translation import gettext_lazy as _l

from sapa.calendar import FreezePlan
from sapa.calendar.freeze import Problem
from sapa.errors import UserError
from sapa_web.common.templatetags.ui import day, number

TEXTS: dict[str, tuple[Any, Any]] = {
    "date-not-in-month": (
        _l("The law has the data fixed in month %(month)s; the date chosen is %(as_of)s."),
        _l("Choose a date in month %(month)s."),
    ),
    "notice-too-late": (
        _l("Users must be told by %(notice_by)s."),
        _l("Tell users earlier, or move the date and the suspension."),
    ),
    "notice-overdue": (_l("Users were to be told by %(notice_by)s."), _l("Choose a later date.")),
    "suspension-empty": (_l("The suspension has no working day."), _l("Give at least 1.")),
    "suspension-too-long": (
        _l("Updates would stand still for %(days)s working days; at most %(most)s are allowed."),
        _l("Give at most %(most)s."),
    ),
    "suspension-after-date": (
        _l("Updates would go on between the date, %(as_of)s, and the suspension from %(suspend_from)s."),
        _l("Suspend on the date itself or before it."),
    ),
    "suspension-before-date": (
        _l("Updates would resume on %(resume_on)s, before the data are fixed as of %(as_of)s."),
        _l("Suspend later or longer, so that the date lies inside."),
    ),
    "fixed-outside-suspension": (
        _l("The data would be fixed outside the suspension (%(suspend_from)s – %(suspend_until)s)."),
        _l("Fix the data while updates stand still."),
    ),
    "resume-overdue": (_l("Updates were to resume on %(resume_on)s."), _l("Resume now.")),
}
_EARLY = {
    "suspended": "suspend_from",
    "frozen": "frozen_from",
    "resumed": "resume_on",
}
_LATE = {"announced": "notice_by", "suspended": "suspend_until", "frozen": "frozen_until"}


@dataclass(frozen=True)
class Obstacle:
    """What is wrong and what to do, in the active language."""

    code: str
    message: str
    todo: str

    def error(self) -> UserError:
        """The same as an exception."""
        return UserError(self.message.rstrip("."), todo=self.todo)


def told(problem: Problem, plan: FreezePlan) -> Obstacle:
    """A problem of a plan."""
    message, todo = TEXTS.get(problem.code, (problem.message, problem.todo))
    facts = {name: day(getattr(plan, name)) for name in ("as_of", "notice_by", "suspend_from", "suspend_until", "resume_on")}
    facts |= {
        "month": number(plan.window.month), "most": number(plan.window.suspension_max), "days": number(plan.suspension_days or 0),
    }  # fmt: skip
    return Obstacle(problem.code, str(message) % facts, str(todo) % facts)


def problems_of(plan: FreezePlan) -> list[Obstacle]:
    """Everything the law does not allow about a plan."""
    return [told(item, plan) for item in plan.problems()]


def obstacle(plan: FreezePlan, source: Any, target: Any, today: date) -> Obstacle | None:
    """Why a change of state is not permitted today."""
    problem = plan.obstacle(source, target, today)
    if problem is None:
        return None
    if problem.code == "too-early" and target in _EARLY:
        opens = day(getattr(plan, _EARLY[target]))
        return Obstacle("too-early", _("This is possible from %(day)s on.") % {"day": opens}, _("Wait until then."))
    if problem.code == "too-late" and target in _LATE:
        closed = day(getattr(plan, _LATE[target]))
        return Obstacle("too-late", _("This was possible until %(day)s.") % {"day": closed}, _("Make a new plan."))
    return Obstacle(problem.code, problem.message, problem.todo)
