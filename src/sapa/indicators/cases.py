"""Executed examples of facts: rows that a case gives are read and computed, what comes out is compared with figures by hand.

A case of kind ``facts`` gives ``rows`` of its data set (field → value as a file might hold it), and may give ``previous`` and
``next`` (rows of the periods before and after: growth needs the one, a cohort rate the other), ``register_rows`` (of the
register whose attributes cut the rows), ``tables`` (rows of further data sets of the same period) and ``given: {base, like}``
as cases of verification do; a base completes the rows of the case's own data set, and a case without rows has all those of the
case it is ``like``. It expects a list of ``{indicator, cut?, numerator?, denominator?, value?, count?, flag?}``: the fact of the
case's period in the cell that ``cut`` names (no cut: the whole), ``value: null`` where there is nothing to divide by or the data
lack it. Figures are equal to twelve digits.
"""

from __future__ import annotations

import math
import tempfile
from collections.abc import Iterator, Mapping, Sequence
from dataclasses import dataclass
from pathlib import Path
from typing import Any

import pyarrow as pa
import pyarrow.compute as pc
import pyarrow.parquet as pq

from sapa.datasets import read_records, run_verify_cases
from sapa.datasets.cases import case_base
from sapa.errors import UserError
from sapa.indicators.api import compute
from sapa.indicators.derived import MADE_FROM_FACTS, combine, inputs_of
from sapa.indicators.facts import dimensions_of
from sapa.indicators.periods import shift_period
from sapa.indicators.planner import ATTRIBUTE
from sapa.packs.cases import CaseResult, run_cases
from sapa.packs.loader import Pack, Placed
from sapa.packs.models_data import Dataset
from sapa.packs.models_indicator import Case
from sapa.packs.models_law import CodeList

FIGURES = ("numerator", "denominator", "value", "count", "flag")
_KEY = b"examples name nobody: any key will do"
_DIGITS = 1e-12

Rows = Sequence[Mapping[str, Any]]


def run_every_case(pack: Pack) -> list[CaseResult]:
    """Execute all of the pack's own cases, in the pack's order. One that no runner takes is a failure, so that none is idle."""
    results = {(item.kind, item.case): item for run in (run_cases, run_verify_cases, run_facts_cases) for item in run(pack)}
    out = []
    for item in pack.placed:
        if item.section == "cases":
            case: Case = item.element
            idle = _result(item, (f"nothing executes a case of kind {case.kind}",))
            out.append(results.get((case.kind, case.id), idle))
    return out


def run_facts_cases(pack: Pack) -> list[CaseResult]:
    """Execute the pack's own cases of kind facts. Never raises on what a case says: that is a difference."""
    return [_run(item, pack) for item in pack.placed if item.section == "cases" and item.element.kind == "facts"]


def _run(item: Placed, pack: Pack) -> CaseResult:
    case: Case = item.element
    try:
        differences = tuple(_differences(case, pack))
    except (UserError, ValueError) as error:
        differences = (str(error),)
    return _result(item, differences)


def _result(item: Placed, differences: tuple[str, ...]) -> CaseResult:
    case: Case = item.element
    line, _ = item.source.position(item.path)
    return CaseResult(case.id, item.pack, case.kind, case.proves, differences, item.source.file, line)


def _differences(case: Case, pack: Pack) -> Iterator[str]:
    asked = case.expect
    if (
        not isinstance(asked, list)
        or not asked
        or not all(isinstance(wanted, dict) and "indicator" in wanted for wanted in asked)
    ):
        raise ValueError("expect must be a list of {indicator, cut?, " + "?, ".join(FIGURES) + "?}")
    if strange := sorted(set(case.given) - {"base", "like"}):
        raise ValueError(f"unknown in given: {', '.join(strange)}; allowed: base, like")
    facts = case_facts(case, pack)
    for wanted in asked:
        yield from _compare(wanted, facts)


@dataclass(frozen=True)
class _Asked:
    """The pack with no more indicators than a case asks for: examples are many, each should cost little."""

    pack: Pack
    indicators: tuple[Any, ...]

    @property
    def id(self) -> str:
        return self.pack.id

    def dataset(self, element_id: str, period: str | None = None, /) -> Dataset:
        return self.pack.dataset(element_id, period)

    def codelist(self, element_id: str, period: str | None = None, /) -> CodeList:
        return self.pack.codelist(element_id, period)


def _asked(case: Case, pack: Pack) -> _Asked:
    """The indicators the case expects facts of, and those they are made from."""
    waiting = [str(wanted["indicator"]) for wanted in case.expect]
    names: set[str] = set()
    while waiting:
        name = waiting.pop()
        if name not in names:
            names.add(name)
            item = pack.indicator(name, case.period)
            waiting += inputs_of(item) if item.kind in MADE_FROM_FACTS else ()
    return _Asked(pack, tuple(item for item in pack.indicators if item.id in names))


def case_facts(case: Case, pack: Pack) -> pa.Table:
    """Facts of the case's period, columns as in a facts file.

    The period before is computed first and the one after last, as years follow each other: what a later period restates (a
    cohort rate) replaces what was said earlier. Raises ``UserError`` for rows that can't be read.
    """
    case = _with_rows(case, pack)
    if case.period is None or case.dataset is None:
        raise UserError(f"case {case.id} names no period", todo="add period")
    asked = _asked(case, pack)
    steps = [(shift_period(case.period, by), rows) for by, rows in ((-1, case.previous), (0, case.rows), (1, case.next)) if rows]
    made: list[pa.Table] = []
    with tempfile.TemporaryDirectory() as folder:
        for period, rows in steps:
            further = case.tables if period == case.period else {}
            sources = _sources(case, pack, period, {case.dataset: rows, **further})
            out = Path(folder) / period
            report = compute(asked, folder, out, period=period, snapshot_id=period, earlier=list(made), sources=sources)
            made += [pq.read_table(path) for path in report.files]
    facts = combine(made)
    return facts.filter(pc.equal(facts["period"], case.period))


def _with_rows(case: Case, pack: Pack) -> Case:
    """The case, with all rows of the one it is like where it has none: one set of rows proves many figures."""
    if case.rows:
        return case
    case_base(case, pack)  # a case like one that isn't there is refused before anything else
    model = next((item for item in pack.cases if item.id == case.given.get("like")), None)
    if model is None or not model.rows:
        raise UserError(f"case {case.id} has no rows", todo="add rows, or name under like a case that has them")
    return case.model_copy(
        update={name: getattr(model, name) for name in ("rows", "previous", "next", "register_rows", "tables")}
    )


def _sources(case: Case, pack: Pack, period: str, given: Mapping[str, Rows]) -> dict[str, pa.Table]:
    """The data sets' rows typed by their layouts, with the attributes of their register beside them."""
    base = case_base(case, pack)
    tables = {name: _typed(rows, base if name == case.dataset else {}, name, period, pack) for name, rows in given.items()}
    return {name: _with_attributes(table, case, pack.dataset(name, period), tables, pack) for name, table in tables.items()}


def _typed(rows: Rows, base: Mapping[str, Any], name: str, period: str, pack: Pack) -> pa.Table:
    dataset = pack.dataset(name, period)
    reading = read_records([{**base, **row} for row in rows], dataset, period, pack=pack, pseudonym_key=_KEY)
    for line in reading.findings.table.to_pylist():
        if line["severity"] == "blocks":
            raise UserError(f"row {line['row']} of {name}: {line['rule']} ({line['field']})", todo="mend the row of the case")
    return reading.table


def _with_attributes(rows: pa.Table, case: Case, dataset: Dataset, tables: Mapping[str, pa.Table], pack: Pack) -> pa.Table:
    """The rows as a snapshot holds them: a unit that the register does not hold has no attributes (null)."""
    names = sorted({item.attribute for item in dataset.dimensions if item.attribute})
    if not names or dataset.attributes_from is None:
        return rows
    register = pack.dataset(dataset.attributes_from, case.period)
    known = tables.get(register.id)
    if known is None:
        known = _typed(case.register_rows, {}, register.id, case.period or "", pack)
    where = pc.index_in(rows[dataset.unit], value_set=known[register.unit].combine_chunks())
    for name in names:
        rows = rows.append_column(ATTRIBUTE + name, known[name].take(where))
    return rows


def _compare(wanted: Mapping[str, Any], facts: pa.Table) -> Iterator[str]:
    """What differs between one expected fact and the one computed."""
    cut: Mapping[str, Any] = wanted.get("cut") or {}
    cell = " ".join([str(wanted["indicator"]), *(f"{name}={code}" for name, code in cut.items())])
    checks = [name for name in wanted if name not in ("indicator", "cut")]
    if not checks or not set(checks) <= set(FIGURES):
        yield f"{cell}: expect at least one of {', '.join(FIGURES)} and nothing else (given: {', '.join(checks) or 'none'})"
        return
    fact = _fact(str(wanted["indicator"]), cut, facts)
    if fact is None:
        yield f"{cell}: there is no such fact"
        return
    for name in checks:
        if not _same(wanted[name], fact[name]):
            yield f"{cell}: {name}: expected {wanted[name]}, got {fact[name]}"


def _fact(indicator: str, cut: Mapping[str, Any], facts: pa.Table) -> dict[str, Any] | None:
    """The fact of that cell; of several, that of the latest snapshot, which restates the earlier."""
    if not set(cut) <= set(dimensions_of(facts)):
        return None
    mask = pc.equal(facts["indicator"], indicator)
    for name in dimensions_of(facts):
        here = pc.equal(facts[name], str(cut[name])) if name in cut else pc.is_null(facts[name])
        mask = pc.and_(mask, pc.fill_null(here, False))
    found: list[dict[str, Any]] = facts.filter(mask).to_pylist()
    return max(found, key=lambda fact: str(fact["snapshot"]), default=None)


def _same(wanted: Any, got: Any) -> bool:
    if isinstance(wanted, bool) or wanted is None or isinstance(wanted, str) or got is None or isinstance(got, str):
        return bool(wanted == got)
    return math.isclose(float(wanted), float(got), rel_tol=_DIGITS, abs_tol=0.0)


__all__ = ["FIGURES", "case_facts", "run_every_case", "run_facts_cases"]
