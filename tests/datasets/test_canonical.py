"""The canonical bytes: one row set, one file, whatever its order; read back, it is the same row set."""

from __future__ import annotations

import csv
import io
import unicodedata
from datetime import date
from decimal import Decimal
from typing import Any

import pyarrow as pa
import pytest
from hypothesis import given, settings
from hypothesis import strategies as st
from tests.datasets.conftest import make_dataset

from sapa.datasets import canonical, parse_canonical, schema
from sapa.errors import UserError

TRIAL = make_dataset(
    [
        {"id": "school", "type": "string", "role": "unit"},
        {"id": "grade", "type": "integer", "role": "key"},
        {"id": "name", "type": "string"},
        {"id": "spending", "type": "decimal", "scale": 12},
        {"id": "share", "type": "number"},
        {"id": "boarding", "type": "boolean"},
        {"id": "opened", "type": "date"},
        {"id": "secret", "type": "string", "protect": "drop"},
    ]
)
SCHEMA = schema(TRIAL, "2020")

texts = st.text(st.characters(exclude_categories=("Cs",), exclude_characters="\0"), max_size=12).map(
    lambda text: unicodedata.normalize("NFC", text) or None
)
rows = st.lists(
    st.tuples(
        texts.filter(bool),
        st.integers(-(10**17), 10**17),
        st.none() | texts,
        st.none() | st.decimals(-(10**15), 10**15, places=12),
        st.none() | st.floats(allow_nan=False, allow_infinity=False).map(lambda number: number + 0.0),
        st.none() | st.booleans(),
        st.none() | st.dates(date(1900, 1, 1), date(2100, 1, 1)),
    ),
    max_size=12,
)


def table(content: list[tuple[Any, ...]]) -> pa.Table:
    columns = list(zip(*content, strict=True)) if content else [()] * len(SCHEMA)
    return pa.table([pa.array(column, item.type) for column, item in zip(columns, SCHEMA, strict=True)], schema=SCHEMA)


@settings(max_examples=150, deadline=None)
@given(content=rows, seed=st.randoms(use_true_random=False))
def test_read_back_it_is_the_same_and_order_does_not_matter(content: list[tuple[Any, ...]], seed: Any) -> None:
    data = canonical(table(content), TRIAL, "2020")
    shuffled = list(content)
    seed.shuffle(shuffled)
    assert canonical(table(shuffled), TRIAL, "2020") == data
    back = parse_canonical(data, TRIAL, "2020")
    assert back.schema == SCHEMA
    assert canonical(back, TRIAL, "2020") == data
    assert sorted(map(repr, back.to_pylist())) == sorted(map(repr, table(content).to_pylist()))


@settings(max_examples=60, deadline=None)
@given(content=rows)
def test_a_standard_csv_reader_sees_the_same_cells(content: list[tuple[Any, ...]]) -> None:
    lines = list(csv.reader(io.StringIO(canonical(table(content), TRIAL, "2020").decode(), newline=""), strict=True))
    assert lines[0] == SCHEMA.names
    assert len(lines) == len(content) + 1
    assert sorted(line[2] for line in lines[1:]) == sorted(row[2] or "" for row in content)


def test_one_written_form_for_each_type() -> None:
    row = ("б,1", 7, 'say "а"\nб', Decimal("1.5"), 5.0, True, date(2020, 9, 1))
    expected = 'school,grade,name,spending,share,boarding,opened\n"б,1",7,"say ""а""\nб",1.500000000000,5.0,true,2020-09-01\n'
    assert canonical(table([row]), TRIAL, "2020").decode() == expected


def test_letters_composed_or_not_are_the_same_bytes() -> None:
    composed = ("\u0439", 1, None, None, None, None, None)
    apart = ("\u0438\u0306", 1, None, None, None, None, None)
    assert canonical(table([composed]), TRIAL, "2020") == canonical(table([apart]), TRIAL, "2020")


def test_keys_are_sorted_as_text_and_negative_zero_is_zero() -> None:
    content = [("s", number, None, None, -0.0, None, None) for number in (2, 10, 1)]
    lines = canonical(table(content), TRIAL, "2020").decode().splitlines()[1:]
    assert [line.split(",")[1] for line in lines] == ["1", "10", "2"]
    assert all(line.split(",")[4] == "0.0" for line in lines)


def test_empty_text_is_a_missing_value_and_small_decimals_have_no_exponent() -> None:
    data = canonical(table([("s", 1, "", Decimal("0.000000000001"), 1e-7, None, None)]), TRIAL, "2020").decode()
    assert data.splitlines()[1] == "s,1,,0.000000000001,1e-07,,"


@pytest.mark.parametrize("number", [float("nan"), float("inf")])
def test_a_number_that_is_none_is_refused(number: float) -> None:
    with pytest.raises(UserError, match="infinite or not a number"):
        canonical(table([("s", 1, None, None, number, None, None)]), TRIAL, "2020")


def test_rows_of_another_layout_are_refused() -> None:
    data = canonical(table([("s", 1, None, None, None, None, None)]), TRIAL, "2020")
    with pytest.raises(UserError, match="not laid out"):
        parse_canonical(data.replace(b"grade", b"class", 1), TRIAL, "2020")
    with pytest.raises(UserError, match="canonical form"):
        parse_canonical(data.replace(b"s,1,", b"s,one,"), TRIAL, "2020")


def test_a_layout_of_one_field_keeps_its_empty_rows() -> None:
    single = make_dataset([{"id": "name", "type": "string"}])
    rows = pa.table({"name": pa.array(["b", None, "a"])})
    data = canonical(rows, single, "2020")
    assert data == b"name\n\na\nb\n"
    assert parse_canonical(data, single, "2020")["name"].to_pylist() == [None, "a", "b"]
