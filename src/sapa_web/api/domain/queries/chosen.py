"""Published facts as somebody has chosen them: by indicator, period, the dimensions of the cut, codes; a page, or all."""

from __future__ import annotations

from collections.abc import Collection, Mapping
from dataclasses import dataclass, field
from typing import Any

import pyarrow as pa
import pyarrow.compute as pc

from sapa.indicators.facts import dimensions_of
from sapa.publication.facts import fact_id
from sapa_web.api.domain.queries.figures import MEASURES


@dataclass(frozen=True)
class Choice:
    """What is asked for; empty means all. ``cut``: exactly these dimensions, ``None`` for all cuts; ``codes`` by dimension."""

    indicators: Collection[str] = ()
    periods: Collection[str] = ()
    cut: frozenset[str] | None = None
    codes: Mapping[str, Collection[str]] = field(default_factory=dict)


def chosen(table: pa.Table, choice: Choice) -> pa.Table:
    """The facts that fit, in the order of the version's file, with the dimensions that occur in them."""
    dimensions = dimensions_of(table)
    if not ((choice.cut or frozenset()) | set(choice.codes)) <= set(dimensions):
        table = table.slice(0, 0)
    wanted: dict[str, Collection[str]] = {"indicator": choice.indicators, "period": choice.periods}
    wanted |= {name: codes for name, codes in choice.codes.items() if name in dimensions}
    for name, values in wanted.items():
        if values:
            fits = pc.is_in(table[name], value_set=pa.array(sorted(values), pa.string()))
            table = table.filter(pc.fill_null(fits, False))
    if choice.cut is not None:
        for name in dimensions:
            table = table.filter(pc.is_valid(table[name]) if name in choice.cut else pc.is_null(table[name]))
    used = [name for name in dimensions if table[name].null_count < table.num_rows]
    return table.select(["indicator", "period", *used, *MEASURES])


def records(table: pa.Table) -> list[dict[str, Any]]:
    """Facts as objects, each with its name."""
    dimensions = dimensions_of(table)
    out = []
    for row in table.to_pylist():
        cut = {name: row[name] for name in dimensions if row[name] is not None}
        figures = {name: row[name] for name in MEASURES}
        name = fact_id(row["indicator"], row["period"], tuple(cut.items()))
        out.append({"fact": name, "indicator": row["indicator"], "period": row["period"], "cut": cut, **figures})
    return out
