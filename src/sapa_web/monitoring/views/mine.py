"""A teacher's own page: his self-analyses and reports, the visits to his lessons, his points in ratings. Nobody else's."""

from __future__ import annotations

from typing import Any

from django.http import Http404, HttpRequest, HttpResponse
from django.shortcuts import redirect, render
from django.urls import reverse
from django.utils.translation import gettext as _
from django.views.decorators.http import require_GET, require_http_methods

from sapa_web.monitoring import forms_work as forms
from sapa_web.monitoring.domain import teachers
from sapa_web.monitoring.models import Account, RatingRow, Visit
from sapa_web.monitoring.views import guard
from sapa_web.monitoring.views.work import done, frame
from sapa_web.orgs.models import Organisation
from sapa_web.orgs.roles import Capability


@guard.takes_part
@require_GET
def mine(request: HttpRequest, unit: Organisation) -> HttpResponse:
    """What is the person's own; who runs the monitoring also sees what teachers have handed in."""
    user: Any = request.user
    runs = guard.may_here(user, unit, Capability.QUALITY)
    accounts = Account.objects.unscoped("of one institution").filter(organisation=unit)
    visits = Visit.objects.unscoped("the person's own").filter(organisation=unit, teacher=user)
    rows = RatingRow.objects.unscoped("the person's own").filter(rating__organisation=unit, teacher=user)
    context = {
        "title": _("My work"), "unit": unit, "runs": runs, "accounts": accounts.filter(teacher=user), "visits": visits[:50],
        "rows": rows.select_related("rating").order_by("-rating__at"), "crumbs": guard.crumbs((_("My work"), "")),
        "handed_in": accounts.exclude(teacher=user).select_related("teacher")[:200] if runs else [],
    }  # fmt: skip
    return render(request, "monitoring/mine.html", context)


@guard.takes_part
@require_http_methods(["GET", "POST"])
def account_new(request: HttpRequest, unit: Organisation) -> HttpResponse:
    """Hand in a self-analysis or a report, in one's own name."""
    pack, period = frame(unit)
    form = forms.AccountForm(request.POST or None, initial={"period": period})
    if done(request, form, lambda data: teachers.account(request.user, unit, pack, **data)):
        return redirect("monitoring:mine", code=unit.code)
    back = reverse("monitoring:mine", args=[unit.code])
    lead = _("You and those who run the monitoring read it; points you give yourself count only where a rating's method says so.")
    trail = guard.crumbs((_("My work"), back), (_("New"), ""))
    return guard.form_page(
        request, form, _("Self-analysis or report"), back, lead=lead, button=_("Hand in"), trail=trail
    )  # fmt: skip


@guard.takes_part
@require_GET
def account(request: HttpRequest, pk: int) -> HttpResponse:
    """One of them: for its teacher, and for who runs the monitoring."""
    found: Account = guard.found(request, Account, pk, *guard.STAFF, related=("organisation", "teacher"))
    if found.teacher_id != request.user.pk and not guard.may_here(request.user, found.organisation, Capability.QUALITY):
        raise Http404
    back = (_("My work"), reverse("monitoring:mine", args=[found.organisation.code]))
    title = f"{found.get_kind_display()} {found.period}"
    context = {"title": title, "account": found, "crumbs": guard.crumbs(back, (title, ""))}
    return render(request, "monitoring/account.html", context)
