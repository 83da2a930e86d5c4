"""Where a figure comes from."""

from __future__ import annotations

from django.http import Http404, HttpRequest, HttpResponse
from django.shortcuts import render
from django.urls import reverse
from django.utils.translation import gettext as _

from sapa.chain.lineage import FactId
from sapa.errors import UserError
from sapa.publication.labels import Labels
from sapa.publication.numbers import rounded
from sapa_web.indicators.domain.queries.about import labels_for
from sapa_web.indicators.domain.queries.provenance import Way, way_of, way_of_unit
from sapa_web.indicators.domain.queries.reach import reach_of
from sapa_web.indicators.views.common import analysts_only, figures_or_404, state_of


@analysts_only
def show(request: HttpRequest, pack: str) -> HttpResponse:
    """The way of one figure, back to what the reader may see of the rows."""
    try:
        wanted = FactId.parse(request.GET.get("fact", ""))
    except UserError as error:
        raise Http404 from error
    figures = figures_or_404(pack, state_of(request), wanted.period if state_of(request) == "provisional" else "")
    labels = labels_for(pack, wanted.period)
    reach = reach_of(request.user, pack)
    unit = request.GET.get("unit", "")
    try:
        if unit:
            way = way_of_unit(figures, wanted.indicator, wanted.period, unit, labels, reach)
        else:
            way = way_of(figures, str(wanted), labels, reach)
    except UserError as error:
        raise Http404 from error
    if way is None:
        raise Http404
    figure = reverse("indicators:explore", args=[pack, wanted.indicator])
    context = {
        "title": _("Where does this figure come from?"),
        "crumbs": [(_("Figures"), reverse("indicators:catalogue", args=[pack])), (way.title, figure), (_("Origin"), "")],
        "way": way,
        "shown": _shown(way, labels),
        "cut": _cut(way, labels, unit),
        "state": figures.state,
        "pack": pack,
        "unit": unit,
    }
    return render(request, "indicators/trace.html", context)


def _shown(way: Way, labels: Labels) -> str:
    return labels.lang.exact(rounded(way.value, way.decimals)) if way.value is not None else "…"


def _cut(way: Way, labels: Labels, unit: str) -> list[tuple[str, str]]:
    if unit:
        return [(_("Institution"), unit)]
    return [(labels.dimension_title(name), labels.code(name, code)) for name, code in sorted(way.fact.cut.items())]
