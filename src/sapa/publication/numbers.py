"""Rounding and writing of numbers. Computation never rounds; this is the only place that does, and it does it in Decimal."""

from __future__ import annotations

from collections.abc import Sequence
from decimal import ROUND_FLOOR, ROUND_HALF_UP, Context, Decimal

MINUS = "\u2212"
_WIDE = Context(prec=60)
"""Fifteen digits of a double before the point and nine after it never meet this limit."""


def exact(value: float | int | Decimal) -> Decimal:
    """The decimal number a person would write for ``value``: the shortest text that reads back as the same double."""
    return value if isinstance(value, Decimal) else Decimal(repr(value))


def rounded(value: float | int | Decimal, decimals: int) -> Decimal:
    """``value`` with exactly ``decimals`` digits after the point, halves away from zero, never a negative zero."""
    out = exact(value).quantize(Decimal(1).scaleb(-decimals), rounding=ROUND_HALF_UP, context=_WIDE)
    return abs(out) if out.is_zero() else out


def rounded_to_total(values: Sequence[float | Decimal], decimals: int, total: int = 100) -> list[Decimal] | None:
    """Round so that the results add up to ``total`` (largest remainder), or ``None`` where the values do not add up to it.

    Each result differs from its value by less than one unit of the last place. Ties go to the earlier value.
    """
    step = Decimal(1).scaleb(-decimals)
    precise = [exact(value) for value in values]
    if not precise or abs(sum(precise, Decimal(0)) - total) > Decimal("1e-6"):
        return None
    floors = [value.quantize(step, rounding=ROUND_FLOOR, context=_WIDE) for value in precise]
    spare = int(((Decimal(total) - sum(floors)) / step).to_integral_value())
    order = sorted(range(len(precise)), key=lambda index: (floors[index] - precise[index], index))
    for index in order[:spare]:
        floors[index] += step
    return floors


def written(value: Decimal, *, group: str, point: str) -> str:
    """The number as a page shows it: digits grouped in threes by ``group``, ``point`` before the fraction, a true minus."""
    text = f"{value:,f}"
    whole, _, fraction = text.partition(".")
    out = whole.replace(",", group).replace("-", MINUS)
    return f"{out}{point}{fraction}" if fraction else out
