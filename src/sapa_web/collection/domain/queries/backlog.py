"""The backlog of a node: what its units owe, in what state it is, how complete, correct and timely it came.

Definitions (said at the figures too):

* completeness = returns received / returns owed; received: signed at least once;
* correctness = received returns that stand / returns received; one stands if it was not returned with remarks that are still
  unanswered and nothing in it blocks;
* timeliness = returns whose first signature came by the deadline / returns owed.

The counts of a node's children come from one grouped query over closure × obligations.
"""

from __future__ import annotations

from collections.abc import Iterable, Mapping
from dataclasses import dataclass, field
from datetime import date
from typing import Any

from django.db.models import Count, F, Q

from sapa_web.collection.domain.deadlines import working_days_late
from sapa_web.collection.models import Campaign, Obligation
from sapa_web.common.clock import today
from sapa_web.common.scope import Scope
from sapa_web.orgs.models import Closure, Organisation

STATES = [code for code, _ in Obligation.STATES]
MOST_IN_ONE = 20_000
"""Rows of an export, and units of one reminder, at most."""


@dataclass
class Tally:
    """Counts of one node; ``late`` are not signed and overdue now, ``signed_late`` came after the deadline."""

    owed: int = 0
    received: int = 0
    standing: int = 0
    in_time: int = 0
    late: int = 0
    longest_late: int = 0  # working days, of those not signed
    signed_late: int = 0
    states: dict[str, int] = field(default_factory=lambda: dict.fromkeys(STATES, 0))

    def __add__(self, other: Tally) -> Tally:
        states = {name: self.states[name] + other.states[name] for name in STATES}
        names = ("owed", "received", "standing", "in_time", "late", "signed_late")
        sums = {name: getattr(self, name) + getattr(other, name) for name in names}
        return Tally(**sums, longest_late=max(self.longest_late, other.longest_late), states=states)

    @property
    def completeness(self) -> float | None:
        """Received / owed."""
        return self.received / self.owed if self.owed else None

    @property
    def correctness(self) -> float | None:
        """Received and standing / received."""
        return self.standing / self.received if self.received else None

    @property
    def timeliness(self) -> float | None:
        """In time / owed."""
        return self.in_time / self.owed if self.owed else None


@dataclass
class Line:
    """One child of a node (or the node itself, for what it owes as an office), with its counts."""

    organisation: Organisation
    tally: Tally
    itself: bool = False


@dataclass(frozen=True)
class View:
    """What a person looks at: a node he reaches, and the scope that holds there. ``founded``: a founder's institutions."""

    node: Organisation
    scope: Scope
    founded: bool = False


def entrances(scope: Scope) -> list[View]:
    """The nodes at which a person's scope begins; a founder's institutions are an entrance of their own."""
    wanted = {(grant.node, grant.founded): None for grant in scope.grants}
    found = Organisation.objects.unscoped("the nodes of one's own grants").filter(pk__in={node for node, _ in wanted})
    by_pk = {item.pk: item for item in found}
    return [View(by_pk[node], part_of(scope, founded), founded) for node, founded in wanted if node in by_pk]


def part_of(scope: Scope, founded: bool) -> Scope:
    """The grants over subtrees, or those over founded institutions."""
    return Scope(tuple(item for item in scope.grants if item.founded == founded), scope.capability, scope.actor)


def view_at(scope: Scope, code: str, founded: bool = False) -> View | None:
    """The node with that identifier as the person sees it; ``None`` where he does not."""
    part = part_of(scope, founded)
    if founded:
        mine = Organisation.objects.unscoped("one's own grants").filter(pk__in=[item.node for item in part.grants])
        node = mine.filter(code=code).first()
        part = Scope(tuple(item for item in part.grants if node and item.node == node.pk), scope.capability, scope.actor)
    else:
        node = Organisation.objects.for_scope(part).filter(code=code).first()
    return View(node, part, founded) if node else None


def campaigns_for(scope: Scope, period: str = "") -> list[Campaign]:
    """The campaigns a scope's data sets allow, newest period first."""
    allowed = [grant.datasets for grant in scope.grants]
    found = Campaign.objects.filter(period=period) if period else Campaign.objects.all()
    if allowed and all(allowed):
        found = found.filter(dataset__in=frozenset().union(*allowed))
    return list(found)


def children(view: View, campaigns: Iterable[Campaign]) -> list[Line]:
    """The counts of each child of the node and of the node itself as a reporter: one grouped query."""
    node = view.node
    held = {item.pk: item for item in campaigns}
    prefix = "descendant__obligations"
    scope = view.scope.within(organisation="descendant", dataset=f"{prefix}__campaign__dataset")
    if view.founded:
        pairs = Closure.objects.filter(depth=0, ancestor__founder=node)
    else:
        pairs = Closure.objects.filter(Q(ancestor__parent=node) | Q(ancestor=node, depth=0))
    pairs = pairs.filter(scope, **{f"{prefix}__campaign__in": list(held)})
    rows = _grouped(pairs.values("ancestor"), prefix)
    tallies: dict[int, Tally] = {}
    for row in rows:
        tallies[row["ancestor"]] = tallies.get(row["ancestor"], Tally()) + _tally(row, held, prefix)
    names = Organisation.objects.unscoped("found through the scope").filter(pk__in=tallies).order_by("name", "code")
    return [Line(item, tallies[item.pk], itself=item.pk == node.pk) for item in names]


def _grouped(rows: Any, prefix: str) -> Any:
    """Counts by campaign, state and deadline; lateness in working days is a matter of the few different deadlines."""
    p = f"{prefix}__" if prefix else ""
    received = Q(**{f"{p}revision__gt": 0})
    stands = received & Q(**{f"{p}blocks": 0}) & ~Q(**{f"{p}state": Obligation.RETURNED})
    return rows.annotate(
        campaign=F(f"{p}campaign"), state=F(f"{p}state"), due_on=F(f"{p}due_on"),
        owed=Count(f"{p}pk" if p else "pk"),
        received=Count("pk", filter=received),
        standing=Count("pk", filter=stands),
        in_time=Count("pk", filter=received & Q(**{f"{p}late_days": 0})),
    ).order_by()  # fmt: skip


def _tally(row: Mapping[str, Any], campaigns: Mapping[int, Campaign], prefix: str) -> Tally:
    missing = row["owed"] - row["received"]
    late = _late(campaigns[row["campaign"]], row["due_on"]) if missing else 0
    return Tally(
        owed=row["owed"],
        received=row["received"],
        standing=row["standing"],
        in_time=row["in_time"],
        late=missing if late else 0,
        longest_late=late,
        signed_late=row["received"] - row["in_time"],
        states={name: row["owed"] if name == row["state"] else 0 for name in STATES},
    )


def _late(campaign: Campaign, due: date) -> int:
    """Working days the deadline is past, remembered within the call's campaign object: few deadlines, many groups."""
    kept: dict[date, int] = campaign.__dict__.setdefault("_late_by", {})
    if due not in kept:
        kept[due] = working_days_late(campaign, due, today())
    return kept[due]


SORTS = {
    "unit": ("organisation__name", "organisation__code"),
    "code": ("organisation__code",),
    "dataset": ("campaign__dataset",),
    "state": ("state",),
    "due": ("due_on",),
    "late": ("late_days",),
    "changed": ("changed_at",),
    "rows": ("rows",),
    "findings": ("blocks", "explains"),
}


@dataclass(frozen=True)
class Filters:
    """What the list of units shows."""

    campaign: int | None = None
    state: str = ""
    late: bool = False
    text: str = ""
    sort: str = "unit"


def units(view: View, campaigns: Iterable[Campaign], filters: Filters) -> Any:
    """The obligations (a query set) below and of a node, filtered and sorted."""
    node = view.node
    held = [item for item in campaigns if filters.campaign in (None, item.pk)]
    found = Obligation.objects.for_scope(view.scope).filter(campaign__in=held)
    if not view.founded:
        found = found.filter(organisation__in=Closure.objects.filter(ancestor=node).values("descendant"))
    if filters.state:
        found = found.filter(state=filters.state)
    if filters.late:
        found = found.filter(Q(revision=0) & _overdue(held) | Q(revision__gt=0, late_days__gt=0))
    if text := filters.text.strip():
        # SQLite folds ASCII letters only: Cyrillic is sought as typed, capitalised and in small letters.
        forms = Q(organisation__code__icontains=text)
        for form in {text, text.lower(), text.capitalize(), text.upper()}:
            forms |= Q(organisation__name__icontains=form)
        found = found.filter(forms)
    backwards, name = filters.sort.startswith("-"), filters.sort.removeprefix("-")
    order = [f"-{item}" if backwards else item for item in SORTS.get(name, SORTS["unit"])]
    return found.order_by(*order, "organisation__name", "campaign__dataset", "pk").select_related(
        "organisation__parent", "campaign"
    )


def _overdue(campaigns: list[Campaign]) -> Q:
    """Deadlines that are at least one working day past: a few dates, whatever the number of units."""
    by_pk = {item.pk: item for item in campaigns}
    dates = Obligation.objects.unscoped("dates only").filter(campaign__in=campaigns, revision=0, due_on__lt=today())
    past = Q(pk__in=[])
    for campaign, due in dates.values_list("campaign", "due_on").order_by().distinct():
        if _late(by_pk[campaign], due):
            past |= Q(campaign=campaign, due_on=due)
    return past


def lateness(obligation: Obligation, campaigns: Mapping[int, Campaign]) -> int:
    """Working days late: as signed, or as of today where nothing was signed yet."""
    if obligation.revision:
        return int(obligation.late_days)
    return _late(campaigns[obligation.campaign_id], obligation.due_on)


def path_to(view: View) -> list[Organisation]:
    """From the topmost node the person reaches down to this one."""
    if view.founded:
        return [view.node]
    above = Closure.objects.filter(descendant=view.node).order_by("-depth").values_list("ancestor", flat=True)
    seen = {item.pk: item for item in Organisation.objects.for_scope(view.scope).filter(pk__in=list(above))}
    return [seen[pk] for pk in above if pk in seen]


def checks(scope: Scope, obligation: Obligation) -> bool:
    """Whether the person's office stands above the unit: nobody returns the submission of his own office."""
    above = {grant.node for grant in scope.grants} - {obligation.organisation_id}
    if any(grant.founded for grant in scope.grants) and obligation.organisation.founder_id in above:
        return True
    return Closure.objects.filter(ancestor__in=above, descendant=obligation.organisation_id, depth__gt=0).exists()
