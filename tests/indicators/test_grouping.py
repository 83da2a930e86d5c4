"""Cuts folded in groups give the figures of one fold; the groups are those that cost less."""

from __future__ import annotations

from typing import Any

import duckdb
import pyarrow as pa
import pytest
from hypothesis import given, settings
from hypothesis import strategies as st
from tests.indicators.double import PackDouble, T, field, indicator

from sapa.indicators.engines import duckdb as engine
from sapa.indicators.facts import facts_from_cells
from sapa.indicators.grouping import bases_of, group_cuts
from sapa.indicators.plan import Plan
from sapa.indicators.planner import plan
from sapa.indicators.statement import statement

NAMES = ("place", "kind", "age", "sex")
CUTS = [["place"], ["place", "kind"], ["age"], ["age", "sex"], ["sex"]]


def made(*more: dict[str, Any]) -> Plan:
    fields = [field("school", "code", role="unit"), field("learner", "integer", role="key")]
    fields += [*(field(name, "code") for name in NAMES), field("mark", "integer")]
    dataset: dict[str, Any] = {
        "id": "learners", "clause": "p1", "title": T, "grain": "learner", "unit": "school", "fields": fields,
        "dimensions": [{"id": name, "title": T, "field": name} for name in NAMES], "cuts": CUTS,
    }  # fmt: skip
    items = (
        indicator("n", "count"),
        indicator("mark", "mean", of="mark"),
        indicator("girls", "ratio", numerator="count_if(sex = 'f')", denominator="count(*)"),
        indicator("best", "ratio", numerator="max(mark)", denominator="count(mark)"),
        *more,
    )
    return plan(PackDouble((dataset,), items), "learners", None, "2020")


@pytest.fixture(scope="module")
def planned() -> Plan:
    return made()


def rows(number: int) -> pa.Table:
    """Rows in which every dimension has gaps: an unknown code must not be taken for "all"."""
    columns: dict[str, Any] = {"school": ["s"] * number, "learner": list(range(number))}
    for step, name in enumerate(NAMES, start=2):
        columns[name] = [None if row % 7 == step else f"{name}{row * step % (2 * step)}" for row in range(number)]
    columns["sex"] = [None if row % 11 == 3 else "fm"[row % 2] for row in range(number)]
    columns["mark"] = pa.array([None if row % 5 == 0 else row % 13 for row in range(number)], pa.int64())
    return pa.table(columns)


def facts(planned: Plan, table: pa.Table, groups: Any) -> pa.Table:
    with duckdb.connect() as connection:
        connection.register("rows", table)
        wide = connection.sql(statement(planned, groups=groups).sql(dialect="duckdb")).to_arrow_table()
    return facts_from_cells(planned, wide, snapshot="s")


@settings(max_examples=25, deadline=None)
@given(st.lists(st.integers(0, 3), min_size=6, max_size=6), st.sampled_from([0, 1, 120]))
def test_any_groups_give_the_facts_of_one_fold(planned: Plan, places: list[int], number: int) -> None:
    groups = tuple(tuple(cut for cut, at in zip(planned.cuts, places, strict=True) if at == place) for place in set(places))
    assert facts(planned, rows(number), groups).equals(facts(planned, rows(number), ()))


def test_cuts_of_unlike_dimensions_are_folded_apart(planned: Plan) -> None:
    bases = {base.name: base.source.split()[-1] for base in planned.bases}
    sizes = {name: {"place": 500, "kind": 20, "age": 80, "sex": 2}[source] for name, source in bases.items()}
    groups = group_cuts(planned, 1_000_000, sizes)
    assert sorted(cut for group in groups for cut in group) == sorted(planned.cuts)
    together = [{bases[name] for name in bases_of(planned, group)} for group in groups]
    assert {"age", "sex"} in together
    assert {"place", "kind"} in together


def test_few_cells_are_folded_at_once(planned: Plan) -> None:
    sizes = {base.name: 2 for base in planned.bases}
    assert group_cuts(planned, 1_000_000, sizes) == (planned.cuts,)


def test_a_large_table_is_folded_in_groups_and_gives_the_same(planned: Plan, monkeypatch: pytest.MonkeyPatch) -> None:
    whole = engine.run(planned, rows(5_000))
    seen: list[Any] = []
    monkeypatch.setattr(engine, "WORTH_ASKING", 1)
    monkeypatch.setattr(
        engine, "group_cuts", lambda *given: seen.append(group_cuts(*given)) or ((planned.cuts[:3]), (planned.cuts[3:]))
    )
    assert engine.run(planned, rows(5_000)).equals(whole)
    assert seen


def test_quantiles_keep_the_cells_of_all_dimensions() -> None:
    planned = made(indicator("middle", "quantile", of="mark", q=0.5))
    groups = (planned.cuts[:3], planned.cuts[3:])
    assert facts(planned, rows(120), groups).equals(facts(planned, rows(120), ()))
