"""Deadlines in working days of the country whose data they are."""

from __future__ import annotations

from datetime import date, timedelta
from functools import lru_cache
from typing import Any

from django.utils.timezone import localdate

from sapa.calendar import FreezePlan, WorkingDays
from sapa.chain.context import RegimeUse, regime_of
from sapa.chain.days import working_days
from sapa.packs.models_law import Duty
from sapa_web.collection.domain.packs import pack_named
from sapa_web.collection.models import Campaign, Freeze, Obligation


@lru_cache(maxsize=16)
def regime_for(pack: str, regime: str = "") -> RegimeUse:
    """The regime a pack's campaigns run under: the one named, or that of the pack itself."""
    owner = pack_named(pack)
    return regime_of(regime or owner.meta.regime or owner.id, owner)


@lru_cache(maxsize=16)
def calendar_of(pack: str, regime: str = "") -> WorkingDays:
    """Working days of the country the data belong to."""
    use = regime_for(pack, regime)
    return working_days(use.pack, "en", use.owner.meta.country or use.pack.meta.country)


def duties_of(pack: str, regime: str = "") -> list[Duty]:
    """The duties of the data regime a pack's campaigns run under."""
    use = regime_for(pack, regime)
    found: list[Any] = [use.pack.find("duties", name) for name in use.regime.duties]
    return found


@lru_cache(maxsize=16)
def suspension_stops_the_clock(pack: str, regime: str = "") -> bool:
    """How the pack reads the law: whether working days on which updates stood still are left out of lateness."""
    use = regime_for(pack, regime)
    deadlines = [duty.deadline for duty in duties_of(pack, regime) if duty.action == "update" and duty.deadline]
    rules = [use.pack.find("calendar", name).rule for name in deadlines]
    return any(getattr(rule, "suspended_days", "count") == "skip" for rule in rules)


def freeze_plan(pack: str, period: str, as_of: date | None = None, regime: str = "") -> FreezePlan:
    """The freeze of a period as the law lets it run; ``as_of`` defaults to the first day the law allows."""
    use = regime_for(pack, regime)
    return use.plan(as_of or use.default_as_of(period))


def default_due(pack: str, period: str, regime: str = "") -> date:
    """The last working day on which a return of the period is in time: the one before updates are suspended."""
    planned = Freeze.objects.filter(pack=pack, period=period).first()
    if planned is not None:
        return calendar_of(pack, regime).add(planned.suspend_from, -1)
    plan = freeze_plan(pack, period, regime=regime)
    return plan.wd.add(plan.suspend_from, -1)


Windows = list[tuple[date, date]]


def suspended_days(pack: str, period: str) -> list[tuple[date, date]]:
    """Windows in which updates stood still: the pack says whether they count."""
    return [window_of(item) for item in Freeze.objects.filter(pack=pack, period=period).exclude(state=Freeze.PLANNED)]


def window_of(freeze: Freeze) -> tuple[date, date]:
    """First and last day of a suspension. Resumed early, the days that were left do count."""
    end = localdate(freeze.resumed_at) if freeze.resumed_at else freeze.resume_on
    return freeze.suspend_from, end - timedelta(days=1)


def days_late(obligation: Obligation, day: date) -> int:
    """Working days ``day`` lies after the deadline; 0 in time."""
    campaign = obligation.campaign
    return working_days_late(campaign, obligation.due_on, day)


def working_days_late(campaign: Campaign, due: date, day: date, windows: Windows | None = None) -> int:
    """Working days from the deadline to ``day``; those of a suspension are left out where the pack reads the law so.

    ``windows``: the period's suspensions where the caller holds them already, so that a list asks for them once.
    """
    if day <= due:
        return 0
    calendar = calendar_of(campaign.pack, campaign.regime)
    late = calendar.between(due, day)
    if not suspension_stops_the_clock(campaign.pack, campaign.regime):
        return late
    for begin, end in suspended_days(campaign.pack, campaign.period) if windows is None else windows:
        first, last = max(begin, due + timedelta(days=1)), min(end, day)
        if first <= last:
            late -= calendar.between(first - timedelta(days=1), last)
    return max(late, 0)


def days_left(campaign: Campaign, due: date, day: date, windows: Windows | None = None) -> int:
    """Working days from ``day`` to the deadline, the deadline's own counted; 0 on it, negative after."""
    calendar = calendar_of(campaign.pack, campaign.regime)
    return calendar.between(day, due) if day <= due else -working_days_late(campaign, due, day, windows)
