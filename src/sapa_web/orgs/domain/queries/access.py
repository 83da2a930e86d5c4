"""Who may do what, where."""

from __future__ import annotations

from django.db import models

from sapa_web.common.clock import today
from sapa_web.common.scope import Grant, Scope
from sapa_web.orgs.models import Membership, Organisation, User
from sapa_web.orgs.roles import Capability, roles_with


def scope_of(user: User, capability: Capability | str) -> Scope:
    """What ``user`` reaches today with ``capability``."""
    if not user.is_authenticated:
        return Scope(capability=str(capability))
    grants = tuple(
        Grant(item.organisation_id, frozenset(item.levels), frozenset(item.datasets), item.founded)
        for item in memberships_of(user)
        if item.role in roles_with(capability)
    )
    return Scope(grants, str(capability), user)


def memberships_of(user: User) -> list[Membership]:
    """The roles a person holds today; asked once a request (kept on the user object)."""
    kept: list[Membership] | None = getattr(user, "_memberships", None)
    if kept is None:
        day = today()
        current = models.Q(valid_to=None) | models.Q(valid_to__gt=day)
        kept = list(user.memberships.filter(current, valid_from__lte=day).select_related("organisation"))
        user._memberships = kept  # type: ignore[attr-defined]
    return kept


def may(user: User, capability: Capability | str) -> bool:
    """Whether the person holds the capability anywhere."""
    return bool(scope_of(user, capability))


def whole(scope: Scope) -> bool:
    """Whether the scope is the whole country's: the topmost office, for every level of education and every data set.

    What concerns everybody (the freeze, campaigns, everybody's jobs) is for such people only, whatever role they hold below.
    """
    nodes = [grant.node for grant in scope.grants if not (grant.levels or grant.datasets or grant.founded)]
    tops = Organisation.objects.unscoped("the tops of the tree").filter(parent=None, is_institution=False)
    return bool(nodes) and bool(tops.filter(pk__in=nodes).exists())
