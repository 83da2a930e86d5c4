"""Whom to tell: people by what they hold where, today."""

from __future__ import annotations

from collections.abc import Iterable
from typing import Any

from django.db import models

from sapa_web.common.clock import today
from sapa_web.orgs.models import Membership, User
from sapa_web.orgs.roles import Capability, roles_with


def everybody() -> list[User]:
    """All people who may sign in."""
    return list(User.objects.filter(is_active=True))


def with_capability(capability: Capability) -> list[User]:
    """People who hold a capability anywhere today."""
    held = _today().filter(role__in=roles_with(capability)).values("user")
    return list(User.objects.filter(is_active=True, pk__in=held))


def at_units(organisations: Iterable[int], roles: Iterable[str] = ("secretary", "head")) -> dict[int, list[User]]:
    """The people of these very organisations (not of those above), by organisation."""
    out: dict[int, list[User]] = {}
    wanted = sorted(set(organisations))
    for start in range(0, len(wanted), 500):
        part = _today().filter(organisation_id__in=wanted[start : start + 500], role__in=list(roles), user__is_active=True)
        for item in part.select_related("user"):
            out.setdefault(item.organisation_id, []).append(item.user)
    return out


def _today() -> Any:
    day = today()
    current = models.Q(valid_to=None) | models.Q(valid_to__gt=day)
    return Membership.objects.filter(current, valid_from__lte=day)
