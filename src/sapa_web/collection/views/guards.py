"""Who may open an office's page."""

from __future__ import annotations

from collections.abc import Callable
from functools import wraps
from typing import Any

from django.http import HttpRequest
from django.http.response import HttpResponseBase

from sapa_web.orgs.roles import Capability
from sapa_web.orgs.views.guard import requires, scope_in

View = Callable[..., HttpResponseBase]


def needs(capability: Capability) -> Callable[[View], View]:
    """The page is for those who hold the capability somewhere; the view is handed the scope as second argument."""

    def around(view: View) -> View:
        @wraps(view)
        @requires(capability)
        def guarded(request: HttpRequest, **kwargs: Any) -> HttpResponseBase:
            return view(request, scope_in(request), **kwargs)

        return guarded

    return around
