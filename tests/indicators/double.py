"""A small pack in memory and rows for it: learners of schools in districts of regions."""

from __future__ import annotations

from dataclasses import dataclass
from functools import cached_property
from typing import Any

import pyarrow as pa
from pydantic import TypeAdapter

from sapa.packs.models_data import Dataset
from sapa.packs.models_indicator import Indicator
from sapa.packs.models_law import CodeList

_INDICATOR: TypeAdapter[Any] = TypeAdapter(Indicator)
T = {"en": "t"}


@dataclass(frozen=True)
class PackDouble:
    """What the planner asks of a pack, from plain dictionaries."""

    dataset_dicts: tuple[dict[str, Any], ...]
    indicator_dicts: tuple[dict[str, Any], ...]
    codelist_dicts: tuple[dict[str, Any], ...] = ()
    id: str = "double"
    version: str = "1.0.0"
    digest: str = "0" * 64

    @cached_property
    def datasets(self) -> tuple[Dataset, ...]:
        return tuple(Dataset.model_validate(item) for item in self.dataset_dicts)

    @cached_property
    def indicators(self) -> tuple[Any, ...]:
        return tuple(_INDICATOR.validate_python(item) for item in self.indicator_dicts)

    def dataset(self, element_id: str, period: str | None = None) -> Dataset:
        return next(item for item in self.datasets if item.id == element_id)

    def indicator(self, element_id: str, period: str | None = None) -> Any:
        return next(item for item in self.indicators if item.id == element_id)

    def codelist(self, element_id: str, period: str | None = None) -> CodeList:
        return next(CodeList.model_validate(item) for item in self.codelist_dicts if item["id"] == element_id)


def indicator(id: str, kind: str, **rest: Any) -> dict[str, Any]:
    base: dict[str, Any] = {"id": id, "kind": kind, "clause": "p1", "title": T, "theme": "t", "unit": "person"}
    if kind not in ("derived", "growth", "parity"):
        base["dataset"] = "learners"
    return base | rest


def field(id: str, type: str, **rest: Any) -> dict[str, Any]:
    return {"id": id, "title": T, "concept": id.replace("_", "-"), "type": type} | rest


PLACES = {
    "id": "places", "clause": "p1", "title": T,
    "items": [
        {"code": "N", "title": T}, {"code": "S", "title": T},
        *({"code": f"N{i}", "title": T, "parent": "N"} for i in range(1, 4)),
        *({"code": f"S{i}", "title": T, "parent": "S"} for i in range(1, 3)),
    ],
}  # fmt: skip

LEARNERS = {
    "id": "learners", "clause": "p1", "title": T, "grain": "learner", "unit": "school",
    "fields": [
        field("school", "code", role="unit"),
        field("learner", "string", role="key"),
        field("sex", "code"),
        field("grade", "integer"),
        field("birth", "date"),
        field("boarder", "boolean"),
        field("mark", "integer"),
        field("fee", "decimal", scale=2),
        field("distance", "number"),
        field("place", "code", code_list="places"),
        field("repeats", "boolean"),
    ],
    "dimensions": [
        {"id": "region", "title": T, "field": "place", "code_list": "places", "level": 1},
        {"id": "district", "title": T, "field": "place", "code_list": "places", "level": 2},
        {"id": "sex", "title": T, "field": "sex"},
        {"id": "grade", "title": T, "field": "grade"},
        {"id": "age_class", "title": T,
         "expr": "CASE WHEN age_on(birth, DATE '2020-09-01') < 10 THEN 'under-10' ELSE '10-plus' END"},
        {"id": "boarder", "title": T, "field": "boarder"},
    ],
    "cuts": [["region"], ["region", "district"], ["sex"],
             ["grade"], ["sex", "grade"], ["region", "sex"], ["age_class", "boarder"]],
}  # fmt: skip

INDICATORS = (
    indicator("pupils", "count"),
    indicator("boarders", "count", where="boarder"),
    indicator("fees", "sum", of="fee"),
    indicator("mean-mark", "mean", of="mark", where="mark IS NOT NULL AND grade > 1"),
    indicator("mean-distance", "mean", of="distance"),
    indicator("median-mark", "quantile", of="mark", q=0.5),
    indicator("p90-distance", "quantile", of="distance", q=0.9, where="boarder"),
    indicator("people", "distinct", of="learner"),
    indicator("girls-share", "ratio", numerator="count_if(sex = 'f')", denominator="count(*)", scale=100),
    indicator("fee-per-boarder", "ratio", numerator="sum(fee)", denominator="count_if(boarder)"),
    indicator("mark-range", "ratio", numerator="max(mark) - min(mark)", denominator="count(mark)"),
    indicator("good-marks", "condition", holds_when="mark >= 7", where="not boarder"),
    indicator("share-of-sex", "ratio", numerator="count(*)", denominator="count(*)", scale=100, adds_up_over="sex"),
    indicator(
        "repetition", "cohort", numerator="count_if(repeats)", denominator="count(*)", lead=1, numerator_shift={"grade": 0}
    ),
    indicator("pupils-per-boarder", "derived", inputs={"p": "pupils", "b": "boarders"}, expr="p / b"),
    indicator("pupils-growth", "growth", of="pupils"),
    indicator("mark-parity", "parity", of="mean-mark", by="sex", a="f", b="m"),
)

PACK = PackDouble((LEARNERS,), INDICATORS, (PLACES,))


def learners(count: int = 500, seed: int = 1, *, submissions: int = 10) -> pa.Table:
    """Made-up rows with nulls, unknown codes and repeated learners; the same for the same seed."""
    import random
    from datetime import date, timedelta
    from decimal import Decimal

    draw = random.Random(seed)

    def some(value: Any, share: float = 0.07) -> Any:
        return None if draw.random() < share else value

    rows = []
    for _ in range(count):
        submission = draw.randrange(submissions)
        rows.append(
            {
                "school": f"s{submission}",
                "learner": f"l{draw.randrange(max(1, count * 9 // 10))}",
                "sex": some(draw.choice("fm")),
                "grade": some(draw.randrange(1, 12)),
                "birth": some(date(2002, 1, 1) + timedelta(days=draw.randrange(4700))),
                "boarder": some(draw.random() < 0.2),
                "mark": some(draw.randrange(1, 13)),
                "fee": some(Decimal(draw.randrange(10**9)).scaleb(-2)),
                "distance": some(draw.random() * 30),
                "place": some(draw.choice(["N1", "N2", "N3", "S1", "S2", "N", "??"])),
                "repeats": some(draw.random() < 0.03),
                "_submission": submission,
            }
        )
    types = {
        "school": pa.string(), "learner": pa.string(), "sex": pa.string(), "grade": pa.int64(), "birth": pa.date32(),
        "boarder": pa.bool_(), "mark": pa.int64(), "fee": pa.decimal128(28, 2), "distance": pa.float64(), "place": pa.string(),
        "repeats": pa.bool_(), "_submission": pa.int32(),
    }  # fmt: skip
    return pa.Table.from_pylist(rows, schema=pa.schema(list(types.items())))
