"""What a table or chart must say beside its figures, so that nobody misreads what stands there or what does not."""

from __future__ import annotations

from collections.abc import Sequence
from typing import Any

from sapa.indicators import UNKNOWN
from sapa.packs.models_report import ChartSpec
from sapa.publication.facts import FactStore
from sapa.publication.labels import Labels


def cut_axis(values: Sequence[float]) -> bool:
    """Whether a line's axis leaves out zero: its values lie on one side, far from zero for the distance between them.

    Such a line would be flat on an axis from zero; its changes look larger than they are, so the chart has to say it.
    """
    low, high = min(values, default=0.0), max(values, default=0.0)
    return low * high > 0 and high - low < max(abs(low), abs(high)) / 2


def left_out(spec: ChartSpec, item: Any, store: FactStore, labels: Labels, period: str) -> list[str]:
    """A sentence for each dimension of the chart whose records without a code are not drawn.

    An empty code says as often that the question does not apply (a grade, outside school) as that it was not answered. As one
    more bar it would stand among the codes like one of them, and often dwarf them.
    """
    out = []
    for name in (spec.by, spec.series):
        fact = store.get(item.id, period, [(name, UNKNOWN)]) if name and name != "period" else None
        if name and fact is not None and fact.value is not None:
            value = labels.lang.counted(labels.lang.number(fact.value, item.decimals), item.unit)
            said = labels.lang.text("not_drawn", dimension=labels.dimension_title(name), value=value)
            out.append(f"{said.rstrip('.')}.")  # a unit that is an abbreviation brings its own full stop
    return out


def moved(period: str, labels: Labels) -> list[str]:
    """That figures are of an earlier period than the publication, where they are."""
    return [labels.lang.text("earlier_period", period=labels.lang.period(period))] if period != labels.period else []
