"""From a snapshot to files of facts."""

from __future__ import annotations

import hashlib
import json
from collections.abc import Mapping, Sequence
from dataclasses import dataclass, field
from pathlib import Path
from typing import Any

import pyarrow as pa
import pyarrow.compute as pc
import pyarrow.parquet as pq

from sapa.errors import UserError
from sapa.indicators.derived import MADE_FROM_FACTS, affected, cohort_facts, combine, derived_facts, inputs_of
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
    snapshot is left out with a note; rows that are not those frozen are refused with ``UserError``. The bytes written depend
    on nothing but the rows, the pack and ``snapshot_id``.
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
    """Facts of the indicators made from facts, of this period and of those it restated; what lacks inputs is left out."""
    items = [item for item in pack.indicators if item.kind in MADE_FROM_FACTS]
    facts = combine([before, *made.values()])
    parts = []
    for when, again in affected(items, _restated(made, period), period).items():
        possible, _ = _possible(again, facts.filter(pc.equal(facts["period"], when)))
        table = derived_facts(possible, facts, when, snapshot=snapshot, provisional=provisional)
        facts = combine([facts, table])
        parts.append(table)
    possible, absent = _possible([item for item in items if item.holds(period)], *made.values())
    report.notes += [f"{name} is left out: there are no facts of {', '.join(names)}" for name, names in absent.items()]
    if possible:
        parts.append(derived_facts(possible, facts, period, snapshot=snapshot, provisional=provisional))
    return {DERIVED: combine(parts)} if parts else {}


def _restated(made: dict[str, pa.Table], period: str) -> dict[str, set[str]]:
    """Earlier periods of which this snapshot completes facts, each with their indicators."""
    out: dict[str, set[str]] = {}
    for table in made.values():
        for row in table.group_by(["period", "indicator"]).aggregate([]).to_pylist():
            if row["period"] != period:
                out.setdefault(row["period"], set()).add(row["indicator"])
    return out


def _possible(items: Sequence[Any], *tables: pa.Table) -> tuple[list[Any], dict[str, list[str]]]:
    """Indicators whose inputs have facts, and the others with the inputs they lack."""
    known = {name for table in tables for name in pc.unique(table["indicator"]).to_pylist()}
    possible: list[Any] = []
    while ready := [item for item in items if item not in possible and set(inputs_of(item)) <= known]:
        possible += ready
        known |= {item.id for item in ready}
    absent = {item.id: [name for name in inputs_of(item) if name not in known] for item in items if item not in possible}
    return possible, absent


def _datasets(pack: PackLike, period: str) -> list[str]:
    used = (item.dataset for item in pack.indicators if hasattr(item, "dataset") and item.holds(period))
    return list(dict.fromkeys(used))


def _source(dataset_id: str, snapshot_dir: str | Path, sources: Mapping[str, Any] | None) -> Any:
    if sources is not None:
        return sources.get(dataset_id)
    path = Path(snapshot_dir) / "rows" / f"{dataset_id}.parquet"
    if not path.is_file():
        return None
    _unaltered(path, Path(snapshot_dir))
    return path


def _unaltered(path: Path, snapshot_dir: Path) -> None:
    """Raise ``UserError`` where the file is not the one that was frozen: DuckDB reads a flipped bit without complaint.

    The statement of the snapshot holds the SHA-256 of its files; rows without a statement beside them are taken as they are.
    """
    statement = snapshot_dir / "snapshot.json"
    if not statement.is_file():
        return
    name = path.relative_to(snapshot_dir).as_posix()
    frozen = json.loads(statement.read_bytes())["files"].get(name)
    with path.open("rb") as file:
        found = hashlib.file_digest(file, "sha256").hexdigest()
    if found != frozen:
        raise UserError(
            f"{name} is not the file that was frozen",
            todo="find what was changed with sapa verify; take the snapshot from a copy",
        )


def _read(item: str | Path | pa.Table) -> pa.Table:
    if isinstance(item, pa.Table):
        return item
    try:
        return pq.read_table(item, page_checksum_verification=True)
    except (OSError, pa.ArrowInvalid) as error:
        raise UserError(f"the earlier facts at {item} can't be read: {error}", todo="compute that period again") from error
