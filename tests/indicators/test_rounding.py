"""Percentages that add up."""

from __future__ import annotations

from decimal import Decimal

import pytest
from hypothesis import given
from hypothesis import strategies as st

from sapa.errors import UserError
from sapa.indicators.rounding import round_half_up, shares


def test_thirds_add_up() -> None:
    assert shares([1, 1, 1], 1) == [Decimal("33.4"), Decimal("33.3"), Decimal("33.3")]
    assert shares([0, 0], 1) == [Decimal("0.0"), Decimal("0.0")]
    assert shares([], 1) == []


def test_the_largest_remainder_gets_the_seat() -> None:
    """Hamilton's method on the textbook population of six parties (47000, 16000, 15800, 12000, 6100, 3100) and 10 seats."""
    seats = shares([47000, 16000, 15800, 12000, 6100, 3100], 0, 10)
    assert seats == [Decimal(n) for n in (5, 2, 1, 1, 1, 0)]


def test_a_negative_count_is_refused() -> None:
    with pytest.raises(UserError):
        shares([1, -1])


@given(st.lists(st.integers(0, 10**9), min_size=1, max_size=40), st.integers(0, 6))
def test_shares_add_up_and_stay_near(counts: list[int], decimals: int) -> None:
    made = shares(counts, decimals)
    if sum(counts):
        assert sum(made) == 100
        unit = Decimal(1).scaleb(-decimals)
        assert all(abs(share - Decimal(count) * 100 / sum(counts)) < unit for share, count in zip(made, counts, strict=True))
        assert all(share >= 0 for share in made)


@pytest.mark.parametrize(
    ("value", "decimals", "wanted"), [(2.675, 2, "2.68"), (-0.5, 0, "-1"), (1e-7, 3, "0.000"), (0.15, 1, "0.2")]
)
def test_halves_go_away_from_zero(value: float, decimals: int, wanted: str) -> None:
    assert str(round_half_up(value, decimals)) == wanted
