"""Public reports and other papers that institutions have published of their own monitoring: each for itself."""

from __future__ import annotations

from django.http import Http404, HttpRequest, HttpResponse
from django.shortcuts import render
from django.urls import reverse
from django.utils.translation import gettext as _

from sapa_web.common.clock import now
from sapa_web.monitoring.domain.documents import paper_of
from sapa_web.monitoring.domain.queries.families import for_families
from sapa_web.monitoring.views.files import KINDS, content_of
from sapa_web.portal.domain.queries import published
from sapa_web.portal.views.common import attachment, require_safe


@require_safe
def index(request: HttpRequest) -> HttpResponse:
    """Institutions by name."""
    return render(request, "portal/reports.html", {"title": _("Reports of institutions"), "items": published.reports(now())})


@require_safe
def institution(request: HttpRequest, code: str) -> HttpResponse:
    """The newest paper of an institution (``?paper=`` another one), and links to the others."""
    found = published.reports_of(now(), code)
    if not found:
        raise Http404
    asked = request.GET.get("paper", "")
    shown = next((item for item in found if str(item.pk) == asked), found[0])
    crumbs = [(_("Reports of institutions"), reverse("portal:reports")), (str(shown.organisation), "")]
    context = {"title": shown.title, "shown": shown, "paper": paper_of(shown), "others": found, "crumbs": crumbs}
    return render(request, "portal/report_of.html", context)


@require_safe
def families(request: HttpRequest, code: str) -> HttpResponse:
    """The newest public report of an institution in plain words, for families."""
    results = for_families(published.reports_of(now(), code))
    if results is None:
        raise Http404
    shown = results.document
    crumbs = [
        (_("Reports of institutions"), reverse("portal:reports")),
        (str(shown.organisation), reverse("portal:report_of", args=[code])), (_("For families"), ""),
    ]  # fmt: skip
    context = {"title": _("Results for families"), "shown": shown, "results": results, "crumbs": crumbs}
    return render(request, "portal/families.html", context)


@require_safe
def file(request: HttpRequest, code: str, paper: int, kind: str) -> HttpResponse:
    """A published paper as PDF, Word or HTML."""
    for item in published.reports_of(now(), code):
        if item.pk == paper and kind in KINDS:
            return attachment(content_of(paper_of(item), kind), KINDS[kind], f"{item.product}-{item.period}.{kind}")
    raise Http404
