"""My returns: what is asked of the person's own units."""

from __future__ import annotations

from itertools import groupby
from typing import Any

from django.http import HttpRequest, HttpResponse
from django.shortcuts import render
from django.utils.translation import gettext as _
from django.views.decorators.http import require_safe

from sapa_web.collection.domain.queries.returns import asked_of, summary
from sapa_web.collection.views.reporting import reporter


@require_safe
@reporter
def listing(request: HttpRequest) -> HttpResponse:
    """What is asked, by when, in what state, and the next thing to do with each."""
    user: Any = request.user
    asked = asked_of(user)
    periods = [
        {"period": period, "items": list(items)} for period, items in groupby(asked, lambda item: item.obligation.campaign.period)
    ]
    units = {item.obligation.organisation_id for item in asked}
    context = {
        "title": _("My returns"),
        "periods": periods,
        "summary": summary(asked),
        "several": len(units) > 1,
        "unit": asked[0].obligation.organisation if len(units) == 1 else None,
    }
    return render(request, "collection/reporting/returns.html", context)
