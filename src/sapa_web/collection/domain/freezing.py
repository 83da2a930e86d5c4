"""The year's freeze: planned from the law's calendar, announced to everybody, suspended by itself, fixed by a job, resumed.

The days come from the engine's :class:`~sapa.calendar.FreezePlan`; the state of a freeze is a row here, changed along ``FREEZE``.
"""

from __future__ import annotations

from datetime import date
from typing import Any

from django.db import transaction
from django.urls import reverse
from django.utils.translation import gettext as _t
from django.utils.translation import gettext_lazy as _

from sapa.calendar import FreezePlan
from sapa.errors import UserError
from sapa_web.collection.domain.campaigns import CAMPAIGN
from sapa_web.collection.domain.deadlines import regime_for
from sapa_web.collection.domain.obstacles import obstacle, problems_of
from sapa_web.collection.domain.people import everybody, with_capability
from sapa_web.collection.domain.states import FREEZE
from sapa_web.collection.models import Campaign, Freeze
from sapa_web.common.clock import now, today
from sapa_web.common.domain import jobs, ledger, notices
from sapa_web.orgs.domain.current import refresh
from sapa_web.orgs.domain.versions import person
from sapa_web.orgs.roles import Capability

notices.register(
    "freeze.announced",
    _("Updates will be suspended from %(from_on)s"),
    _(
        "The data of %(period)s are fixed as of %(as_of)s. From %(from_on)s until %(until_on)s nothing can be entered, signed or "
        "returned; updates resume on %(resume_on)s at the latest. Please sign your returns before %(from_on)s. %(borrowed)s"
    ),
    icon="speakerphone",
)
notices.register(
    "freeze.suspended",
    _("Updates are suspended"),
    _(
        "The data of %(period)s are being fixed as of %(as_of)s. Updates resume on %(resume_on)s at the latest; "
        "your drafts are kept."
    ),
    icon="player-pause",
)
notices.register(
    "freeze.frozen",
    _("The data of %(period)s are fixed"),
    _("Fixed as of %(as_of)s: %(size)s signed returns. Root: %(root)s."),
    icon="snowflake",
)
notices.register(
    "freeze.failed",
    _("The data of %(period)s could not be fixed"),
    _("%(reason)s"),
    icon="alert-triangle",
)
notices.register(
    "freeze.resumed",
    _("Updates have resumed"),
    _(
        "The suspension for the fixing as of %(as_of)s is over. What comes to light from now on belongs to the next state "
        "of the data."
    ),
    icon="player-play",
)
notices.register(
    "freeze.unfixed",
    _("Updates have resumed, but the data of %(period)s are not fixed"),
    _("The longest suspension the law allows ended on %(resume_on)s. Plan a new date for the fixing."),
    icon="alert-triangle",
)

ACTOR = "system:schedule"


def plan_of(freeze: Freeze) -> FreezePlan:
    """The engine's plan of a freeze, with the days on which things have happened."""
    base = regime_for(freeze.pack, freeze.regime).plan(freeze.as_of)
    return FreezePlan(
        base.window,
        base.wd,
        freeze.as_of,
        suspend_on=freeze.suspend_from,
        suspension_days=freeze.suspension_days,
        announced_on=freeze.announced_at.date() if freeze.announced_at else None,
    )


def draft_plan(
    pack: str, period: str, as_of: date | None = None, suspend_on: date | None = None, days: int | None = None, regime: str = ""
) -> FreezePlan:
    """A plan that is only thought of; what is left open follows from the law."""
    use = regime_for(pack, regime)
    base = use.plan(as_of or use.default_as_of(period))
    return FreezePlan(base.window, base.wd, base.as_of, suspend_on=suspend_on, suspension_days=days)


@transaction.atomic
def plan(
    actor: Any,
    pack: str,
    period: str,
    *,
    as_of: date | None = None,
    suspend_on: date | None = None,
    days: int | None = None,
    regime: str = "",
) -> Freeze:
    """Plan the freeze of a period, or plan it anew while it is not announced. Raises ``UserError`` with what the law forbids."""
    thought = draft_plan(pack, period, as_of, suspend_on, days, regime)
    refuse(thought)
    values = {
        "regime": regime or regime_for(pack).pack.id,
        "as_of": thought.as_of,
        "announce_by": thought.notice_by,
        "suspend_from": thought.suspend_from,
        "suspension_days": thought.window.suspension_max if days is None else days,
        "resume_on": thought.resume_on,
    }
    held = Freeze.objects.select_for_update().filter(pack=pack, period=period).first()
    missed = held is not None and held.state == Freeze.ANNOUNCED and today() >= held.resume_on
    if held is not None and held.state not in (Freeze.PLANNED, Freeze.RESUMED) and not missed:
        raise UserError(_t("the freeze of %s is announced already") % period, todo=_t("it can't be moved any more"))
    if held is not None and held.root:
        raise UserError(
            _t("the data of %s are fixed already") % period, todo=_t("a frozen state never changes; plan the next period")
        )
    if held is None:
        held = Freeze(pack=pack, period=period)
    for name, value in values.items():
        setattr(held, name, value)
    held.state, held.planned_by = Freeze.PLANNED, person(actor)
    held.announced_at = held.suspended_at = held.resumed_at = None
    held.save()
    ledger.append(actor, "freeze.planned", obj=held, data={"period": period, "as_of": held.as_of.isoformat()})
    return held


def refuse(thought: FreezePlan) -> None:
    """Raise ``UserError`` with the first thing about a plan that the law does not allow."""
    for problem in problems_of(thought):
        raise problem.error()


@transaction.atomic
def announce(actor: Any, freeze: Freeze) -> int:
    """Tell every user, in the page and by mail; returns how many. Raises ``UserError`` where it is too late for the law."""
    held = _held(freeze)
    thought = plan_of(held)
    refuse(thought)
    _require(thought, Freeze.PLANNED, Freeze.ANNOUNCED)
    held.state, held.announced_at = FREEZE.to("announce", held.state), now()
    held.save()
    count = notices.tell(everybody(), "freeze.announced", _facts(held), url=reverse("freeze:detail", args=[held.pk]))
    ledger.append(actor, "freeze.announced", obj=held, data={"told": count, **_dates(held)})
    return count


@transaction.atomic
def suspend(actor: Any, freeze: Freeze) -> Freeze:
    """Updates stand still: the campaigns of the pack's period take nothing more."""
    held = _held(freeze)
    _require(plan_of(held), Freeze.ANNOUNCED, Freeze.SUSPENDED)
    held.state, held.suspended_at = FREEZE.to("suspend", held.state), now()
    held.save()
    _campaigns(held, "suspend", Campaign.OPEN)
    notices.tell(everybody(), "freeze.suspended", _facts(held), url=reverse("freeze:detail", args=[held.pk]), mail=False)
    ledger.append(actor, "freeze.suspended", obj=held, data=_dates(held))
    return held


@transaction.atomic
def begin(actor: Any, freeze: Freeze) -> Freeze:
    """Ask for the job that fixes the data; a failed one is asked for again, and goes on where it stood."""
    held = _held(freeze)
    if held.state == Freeze.SUSPENDED:
        _require(plan_of(held), Freeze.SUSPENDED, Freeze.FROZEN)
    if held.job is not None and held.job.state in (jobs.WAITING, jobs.RUNNING):
        raise UserError(_t("the data are being fixed already"), todo=_t("watch how far it is"))
    held.state = FREEZE.to("begin", held.state)
    held.save(update_fields=["state"])
    ledger.append(actor, "freeze.begun", obj=held, data=_dates(held))
    run = jobs.enqueue("freeze.fix", {"freeze": held.pk, "period": held.period}, by=actor)
    Freeze.objects.filter(pk=held.pk).update(job=run)
    held.refresh_from_db()
    return held


@transaction.atomic
def resume(actor: Any, freeze: Freeze) -> Freeze:
    """Updates go on: at once after the data are fixed; without that on the day the longest suspension is over."""
    held = _held(freeze)
    fixed = held.state == Freeze.FROZEN
    _require(plan_of(held), Freeze.FROZEN if fixed else Freeze.SUSPENDED, Freeze.RESUMED)
    held.state, held.resumed_at = FREEZE.to("resume", held.state), now()
    held.save()
    if not fixed:
        _campaigns(held, "resume", Campaign.SUSPENDED)
    url = reverse("freeze:detail", args=[held.pk])
    notices.tell(everybody(), "freeze.resumed", _facts(held), url=url, mail=False)
    if not fixed:
        notices.tell(with_capability(Capability.FREEZE), "freeze.unfixed", _facts(held), url=url)
    ledger.append(actor, "freeze.resumed", obj=held, data={"fixed": fixed, **_dates(held)})
    return held


def _held(freeze: Freeze) -> Freeze:
    return Freeze.objects.select_for_update(of=("self",)).select_related("job").get(pk=freeze.pk)


def _require(thought: FreezePlan, source: Any, target: Any) -> None:
    problem = obstacle(thought, source, target, today())
    if problem is not None:
        raise problem.error()


def _campaigns(freeze: Freeze, verb: str, state: str) -> None:
    held = Campaign.objects.filter(pack=freeze.pack, period=freeze.period, state=state)
    held.update(state=CAMPAIGN.to(verb, state))


def _dates(freeze: Freeze) -> dict[str, str]:
    return {
        "period": freeze.period, "as_of": freeze.as_of.isoformat(), "from": freeze.suspend_from.isoformat(),
        "resume": freeze.resume_on.isoformat(),
    }  # fmt: skip


def _facts(freeze: Freeze) -> dict[str, Any]:
    return {
        "period": freeze.period,
        "as_of": freeze.as_of.isoformat(),
        "from_on": freeze.suspend_from.isoformat(),
        "until_on": plan_of(freeze).suspend_until.isoformat(),
        "resume_on": freeze.resume_on.isoformat(),
        "borrowed": dict(regime_for(freeze.pack, freeze.regime).notice) or "",
    }


# What happens by itself.


def due_now() -> list[tuple[Freeze, str]]:
    """The freezes whose suspension begins or ends by date, and by which verb."""
    day, out = today(), []
    for freeze in Freeze.objects.filter(state__in=[Freeze.ANNOUNCED, Freeze.SUSPENDED, Freeze.FROZEN]):
        if freeze.state == Freeze.ANNOUNCED and freeze.suspend_from <= day < freeze.resume_on:
            out.append((freeze, "suspend"))
        elif freeze.state in (Freeze.SUSPENDED, Freeze.FROZEN) and day >= freeze.resume_on:
            out.append((freeze, "resume"))
    return out


@jobs.kind("freeze.dates", _("Beginning and end of suspensions by date"), quiet=True)
def by_date(job: jobs.Job) -> dict[str, list[str]]:
    """Begin and end suspensions whose day has come."""
    done = []
    for freeze, verb in due_now():
        {"suspend": suspend, "resume": resume}[verb](ACTOR, freeze)
        done.append(f"{freeze.period}: {verb}")
    return {"done": done}


jobs.each_minute("freeze.dates", lambda: bool(due_now()))


@jobs.kind("tree.refresh", _("Daily refresh of the tree"), quiet=True)
def refresh_tree(job: jobs.Job) -> None:
    """What was recorded ahead of its day holds from today on."""
    refresh(today())


jobs.daily("tree.refresh")
