"""The first page of the monitoring: the plan of the year, what is due now, the path of each object; and how it begins."""

from __future__ import annotations

from dataclasses import dataclass
from typing import Any

from django.http import HttpRequest, HttpResponse
from django.shortcuts import redirect, render
from django.urls import reverse
from django.utils.translation import gettext as _
from django.views.decorators.http import require_GET, require_http_methods

from sapa.errors import UserError
from sapa_web.common.clock import now
from sapa_web.monitoring import forms
from sapa_web.monitoring.domain import planning
from sapa_web.monitoring.domain.queries import public
from sapa_web.monitoring.domain.queries.programmes import Told, Turn, newest_of, report_by
from sapa_web.monitoring.models import Document, Programme, Watch
from sapa_web.monitoring.views import guard
from sapa_web.orgs.models import Organisation
from sapa_web.orgs.roles import Capability

PUBLIC = "public-report"


@dataclass(frozen=True)
class Next:
    """What is to be done next, and where."""

    title: str
    why: str
    url: str
    label: str


@guard.takes_part
@require_GET
def home(request: HttpRequest) -> HttpResponse:
    """Each institution of the person: what stands, what is next."""
    places = [_place(request, unit) for unit in guard.own_institutions(request.user)]
    return render(request, "monitoring/home.html", {"title": _("Monitoring"), "places": places})


def _place(request: HttpRequest, unit: Organisation) -> dict[str, Any]:
    found = newest_of(unit)
    runs = guard.may_here(request.user, unit, Capability.QUALITY)
    place: dict[str, Any] = {"unit": unit, "runs": runs, "programme": found}
    place["families"] = public.published(now()).filter(organisation=unit, form=PUBLIC).exists()
    if found is None:
        return place
    told = Told(found)
    papers = Document.objects.unscoped("of one institution").filter(organisation=unit, pack=found.pack, period=found.year)
    report = papers.filter(form=PUBLIC).order_by("-pk").first()
    due = report_by(told.rules, PUBLIC, found.begins_on)
    return place | {
        "told": told, "due": told.due(), "next": _next(told, report, guard.may_here(request.user, unit, Capability.SIGN), runs),
        "report": report, "report_due": due, "all": Programme.objects.unscoped("of one institution").filter(organisation=unit),
        "may_close": runs and found.state == Programme.ORDERED and all(turn.watch.state == Watch.DONE for turn in told.turns),
        "products": {item.id: item for item in told.rules.products},
    }  # fmt: skip


def _next(told: Told, report: Document | None, signs: bool, runs: bool) -> Next | None:
    pk = told.programme.pk
    if not runs:
        return None
    if told.programme.state == Programme.DRAFT:
        if told.unnamed:
            return Next(
                _("Name who is responsible"), _("Lines without a person: %d.") % told.unnamed,
                reverse("monitoring:people", args=[pk]), _("Name them"),
            )  # fmt: skip
        why = _("The order makes the plan binding.") if signs else _("The head signs the order.")
        return Next(_("Put the plan in force by an order"), why, reverse("monitoring:order", args=[pk]), _("To the order"))
    due = told.due()
    if due:
        return _step(due[0], _("The next step of an object that is due."))
    if report is not None and report.state != Document.PUBLISHED:
        url = reverse("monitoring:paper", args=[report.pk])
        return Next(_("Finish the public report"), _("It is published every year."), url, _("To the report"))
    if left := [turn for turn in told.turns if turn.here is not None]:
        return _step(left[0], _("Nothing is late: this is the next step of the nearest object."))
    if report is None and any(item.form == PUBLIC for item in told.rules.products):
        url = reverse("monitoring:paper_new", args=[told.programme.organisation.code]) + f"?product={PUBLIC}"
        return Next(_("Write the public report"), _("It is published every year."), url, _("Begin it"))
    return None


def _step(turn: Turn, why: str) -> Next:
    url = reverse("monitoring:object", args=[turn.watch.pk])
    return Next(f"{turn.object.title}: {turn.here.title if turn.here else ''}", why, url, _("Do it"))


@guard.runs
@require_http_methods(["GET", "POST"])
def start(request: HttpRequest, unit: Organisation) -> HttpResponse:
    """Begin a programme with the lines of the pack."""
    form = forms.StartForm(request.POST or None, initial=forms.StartForm.proposed())
    if request.method == "POST" and form.is_valid():
        try:
            made = planning.start(request.user, unit, **form.cleaned_data)
            return redirect("monitoring:plan", pk=made.pk)
        except UserError as error:
            form.refuse(error)
    lead = _("The plan comes filled from the document you follow; you make it your own before the order.")
    return guard.form_page(request, form, _("Begin the plan"), reverse("monitoring:home"), lead=lead, button=_("Begin"))
