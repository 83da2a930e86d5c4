"""Organisations as they are today, or as they were on a day: the tree of that day decides who belongs to whom."""

from __future__ import annotations

from collections.abc import Iterator, Mapping
from dataclasses import dataclass
from datetime import date
from typing import Any

from django.db.models import Q

from sapa_web.common.clock import today
from sapa_web.common.scope import Scope
from sapa_web.orgs.domain.tree import valid_versions
from sapa_web.orgs.models import Closure, Organisation, OrganisationVersion


@dataclass(frozen=True)
class Sought:
    """What is looked for; the empty ones don't count. ``below`` is a code: that organisation and all under it."""

    text: str = ""
    below: str = ""
    kind: str = ""
    institutions: bool | None = None


def page(scope: Scope, day: date, sought: Sought, after: str, limit: int) -> list[OrganisationVersion]:
    """At most ``limit`` versions that hold on ``day``, by code, beginning behind ``after``."""
    found = versions(scope, day)
    if sought.below:
        found = found.filter(organisation_id__in=_below(day, sought.below))
    if sought.text:
        found = found.filter(Q(name__icontains=sought.text) | Q(organisation__code__istartswith=sought.text))
    if sought.kind:
        found = found.filter(kind=sought.kind)
    if sought.institutions is not None:
        found = found.filter(organisation__is_institution=sought.institutions)
    return list(found.filter(organisation__code__gt=after).order_by("organisation__code")[:limit])


def versions(scope: Scope, day: date) -> Any:
    """The versions of a day within the scope: today by the closure, on another day by the tree of that day."""
    found = valid_versions(day).select_related("organisation", "parent", "founder")
    if day == today():
        return found.filter(organisation__in=Organisation.objects.for_scope(scope).values("pk"))
    return found.filter(organisation_id__in=_reached(scope, day))


def _reached(scope: Scope, day: date) -> set[int]:
    lines = list(
        valid_versions(day).values_list("organisation_id", "parent_id", "founder_id", "levels", "organisation__is_institution")
    )
    parents = {unit: parent for unit, parent, *_ in lines}
    out: set[int] = set()
    for grant in scope.grants:
        for unit, _parent, founder, levels, institution in lines:
            inside = founder == grant.node if grant.founded else grant.node in _above(parents, unit)
            at_level = not grant.levels or not institution or bool(grant.levels & set(levels))
            if inside and at_level:
                out.add(unit)
    return out


def _above(parents: Mapping[int, int | None], unit: int | None) -> Iterator[int]:
    """The unit and those above it."""
    for _step in range(64):
        if unit is None:
            return
        yield unit
        unit = parents.get(unit)


def _below(day: date, code: str) -> Any:
    if day == today():
        return Closure.objects.filter(ancestor__code=code).values("descendant_id")
    lines = list(valid_versions(day).values_list("organisation_id", "parent_id", "organisation__code"))
    parents = {unit: parent for unit, parent, _ in lines}
    top = next((unit for unit, _, known in lines if known == code), -1)
    return [unit for unit, _, _ in lines if top in _above(parents, unit)]
