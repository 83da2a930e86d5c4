"""What of the surveys a person reaches. It stays in the institution: a role held at an office above reaches nothing of it."""

from __future__ import annotations

from typing import Any

from sapa_web.common.scope import Scope
from sapa_web.orgs.domain.queries.access import scope_of
from sapa_web.orgs.models import Organisation, User
from sapa_web.orgs.roles import Capability
from sapa_web.surveys.models import Draft, Instrument, InstrumentVersion, Participant, Protocol, Survey


def own_scope(user: User) -> Scope:
    """The institutions (with their branches) whose quality system the person works on: only roles held there count."""
    scope = scope_of(user, Capability.QUALITY)
    nodes = [grant.node for grant in scope.grants if not grant.founded]
    found = Organisation.objects.unscoped("the nodes of the person's own roles").filter(pk__in=nodes, is_institution=True)
    institutions = set(found.values_list("pk", flat=True))
    grants = tuple(grant for grant in scope.grants if grant.node in institutions and not grant.founded and not grant.levels)
    return Scope(grants, scope.capability, user)


def institutions(scope: Scope) -> Any:
    """Open institutions of the scope."""
    return Organisation.objects.for_scope(scope).filter(is_institution=True, is_open=True)


def instruments(scope: Scope) -> Any:
    """Instruments, those out of use too."""
    return Instrument.objects.for_scope(scope).select_related("organisation")


def drafts(scope: Scope) -> Any:
    """What is being written."""
    return Draft.objects.for_scope(scope).select_related("organisation", "instrument")


def versions(scope: Scope) -> Any:
    """Versions of instruments."""
    return InstrumentVersion.objects.for_scope(scope).select_related("instrument__organisation")


def surveys(scope: Scope) -> Any:
    """Surveys, the newest first."""
    return Survey.objects.for_scope(scope).select_related("organisation", "version__instrument")


def participants(scope: Scope, protocol: Protocol) -> Any:
    """Who took part, in the order of the protocol."""
    return Participant.objects.for_scope(scope).filter(protocol=protocol)


def protocols(scope: Scope) -> Any:
    """Protocols, the newest first."""
    return Protocol.objects.for_scope(scope).select_related("organisation", "version__instrument")
