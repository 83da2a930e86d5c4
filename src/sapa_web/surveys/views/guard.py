"""Who may open the pages: whoever works on the quality system of an institution, for that institution."""

from __future__ import annotations

from collections.abc import Callable
from functools import wraps
from typing import Any

from django.http import Http404, HttpRequest
from django.http.response import HttpResponseBase

from sapa_web.common.scope import Scope
from sapa_web.orgs.roles import Capability
from sapa_web.orgs.views.guard import requires
from sapa_web.surveys.domain.queries import reach

View = Callable[..., HttpResponseBase]


def inside(view: View) -> View:
    """The view is handed the person's own institutions as second argument; a role held at an office above reaches nothing."""

    @wraps(view)
    @requires(Capability.QUALITY)
    def guarded(request: HttpRequest, **kwargs: Any) -> HttpResponseBase:
        scope = reach.own_scope(request.user)  # type: ignore[arg-type]
        if not scope:
            raise Http404
        return view(request, scope, **kwargs)

    return guarded


def one(found: Any, pk: int) -> Any:
    """The object of that number among those the person reaches, else 404."""
    item = found.filter(pk=pk).first()
    if item is None:
        raise Http404
    return item


__all__ = ["Scope", "inside", "one"]
