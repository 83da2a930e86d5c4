"""Who may open an office's page."""

from __future__ import annotations

from collections.abc import Callable
from functools import wraps
from typing import Any

from django.contrib.auth.decorators import login_required
from django.core.exceptions import PermissionDenied
from django.http import HttpRequest
from django.http.response import HttpResponseBase

from sapa_web.orgs.domain.queries.access import scope_of
from sapa_web.orgs.roles import Capability

View = Callable[..., HttpResponseBase]


def needs(capability: Capability) -> Callable[[View], View]:
    """The page is for those who hold the capability somewhere; the view is handed the scope as second argument."""

    def around(view: View) -> View:
        @wraps(view)
        @login_required
        def guarded(request: HttpRequest, **kwargs: Any) -> HttpResponseBase:
            user: Any = request.user
            scope = scope_of(user, capability)
            if not scope:
                raise PermissionDenied
            return view(request, scope, **kwargs)

        return guarded

    return around
