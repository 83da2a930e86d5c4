"""Reads of people, roles and invitations within an administrator's reach."""

from __future__ import annotations

from django.db.models import Prefetch, Q, QuerySet

from sapa_web.common.clock import today
from sapa_web.common.scope import Scope
from sapa_web.orgs.domain.queries.places import contains
from sapa_web.orgs.models import Invitation, Membership, Organisation, User


def people(scope: Scope, *, words: str = "", role: str = "", state: str = "active") -> QuerySet[User]:
    """Whoever holds or held a role within the reach, with the current ones (``user.shown``)."""
    mine = Organisation.objects.for_scope(scope).values("pk")
    held = Membership.objects.filter(organisation__in=mine)
    if role:
        held = held.filter(role=role).filter(current())
    found = User.objects.filter(pk__in=held.values("user_id"))
    if state in ("active", "inactive"):
        found = found.filter(is_active=state == "active")
    if words:
        found = found.filter(contains("name", words) | Q(email__icontains=words))
    shown = Membership.objects.filter(current(), organisation__in=mine).select_related("organisation").order_by("role")
    return found.prefetch_related(Prefetch("memberships", shown, to_attr="shown")).order_by("name", "pk")


def roles_of(scope: Scope, user: User) -> list[Membership]:
    """A person's roles within the reach, current first, ended ones after."""
    found = user.memberships.filter(organisation__in=Organisation.objects.for_scope(scope).values("pk"))
    lines = list(found.select_related("organisation", "granted_by").order_by("-valid_from", "pk"))
    day = today()
    return sorted(lines, key=lambda item: item.valid_to is not None and item.valid_to <= day)


def roles_elsewhere(scope: Scope, user: User) -> int:
    """How many current roles the person holds outside the reach."""
    return user.memberships.filter(current()).exclude(organisation__in=Organisation.objects.for_scope(scope).values("pk")).count()


def at(organisation: Organisation) -> QuerySet[Membership]:
    """Current roles at one organisation."""
    return (
        Membership.objects.filter(current(), organisation=organisation)
        .select_related("user", "organisation")
        .order_by("role", "user__name")
    )


def waiting(scope: Scope) -> QuerySet[Invitation]:
    """Invitations nobody has accepted or withdrawn, expired ones included."""
    mine = Organisation.objects.for_scope(scope).values("pk")
    found = Invitation.objects.filter(organisation__in=mine, accepted_at=None, withdrawn_at=None)
    return found.select_related("organisation", "invited_by")


def current() -> Q:
    """Roles that have not ended."""
    return Q(valid_to=None) | Q(valid_to__gt=today())
