"""Instruments of an institution: taken from a pack, brought in as a workbook, looked at, taken out of use."""

from __future__ import annotations

from typing import Any

from django.contrib import messages
from django.http import Http404, HttpRequest, HttpResponse
from django.shortcuts import redirect, render
from django.utils.translation import gettext as _
from django.views.decorators.http import require_GET, require_http_methods, require_POST

from sapa.errors import SapaError
from sapa.instruments import check_answers
from sapa_web.common.clock import now
from sapa_web.orgs.models import Organisation
from sapa_web.surveys import forms
from sapa_web.surveys.asking import View, asked
from sapa_web.surveys.domain import instruments
from sapa_web.surveys.domain.forms import compiled
from sapa_web.surveys.domain.queries import reach, ready
from sapa_web.surveys.models import Instrument
from sapa_web.surveys.views.guard import Scope, inside, one
from sapa_web.surveys.views.staff import tabs


@inside
@require_GET
def home(request: HttpRequest, scope: Scope) -> HttpResponse:
    """The institution's instruments."""
    context = {"items": reach.instruments(scope), "tabs": tabs("instruments")}
    return render(request, "surveys/instruments.html", context)


@inside
@require_http_methods(["GET", "POST"])
def take(request: HttpRequest, scope: Scope) -> HttpResponse:
    """Take ready instruments of a pack, as many as are marked."""
    places = list(reach.institutions(scope))
    packs = ready.packs(forms.language())
    if request.method == "POST":
        place = _place(places, request.POST.get("unit", ""))
        taken = 0
        try:
            for name in request.POST.getlist("take"):
                pack, _colon, element = name.partition(":")
                instruments.add(request.user, place, ready.form(pack, element), "pack")  # type: ignore[arg-type]
                taken += 1
            messages.success(request, _("Instruments taken: %(n)s.") % {"n": taken})
            return redirect("surveys:instruments")
        except SapaError as error:
            messages.error(request, str(error))
    context = {"packs": packs, "places": places, "tabs": tabs("instruments")}
    return render(request, "surveys/take.html", context)


@inside
@require_GET
def detail(request: HttpRequest, scope: Scope, pk: int) -> HttpResponse:
    """What it asks, and its versions."""
    instrument = one(reach.instruments(scope), pk)
    versions = list(reach.versions(scope).filter(instrument=instrument).order_by("-number"))
    wanted = request.GET.get("version", "")
    chosen = next((item for item in versions if str(item.number) == wanted), versions[0])
    made = compiled(chosen)
    checked = check_answers(made, {}, now=now(), partial=True)
    context: dict[str, Any] = {
        "instrument": instrument, "versions": versions, "chosen": chosen, "form": made.form,
        "items": asked(View(made, forms.language(), {}, checked, everything=True)),
    }  # fmt: skip
    return render(request, "surveys/instrument.html", context)


@inside
@require_POST
def act(request: HttpRequest, scope: Scope, pk: int, verb: str) -> HttpResponse:
    """Out of use, or into use again."""
    instrument: Instrument = one(reach.instruments(scope), pk)
    if verb not in ("retire", "restore"):
        raise Http404
    instruments.retire(request.user, instrument, back=verb == "restore")  # type: ignore[arg-type]
    return redirect("surveys:instrument", pk=pk)


def _place(places: list[Organisation], code: str) -> Organisation:
    found = next((item for item in places if item.code == code), places[0] if len(places) == 1 else None)
    if found is None:
        raise Http404
    return found
