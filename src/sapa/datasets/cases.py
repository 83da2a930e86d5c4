"""Executed examples of verification: rows that a case gives are read and verified, what is found is compared.

A case of kind ``verify`` gives ``rows`` (field → value as a file might hold it) and may give ``previous``, ``register_rows`` and
``given: {base: {field: value}, like: CASE, register: ID}``; every row is completed from ``base`` (that of the case named by
``like``, and its own). It expects the list of all findings as
``{rule, row}`` (``row``: 1 = first; left out for findings about a unit) with ``field`` where it matters.
"""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from typing import Any

import pyarrow as pa

from sapa.datasets.reader import read_records
from sapa.datasets.verify import verify
from sapa.errors import UserError
from sapa.packs.cases import CaseResult
from sapa.packs.loader import Pack, Placed
from sapa.packs.models_data import Dataset
from sapa.packs.models_indicator import Case

_KEY = b"examples name nobody: any key will do"

Found = tuple[str, int | None, str | None]


def run_verify_cases(pack: Pack) -> list[CaseResult]:
    """Execute the pack's own cases of kind verify. Never raises on what a case says: that is a difference."""
    return [_run(item, pack) for item in pack.placed if item.section == "cases" and item.element.kind == "verify"]


def case_rows(
    records: Sequence[Mapping[str, Any]], base: Mapping[str, Any], dataset: Dataset, period: str, pack: Pack
) -> pa.Table:
    """The rows of a case typed by the layout, each completed from ``base``."""
    return read_records([{**base, **record} for record in records], dataset, period, pack=pack, pseudonym_key=_KEY).table


def _run(item: Placed, pack: Pack) -> CaseResult:
    case: Case = item.element
    try:
        differences = tuple(_differences(case, _found(case, pack)))
    except (UserError, ValueError, KeyError) as error:
        differences = (str(error),)
    line, _ = item.source.position(item.path)
    return CaseResult(case.id, item.pack, case.kind, case.proves, differences, item.source.file, line)


def case_base(case: Case, pack: Pack) -> dict[str, Any]:
    """What every row of the case has: that of the case it is ``like``, and its own. Raises ``UserError``: no such case."""
    model = case.given.get("like")
    cases = {item.id: item for item in pack.cases}
    if model is not None and (model not in cases or model == case.id):
        raise UserError(f"case {case.id} is like '{model}', which is no other case", todo="name a case with a base")
    return {**(cases[model].given.get("base", {}) if model else {}), **case.given.get("base", {})}


def _found(case: Case, pack: Pack) -> list[Found]:
    if case.period is None or case.dataset is None:
        raise UserError(f"case {case.id} names no period", todo="add period")
    dataset = pack.dataset(case.dataset, case.period)
    base = case_base(case, pack)
    reading = read_records([{**base, **row} for row in case.rows], dataset, case.period, pack=pack, pseudonym_key=_KEY)
    previous = case_rows(case.previous, base, dataset, case.period, pack) if case.previous else None
    others = {}
    register = case.given.get("register") or dataset.attributes_from
    if register and case.register_rows:
        others[register] = case_rows(case.register_rows, {}, pack.dataset(register, case.period), case.period, pack)
    findings = reading.findings + verify(reading.table, dataset, pack, case.period, previous=previous, others=others)
    return [(line["rule"], line["row"], line["field"]) for line in findings.table.to_pylist()]


def _differences(case: Case, found: list[Found]) -> list[str]:
    if not isinstance(case.expect, list):
        return ["expect must be a list of {rule, row}"]
    out = []
    left = list(found)
    for wanted in case.expect:
        fits = [item for item in left if item[0] == wanted["rule"] and item[1] == wanted.get("row")]
        fits = [item for item in fits if item[2] == wanted.get("field", item[2])]
        if fits:
            left.remove(fits[0])
        else:
            out.append(f"expected {wanted}, not found")
    return out + [f"found {rule} in row {row} ({field}), not expected" for rule, row, field in left]
