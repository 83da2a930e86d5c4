"""What is handed on: guests with their link, the report, the publication, a dossier, a required document."""

from __future__ import annotations

from typing import Any

from django.contrib import messages
from django.http import Http404, HttpRequest, HttpResponse
from django.shortcuts import redirect, render
from django.urls import reverse
from django.utils.translation import gettext as _
from django.views.decorators.cache import never_cache
from django.views.decorators.http import require_GET, require_http_methods, require_POST

from sapa.errors import RefusedError, UserError
from sapa.publication.assessment import KINDS, write
from sapa_web.common.domain.notices import site_address
from sapa_web.common.packs import pack_named
from sapa_web.evaluation import forms
from sapa_web.evaluation.domain import dossiers, guests, publishing
from sapa_web.evaluation.domain.content import Chosen, inside_content, public_content
from sapa_web.evaluation.domain.files import content_of
from sapa_web.evaluation.domain.queries.results import results_of
from sapa_web.evaluation.domain.queries.systems import levels_in, text
from sapa_web.evaluation.models import Assessment, Dossier, Guest, Published, RequiredDocument
from sapa_web.evaluation.views import guard
from sapa_web.evaluation.words import BODIES, word
from sapa_web.orgs.inside import InsideScope

# Guests


@guard.runs
@require_http_methods(["GET", "POST"])
def guest_list(request: HttpRequest, scope: InsideScope, pk: int) -> HttpResponse:
    """Who was asked in; the link of a new guest is shown once."""
    found = guard.assessment(request, scope, pk)
    form = forms.GuestForm(request.POST or None, pack=found.pack, sheets=guests.sheets(found))
    made = link = None
    if request.method == "POST" and form.is_valid():
        try:
            made, token = guests.invite(request.user, found, **form.cleaned_data)
            link = site_address() + reverse("evaluation:guest", args=[token])
            form = forms.GuestForm(pack=found.pack, sheets=guests.sheets(found))
        except UserError as error:
            form.refuse(error)
    pack = pack_named(found.pack)
    rows = Guest.objects.for_scope(scope).filter(assessment=found)
    context = {
        "assessment": found, "form": form, "guests": [(item, word(pack, BODIES, item.body)) for item in rows], "made": made,
        "link": link, "title": _("Guests"), "crumbs": guard.crumbs(found, (_("Guests"), "")),
    }  # fmt: skip
    return render(request, "evaluation/guests.html", context, status=400 if form.errors else 200)


@guard.runs
@require_POST
def guest_out(request: HttpRequest, scope: InsideScope, pk: int, guest: int) -> HttpResponse:
    """A link leads nowhere from now on."""
    found = guard.assessment(request, scope, pk)
    row = Guest.objects.for_scope(scope).filter(assessment=found, pk=guest).first()
    if row is None:
        raise Http404
    guests.take_back(request.user, row)
    return redirect("evaluation:guests", pk=pk)


@never_cache
@require_http_methods(["GET", "POST"])
def guest(request: HttpRequest, token: str) -> HttpResponse:
    """The guest's own sheet: the link is the door, nobody signs in."""
    found = guests.by_token(token)
    if found is None:
        raise Http404
    levels = levels_in(found.assessment)
    asked = guests.asked(found)
    if request.method == "POST":
        points = {item.id: (request.POST.get(f"level-{item.id}", ""), request.POST.get(f"note-{item.id}", "")) for item in asked}
        try:
            guests.send(found, points, request.POST.get("words", ""))
            return redirect("evaluation:guest", token=token)
        except UserError as error:
            guard.refuse(request, error)
    discusses = found.purpose == Guest.DISCUSSES
    context = {
        "guest": found, "asked": asked, "levels": [(item.code, text(item.title)) for item in levels.items],
        "may_write": guests.may_write(found), "sent": found.answered_at, "discusses": discusses,
        "results": results_of(found.assessment) if discusses and found.assessment.state in guests.DISCUSSED_IN else None,
        "title": _("Observation") if not discusses else _("Discussion of the results"),
        "body": word(pack_named(found.assessment.pack), BODIES, found.body),
    }  # fmt: skip
    response = render(request, "evaluation/guest.html", context)
    response["X-Robots-Tag"] = "noindex"
    return response


# The report, the publication


@guard.takes_part
@require_GET
def report(request: HttpRequest, scope: InsideScope, pk: int, kind: str) -> HttpResponse:
    """The whole report for people of the institution, as a file."""
    found = guard.assessment(request, scope, pk)
    if kind not in KINDS:
        raise Http404
    return _file(write(inside_content(found), kind), KINDS[kind], f"self-assessment-{found.period}.{kind}")


@guard.runs
@require_http_methods(["GET", "POST"])
def publish(request: HttpRequest, scope: InsideScope, pk: int) -> HttpResponse:
    """Choose what is told, see it, publish it."""
    found = guard.assessment(request, scope, pk)
    form = forms.PublishForm(request.POST or request.GET or None)
    chosen = Chosen(**form.cleaned_data) if form.is_bound and form.is_valid() else Chosen()
    if not form.is_bound:
        form = forms.PublishForm()
    refused = ""
    content: dict[str, Any] | None = None
    try:
        if request.method == "POST":
            made = publishing.publish(request.user, found, chosen)
            messages.success(request, _("Published."))
            return redirect(_public_address(made))
        content = public_content(found, chosen)
    except UserError as error:
        refused = str(error)
    shown = Published.objects.filter(source=str(found.pk), withdrawn_at=None).first()
    context = {
        "assessment": found, "form": form, "content": content, "refused": refused, "shown": shown,
        "address": _public_address(shown) if shown else "", "query": request.GET.urlencode(),
        "may": found.state == Assessment.DECIDED,
        "title": _("Publish"), "crumbs": guard.crumbs(found, (_("Publish"), "")),
    }  # fmt: skip
    return render(request, "evaluation/publish.html", context)


@guard.runs
@require_GET
def preview(request: HttpRequest, scope: InsideScope, pk: int, kind: str) -> HttpResponse:
    """The public report as a file, before it is published."""
    found = guard.assessment(request, scope, pk)
    form = forms.PublishForm(request.GET or None)
    chosen = Chosen(**form.cleaned_data) if form.is_bound and form.is_valid() else Chosen()
    if kind not in KINDS:
        raise Http404
    return _file(write(public_content(found, chosen), kind), KINDS[kind], f"self-assessment-{found.period}.{kind}")


@guard.runs
@require_POST
def withdraw(request: HttpRequest, scope: InsideScope, pk: int) -> HttpResponse:
    """Take the publication back."""
    found = guard.assessment(request, scope, pk)
    try:
        publishing.withdraw(request.user, found)
        messages.success(request, _("It is not public any more."))
    except UserError as error:
        guard.refuse(request, error)
    return redirect("evaluation:publish", pk=pk)


def _public_address(made: Published) -> str:
    return reverse("portal:quality_of", args=[made.code])


# Dossiers


@guard.runs
@require_http_methods(["GET", "POST"])
def dossier_list(request: HttpRequest, scope: InsideScope, pk: int) -> HttpResponse:
    """Sealed folders for commissions, and the document an application requires."""
    found = guard.assessment(request, scope, pk)
    pack = pack_named(found.pack)
    allowed = dossiers.allowed_purposes(pack)
    purposes = [(name, dossiers.PURPOSES[name][0]) for name in allowed]
    form = forms.DossierForm(request.POST or None, purposes=purposes)
    if request.method == "POST" and form.is_valid():
        try:
            dossiers.seal(request.user, found, **form.cleaned_data)
            messages.success(request, _("The dossier is sealed."))
            return redirect("evaluation:dossiers", pk=pk)
        except UserError as error:
            form.refuse(error)
    made = Dossier.objects.for_scope(scope).filter(assessment=found).select_related("file")
    context = {
        "assessment": found, "form": form, "dossiers": [(item, dossiers.PURPOSES[item.purpose][0]) for item in made],
        "forbidden": [words for name, (words, _body, _use) in dossiers.PURPOSES.items() if name not in allowed],
        "documents": RequiredDocument.objects.for_scope(scope).filter(assessment=found).select_related("file"),
        "required": dossiers.required_by(found.pack), "title": _("Dossiers"),
        "may_file": found.state in (Assessment.DECIDED, Assessment.PUBLISHED),
        "crumbs": guard.crumbs(found, (_("Dossiers"), "")),
    }  # fmt: skip
    return render(request, "evaluation/dossiers.html", context, status=400 if form.errors else 200)


@guard.runs
@require_GET
def dossier(request: HttpRequest, scope: InsideScope, pk: int, dossier: int) -> HttpResponse:
    """The sealed folder itself."""
    found = guard.assessment(request, scope, pk)
    row = Dossier.objects.for_scope(scope).filter(assessment=found, pk=dossier).select_related("file").first()
    if row is None:
        raise Http404
    return _file(content_of(row.file), "application/zip", f"dossier-{found.period}-{row.file.digest[:12]}.zip")


@guard.runs
@require_POST
def file_for(request: HttpRequest, scope: InsideScope, pk: int, application: str) -> HttpResponse:
    """Freeze the result as the document of an application."""
    found = guard.assessment(request, scope, pk)
    try:
        dossiers.file_for(request.user, found, application)
        messages.success(request, _("The document is kept."))
    except (UserError, RefusedError) as error:
        guard.refuse(request, error)
    return redirect("evaluation:dossiers", pk=pk)


def _file(data: bytes, media: str, name: str) -> HttpResponse:
    response = HttpResponse(data, content_type=media)
    response["Content-Disposition"] = f'attachment; filename="{name}"'
    return response
