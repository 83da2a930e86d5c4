"""What pages of people share: which document and year they speak of, and a form that is sent to the domain."""

from __future__ import annotations

from collections.abc import Callable
from typing import Any

from django.contrib import messages
from django.http import HttpRequest
from django.utils.translation import gettext as _

from sapa.errors import UserError
from sapa_web.common.clock import today
from sapa_web.monitoring.domain.inforce import monitoring_packs
from sapa_web.monitoring.domain.queries.programmes import newest_of
from sapa_web.monitoring.forms import school_year
from sapa_web.orgs.models import Organisation


def frame(unit: Organisation) -> tuple[str, str]:
    """The document the institution works by and the year at hand: of its newest programme, else of the site and the day."""
    programme = newest_of(unit)
    return (programme.pack, programme.year) if programme else (monitoring_packs()[0], str(school_year(today())))


def done(request: HttpRequest, form: Any, do: Callable[[dict[str, Any]], Any]) -> bool:
    """Whether the form was sent and the domain did it; what it refuses stands above the fields."""
    if request.method != "POST" or not form.is_valid():
        return False
    try:
        do(dict(form.cleaned_data))
    except UserError as error:
        form.refuse(error)
        return False
    messages.success(request, _("Saved."))
    return True
