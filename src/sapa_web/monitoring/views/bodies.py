"""The bodies of an institution and who sits in them: what a body has to do lies on the table of those who sit in it."""

from __future__ import annotations

from typing import Any

from django.http import HttpRequest, HttpResponse
from django.shortcuts import redirect, render
from django.urls import reverse
from django.utils.translation import gettext as _
from django.views.decorators.http import require_GET, require_http_methods

from sapa_web.common.clock import today
from sapa_web.monitoring import forms_work as forms
from sapa_web.monitoring.domain import bodies as verbs
from sapa_web.monitoring.domain.inforce import BODIES, codes, pack_in_force
from sapa_web.monitoring.domain.queries.programmes import people_choices
from sapa_web.monitoring.models import BodyMember
from sapa_web.monitoring.views import guard
from sapa_web.monitoring.views.work import done, frame
from sapa_web.monitoring.words import said
from sapa_web.orgs.models import Organisation, User
from sapa_web.orgs.roles import Capability


@guard.takes_part
@require_GET
def bodies(request: HttpRequest, unit: Organisation) -> HttpResponse:
    """Every body of the document, who sits in it, who sat."""
    pack, _period = frame(unit)
    rules, seats = pack_in_force(unit, pack, today()), verbs.seats_of(unit, pack)
    context = {
        "title": _("Bodies"), "unit": unit, "pack": pack, "crumbs": _trail(unit),
        "bodies": [
            (code, said(rules, item.title), item.clause, *seats.get(code, ([], [])))
            for code, item in codes(rules, BODIES).items()
        ],
        "runs": guard.may_here(request.user, unit, Capability.QUALITY),
    }  # fmt: skip
    return render(request, "monitoring/bodies.html", context)


@guard.runs
@require_http_methods(["GET", "POST"])
def seat_new(request: HttpRequest, unit: Organisation) -> HttpResponse:
    """Put somebody into a body (``?body=`` chooses it)."""
    pack, _period = frame(unit)
    initial = {"body": request.GET.get("body", ""), "since": today()}
    form = forms.SeatForm(
        request.POST or None, rules=pack_in_force(unit, pack, today()), people=people_choices(unit), initial=initial
    )

    def do(data: dict[str, Any]) -> Any:
        user = User.objects.get(pk=data["user"]) if data["user"] else None
        return verbs.seat(request.user, unit, pack, data.pop("body"), **data | {"user": user})

    if done(request, form, do):
        return redirect("monitoring:bodies", code=unit.code)
    back, lead = reverse("monitoring:bodies", args=[unit.code]), _("What the body has to do then lies on this person's table.")
    title = _("Put somebody into a body")
    return guard.form_page(request, form, title, back, lead=lead, trail=_trail(unit, (title, "")))


@guard.runs
@require_http_methods(["GET", "POST"])
def seat_end(request: HttpRequest, pk: int) -> HttpResponse:
    """End a seat on its last day."""
    found: BodyMember = guard.found(request, BodyMember, pk, related=("organisation", "user"))
    form = forms.LeaveForm(request.POST or None, initial={"until": today()})
    unit = found.organisation
    if done(request, form, lambda data: verbs.leave(request.user, found, data["until"])):
        return redirect("monitoring:bodies", code=unit.code)
    item = codes(pack_in_force(unit, found.pack, today()), BODIES).get(found.body)
    lead = f"{found.name}, {said(pack_in_force(unit, found.pack, today()), item.title) if item else found.body}"
    back, title = reverse("monitoring:bodies", args=[unit.code]), _("End a seat")
    return guard.form_page(request, form, title, back, lead=lead, trail=_trail(unit, (title, "")))


def _trail(unit: Organisation, *more: tuple[str, str]) -> list[tuple[str, str]]:
    return guard.crumbs((_("Bodies"), reverse("monitoring:bodies", args=[unit.code])), *more)
