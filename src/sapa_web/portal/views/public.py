"""The first page of the portal."""

from __future__ import annotations

from django.http import HttpRequest, HttpResponse
from django.shortcuts import render
from django.utils.translation import gettext as _
from django.views.decorators.http import require_safe

from sapa_web.common.clock import now
from sapa_web.portal.domain.queries import published


@require_safe
def home(request: HttpRequest) -> HttpResponse:
    """What is published: the newest releases and what is announced."""
    moment = now()
    context = {
        "title": _("Education statistics"),
        "releases": published.releases(moment)[:10],
        "announced": published.announced(moment)[:5],
    }
    return render(request, "portal/home.html", context)
