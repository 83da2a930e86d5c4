"""What a person sees first, by what they may do; a few queries each."""

from __future__ import annotations

from dataclasses import dataclass
from typing import Any

from django.db.models import Count, Q

from sapa_web.collection.domain.queries.backlog import Line, Tally, View, campaigns_for, children, entrances
from sapa_web.collection.domain.queries.desk import reports
from sapa_web.collection.domain.queries.returns import Asked, asked_of, summary
from sapa_web.common.models import JobRun
from sapa_web.indicators.domain.queries import places
from sapa_web.indicators.domain.queries.about import labels_for
from sapa_web.indicators.domain.queries.catalogue import Hit, hits
from sapa_web.indicators.domain.queries.facts import Figures, official
from sapa_web.indicators.domain.queries.reach import reach_of
from sapa_web.indicators.domain.queries.sources import frozen_packs
from sapa_web.orgs.domain.queries.access import memberships_of, scope_of
from sapa_web.orgs.models import Organisation, User
from sapa_web.orgs.roles import Capability

MOST_RETURNS = 6
MOST_CHILDREN = 12


@dataclass(frozen=True)
class Desk:
    """The returns of one's own unit."""

    counts: dict[str, Any]
    next: list[Asked]


@dataclass(frozen=True)
class School:
    """Key figures of the own institution against the places above it."""

    pack: str
    period: str
    unit: Organisation
    compared: places.Comparison


@dataclass(frozen=True)
class Office:
    """The backlog of the own node in short."""

    view: View
    period: str
    whole: Tally
    lines: list[Line]
    more: int


@dataclass(frozen=True)
class Country:
    """Key indicators of the republic, and what has changed most."""

    pack: str
    title: str
    period: str
    key: list[Hit]
    changed: list[Hit]


@dataclass(frozen=True)
class Site:
    """What an administrator looks after."""

    institutions: int
    offices: int
    people: int
    waiting: int
    failed: int


def desk(user: User) -> Desk | None:
    """The returns of a reporter; ``None`` for everybody else."""
    if not reports(user):
        return None
    asked = asked_of(user)
    return Desk(summary(asked), [item for item in asked if not item.done][:MOST_RETURNS])


def newest_official() -> Figures | None:
    """The official figures with the newest period, of any pack."""
    found = [figures for pack in frozen_packs() if (figures := official(pack)) is not None]
    return max(found, key=lambda item: item.periods[-1], default=None)


def school(user: User, figures: Figures | None) -> School | None:
    """The own institution's key figures, where it has official ones."""
    own = [item.organisation for item in memberships_of(user) if item.organisation.is_institution]
    if figures is None or not own or not scope_of(user, Capability.ANALYSE):
        return None
    period = figures.periods[-1]
    labels = labels_for(figures.pack, period)
    reach = reach_of(user, figures.pack)
    names = places.key_indicators(labels, figures)
    compared = places.compare_unit(figures, period, own[0].code, (), labels, reach, only=names)
    return School(figures.pack, period, own[0], compared) if compared.themes else None


def office(user: User) -> Office | None:
    """The backlog of the node of somebody who checks returns, in the newest period asked for."""
    scope = scope_of(user, Capability.CHECK)
    if not scope:
        return None
    view = entrances(scope)[0]
    campaigns = campaigns_for(scope)
    if not campaigns:
        return None
    period = campaigns[0].period
    lines = children(view, [item for item in campaigns if item.period == period])
    ranked = sorted(lines, key=lambda line: (-line.tally.late, line.tally.completeness or 0.0, line.organisation.name))
    whole = sum((line.tally for line in lines), Tally())
    return Office(view, period, whole, ranked[:MOST_CHILDREN], max(0, len(lines) - MOST_CHILDREN))


def country(user: User, figures: Figures | None) -> Country | None:
    """Key indicators of the whole, for an analyst at an office."""
    roles = {item.role for item in memberships_of(user) if not item.organisation.is_institution}
    if figures is None or not roles or not scope_of(user, Capability.ANALYSE):
        return None
    period = figures.periods[-1]
    labels = labels_for(figures.pack, period)
    key = hits(figures, labels, places.key_indicators(labels, figures, most=12))
    every = hits(
        figures, labels, [item.id for item in labels.pack.indicators if item.unit == "percent" and item.kind != "growth"]
    )
    moved = [item for item in every if item.change]
    moved.sort(key=lambda item: -abs(item.change or 0.0))
    return Country(figures.pack, labels.text(labels.pack.meta.title), labels.lang.period(period), key, moved[:6])


def site(user: User) -> Site | None:
    """Counts for an administrator."""
    scope = scope_of(user, Capability.ADMINISTER)
    if not scope:
        return None
    units = Organisation.objects.for_scope(scope).filter(is_open=True)
    counted = units.aggregate(
        schools=Count("pk", filter=Q(is_institution=True)), offices=Count("pk", filter=Q(is_institution=False))
    )
    jobs = JobRun.objects.aggregate(
        waiting=Count("pk", filter=Q(state__in=("waiting", "running"))), failed=Count("pk", filter=Q(state="failed"))
    )
    people = User.objects.filter(is_active=True).count()
    return Site(counted["schools"], counted["offices"], people, jobs["waiting"], jobs["failed"])
