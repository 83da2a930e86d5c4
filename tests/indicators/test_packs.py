"""Every indicator of every pack in the repository: planned, computed over generated rows, and traced on another path."""

from __future__ import annotations

import random
from datetime import date, timedelta
from decimal import Decimal
from pathlib import Path
from typing import Any

import pyarrow as pa
import pytest

from sapa.formula import field_type
from sapa.indicators.engines.duckdb import run
from sapa.indicators.facts import dimensions_of
from sapa.indicators.planner import plan
from sapa.indicators.trace import recompute
from sapa.packs.loader import Pack, load_pack

PACKS = Path(__file__).resolve().parents[2] / "packs"
PERIOD = "2020"
ARROW = {"string": pa.string(), "integer": pa.int64(), "number": pa.float64(), "boolean": pa.bool_(), "date": pa.date32()}


def _measured() -> list[tuple[str, str]]:
    out = []
    for folder in sorted(PACKS.glob("*/pack.yaml")):
        pack = load_pack(str(folder.parent), [PACKS])
        used = {item.dataset for item in pack.indicators if hasattr(item, "dataset")}
        out += [(pack.id, name) for name in sorted(used)]
    return out


def _column(pack: Pack, field: Any, draw: random.Random, count: int) -> pa.Array:
    """Values of a field by its type and code list, one in twelve missing."""
    kind = field_type(field)
    codes = [item.code for item in pack.codelist(field.code_list).items] if field.code_list else [f"v{n}" for n in range(5)]
    make: dict[str, Any] = {
        "string": lambda: draw.choice(codes),
        "integer": lambda: draw.randrange(0, 60),
        "number": lambda: round(draw.random() * 100, 3),
        "decimal": lambda: Decimal(draw.randrange(10**6)).scaleb(-kind.scale),
        "boolean": lambda: draw.random() < 0.4,
        "date": lambda: date(1960, 1, 1) + timedelta(days=draw.randrange(21_000)),
    }
    missing = 0.0 if field.role in ("unit", "key") else 1 / 12
    arrow = pa.decimal128(28, kind.scale) if kind.kind == "decimal" else ARROW[kind.kind]
    return pa.array([None if draw.random() < missing else make[kind.kind]() for _ in range(count)], arrow)


def generated(pack: Pack, dataset_id: str, count: int = 150) -> pa.Table:
    """Rows of a data set as a snapshot holds them, with the register's attributes and the leaf index."""
    draw = random.Random(dataset_id)
    dataset = pack.dataset(dataset_id)
    columns = {field.id: _column(pack, field, draw, count) for field in dataset.layout(PERIOD)}
    for name in sorted({dimension.attribute for dimension in dataset.dimensions if dimension.attribute}):
        assert dataset.attributes_from is not None
        columns[f"a_{name}"] = _column(pack, pack.dataset(dataset.attributes_from).field(name), draw, count)
    columns["_submission"] = pa.array([draw.randrange(4) for _ in range(count)], pa.int32())
    return pa.table(columns)


@pytest.mark.parametrize(("pack_id", "dataset_id"), _measured())
def test_every_indicator_gives_facts_that_trace(pack_id: str, dataset_id: str) -> None:
    pack = load_pack(str(PACKS / pack_id), [PACKS])
    rows = generated(pack, dataset_id)
    planned = plan(pack, dataset_id, None, PERIOD)
    facts = run(planned, rows, threads=1)
    names = dimensions_of(facts)
    assert set(facts["indicator"].to_pylist()) == {item.id for item in planned.indicators}
    chosen: dict[str, list[Any]] = {}
    for fact in facts.to_pylist():
        chosen.setdefault(fact["indicator"], []).append(fact)
    for number, (name, mine) in enumerate(chosen.items()):
        # The total of each indicator, and one of its cells.
        for fact in (mine[0], mine[number * 7 % len(mine)]):
            cut = {dimension: fact[dimension] for dimension in names if fact[dimension] is not None}
            found = recompute(pack, name, PERIOD, cut, rows, limit=1)
            figures = (found.numerator, found.denominator, found.value, found.count)
            assert figures == (fact["numerator"], fact["denominator"], fact["value"], fact["count"]), (fact, found.filter)
