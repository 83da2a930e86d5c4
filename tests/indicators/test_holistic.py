"""Quantiles and distinct values folded first are those of all rows of a cell at once."""

from __future__ import annotations

import math
import struct
from typing import Any

import pyarrow as pa
import pytest
import sqlglot
from hypothesis import given, settings
from hypothesis import strategies as st
from tests.indicators.double import PACK, PLACES, PackDouble, T, field, indicator, learners
from tests.indicators.polars_proof import quantile

from sapa.errors import UserError
from sapa.indicators.engines import duckdb
from sapa.indicators.engines.duckdb import run
from sapa.indicators.planner import plan
from sapa.indicators.statement import statement, steps

QS = (0.001, 0.1, 0.5, 0.75, 0.999)
FIELDS = [field("school", "code", role="unit"), field("a", "code"), field("b", "boolean"), field("c", "code")]
FIELDS += [field("who", "string"), field("x", "number"), field("d", "decimal", scale=2), field("i", "integer")]
DIMENSIONS = [{"id": name, "title": T, "field": name} for name in ("a", "b", "c")]
ITEMS = [indicator(f"q-{of}-{place}", "quantile", of=of, q=q) for of in "xdi" for place, q in enumerate(QS)]
ITEMS += [indicator(f"n-{of}", "distinct", of=of) for of in ("who", "x", "b")]
ITEMS += [indicator("n-some", "distinct", of="who", where="i > 1")]
# Only this one is cut by c: the cells of the others are coarser than the finest.
ITEMS.append(indicator("rows", "count", cuts=[["c"]]))
CUTS: list[list[str]] = [["a"], ["b"], ["a", "b"]]


def pack(cuts: list[list[str]]) -> PackDouble:
    dataset = {
        "id": "learners", "clause": "p1", "title": T, "grain": "row", "unit": "school", "fields": FIELDS,
        "dimensions": DIMENSIONS, "cuts": cuts,
    }  # fmt: skip
    return PackDouble((dataset,), tuple(ITEMS), (PLACES,))


def table(rows: list[dict[str, Any]]) -> pa.Table:
    types = {"a": pa.string(), "b": pa.bool_(), "c": pa.string(), "who": pa.string(), "x": pa.float64(),
             "d": pa.decimal128(28, 2), "i": pa.int64()}  # fmt: skip
    return pa.table({name: pa.array([row[name] for row in rows], kind) for name, kind in types.items()})


ROWS = st.lists(
    st.fixed_dictionaries(
        {
            "a": st.sampled_from(["p", "q", None]),
            "b": st.sampled_from([True, False, None]),
            "c": st.sampled_from(["u", "v"]),
            "who": st.sampled_from([None, *"klmnopqrst"]),
            "x": st.none() | st.sampled_from([0.0, -0.0, 0.1, 1e300, -2.5]) | st.floats(-1e9, 1e9),
            "d": st.none() | st.decimals(-1000, 1000, places=2),
            "i": st.none() | st.integers(-3, 3),
        }
    ),
    max_size=60,
)


def expected(rows: list[dict[str, Any]], name: str) -> float | None:
    """The figure from all rows of a cell, straight from its definition."""
    kind, of, *rest = name.split("-")
    if kind == "q":
        values = [float(row[of]) for row in rows if row[of] is not None]
        return quantile([value + 0.0 for value in values], QS[int(rest[0])])
    if of == "some":
        return float(len({row["who"] for row in rows if (row["i"] or 0) > 1} - {None}))
    return float(len({row[of] for row in rows} - {None}))


def bits(value: float | None) -> bytes:
    return b"" if value is None else struct.pack("<d", value)


@given(ROWS)
@settings(max_examples=8, deadline=None)
def test_every_cell_is_as_its_rows_say(rows: list[dict[str, Any]]) -> None:
    for row in run(plan(pack(CUTS), "learners", None, "2020"), table(rows)).to_pylist():
        codes = {name: row[name] for name in "abc" if row[name] is not None}
        inside = [item for item in rows if all(_code(item[name]) == code for name, code in codes.items())]
        assert row["count"] == len([item for item in inside if "some" not in row["indicator"] or (item["i"] or 0) > 1])
        if row["indicator"] != "rows":
            assert bits(row["value"]) == bits(expected(inside, row["indicator"])), (row, inside)


def _code(value: Any) -> str:
    return "_U" if value is None else str(value).lower() if isinstance(value, bool) else value


def test_without_cuts_there_is_one_cell() -> None:
    rows = [{"a": "p", "b": None, "c": "u", "who": who, "x": x, "d": None, "i": 2} for who, x in (("k", 1.0), ("k", 4.0))]
    planned = plan(pack([]), "learners", [pack([]).indicator(name) for name in ("n-who", "q-x-2", "q-d-2")], "2020")
    assert run(planned, table(rows))["value"].to_pylist() == [1.0, 2.5, None]
    assert run(planned, table([]))["value"].to_pylist() == [0.0, None, None]


def test_one_fold_serves_all_quantiles_of_an_expression() -> None:
    names = [name for name, _ in steps(plan(pack(CUTS), "learners", None, "2020")) if name.startswith("of_")]
    assert len(names) == 3 + 4


def test_no_two_tables_of_a_spark_statement_have_one_name() -> None:
    """sqlglot draws nested tables out for Spark, where one would hide the other."""
    text = statement(plan(pack(CUTS), "learners", None, "2020"), "spark").sql(dialect="spark")
    names = [item.alias for item in sqlglot.parse_one(text, dialect="spark").find_all(sqlglot.exp.CTE)]
    assert len(names) == len(set(names)) > 30


def test_the_result_does_not_depend_on_the_order_of_rows_nor_on_threads() -> None:
    rows = learners(400)
    planned = plan(PACK, "learners", None, "2020")
    back = rows.take(pa.array(range(rows.num_rows - 1, -1, -1)))
    assert run(planned, rows, threads=1).equals(run(planned, back, threads=2))


def test_too_little_memory_is_told() -> None:
    count = 60_000
    rows = {"a": ["p"] * count, "b": [True] * count, "c": ["u"] * count, "who": [f"{n:064d}" for n in range(count)]}
    rows |= {"x": [math.sqrt(n) for n in range(count)], "d": [None] * count, "i": [1] * count}
    wide = pa.table(rows | {"d": pa.nulls(count, pa.decimal128(28, 2))})
    with pytest.raises(UserError, match="not enough memory"):
        run(plan(pack(CUTS), "learners", None, "2020"), wide, memory_limit="5MB")
    assert duckdb.MEMORY_LIMIT == "768MB"
