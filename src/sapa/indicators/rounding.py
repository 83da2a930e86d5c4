"""Percentages that add up: largest remainder, in decimal arithmetic. For presentation only; facts are never rounded."""

from __future__ import annotations

from collections.abc import Sequence
from decimal import ROUND_FLOOR, ROUND_HALF_UP, Decimal

from sapa.errors import UserError


def round_half_up(value: float | Decimal, decimals: int) -> Decimal:
    """The value with so many digits after the point, halves away from zero; a double counts as its shortest decimal form."""
    return _exact(value).quantize(Decimal(1).scaleb(-decimals), ROUND_HALF_UP)


def shares(counts: Sequence[int | float | Decimal], decimals: int = 1, total: int = 100) -> list[Decimal]:
    """Shares of the counts that add up to exactly ``total``, each less than one unit of the last digit from the true share.

    Hamilton's method of the largest remainder; equal remainders go to the larger count, then to the earlier one. Counts are
    not negative; where all are zero every share is zero. Raises ``UserError`` on a negative count.
    """
    exact = [_exact(count) for count in counts]
    if any(count < 0 for count in exact):
        raise UserError("a share of a negative count has no meaning", todo="check the counts")
    whole = sum(exact, Decimal(0))
    if not whole:
        return [Decimal(0).quantize(Decimal(1).scaleb(-decimals)) for _ in exact]
    # In units of the last digit, as exact fractions count * units / whole.
    units = total * 10**decimals
    floors = [(count * units / whole).to_integral_value(ROUND_FLOOR) for count in exact]
    left = int(units - sum(floors, Decimal(0)))
    order = sorted(range(len(exact)), key=lambda i: (-(exact[i] * units - floors[i] * whole), -exact[i], i))
    for index in order[:left]:
        floors[index] += 1
    return [floor.scaleb(-decimals) for floor in floors]


def _exact(value: int | float | Decimal) -> Decimal:
    return value if isinstance(value, Decimal) else Decimal(repr(value)) if isinstance(value, float) else Decimal(value)
