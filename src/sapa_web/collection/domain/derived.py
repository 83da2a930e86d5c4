"""What follows from the rows as they stand: the pack's indicators over some rows of a working list, provisional, for the page."""

from __future__ import annotations

from dataclasses import dataclass
from functools import lru_cache
from typing import Any

from sapa.datasets.wording import say
from sapa.indicators.engines import engine
from sapa.indicators.plan import Plan
from sapa.indicators.planner import measured_indicators, plan
from sapa.packs.loader import Pack
from sapa.packs.models_data import Dataset
from sapa_web.collection.domain.checking import typed
from sapa_web.collection.domain.packs import pack_named
from sapa_web.collection.domain.queries.sheet import language
from sapa_web.collection.domain.working import Row, filled
from sapa_web.collection.models import Obligation


@dataclass(frozen=True)
class Figure:
    """One indicator over the rows."""

    title: str
    value: float
    decimals: int
    unit: str


class _Narrow:
    """The pack with its data sets cut by one field only: totals are what is wanted, and attributes of units are not at hand."""

    def __init__(self, pack: Pack) -> None:
        self.pack, self.id, self.indicators = pack, pack.id, pack.indicators

    def dataset(self, element_id: str, period: str | None = None, /) -> Dataset:
        """The data set with the dimensions that are fields of its own."""
        found = self.pack.dataset(element_id, period)
        own = tuple(item for item in found.dimensions if item.field is not None)[:1]
        return found.model_copy(update={"dimensions": own, "cuts": ()})

    def codelist(self, element_id: str, period: str | None = None, /) -> Any:
        """As the pack has it."""
        return self.pack.codelist(element_id, period)


@lru_cache(maxsize=16)
def _plan(pack: str, dataset: str, period: str) -> Plan | None:
    narrow = _Narrow(pack_named(pack))
    cuts = tuple((item.id,) for item in narrow.dataset(dataset, period).dimensions)
    measured = [item for item in measured_indicators(narrow, dataset, period) if item.kind != "cohort"]
    if not cuts or not measured:
        return None
    return plan(narrow, dataset, [item.model_copy(update={"cuts": cuts}) for item in measured], period)


def derived(obligation: Obligation, rows: list[Row]) -> list[Figure]:
    """The indicators that have a value over these rows; empty where there are no rows."""
    campaign = obligation.campaign
    kept, planned = filled(rows), _plan(campaign.pack, campaign.dataset, campaign.period)
    if not kept or planned is None:
        return []
    table = typed(campaign, obligation.organisation.code, kept).table
    facts = engine("duckdb")(planned, table, provisional=True)
    total = [line for line in facts.to_pylist() if all(line[name] is None for name in planned.dimension_ids)]
    values = {line["indicator"]: line["value"] for line in total}
    lang = language()
    return [
        Figure(say(item.title, lang), values[item.id], item.decimals, item.unit)
        for item in pack_named(campaign.pack).indicators
        if values.get(item.id) is not None
    ]
