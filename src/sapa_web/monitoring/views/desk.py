"""What is on one's table: objects one answers for, tasks of the bodies, visits to lessons, papers to read."""

from __future__ import annotations

from typing import Any

from django.http import Http404, HttpRequest, HttpResponse
from django.shortcuts import redirect, render
from django.urls import reverse
from django.utils.translation import gettext as _
from django.views.decorators.http import require_GET, require_http_methods

from sapa.errors import UserError
from sapa_web.common.clock import today
from sapa_web.monitoring import forms
from sapa_web.monitoring.domain import planning, teachers
from sapa_web.monitoring.domain.inforce import BODIES, codes, monitoring_packs
from sapa_web.monitoring.domain.queries.programmes import Told, bodies_of, newest_of, people_choices
from sapa_web.monitoring.models import Acquaintance, Document, Rating, RatingRow, Task, Visit, Watch
from sapa_web.monitoring.views import guard
from sapa_web.monitoring.words import said
from sapa_web.orgs.models import Organisation, User
from sapa_web.orgs.roles import Capability


@guard.takes_part
@require_GET
def desk(request: HttpRequest, unit: Organisation) -> HttpResponse:
    """What waits for the person; who runs the monitoring sees every body's tasks (``?body=`` chooses one)."""
    user: Any = request.user
    runs = guard.may_here(user, unit, Capability.QUALITY)
    programme = newest_of(unit)
    told = Told(programme) if programme else None
    mine, names = bodies_of(user, unit), codes(told.rules, BODIES) if told else {}
    tasks = Task.objects.unscoped("of one programme").filter(programme__isnull=False, programme=programme)
    shown = list(tasks if runs else tasks.filter(body__in=mine))
    body = request.GET.get("body", "")
    visits = Visit.objects.unscoped("of one institution").filter(organisation=unit).select_related("teacher")
    read = Acquaintance.objects.unscoped("the person's own").filter(user=user, document__organisation=unit)
    lines = RatingRow.objects.unscoped("the person's own").filter(teacher=user, rating__organisation=unit, answered_at=None)
    unread = Document.objects.unscoped("of one institution").filter(organisation=unit).exclude(state=Document.DRAFT)
    context = {
        "unit": unit, "runs": runs, "programme": programme,
        "turns": [turn for turn in told.turns if turn.object.line.person_id == user.pk and turn.here] if told else [],
        "bodies": [
            (code, said(told.rules, item.title), [task for task in shown if task.body == code])
            for code, item in names.items() if (not body or code == body) and any(task.body == code for task in shown)
        ] if told else [],
        "choices": [(code, said(told.rules, item.title)) for code, item in names.items()] if told and runs else [],
        "body": body, "visits": list(visits[:30] if runs else visits.filter(teacher=user)[:30]),
        "to_answer": list(lines.filter(rating__state=Rating.OPEN).select_related("rating")),
        "to_read": list(unread.exclude(pk__in=read.values("document"))[:20]),
        "title": _("On my table"), "crumbs": guard.crumbs((_("On my table"), "")),
    }  # fmt: skip
    return render(request, "monitoring/desk.html", context)


@guard.takes_part
@require_http_methods(["GET", "POST"])
def task(request: HttpRequest, pk: int) -> HttpResponse:
    """Say what came of a task: who sits in its body, or runs the monitoring."""
    found: Task = guard.found(request, Task, pk, *guard.STAFF, related=("organisation",))
    runs = guard.may_here(request.user, found.organisation, Capability.QUALITY)
    if not runs and found.body not in bodies_of(request.user, found.organisation):
        raise Http404
    form = forms.AnswerForm(request.POST or None, initial={"done_on": today()})
    back = reverse("monitoring:desk", args=[found.organisation.code])
    if request.method == "POST" and form.is_valid():
        try:
            planning.finish_task(request.user, found, form.cleaned_data["text"], form.cleaned_data["done_on"] or today())
            return redirect(back)
        except UserError as error:
            form.refuse(error)
    trail = guard.crumbs((_("On my table"), back), (_("Task"), ""))
    return guard.form_page(request, form, _("What came of it"), back, lead=found.title, trail=trail)


@guard.runs
@require_http_methods(["GET", "POST"])
def visit_new(request: HttpRequest, unit: Organisation) -> HttpResponse:
    """Write a visit to a lesson down."""
    programme = newest_of(unit)
    told = Told(programme) if programme else None
    initial = {"dated": today(), "watch": request.GET.get("watch", "")}
    form = forms.VisitForm(request.POST or None, told=told, people=people_choices(unit), initial=initial)
    back = reverse("monitoring:desk", args=[unit.code])
    if request.method == "POST" and form.is_valid():
        data = dict(form.cleaned_data)
        teacher, watch = User.objects.get(pk=data.pop("teacher")), data.pop("watch")
        pack, period = (programme.pack, programme.year) if programme else (monitoring_packs()[0], str(today().year))
        found = guard.found(request, Watch, int(watch)) if watch else None
        try:
            made = teachers.visit(request.user, unit, pack, period, teacher, watch=found, **data)
            return redirect("monitoring:visit", pk=made.pk)
        except UserError as error:
            form.refuse(error)
    lead = _("The teacher sees the sheet and may answer.")
    trail = guard.crumbs((_("On my table"), back), (_("Visit to a lesson"), ""))
    return guard.form_page(request, form, _("Visit to a lesson"), back, lead=lead, trail=trail)


@guard.takes_part
@require_http_methods(["GET", "POST"])
def visit(request: HttpRequest, pk: int) -> HttpResponse:
    """The sheet of a visit: for who runs the monitoring, and for the teacher, who answers here."""
    found: Visit = guard.found(request, Visit, pk, *guard.STAFF, related=("organisation", "teacher"))
    own = found.teacher_id == request.user.pk
    if not own and not guard.may_here(request.user, found.organisation, Capability.QUALITY):
        raise Http404
    form = forms.AnswerForm(request.POST or None, initial={"text": found.answer})
    del form.fields["done_on"]
    if request.method == "POST" and form.is_valid():
        try:
            teachers.answer_visit(request.user, found, form.cleaned_data["text"])
            return redirect("monitoring:visit", pk=pk)
        except UserError as error:
            form.refuse(error)
    back = reverse("monitoring:desk", args=[found.organisation.code])
    context = {
        "visit": found, "own": own, "form": form, "title": found.lesson,
        "crumbs": guard.crumbs((_("On my table"), back), (found.lesson, "")),
    }  # fmt: skip
    return render(request, "monitoring/visit.html", context, status=400 if form.errors else 200)
