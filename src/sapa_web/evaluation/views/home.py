"""The first page of the quality system, and how it is set up."""

from __future__ import annotations

from typing import Any

from django.contrib import messages
from django.http import Http404, HttpRequest, HttpResponse
from django.shortcuts import redirect, render
from django.urls import reverse
from django.utils.translation import gettext as _
from django.views.decorators.http import require_GET, require_http_methods, require_POST

from sapa.errors import UserError
from sapa.evaluation.criteria import RANKS
from sapa_web.common.clock import today
from sapa_web.common.packs import pack_named
from sapa_web.evaluation import forms
from sapa_web.evaluation.domain import systems
from sapa_web.evaluation.domain.queries.progress import next_for, next_for_system
from sapa_web.evaluation.domain.queries.results import results_of
from sapa_web.evaluation.domain.queries.systems import components_of, dropped_of, levels_now, text, tree_now
from sapa_web.evaluation.models import Assessment, Component, Member, System
from sapa_web.evaluation.views import guard
from sapa_web.evaluation.words import METHODS, listed
from sapa_web.orgs.inside import InsideScope, inside
from sapa_web.orgs.models import Organisation
from sapa_web.orgs.roles import Capability

Line = systems.Line


@guard.takes_part
@require_GET
def home(request: HttpRequest, scope: InsideScope) -> HttpResponse:
    """Each institution of the person: what stands, what is next."""
    user: Any = request.user
    run = {grant.node for grant in inside(user, Capability.QUALITY).grants}
    mine = set(Member.objects.unscoped("the person's own groups").filter(user=user).values_list("assessment_id", flat=True))
    places = []
    for unit in Organisation.objects.unscoped("the person's own institutions").filter(pk__in=[g.node for g in scope.grants]):
        found = System.objects.for_scope(scope).select_related("organisation").filter(organisation=unit).first()
        rows = Assessment.objects.for_scope(scope).select_related("organisation").filter(organisation=unit)
        seen = [item for item in rows if unit.pk in run or item.pk in mine]
        places.append({
            "unit": unit, "system": found, "runs": unit.pk in run, "assessments": seen,
            "nexts": next_for_system(found) if found and unit.pk in run else [],
            "current": [(item, next_for(item, results_of(item), today())) for item in seen[:1]],
        })  # fmt: skip
    return render(request, "evaluation/home.html", {"title": _("Our quality"), "places": places})


@guard.runs
@require_http_methods(["GET", "POST"])
def start(request: HttpRequest, scope: InsideScope, code: str) -> HttpResponse:
    """Set the system up on a document."""
    unit = guard.institution(scope, code)
    form = forms.StartForm(request.POST or None)
    if request.method == "POST" and form.is_valid():
        try:
            systems.begin(request.user, unit, form.cleaned_data["pack"])
            return redirect("evaluation:components", code=code)
        except UserError as error:
            form.refuse(error)
    lead = _("Its components, directions, criteria, levels and sheets come with it; you make them your own afterwards.")
    return _form(request, unit, form, _("Set up the quality system"), lead=lead, button=_("Set up"))


@guard.runs
@require_http_methods(["GET", "POST"])
def goals(request: HttpRequest, scope: InsideScope, code: str) -> HttpResponse:
    """Goals and the regulation."""
    found = guard.system(scope, code)
    initial = {name: getattr(found, name) for name in ("goals", "endorsed_on", "approved_on")}
    form = forms.GoalsForm(request.POST or None, request.FILES or None, initial=initial)
    if request.method == "POST" and form.is_valid():
        try:
            systems.write_goals(request.user, found, **form.cleaned_data)
            messages.success(request, _("Saved."))
            return redirect("evaluation:home")
        except UserError as error:
            form.refuse(error)
    return _form(request, found.organisation, form, _("Goals and regulation"))


@guard.runs
@require_GET
def components(request: HttpRequest, scope: InsideScope, code: str) -> HttpResponse:
    """The components with how far they are described."""
    found = guard.system(scope, code)
    context = {
        "system": found, "items": components_of(found), "retired": components_of(found, retired=True),
        "title": _("Components"), "crumbs": _crumbs(_("Components")), "tabs": _tabs(code, "components"),
    }  # fmt: skip
    return render(request, "evaluation/components.html", context)


@guard.runs
@require_http_methods(["GET", "POST"])
def component(request: HttpRequest, scope: InsideScope, code: str, pk: int = 0) -> HttpResponse:
    """Describe a component, or add one (without a number)."""
    system = guard.system(scope, code)
    found = _component(scope, system, pk) if pk else None
    initial = {name: getattr(found, name) for name in ("title", *systems.Described.__annotations__)} if found else {}
    form = forms.ComponentForm(request.POST or None, own=found is None or found.own, initial=initial)
    if request.method == "POST" and form.is_valid():
        title = form.cleaned_data.pop("title", "")
        described = systems.Described(**form.cleaned_data)
        try:
            if found is None:
                systems.add_component(request.user, system, title, described)
            else:
                systems.describe(request.user, found, described, title)
            messages.success(request, _("Saved."))
            return redirect("evaluation:components", code=code)
        except UserError as error:
            form.refuse(error)
    named = next((item.title for item in components_of(system) if found and item.component.pk == found.pk), "")
    return _form(request, system.organisation, form, named or _("A component of our own"), back="components")


@guard.runs
@require_http_methods(["GET", "POST"])
def check(request: HttpRequest, scope: InsideScope, code: str, pk: int) -> HttpResponse:
    """Whether a component works."""
    system = guard.system(scope, code)
    found = _component(scope, system, pk)
    initial = {"works": found.works, "note": found.check_note, "day": found.checked_on or today()}
    form = forms.CheckForm(request.POST or None, initial=initial)
    if request.method == "POST" and form.is_valid():
        try:
            systems.check(request.user, found, **form.cleaned_data)
            return redirect("evaluation:components", code=code)
        except UserError as error:
            form.refuse(error)
    named = next((item.title for item in components_of(system) if item.component.pk == found.pk), "")
    return _form(request, system.organisation, form, _("Does it work?"), lead=named, back="components")


@guard.runs
@require_POST
def component_out(request: HttpRequest, scope: InsideScope, code: str, pk: int) -> HttpResponse:
    """Leave an own component out, or take it in again."""
    found = _component(scope, guard.system(scope, code), pk)
    try:
        systems.retire(request.user, found, back=found.retired_at is not None)
    except UserError as error:
        guard.refuse(request, error)
    return redirect("evaluation:components", code=code)


@guard.runs
@require_GET
def criteria(request: HttpRequest, scope: InsideScope, code: str) -> HttpResponse:
    """Directions, requirements, criteria, signs; the institution's own words in their place."""
    found = guard.system(scope, code)
    tree = tree_now(found)
    methods = listed(pack_named(found.pack), METHODS)
    below = dict(zip(RANKS, (*RANKS[1:], ""), strict=True))

    def branch(parent: str) -> list[dict[str, Any]]:
        return [
            {
                "node": node, "title": text(node.title), "note": text(node.note), "adds": below[node.rank],
                "methods": [methods.get(name, name) for name in node.methods], "below": branch(node.code),
            }
            for node in tree.below(parent)
        ]  # fmt: skip

    context = {
        "system": found, "branches": branch(""), "dropped": dropped_of(found), "title": _("Criteria"),
        "crumbs": _crumbs(_("Criteria")), "tabs": _tabs(code, "criteria"),
    }  # fmt: skip
    return render(request, "evaluation/criteria.html", context)


@guard.runs
@require_http_methods(["GET", "POST"])
def line(request: HttpRequest, scope: InsideScope, code: str, name: str) -> HttpResponse:
    """Write a line of the criteria, or add one below it (``?add=rank``); ``name`` ``top`` adds a direction."""
    found = guard.system(scope, code)
    tree = tree_now(found)
    rank = request.GET.get("add", "")
    node = None if name == "top" else _node(tree, name)
    if node is None:
        rank = "direction"
    initial = {} if rank or node is None else {"title": text(node.title), "note": text(node.note), "methods": node.methods}
    form = forms.LineForm(request.POST or None, pack=found.pack, initial=initial)
    if request.method == "POST" and form.is_valid():
        written = Line(form.cleaned_data["title"], form.cleaned_data["note"], tuple(form.cleaned_data["methods"]))
        try:
            if rank or node is None:
                systems.add_line(request.user, found, rank, node.code if node else "", written)
            else:
                systems.reword(request.user, found, node.code, node.rank, node.parent, written)
            messages.success(request, _("Saved."))
            return redirect("evaluation:criteria", code=code)
        except UserError as error:
            form.refuse(error)
    heading = _("In our words") if not rank else _("Add a line of our own")
    return _form(request, found.organisation, form, heading, lead=text(node.title) if node else "", back="criteria")


@guard.runs
@require_POST
def line_out(request: HttpRequest, scope: InsideScope, code: str, name: str) -> HttpResponse:
    """Leave a line out, or (``back``) let it hold again."""
    found = guard.system(scope, code)
    if "back" in request.POST:
        systems.restore_line(request.user, found, name)
        messages.success(request, _("It holds again."))
    else:
        node = _node(tree_now(found), name)
        systems.drop_line(request.user, found, node.code, node.rank, node.parent)
        messages.success(request, _("Left out. At the end of the page you can take it in again."))
    return redirect("evaluation:criteria", code=code)


@guard.runs
@require_http_methods(["GET", "POST"])
def levels(request: HttpRequest, scope: InsideScope, code: str) -> HttpResponse:
    """The levels by which the institution rates."""
    found = guard.system(scope, code)
    standing = levels_now(found)
    own = "\n".join(f"{text(item.title)}: {text(item.note)}".rstrip(": ") for item in standing.items)
    form = forms.LevelsForm(request.POST or None, initial={"lines": own})
    if request.method == "POST" and form.is_valid():
        try:
            systems.set_levels(request.user, found, form.named())
            messages.success(request, _("Saved. What has begun keeps the levels it began with."))
            return redirect("evaluation:criteria", code=code)
        except UserError as error:
            form.refuse(error)
    return _form(request, found.organisation, form, _("Levels"), back="criteria")


def _component(scope: InsideScope, system: System, pk: int) -> Component:
    found: Component | None = Component.objects.for_scope(scope).filter(system=system, pk=pk).first()
    if found is None:
        raise Http404
    return found


def _node(tree: Any, name: str) -> Any:
    if not tree.has(name):
        raise Http404
    return tree.find(name)


def _crumbs(last: str) -> list[tuple[str, str]]:
    return [(_("Our quality"), reverse("evaluation:home")), (last, "")]


def _tabs(code: str, here: str) -> list[dict[str, Any]]:
    named = (("components", _("Components")), ("criteria", _("Criteria")))
    return [{"label": label, "url": reverse(f"evaluation:{name}", args=[code]), "active": name == here} for name, label in named]


def _form(
    request: HttpRequest, unit: Organisation, form: Any, heading: str, *, lead: str = "", back: str = "", button: str = ""
) -> HttpResponse:  # fmt: skip
    return render(
        request, "evaluation/form.html",
        {
            "form": form, "title": heading, "lead": lead or str(unit), "button": button or _("Save"), "crumbs": _crumbs(heading),
            "back": reverse(f"evaluation:{back}", args=[unit.code]) if back else reverse("evaluation:home"),
        },
        status=400 if form.errors else 200,
    )  # fmt: skip
