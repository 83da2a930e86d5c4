"""What comes of a self-assessment: results and trends, the discussion, the decision, the plan and its effects."""

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
from sapa_web.common.packs import pack_named
from sapa_web.evaluation import forms
from sapa_web.evaluation.domain import assessments, improving, meeting
from sapa_web.evaluation.domain.assessments import unanswered_of
from sapa_web.evaluation.domain.queries.results import courses_table, results_of
from sapa_web.evaluation.domain.queries.systems import levels_in
from sapa_web.evaluation.models import Assessment, Guest, Measure, Meeting
from sapa_web.evaluation.views import guard
from sapa_web.evaluation.words import BODIES, word
from sapa_web.orgs.inside import InsideScope


@guard.takes_part
@require_GET
def results(request: HttpRequest, scope: InsideScope, pk: int) -> HttpResponse:
    """Levels, strengths, difficulties, the years: a page to read and to print."""
    found = guard.assessment(request, scope, pk)
    all_of_it = results_of(found)
    years, rows = courses_table(all_of_it)
    context = {
        "assessment": found, "results": all_of_it, "strengths": all_of_it.of("strength"), "years": years, "rows": rows,
        "difficulties": all_of_it.of("difficulty"), "title": _("Results"), "leads": guard.leads(request, found),
        "crumbs": guard.crumbs(found, (_("Results"), "")),
    }  # fmt: skip
    return render(request, "evaluation/results.html", context)


@guard.runs
@require_http_methods(["GET", "POST"])
def summary(request: HttpRequest, scope: InsideScope, pk: int) -> HttpResponse:
    """The head's words and the decision."""
    found = guard.assessment(request, scope, pk)
    form = forms.SummaryForm(request.POST or None, initial={"summary": found.summary, "decision": found.decision})
    if request.method == "POST" and form.is_valid():
        try:
            assessments.write_summary(request.user, found, **form.cleaned_data)
            messages.success(request, _("Saved."))
            return redirect("evaluation:assessment", pk=pk)
        except UserError as error:
            form.refuse(error)
    return _form(request, found, form, _("Summary and decision"))


# The plan of improvement


@guard.takes_part
@require_GET
def improve(request: HttpRequest, scope: InsideScope, pk: int) -> HttpResponse:
    """The improvement plan."""
    found = guard.assessment(request, scope, pk)
    all_of_it = results_of(found)
    titles = {line.node.code: line.title for line in all_of_it.lines}
    rows = list(Measure.objects.for_scope(scope).filter(assessment=found))
    shown = [
        {
            "row": item, "requirement": titles.get(item.requirement, item.requirement),
            "expected_level": all_of_it.title_of(item.expected_level), "found_level": all_of_it.title_of(item.effect_level),
            "late": item.done_on is None and item.due_on < today(), "check_due": item.done_on and item.check_on <= today(),
        }
        for item in rows if item.withdrawn_at is None
    ]  # fmt: skip
    missing = [titles[code] for code in unanswered_of(found)] if found.criteria else []
    context = {
        "assessment": found, "measures": shown, "withdrawn": [item for item in rows if item.withdrawn_at], "missing": missing,
        "may_plan": guard.leads(request, found) and found.state in improving.PLANNED_IN, "leads": guard.leads(request, found),
        "title": _("Improvement plan"), "crumbs": guard.crumbs(found, (_("Improvement plan"), "")),
    }  # fmt: skip
    return render(request, "evaluation/improve.html", context)


@guard.runs
@require_http_methods(["GET", "POST"])
def measure(request: HttpRequest, scope: InsideScope, pk: int, measure: int = 0) -> HttpResponse:
    """Plan a measure, or change one."""
    found = guard.assessment(request, scope, pk)
    row = _measure(scope, found, measure) if measure else None
    all_of_it = results_of(found)
    listed = sorted(all_of_it.lines, key=lambda line: line.standing != "difficulty")
    offered = [(line.node.code, f"{line.title} ({line.level})" if line.level else line.title) for line in listed]
    names = ("requirement", "what", "owner", "due_on", "expected", "expected_level", "check_on")
    initial = {name: getattr(row, name) for name in names} if row else {"requirement": request.GET.get("requirement", "")}
    form = forms.MeasureForm(request.POST or None, requirements=offered, levels=levels_in(found), initial=initial)
    if request.method == "POST" and form.is_valid():
        try:
            improving.plan(request.user, found, improving.Wanted(**form.cleaned_data), row)
            return redirect("evaluation:improve", pk=pk)
        except UserError as error:
            form.refuse(error)
    return _form(request, found, form, _("Plan a measure") if row is None else _("Change the measure"), back="improve")


@guard.runs
@require_POST
def measure_act(request: HttpRequest, scope: InsideScope, pk: int, measure: int, verb: str) -> HttpResponse:
    """Done, not done, out of the plan, in it again."""
    found = guard.assessment(request, scope, pk)
    row = _measure(scope, found, measure)
    try:
        if verb == "done":
            improving.done(request.user, row, None if row.done_on else today())
        elif verb == "withdraw":
            improving.withdraw(request.user, row, back=row.withdrawn_at is not None)
        else:
            raise Http404
    except UserError as error:
        guard.refuse(request, error)
    return redirect("evaluation:improve", pk=pk)


@guard.runs
@require_http_methods(["GET", "POST"])
def effect(request: HttpRequest, scope: InsideScope, pk: int, measure: int) -> HttpResponse:
    """Whether a measure had its effect."""
    found = guard.assessment(request, scope, pk)
    row = _measure(scope, found, measure)
    form = forms.EffectForm(request.POST or None, levels=levels_in(found))
    if request.method == "POST" and form.is_valid():
        try:
            done = improving.check_effect(request.user, row, form.cleaned_data["level"], form.cleaned_data["note"])
            messages.success(request, _("Noted: %(effect)s.") % {"effect": done.get_effect_display()})
            return redirect("evaluation:improve", pk=pk)
        except UserError as error:
            form.refuse(error)
    lead = _("Expected: %(words)s") % {"words": row.expected}
    return _form(request, found, form, _("Check the effect"), lead=f"{row.what} {lead}", back="improve")


# The discussion


@guard.takes_part
@require_GET
def meetings(request: HttpRequest, scope: InsideScope, pk: int) -> HttpResponse:
    """Minutes, and what guests have said."""
    found = guard.assessment(request, scope, pk)
    pack = pack_named(found.pack)
    rows = Meeting.objects.for_scope(scope).filter(assessment=found).select_related("file")
    guests = Guest.objects.for_scope(scope).filter(assessment=found, purpose=Guest.DISCUSSES).exclude(answered_at=None)
    titles = {group.node.code: group.title for group in results_of(found).groups}
    said = [
        {"guest": item, "body": word(pack, BODIES, item.body), "words": item.sheet.get("words", ""),
         "points": [(titles.get(code, code), point["note"]) for code, point in item.sheet.get("points", {}).items()]}
        for item in guests
    ]  # fmt: skip
    context = {
        "assessment": found, "meetings": [(item, word(pack, BODIES, item.body)) for item in rows], "said": said,
        "may_record": guard.leads(request, found) and found.state in RECORDED_IN, "title": _("Minutes"),
        "crumbs": guard.crumbs(found, (_("Minutes"), "")),
    }  # fmt: skip
    return render(request, "evaluation/meetings.html", context)


RECORDED_IN = (Assessment.RATING, Assessment.DISCUSSED, Assessment.DECIDED)


@guard.runs
@require_http_methods(["GET", "POST"])
def record(request: HttpRequest, scope: InsideScope, pk: int, meeting_pk: int = 0) -> HttpResponse:
    """Write minutes, or put them right."""
    found = guard.assessment(request, scope, pk)
    row = _meeting(scope, found, meeting_pk) if meeting_pk else None
    names = tuple(meeting.Minutes.__annotations__)
    begun = {"held_on": today(), "chair": found.responsible}
    initial: dict[str, Any] = {name: getattr(row, name) for name in names} if row else begun
    form = forms.MeetingForm(request.POST or None, request.FILES or None, pack=found.pack, initial=initial)
    if request.method == "POST" and form.is_valid():
        file = form.cleaned_data.pop("file")
        try:
            meeting.record(request.user, found, meeting.Minutes(**form.cleaned_data), file, row)
            return redirect("evaluation:meetings", pk=pk)
        except UserError as error:
            form.refuse(error)
    return _form(request, found, form, _("Record a discussion"), back="meetings")


@guard.runs
@require_POST
def meeting_out(request: HttpRequest, scope: InsideScope, pk: int, meeting_pk: int) -> HttpResponse:
    """Take minutes out that were recorded by mistake."""
    found = guard.assessment(request, scope, pk)
    try:
        meeting.remove(request.user, _meeting(scope, found, meeting_pk))
    except UserError as error:
        guard.refuse(request, error)
    return redirect("evaluation:meetings", pk=pk)


def _meeting(scope: InsideScope, found: Assessment, number: int) -> Meeting:
    row: Meeting | None = (
        Meeting.objects.for_scope(scope).select_related("assessment").filter(assessment=found, pk=number).first()
    )
    if row is None:
        raise Http404
    return row


def _measure(scope: InsideScope, found: Assessment, number: int) -> Measure:
    row: Measure | None = (
        Measure.objects.for_scope(scope).select_related("assessment").filter(assessment=found, pk=number).first()
    )
    if row is None:
        raise Http404
    return row


def _form(
    request: HttpRequest, found: Assessment, form: Any, heading: str, *, lead: str = "", back: str = "assessment"
) -> HttpResponse:
    where = reverse(f"evaluation:{back}", args=[found.pk])
    context = {
        "form": form, "title": heading, "lead": lead, "button": _("Save"), "back": where,
        "crumbs": guard.crumbs(found, (heading, "")),
    }  # fmt: skip
    return render(request, "evaluation/form.html", context, status=400 if form.errors else 200)
