"""Operational summaries: the parts of a node side by side, from provisional figures, with how much of the returns is in."""

from __future__ import annotations

from dataclasses import dataclass, field
from typing import Any

from sapa.publication.labels import Labels
from sapa_web.collection.domain.queries.backlog import Tally, campaigns_for, children, view_at
from sapa_web.indicators.domain.queries.facts import Figures
from sapa_web.indicators.domain.queries.places import UnitValues, Written, cut_of, key_indicators, place_cut, written
from sapa_web.indicators.domain.queries.reach import Reach
from sapa_web.orgs.models import Organisation

MOST_PARTS = 400


@dataclass(frozen=True)
class Part:
    """One line: the node or one of its parts."""

    code: str
    name: str
    tally: Tally | None
    values: tuple[Written, ...]
    total: bool = False
    institution: bool = False


@dataclass
class Summary:
    """What the office prints."""

    columns: list[tuple[str, str, str]] = field(default_factory=list)  # id, title, unit
    parts: list[Part] = field(default_factory=list)
    more: int = 0
    whole: Tally = field(default_factory=Tally)


def summary_of(
    figures: Figures | None, period: str, node: Organisation, labels: Labels, reach: Reach, *, founded: bool = False
) -> Summary:
    """The summary of a node within the reader's scope; without figures it still says what is in."""
    view = view_at(reach.scope, node.code, founded)
    lines = children(view, campaigns_for(reach.scope, period)) if view else []
    tallies = {line.organisation.pk: line.tally for line in lines}
    out = Summary(whole=sum((line.tally for line in lines), Tally()))
    names = key_indicators(labels, figures) if figures is not None else []
    items: list[Any] = [labels.indicator(name) for name in names]
    out.columns = [(item.id, labels.text(item.title), labels.lang.unit(item.unit)) for item in items]
    below = Organisation.objects.for_scope(view.scope if view else reach.scope).filter(is_open=True)
    parts = list(
        (below.filter(founder=node) if founded else below.filter(parent=node)).order_by("is_institution", "name", "code")
    )
    out.more = max(0, len(parts) - MOST_PARTS)
    units = UnitValues(figures, period, names) if figures is not None and any(item.is_institution for item in parts) else None
    if figures is not None and not founded:
        own = cut_of(figures, reach, node)
        out.parts.append(Part(node.code, node.name, out.whole, _values(figures, reach, own, items, period, labels), total=True))
    for item in parts[:MOST_PARTS]:
        values: tuple[Written, ...] = ()
        if item.is_institution and units is not None:
            values = tuple(units.written(each, item.code, labels) for each in items if reach.allows(each.id))
        elif figures is not None:
            level = reach.only_level()
            cut = place_cut(figures, reach, item.code)
            cut = {**cut, **({level[0]: level[1]} if level else {})} if cut is not None else None
            values = _values(figures, reach, cut, items, period, labels)
        out.parts.append(Part(item.code, item.name, tallies.get(item.pk), values, institution=item.is_institution))
    return out


def _values(
    figures: Figures, reach: Reach, cut: dict[str, str] | None, items: list[Any], period: str, labels: Labels
) -> tuple[Written, ...]:
    if cut is None:
        return tuple(written(item, None, labels) for item in items)
    return tuple(
        written(item, figures.fact(item.id, period, cut) if reach.visible(item.id, cut.items()) else None, labels)
        for item in items
    )
