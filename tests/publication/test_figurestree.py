"""The tree over a version's figures: one written form of each figure, one root of the table, no guess against it."""

from __future__ import annotations

import json
import math
import shutil
import struct
import subprocess

import pyarrow as pa
import pytest
from hypothesis import given
from hypothesis import strategies as st

from sapa.archive.merkle import leaf_hash, verify_inclusion
from sapa.errors import EngineError
from sapa.indicators.facts import facts_schema
from sapa.publication.figurestree import Statement, fact_leaf, fact_leaves, figures_tree, number

ROWS = [
    {"indicator": "pupils", "period": "2023", "snapshot": "r", "region": None, "sex": None, "numerator": 12.0,
     "denominator": None, "value": 12.0, "count": 12, "flag": ""},
    {"indicator": "share", "period": "2023", "snapshot": "r", "region": "Ö,1", "sex": "F", "numerator": 1.0, "denominator": 3.0,
     "value": 100 / 3, "count": 3, "flag": ""},
    {"indicator": "share", "period": "2023", "snapshot": "r", "region": "R2", "sex": "F", "numerator": None, "denominator": None,
     "value": None, "count": None, "flag": "C"},
]  # fmt: skip
FACTS = pa.Table.from_pylist(ROWS, schema=facts_schema(["sex", "region"]))


def statement(**more: object) -> Statement:
    about = {"pack": "p", "pack_version": "1.0.0", "pack_digest": "a" * 64, "version": "1.0.0", "facts": 3, "digest": "b" * 64}
    return Statement(**{**about, "roots": {"2023": "r"}, "salt": "c" * 64, **more})  # type: ignore[arg-type]


def test_a_leaf_says_the_figure_in_its_one_form() -> None:
    leaves = list(fact_leaves(FACTS))
    assert leaves[1].decode() == (
        '{"count":3,"cut":{"region":"Ö,1","sex":"F"},"denominator":3,"flag":"","indicator":"share","numerator":1,'
        '"period":"2023","snapshot":"r","value":33.333333333333336}'
    )
    assert [fact_leaf(row) for row in ROWS] == leaves
    hidden = json.loads(leaves[2])
    assert [hidden[name] for name in ("value", "numerator", "denominator", "count")] == [None] * 4


def test_columns_and_batches_in_another_order_give_the_same_leaves() -> None:
    other = pa.concat_tables([FACTS.slice(0, 1), FACTS.slice(1)]).select(FACTS.column_names[::-1])
    assert list(fact_leaves(other)) == list(fact_leaves(FACTS))


def test_each_figure_is_proved_under_the_root_and_no_other() -> None:
    tree = figures_tree(statement(), FACTS)
    for index, leaf in enumerate([statement().to_bytes(), *fact_leaves(FACTS)]):
        proof = tree.inclusion_proof(index)
        assert verify_inclusion(leaf_hash(leaf), index, tree.size, proof, tree.root)
        assert not verify_inclusion(leaf_hash(leaf.replace(b"3", b"4")), index, tree.size, proof, tree.root)


def test_another_salt_is_another_root() -> None:
    assert figures_tree(statement(), FACTS).root != figures_tree(statement(salt="d" * 64), FACTS).root
    with pytest.raises(ValueError, match="salt"):
        statement(salt="dd").to_bytes()
    with pytest.raises(EngineError):
        figures_tree(statement(facts=4), FACTS)


@given(st.floats(allow_nan=False, allow_infinity=False))
def test_a_number_reads_back_as_the_same_double(value: float) -> None:
    assert float(number(value)) == value


@pytest.mark.parametrize("value", [math.nan, math.inf, -math.inf])
def test_what_is_no_number_is_refused(value: float) -> None:
    with pytest.raises(EngineError):
        number(value)


@pytest.mark.skipif(shutil.which("node") is None, reason="Node.js says how ECMAScript writes numbers")
def test_numbers_are_written_as_ecmascript_writes_them() -> None:
    """RFC 8785 takes over ECMAScript's form: the second computation is a browser's engine."""
    state = 12345
    values = [1e21, 1e20, 123456789012345680000.0, 1e-6, 9.99e-7, 1e-7, 5e-324, 0.1, 1e16, 2.0**53 + 2, -0.0, 12.0, 1 / 3, -1e-5]
    for _ in range(3000):
        state = (state * 6364136223846793005 + 1442695040888963407) % 2**64
        values.append(struct.unpack("<d", state.to_bytes(8, "little"))[0])
    values = [value for value in values if math.isfinite(value)]
    script = f"console.log(JSON.stringify({json.dumps(values)}.map(String)))"
    said = subprocess.run(["node", "-"], input=script, capture_output=True, text=True, check=True).stdout
    assert [number(value) for value in values] == json.loads(said)
