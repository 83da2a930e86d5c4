"""What institutions have published of their self-assessments: each for itself. There is no table that compares them."""

from __future__ import annotations

from django.http import Http404, HttpRequest, HttpResponse
from django.shortcuts import render
from django.urls import reverse
from django.utils.translation import gettext as _

from sapa_web.common.clock import now
from sapa_web.portal.domain.queries import published
from sapa_web.portal.views.common import attachment, require_safe


@require_safe
def index(request: HttpRequest) -> HttpResponse:
    """Institutions by name."""
    return render(request, "portal/quality.html", {"title": _("Self-assessments"), "items": published.self_assessments(now())})


@require_safe
def institution(request: HttpRequest, code: str) -> HttpResponse:
    """The newest report of an institution, and links to the earlier ones."""
    found = published.self_assessments_of(now(), code)
    if not found:
        raise Http404
    asked = request.GET.get("period", "")
    shown = next((item for item in found if item.period == asked), found[0])
    crumbs = [(_("Self-assessments"), reverse("portal:quality")), (shown.name, "")]
    context = {"title": shown.name, "shown": shown, "content": shown.content, "others": found, "crumbs": crumbs}
    return render(request, "portal/quality_of.html", context)


@require_safe
def file(request: HttpRequest, code: str, period: str, name: str) -> HttpResponse:
    """A file of a published report."""
    for item in published.self_assessments_of(now(), code):
        if item.period == period and (found := published.self_assessment_file(item, name)):
            return attachment(found[0], found[1], name)
    raise Http404
