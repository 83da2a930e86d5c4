"""The plan: its lines, who answers for them, the order that puts it in force."""

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
from sapa_web.monitoring.domain import planning
from sapa_web.monitoring.domain.queries.programmes import Told, people_choices
from sapa_web.monitoring.domain.scheme import order_paper
from sapa_web.monitoring.models import PlanLine, Programme
from sapa_web.monitoring.views import guard
from sapa_web.monitoring.views.files import drawn
from sapa_web.monitoring.words import language
from sapa_web.orgs.models import User
from sapa_web.orgs.roles import Capability

PARTS = ("title", "form", "periodicity", "level", "responsible", "person_name", "procedures", "criteria", "methods", "products")


@guard.takes_part
@require_GET
def plan(request: HttpRequest, pk: int) -> HttpResponse:
    """The plan as a table; ``?q=`` searches in it."""
    found = _programme(request, pk, *guard.STAFF)
    told, asked = Told(found), request.GET.get("q", "").strip()[:100]
    runs = guard.may_here(request.user, found.organisation, Capability.QUALITY)
    there = {item.line.element for item in told.objects}
    context = {
        "programme": found, "told": told, "objects": [item for item in told.objects if item.speaks_of(asked)], "q": asked,
        "may_change": runs and found.state == Programme.DRAFT, "runs": runs, "undo": _undo_key(pk) in request.session,
        "left_out": [item for item in told.rules.monitoring if item.holds(None) and item.id not in there],
        "title": _("Plan of internal monitoring"), "crumbs": guard.crumbs((_("Plan"), "")),
        "signs": guard.may_here(request.user, found.organisation, Capability.SIGN),
    }  # fmt: skip
    return render(request, "monitoring/plan.html", context)


@guard.runs
@require_http_methods(["GET", "POST"])
def line(request: HttpRequest, pk: int) -> HttpResponse:
    """Change a line."""
    found = guard.found(request, PlanLine, pk, related=("programme__organisation", "person"))
    told = Told(found.programme)
    title = told.rules.text(dict(found.title), language())
    initial = {name: getattr(found, name) for name in PARTS} | {"title": title, "person": str(found.person_id or "")}
    people = people_choices(found.programme.organisation)
    form = forms.LineForm(request.POST or None, rules=told.rules, people=people, initial=initial)
    if request.method == "POST" and form.is_valid():
        before = _kept(found)
        try:
            parts = _written(form)
            if form.cleaned_data["title"] != title:
                parts["title"] = {**found.title, language(): form.cleaned_data["title"]}
            planning.write_line(request.user, found, **parts)
            _remember(request, found.programme_id, {"change": found.pk, "was": before})
            return redirect("monitoring:plan", pk=found.programme_id)
        except UserError as error:
            form.refuse(error)
    return _line_page(request, form, title, found.programme_id)


@guard.runs
@require_http_methods(["GET", "POST"])
def line_new(request: HttpRequest, pk: int) -> HttpResponse:
    """Add a line of the institution's own."""
    found = _programme(request, pk)
    told = Told(found)
    initial = {"form": "periodic", "periodicity": "half-year"}
    form = forms.LineForm(request.POST or None, rules=told.rules, people=people_choices(found.organisation), initial=initial)
    if request.method == "POST" and form.is_valid():
        title = dict.fromkeys({language(), told.rules.meta.languages[0]}, form.cleaned_data["title"])
        try:
            made = planning.add_line(request.user, found, title, **_written(form))
            _remember(request, pk, {"drop": made.pk})
            return redirect("monitoring:plan", pk=pk)
        except UserError as error:
            form.refuse(error)
    return _line_page(request, form, _("Add a line of our own"), pk)


@guard.runs
@require_POST
def line_out(request: HttpRequest, pk: int) -> HttpResponse:
    """Take a line out."""
    found = guard.found(request, PlanLine, pk, related=("programme",))
    before = _kept(found)
    try:
        planning.drop_line(request.user, found)
        _remember(request, found.programme_id, {"add": before})
    except UserError as error:
        guard.refuse(request, error)
    return redirect("monitoring:plan", pk=found.programme_id)


@guard.runs
@require_POST
def undo(request: HttpRequest, pk: int) -> HttpResponse:
    """Undo the last change of the plan made in this session."""
    found = _programme(request, pk)
    last: dict[str, Any] = request.session.pop(_undo_key(pk), {})
    rows = PlanLine.objects.unscoped("of one programme").filter(programme=found)
    try:
        if "add" in last:
            planning.add_line(request.user, found, last["add"].pop("title"), **last["add"])
        elif "drop" in last and (row := rows.filter(pk=last["drop"]).first()):
            planning.drop_line(request.user, row)
        elif "change" in last and (row := rows.filter(pk=last["change"]).first()):
            was = {name: value for name, value in last["was"].items() if name in planning.EDITABLE or name == "title"}
            was["person"] = User.objects.filter(pk=last["was"].get("person_id")).first()
            planning.write_line(request.user, row, **was)
    except UserError as error:
        guard.refuse(request, error)
    return redirect("monitoring:plan", pk=pk)


@guard.runs
@require_http_methods(["GET", "POST"])
def people(request: HttpRequest, pk: int) -> HttpResponse:
    """Name who answers for each line."""
    found = _programme(request, pk)
    told = Told(found)
    form = forms.PeopleForm(request.POST or None, objects=told.objects, people=people_choices(found.organisation))
    if request.method == "POST" and form.is_valid():
        users = {str(user.pk): user for user in User.objects.filter(pk__in=[v for v in form.cleaned_data.values() if v])}
        try:
            for item in told.objects:
                chosen = form.cleaned_data[f"p{item.line.pk}"]
                if chosen != str(item.line.person_id or ""):
                    planning.write_line(request.user, item.line, person=users.get(chosen))
            return redirect("monitoring:plan", pk=pk)
        except UserError as error:
            form.refuse(error)
    lead = _("Each line needs a person: the order names them.")
    here = reverse("monitoring:plan", args=[pk])
    trail = guard.crumbs((_("Plan"), here), (_("Responsible"), ""))
    return guard.form_page(request, form, _("Name who is responsible"), here, lead=lead, trail=trail)


@guard.takes_part
@require_http_methods(["GET", "POST"])
def order(request: HttpRequest, pk: int) -> HttpResponse:
    """The order: as it would be, then as it was signed; the head signs it here."""
    found = _programme(request, pk, *guard.STAFF)
    signs = guard.may_here(request.user, found.organisation, Capability.SIGN)
    form = forms.OrderForm(request.POST or None, initial={"dated": today()})
    if request.method == "POST":
        if not signs:
            raise Http404
        if form.is_valid():
            try:
                planning.put_in_force(request.user, found, **form.cleaned_data)
                messages.success(request, _("The plan is in force."))
                return redirect("monitoring:order", pk=pk)
            except UserError as error:
                form.refuse(error)
    context = {
        "programme": found, "paper": order_paper(found, language()), "form": form,
        "may_sign": signs and found.state == Programme.DRAFT, "title": _("Order on the plan"),
        "crumbs": guard.crumbs((_("Plan"), reverse("monitoring:plan", args=[pk])), (_("Order"), "")),
    }  # fmt: skip
    return render(request, "monitoring/order.html", context, status=400 if form.errors else 200)


@guard.takes_part
@require_GET
def order_file(request: HttpRequest, pk: int, kind: str) -> HttpResponse:
    """The order as PDF, Word or HTML."""
    found = _programme(request, pk, *guard.STAFF)
    return drawn(request, order_paper(found, language()), kind, f"order-{found.year}")


@guard.runs
@require_POST
def close(request: HttpRequest, pk: int) -> HttpResponse:
    """End a programme."""
    try:
        planning.close(request.user, _programme(request, pk))
    except UserError as error:
        guard.refuse(request, error)
    return redirect("monitoring:home")


def _programme(request: HttpRequest, pk: int, *capabilities: Capability) -> Programme:
    found: Programme = guard.found(request, Programme, pk, *capabilities, related=("organisation", "order__by"))
    return found


def _written(form: forms.LineForm) -> dict[str, Any]:
    data = {name: form.cleaned_data[name] for name in planning.EDITABLE if name in form.cleaned_data}
    data["person"] = User.objects.filter(pk=data["person"]).first() if data["person"] else None
    return data


def _kept(row: PlanLine) -> dict[str, Any]:
    """A line as it can be put in again."""
    return {name: getattr(row, name) for name in (*PARTS, "element", "person_id")}


def _undo_key(pk: int) -> str:
    return f"monitoring-undo-{pk}"


def _remember(request: HttpRequest, pk: int, what: dict[str, Any]) -> None:
    request.session[_undo_key(pk)] = what


def _line_page(request: HttpRequest, form: Any, title: str, pk: int) -> HttpResponse:
    here = reverse("monitoring:plan", args=[pk])
    return guard.form_page(request, form, title, here, trail=guard.crumbs((_("Plan"), here), (title, "")))
