"""A place or an institution: its figures against those above it and its peers; and the operational summary of an office."""

from __future__ import annotations

from typing import Any

from django.http import Http404, HttpRequest, HttpResponse
from django.shortcuts import redirect, render
from django.urls import reverse
from django.utils.translation import gettext as _

from sapa_web.collection.domain.queries.backlog import entrances
from sapa_web.indicators.domain.queries import places
from sapa_web.indicators.domain.queries.about import labels_for
from sapa_web.indicators.domain.queries.facts import PROVISIONAL, Figures, figures_of, packs_with_figures
from sapa_web.indicators.domain.queries.reach import Reach, reach_of
from sapa_web.indicators.domain.queries.sources import open_periods
from sapa_web.indicators.domain.queries.summary import summary_of
from sapa_web.indicators.views.common import analysts_only, figures_or_404, state_of
from sapa_web.orgs.domain.queries.access import scope_of
from sapa_web.orgs.models import Organisation
from sapa_web.orgs.roles import Capability


def _node(reach: Reach, code: str) -> Organisation:
    found: Organisation | None = Organisation.objects.for_scope(reach.scope).filter(code=code).select_related("parent").first()
    if found is None:
        raise Http404
    return found


@analysts_only
def place(request: HttpRequest, pack: str, code: str) -> HttpResponse:
    """Figures of one node of the reader's scope."""
    figures = figures_or_404(pack, state_of(request))
    reach = reach_of(request.user, pack)
    node = _node(reach, code)
    chosen = request.GET.get("period", "")
    period = chosen if chosen in figures.periods else figures.periods[-1]
    labels = labels_for(pack, period)
    context: dict[str, Any] = {
        "title": node.name,
        "crumbs": [(_("Figures"), reverse("indicators:catalogue", args=[pack])), (node.name, "")],
        "node": node,
        "pack": pack,
        "state": figures.state,
        "states": [
            {
                "label": _("Official") if name == "official" else _("Provisional"),
                "url": f"?state={name}",
                "active": name == figures.state,
            }
            for name in packs_with_figures()[pack]
        ],
        "periods": [(name, labels.lang.period(name), name == period) for name in figures.periods],
        "period": labels.lang.period(period),
        "period_code": period,
    }
    context |= _unit(request, figures, period, node, reach) if node.is_institution else _office(figures, period, node, reach)
    return render(request, "indicators/place.html", context)


def _unit(request: HttpRequest, figures: Figures, period: str, node: Organisation, reach: Reach) -> dict[str, Any]:
    labels = labels_for(figures.pack, period)
    offered = places.trait_dimensions(places.traits_of(figures, period), node.code, labels)
    named = [name for name, _title, _own in offered]
    usual = places.usual_traits(labels, reach, named)
    asked = [name for name in request.GET.getlist("alike") if name in named]
    alike = asked if "alike" in request.GET else usual
    compared = places.compare_unit(figures, period, node.code, alike, labels, reach)
    return {
        "compared": compared,
        "offered": [(name, title, own, name in alike) for name, title, own in offered],
        "unit": node.code,
    }


def _office(figures: Figures, period: str, node: Organisation, reach: Reach) -> dict[str, Any]:
    labels = labels_for(figures.pack, period)
    cut = places.cut_of(figures, reach, node)
    compared = places.compare_place(figures, period, cut, labels, reach) if cut is not None else places.Comparison()
    return {"compared": compared, "offered": [], "unit": ""}


@analysts_only
def summaries(request: HttpRequest) -> HttpResponse:
    """The summary of the reader's own node in the newest period that is being collected."""
    scope = scope_of(request.user, Capability.ANALYSE)  # type: ignore[arg-type]
    mine = [view for view in entrances(scope) if not view.node.is_institution]
    waiting = open_periods()
    if not mine or not waiting:
        return render(request, "indicators/nothing.html", {"title": _("Operational summary")})
    pack, period = waiting[-1]
    url = reverse("indicators:summary", args=[pack, period, mine[0].node.code])
    return redirect(url + ("?founded=1" if mine[0].founded else ""))


@analysts_only
def summary(request: HttpRequest, pack: str, period: str, code: str) -> HttpResponse:
    """An office's operational summary, from provisional figures, to look at and to print."""
    if (pack, period) not in open_periods():
        raise Http404
    reach = reach_of(request.user, pack)
    founded = request.GET.get("founded") == "1"
    views = entrances(reach.scope) if founded else []
    node = next((view.node for view in views if view.founded and view.node.code == code), None) if founded else _node(reach, code)
    if node is None or node.is_institution:
        raise Http404
    labels = labels_for(pack, period)
    figures = figures_of(pack, PROVISIONAL, period)
    found = summary_of(figures, period, node, labels, reach, founded=founded)
    context = {
        "title": _("Operational summary: %(name)s") % {"name": node.name},
        "crumbs": [(_("Figures"), reverse("indicators:catalogue", args=[pack])), (_("Operational summary"), "")],
        "node": node,
        "found": found,
        "pack": pack,
        "period": labels.lang.period(period),
        "period_code": period,
        "state": PROVISIONAL,
        "has_figures": figures is not None,
        "above": _above(node, reach) if not founded else None,
    }
    return render(request, "indicators/summary.html", context)


def _above(node: Organisation, reach: Reach) -> Organisation | None:
    if node.parent_id is None:
        return None
    found: Organisation | None = Organisation.objects.for_scope(reach.scope).filter(pk=node.parent_id).first()
    return found
