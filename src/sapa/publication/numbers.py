"""Rounding and writing of numbers. Computation never rounds; this is the only place that does, and it does it in Decimal."""

from __future__ import annotations

from collections.abc import Sequence
from decimal import Context, Decimal, localcontext

from sapa.indicators.rounding import round_half_up, shares

MINUS = "\u2212"
_WIDE = Context(prec=60)
"""Fifteen digits of a double before the point and nine after it never meet this limit; the default of 28 could."""


def exact(value: float | int | Decimal) -> Decimal:
    """The decimal number a person would write for ``value``: the shortest text that reads back as the same double."""
    return value if isinstance(value, Decimal) else Decimal(repr(value))


def rounded(value: float | int | Decimal, decimals: int) -> Decimal:
    """``value`` with exactly ``decimals`` digits after the point, halves away from zero, never a negative zero."""
    with localcontext(_WIDE):
        out = round_half_up(value, decimals)
    return abs(out) if out.is_zero() else out


def rounded_to_total(values: Sequence[float | Decimal], decimals: int, total: int = 100) -> list[Decimal] | None:
    """Round so that the results add up to ``total`` (largest remainder), or ``None`` where the values do not add up to it."""
    precise = [exact(value) for value in values]
    if not precise or min(precise) < 0 or abs(sum(precise, Decimal(0)) - total) > Decimal("1e-6"):
        return None
    return shares(precise, decimals, total)


def written(value: Decimal, *, group: str, point: str) -> str:
    """The number as a page shows it: digits grouped in threes by ``group``, ``point`` before the fraction, a true minus."""
    text = f"{value:,f}"
    whole, _, fraction = text.partition(".")
    out = whole.replace(",", group).replace("-", MINUS)
    return f"{out}{point}{fraction}" if fraction else out
