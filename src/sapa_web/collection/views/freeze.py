"""The year's freeze: plan, announce, watch, fix, resume; root and report."""

from __future__ import annotations

from typing import Any

from django import forms
from django.contrib import messages
from django.http import Http404, HttpRequest, HttpResponse
from django.shortcuts import get_object_or_404, redirect, render
from django.utils.translation import get_language, ngettext
from django.utils.translation import gettext as _
from django.utils.translation import gettext_lazy as _l
from django.views.decorators.http import require_GET, require_http_methods, require_POST

from sapa.errors import SapaError, UserError
from sapa_web.collection.domain import fixing, freezing
from sapa_web.collection.domain.deadlines import regime_for
from sapa_web.collection.domain.obstacles import obstacle, problems_of, told
from sapa_web.collection.domain.states import FREEZE
from sapa_web.collection.domain.texts import title_in
from sapa_web.collection.models import Campaign, Freeze
from sapa_web.collection.views.campaigns import PeriodForm
from sapa_web.collection.views.guards import needs
from sapa_web.common.clock import today
from sapa_web.common.domain import jobs
from sapa_web.common.scope import Scope
from sapa_web.common.templatetags.ui import day, number
from sapa_web.orgs.domain.queries.access import scope_of, whole
from sapa_web.orgs.roles import Capability


@needs(Capability.FREEZE)
@require_GET
def home(request: HttpRequest, scope: Scope) -> HttpResponse:
    """All freezes, the newest period first."""
    return render(request, "collection/freezes.html", {"items": Freeze.objects.all(), "may_plan": whole(scope)})


class PlanForm(PeriodForm):
    """A plan; what is left open follows from the law."""

    _date = forms.DateInput(attrs={"type": "date"}, format="%Y-%m-%d")
    as_of = forms.DateField(
        label=_l("Date the data are fixed as of"), required=False, widget=_date,
        help_text=_l("Left open: the first working day of the month the law names."),
    )  # fmt: skip
    suspend_on = forms.DateField(
        label=_l("First day without updates"), required=False, widget=_date, help_text=_l("Left open: the date itself."),
    )  # fmt: skip
    days = forms.IntegerField(
        label=_l("Working days without updates"), required=False, min_value=1, max_value=260,
        help_text=_l("Left open: the most the law allows."),
    )  # fmt: skip


@needs(Capability.FREEZE)
@require_http_methods(["GET", "POST"])
def plan(request: HttpRequest, scope: Scope) -> HttpResponse:
    """Try a plan (the page shows what follows and what the law forbids), then keep it."""
    if not whole(scope):
        raise Http404
    given = request.POST if request.method == "POST" else request.GET
    form = PlanForm(given or None)
    context: dict[str, Any] = {"form": form}
    status = 200
    if given and form.is_valid():
        chosen = form.cleaned_data
        try:
            if request.method == "POST":
                made = freezing.plan(request.user, **chosen)
                messages.success(request, _("The freeze is planned. Nobody has been told yet: announce it."))
                return redirect("freeze:detail", pk=made.pk)
            thought = freezing.draft_plan(**chosen)
            context |= {"thought": thought, "problems": [*problems_of(thought), *_too_late(thought)]}
        except SapaError as error:
            form.add_error(None, str(error))
            status = 400
    return render(request, "collection/freeze_plan.html", context, status=status)


def _too_late(thought: Any) -> list[Any]:
    problem = thought.overdue("planned", today())
    return [told(problem, thought)] if problem else []


@needs(Capability.SEE)
@require_GET
def detail(request: HttpRequest, scope: Scope, pk: int) -> HttpResponse:
    """One freeze. Everybody who has a role may see its days and its root; the managers act, and see who is missing."""
    freeze = get_object_or_404(Freeze.objects.select_related("job"), pk=pk)
    if freeze.state == Freeze.PLANNED and not _manages(request):
        raise Http404
    return _page(request, freeze)


def _page(request: HttpRequest, freeze: Freeze, *, status: int = 200, error: str = "") -> HttpResponse:
    thought = freezing.plan_of(freeze)
    manages = _manages(request)
    overdue = thought.overdue(_engine_state(freeze), today())
    problems = problems_of(thought) + ([told(overdue, thought)] if overdue else [])
    lang = (get_language() or "en").split("-")[0]
    campaigns = Campaign.objects.filter(pack=freeze.pack, period=freeze.period)
    context = {
        "freeze": freeze,
        "thought": thought,
        "problems": problems if manages else [],
        "manages": manages,
        "steps": _steps(freeze, thought),
        "actions": _actions(freeze, thought) if manages else [],
        "asked": campaigns.count(),
        "late_campaigns": [item for item in campaigns if item.due_on >= freeze.suspend_from] if not freeze.root else [],
        "titles": {item.dataset: title_in(item, lang) for item in campaigns},
        "borrowed": regime_for(freeze.pack, freeze.regime).notice.get(lang, ""),
        "error": error,
        **_moving(freeze),
    }
    return render(request, "collection/freeze.html", context, status=status)


def _manages(request: HttpRequest) -> bool:
    user: Any = request.user
    return whole(scope_of(user, Capability.FREEZE))


def _engine_state(freeze: Freeze) -> Any:
    return "suspended" if freeze.state == Freeze.FREEZING else freeze.state


def _moving(freeze: Freeze) -> dict[str, Any]:
    run = freeze.job
    moving = run is not None and run.state in (jobs.WAITING, jobs.RUNNING)
    return {"run": run, "step": jobs.step_of(run) if run else "", "moving": moving}


def _steps(freeze: Freeze, thought: Any) -> list[dict[str, Any]]:
    """The five states with their days, as planned or as it happened."""
    rows = [
        ("calendar", _("Planned"), None, None, _("The date the data are fixed as of: %(day)s") % {"day": day(freeze.as_of)}),
        ("speakerphone", _("Announced to every user"), freeze.announced_at, thought.notice_by, ""),
        ("player-pause", _("Updates suspended"), freeze.suspended_at, thought.suspend_from, ""),
        ("snowflake", _("Data fixed"), freeze.frozen_at, min(thought.frozen_until, thought.suspend_until), ""),
        ("player-play", _("Updates resumed"), freeze.resumed_at, thought.resume_on, ""),
    ]
    out = []
    for icon, what, happened, planned, remark in rows:
        if happened:
            when: Any = happened
        elif planned is None:
            when = ""
        elif what in (rows[1][1], rows[3][1]):
            when = _("by %(day)s at the latest") % {"day": day(planned)}
        else:
            when = _("on %(day)s") % {"day": day(planned)}
        done = bool(happened) or planned is None
        out.append({"icon": icon, "what": what, "when": when, "remark": remark, "tone": "green" if done else "grey"})
    return out


def _actions(freeze: Freeze, thought: Any) -> list[dict[str, Any]]:
    """What the manager can do now; the first is the page's main action."""
    words = {
        "announce": (
            _("Announce to every user"),
            "speakerphone",
            _("Tell every user in the page and by mail? It can't be taken back."),
        ),
        "begin": (_("Fix the data"), "snowflake", _("Fix the data as of %(day)s?") % {"day": day(freeze.as_of)}),
        "resume": (_("Resume updates"), "player-play", ""),
        "abandon": (_("Give up this attempt"), "x", _("Remove the unfinished work? Nothing that was signed is touched.")),
    }
    targets = {"announce": "announced", "begin": "frozen", "resume": "resumed"}
    out = []
    for verb in FREEZE.verbs(freeze.state):
        if verb not in words:
            continue
        failed = freeze.job is not None and freeze.job.state == jobs.FAILED
        if freeze.state == Freeze.FREEZING and not failed:
            continue
        checked = verb in targets and freeze.state != Freeze.FREEZING
        against = obstacle(thought, _engine_state(freeze), targets[verb], today()) if checked else None
        label, icon, question = words[verb]
        out.append({"verb": verb, "label": label, "icon": icon, "question": question, "obstacle": against})
    return out


@needs(Capability.SEE)
@require_GET
def progress(request: HttpRequest, scope: Scope, pk: int) -> HttpResponse:
    """How far the fixing is: asked every two seconds; when it has ended the page is loaded anew."""
    freeze = get_object_or_404(Freeze.objects.select_related("job"), pk=pk)
    context = {"freeze": freeze, **_moving(freeze)}
    response = render(request, "collection/freeze_progress.html", context)
    if not context["moving"]:
        response["HX-Refresh"] = "true"
    return response


@needs(Capability.FREEZE)
@require_POST
def act(request: HttpRequest, scope: Scope, pk: int, verb: str) -> HttpResponse:
    """Announce, fix, resume, give up."""
    verbs = {"announce": freezing.announce, "begin": freezing.begin, "resume": freezing.resume, "abandon": fixing.abandon}
    if verb not in verbs or not whole(scope):
        raise Http404
    freeze = get_object_or_404(Freeze, pk=pk)
    try:
        done = verbs[verb](request.user, freeze)
    except UserError as error:
        freeze = Freeze.objects.select_related("job").get(pk=pk)
        return _page(request, freeze, status=400, error=str(error))
    if isinstance(done, int):
        text = ngettext("%(n)s person is told in the page and by mail.", "%(n)s people are told in the page and by mail.", done)
        messages.success(request, text % {"n": number(done)})
    return redirect("freeze:detail", pk=pk)
