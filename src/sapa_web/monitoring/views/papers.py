"""Papers of the monitoring: begun from the figures, written, issued, published, read and signed for."""

from __future__ import annotations

from typing import Any

from django.contrib import messages
from django.http import Http404, HttpRequest, HttpResponse
from django.shortcuts import redirect, render
from django.urls import reverse
from django.utils.translation import gettext as _
from django.views.decorators.http import require_GET, require_http_methods, require_POST

from sapa.errors import UserError
from sapa_web.common.clock import today
from sapa_web.monitoring import forms
from sapa_web.monitoring.domain import documents
from sapa_web.monitoring.domain.inforce import monitoring_packs, pack_in_force
from sapa_web.monitoring.domain.queries.programmes import Told, newest_of, report_by
from sapa_web.monitoring.models import Acquaintance, Document, Watch
from sapa_web.monitoring.views import guard
from sapa_web.monitoring.views.files import drawn
from sapa_web.monitoring.words import said
from sapa_web.orgs.models import Organisation
from sapa_web.orgs.roles import Capability


@guard.takes_part
@require_GET
def papers(request: HttpRequest, unit: Organisation) -> HttpResponse:
    """Every paper; drafts only for who runs the monitoring. Below it, what the document asks for and by when."""
    runs = guard.may_here(request.user, unit, Capability.QUALITY)
    rows = Document.objects.unscoped("of one institution").filter(organisation=unit).select_related("watch__line")
    programme = newest_of(unit)
    context = {
        "unit": unit, "runs": runs, "papers": rows if runs else rows.exclude(state=Document.DRAFT),
        "asked": _asked(Told(programme)) if programme else [],
        "programme": programme, "title": _("Papers"), "crumbs": guard.crumbs((_("Papers"), "")),
    }  # fmt: skip
    return render(request, "monitoring/papers.html", context)


def _asked(told: Told) -> list[dict[str, Any]]:
    """What the document names among its products, by when, and how that day is read."""
    out = []
    for item in told.rules.products:
        if item.form == "plan":
            continue
        line: dict[str, Any] = {
            "title": said(told.rules, item.title), "clauses": item.clause, "public": documents.for_the_public(told.rules, item.id)
        }  # fmt: skip
        if due := report_by(told.rules, item.id, told.programme.begins_on):
            readings = [(said(told.rules, one.question), said(told.rules, one.answer)) for one in due[1].readings]
            line |= {"day": due[0], "readings": readings}
        out.append(line)
    return out


@guard.runs
@require_http_methods(["GET", "POST"])
def paper_new(request: HttpRequest, unit: Organisation) -> HttpResponse:
    """Begin a paper."""
    programme = newest_of(unit)
    pack = programme.pack if programme else next(iter(monitoring_packs()))
    told = Told(programme) if programme else None
    initial = {key: request.GET[key] for key in ("product", "watch") if key in request.GET}
    initial["period"] = programme.year if programme else str(forms.school_year(today()))
    form = forms.PaperForm(request.POST or None, told=told, rules=pack_in_force(unit, pack, today()), initial=initial)
    if request.method == "POST" and form.is_valid():
        data = form.cleaned_data
        found = guard.found(request, Watch, int(data["watch"])) if data["watch"] else None
        try:
            made = documents.draft(request.user, unit, pack, data["product"], data["period"], found)
            return redirect("monitoring:paper", pk=made.pk)
        except UserError as error:
            form.refuse(error)
    back = reverse("monitoring:papers", args=[unit.code])
    lead = _("It is drawn from the figures and the steps; you add words and decisions.")
    trail = guard.crumbs((_("Papers"), back), (_("New"), ""))
    return guard.form_page(request, form, _("Begin a paper"), back, lead=lead, button=_("Begin"), trail=trail)


@guard.takes_part
@require_http_methods(["GET", "POST"])
def paper(request: HttpRequest, pk: int) -> HttpResponse:
    """A paper: as it would be issued, or as it was."""
    found, runs = _paper(request, pk)
    initial = {name: getattr(found, name) for name in ("title", "words", "decisions")}
    form = forms.WordsForm(request.POST or None, initial=initial)
    if request.method == "POST":
        if not runs:
            raise Http404
        if form.is_valid():
            try:
                documents.write(request.user, found, **form.cleaned_data)
                messages.success(request, _("Saved."))
                return redirect("monitoring:paper", pk=pk)
            except UserError as error:
                form.refuse(error)
    user: Any = request.user
    signed = list(Acquaintance.objects.unscoped("of one paper").filter(document=found))
    rules = pack_in_force(found.organisation, found.pack, today())
    product = next((item for item in rules.products if item.id == found.product), None)
    context = {
        "document": found, "paper": documents.paper_of(found), "form": form, "runs": runs, "signed": signed,
        "may_sign": found.state != Document.DRAFT and not any(item.user_id == user.pk for item in signed),
        "may_publish": runs and found.state == Document.ISSUED and documents.for_the_public(rules, found.product),
        "clauses": product.clause if product else (), "title": found.title,
        "crumbs": guard.crumbs((_("Papers"), reverse("monitoring:papers", args=[found.organisation.code])), (found.title, "")),
    }  # fmt: skip
    return render(request, "monitoring/paper.html", context, status=400 if form.errors else 200)


@guard.runs
@require_http_methods(["GET", "POST"])
def issue(request: HttpRequest, pk: int) -> HttpResponse:
    """Issue a paper under a number."""
    found, runs = _paper(request, pk)
    if not runs:
        raise Http404
    form = forms.IssueForm(request.POST or None, initial={"dated": today()})
    here = reverse("monitoring:paper", args=[pk])
    if request.method == "POST" and form.is_valid():
        try:
            documents.issue(request.user, found, **form.cleaned_data)
            return redirect(here)
        except UserError as error:
            form.refuse(error)
    lead = _("After this the paper is fixed: what it says does not change any more.")
    trail = guard.crumbs((found.title, here), (_("Issue"), ""))
    return guard.form_page(request, form, _("Issue the paper"), here, lead=lead, button=_("Issue"), trail=trail)


@guard.runs
@require_POST
def publish(request: HttpRequest, pk: int) -> HttpResponse:
    """Show a paper on the public page of the institution."""
    found, runs = _paper(request, pk)
    if not runs:
        raise Http404
    try:
        documents.publish(request.user, found)
        messages.success(request, _("Published: everybody can read it now."))
    except UserError as error:
        guard.refuse(request, error)
    return redirect("monitoring:paper", pk=pk)


@guard.takes_part
@require_POST
def acquaint(request: HttpRequest, pk: int) -> HttpResponse:
    """Sign the sheet: read."""
    found, _runs = _paper(request, pk)
    try:
        documents.acquaint(request.user, found)
    except UserError as error:
        guard.refuse(request, error)
    return redirect("monitoring:paper", pk=pk)


@guard.takes_part
@require_GET
def paper_file(request: HttpRequest, pk: int, kind: str) -> HttpResponse:
    """A paper as PDF, Word or HTML."""
    found, _runs = _paper(request, pk)
    return drawn(request, documents.paper_of(found), kind, f"{found.product}-{found.period}")


def _paper(request: HttpRequest, pk: int) -> tuple[Document, bool]:
    """The paper, and whether the person runs the monitoring; a draft is for those alone."""
    found: Document = guard.found(request, Document, pk, *guard.STAFF, related=("organisation", "watch__line__person"))
    runs = guard.may_here(request.user, found.organisation, Capability.QUALITY)
    if found.state == Document.DRAFT and not runs:
        raise Http404
    return found, runs
