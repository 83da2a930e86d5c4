"""A small data set with everything that is awkward: hidden, missing and impossible figures, letters of five languages."""

from __future__ import annotations

from datetime import date
from typing import Any

import pyarrow as pa
import pytest

from sapa.indicators.facts import facts_schema
from sapa.packs.loader import load_pack
from sapa.publication.exchange import OpenDataSet

DIMENSIONS = ("region", "sex")
TITLE = {
    "en": "Learners", "ru": "Учащиеся", "kk": "Білім алушылар: ә, ғ, қ, ң, ө, ұ, ү, һ, і",
    "uk": "Здобувачі: ґ, є, і, ї", "be": "Навучэнцы: ў, і",
}  # fmt: skip


def table(rows: list[dict[str, Any]], dimensions: tuple[str, ...] = DIMENSIONS) -> pa.Table:
    """Facts from a few words: what is not named is null (all)."""
    schema = facts_schema(dimensions)
    full = [{"snapshot": "ab" * 32, "flag": "", **row} for row in rows]
    return pa.Table.from_pylist([{name: row.get(name) for name in schema.names} for row in full], schema=schema)


ROWS: list[dict[str, Any]] = [
    {"indicator": "learners", "period": "2023", "numerator": 30.0, "value": 30.0, "count": 30},
    {"indicator": "learners", "period": "2023", "region": "R1", "numerator": 26.0, "value": 26.0, "count": 26},
    {"indicator": "learners", "period": "2023", "region": "R2", "flag": "C"},
    {"indicator": "learners", "period": "2023", "region": "R1", "sex": "F", "flag": "C"},
    {"indicator": "female-share", "period": "2022", "numerator": 1.0, "denominator": 3.0, "value": 100 / 3, "count": 3},
    {"indicator": "female-share", "period": "2023", "denominator": 0.0, "flag": "Z"},
    {"indicator": "female-share", "period": "2023", "region": "_U", "flag": "M"},
]


@pytest.fixture(scope="session")
def dataset() -> OpenDataSet:
    return OpenDataSet(
        "demo", "1.2.0", TITLE, table(ROWS), load_pack("demo"), {"en": "Ministry", "ru": "Министерство"}, date(2024, 3, 1),
        {"2022": "cd" * 32, "2023": "ab" * 32},
    )  # fmt: skip
