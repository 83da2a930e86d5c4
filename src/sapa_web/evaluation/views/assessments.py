"""A self-assessment: planned, its groups, its path, and the evidence page of a requirement."""

from __future__ import annotations

from typing import Any

from django.contrib import messages
from django.http import Http404, HttpRequest, HttpResponse
from django.shortcuts import redirect, render
from django.urls import reverse
from django.utils.translation import gettext as _
from django.utils.translation import gettext_lazy as _l
from django.views.decorators.http import require_GET, require_http_methods, require_POST

from sapa.errors import UserError
from sapa_web.common.clock import today
from sapa_web.common.packs import pack_named
from sapa_web.evaluation import forms
from sapa_web.evaluation.domain import assessments, gathering
from sapa_web.evaluation.domain.assessments import DAYS
from sapa_web.evaluation.domain.files import content_of
from sapa_web.evaluation.domain.queries.offered import offers, spoken_of
from sapa_web.evaluation.domain.queries.progress import next_for, path_of
from sapa_web.evaluation.domain.queries.requirement import page_of
from sapa_web.evaluation.domain.queries.results import results_of
from sapa_web.evaluation.domain.queries.systems import levels_in, system_of, text, tree_in, tree_now
from sapa_web.evaluation.domain.states import ASSESSMENT, BACK, COLLECTS
from sapa_web.evaluation.models import Assessment, Evidence, File, Member, System
from sapa_web.evaluation.views import guard
from sapa_web.evaluation.words import METHODS, MODELS, listed, word
from sapa_web.orgs.inside import InsideScope
from sapa_web.orgs.models import User

STEPS_BACK = {
    "replan": _l("Back to the plan"), "collect_more": _l("Collect more evidence"), "rate_again": _l("Change levels"),
}  # fmt: skip


@guard.runs
@require_http_methods(["GET", "POST"])
def plan(request: HttpRequest, scope: InsideScope, code: str) -> HttpResponse:
    """Plan a self-assessment."""
    system = guard.system(scope, code)
    user: Any = request.user
    initial = {"period": str(today().year), "responsible": str(user), **assessments.proposed_days(today())}
    tree = tree_now(system)
    initial |= {
        "model": next(iter(listed(pack_named(system.pack), MODELS))),
        "directions": [n.code for n in tree.ranked("direction")],
    }
    form = forms.PlanForm(request.POST or None, pack=system.pack, tree=tree, initial=initial)
    if request.method == "POST" and form.is_valid():
        try:
            made = assessments.plan(user, system, _wanted(form))
            return redirect("evaluation:groups", pk=made.pk)
        except UserError as error:
            form.refuse(error)
    lead = _("Choose the model and what it looks at; the days are a proposal, change them as you like.")
    back = reverse("evaluation:home")
    return _form(request, form, _("Plan a self-assessment"), lead, back, [(_("Our quality"), back), (_("Plan"), "")])


@guard.runs
@require_http_methods(["GET", "POST"])
def replan(request: HttpRequest, scope: InsideScope, pk: int) -> HttpResponse:
    """Change the plan; once evidence is collected only days and names."""
    found = guard.assessment(request, scope, pk)
    system = _system(scope, found)
    initial = {name: getattr(found, name) for name in ("period", "model", "own_model", "directions", "responsible", *DAYS)}
    begun = found.state != Assessment.PLANNED
    form = forms.PlanForm(request.POST or None, pack=found.pack, tree=tree_now(system), begun=begun, initial=initial)
    if request.method == "POST" and form.is_valid():
        try:
            assessments.replan(request.user, system, found, _wanted(form, found))
            messages.success(request, _("Saved."))
            return redirect("evaluation:assessment", pk=pk)
        except UserError as error:
            form.refuse(error)
    back = reverse("evaluation:assessment", args=[pk])
    return _form(request, form, _("Change the plan"), "", back, guard.crumbs(found, (_("Plan"), "")))


def _wanted(form: Any, found: Assessment | None = None) -> assessments.Plan:
    data = form.cleaned_data
    kept = {name: getattr(found, name, "") for name in ("period", "model", "own_model")}
    directions = tuple(data.get("directions", found.directions if found else ()))
    return assessments.Plan(
        period=data.get("period", kept["period"]), model=data.get("model", kept["model"]), directions=directions,
        own_model=data.get("own_model", kept["own_model"]), complex_now=data.get("complex_now", False),
        responsible=data["responsible"], **form.days,
    )  # fmt: skip


@guard.takes_part
@require_GET
def assessment(request: HttpRequest, scope: InsideScope, pk: int) -> HttpResponse:
    """Where it stands, and what is next."""
    found = guard.assessment(request, scope, pk)
    results, lead = results_of(found), guard.leads(request, found)
    pack = pack_named(found.pack)
    members: dict[str, list[str]] = {}
    for item in Member.objects.for_scope(scope).filter(assessment=found):
        members.setdefault(item.direction, []).append(item.name)
    context = {
        "assessment": found, "results": results, "path": path_of(found, today()), "leads": lead,
        "next": next_for(found, results, today()) if lead else None, "model": found.own_model or word(pack, MODELS, found.model),
        "members": members, "mine": guard.groups_of(request, found),
        "back_verbs": [(verb, STEPS_BACK[verb]) for verb in BACK if _possible(verb, found)] if lead else [],
        "title": _("Self-assessment %s") % found.period, "crumbs": guard.crumbs(found),
        "editable": found.state in (Assessment.PLANNED, *COLLECTS),
    }  # fmt: skip
    return render(request, "evaluation/assessment.html", context)


@guard.runs
@require_POST
def act(request: HttpRequest, scope: InsideScope, pk: int, verb: str) -> HttpResponse:
    """One step of the path."""
    found = guard.assessment(request, scope, pk)
    try:
        assessments.move(request.user, found, verb)
    except UserError as error:
        guard.refuse(request, error)
    return redirect("evaluation:assessment", pk=pk)


def _possible(verb: str, found: Assessment) -> bool:
    return verb != "withdraw" and verb in ASSESSMENT.verbs(found.state)


@guard.runs
@require_http_methods(["GET", "POST"])
def groups(request: HttpRequest, scope: InsideScope, pk: int) -> HttpResponse:
    """The working groups of the directions."""
    found = guard.assessment(request, scope, pk)
    tree = tree_in(found)
    named = [(code, text(tree.find(code).title)) for code in found.directions]
    people = guard.colleagues(found)
    form = forms.MemberForm(request.POST or None, directions=named, people=people)
    if request.method == "POST" and form.is_valid():
        data = form.cleaned_data
        user = User.objects.filter(pk=data["who"]).first() if data["who"] else None
        who = assessments.Person(data["direction"], data["name"] or str(user or ""), data["position"], data["leads"], user)
        try:
            assessments.add_member(request.user, found, who)
            return redirect("evaluation:groups", pk=pk)
        except UserError as error:
            form.refuse(error)
    members = list(Member.objects.for_scope(scope).filter(assessment=found))
    context = {
        "assessment": found, "form": form,
        "groups": [(title, [m for m in members if m.direction == code]) for code, title in named],
        "title": _("Working groups"), "crumbs": guard.crumbs(found, (_("Working groups"), "")),
        "complete": all(any(m.direction == code for m in members) for code, _title in named),
    }  # fmt: skip
    return render(request, "evaluation/groups.html", context, status=400 if form.errors else 200)


@guard.runs
@require_POST
def member_out(request: HttpRequest, scope: InsideScope, pk: int, member: int) -> HttpResponse:
    """Take somebody out of a group."""
    found = guard.assessment(request, scope, pk)
    row = Member.objects.for_scope(scope).filter(assessment=found, pk=member).first()
    if row is None:
        raise Http404
    assessments.remove_member(request.user, row)
    return redirect("evaluation:groups", pk=pk)


# The evidence page


@guard.takes_part
@require_http_methods(["GET", "POST"])
def requirement(request: HttpRequest, scope: InsideScope, pk: int, name: str) -> HttpResponse:
    """All that is known of one requirement, side by side; below it the level, set by hand."""
    found = guard.assessment(request, scope, pk)
    page = _page(found, name)
    writes = guard.works_on(request, found, page.direction.code)
    rated = page.rating
    initial = (
        {key: getattr(rated, key) for key in ("level", "reason", "disagreement", "strengths", "difficulties")} if rated else {}
    )
    initial = initial or {"level": page.seen.proposed or ""}
    form = forms.RatingForm(request.POST or None, levels=page.levels, apart=page.seen.must_explain, initial=initial)
    if request.method == "POST" and writes and form.is_valid():
        try:
            gathering.rate(request.user, found, name, **form.cleaned_data)
            messages.success(request, _("The level is set."))
            return redirect("evaluation:requirement", pk=pk, name=name)
        except UserError as error:
            form.refuse(error)
    context = {
        "assessment": found, "page": page, "form": form, "may_add": writes and found.state in COLLECTS, "title": page.title,
        "offers": _offers(found, name) if writes and found.state in COLLECTS else [], "leads": guard.leads(request, found),
        "spoken": spoken_of(found) if guard.leads(request, found) else (),
        "level_words": [(item.code, text(item.title)) for item in page.levels.items],
        "may_rate": writes and found.state == Assessment.RATING, "crumbs": guard.crumbs(found, (page.title, "")),
    }  # fmt: skip
    return render(request, "evaluation/requirement.html", context, status=400 if form.errors else 200)


@guard.takes_part
@require_POST
def unrate(request: HttpRequest, scope: InsideScope, pk: int, name: str) -> HttpResponse:
    """Take a level back."""
    found = guard.assessment(request, scope, pk)
    page = _page(found, name)
    if not guard.works_on(request, found, page.direction.code):
        raise Http404
    try:
        gathering.unrate(request.user, found, name)
    except UserError as error:
        guard.refuse(request, error)
    return redirect("evaluation:requirement", pk=pk, name=name)


@guard.takes_part
@require_http_methods(["GET", "POST"])
def add(request: HttpRequest, scope: InsideScope, pk: int, name: str) -> HttpResponse:
    """Put a source beside the others."""
    found = guard.assessment(request, scope, pk)
    page = _page(found, name)
    if not guard.works_on(request, found, page.direction.code) or found.state not in COLLECTS:
        raise Http404
    lines = [(name, _("The requirement as a whole")), *((node.code, text(node.title)) for node in page.below)]
    methods = list(listed(pack_named(found.pack), METHODS).items())
    asked = {key: request.GET[key] for key in ("method", "about") if key in request.GET}
    form = forms.EvidenceForm(
        request.POST or None, request.FILES or None, methods=methods, lines=lines, levels=levels_in(found), initial=asked
    )
    if request.method == "POST" and form.is_valid():
        file = form.cleaned_data.pop("file")
        try:
            gathering.add(request.user, found, name, gathering.Found(**form.cleaned_data), file)
            return redirect("evaluation:requirement", pk=pk, name=name)
        except UserError as error:
            form.refuse(error)
    back = reverse("evaluation:requirement", args=[pk, name])
    trail = guard.crumbs(found, (page.title, back), (_("Add a source"), ""))
    return _form(request, form, _("Add a source"), page.title, back, trail)


@guard.takes_part
@require_POST
def take(request: HttpRequest, scope: InsideScope, pk: int, name: str) -> HttpResponse:
    """Take over what a survey or protocol says."""
    found = guard.assessment(request, scope, pk)
    if not guard.works_on(request, found, _page(found, name).direction.code):
        raise Http404
    try:
        gathering.take(request.user, found, name, request.POST.get("reference", ""), request.POST.get("level", ""))
    except UserError as error:
        guard.refuse(request, error)
    return redirect("evaluation:requirement", pk=pk, name=name)


@guard.takes_part
@require_POST
def evidence_out(request: HttpRequest, scope: InsideScope, pk: int, evidence: int) -> HttpResponse:
    """Take a source back, or put it in again."""
    found = guard.assessment(request, scope, pk)
    rows = Evidence.objects.for_scope(scope).select_related("assessment")
    item = rows.filter(assessment=found, pk=evidence).first()
    if item is None or not guard.works_on(request, found, tree_in(found).above(item.requirement, "direction").code):
        raise Http404
    try:
        gathering.withdraw(request.user, item, back=item.withdrawn_at is not None)
    except UserError as error:
        guard.refuse(request, error)
    return redirect("evaluation:requirement", pk=pk, name=item.requirement)


@guard.takes_part
@require_GET
def file(request: HttpRequest, scope: InsideScope, pk: int, digest: str) -> HttpResponse:
    """A document kept with the assessment, for people of the institution."""
    found = guard.assessment(request, scope, pk)
    kept = File.objects.for_scope(scope).filter(organisation_id=found.organisation_id, digest=digest).first()
    if kept is None:
        raise Http404
    response = HttpResponse(content_of(kept), content_type="application/octet-stream")
    response["Content-Disposition"] = f'attachment; filename="{digest[:12]}{_ending(kept.name)}"'
    return response


def _ending(name: str) -> str:
    end = name.rpartition(".")[2]
    return f".{end}" if end.isascii() and end.isalnum() and len(end) <= 5 and end != name else ""


def _offers(found: Assessment, name: str) -> list[tuple[Any, str, str, int]]:
    """What can be taken over: the source, the words of its method and level, the level's place."""
    pack, levels = pack_named(found.pack), levels_in(found)
    titles = {item.code: text(item.title) for item in levels.items}
    return [
        (item, word(pack, METHODS, item.method), titles.get(item.level, ""), levels.place(item.level) if item.level else -1)
        for item in offers(found, name)
    ]


def _page(found: Assessment, name: str) -> Any:
    page = page_of(found, name)
    if page is None:
        raise Http404
    return page


def _system(scope: InsideScope, found: Assessment) -> System:
    system = system_of(scope, found.organisation_id)
    if system is None:
        raise Http404
    return system


def _form(request: HttpRequest, form: Any, heading: str, lead: str, back: str, crumbs: Any, button: str = "") -> HttpResponse:
    context = {"form": form, "title": heading, "lead": lead, "button": button or _("Save"), "back": back, "crumbs": crumbs}
    return render(request, "evaluation/form.html", context, status=400 if form.errors else 200)
