"""Each kind of indicator, proved by a stored statement and by an independent computation; the shape and flags of facts."""

from __future__ import annotations

import os
from pathlib import Path
from typing import Any

import pyarrow as pa
import pyarrow.compute as pc
import pyarrow.dataset as ds
import pyarrow.parquet as pq
import pytest
from hypothesis import given, settings
from hypothesis import strategies as st
from tests.indicators import polars_proof
from tests.indicators.double import INDICATORS, LEARNERS, PACK, PLACES, PackDouble, indicator, learners

from sapa.errors import UserError
from sapa.formula import FormulaError
from sapa.indicators.engines.duckdb import run
from sapa.indicators.facts import dimensions_of, facts_schema, flags
from sapa.indicators.planner import ancestors, plan
from sapa.indicators.statement import statement

GOLDEN = Path(__file__).parent / "golden"
MEASURED = [item["id"] for item in INDICATORS if item["kind"] not in ("derived", "growth", "parity")]


def planned(*ids: str) -> Any:
    items = [PACK.indicator(name) for name in ids] if ids else None
    return plan(PACK, "learners", items, "2020")


def as_dict(facts: pa.Table) -> dict[Any, Any]:
    names = dimensions_of(facts)
    out = {}
    for row in facts.to_pylist():
        key = tuple(sorted((name, row[name]) for name in names if row[name] is not None))
        out[row["indicator"], key] = (row["numerator"], row["denominator"], row["value"], row["count"])
    assert len(out) == facts.num_rows, "a fact stands twice"
    return out


@pytest.mark.parametrize("dialect", ["duckdb", "spark"])
@pytest.mark.parametrize("name", MEASURED)
def test_the_statement_is_the_stored_one(name: str, dialect: str) -> None:
    """``SAPA_GOLDEN=write`` writes the files anew; a change of them is to be read like code."""
    path = GOLDEN / f"{name}.{dialect}.sql"
    made = statement(planned(name), dialect).sql(dialect=dialect, pretty=True) + "\n"
    if os.environ.get("SAPA_GOLDEN") == "write":
        path.parent.mkdir(exist_ok=True)
        path.write_text(made)
    assert made == path.read_text()


@pytest.mark.parametrize("seed", [1, 2, 3])
def test_every_fact_equals_an_independent_computation(seed: int) -> None:
    rows = learners(400, seed)
    ours, theirs = as_dict(run(planned(), rows)), polars_proof.facts(rows)
    assert ours.keys() == theirs.keys()
    for key, wanted in theirs.items():
        found = ours[key]
        if key[0] == "mean-distance" and None not in wanted:
            assert found == pytest.approx(wanted, rel=1e-13), key
        else:
            assert found == wanted, key


@pytest.mark.parametrize("name", MEASURED)
def test_an_indicator_alone_gives_the_facts_it_gives_in_company(name: str) -> None:
    rows = learners(200)
    together = as_dict(run(planned(), rows))
    alone = as_dict(run(planned(name), rows))
    assert alone == {key: value for key, value in together.items() if key[0] == name}


def test_measures_are_shared() -> None:
    measures = planned().measures
    assert len({(measure.op, measure.node, measure.q) for measure in measures}) == len(measures)
    assert sum(measure.op == "count_all" for measure in measures) == 1


def test_facts_have_the_promised_schema_and_order() -> None:
    facts = run(planned(), learners(100), snapshot="abc")
    assert facts.schema == facts_schema(planned().dimension_ids)
    assert facts.column_names[:3] == ["indicator", "period", "snapshot"]
    assert facts.column_names[-5:] == ["numerator", "denominator", "value", "count", "flag"]
    assert set(facts["snapshot"].to_pylist()) == {"abc"}
    assert set(facts["period"].to_pylist()) == {"2020"}
    names = facts["indicator"].to_pylist()
    assert list(dict.fromkeys(names)) == MEASURED
    assert facts.slice(0, 1).to_pylist()[0]["region"] is None


def test_threads_order_and_source_change_nothing(tmp_path: Path) -> None:
    rows = learners(600)
    path = tmp_path / "it's rows.parquet"
    pq.write_table(rows, path, row_group_size=100)
    facts = run(planned(), rows, threads=1)
    shuffled = rows.take(pc.sort_indices(rows, sort_keys=[("distance", "descending")]))
    for source in (path, str(path), shuffled, ds.dataset(path)):
        assert run(planned(), source, threads=2).equals(facts)


def test_no_rows_give_the_total_only() -> None:
    facts = as_dict(run(planned(), learners(1).slice(0, 0)))
    assert {key for _, key in facts} == {()}
    assert facts["pupils", ()] == (0.0, None, 0.0, 0)
    assert facts["girls-share", ()] == (0.0, 0.0, None, 0)
    assert facts["fees", ()] == (None, None, None, 0)


def test_flags() -> None:
    value, below = pa.chunked_array([[1.0, None, None, 0.0]]), pa.chunked_array([[2.0, 0.0, 3.0, None]])
    assert flags(value, below, provisional=False).to_pylist() == ["", "Z", "M", ""]
    assert flags(value, below, provisional=True).to_pylist() == ["P", "Z", "M", "P"]


def test_codes_roll_up_to_their_ancestor() -> None:
    codes = PACK.codelist("places")
    assert dict(ancestors(codes, 1)) == polars_proof.REGIONS
    assert dict(ancestors(codes, 2)) == polars_proof.DISTRICTS


def test_a_dimension_outside_the_layout_is_left_out_with_a_note() -> None:
    fields = [item | ({"valid_from": "2021"} if item["id"] == "sex" else {}) for item in LEARNERS["fields"]]
    pack = PackDouble((LEARNERS | {"fields": fields},), (indicator("pupils", "count"),), (PLACES,))
    made = plan(pack, "learners", None, "2020")
    assert "sex" not in made.dimension_ids
    assert any("sex" in note for note in made.notes)
    assert "sex" in plan(pack, "learners", None, "2021").dimension_ids


@pytest.mark.parametrize(
    ("changed", "words"),
    [
        (indicator("x", "sum", of="sex"), "numeric"),
        (indicator("x", "count", where="mark + 1"), "condition"),
        (indicator("x", "ratio", numerator="mark", denominator="count(*)"), "outside an aggregate"),
        (indicator("x", "count", cuts=[["colour"]]), "colour"),
        (indicator("x", "count", where="colour = 'red'"), "colour"),
    ],
)
def test_a_wrong_definition_is_refused(changed: dict[str, Any], words: str) -> None:
    with pytest.raises((UserError, FormulaError), match=words):
        plan(PackDouble((LEARNERS,), (changed,), (PLACES,)), "learners", None, "2020")


def test_rows_without_a_column_and_a_missing_file_are_told() -> None:
    with pytest.raises(UserError, match="no column boarder"):
        run(planned(), learners(5).drop_columns(["boarder"]))
    with pytest.raises(UserError, match="freeze first"):
        run(planned(), "nowhere.parquet")


def test_an_absurd_figure_is_the_users_to_mend() -> None:
    rows = learners(3).set_column(6, "mark", pa.array([2**63 - 1, 2**63 - 1, 1], pa.int64()))
    with pytest.raises(UserError, match="out of range"):
        run(planned("mean-mark", "fees", "mean-distance"), rows.set_column(3, "grade", pa.array([5, 5, 5], pa.int64())))


@given(st.integers(0, 10_000), st.integers(0, 60))
@settings(max_examples=10, deadline=None)
def test_parts_add_up_to_the_whole(seed: int, count: int) -> None:
    """Counts and sums over any cut add up to the total; shares of a dimension to 100."""
    facts = as_dict(run(planned("pupils", "fees", "boarders", "share-of-sex"), learners(count, seed)))
    for cut in PACK.dataset("learners").cuts:
        for name in ("pupils", "boarders", "fees"):
            parts = [value[0] for (item, key), value in facts.items() if item == name and {d for d, _ in key} == set(cut)]
            assert sum(part or 0 for part in parts) == pytest.approx(facts[name, ()][0] or 0, rel=1e-12)
    for grade in {dict(key).get("grade") for _, key in facts}:
        wanted = {"sex"} | ({"grade"} if grade else set())
        shares = [
            value[2]
            for (item, key), value in facts.items()
            if item == "share-of-sex" and {d for d, _ in key} == wanted and dict(key).get("grade") == grade
        ]
        assert not shares or sum(shares) == pytest.approx(100)
