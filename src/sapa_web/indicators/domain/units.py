"""Figures of single units: every indicator that can be had for one institution, and what it can be compared by.

They are computed from the frozen rows when they are first asked for and kept beside the site's other files; they are shown only
to readers within whose scope the unit lies.
"""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from functools import lru_cache
from pathlib import Path
from typing import Any

import pyarrow as pa
import pyarrow.compute as pc
import pyarrow.parquet as pq
from django.conf import settings

from sapa.archive.freeze import FINAL
from sapa.archive.store import FolderStore, safe_part
from sapa.chain.run import object_sources
from sapa.indicators import UNKNOWN, plan
from sapa.indicators.derived import MADE_FROM_FACTS, combine, derived_facts, inputs_of
from sapa.indicators.engines.duckdb import run
from sapa.indicators.facts import dimensions_of, write_facts
from sapa.indicators.plan import Plan
from sapa.indicators.planner import ancestors, measured_indicators
from sapa.packs.loader import Pack
from sapa.packs.models_data import Dataset, Dimension
from sapa_web.collection.domain.packs import pack_named
from sapa_web.indicators.domain.queries.sources import Frozen

UNIT = "unit_"
"""The dimension of the reporting unit; its name is free, as fields of a pack never end in an underscore here."""


class WithUnits:
    """A pack whose data sets are cut by the reporting unit too (``alone``: by nothing else)."""

    def __init__(self, pack: Pack, *, alone: bool) -> None:
        self.pack, self.alone = pack, alone
        self.id = pack.id

    @property
    def indicators(self) -> tuple[Any, ...]:
        return tuple(self._cut(item) for item in self.pack.indicators)

    def _cut(self, item: Any) -> Any:
        if self.alone:
            return item.model_copy(update={"cuts": None})
        return item if item.cuts is None else item.model_copy(update={"cuts": (*item.cuts, (UNIT,))})

    def dataset(self, element_id: str, period: str | None = None) -> Dataset:
        """The data set with one dimension more."""
        found = self.pack.dataset(element_id, period)
        title = found.field(found.unit).title
        unit = Dimension(id=UNIT, title=title, field=found.unit)
        dimensions = (unit,) if self.alone else (*found.dimensions, unit)
        cuts = ((UNIT,),) if self.alone else (*found.cuts, (UNIT,))
        return found.model_copy(update={"dimensions": dimensions, "cuts": cuts})

    def indicator(self, element_id: str, period: str | None = None) -> Any:
        """The indicator with the cut by unit."""
        return self._cut(self.pack.indicator(element_id, period))

    def codelist(self, element_id: str, period: str | None = None) -> Any:
        """The pack's own code list."""
        return self.pack.codelist(element_id, period)


def unit_plan(pack: Pack, dataset: str, period: str, *, alone: bool) -> Plan:
    """The plan of a data set with a cut by unit; rates of later periods and parts of one whole have no figure of a unit."""
    wider = WithUnits(pack, alone=alone)
    items = [
        item
        for item in measured_indicators(wider, dataset, period)
        if item.kind != "cohort" and not (alone and getattr(item, "adds_up_over", None))
    ]
    return plan(wider, dataset, items, period)


def with_derived(pack: Pack, tables: Sequence[pa.Table], before: pa.Table, period: str, *, provisional: bool) -> pa.Table:
    """Facts with those made from them, as far as what they are made from is there."""
    known = {name for table in tables for name in pc.unique(table["indicator"]).to_pylist()}
    waiting = [item for item in pack.indicators if item.kind in MADE_FROM_FACTS and item.holds(period)]
    ready: list[Any] = []
    while more := [item for item in waiting if item not in ready and set(inputs_of(item)) <= known and _cut_by(item, tables)]:
        ready += more
        known |= {item.id for item in more}
    made = combine(tables)
    if ready:
        # What earlier periods say is looked at for growth only, and never goes into what is returned.
        grown = pa.array([item.of for item in ready if item.kind == "growth"], pa.string())
        past = before.filter(pc.is_in(before["indicator"], value_set=grown)) if before.num_rows else before
        facts = combine([past, made]) if past.num_rows else made
        made = combine([made, derived_facts(ready, facts, period, provisional=provisional)])
    return made


def _cut_by(item: Any, tables: Sequence[pa.Table]) -> bool:
    return item.kind != "parity" or any(item.by in dimensions_of(table) for table in tables)


def figures_of_units(facts: pa.Table) -> pa.Table:
    """Of facts, those of single units, the unit's column named ``unit``, sorted by it."""
    others = [name for name in dimensions_of(facts) if name != UNIT]
    mask = pc.is_valid(facts[UNIT])
    for name in others:
        mask = pc.and_(mask, pc.is_null(facts[name]))
    mine = facts.filter(mask).drop_columns([*others, "snapshot", "period"])
    names = ["unit" if name == UNIT else name for name in mine.column_names]
    return mine.rename_columns(names).sort_by([("unit", "ascending"), ("indicator", "ascending")]).combine_chunks()


def without_units(facts: pa.Table) -> pa.Table:
    """Facts that name no unit."""
    return facts.filter(pc.is_null(facts[UNIT])).drop_columns([UNIT]) if UNIT in facts.column_names else facts


def official_units(frozen: Frozen) -> pa.Table:
    """Figures of every unit of a frozen period."""
    path = Path(settings.SAPA_HOME) / "figures" / safe_part(frozen.pack) / safe_part(frozen.period) / f"{frozen.root}.parquet"
    if not path.is_file():
        write_facts(_computed(frozen), path)
    return _kept(str(path), path.stat().st_mtime_ns)


@lru_cache(maxsize=4)
def _kept(path: str, changed: int) -> pa.Table:
    return pq.read_table(path, page_checksum_verification=True)


def _computed(frozen: Frozen) -> pa.Table:
    pack, store = pack_named(frozen.pack), frozen.store
    tables = []
    for dataset in pack.datasets:
        name = f"{FINAL}/rows/{dataset.id}.parquet"
        if not store.exists(name):
            continue
        source = store.path(name) if isinstance(store, FolderStore) else object_sources(store)[dataset.id]
        tables.append(run(unit_plan(pack, dataset.id, frozen.period, alone=True), source, snapshot=frozen.root))
    facts = with_derived(pack, tables, tables[0].slice(0, 0), frozen.period, provisional=False)
    return figures_of_units(facts)


@lru_cache(maxsize=8)
def official_traits(frozen: Frozen) -> Mapping[str, Mapping[str, str]]:
    """What each unit of a frozen period is, by dimension: type, place, settlement … as the register had it."""
    pack, store = pack_named(frozen.pack), frozen.store
    register = next((item for item in pack.datasets if item.register_), None)
    if register is None or not store.exists(f"{FINAL}/rows/{register.id}.parquet"):
        return {}
    filesystem, path = store.filesystem(f"{FINAL}/rows/{register.id}.parquet")
    rows = pq.read_table(path, filesystem=filesystem, page_checksum_verification=True)
    return traits(pack, register, frozen.period, rows)


def traits(pack: Pack, register: Dataset, period: str, rows: pa.Table) -> dict[str, dict[str, str]]:
    """The codes of every dimension of the register's rows, by unit."""
    units = [str(unit) for unit in rows[register.unit].to_pylist()]
    out: dict[str, dict[str, str]] = {unit: {} for unit in units}
    for dimension in register.dimensions:
        if dimension.field is None or dimension.field not in rows.column_names:
            continue
        above = None
        if dimension.level is not None and dimension.code_list:
            above = dict(ancestors(pack.codelist(dimension.code_list, period), dimension.level))
        for unit, value in zip(units, rows[dimension.field].to_pylist(), strict=True):
            code = UNKNOWN if value is None else str(value)
            out[unit][dimension.id] = code if above is None else above.get(code, UNKNOWN)
    return out
