"""The double's indicators computed a second time, in Polars, straight from their definitions and without any plan."""

from __future__ import annotations

import math
from collections.abc import Callable
from datetime import date
from typing import Any

import polars as pl
import pyarrow as pa

UNKNOWN = "_U"
REGIONS = {"N": "N", "S": "S", "N1": "N", "N2": "N", "N3": "N", "S1": "S", "S2": "S"}
DISTRICTS = {"N1": "N1", "N2": "N2", "N3": "N3", "S1": "S1", "S2": "S2"}
CUTS = [
    (), ("region",), ("region", "district"), ("sex",), ("grade",), ("sex", "grade"), ("region", "sex"), ("age_class", "boarder"),
]  # fmt: skip

Figures = tuple[float | None, float | None, float | None, int]


def with_dimensions(rows: pa.Table) -> pl.DataFrame:
    """The rows with their codes; fields that share a dimension's name keep theirs under ``f_``."""
    frame = pl.DataFrame(rows).rename({"sex": "f_sex", "grade": "f_grade", "boarder": "f_boarder"})

    def age_class(birth: date | None) -> str:
        if birth is None:
            return "10-plus"
        years = 2020 - birth.year - ((birth.month, birth.day) > (9, 1))
        return "under-10" if years < 10 else "10-plus"

    return frame.with_columns(
        pl.Series("region", [REGIONS.get(code or "", UNKNOWN) for code in frame["place"]], dtype=pl.String),
        pl.Series("district", [DISTRICTS.get(code or "", UNKNOWN) for code in frame["place"]], dtype=pl.String),
        pl.col("f_sex").fill_null(UNKNOWN).alias("sex"),
        pl.col("f_grade").cast(pl.String).fill_null(UNKNOWN).alias("grade"),
        pl.Series("age_class", [age_class(birth) for birth in frame["birth"]], dtype=pl.String),
        pl.Series("boarder", [UNKNOWN if one is None else str(one).lower() for one in frame["f_boarder"]], dtype=pl.String),
    )


def _fraction(top: float | None, bottom: float | None, count: int, scale: int = 1) -> Figures:
    value = None if top is None or not bottom else top / bottom * scale if scale != 1 else top / bottom
    return (None if top is None else float(top), None if bottom is None else float(bottom), value, count)


def _known(group: pl.DataFrame, name: str) -> list[Any]:
    return group[name].drop_nulls().to_list()


def _sum(values: list[Any]) -> float | None:
    return float(sum(values)) if values else None


def quantile(values: list[float], q: float) -> float | None:
    """Hyndman and Fan's type 7, from the definition."""
    if not values:
        return None
    ordered = sorted(float(value) for value in values)
    rank = (len(ordered) - 1) * q
    low, high = ordered[math.floor(rank)], ordered[math.ceil(rank)]
    return low + (high - low) * (rank - math.floor(rank))


def _true(group: pl.DataFrame, name: str) -> int:
    return sum(value is True for value in group[name])


def pupils(group: pl.DataFrame) -> Figures:
    return (float(group.height), None, float(group.height), group.height)


def boarders(group: pl.DataFrame) -> Figures:
    number = _true(group, "f_boarder")
    return (float(number), None, float(number), number)


def fees(group: pl.DataFrame) -> Figures:
    total = _sum(_known(group, "fee"))
    return (total, None, total, group.height)


def mean_mark(group: pl.DataFrame) -> Figures:
    mine = group.filter(pl.col("mark").is_not_null() & (pl.col("f_grade") > 1))
    return _fraction(_sum(_known(mine, "mark")), mine.height, mine.height)


def mean_distance(group: pl.DataFrame) -> Figures:
    values = _known(group, "distance")
    total = math.fsum(round(value, 12) for value in values) if values else None
    return _fraction(total, len(values), group.height)


def median_mark(group: pl.DataFrame) -> Figures:
    return (None, None, quantile(_known(group, "mark"), 0.5), group.height)


def p90_distance(group: pl.DataFrame) -> Figures:
    mine = group.filter(pl.col("f_boarder"))
    return (None, None, quantile(_known(mine, "distance"), 0.9), mine.height)


def people(group: pl.DataFrame) -> Figures:
    number = float(group["learner"].drop_nulls().n_unique())
    return (number, None, number, group.height)


def girls_share(group: pl.DataFrame) -> Figures:
    return _fraction(group.filter(pl.col("f_sex") == "f").height, group.height, group.height, 100)


def fee_per_boarder(group: pl.DataFrame) -> Figures:
    return _fraction(_sum(_known(group, "fee")), _true(group, "f_boarder"), group.height)


def mark_range(group: pl.DataFrame) -> Figures:
    marks = _known(group, "mark")
    return _fraction(max(marks) - min(marks) if marks else None, len(marks), group.height)


def good_marks(group: pl.DataFrame) -> Figures:
    """A condition: those it holds for over those of whom it is known."""
    mine = group.filter(~pl.col("f_boarder"))
    marks = _known(mine, "mark")
    return _fraction(sum(mark >= 7 for mark in marks), len(marks), mine.height, 100)


def repetition(group: pl.DataFrame) -> Figures:
    """Numerator and denominator of the same period, as the plan keeps them."""
    return _fraction(_true(group, "repeats"), group.height, group.height, 100)


INDICATORS: dict[str, Callable[[pl.DataFrame], Figures]] = {
    "pupils": pupils, "boarders": boarders, "fees": fees, "mean-mark": mean_mark, "mean-distance": mean_distance,
    "median-mark": median_mark, "p90-distance": p90_distance, "people": people, "girls-share": girls_share,
    "fee-per-boarder": fee_per_boarder, "mark-range": mark_range, "good-marks": good_marks, "repetition": repetition,
}  # fmt: skip


def facts(rows: pa.Table) -> dict[tuple[str, tuple[tuple[str, str], ...]], Figures]:
    """(indicator, cut) → numerator, denominator, value, count."""
    frame = with_dimensions(rows)
    out: dict[tuple[str, tuple[tuple[str, str], ...]], Figures] = {}
    for cut in CUTS:
        groups = {(): frame} if not cut else frame.partition_by(list(cut), as_dict=True)
        for codes, group in groups.items():
            key = tuple(sorted(zip(cut, map(str, codes), strict=True)))
            for name, compute in INDICATORS.items():
                out[name, key] = compute(group)
            if "sex" in cut:
                whole = frame
                for name, code in key:
                    whole = whole if name == "sex" else whole.filter(pl.col(name) == code)
                out["share-of-sex", key] = _fraction(group.height, whole.height, group.height, 100)
            else:
                out["share-of-sex", key] = _fraction(group.height, group.height, group.height, 100)
    return out
