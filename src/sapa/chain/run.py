"""The whole chain over a folder of returns, step by step, with the figures each step leaves behind."""

from __future__ import annotations

import json
from collections.abc import Iterable, Mapping, Sequence
from contextlib import AbstractContextManager
from dataclasses import dataclass, field, replace
from pathlib import Path
from typing import Any, Protocol

import pyarrow as pa
import pyarrow.compute as pc
import pyarrow.dataset as pad

from sapa.archive.freeze import FINAL, FreezeOrder, FrozenSnapshot, begun_at, freeze, standing
from sapa.archive.store import FolderStore, Store
from sapa.chain.collect import (
    Collected,
    annotate,
    demonstration_authority,
    grouped,
    prepare,
    read_and_verify,
    sign_and_store,
    trust_of,
)
from sapa.chain.context import Run, checked_parquet, frozen_as_of, snapshot_statement, workplace
from sapa.chain.publish import QUALITY, publish_run
from sapa.datasets.report import Verified, write_findings_json, write_findings_xlsx
from sapa.formula import parse, schema_of, to_sql
from sapa.indicators.api import compute
from sapa.indicators.engines.duckdb import query, session
from sapa.packs.models_data import Dataset

KEEPER = ("Keeper of the archive", "archive")
"""Who signs the root of a demonstration's snapshot: name and unit."""


FINDINGS = "findings.xlsx"


class Steps(Protocol):
    """Measures the steps of a run."""

    seconds: dict[str, float]

    def step(self, name: str) -> AbstractContextManager[None]: ...


@dataclass
class Outcome:
    """What a run of the chain left behind, as ``sapa run --json`` prints it."""

    collected: dict[str, Collected] = field(default_factory=dict)
    snapshot: FrozenSnapshot | None = None
    facts: int = 0
    files: list[Path] = field(default_factory=list)
    calendar: dict[str, Any] = field(default_factory=dict)
    notes: list[str] = field(default_factory=list)
    findings: str = ""
    """Where the workbook of findings lies."""

    def as_json(self, seconds: Mapping[str, float]) -> dict[str, Any]:
        """The object a run ends with (its keys are a contract)."""
        sums = {name: sum(getattr(item, name) for item in self.collected.values()) for name in _SUMS}
        refusals = [refusal for item in self.collected.values() for refusal in item.intake.refused]
        return {
            **sums,
            "findings": merged_counts(self.collected.values()),
            "refused_submissions": [vars(item) for item in refusals],
            "root": self.snapshot.root if self.snapshot else None,
            "facts": self.facts,
            "calendar": self.calendar,
            "notes": self.notes,
            "files": [item.as_posix() for item in self.files],
            "seconds": dict(seconds),
        }


_SUMS = ("units", "rows_read", "rows_accepted", "rows_refused")


def merged_counts(collected: Iterable[Collected]) -> dict[str, dict[str, int]]:
    """Findings of every data set by severity and rule."""
    out: dict[str, dict[str, int]] = {"blocks": {}, "explain": {}, "note": {}}
    for item in collected:
        for severity, rules in (item.findings.counts() if item.findings is not None else {}).items():
            for rule, count in rules.items():
                out[severity][rule] = out[severity].get(rule, 0) + count
    return out


def collect_files(
    run: Run,
    files: Sequence[Path],
    clock: Steps,
    outcome: Outcome,
    *,
    dataset: str = "",
    previous: Mapping[str, pa.Table] | None = None,
    pseudonym_key: bytes | None = None,
    sheet: str | None = None,
    unsigned: Path | None = None,
    lang: str = "en",
) -> None:
    """Collect, verify, sign and store every file; write findings and the annotated workbooks.

    With ``unsigned`` nothing is stored: rows and manifests are written there, for heads who sign with software of their own.
    """
    for dataset_id, paths in grouped(run, files, dataset).items():
        layout = run.pack.dataset(dataset_id, run.period)
        with clock.step("collect+verify"):
            found = read_and_verify(
                run,
                layout,
                paths,
                previous=(previous or {}).get(dataset_id),
                before=outcome.collected,
                pseudonym_key=pseudonym_key,
                sheet=sheet,
            )
        if unsigned is not None:
            prepare(run, found, unsigned)
        else:
            with clock.step("sign+store"):
                sign_and_store(run, found)
        outcome.collected[dataset_id] = found
    as_of = frozen_as_of(run.store)
    if as_of and run.store.exists(QUALITY):
        # What is published of the snapshot says what was found when it was collected.
        outcome.notes.append(f"frozen as of {as_of}: these returns are in it as they are, nothing was written")
        return
    with clock.step("findings"):
        _write_findings(run, outcome, lang)
        run.store.write(QUALITY, json.dumps(_quality(outcome), ensure_ascii=False, sort_keys=True).encode())


def _write_findings(run: Run, outcome: Outcome, lang: str) -> None:
    verified = [
        Verified(item.findings, item.rows_read, item.rows_refused)
        for item in outcome.collected.values()
        if item.findings is not None
    ]
    with workplace(run.store) as folder:
        write_findings_xlsx(folder / FINDINGS, verified, lang)
        write_findings_json(folder / "findings.json", verified, lang)
        annotated = [path for item in outcome.collected.values() for path in annotate(item, folder, lang)]
    outcome.findings = f"{run.store.url.partition('?')[0]}/{FINDINGS}"
    outcome.files += annotated if isinstance(run.store, FolderStore) else []


def _quality(outcome: Outcome) -> dict[str, Any]:
    rules = [rule for item in outcome.collected.values() for rule in _rules(item)]
    sums = {name: sum(getattr(item, name) for item in outcome.collected.values()) for name in _SUMS if name != "units"}
    expected, missing = _expected(outcome)
    received = sum(len(_senders(item)) for item in outcome.collected.values())
    return {**sums, "rules": rules, "units_received": received, "units_expected": expected, "missing": missing}


def _rules(item: Collected) -> list[dict[str, Any]]:
    """The findings of a data set by rule, those that follow from refused rows apart; with titles in every language."""
    if item.findings is None:
        return []
    told: dict[tuple[str, str, str], dict[str, Any]] = {}
    for lang in sorted({lang for rule in item.dataset.rules for lang in rule.cause} | set(item.dataset.title)):
        for cause in item.findings.summary(lang):
            said = {"rule": cause.rule, "severity": cause.severity, "count": cause.count, "title": {}}
            told.setdefault((cause.severity, cause.rule, cause.follows), said)["title"][lang] = cause.cause
    return list(told.values())


def _senders(item: Collected) -> dict[str, None]:
    """Units whose return came, whatever became of it."""
    unit = item.dataset.unit
    came = [pc.unique(reading.table[unit].cast(pa.string())).to_pylist() for reading in item.readings]
    return dict.fromkeys(name for names in came for name in names if name is not None)


MISSING_LISTED = 500
"""Missing returns named in the quality annex; the number is always complete."""


def _expected(outcome: Outcome) -> tuple[int | None, list[dict[str, str]]]:
    """Returns due according to the register collected in the same run (its refused rows too), and those that did not come.

    Without a register nobody knows who owes a return: then the number is None.
    """
    register = next((item for item in outcome.collected.values() if item.dataset.register_), None)
    if register is None:
        return None, []
    rows = pa.concat_tables([reading.table for reading in register.readings])
    expected, missing = 0, []
    for item in outcome.collected.values():
        came = _senders(item)
        due = owing(register.dataset, rows, item.dataset.owed_when)
        expected += len(due)
        missing += [{"id": unit, "name": f"{name} ({item.dataset.id})"} for unit, name in due.items() if unit not in came]
    return expected, missing[:MISSING_LISTED]


def owing(register: Dataset, rows: pa.Table, condition: str | None) -> dict[str, str]:
    """Units of the register that owe a return, with their names."""
    if condition:
        sql = to_sql(parse(condition, schema_of(register)), "duckdb")
        with session(rows) as connection:
            rows = query(connection, f"SELECT * FROM rows WHERE {sql}")  # noqa: S608 - compiled from a closed list
    units = rows[register.unit].to_pylist()
    names = rows[register.unit_title].to_pylist() if register.unit_title else units
    return {unit: name or unit for unit, name in zip(units, names, strict=True)}


def freeze_run(run: Run, clock: Steps, outcome: Outcome) -> None:
    """Freeze what was accepted, as of the run's date, under its regime."""
    regime = run.regime
    with clock.step("freeze"):
        datasets = tuple(item.id for item in run.pack.datasets)
        at = begun_at(run.store) or run.now
        order = FreezeOrder(
            period=run.period,
            datasets=datasets,
            as_of=run.as_of,
            at=at,
            regime=regime.pack.id if regime else "",
            borrowed=regime.notice if regime else {},
        )
        keeper = demonstration_authority(run).person(*KEEPER, now=at)
        outcome.snapshot = standing(run.store, run.pack, order) or freeze(
            run.store, run.pack, order, keeper, trust_of(replace(run, now=at)), processes=run.processes, progress=run.report
        )
    if regime:
        plan = regime.plan(run.as_of)
        outcome.calendar = {
            "regime": regime.pack.id,
            "borrowed": dict(regime.notice),
            "notice_by": plan.notice_by.isoformat(),
            "suspended": [plan.suspend_from.isoformat(), plan.suspend_until.isoformat()],
            "as_of": run.as_of.isoformat(),
            "state": plan.state(run.now.date()),
            "problems": [problem.message for problem in plan.problems()],
        }


def compute_run(
    run: Run, clock: Steps, outcome: Outcome, *, earlier: Sequence[Path] = (), engine: str = "duckdb", memory: str = ""
) -> None:
    """Compute every indicator of the pack over the snapshot."""
    statement = snapshot_statement(run.store)
    options: dict[str, Any] = {"engine": engine} | ({"memory_limit": memory} if memory else {})
    if not isinstance(run.store, FolderStore):
        options["sources"] = object_sources(run.store)
    with clock.step("compute"), workplace(run.store) as folder:
        result = compute(
            run.pack,
            f"{run.store.url}/{FINAL}",
            folder / "facts",
            period=run.period,
            snapshot_id=str(statement["root"]),
            earlier=earlier,
            **options,
        )
    outcome.facts = result.total
    outcome.notes += result.notes


def object_sources(store: Store) -> dict[str, Any]:
    """The rows of a snapshot in an object store, by data set, as Arrow data sets that refuse a page with a flipped bit."""
    out: dict[str, Any] = {}
    for name in store.names(f"{FINAL}/rows"):
        filesystem, path = store.filesystem(name)
        out[Path(name).stem] = pad.dataset(path, filesystem=filesystem, format=checked_parquet())
    return out


def whole_chain(
    run: Run, files: Sequence[Path], clock: Steps, *, langs: Sequence[str], earlier: Sequence[Path] = (), **collecting: Any
) -> Outcome:
    """collect → verify → sign → freeze → compute → publish."""
    outcome = Outcome()
    collect_files(run, files, clock, outcome, lang=langs[0] if langs else "en", **collecting)
    freeze_run(run, clock, outcome)
    compute_run(run, clock, outcome, earlier=earlier)
    if langs and not run.pack.reports:
        outcome.notes.append(f"pack {run.pack.id} has no report: nothing is published (facts lie in {run.folder / 'facts'})")
    elif langs:
        with clock.step("publish"):
            outcome.files += publish_run(run.store, run.folder, langs, facts=earlier, report=run.report)
    return outcome


__all__ = ["Outcome", "collect_files", "compute_run", "freeze_run", "merged_counts", "whole_chain"]
