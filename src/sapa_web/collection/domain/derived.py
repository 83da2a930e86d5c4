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


class _Whole:
    """The pack with its data sets uncut: only totals are computed."""

    def __init__(self, pack: Pack) -> None:
        self.pack, self.id, self.indicators = pack, pack.id, pack.indicators

    def dataset(self, element_id: str, period: str | None = None, /) -> Dataset:
        """The data set without dimensions and cuts."""
        return self.pack.dataset(element_id, period).model_copy(update={"dimensions": (), "cuts": ()})

    def codelist(self, element_id: str, period: str | None = None, /) -> Any:
        """As the pack has it."""
        return self.pack.codelist(element_id, period)


@lru_cache(maxsize=16)
def _plan(pack: str, dataset: str, period: str) -> Plan:
    whole = _Whole(pack_named(pack))
    measured = [item for item in measured_indicators(whole, dataset, period) if item.kind != "cohort"]
    return plan(whole, dataset, [item.model_copy(update={"cuts": ()}) for item in measured], period)


def derived(obligation: Obligation, rows: list[Row]) -> list[Figure]:
    """The indicators that have a value over these rows; empty where there are no rows."""
    campaign = obligation.campaign
    kept = filled(rows)
    if not kept:
        return []
    table = typed(campaign, obligation.organisation.code, kept).table
    facts = engine("duckdb")(_plan(campaign.pack, campaign.dataset, campaign.period), table, provisional=True)
    values = {line["indicator"]: line["value"] for line in facts.select(["indicator", "value"]).to_pylist()}
    lang = language()
    return [
        Figure(say(item.title, lang), values[item.id], item.decimals, item.unit)
        for item in pack_named(campaign.pack).indicators
        if values.get(item.id) is not None
    ]
