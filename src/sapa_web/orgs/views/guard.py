"""What every view asks first: may this person, and does the object lie in his reach."""

from __future__ import annotations

from collections.abc import Callable
from functools import wraps
from typing import Any

from django.contrib import messages
from django.contrib.auth.decorators import login_required
from django.core.exceptions import PermissionDenied
from django.http import Http404, HttpRequest
from django.http.response import HttpResponseBase

from sapa.errors import UserError
from sapa_web.common.scope import Scope
from sapa_web.orgs.domain.queries.access import scope_of
from sapa_web.orgs.models import Organisation
from sapa_web.orgs.roles import Capability

View = Callable[..., HttpResponseBase]


def requires(*capabilities: Capability) -> Callable[[View], View]:
    """The person holds one of the capabilities anywhere, else 403; nobody signed in is led to sign-in.

    The view gets ``request.scope``: what the person reaches with the first of them that is held.
    """

    def around(view: View) -> View:
        @wraps(view)
        @login_required
        def wrapped(request: HttpRequest, *args: Any, **kwargs: Any) -> HttpResponseBase:
            for capability in capabilities:
                scope = scope_of(request.user, capability)  # type: ignore[arg-type]
                if scope:
                    request.scope = scope  # type: ignore[attr-defined]
                    return view(request, *args, **kwargs)
            raise PermissionDenied

        return wrapped

    return around


def scope_in(request: HttpRequest) -> Scope:
    """The scope :func:`requires` has put there."""
    scope: Scope = request.scope  # type: ignore[attr-defined]
    return scope


def find(scope: Scope, code: str) -> Organisation:
    """The organisation of that identifier if the scope reaches it, else 404."""
    found: Organisation | None = (
        Organisation.objects.for_scope(scope).select_related("parent", "founder").filter(code=code).first()
    )
    if found is None:
        raise Http404
    return found


def administers(request: HttpRequest, organisation: Organisation) -> bool:
    """Whether the person administers this organisation."""
    scope = scope_of(request.user, Capability.ADMINISTER)  # type: ignore[arg-type]
    return bool(scope) and Organisation.objects.for_scope(scope).filter(pk=organisation.pk).exists()


def refuse(request: HttpRequest, error: UserError) -> None:
    """Tell the person what can't be done and what to do instead."""
    messages.error(request, f"{error.message} – {error.todo}" if getattr(error, "todo", "") else str(error))
