"""The two tools of monitoring: change over time (dynamic analysis), and like against like (comparative analysis)."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from itertools import combinations
from statistics import median
from typing import Literal

from sapa.measurement.intervals import share

Verdict = Literal["better", "worse", "same", "unknown"]
Direction = Literal["higher", "lower", "neutral"]


@dataclass(frozen=True)
class Change:
    """One period against the one before it."""

    period: str
    value: float | None
    change: float | None
    verdict: Verdict


@dataclass(frozen=True)
class Course:
    """A measure over the periods: each change, the change a period on the whole (Theil–Sen), and what it amounts to."""

    changes: tuple[Change, ...]
    slope: float | None
    verdict: Verdict


def course(values: Mapping[str, float | None], direction: Direction, *, still: float = 0.0) -> Course:
    """Dynamic analysis. ``still``: a change of no more than this, in the measure's unit, counts as none.

    The slope is the median of the slopes between all pairs of periods (Theil 1950, Sen 1968): one odd year does not turn it.
    Periods count as equally far apart; a period without a value is passed over.
    """
    periods = sorted(values)
    changes = []
    before: float | None = None
    for period in periods:
        value = values[period]
        change = None if value is None or before is None else value - before
        changes.append(Change(period, value, change, verdict_of(change, direction, still)))
        before = value if value is not None else before
    points = [(place, value) for place, period in enumerate(periods) if (value := values[period]) is not None]
    slopes = [(high - low) / (late - early) for (early, low), (late, high) in combinations(points, 2)]
    slope = median(slopes) if slopes else None
    return Course(tuple(changes), slope, verdict_of(slope, direction, still))


def verdict_of(change: float | None, direction: Direction, still: float = 0.0) -> Verdict:
    """What a change means where a direction is set; without one a change is neither better nor worse."""
    if change is None or (direction == "neutral" and abs(change) > still):
        return "unknown"
    if abs(change) <= still:
        return "same"
    return "better" if (change > 0) == (direction == "higher") else "worse"


@dataclass(frozen=True)
class Measured:
    """A share of a unit: ``numerator`` of ``denominator`` (a whole number of cases)."""

    unit: str
    numerator: float
    denominator: float


@dataclass(frozen=True)
class Placed:
    """A unit beside the others: its share with the 95 % interval, its place, and the places it may have for all we know."""

    unit: str
    value: float
    low: float
    high: float
    place: int
    best: int
    worst: int


def placed(units: Sequence[Measured], direction: Literal["higher", "lower"] = "higher") -> tuple[Placed, ...]:
    """Comparative analysis of shares, the best first; units without cases are left out.

    A place is only as sure as the intervals are apart: ``best`` counts the units whose whole interval is better, ``worst``
    those whose whole interval is worse (Goldstein & Spiegelhalter 1996 warn of places without intervals).
    """
    known = [(item, share(item.numerator, item.denominator)) for item in units if item.denominator > 0]
    held = [(item, interval.low, interval.high) for item, interval in known]
    out = []
    for item, low, high in held:
        value = item.numerator / item.denominator
        if direction == "higher":
            above = sum(1 for _, other_low, _ in held if other_low > high)
            below = sum(1 for _, _, other_high in held if other_high < low)
            place = 1 + sum(1 for other, _, _ in held if other.numerator / other.denominator > value)
        else:
            above = sum(1 for _, _, other_high in held if other_high < low)
            below = sum(1 for _, other_low, _ in held if other_low > high)
            place = 1 + sum(1 for other, _, _ in held if other.numerator / other.denominator < value)
        out.append(Placed(item.unit, value, low, high, place, 1 + above, len(held) - below))
    return tuple(sorted(out, key=lambda row: (row.place, row.unit)))


__all__ = ["Change", "Course", "Measured", "Placed", "Verdict", "course", "placed", "verdict_of"]
