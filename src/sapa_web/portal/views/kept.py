"""Keep a table under a permanent address; hand kept ones over as they were stored."""

from __future__ import annotations

from typing import Any

from django.http import Http404, HttpRequest, HttpResponse, QueryDict
from django.http.response import HttpResponseBase
from django.shortcuts import get_object_or_404, render
from django.template.loader import render_to_string
from django.urls import reverse
from django.utils.translation import get_language
from django.utils.translation import gettext as _
from django.views.decorators.http import require_POST

from sapa.errors import RefusedError, UserError
from sapa.publication.exchange.tabular import facts_csv
from sapa_web.common.clock import now, today
from sapa_web.common.domain.notices import site_address
from sapa_web.common.templatetags.ui import day
from sapa_web.portal.domain import keeping
from sapa_web.portal.domain.queries.pivot import Writer
from sapa_web.portal.domain.queries.reading import data_set
from sapa_web.portal.models import Permalink
from sapa_web.portal.own_page import from_own_page
from sapa_web.portal.views.common import edition_or_404, require_safe, stored, too_many
from sapa_web.portal.views.tables import Built, built, exactly, parts_of, rows_html

KEPT_AN_HOUR = 60
"""Tables somebody may keep in an hour: each takes room for ever."""


@from_own_page
@require_POST
def keep(request: HttpRequest) -> HttpResponse:
    """Store the table the form names."""
    address = request.POST.get("address", "")[:2000]
    query = QueryDict(address)
    found = built(edition_or_404(query.get("pack", "")), query)
    if found is None:
        raise Http404
    back = f"{reverse('portal:tables')}?{found.asked.address}"
    context: dict[str, Any] = {"title": _("Keep this table"), "back": back, "site": site_address()}
    if too_many(request, "keep", KEPT_AN_HOUR):
        context["refused"] = _("You have kept many tables within an hour. Please go on later.")
        return render(request, "portal/kept.html", context, status=429)
    try:
        context["kept"] = keeping.keep(to_keep(found))
    except UserError as error:
        context["refused"] = str(error)
        return render(request, "portal/kept.html", context, status=400)
    return render(request, "portal/kept.html", context, status=201)


def to_keep(found: Built) -> keeping.ToKeep:
    """The table as a page that stands alone, with its figures as a file. Raises ``UserError`` where it is too large for one."""
    keeping.refuse_large(found.pivot.cells)
    writer = Writer(found.cube, found.asked, found.labels, found.pivot)
    body = rows_html(writer.rows(0, found.pivot.rows), found.edition.version, site_address())
    context = {
        **parts_of(found), "body": body, "legend": writer.legend, "style": keeping.STYLE, "version": found.edition.version,
        "day": day(today()), "base": site_address() + reverse("portal:home"),
    }  # fmt: skip
    page = render_to_string("portal/kept_page.html", context).encode()
    file = facts_csv(exactly(found, data_set(found.edition.version, now())))
    language = (get_language() or "en")[:5]
    return keeping.ToKeep(found.edition.version, found.asked.address, found.title, language, page, file)


@require_safe
def show(request: HttpRequest, key: str) -> HttpResponse:
    """A kept page, byte for byte."""
    kept = get_object_or_404(Permalink, key=key)
    try:
        page = keeping.stored_page(kept)
    except RefusedError:
        raise Http404 from None
    response = HttpResponse(page, content_type="text/html; charset=utf-8")
    response["Content-Language"] = kept.language
    response["Content-Security-Policy"] = keeping.policy(page)
    response["ETag"] = f'"{kept.digest}"'
    response["Cache-Control"] = "public, max-age=31536000, immutable"
    return response


@require_safe
def file(request: HttpRequest, key: str) -> HttpResponseBase:
    """The figures of a kept table."""
    kept = get_object_or_404(Permalink, key=key)
    return stored(f"{kept.folder}/{keeping.FILE}", keeping.FILE)
