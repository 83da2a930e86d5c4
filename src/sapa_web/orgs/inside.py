"""What belongs to one institution alone: rows that only people who hold a role *at it* can be given.

A role above (district, region, ministry, founder, administrator of the tree) reaches the institution everywhere else in the site;
here it reaches nothing. The managers of such rows take no other scope, so no page can hand one in by mistake.
"""

from __future__ import annotations

from collections.abc import Iterable
from dataclasses import dataclass
from typing import Any, ClassVar, Self

from django.db import models

from sapa_web.common.scope import Grant, Scope, ScopedManager, ScopedModel, ScopedQuerySet
from sapa_web.orgs.domain.queries.access import memberships_of
from sapa_web.orgs.models import User
from sapa_web.orgs.roles import Capability, roles_with


@dataclass(frozen=True)
class InsideScope(Scope):
    """The institutions at which a person holds a role; neither what lies below them nor what an organisation has founded."""

    def within(self, **paths: str) -> models.Q:
        """The condition for a model, by its lookup of the organisation."""
        return models.Q(**{f"{paths['organisation']}__in": [grant.node for grant in self.grants]})


class InsideQuerySet(ScopedQuerySet):
    """Takes a scope of the institution's own people only."""

    def for_scope(self, scope: Scope) -> Self:
        """What the person's own institution holds; any other scope is a mistake of ours and raises ``TypeError``."""
        if not isinstance(scope, InsideScope):
            raise TypeError(f"{self.model.__name__} belongs to the institution alone: no scope from outside reaches it")
        return super().for_scope(scope)


class InsideManager(ScopedManager.from_queryset(InsideQuerySet)):  # type: ignore[misc]
    """``Model.objects`` of such rows."""


class InsideModel(ScopedModel):
    """A row of one institution."""

    objects: ClassVar[Any] = InsideManager()

    class Meta(ScopedModel.Meta):
        abstract = True


def inside(user: User, *capabilities: Capability) -> InsideScope:
    """Where ``user`` holds one of the capabilities at the institution itself, for all of it (no part of levels or data sets)."""
    if not getattr(user, "is_authenticated", False):
        return InsideScope()
    roles = {role for capability in capabilities for role in roles_with(capability)}
    return InsideScope(tuple(_grants(user, roles)), "+".join(map(str, capabilities)), user)


def _grants(user: User, roles: set[str]) -> Iterable[Grant]:
    for item in memberships_of(user):
        whole = not (item.founded or item.levels or item.datasets)
        if item.role in roles and whole and item.organisation.is_institution:
            yield Grant(item.organisation_id)
