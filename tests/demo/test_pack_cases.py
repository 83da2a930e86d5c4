"""The packs by-329 and demo: every case of kind verify and facts is executed; every rule is proved by one."""

from __future__ import annotations

from collections.abc import Iterable, Mapping
from datetime import date
from decimal import Decimal
from pathlib import Path
from typing import Any

import polars as pl
import pyarrow as pa
import pytest
import yaml

from sapa.datasets import arrow_type, kept_fields
from sapa.datasets.verify import verify
from sapa.indicators.api import compute
from sapa.packs.check import check_pack
from sapa.packs.loader import Pack
from sapa.packs.models_data import DataField, Dataset
from sapa.packs.models_indicator import Case

ROOT = Path(__file__).resolve().parents[2]


def _cases(*paths: Path) -> list[Case]:
    found = [item for path in paths for item in yaml.safe_load(path.read_text(encoding="utf-8"))["cases"]]
    return [Case.model_validate(item) for item in found]


CASES = _cases(*sorted((ROOT / "packs/by-329/cases").glob("*.yaml")))
OVERLAY = _cases(ROOT / "packs/demo/cases.yaml")
Rows = Iterable[Mapping[str, Any]]


@pytest.fixture(scope="module")
def pack() -> Pack:
    found, findings = check_pack(ROOT / "packs/by-329")
    assert found is not None
    assert [item for item in findings if item.file.startswith(("cases/", "datasets/", "indicators/", "themes", "reports"))] == []
    return found


@pytest.fixture(scope="module")
def overlay() -> Pack:
    found, findings = check_pack(ROOT / "packs/demo")
    assert found is not None
    assert findings == []
    return found


def of_kind(cases: list[Case], kind: str) -> list[Any]:
    return [pytest.param(case, id=case.id) for case in cases if case.kind == kind]


def _cell(field: DataField, value: Any) -> Any:
    if value is None:
        return None
    if field.type == "date":
        return date.fromisoformat(value)
    return Decimal(value) if field.type == "decimal" else value


def table(dataset: Dataset, rows: Rows, period: str) -> pa.Table:
    """Rows of a case typed by the layout; a name that is no field is a mistake in the case."""
    fields = kept_fields(dataset, period)
    rows = list(rows)
    assert {name for row in rows for name in row} <= {field.id for field in fields}
    return pa.table(
        {field.id: pa.array([_cell(field, row.get(field.id)) for row in rows], arrow_type(field)) for field in fields}
    )


def with_attributes(rows: pa.Table, dataset: Dataset, register: pa.Table) -> pa.Table:
    """The rows with the register's attributes beside them, as a snapshot holds them."""
    attributes = {item.attribute for item in dataset.dimensions if item.attribute}
    at = {unit: number for number, unit in enumerate(register["institution"].to_pylist())}
    take = pa.array([at[unit] for unit in rows["institution"].to_pylist()], pa.int64())
    for name in sorted(attributes):
        rows = rows.append_column(f"a_{name}", register[name].combine_chunks().take(take))
    return rows


@pytest.mark.parametrize("case", of_kind(CASES, "verify"))
def test_verification_case(case: Case, pack: Pack) -> None:
    verification_holds(case, pack)


@pytest.mark.parametrize("case", of_kind(OVERLAY, "verify"))
def test_verification_case_of_the_overlay(case: Case, overlay: Pack) -> None:
    verification_holds(case, overlay)


def verification_holds(case: Case, pack: Pack) -> None:
    period = case.period or ""
    dataset = pack.dataset(case.dataset or "", period)
    register = pack.dataset("institutions", period)
    rows = table(dataset, case.rows, period)
    known = table(register, case.register_rows, period) if case.register_rows else None
    if dataset.id == "institutions":
        known = rows
    findings = verify(
        rows,
        dataset,
        pack,
        period,
        previous=table(dataset, case.previous, period) if case.previous else None,
        others={"institutions": known} if known is not None else {},
    )
    seen = {(row["rule"], row["row"] or row["unit"]) for row in findings.table.to_pylist()}
    assert seen == {(item["rule"], item.get("row", item.get("unit"))) for item in case.expect}


def facts_of(case: Case, pack: Pack, folder: Path) -> pl.DataFrame:
    """Facts of the case's period; the period before is computed first, the one after restates cohorts."""
    year = int(case.period or 0)
    steps = [(str(year - 1), case.previous), (str(year), case.rows), (str(year + 1), case.next)]
    earlier: list[Path] = []
    for period, rows in steps:
        if not rows:
            continue
        dataset, register = pack.dataset(case.dataset or "", period), pack.dataset("institutions", period)
        sources = {dataset.id: table(dataset, rows, period)}
        if dataset.id != "institutions":
            known = table(register, case.register_rows, period)
            sources = {dataset.id: with_attributes(sources[dataset.id], dataset, known)}
        report = compute(pack, folder, folder / period, period=period, snapshot_id=period, earlier=list(earlier), sources=sources)
        earlier += report.files
    facts = pl.concat([pl.read_parquet(path) for path in earlier], how="diagonal")
    return facts.filter(pl.col("period") == case.period)


@pytest.mark.parametrize("case", of_kind(CASES, "facts"))
def test_facts_case(case: Case, pack: Pack, tmp_path: Path) -> None:
    facts_hold(case, facts_of(case, pack, tmp_path))


@pytest.mark.parametrize("case", of_kind(OVERLAY, "facts"))
def test_facts_case_of_the_overlay(case: Case, overlay: Pack, tmp_path: Path) -> None:
    facts_hold(case, facts_of(case, overlay, tmp_path))


def facts_hold(case: Case, facts: pl.DataFrame) -> None:
    fixed = {"indicator", "period", "snapshot", "numerator", "denominator", "value", "count", "flag"}
    dimensions = [name for name in facts.columns if name not in fixed]
    for wanted in case.expect:
        cut = wanted.get("cut", {})
        assert set(cut) <= set(dimensions)
        own = facts.filter((pl.col("indicator") == wanted["indicator"]) & pl.col("value").is_not_null())
        for name in dimensions:
            own = own.filter(pl.col(name) == cut[name] if name in cut else pl.col(name).is_null())
        assert own.height == 1, (wanted, own)
        row = own.row(0, named=True)
        assert row["value"] == pytest.approx(wanted["value"], rel=1e-12), wanted
        for part in ("numerator", "denominator"):
            assert part not in wanted or row[part] == wanted[part], wanted


def test_every_rule_has_a_case(pack: Pack) -> None:
    proved = {name.removeprefix("rule:") for case in CASES for name in case.proves if name.startswith("rule:")}
    assert proved == {rule.id for dataset in pack.datasets for rule in dataset.rules}


def test_size_of_the_pack(pack: Pack) -> None:
    rules = {dataset.id: len(dataset.rules) for dataset in pack.datasets}
    assert rules == {"institutions": 11, "learners": 24, "staff": 15}
    assert len(pack.indicators) == 89
    kinds = {item.kind for item in pack.indicators}
    assert kinds == {"count", "sum", "mean", "quantile", "distinct", "ratio", "derived", "growth", "parity", "cohort"}
    proved = {name.removeprefix("indicator:") for case in CASES for name in case.proves if name.startswith("indicator:")}
    assert len(proved) >= 70
    assert proved <= {item.id for item in pack.indicators}


def test_cuts_are_those_of_the_document(pack: Pack) -> None:
    """Chapter 3 §5: level, type and kind, territory, type of settlement, ownership, subordination, and their clauses."""
    wanted = {"level": 1, "type": 2, "kind": 2, "region": 3, "district": 3, "settlement": 4, "ownership": 5, "subordination": 6}
    for dataset in pack.datasets:
        single = {cut[0] for cut in dataset.cuts if len(cut) == 1}
        for name, number in wanted.items():
            assert name in single
            assert f"by-329:ch3.s5.p1.i2.c{number}" in (dataset.dimension(name).clause or ())


def test_uis_codes_are_in_the_published_list(pack: Pack, shared: Path) -> None:
    """UIS's list of indicators stands beside the repository: a code we name must be one of it."""
    published = set(pl.read_parquet(shared / "data/uis/uis-nine-countries.parquet")["indicator"].unique())
    own = {item.uis for item in pack.indicators if item.uis}
    assert len(own) >= 9
    assert {code.lower().replace(".", "_") for code in own} - published <= {"trtp_1", "trtp_02"}
