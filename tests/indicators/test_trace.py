"""A fact recomputed from its rows, and an indicator laid open."""

from __future__ import annotations

from pathlib import Path

import pyarrow.compute as pc
import pyarrow.parquet as pq
import pytest
from tests.indicators.double import INDICATORS, PACK, learners

from sapa.errors import UserError
from sapa.indicators.engines.duckdb import run
from sapa.indicators.explain import explain
from sapa.indicators.facts import dimensions_of
from sapa.indicators.planner import plan
from sapa.indicators.trace import recompute


def test_every_fact_comes_out_again(tmp_path: Path) -> None:
    rows = learners(250)
    path = tmp_path / "rows.parquet"
    pq.write_table(rows, path)
    facts = run(plan(PACK, "learners", None, "2020"), path)
    names = dimensions_of(facts)
    for fact in facts.to_pylist()[::29]:
        cut = {name: fact[name] for name in names if fact[name] is not None}
        found = recompute(PACK, fact["indicator"], "2020", cut, path, limit=2)
        assert (found.numerator, found.denominator, found.value, found.count) == (
            fact["numerator"], fact["denominator"], fact["value"], fact["count"]
        ), (fact, found.filter)  # fmt: skip
        assert sum(number for _, number in found.submissions) == found.count
        assert found.rows is not None
        assert found.rows.num_rows == min(2, found.count)


def test_the_rows_are_those_of_the_filter() -> None:
    rows = learners(100)
    found = recompute(PACK, "boarders", "2020", {"sex": "f"}, rows, limit=1000)
    wanted = rows.filter(pc.and_(pc.equal(rows["sex"], "f"), rows["boarder"]))
    assert found.rows is not None
    assert found.rows.num_rows == wanted.num_rows == found.value
    assert found.definition == "number of rows, of rows where boarder"
    assert found.clause == ("p1",)


def test_what_cannot_be_traced_is_told() -> None:
    with pytest.raises(UserError, match="trace its inputs"):
        recompute(PACK, "pupils-growth", "2020", {}, learners(5))
    with pytest.raises(UserError, match="colour"):
        recompute(PACK, "pupils", "2020", {"colour": "red"}, learners(5))


@pytest.mark.parametrize("name", [item["id"] for item in INDICATORS])
def test_explain_shows_clause_definition_plan_and_sql(name: str) -> None:
    text = explain(PACK, name, "2020")
    assert name in text
    assert "clause p1" in text
    assert "WITH cells AS" in text
    assert "plan of learners" in text
    assert "FILTER" in explain(PACK, "girls-share", "2020", dialect="spark")


def test_an_unknown_engine_is_refused() -> None:
    with pytest.raises(UserError, match="oracle"):
        explain(PACK, "pupils", "2020", dialect="oracle")
