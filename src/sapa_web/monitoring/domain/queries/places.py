"""The institutions a person works in, and whether he runs their monitoring, signs their orders, or takes part."""

from __future__ import annotations

from typing import Any

from django.http import Http404

from sapa_web.orgs.domain.queries.access import scope_of
from sapa_web.orgs.models import Organisation
from sapa_web.orgs.roles import Capability


def institutions_of(user: Any) -> list[Organisation]:
    """Institutions in whose monitoring a person takes part; an office's people have none of their own."""
    scope = scope_of(user, Capability.TAKE_PART)
    found: list[Organisation] = (
        list(Organisation.objects.for_scope(scope).filter(is_institution=True, is_open=True)[:50]) if scope else []
    )
    return found


def reached(user: Any, code: str, capability: Capability) -> Organisation:
    """The institution of that identifier, within reach of the capability; else 404."""
    found: Organisation | None = (
        Organisation.objects.for_scope(scope_of(user, capability)).filter(code=code, is_institution=True).first()
    )
    if found is None:
        raise Http404
    return found


def may(user: Any, organisation: Organisation, capability: Capability) -> bool:
    """Whether the person holds it here."""
    scope = scope_of(user, capability)
    return bool(scope) and Organisation.objects.for_scope(scope).filter(pk=organisation.pk).exists()
