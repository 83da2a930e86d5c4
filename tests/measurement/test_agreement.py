"""Agreement of coders against the published examples."""

from __future__ import annotations

import itertools

import pytest

from sapa.errors import UserError
from sapa.measurement import cohen_kappa, krippendorff_alpha, percent_agreement

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
