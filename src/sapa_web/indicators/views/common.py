"""What the pages of figures share: who may come in, which figures are meant."""

from __future__ import annotations

from collections.abc import Callable
from functools import wraps
from typing import Any

from django.contrib.auth.decorators import login_required
from django.core.exceptions import PermissionDenied
from django.http import Http404, HttpRequest, HttpResponse

from sapa.errors import UserError
from sapa_web.indicators.domain.queries.facts import OFFICIAL, PROVISIONAL, Figures, figures_of, packs_with_figures
from sapa_web.orgs.domain.queries.access import may
from sapa_web.orgs.roles import Capability

View = Callable[..., HttpResponse]


def analysts_only(view: View) -> View:
    """Signed in, and with a role that looks at figures somewhere."""

    @login_required
    @wraps(view)
    def checked(request: HttpRequest, *args: Any, **kwargs: Any) -> HttpResponse:
        if not may(request.user, Capability.ANALYSE):  # type: ignore[arg-type]
            raise PermissionDenied
        return view(request, *args, **kwargs)

    return checked


def state_of(request: HttpRequest) -> str:
    """Official or provisional, as the address says."""
    return PROVISIONAL if request.GET.get("state") == PROVISIONAL else OFFICIAL


def figures_or_404(pack: str, state: str, period: str = "") -> Figures:
    """The figures of a pack; 404 where the site has none."""
    if pack not in packs_with_figures():
        raise Http404
    figures = figures_of(pack, state, period)
    if figures is None:
        raise Http404
    return figures


def known_indicator(figures: Figures, indicator: str) -> str:
    """The indicator, if there are figures of it; else 404."""
    if indicator not in set(figures.indicators):
        raise Http404
    return indicator


def not_found_where_unknown(error: UserError) -> Http404:
    """What the reader names does not exist."""
    return Http404(str(error))
