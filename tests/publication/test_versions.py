"""The change log of two versions is what a cell-by-cell look finds, and the version number follows from it."""

from __future__ import annotations

import csv
import io
from typing import Any

import pytest
from hypothesis import given
from hypothesis import strategies as st
from tests.publication.exchange.conftest import table

from sapa.publication.versions import compare, next_version

CELL = st.tuples(st.sampled_from("ab"), st.sampled_from(("2022", "2023")), st.sampled_from((None, "R1", "R2")))
FIGURE = st.one_of(st.none(), st.integers(0, 3))
"""A value, or a hidden one."""


def made(cells: dict[Any, int | None]) -> Any:
    rows = [
        {"indicator": name, "period": period, "region": region}
        | ({"flag": "C"} if value is None else {"value": float(value), "numerator": float(value), "count": value})
        for (name, period, region), value in cells.items()
    ]
    return table(rows)


@given(st.dictionaries(CELL, FIGURE), st.dictionaries(CELL, FIGURE))
def test_the_log_is_what_a_plain_look_finds(old: dict[Any, int | None], new: dict[Any, int | None]) -> None:
    found = {(item.indicator, item.period, dict(item.cut).get("region")): item for item in compare(made(old), made(new)).changes}
    kinds = {}
    for key in old.keys() | new.keys():
        if key not in old:
            kinds[key] = "added"
        elif key not in new:
            kinds[key] = "removed"
        elif old[key] != new[key]:
            kinds[key] = "shown" if old[key] is None else "hidden" if new[key] is None else "changed"
    assert {key: item.kind for key, item in found.items()} == kinds
    level = compare(made(old), made(new)).level
    words = set(kinds.values())
    wanted = "major" if "removed" in words else "minor" if words & {"added", "shown"} else "patch" if words else "none"
    assert level == wanted


@given(st.dictionaries(CELL, FIGURE))
def test_a_version_does_not_differ_from_itself(cells: dict[Any, int | None]) -> None:
    assert compare(made(cells), made(cells)).level == "none"


def test_what_was_hidden_is_not_told_by_the_log() -> None:
    log = compare(made({("a", "2022", "R1"): 3}), made({("a", "2022", "R1"): None}))
    (change,) = log.changes
    assert (change.kind, change.new, change.difference) == ("hidden", None, None)
    (row,) = csv.DictReader(io.StringIO(log.as_csv()))
    assert (row["fact"], row["change"], row["new"]) == ("a@2022[region=R1]", "hidden", "")
    assert log.as_json()["counts"] == {"hidden": 1}


@pytest.mark.parametrize(
    ("level", "number"), [("major", (2, 0, 0)), ("minor", (1, 3, 0)), ("patch", (1, 2, 4)), ("none", (1, 2, 3))]
)
def test_the_number_follows(level: Any, number: tuple[int, int, int]) -> None:
    assert next_version((1, 2, 3), level) == number
    assert next_version(None, level) == (1, 0, 0)
