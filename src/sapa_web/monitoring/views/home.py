"""The first page of the monitoring: the plan of the year, what is due now, the path of each object."""

from __future__ import annotations

from django.http import HttpRequest, HttpResponse
from django.shortcuts import render
from django.utils.translation import gettext as _
from django.views.decorators.http import require_GET

from sapa_web.monitoring.views import guard


@guard.takes_part
@require_GET
def home(request: HttpRequest) -> HttpResponse:
    """Each institution of the person: what stands, what is next."""
    places = [{"unit": unit} for unit in guard.own_institutions(request.user)]
    return render(request, "monitoring/home.html", {"title": _("Monitoring"), "places": places})
