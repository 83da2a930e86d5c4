"""Reminders: written by an office, and those the site sends by itself before and after a deadline."""

from __future__ import annotations

from collections.abc import Iterable
from datetime import date
from typing import Any

from django.db import transaction
from django.db.models import Count
from django.urls import reverse
from django.utils.translation import gettext as _t
from django.utils.translation import gettext_lazy as _

from sapa.errors import UserError
from sapa_web.collection.domain.deadlines import calendar_of, working_days_late
from sapa_web.collection.domain.people import at_units
from sapa_web.collection.domain.texts import dataset_title, return_url
from sapa_web.collection.models import Campaign, Obligation, Reminder
from sapa_web.common.clock import now, today
from sapa_web.common.domain import jobs, ledger, notices
from sapa_web.orgs.models import Closure

LONGEST = 2000
AHEAD = (5, 1)
"""Working days before a deadline on which those who have not signed are reminded: our choice, no clause sets it."""
AGAIN = 5
"""Working days after a deadline between two late notices."""

notices.register(
    "return.reminder",
    _("Reminder: %(dataset)s for %(period)s"),
    _("%(by)s reminds %(unit)s of the return due on %(due_on)s. %(text)s"),
    icon="message",
)
notices.register(
    "return.due",
    _("Due on %(due_on)s: %(dataset)s for %(period)s"),
    _("The return of %(unit)s is not signed yet."),
    icon="calendar-due",
)
notices.register(
    "return.late",
    _("Late: %(dataset)s for %(period)s"),
    _("The return of %(unit)s was due on %(due_on)s and is not signed. Working days late: %(late)s."),
    icon="clock-exclamation",
)
notices.register(
    "backlog.late",
    _("Late returns: %(dataset)s for %(period)s"),
    _("In %(node)s, %(count)s returns due on %(due_on)s are not signed. Working days late: %(late)s."),
    icon="clock-exclamation",
)


@transaction.atomic
def remind(user: Any, obligations: Iterable[Obligation], text: str) -> int:
    """Write a reminder to the secretary and head of each unit; returns how many units were reminded.

    A unit whose return is signed, or whose campaign stands still, is passed over.
    """
    text = text.strip()
    if len(text) > LONGEST:
        raise UserError(_t("the reminder is longer than %d characters") % LONGEST, todo=_t("shorten it"))
    wanted = [item for item in obligations if item.state != Obligation.SIGNED and item.campaign.state == Campaign.OPEN]
    if not wanted:
        text = _t("nobody is to be reminded: what was chosen is signed, or updates stand still")
        raise UserError(text, todo=_t("choose other units"))
    at = now()
    Reminder.objects.bulk_create([Reminder(obligation=item, text=text, by=user, at=at) for item in wanted], batch_size=500)
    people = at_units(item.organisation_id for item in wanted)
    said = {"by": str(user), "text": text}
    told = ((people.get(item.organisation_id, []), {**_facts(item), **said}, return_url(item)) for item in wanted)
    notices.tell_each(told, "return.reminder")
    ledger.append(user, "reminder.written", data={"units": len(wanted), "first": wanted[0].organisation.code})
    return len(wanted)


def _facts(item: Obligation) -> dict[str, Any]:
    return {
        "dataset": dataset_title(item.campaign), "period": item.campaign.period, "unit": item.organisation.name,
        "due_on": item.due_on.isoformat(),
    }  # fmt: skip


@jobs.kind("deadlines.tell", _("Reminders of deadlines, notices of late returns"), quiet=True)
def tell_of_deadlines(job: jobs.Job) -> dict[str, int]:
    """Once a day: who is to sign soon, who is late (units), how many are late (offices). Told whole or not at all."""
    told = {"due": 0, "late": 0, "offices": 0}
    with transaction.atomic():
        for campaign in Campaign.objects.filter(state=Campaign.OPEN):
            for due in _open_obligations(campaign).values_list("due_on", flat=True).distinct().order_by("due_on"):
                _tell(campaign, due, told)
    return told


def _open_obligations(campaign: Campaign) -> Any:
    mine = Obligation.objects.unscoped("everybody is told of his own return").filter(campaign=campaign)
    # A revision that is being changed again has been signed in time already: only what never came is late.
    return mine.filter(revision=0)


def _tell(campaign: Campaign, due: date, told: dict[str, int]) -> None:
    day = today()
    calendar = calendar_of(campaign.pack, campaign.regime)
    if not calendar.is_working(day):
        return
    if day <= due:
        if calendar.between(day, due) in AHEAD:
            told["due"] += _tell_units(campaign, due, "return.due", {})
        return
    late = working_days_late(campaign, due, day)
    if late >= 1 and (late - 1) % AGAIN == 0:
        told["late"] += _tell_units(campaign, due, "return.late", {"late": late})
        told["offices"] += _tell_offices(campaign, due, late)


def _tell_units(campaign: Campaign, due: date, kind: str, more: dict[str, Any]) -> int:
    items = list(_open_obligations(campaign).filter(due_on=due).select_related("organisation", "campaign"))
    people = at_units(item.organisation_id for item in items)
    told = ((people.get(item.organisation_id, []), {**_facts(item), **more}, return_url(item)) for item in items)
    return notices.tell_each(told, kind)


def _tell_offices(campaign: Campaign, due: date, late: int) -> int:
    """The officers of each node are told how many of the units below are late: one notice, whatever their number."""
    items = _open_obligations(campaign).filter(due_on=due).values("organisation")
    below = Closure.objects.filter(descendant__in=items, ancestor__is_institution=False)
    nodes = below.values("ancestor", "ancestor__code", "ancestor__name").annotate(count=Count("pk"))
    officers = at_units((node["ancestor"] for node in nodes), ("officer", "manager"))
    told = []
    for node in nodes:
        facts = {
            "dataset": dataset_title(campaign), "period": campaign.period, "node": node["ancestor__name"], "count": node["count"],
            "due_on": due.isoformat(), "late": late,
        }  # fmt: skip
        url = reverse("backlog:units", args=[node["ancestor__code"]]) + "?late=1"
        told.append((officers.get(node["ancestor"], []), facts, url))
    return notices.tell_each(told, "backlog.late")


jobs.daily("deadlines.tell")
