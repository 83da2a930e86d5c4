"""The way of one number, for one reader: value ← formula ← clause ← snapshot ← submissions ← rows, and the value computed again.

What the reader may not see is counted and not shown: submissions of units outside the reader's scope, rows without the
capability to see persons' data.
"""

from __future__ import annotations

import math
from collections.abc import Iterable, Mapping, Sequence
from dataclasses import dataclass, field
from typing import Any

import pyarrow.compute as pc
import pyarrow.parquet as pq

from sapa.archive.freeze import FINAL
from sapa.archive.store import FolderStore, Store
from sapa.chain.lineage import TOLERANCE, FactId, Lineage, trace_fact
from sapa.chain.run import object_sources
from sapa.indicators.derived import MADE_FROM_FACTS, inputs_of
from sapa.indicators.engines.duckdb import query, session
from sapa.indicators.trace import Trace, recompute
from sapa.packs.models_data import Dataset
from sapa.publication.facts import Fact
from sapa.publication.labels import Labels
from sapa_web.collection.domain.packs import pack_named
from sapa_web.collection.models import Submission
from sapa_web.indicators.domain.queries.facts import Figures
from sapa_web.indicators.domain.queries.reach import Reach
from sapa_web.indicators.domain.queries.sources import Frozen, frozen_periods
from sapa_web.orgs.domain.queries.access import scope_of
from sapa_web.orgs.models import Organisation
from sapa_web.orgs.roles import Capability

MOST_SUBMISSIONS = 50
MOST_ROWS = 20
RECOMPUTED_AT_ONCE = 2000
"""Returns whose rows are read again while the reader waits; of more the figure is shown without it."""


@dataclass(frozen=True)
class Return:
    """One signed submission behind the number."""

    unit: str
    name: str
    dataset: str
    revision: int
    digest: str
    signer: str
    rows: int


@dataclass
class Way:
    """What the page shows; ``inputs`` are the ways of the numbers an indicator is made from."""

    fact: FactId
    title: str
    unit: str
    decimals: int
    value: float | None
    flag: str
    definition: str
    clauses: tuple[tuple[str, str], ...]
    period: str
    root: str = ""
    as_of: str = ""
    recomputed: float | None = None
    checked: bool = False
    agrees: bool = False
    note: str = ""
    condition: str = ""
    rows_count: int = 0
    numerator: float | None = None
    denominator: float | None = None
    returns: list[Return] = field(default_factory=list)
    returns_count: int = 0
    columns: list[str] = field(default_factory=list)
    rows: list[list[Any]] = field(default_factory=list)
    rows_hidden: bool = True
    inputs: list[Way] = field(default_factory=list)

    @property
    def value_text(self) -> str:
        """The value with all its digits."""
        return "" if self.value is None else f"{self.value:.15g}"

    @property
    def recomputed_text(self) -> str:
        """What came out when it was computed again, with all its digits."""
        return "" if self.recomputed is None else f"{self.recomputed:.15g}"


class _Teller:
    """Turns the engine's traces into what one reader may see."""

    def __init__(self, figures: Figures, labels: Labels, reach: Reach) -> None:
        self.figures, self.labels, self.reach = figures, labels, reach
        self.persons = scope_of(reach.user, Capability.PERSONS)
        self.archives = {item.period: item for item in frozen_periods(figures.pack)}

    def official(self, name: str) -> Way:
        wanted = FactId.parse(name)
        # A rate of an earlier period is restated by a later archive: the newest says what is published.
        main = max(self.archives)
        others = [item.store for period, item in self.archives.items() if period != main]
        found = trace_fact(self.archives[main].store, str(wanted), others=others, limit=1, lang=self.labels.lang.code)
        return self._told(found)

    def _told(self, found: Lineage) -> Way:
        item = self.labels.indicator(found.fact.indicator)
        way = Way(
            found.fact, self.labels.text(item.title), self.labels.lang.unit(item.unit), item.decimals, found.published,
            found.flag, found.definition, tuple(self.labels.clause(reference) for reference, _ in found.clauses),
            found.fact.period, root=str(found.snapshot["root"]), as_of=str(found.snapshot["as_of"]), recomputed=found.recomputed,
            checked=found.complete, agrees=found.agrees, note=found.note,
        )  # fmt: skip
        if found.trace is not None:
            frozen = self.archives.get(found.fact.period)
            if frozen is not None:
                self._rest(way, found.trace, pack_named(self.figures.pack).dataset(item.dataset, way.period), frozen)
        way.inputs = [self._told(each) for each in found.inputs]
        return way

    def _rest(self, way: Way, trace: Trace, dataset: Dataset, frozen: Frozen) -> None:
        """Submissions and rows of a trace over a frozen period."""
        way.condition, way.rows_count = trace.filter, trace.count
        way.numerator, way.denominator = trace.numerator, trace.denominator
        way.returns_count = len(trace.submissions)
        leaves = _leaves(frozen.store)
        behind = [(leaves[leaf], rows) for leaf, rows in trace.submissions if leaf in leaves]
        self._returns(way, [({**leaf}, rows) for leaf, rows in behind])
        source = _source(frozen.store, dataset.id)
        units = self._units_with_rows(dataset, (str(leaf["unit"]) for leaf, _ in behind))
        self._rows(way, dataset, source, trace.filter, units)

    def _returns(self, way: Way, behind: Sequence[tuple[Mapping[str, Any], int]]) -> None:
        mine = self.reach.units(str(leaf["unit"]) for leaf, _ in behind) if behind else frozenset()
        shown = [(leaf, rows) for leaf, rows in behind if leaf["unit"] in mine][:MOST_SUBMISSIONS]
        names = dict(
            Organisation.objects.for_scope(self.reach.scope)
            .filter(code__in=[leaf["unit"] for leaf, _ in shown])
            .values_list("code", "name")
        )
        way.returns = [
            Return(
                str(leaf["unit"]), names.get(str(leaf["unit"]), ""), str(leaf["dataset"]), int(leaf["revision"]),
                str(leaf["digest"]), str(leaf["signer"]), rows,
            )
            for leaf, rows in shown
        ]  # fmt: skip

    def _units_with_rows(self, dataset: Dataset, units: Iterable[str]) -> list[str]:
        """Units whose rows the reader may see: with the capability for persons' data, of a register without it."""
        scope = self.reach.scope if dataset.register_ else self.persons
        wanted = set(units)
        if not scope or not wanted:
            return []
        found = Organisation.objects.for_scope(scope).filter(is_institution=True).values_list("code", flat=True)
        return sorted(wanted & set(found))

    def _rows(self, way: Way, dataset: Dataset, source: Any, condition: str, units: Sequence[str]) -> None:
        if not units:
            return
        way.rows_hidden = False
        hidden = {item.id for item in dataset.fields if item.protect != "none"}
        with session(source) as connection:
            listed = ", ".join("'" + unit.replace("'", "''") + "'" for unit in units)
            text = f'SELECT * FROM rows WHERE ({condition}) AND "{dataset.unit}" IN ({listed}) LIMIT {MOST_ROWS}'  # noqa: S608
            table = query(connection, text)
        layout = [item for item in dataset.layout(way.period) if item.id in table.column_names and item.id not in hidden]
        filled = [item for item in layout if table[item.id].null_count < table.num_rows]
        way.columns = [self.labels.text(item.title) for item in filled]
        columns = [table[item.id].to_pylist() for item in filled]
        way.rows = [list(row) for row in zip(*columns, strict=True)] if columns else []

    def of_unit(self, indicator: str, period: str, unit: str) -> Way:
        """The way of one institution's own figure."""
        from sapa_web.indicators.domain.units import UNIT, WithUnits

        rows = self.figures.units(period)
        mine = rows.filter(pc.and_(pc.equal(rows["unit"], unit), pc.equal(rows["indicator"], indicator))).to_pylist()
        if not mine:
            raise LookupError(unit)
        way = self._begun(FactId(indicator, period, {UNIT: unit}), mine[0]["value"], mine[0]["flag"])
        pack = WithUnits(pack_named(self.figures.pack), alone=True)
        return self._from_rows(way, pack, {UNIT: unit}, unit)

    def live(self, name: str, fact: Fact) -> Way:
        """The way of a provisional figure."""
        way = self._begun(FactId.parse(name), fact.value, "P")
        return self._from_rows(way, pack_named(self.figures.pack), dict(way.fact.cut), "")

    def _begun(self, wanted: FactId, value: float | None, flag: str) -> Way:
        from sapa.indicators.explain import definition

        item = self.labels.indicator(wanted.indicator)
        stamp = self.figures.stamps[wanted.period]
        return Way(
            wanted, self.labels.text(item.title), self.labels.lang.unit(item.unit), item.decimals, value, flag, definition(item),
            tuple(self.labels.clause(reference) for reference in item.clause), wanted.period, root=stamp.root, as_of=stamp.as_of,
        )  # fmt: skip

    def _from_rows(self, way: Way, pack: Any, cut: Mapping[str, str], unit: str) -> Way:
        item = pack.indicator(way.fact.indicator, way.period)
        if item.kind in MADE_FROM_FACTS:
            way.inputs = [found for name in inputs_of(item) if (found := self._input(name, way, unit)) is not None]
            return way
        dataset = pack.dataset(item.dataset, way.period)
        if not self.figures.provisional:
            frozen = self.archives[way.period]
            self._compare(
                way, recompute(pack, item.id, way.period, cut, _source(frozen.store, dataset.id), limit=1), dataset, frozen
            )
            return way
        from sapa_web.indicators.domain.live import current_rows

        rows, behind = current_rows(self.figures.pack, way.period, dataset.id, unit=unit, most=RECOMPUTED_AT_ONCE)
        if rows is None:
            return way
        traced = recompute(pack, item.id, way.period, cut, rows, limit=1)
        self._compare(way, traced, dataset, None)
        described = [(_submitted(behind[leaf]), count) for leaf, count in traced.submissions]
        self._returns(way, described)
        self._rows(
            way, dataset, rows, traced.filter, self._units_with_rows(dataset, (str(leaf["unit"]) for leaf, _ in described))
        )
        return way

    def _compare(self, way: Way, found: Trace, dataset: Dataset, frozen: Frozen | None) -> None:
        way.recomputed, way.checked = found.value, True
        if way.value is None or found.value is None:
            way.agrees = way.value is None and found.value is None
        else:
            way.agrees = math.isclose(way.value, found.value, rel_tol=TOLERANCE, abs_tol=1e-15)
        way.condition, way.rows_count, way.returns_count = found.filter, found.count, len(found.submissions)
        way.numerator, way.denominator = found.numerator, found.denominator
        if frozen is not None:
            self._rest(way, found, dataset, frozen)

    def _input(self, name: str, way: Way, unit: str) -> Way | None:
        try:
            if unit:
                return self.of_unit(name, way.period, unit)
        except LookupError:
            return None
        fact = self.figures.fact(name, way.period, way.fact.cut)
        return self.live(str(FactId(name, way.period, way.fact.cut)), fact) if fact is not None else None


def _submitted(item: Submission) -> dict[str, Any]:
    asked = item.obligation
    return {
        "unit": asked.organisation.code, "dataset": asked.campaign.dataset, "revision": item.revision, "digest": item.digest,
        "signer": item.signer,
    }  # fmt: skip


def _leaves(store: Store) -> dict[int, dict[str, Any]]:
    filesystem, path = store.filesystem(f"{FINAL}/leaves.parquet")
    names = ["leaf", "dataset", "unit", "revision", "digest", "signer"]
    rows = pq.read_table(path, filesystem=filesystem, columns=names, page_checksum_verification=True).to_pylist()
    return {row["leaf"]: row for row in rows}


def _source(store: Store, dataset: str) -> Any:
    if isinstance(store, FolderStore):
        return store.path(f"{FINAL}/rows/{dataset}.parquet")
    return object_sources(store)[dataset]


def way_of(figures: Figures, name: str, labels: Labels, reach: Reach) -> Way | None:
    """The way of an aggregated figure; ``None`` where there is none or the reader may not see it."""
    wanted = FactId.parse(name)
    fact = figures.fact(wanted.indicator, wanted.period, dict(wanted.cut))
    if fact is None or not reach.visible(wanted.indicator, fact.cut):
        return None
    teller = _Teller(figures, labels, reach)
    return teller.live(str(wanted), fact) if figures.provisional else teller.official(str(wanted))


def way_of_unit(figures: Figures, indicator: str, period: str, unit: str, labels: Labels, reach: Reach) -> Way | None:
    """The way of one institution's figure; ``None`` where there is none or the institution is out of scope."""
    if unit not in reach.units([unit]) or not reach.allows(indicator) or period not in figures.stamps:
        return None
    try:
        return _Teller(figures, labels, reach).of_unit(indicator, period, unit)
    except LookupError:
        return None


__all__ = ["Return", "Way", "way_of", "way_of_unit"]
