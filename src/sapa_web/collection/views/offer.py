"""What is known already: shown as an offer, taken over only when a person says so."""

from __future__ import annotations

from typing import Any

from django.contrib import messages
from django.http import Http404, HttpRequest, HttpResponse
from django.utils.translation import gettext as _
from django.utils.translation import ngettext
from django.views.decorators.http import require_http_methods

from sapa.datasets.wording import say
from sapa_web.collection.domain.checking import check_draft
from sapa_web.collection.domain.offers import ELSEWHERE, Offer, offers, take
from sapa_web.collection.domain.queries.desk import Desk
from sapa_web.collection.domain.queries.sheet import language, shown_rows
from sapa_web.collection.domain.working import rows_of
from sapa_web.collection.views.reporting import at_desk, back_to, page, refusals

SHOWN_ROWS = 10


@require_http_methods(["GET", "HEAD", "POST"])
@at_desk()
@refusals("collection:return")
def offer(request: HttpRequest, desk: Desk, kind: str) -> HttpResponse:
    """A preview with the fields to choose from; fields that must be new are not chosen."""
    found = next((item for item in offers(desk.obligation) if item.kind == kind), None)
    if request.method == "POST":
        fixed = {name.removeprefix("new-"): str(value) for name, value in request.POST.items() if name.startswith("new-")}
        count = take(desk.user, desk.obligation, kind, fields=set(request.POST.getlist("field")), fixed=_dates(desk, fixed))
        if rows_of(desk.obligation)[0]:
            check_draft(desk.obligation)
        messages.success(request, ngettext("%d row was taken over.", "%d rows were taken over.", count) % count)
        return back_to("return", desk.obligation)
    if found is None:
        raise Http404
    return page(request, "offer", desk, "return", {"offer": found, **_preview(desk, found)})


def _dates(desk: Desk, given: dict[str, str]) -> dict[str, str]:
    """Values for all rows are asked of dates only."""
    known = {item.id for item in desk.fields if item.type == "date"}
    return {name: value.strip()[:10] for name, value in given.items() if name in known}


def _preview(desk: Desk, found: Offer) -> dict[str, Any]:
    lang = language()
    fields = [
        {
            "id": item.id,
            "title": say(item.title, lang),
            "taken": item.id not in found.anew,
            "date": item.id in found.anew and item.type == "date",
            "key": item.role == "key",
        }
        for item in found.fields
    ]
    shown = shown_rows(desk, [item.id for item in found.fields], found.rows[:SHOWN_ROWS])
    return {
        "choices": fields,
        "rows": shown,
        "more": max(len(found.rows) - SHOWN_ROWS, 0),
        "cells_only": found.kind.startswith(ELSEWHERE),
        "source_name": _("last period") if found.kind == "previous" else _("the register"),
    }
