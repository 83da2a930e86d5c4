"""Cached cells of submissions: after a revision the figures are those of a full computation."""

from __future__ import annotations

from pathlib import Path
from typing import Any

import pyarrow as pa
import pyarrow.compute as pc
import pytest
from hypothesis import given, settings
from hypothesis import strategies as st
from tests.indicators.double import PACK, learners

from sapa.errors import UserError
from sapa.indicators.cells import CellStore, mergeable_plan
from sapa.indicators.engines.duckdb import run
from sapa.indicators.planner import plan

SUMS = ("pupils", "boarders", "fees", "mean-mark", "mean-distance", "girls-share", "fee-per-boarder", "share-of-sex")


def planned(*ids: str) -> Any:
    return plan(PACK, "learners", [PACK.indicator(name) for name in ids], "2020")


def digests(count: int) -> list[str]:
    return [f"{number:064x}" for number in range(count)]


def without(rows: pa.Table, *submissions: int) -> pa.Table:
    return rows.filter(pc.invert(pc.is_in(rows["_submission"], value_set=pa.array(submissions, pa.int32()))))


@pytest.mark.parametrize("ids", [SUMS, (*SUMS, "mark-range", "median-mark")], ids=["sums", "with minimum and maximum"])
def test_a_revision_gives_the_facts_of_a_full_computation(tmp_path: Path, ids: tuple[str, ...]) -> None:
    rows, revised = learners(300), learners(40, seed=7, submissions=1)
    store = CellStore(tmp_path, planned(*ids))
    store.build(rows, digests(10))
    full = mergeable_plan(planned(*ids))
    assert store.facts().equals(run(full, rows, provisional=True))
    store.replace(digests(10)[3], revised, "a" * 64)
    after = pa.concat_tables([without(rows, 3), revised])
    assert store.facts().equals(run(full, after, provisional=True))
    assert CellStore(tmp_path, planned(*ids)).facts().equals(store.facts())
    store.replace("a" * 64, None, digests(10)[3])
    assert store.facts().equals(run(full, rows, provisional=True))
    store.replace(digests(10)[5], None, None)
    assert store.facts().equals(run(full, without(rows, 5), provisional=True))
    store.close()


def test_quantiles_and_distinct_values_are_left_out() -> None:
    assert [item.id for item in mergeable_plan(planned("pupils", "median-mark", "people")).indicators] == ["pupils"]


def test_cells_of_another_definition_are_not_mixed(tmp_path: Path) -> None:
    store = CellStore(tmp_path, planned("pupils"))
    store.build(learners(20), digests(10))
    with pytest.raises(UserError, match="no cells yet"):
        CellStore(tmp_path, planned("fees")).facts()


def test_a_revision_of_what_is_not_there_is_refused(tmp_path: Path) -> None:
    store = CellStore(tmp_path, planned("pupils"))
    store.build(learners(20), digests(10))
    for old, rows, new, words in (
        ("b" * 64, learners(1), "c" * 64, "not part"),
        (None, learners(1), digests(10)[1], "already part"),
        (None, None, "c" * 64, "no rows"),
        (None, learners(1), "../" + "c" * 61, "not a digest"),
    ):
        with pytest.raises(UserError, match=words):
            store.replace(old, rows, new)
        assert store.current == set(digests(10))


@given(st.lists(st.tuples(st.integers(0, 4), st.integers(0, 10_000), st.integers(0, 12)), max_size=4))
@settings(max_examples=4, deadline=None)
def test_any_chain_of_revisions_ends_where_a_full_computation_does(
    tmp_path_factory: Any, chain: list[tuple[int, int, int]]
) -> None:
    rows = learners(60, submissions=5)
    parts = {number: rows.filter(pc.equal(rows["_submission"], number)) for number in range(5)}
    names = dict(enumerate(digests(5)))
    store = CellStore(tmp_path_factory.mktemp("cells"), planned(*SUMS))
    store.build(rows, names)
    for turn, (which, seed, count) in enumerate(chain):
        parts[which] = learners(count, seed, submissions=1)
        new = f"{1000 + turn:064x}"
        store.replace(names[which], parts[which], new)
        names[which] = new
    assert store.facts().equals(run(store.plan, pa.concat_tables(parts.values()), provisional=True))
    store.close()
