"""From a snapshot to files of facts."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from dataclasses import dataclass, field
from pathlib import Path
from typing import Any

import pyarrow as pa
import pyarrow.compute as pc
import pyarrow.parquet as pq

from sapa.errors import UserError
from sapa.indicators.derived import MADE_FROM_FACTS, cohort_facts, combine, derived_facts, inputs_of
from sapa.indicators.engines import engine as engine_named
from sapa.indicators.engines.duckdb import MEMORY_LIMIT
from sapa.indicators.facts import facts_schema, write_facts
from sapa.indicators.plan import Plan
from sapa.indicators.planner import PackLike, measured_indicators, plan

DERIVED = "derived"


@dataclass
class ComputeReport:
    """What was computed: files written, number of facts in each, what was left out and why."""

    files: list[Path] = field(default_factory=list)
    facts: dict[str, int] = field(default_factory=dict)
    notes: list[str] = field(default_factory=list)

    @property
    def total(self) -> int:
        """Number of facts in all files."""
        return sum(self.facts.values())


def compute(
    pack: PackLike,
    snapshot_dir: str | Path,
    out_dir: str | Path,
    *,
    period: str,
    snapshot_id: str,
    provisional: bool = False,
    earlier: Sequence[str | Path | pa.Table] = (),
    sources: Mapping[str, Any] | None = None,
    threads: int | None = None,
    memory_limit: str = MEMORY_LIMIT,
    engine: str = "duckdb",
) -> ComputeReport:
    """Compute every indicator of the pack over a snapshot and write ``<dataset>.parquet`` and ``derived.parquet`` to ``out_dir``.

    ``sources`` (data set id → path, ``pyarrow.Table`` or ``pyarrow.dataset.Dataset``) replaces
    ``snapshot_dir/rows/<dataset>.parquet``, e.g. for an archive in an object store. ``earlier`` are facts of earlier periods,
    for growth and cohort rates. ``engine`` is ``duckdb`` or ``spark``: the facts are the same. A data set without rows in the
    snapshot is left out with a note. The bytes written depend on nothing but the rows, the pack and ``snapshot_id``.
    """
    report, run = ComputeReport(), engine_named(engine)
    before = combine([_read(item) for item in earlier])
    made: dict[str, pa.Table] = {}
    for dataset_id in _datasets(pack, period):
        source = _source(dataset_id, snapshot_dir, sources)
        if source is None:
            report.notes.append(f"no rows of {dataset_id} in the snapshot: its indicators are left out")
            continue
        planned = plan(pack, dataset_id, None, period)
        report.notes.extend(planned.notes)
        facts = run(planned, source, snapshot=snapshot_id, provisional=provisional, threads=threads, memory_limit=memory_limit)
        made[dataset_id] = with_cohorts(pack, planned, facts, before, snapshot=snapshot_id, provisional=provisional)
    made |= _derive(pack, made, before, period, snapshot_id, provisional, report)
    for name, table in made.items():
        path = Path(out_dir) / f"{name}.parquet"
        write_facts(table, path)
        report.files.append(path)
        report.facts[name] = table.num_rows
    return report


def with_cohorts(
    pack: PackLike, planned: Plan, facts: pa.Table, before: pa.Table, *, snapshot: str, provisional: bool
) -> pa.Table:
    """The facts of a data set with its cohort rates put right: see ``derived.cohort_facts``."""
    cohorts = {item.id: item for item in measured_indicators(pack, planned.dataset, planned.period) if item.kind == "cohort"}
    if not cohorts:
        return facts
    parts = []
    for item in planned.indicators:
        if item.id in cohorts:
            parts.append(
                cohort_facts(cohorts[item.id], facts, before, planned.period, snapshot=snapshot, provisional=provisional)
            )
        else:
            parts.append(facts.filter(pc.equal(facts["indicator"], item.id)))
    schema = facts_schema(planned.dimension_ids)
    return pa.concat_tables([part.select(schema.names).cast(schema) for part in parts])


def _derive(
    pack: PackLike,
    made: dict[str, pa.Table],
    before: pa.Table,
    period: str,
    snapshot: str,
    provisional: bool,
    report: ComputeReport,
) -> dict[str, pa.Table]:
    """Facts of the indicators made from facts; those whose inputs are not there are left out with a note."""
    items = [item for item in pack.indicators if item.kind in MADE_FROM_FACTS and item.holds(period)]
    known = {name for table in made.values() for name in pc.unique(table["indicator"]).to_pylist()}
    possible: list[Any] = []
    while True:
        ready = [item for item in items if item not in possible and set(inputs_of(item)) <= known]
        if not ready:
            break
        possible += ready
        known |= {item.id for item in ready}
    for item in items:
        if item not in possible:
            absent = ", ".join(name for name in inputs_of(item) if name not in known)
            report.notes.append(f"{item.id} is left out: there are no facts of {absent}")
    if not possible:
        return {}
    facts = combine([*made.values(), before])
    return {DERIVED: derived_facts(possible, facts, period, snapshot=snapshot, provisional=provisional)}


def _datasets(pack: PackLike, period: str) -> list[str]:
    used = (item.dataset for item in pack.indicators if hasattr(item, "dataset") and item.holds(period))
    return list(dict.fromkeys(used))


def _source(dataset_id: str, snapshot_dir: str | Path, sources: Mapping[str, Any] | None) -> Any:
    if sources is not None:
        return sources.get(dataset_id)
    path = Path(snapshot_dir) / "rows" / f"{dataset_id}.parquet"
    return path if path.is_file() else None


def _read(item: str | Path | pa.Table) -> pa.Table:
    if isinstance(item, pa.Table):
        return item
    try:
        return pq.read_table(item, page_checksum_verification=True)
    except (OSError, pa.ArrowInvalid) as error:
        raise UserError(f"the earlier facts at {item} can't be read: {error}", todo="compute that period again") from error
