"""Rounding happens in Decimal, once, and shares of one whole still add up."""

from __future__ import annotations

from decimal import Decimal
from fractions import Fraction

import pytest
from hypothesis import given
from hypothesis import strategies as st

from sapa.publication.numbers import rounded, rounded_to_total, written


@pytest.mark.parametrize(
    ("value", "decimals", "text"),
    [(2.675, 2, "2.68"), (0.5, 0, "1"), (-0.5, 0, "-1"), (-0.04, 1, "0.0"), (1e15 + 0.5, 0, "1000000000000001"), (12, 1, "12.0")],
)
def test_halves_go_away_from_zero_as_written_not_as_stored(value: float, decimals: int, text: str) -> None:
    assert str(rounded(value, decimals)) == text


@given(st.floats(-1e12, 1e12), st.integers(0, 9))
def test_rounding_moves_a_number_by_at_most_half_a_unit(value: float, decimals: int) -> None:
    shown = rounded(value, decimals)
    assert abs(Fraction(shown) - Fraction(Decimal(repr(value)))) <= Fraction(1, 2) / 10**decimals
    assert -shown.as_tuple().exponent == decimals


@given(st.lists(st.integers(0, 10_000), min_size=1, max_size=40).filter(sum), st.integers(0, 3))
def test_shares_of_a_whole_add_up_after_rounding(parts: list[int], decimals: int) -> None:
    shares = [part / sum(parts) * 100 for part in parts]
    together = rounded_to_total(shares, decimals)
    assert together is not None
    assert sum(together) == 100
    unit = Decimal(1).scaleb(-decimals)
    assert all(abs(Decimal(repr(share)) - shown) <= unit for share, shown in zip(shares, together, strict=True))


def test_three_thirds_give_the_spare_unit_to_the_first() -> None:
    assert rounded_to_total([100 / 3] * 3, 1) == [Decimal("33.4"), Decimal("33.3"), Decimal("33.3")]


def test_what_does_not_add_up_is_not_made_to() -> None:
    assert rounded_to_total([40.0, 50.0], 1) is None


def test_numbers_are_written_with_their_signs() -> None:
    assert written(Decimal("-1234567.50"), group="\u202f", point=",") == "−1\u202f234\u202f567,50"
    assert written(Decimal("999"), group=",", point=".") == "999"
