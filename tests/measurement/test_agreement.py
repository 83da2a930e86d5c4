"""Agreement of coders against the published examples."""

from __future__ import annotations

import itertools
import random

import pytest

from sapa.errors import UserError
from sapa.measurement import alpha_interval, cohen_kappa, krippendorff_alpha, percent_agreement

N = None
OBSERVERS = [  # Krippendorff (2011), Computing Krippendorff's alpha-reliability, section C: four observers, twelve units
    [1, 2, 3, 3, 2, 1, 4, 1, 2, N, N, N],
    [1, 2, 3, 3, 2, 2, 4, 1, 2, 5, N, 3],
    [N, 3, 3, 3, 2, 3, 4, 2, 2, 5, 1, N],
    [1, 2, 3, 3, 2, 4, 4, 1, 2, 5, 1, N],
]


@pytest.mark.parametrize(("level", "published"), [("nominal", 0.743), ("ordinal", 0.815), ("interval", 0.849)])
def test_krippendorffs_own_example(level: str, published: float) -> None:
    assert krippendorff_alpha(OBSERVERS, level) == pytest.approx(published, abs=5e-4)  # type: ignore[arg-type]


def test_krippendorffs_binary_example() -> None:
    """Krippendorff (2011), section A: two observers, ten units, alpha 0.095."""
    one = [0, 1, 0, 0, 0, 0, 0, 0, 1, 0]
    other = [1, 1, 1, 0, 0, 1, 0, 0, 0, 0]
    assert krippendorff_alpha([one, other]) == pytest.approx(0.095, abs=5e-4)


def test_krippendorffs_nominal_example() -> None:
    """Krippendorff (2011), section B: two observers, twelve units, alpha 0.692."""
    one = ["a", "a", "b", "b", "d", "c", "c", "c", "e", "d", "d", "a"]
    other = ["b", "a", "b", "b", "b", "c", "c", "c", "e", "d", "d", "d"]
    assert krippendorff_alpha([one, other]) == pytest.approx(0.692, abs=5e-4)


def test_alpha_pair_by_pair_is_the_same() -> None:
    """Without any coincidence matrix: every pair of values within a unit against every pair of all values."""
    units = [[value for value in unit if value is not None] for unit in zip(*OBSERVERS, strict=True)]
    units = [unit for unit in units if len(unit) > 1]
    values = [value for unit in units for value in unit]
    observed = sum(sum((a - b) ** 2 for a, b in itertools.permutations(unit, 2)) / (len(unit) - 1) for unit in units) / len(
        values
    )
    expected = sum((a - b) ** 2 for a, b in itertools.permutations(values, 2)) / (len(values) * (len(values) - 1))
    assert krippendorff_alpha(OBSERVERS, "interval") == pytest.approx(1 - observed / expected, abs=1e-12)


def test_kappa_of_a_two_by_two_table() -> None:
    """50 proposals, 20 and 15 judged alike, 5 and 10 not: agreement 0.7, by chance 0.5, kappa 0.4."""
    one = ["yes"] * 25 + ["no"] * 25
    other = ["yes"] * 20 + ["no"] * 5 + ["yes"] * 10 + ["no"] * 15
    assert percent_agreement(one, other) == pytest.approx(0.7)
    assert cohen_kappa(one, other) == pytest.approx(0.4, abs=1e-12)


def test_agreement_beyond_doubt_and_without_anything_to_agree_on() -> None:
    assert cohen_kappa(["a", "b"], ["a", "b"]) == 1
    assert cohen_kappa(["a", "a"], ["a", "a"]) is None
    assert percent_agreement(["a", N], [N, "a"]) is None
    assert krippendorff_alpha([["a", "a"], ["a", "a"]]) is None
    assert krippendorff_alpha([["a", N], [N, "b"]]) is None


def test_wrong_use_is_refused() -> None:
    with pytest.raises(UserError, match="different numbers"):
        krippendorff_alpha([["a"], ["a", "b"]])
    with pytest.raises(UserError, match="no number"):
        krippendorff_alpha([["a", "b"], ["a", "c"]], "interval")


def doubly(n: int, seed: int, *, alike: float = 0.8) -> list[list[int]]:
    """Two who code units of which four in ten have the code; each says chance's word where they do not agree."""
    chance = random.Random(seed)
    truth = [int(chance.random() < 0.4) for _ in range(n)]
    one = [value if chance.random() < alike else int(chance.random() < 0.4) for value in truth]
    return [truth, one]


def test_the_interval_is_that_of_drawing_unit_by_unit() -> None:
    """The second computation draws lists and asks the coefficient itself each time."""
    coders = doubly(80, 1)
    found = alpha_interval(coders, turns=2000)
    assert found is not None
    chance, drawn = random.Random(7), []
    for _turn in range(2000):
        chosen = chance.choices(range(80), k=80)
        drawn.append(krippendorff_alpha([[codes[place] for place in chosen] for codes in coders]))
    drawn.sort()
    assert (found.low, found.high) == pytest.approx((drawn[50], drawn[1949]), abs=0.025)
    assert found.estimate == krippendorff_alpha(coders)
    assert found == alpha_interval(coders, turns=2000), "the same each time"


def test_nineteen_of_twenty_intervals_hold_the_true_value() -> None:
    """The true alpha of the simulation is 0.8, since what does not agree is chance's."""
    held = [alpha_interval(doubly(200, seed), turns=300) for seed in range(200)]
    assert sum(item is not None and item.low <= 0.8 <= item.high for item in held) in range(178, 200)


def test_units_of_one_text_are_drawn_together() -> None:
    """A code repeated three times for each text is no three times more evidence."""
    one, other = doubly(60, 3)
    alone, thrice = alpha_interval([one, other]), alpha_interval([one * 3, other * 3], [*range(60)] * 3)
    apart = alpha_interval([one * 3, other * 3])
    assert alone is not None
    assert thrice is not None
    assert apart is not None
    assert thrice.high - thrice.low == pytest.approx(alone.high - alone.low, abs=0.01)
    assert apart.high - apart.low < 0.75 * (alone.high - alone.low)


def test_of_what_hardly_occurs_no_interval_is_said() -> None:
    assert alpha_interval([[0] * 20, [1, *[0] * 19]]) is None
    assert alpha_interval([[0] * 20, [0] * 20]) is None
