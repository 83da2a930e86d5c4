"""Surveys of an institution: planned, opened, watched by their count alone, closed."""

from __future__ import annotations

from collections.abc import Callable
from typing import Any

from django.http import Http404, HttpRequest, HttpResponse
from django.shortcuts import redirect, render
from django.utils.translation import gettext as _
from django.views.decorators.http import require_GET, require_http_methods, require_POST

from sapa.errors import UserError
from sapa.instruments import check_answers
from sapa_web.common.clock import now, today
from sapa_web.common.domain import ledger
from sapa_web.common.domain.notices import address_seen
from sapa_web.common.models import LedgerEntry
from sapa_web.orgs.views.guard import refuse
from sapa_web.surveys import forms
from sapa_web.surveys.asking import View, asked
from sapa_web.surveys.domain import box, instruments, links, surveys
from sapa_web.surveys.domain.forms import compiled
from sapa_web.surveys.domain.queries import reach
from sapa_web.surveys.models import Instrument, Survey
from sapa_web.surveys.views.guard import Scope, inside, one


def tabs(here: str) -> list[dict[str, Any]]:
    """The parts of the work."""
    from django.urls import reverse

    parts = [("home", _("Surveys")), ("protocols", _("Protocols")), ("codings", _("Coding")), ("instruments", _("Instruments"))]
    return [{"label": label, "url": reverse(f"surveys:{name}"), "active": name == here} for name, label in parts]


@inside
@require_GET
def home(request: HttpRequest, scope: Scope) -> HttpResponse:
    """All surveys, the newest first."""
    items = [(item, box.count(item)) for item in reach.surveys(scope)[:200]]
    several = reach.institutions(scope).count() > 1
    return render(request, "surveys/home.html", {"items": items, "tabs": tabs("home"), "several": several})


@inside
@require_http_methods(["GET", "POST"])
def new(request: HttpRequest, scope: Scope) -> HttpResponse:
    """Choose a questionnaire, then say when, whom, how."""
    offered = reach.instruments(scope).filter(kind=Instrument.QUESTIONNAIRE, retired_at=None)
    asked_for = request.POST.get("instrument") or request.GET.get("instrument", "")
    if not asked_for.isdigit():
        return render(request, "surveys/choose.html", {"items": offered, "tabs": tabs("home"), "for_protocol": False})
    instrument = one(offered, int(asked_for))
    version = instruments.newest(instrument)
    form = forms.SurveyForm(version, request.POST or None)
    if request.method == "POST" and form.is_valid():
        try:
            made = surveys.plan(request.user, instrument.organisation, version, form.plan())  # type: ignore[arg-type]
            return redirect("surveys:detail", pk=made.pk)
        except UserError as error:
            form.refuse(error)
    context = {"form": form, "instrument": instrument, "heading": _("Plan a survey")}
    return render(request, "surveys/plan.html", context, status=400 if form.errors else 200)


@inside
@require_http_methods(["GET", "POST"])
def change(request: HttpRequest, scope: Scope, pk: int) -> HttpResponse:
    """Change what was planned."""
    survey = _survey(scope, pk)
    if survey.state != Survey.DRAFT:
        return redirect("surveys:detail", pk=pk)
    form = forms.SurveyForm(survey.version, request.POST or None, survey=survey)
    if request.method == "POST" and form.is_valid():
        try:
            surveys.change(request.user, survey, form.plan())  # type: ignore[arg-type]
            return redirect("surveys:detail", pk=pk)
        except UserError as error:
            form.refuse(error)
    context = {"form": form, "survey": survey, "instrument": survey.version.instrument, "heading": _("Change the survey")}
    return render(request, "surveys/plan.html", context, status=400 if form.errors else 200)


@inside
@require_http_methods(["GET", "POST"])
def extend(request: HttpRequest, scope: Scope, pk: int) -> HttpResponse:
    """Another last day of an open survey."""
    survey = _survey(scope, pk)
    form = forms.ExtendForm(request.POST or None, initial={"closes_on": survey.closes_on})
    if request.method == "POST" and form.is_valid():
        try:
            surveys.extend(request.user, survey, form.cleaned_data["closes_on"])  # type: ignore[arg-type]
            return redirect("surveys:detail", pk=pk)
        except UserError as error:
            form.refuse(error)
    context = {"form": form, "survey": survey, "heading": _("Move the last day")}
    return render(request, "surveys/ask.html", context, status=400 if form.errors else 200)


@inside
@require_GET
def detail(request: HttpRequest, scope: Scope, pk: int) -> HttpResponse:
    """One survey: its link, how many have answered, what can be done. Answers are not here while it is open."""
    survey = _survey(scope, pk)
    context = {
        "survey": survey,
        "received": box.count(survey),
        "issued": sum(survey.issued.values()),
        "address": links.address_of(survey, site=address_seen(request)),
        "groups": [(item["title"], survey.issued.get(item["id"], 0)) for item in survey.groups],
        "over": survey.state == Survey.OPEN and survey.closes_on < today(),
        "history": LedgerEntry.objects.filter(obj=ledger.name_of(survey)).order_by("-seq")[:50],
    }
    return render(request, "surveys/detail.html", context)


@inside
@require_GET
def count(request: HttpRequest, scope: Scope, pk: int) -> HttpResponse:
    """How many answers there are: asked every ten seconds."""
    survey = _survey(scope, pk)
    context = {"survey": survey, "received": box.count(survey), "issued": sum(survey.issued.values())}
    return render(request, "surveys/count.html", context)


@inside
@require_GET
def preview(request: HttpRequest, scope: Scope, pk: int) -> HttpResponse:
    """As people will see it; nothing can be sent from here. Printed, it is the form on paper."""
    survey = _survey(scope, pk)
    made = compiled(survey.version)
    language = request.GET.get("lang", "")
    language = language if language in survey.languages else forms.language()
    checked = check_answers(made, {}, now=now(), partial=True)
    items = asked(View(made, language, {}, checked, everything=True))
    context = {
        "survey": survey, "items": items, "language": language, "personal": survey.way == Survey.PERSONAL,
        "groups": [(item["id"], item["title"]) for item in survey.groups], "unit": survey.organisation,
    }  # fmt: skip
    return render(request, "surveys/preview.html", context)


@inside
@require_POST
def act(request: HttpRequest, scope: Scope, pk: int, verb: str) -> HttpResponse:
    """Open it, close it, send the letters, remind."""
    survey, user = _survey(scope, pk), request.user
    steps: dict[str, Callable[[], Any]] = {
        "open": lambda: surveys.open_(user, survey),  # type: ignore[arg-type]
        "close": lambda: surveys.close(user, survey),
        "letters": lambda: links.ask_letters(user, survey),  # type: ignore[arg-type]
        "remind": lambda: links.ask_reminder(user, survey),  # type: ignore[arg-type]
    }
    if verb not in steps:
        raise Http404
    try:
        steps[verb]()
    except UserError as error:
        refuse(request, error)
    return redirect("surveys:letters" if verb in ("letters", "remind") else "surveys:detail", pk=pk)


def _survey(scope: Scope, pk: int) -> Survey:
    found: Survey = one(reach.surveys(scope), pk)
    return found
