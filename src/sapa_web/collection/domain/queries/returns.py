"""My returns: what is asked, by when, what to do next. A fixed number of queries, however many there are."""

from __future__ import annotations

from dataclasses import dataclass
from datetime import date
from typing import Any

from django.urls import reverse
from django.utils.translation import gettext as _

from sapa_web.collection.domain import deadlines
from sapa_web.collection.domain.gate import is_open
from sapa_web.collection.domain.queries.desk import class_obligations, obligations_of, own_units
from sapa_web.collection.domain.queries.sheet import dataset_title
from sapa_web.collection.models import Freeze, Obligation, Submission
from sapa_web.common.clock import today
from sapa_web.orgs.models import User
from sapa_web.orgs.roles import Capability

O_ = Obligation


@dataclass(frozen=True)
class Asked:
    """One return in the list."""

    obligation: Obligation
    title: str
    days: int  # working days left; negative: late
    action: str
    url: str
    classes: frozenset[str] = frozenset()

    @property
    def state(self) -> str:
        """As the design system names states."""
        return shown_state(self.obligation)

    @property
    def done(self) -> bool:
        """Nothing is left to do."""
        return self.obligation.state == O_.SIGNED

    @property
    def open(self) -> bool:
        """Whether the campaign takes changes now."""
        return is_open(self.obligation.campaign)


def shown_state(obligation: Obligation) -> str:
    """The state under the design system's name."""
    return "with_findings" if obligation.state == O_.FINDINGS else obligation.state


def asked_of(user: User) -> list[Asked]:
    """The person's returns; a signed one goes to the end of its period."""
    signs = set(own_units(user, Capability.SIGN))
    whole, parts = list(obligations_of(user)), class_obligations(user)
    windows = suspensions()
    receipts = newest_receipts([item for item in whole if item.state == O_.SIGNED])
    out = []
    for item in whole:
        action, url = next_step(item, signs=item.organisation_id in signs, receipt=receipts.get(item.pk, ""))
        out.append(Asked(item, dataset_title(item.campaign), days_left(item, windows), action, url))
    for desk in parts:
        url = reverse("collection:return", args=[desk.obligation.pk])
        assert desk.classes is not None
        days = days_left(desk.obligation, windows)
        out.append(Asked(desk.obligation, dataset_title(desk.obligation.campaign), days, _("Fill my classes"), url, desk.classes))
    return sorted(out, key=lambda item: (-_number(item.obligation.campaign.period), item.done, item.obligation.due_on))


def _number(period: str) -> int:
    return int(period[:4]) if period[:4].isdigit() else 0


def suspensions() -> dict[tuple[str, str], list[tuple[date, date]]]:
    """Windows in which updates stood still, by pack and period."""
    out: dict[tuple[str, str], list[tuple[date, date]]] = {}
    for item in Freeze.objects.exclude(state=Freeze.PLANNED):
        out.setdefault((item.pack, item.period), []).append(deadlines.window_of(item))
    return out


def days_left(obligation: Obligation, windows: dict[tuple[str, str], list[tuple[date, date]]]) -> int:
    """Working days to the deadline, negative when it has passed; of a signed return how late it was (0: in time)."""
    campaign = obligation.campaign
    if obligation.state == O_.SIGNED:
        return -obligation.late_days
    return deadlines.days_left(campaign, obligation.due_on, today(), windows.get((campaign.pack, campaign.period), []))


def newest_receipts(signed: list[Obligation]) -> dict[int, str]:
    """The receipt of the newest revision of each."""
    found = Submission.objects.unscoped("of obligations that were scoped").filter(obligation__in=signed).order_by("revision")
    return dict(found.values_list("obligation_id", "receipt"))


def next_step(obligation: Obligation, *, signs: bool, receipt: str = "") -> tuple[str, str]:
    """The one thing to do next with a return, and where."""
    state, pk = obligation.state, obligation.pk
    if state == O_.SIGNED and receipt:
        return _("Receipt"), reverse("collection:receipt", args=[receipt])
    if not is_open(obligation.campaign):
        return _("Look at it"), reverse("collection:return", args=[pk])
    if state == O_.READY:
        return (_("Sign") if signs else _("Show what will be signed")), reverse("collection:sign", args=[pk])
    if state == O_.FINDINGS:
        return _("Mend what was found"), reverse("collection:check", args=[pk])
    if state == O_.RETURNED:
        return _("Read the remarks and correct"), reverse("collection:return", args=[pk])
    return (_("Begin") if state == O_.NOT_BEGUN else _("Go on")), reverse("collection:return", args=[pk])


def summary(asked: list[Asked]) -> dict[str, Any]:
    """Figures above the list."""
    waiting = [item for item in asked if not item.done]
    return {
        "of": len(asked),
        "done": len(asked) - len(waiting),
        "late": sum(item.days < 0 for item in waiting),
        "next": min((item.obligation.due_on for item in waiting if item.days >= 0), default=None),
    }
