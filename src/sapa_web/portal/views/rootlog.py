"""The public log of roots: its head, its lines, proofs."""

from __future__ import annotations

from django.http import HttpRequest, HttpResponse, JsonResponse
from django.shortcuts import render
from django.utils.translation import gettext as _
from django.views.decorators.http import require_safe

from sapa.archive.rootlog import FORMAT
from sapa_web.common.clock import now
from sapa_web.portal.domain.queries import published
from sapa_web.portal.domain.rootlog import standing
from sapa_web.portal.domain.verifying import log_document
from sapa_web.portal.models import FiguresTree, RootEntry


@require_safe
def show(request: HttpRequest) -> HttpResponse:
    """The log as a page."""
    told = {
        tree.entry_id: tree.data for tree in FiguresTree.objects.filter(data__in=published.versions(now())).select_related("data")
    }
    entries = [(entry, told.get(entry.seq)) for entry in RootEntry.objects.order_by("-seq")]
    context = {"title": _("Log of roots"), "head": standing().head(), "entries": entries}
    return render(request, "portal/roots.html", context)


@require_safe
def download(request: HttpRequest) -> HttpResponse:
    """The whole log: each line's canonical text in order (UTF-8), and the head that follows from them."""
    return JsonResponse(log_document())


@require_safe
def consistency(request: HttpRequest) -> HttpResponse:
    """Proof that the log of ``first`` lines is the beginning of the one of ``second`` (default: now)."""
    log = standing()
    try:
        first = int(request.GET.get("first", ""))
        second = int(request.GET.get("second") or len(log.leaves))
        proof = log.consistency(first, second)
    except (ValueError, IndexError):
        told = _("first and second are sizes of the log: 1 to %(size)s, the smaller first") % {"size": len(log.leaves)}
        return JsonResponse({"detail": told}, status=400)
    heads = {"first": log.head(first), "second": log.head(second)}
    body = {name: {"size": head.size, "root": head.root} for name, head in heads.items()}
    return JsonResponse({"log": FORMAT, **body, "proof": proof})
