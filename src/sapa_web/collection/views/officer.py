"""What an officer does with a return: look, send back with remarks, remind."""

from __future__ import annotations

from typing import Any

from django.contrib import messages
from django.http import Http404, HttpRequest, HttpResponse
from django.shortcuts import redirect, render
from django.urls import reverse
from django.utils.translation import get_language, ngettext
from django.utils.translation import gettext as _
from django.views.decorators.http import require_GET, require_http_methods, require_POST

from sapa.errors import UserError
from sapa_web.collection.domain import reminders, returning
from sapa_web.collection.domain.deadlines import days_left
from sapa_web.collection.domain.gate import Closed, is_open
from sapa_web.collection.domain.queries import backlog
from sapa_web.collection.domain.texts import title_in
from sapa_web.collection.models import Obligation, Submission
from sapa_web.collection.views.backlog import chosen, filters_of, frame, view_or_404
from sapa_web.collection.views.guards import needs
from sapa_web.common.clock import today
from sapa_web.common.scope import Scope
from sapa_web.common.templatetags.ui import number
from sapa_web.orgs.roles import Capability


@needs(Capability.CHECK)
@require_GET
def detail(request: HttpRequest, scope: Scope, pk: int) -> HttpResponse:
    """One unit's return: its state, what was signed, what was said about it."""
    return _page(request, scope, _obligation(scope, pk))


def _obligation(scope: Scope, pk: int) -> Obligation:
    found = Obligation.objects.for_scope(scope).select_related("campaign", "organisation__parent").filter(pk=pk).first()
    if found is None:
        raise Http404
    return found  # type: ignore[no-any-return]


def _page(
    request: HttpRequest, scope: Scope, item: Obligation, *, status: int = 200, error: str = "", text: str = ""
) -> HttpResponse:
    above = backlog.checks(scope, item)
    open_now = is_open(item.campaign)
    left = days_left(item.campaign, item.due_on, today())
    title = title_in(item.campaign, get_language() or "en")
    context = {
        "item": item,
        "dataset": title,
        "crumbs": [(_("Backlog"), reverse("backlog:home")), *_above(scope, item), (title, "")],
        "events": history(item),
        "can_return": above and open_now and item.state == Obligation.SIGNED,
        "can_remind": above and open_now and item.state != Obligation.SIGNED,
        "is_open": open_now,
        "left": left if not item.revision else None,
        "remark": item.remarks.filter(answered_at=None).select_related("by").last(),
        "error": error,
        "text": text,
    }
    return render(request, "collection/backlog_return.html", context, status=status)


def _above(scope: Scope, item: Obligation) -> list[tuple[str, str]]:
    """The list the return stands in, where the person reaches it: a founder does not reach the district's."""
    node = item.organisation.parent or item.organisation
    if backlog.view_at(scope, node.code) is None:
        return []
    return [(node.name, reverse("backlog:units", args=[node.code]))]


def history(item: Obligation) -> list[dict[str, Any]]:
    """What happened to a return, newest first."""
    events: list[dict[str, Any]] = []
    signed = Submission.objects.unscoped("the caller was scoped").filter(obligation=item).select_related("received_by")
    for one in signed:
        what = _("Revision %(n)s signed (rows: %(rows)s)") % {"n": number(one.revision), "rows": number(one.rows)}
        events.append({"when": one.received_at, "what": what, "who": one.signer, "tone": "green", "icon": "circle-check"})
    for remark in item.remarks.select_related("by"):
        what = _("Returned: revision %(n)s") % {"n": number(remark.revision)}
        events.append(
            {"when": remark.at, "what": what, "who": remark.by, "remark": remark.text, "tone": "amber", "icon": "corner-up-left"}
        )
    for reminder in item.reminders.select_related("by"):
        told = {"when": reminder.at, "what": _("Reminded"), "who": reminder.by, "remark": reminder.text}
        events.append({**told, "tone": "blue", "icon": "message"})
    return sorted(events, key=lambda event: event["when"], reverse=True)


@needs(Capability.CHECK)
@require_POST
def send_back(request: HttpRequest, scope: Scope, pk: int) -> HttpResponse:
    """Return a signed submission with remarks."""
    item = _obligation(scope, pk)
    text = request.POST.get("text", "")
    if not backlog.checks(scope, item):
        raise Http404
    try:
        returning.send_back(request.user, item, text)
    except UserError as error:
        return _page(request, scope, item, status=_status(error), error=str(error), text=text)
    messages.success(request, _("Returned. The unit's secretary and head are told in the page and by mail."))
    return redirect("backlog:return", pk=pk)


@needs(Capability.CHECK)
@require_POST
def remind(request: HttpRequest, scope: Scope, pk: int) -> HttpResponse:
    """Remind one unit."""
    item = _obligation(scope, pk)
    if not backlog.checks(scope, item):
        raise Http404
    try:
        reminders.remind(request.user, [item], request.POST.get("text", ""))
    except UserError as error:
        return _page(request, scope, item, status=_status(error), error=str(error))
    messages.success(request, _("The reminder is on its way to the unit's secretary and head."))
    return redirect("backlog:return", pk=pk)


@needs(Capability.CHECK)
@require_http_methods(["GET", "POST"])
def remind_many(request: HttpRequest, scope: Scope, code: str) -> HttpResponse:
    """Remind every unit of the filtered list (by default: all that are late) at once."""
    view = view_or_404(request, scope, code)
    every = backlog.campaigns_for(view.scope)
    campaigns = chosen(request, every)
    filters = filters_of(request)
    found = backlog.units(view, campaigns, filters).exclude(state=Obligation.SIGNED).exclude(organisation=view.node)
    count = found.count()
    status = 200
    if request.method == "POST":
        try:
            if count > backlog.MOST_IN_ONE:
                raise UserError(_("these are too many for one reminder"), todo=_("narrow the list"))
            told = reminders.remind(request.user, found, request.POST.get("text", ""))
        except UserError as error:
            status = _status(error)
            messages.error(request, str(error))
        else:
            text = ngettext("%(n)s return was reminded of.", "%(n)s returns were reminded of.", told) % {"n": number(told)}
            messages.success(request, text)
            return redirect(reverse("backlog:units", args=[code]) + f"?{request.GET.urlencode()}")
    around = frame(request, view, every, campaigns, _("Reminder"))
    context = {**around, "count": count, "filters": filters, "text": request.POST.get("text", "")}
    return render(request, "collection/backlog_remind.html", context, status=status)


def _status(error: UserError) -> int:
    return 423 if isinstance(error, Closed) else 400
