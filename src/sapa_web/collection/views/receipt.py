"""Receipts, the history of a return, and the key files of a demonstration."""

from __future__ import annotations

from typing import Any

from django.conf import settings
from django.contrib import messages
from django.contrib.auth.decorators import login_required
from django.http import Http404, HttpRequest, HttpResponse, HttpResponseRedirect
from django.shortcuts import render
from django.urls import reverse
from django.utils.text import get_valid_filename
from django.utils.translation import gettext as _
from django.views.decorators.http import require_GET, require_http_methods

from sapa_web.collection.domain.queries.desk import Desk, own_units
from sapa_web.collection.domain.queries.history import events
from sapa_web.collection.domain.queries.sheet import dataset_title
from sapa_web.collection.domain.receipts import bundle, in_words, receipt_of
from sapa_web.collection.domain.trust import demonstration_authority
from sapa_web.collection.models import Submission
from sapa_web.collection.views.reporting import at_desk, page, receipts_scope
from sapa_web.common.clock import now
from sapa_web.orgs.domain.queries.access import scope_of
from sapa_web.orgs.models import Organisation
from sapa_web.orgs.roles import Capability

SHORTEST_PASSWORD = 8


def _submission(request: HttpRequest, receipt: str) -> Submission:
    related = ("obligation__campaign", "obligation__organisation", "received_by")
    found = Submission.objects.for_scope(receipts_scope(request)).filter(receipt=receipt).select_related(*related).first()
    if found is None:
        raise Http404
    return found  # type: ignore[no-any-return]


@require_GET
@login_required
def receipt(request: HttpRequest, receipt: str) -> HttpResponse:
    """A receipt to print and keep, checked against the archive as it is shown."""
    submission = _submission(request, receipt)
    obligation = submission.obligation
    shown = receipt_of(submission)
    title = dataset_title(obligation.campaign)
    context = {
        "title": _("Receipt"),
        "submission": submission,
        "obligation": obligation,
        "dataset": title,
        "receipt": shown,
        "words": in_words(shown.manifest, title, obligation.organisation.name),
        "newest": obligation.revision == submission.revision,
        "crumbs": [(_("My returns"), reverse("collection:returns")), (title, ""), (_("Receipt"), "")],
    }
    return render(request, "collection/reporting/receipt.html", context)


@require_GET
@login_required
def receipt_bundle(request: HttpRequest, receipt: str) -> HttpResponse:
    """Everything needed to check the receipt alone; the rows where the reader may see persons."""
    submission = _submission(request, receipt)
    user: Any = request.user
    persons = Submission.objects.for_scope(scope_of(user, Capability.PERSONS)).filter(pk=submission.pk).exists()
    response = HttpResponse(bundle(submission, rows=persons), content_type="application/zip")
    name = get_valid_filename(f"receipt-{submission.obligation.campaign}-{submission.receipt[:8]}")
    response["Content-Disposition"] = f'attachment; filename="{name}.zip"'
    return response


@require_GET
@at_desk()
def history(request: HttpRequest, desk: Desk) -> HttpResponse:
    """What has happened to the return, the newest first."""
    found: list[Submission] = list(
        Submission.objects.unscoped("of the desk's own return").filter(obligation=desk.obligation).order_by("-revision")
    )
    return page(request, "history", desk, "history", {"events": events(desk.obligation), "submissions": found})


@require_http_methods(["GET", "HEAD", "POST"])
@login_required
def demonstration_key(request: HttpRequest) -> HttpResponse:
    """A key file of the demonstration's own authority, for those who sign. A real site issues none."""
    if not settings.SAPA_DEMO:
        raise Http404
    user: Any = request.user
    units = list(Organisation.objects.unscoped("the person's own").filter(pk__in=own_units(user, Capability.SIGN)))
    if not units:
        raise Http404
    if request.method == "POST":
        return _key_file(request, units)
    return render(request, "collection/reporting/key.html", {"title": _("Demonstration key file"), "units": units})


def _key_file(request: HttpRequest, units: list[Organisation]) -> HttpResponse:
    password = request.POST.get("password", "")
    unit = next((item for item in units if item.code == request.POST.get("unit", units[0].code)), None)
    if unit is None:
        raise Http404
    if len(password) < SHORTEST_PASSWORD:
        messages.error(request, _("The password needs at least %d characters.") % SHORTEST_PASSWORD)
        return HttpResponseRedirect(reverse("collection:demonstration-key"))
    user: Any = request.user
    signer = demonstration_authority().person(str(user), unit.code, now=now())
    response = HttpResponse(signer.to_pkcs12(password, name=str(user)), content_type="application/x-pkcs12")
    response["Content-Disposition"] = f'attachment; filename="demonstration-{get_valid_filename(unit.code)}.p12"'
    return response
