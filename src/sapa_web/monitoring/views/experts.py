"""Experts from the public: what is demanded of them, who meets it, and their judgements beside the institution's own."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass
from statistics import fmean
from typing import Any

from django.http import HttpRequest, HttpResponse
from django.shortcuts import redirect, render
from django.urls import reverse
from django.utils.translation import gettext as _
from django.views.decorators.http import require_GET, require_http_methods

from sapa_web.common.clock import today
from sapa_web.monitoring import forms_work as forms
from sapa_web.monitoring.domain import experts as verbs
from sapa_web.monitoring.domain.inforce import holding, pack_in_force
from sapa_web.monitoring.models import Assessment, Expert
from sapa_web.monitoring.views import guard
from sapa_web.monitoring.views.work import done, frame
from sapa_web.monitoring.words import said
from sapa_web.orgs.models import Organisation
from sapa_web.orgs.roles import Capability


@dataclass(frozen=True)
class Beside:
    """A criterion as the institution judges it, and as the experts do: 0 to 100."""

    title: str
    own: Sequence[Assessment]
    theirs: Sequence[Assessment]

    @property
    def apart(self) -> float | None:
        """How far the experts' mean lies above the institution's own; nothing where one of them is missing."""
        if not (self.own and self.theirs):
            return None
        return fmean(item.score for item in self.theirs) - fmean(item.score for item in self.own)


@guard.takes_part
@require_GET
def experts(request: HttpRequest, unit: Organisation) -> HttpResponse:
    """Requirements, experts, and the judgements of a year (``?period=``) side by side."""
    pack, period = frame(unit)
    asked = Assessment.objects.unscoped("of one institution").filter(organisation=unit, pack=pack)
    periods = sorted({period, *asked.values_list("period", flat=True)}, reverse=True)
    asked_for = request.GET.get("period", "")
    period = asked_for if asked_for in periods else period
    found = verbs.beside(unit, pack, period)
    wanted = verbs.requirements(unit)
    rules = pack_in_force(unit, pack, today())
    context = {
        "title": _("Experts from the public"), "unit": unit, "crumbs": _trail(unit), "wanted": wanted,
        "experts": [(item, verbs.unmet(item, wanted)) for item in _experts(unit)], "period": period, "periods": periods,
        "lines": [Beside(said(rules, item.title), *found[item.id]) for item in holding(rules.criteria) if item.id in found],
        "runs": guard.may_here(request.user, unit, Capability.QUALITY),
    }  # fmt: skip
    return render(request, "monitoring/experts.html", context)


@guard.runs
@require_http_methods(["GET", "POST"])
def requirement_new(request: HttpRequest, unit: Organisation) -> HttpResponse:
    """Set a requirement, with the act it comes from."""
    form = forms.RequirementForm(request.POST or None)
    lead = _("Experts who were admitted before are checked against it again.")
    return _filled(request, unit, form, _("Requirement"), lambda data: verbs.require(request.user, unit, **data), lead)


@guard.runs
@require_http_methods(["GET", "POST"])
def expert_new(request: HttpRequest, unit: Organisation) -> HttpResponse:
    """Admit an expert who meets every requirement."""
    form = forms.ExpertForm(request.POST or None, wanted=verbs.requirements(unit))
    return _filled(request, unit, form, _("Admit an expert"), lambda data: verbs.admit(request.user, unit, **data))


@guard.runs
@require_http_methods(["GET", "POST"])
def expert_check(request: HttpRequest, pk: int) -> HttpResponse:
    """Check an expert against requirements that were added."""
    found: Expert = guard.found(request, Expert, pk, related=("organisation",))
    form = forms.CheckForm(
        request.POST or None, wanted=verbs.requirements(found.organisation), initial={"met": [str(one) for one in found.met]}
    )
    return _filled(
        request, found.organisation, form, found.name, lambda data: verbs.check(request.user, found, data["met"]), found.whence
    )  # fmt: skip


@guard.runs
@require_http_methods(["GET", "POST"])
def appraisal_new(request: HttpRequest, unit: Organisation) -> HttpResponse:
    """Write a judgement down: an expert's, or the institution's own."""
    pack, period = frame(unit)
    known = _experts(unit)
    rules, initial = pack_in_force(unit, pack, today()), {"period": period, "dated": today()}
    form = forms.AppraisalForm(request.POST or None, rules=rules, experts=known, initial=initial)

    def do(data: dict[str, Any]) -> Any:
        who = next((item for item in known if str(item.pk) == data["expert"]), None)
        return verbs.assess(request.user, unit, pack, **data | {"expert": who})

    return _filled(request, unit, form, _("Write a judgement down"), do)


def _experts(unit: Organisation) -> list[Expert]:
    return list(Expert.objects.unscoped("of one institution").filter(organisation=unit))


def _filled(request: HttpRequest, unit: Organisation, form: Any, title: str, do: Any, lead: str = "") -> HttpResponse:
    if done(request, form, do):
        return redirect("monitoring:experts", code=unit.code)
    back = reverse("monitoring:experts", args=[unit.code])
    return guard.form_page(request, form, title, back, lead=lead, trail=_trail(unit, (title, "")))


def _trail(unit: Organisation, *more: tuple[str, str]) -> list[tuple[str, str]]:
    return guard.crumbs((_("Experts from the public"), reverse("monitoring:experts", args=[unit.code])), *more)
