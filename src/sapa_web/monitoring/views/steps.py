"""One object of monitoring: its path, its next step, its values; and what the values of all years say."""

from __future__ import annotations

from typing import Any

from django.contrib import messages
from django.http import Http404, HttpRequest, HttpResponse
from django.shortcuts import redirect, render
from django.urls import reverse
from django.utils.translation import gettext as _
from django.views.decorators.http import require_GET, require_http_methods

from sapa.errors import UserError
from sapa_web.common.clock import today
from sapa_web.monitoring import forms
from sapa_web.monitoring.domain import measures, steps
from sapa_web.monitoring.domain.inforce import pack_in_force
from sapa_web.monitoring.domain.queries.analysis import Seen, appraised, lines_for
from sapa_web.monitoring.domain.queries.programmes import Told, newest_of
from sapa_web.monitoring.models import Document, PlanLine, Programme, Visit, Watch
from sapa_web.monitoring.views import guard
from sapa_web.monitoring.words import said
from sapa_web.orgs.models import Organisation
from sapa_web.orgs.roles import Capability

RELATED = ("line__programme__organisation", "line__person")


@guard.takes_part
@require_http_methods(["GET", "POST"])
def watch(request: HttpRequest, pk: int) -> HttpResponse:
    """The path of an object with the form of its next step; values, visits and papers below."""
    found, writes = _watch(request, pk)
    told = Told(found.line.programme)
    mine = next(turn for turn in told.turns if turn.watch.pk == pk)
    here = mine.here
    form = forms.StepForm(request.POST or None, initial={"dated": today()})
    if request.method == "POST":
        if not writes or here is None:
            raise Http404
        if form.is_valid():
            try:
                steps.finish(request.user, found, here.code, **form.cleaned_data)
                return redirect("monitoring:object", pk=pk)
            except UserError as error:
                form.refuse(error)
    user: Any = request.user
    runs = guard.may_here(user, found.line.programme.organisation, Capability.QUALITY)
    visits = Visit.objects.unscoped("of one object").filter(watch=found).select_related("teacher")
    context = {
        "programme": found.line.programme, "unit": found.line.programme.organisation, "turn": mine, "item": mine.object,
        "path": mine.path, "here": here if writes else None, "form": form, "writes": writes, "runs": runs,
        "lines": lines_for(told, mine.object) if writes else [],
        "visits": visits if runs else visits.filter(teacher=user),
        "papers": Document.objects.unscoped("of one object").filter(watch=found),
        "others": [turn for turn in mine.object.turns if turn.watch.pk != pk],
        "title": mine.object.title, "crumbs": guard.crumbs((mine.object.title, "")),
        "in_force": found.line.programme.state == Programme.ORDERED,
    }  # fmt: skip
    return render(request, "monitoring/object.html", context, status=400 if form.errors else 200)


@guard.takes_part
@require_http_methods(["GET", "POST"])
def value(request: HttpRequest, pk: int) -> HttpResponse:
    """Write a value down."""
    found, writes = _watch(request, pk)
    if not writes:
        raise Http404
    programme = found.line.programme
    rules = pack_in_force(programme.organisation, programme.pack, today())
    initial = {"period": programme.year, "sign": request.GET.get("sign", "")}
    form = forms.ValueForm(request.POST or None, rules=rules, only=found.line.criteria, initial=initial)
    if request.method == "POST" and form.is_valid():
        data = dict(form.cleaned_data)
        criterion, _dot, sign = data.pop("sign").partition(".")
        period = data.pop("period")
        try:
            measures.enter(
                request.user, programme.organisation, programme.pack, period, criterion, sign, watch=found, day=today(), **data
            )
            messages.success(request, _("Saved."))
            return redirect("monitoring:object", pk=pk)
        except UserError as error:
            form.refuse(error)
    title = said(rules, found.line.title)
    here = reverse("monitoring:object", args=[pk])
    lead = _("Give the part and the whole, or the value. A value of the same year is replaced; the ledger keeps both.")
    return guard.form_page(
        request, form, _("Write a value down"), here, lead=lead, trail=guard.crumbs((title, here), (_("Value"), ""))
    )


@guard.runs
@require_http_methods(["GET", "POST"])
def turn(request: HttpRequest, pk: int) -> HttpResponse:
    """Open a further turn of an object."""
    found = guard.found(request, PlanLine, pk, related=("programme__organisation",))
    form = forms.TurnForm(request.POST or None, initial={"due": today()})
    if request.method == "POST" and form.is_valid():
        try:
            made = steps.open_turn(request.user, found, **form.cleaned_data)
            return redirect("monitoring:object", pk=made.pk)
        except UserError as error:
            form.refuse(error)
    return guard.form_page(request, form, _("Open a further turn"), reverse("monitoring:home"))


@guard.runs
@require_GET
def analysis(request: HttpRequest, unit: Organisation) -> HttpResponse:
    """All indicators over the years, compared, and the overall appraisal with its stability."""
    programme = newest_of(unit)
    if programme is None:
        return redirect("monitoring:home")
    seen = appraised(programme)
    context = {
        "unit": unit, "programme": programme, "seen": seen, "groups": Seen.grouped(seen.lines),
        "title": _("Analysis and appraisal"), "crumbs": guard.crumbs((_("Analysis"), "")),
    }  # fmt: skip
    return render(request, "monitoring/analysis.html", context)


def _watch(request: HttpRequest, pk: int) -> tuple[Watch, bool]:
    """The turn, and whether the person works on it: who runs the monitoring, and who answers for the object."""
    found: Watch = guard.found(request, Watch, pk, *guard.STAFF, related=RELATED)
    runs = guard.may_here(request.user, found.line.programme.organisation, Capability.QUALITY)
    return found, runs or found.line.person_id == request.user.pk
