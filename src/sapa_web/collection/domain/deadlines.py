"""Deadlines in working days of the country whose data they are."""

from __future__ import annotations

from datetime import date, timedelta
from functools import lru_cache

from django.utils.timezone import localdate

from sapa.calendar import FreezePlan, WorkingDays
from sapa.chain.context import RegimeUse, regime_of
from sapa.chain.days import working_days
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


def suspended_days(pack: str, period: str) -> list[tuple[date, date]]:
    """Windows in which updates stood still: the pack says whether they count."""
    held = Freeze.objects.filter(pack=pack, period=period).exclude(state=Freeze.PLANNED)
    return [
        # Resumed early, the days that were left do count.
        (freeze.suspend_from, (localdate(freeze.resumed_at) if freeze.resumed_at else freeze.resume_on) - timedelta(days=1))
        for freeze in held
    ]


def days_late(obligation: Obligation, day: date) -> int:
    """Working days ``day`` lies after the deadline; 0 in time. Days on which updates were suspended are not counted."""
    campaign = obligation.campaign
    return working_days_late(campaign, obligation.due_on, day)


def working_days_late(campaign: Campaign, due: date, day: date) -> int:
    """Working days from the deadline to ``day``, those of a suspension left out."""
    if day <= due:
        return 0
    calendar = calendar_of(campaign.pack, campaign.regime)
    late = calendar.between(due, day)
    for begin, end in suspended_days(campaign.pack, campaign.period):
        first, last = max(begin, due + timedelta(days=1)), min(end, day)
        if first <= last:
            late -= calendar.between(first - timedelta(days=1), last)
    return max(late, 0)


def days_left(campaign: Campaign, due: date, day: date) -> int:
    """Working days from ``day`` to the deadline, the deadline's own counted; 0 on it, negative after."""
    calendar = calendar_of(campaign.pack, campaign.regime)
    return calendar.between(day, due) if day <= due else -working_days_late(campaign, due, day)
