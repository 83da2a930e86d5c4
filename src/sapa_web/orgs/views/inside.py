"""Who may open a page that belongs to one institution: its own people. Whoever stands above it finds nothing (404)."""

from __future__ import annotations

from collections.abc import Callable
from functools import wraps
from typing import Any

from django.contrib.auth.decorators import login_required
from django.core.exceptions import PermissionDenied
from django.http import Http404, HttpRequest
from django.http.response import HttpResponseBase

from sapa_web.orgs.domain.queries.access import may
from sapa_web.orgs.inside import InsideScope, inside
from sapa_web.orgs.models import Organisation
from sapa_web.orgs.roles import Capability

View = Callable[..., HttpResponseBase]


def people_of_it(*capabilities: Capability) -> Callable[[View], View]:
    """The person holds one of the capabilities at an institution itself; the view is handed that scope as second argument.

    Who holds none of them anywhere is refused (403); who holds it elsewhere, above an institution, finds no such page (404).
    """

    def around(view: View) -> View:
        @wraps(view)
        @login_required
        def guarded(request: HttpRequest, **kwargs: Any) -> HttpResponseBase:
            user: Any = request.user
            if not any(may(user, capability) for capability in capabilities):
                raise PermissionDenied
            scope = inside(user, *capabilities)
            if not scope:
                raise Http404
            return view(request, scope, **kwargs)

        return guarded

    return around


def institution(scope: InsideScope, code: str) -> Organisation:
    """The institution of that identifier if it is the person's own, else 404."""
    found: Organisation | None = (
        Organisation.objects.unscoped("held against the person's own institutions below")
        .filter(code=code, pk__in=[grant.node for grant in scope.grants])
        .first()
    )
    if found is None:
        raise Http404
    return found
