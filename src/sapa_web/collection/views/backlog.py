"""The backlog of a node: figures, drilling down, the list of units, its export."""

from __future__ import annotations

from collections.abc import Iterable
from typing import Any
from urllib.parse import urlencode

from django.core.paginator import Paginator
from django.http import Http404, HttpRequest, HttpResponse
from django.http.response import HttpResponseBase
from django.shortcuts import redirect, render
from django.urls import reverse
from django.utils.translation import get_language, ngettext
from django.utils.translation import gettext as _
from django.views.decorators.http import require_GET

from sapa_web.collection.domain.queries import backlog
from sapa_web.collection.domain.texts import title_in
from sapa_web.collection.models import Campaign, Obligation
from sapa_web.collection.views.exports import EXPORTS
from sapa_web.collection.views.guards import needs
from sapa_web.common.scope import Scope
from sapa_web.common.templatetags.ui import number, percent
from sapa_web.orgs.roles import Capability

PAGE = 50


@needs(Capability.CHECK)
@require_GET
def home(request: HttpRequest, scope: Scope) -> HttpResponse:
    """Where a person's scope begins: straight to the only node, or a choice."""
    entrances = backlog.entrances(scope)
    if len(entrances) == 1:
        return redirect(_address(entrances[0]))
    choices = [(item, _address(item)) for item in entrances]
    return render(request, "collection/backlog_home.html", {"choices": choices})


def _address(view: backlog.View) -> str:
    return reverse("backlog:node", args=[view.node.code]) + ("?founded=1" if view.founded else "")


@needs(Capability.CHECK)
@require_GET
def node(request: HttpRequest, scope: Scope, code: str) -> HttpResponse:
    """The figures of a node and of each of its children."""
    view = view_or_404(request, scope, code)
    every = backlog.campaigns_for(view.scope)
    campaigns = chosen(request, every)
    lines = backlog.children(view, campaigns)
    total = sum((line.tally for line in lines), backlog.Tally())
    context = {
        **frame(request, view, every, campaigns),
        "lines": lines,
        "total": total,
        "stats": _stats(request, view, total),
        "rates": _rates(total),
    }
    return render(request, "collection/backlog_node.html", context)


def _stats(request: HttpRequest, view: backlog.View, total: backlog.Tally) -> list[dict[str, Any]]:
    base = reverse("backlog:units", args=[view.node.code])
    kept = "".join(f"&{part}" for part in _kept(request, "period", "campaign", "founded").split("&") if part)
    icons = ["circle-dashed", "pencil", "alert-triangle", "writing-sign", "circle-check", "corner-up-left"]
    out = [
        {
            "name": str(label).capitalize(),
            "figure": number(total.states[state]),
            "icon": icon,
            "url": f"{base}?state={state}{kept}",
        }
        for (state, label), icon in zip(Obligation.STATES, icons, strict=True)
    ]
    days = total.longest_late
    longest = ngettext("longest: %(n)s working day", "longest: %(n)s working days", days) % {"n": number(days)}
    remark = longest if total.late else ""
    late = {
        "name": _("Late, not signed"),
        "figure": number(total.late),
        "icon": "clock-exclamation",
        "url": f"{base}?late=1{kept}",
    }
    return [*out, {**late, "remark": remark}]


def _rates(total: backlog.Tally) -> list[dict[str, Any]]:
    parts = {"received": number(total.received), "owed": number(total.owed)}
    parts |= {"standing": number(total.standing), "in_time": number(total.in_time)}
    return [
        {
            "name": _("Completeness"),
            "figure": percent(total.completeness),
            "remark": _("received / owed = %(received)s / %(owed)s") % parts,
        },
        {
            "name": _("Correctness"),
            "figure": percent(total.correctness),
            "remark": _("neither returned nor with blocking findings / received = %(standing)s / %(received)s") % parts,
        },
        {
            "name": _("Timeliness"),
            "figure": percent(total.timeliness),
            "remark": _("first signed by the deadline / owed = %(in_time)s / %(owed)s") % parts,
        },
    ]


@needs(Capability.CHECK)
@require_GET
def units(request: HttpRequest, scope: Scope, code: str) -> HttpResponse:
    """The returns below a node, filtered, sorted, in pages."""
    view = view_or_404(request, scope, code)
    every = backlog.campaigns_for(view.scope)
    campaigns = chosen(request, every)
    filters = filters_of(request)
    page = Paginator(backlog.units(view, campaigns, filters), PAGE).get_page(request.GET.get("page"))
    held = {item.pk: item for item in campaigns}
    titles = titles_of(campaigns)
    context = {
        **frame(request, view, every, campaigns, _("Returns")),
        "page": page,
        "items": [(item, titles[item.campaign_id], backlog.lateness(item, held)) for item in page.object_list],
        "filters": filters,
        "states": Obligation.STATES,
        "exports": list(EXPORTS),
        "parameters": request.GET.urlencode(),
        "most": backlog.MOST_IN_ONE,
    }
    return render(request, "collection/backlog_units.html", context)


@needs(Capability.CHECK)
@require_GET
def export(request: HttpRequest, scope: Scope, code: str, form: str) -> HttpResponseBase:
    """The filtered list as CSV or XLSX."""
    if form not in EXPORTS:
        raise Http404
    view = view_or_404(request, scope, code)
    campaigns = chosen(request, backlog.campaigns_for(view.scope))
    found = backlog.units(view, campaigns, filters_of(request))
    count = found.count()
    if count > backlog.MOST_IN_ONE * 5:
        raise Http404
    held = {item.pk: item for item in campaigns}
    titles = titles_of(campaigns)
    rows = (_row(item, titles[item.campaign_id], backlog.lateness(item, held)) for item in found.iterator(chunk_size=2000))
    return EXPORTS[form](f"backlog-{view.node.code}", _columns(), rows, count)


def _columns() -> list[str]:
    return [
        _("Identifier"), _("Unit"), _("Above it"), _("Data set"), _("Period"), _("State"), _("Due on"), _("Working days late"),
        _("Signed at"), _("Revision"), _("Rows"), _("Blocking findings"), _("To be explained"),
    ]  # fmt: skip


def _row(item: Obligation, title: str, late: int) -> list[Any]:
    unit = item.organisation
    return [
        unit.code, unit.name, unit.parent.name if unit.parent else "", title, item.campaign.period, str(item.get_state_display()),
        item.due_on, late, item.signed_at, item.revision, item.rows, item.blocks, item.explains,
    ]  # fmt: skip


def view_or_404(request: HttpRequest, scope: Scope, code: str) -> backlog.View:
    """The node as the person sees it; somebody else's does not exist."""
    view = backlog.view_at(scope, code, request.GET.get("founded") == "1")
    if view is None:
        raise Http404
    return view


def chosen(request: HttpRequest, every: Iterable[Campaign]) -> list[Campaign]:
    """The campaigns of the period asked for (by default the newest that is collected), or the one campaign asked for."""
    every = list(every)
    period = request.GET.get("period") or _present(every)
    wanted = request.GET.get("campaign", "")
    found = [item for item in every if item.period == period]
    return [item for item in found if str(item.pk) == wanted] or found


def _present(every: list[Campaign]) -> str:
    moving = [item.period for item in every if item.state in (Campaign.OPEN, Campaign.SUSPENDED)]
    return max(moving or [item.period for item in every], default="")


def filters_of(request: HttpRequest) -> backlog.Filters:
    """What of the list is asked for; unknown values mean all."""
    get = request.GET
    state = get.get("state", "")
    return backlog.Filters(
        state=state if state in backlog.STATES else "",
        late=get.get("late") == "1",
        text=get.get("q", "")[:100],
        sort=get.get("sort", "unit"),
    )


def titles_of(campaigns: Iterable[Campaign]) -> dict[int, str]:
    """Titles of the data sets in the reader's language."""
    return {item.pk: title_in(item, get_language() or "en") for item in campaigns}


def _kept(request: HttpRequest, *names: str) -> str:
    """What of the address goes into the next one, encoded anew: a value is one value there too."""
    return urlencode({name: request.GET[name] for name in names if request.GET.get(name)})


def frame(
    request: HttpRequest, view: backlog.View, every: list[Campaign], campaigns: list[Campaign], leaf: str = ""
) -> dict[str, Any]:
    """What every page below a node shows: the path, the periods and data sets to choose from."""
    period = campaigns[0].period if campaigns else ""
    kept = _kept(request, "period", "founded")
    crumbs = [
        (item.name, reverse("backlog:node", args=[item.code]) + (f"?{kept}" if kept else "")) for item in backlog.path_to(view)
    ]
    return {
        "view": view,
        "crumbs": [*crumbs, (leaf, "")] if leaf else crumbs,
        "periods": sorted({item.period for item in every}, reverse=True),
        "period": period,
        "datasets": [(item, title_in(item, get_language() or "en")) for item in every if item.period == period],
        "campaign_chosen": request.GET.get("campaign", ""),
        "suspended": any(item.state == Campaign.SUSPENDED for item in campaigns),
        "founded": view.founded,
    }
