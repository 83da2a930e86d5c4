"""Tokens as an administrator sees them."""

from __future__ import annotations

from django.db.models import F, QuerySet

from sapa_web.api.models import Credential
from sapa_web.common.scope import Scope
from sapa_web.orgs.models import Organisation


def within(scope: Scope) -> QuerySet[Credential]:
    """Credentials of places within the scope, those that work first, then by name."""
    places = Organisation.objects.for_scope(scope).values("pk")
    found = Credential.objects.filter(organisation__in=places).select_related("organisation", "created_by")
    return found.order_by(F("revoked_at").asc(nulls_first=True), "name", "pk")
