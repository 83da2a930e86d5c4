"""Intervals and tests of difference against printed tables and second computations."""

from __future__ import annotations

import math

import numpy as np
import pytest

from sapa.errors import UserError
from sapa.measurement import Moments, distributions, mean_interval, several_means, share, two_means
from sapa.measurement.chances import chi2_beyond, f_below, f_beyond, f_quantile, t_below, t_beyond, t_quantile


@pytest.mark.parametrize(("p", "df", "printed"), [(0.975, 1, 12.706), (0.975, 10, 2.228), (0.95, 30, 1.697), (0.995, 120, 2.617)])
def test_students_t_is_the_printed_table(p: float, df: int, printed: float) -> None:
    assert t_quantile(p, df) == pytest.approx(printed, abs=5e-4)
    assert t_quantile(1 - p, df) == pytest.approx(-printed, abs=5e-4)


@pytest.mark.parametrize(("p", "df1", "df2", "printed"), [(0.95, 1, 10, 4.965), (0.95, 5, 20, 2.711), (0.99, 3, 12, 5.953)])
def test_fishers_f_is_the_printed_table(p: float, df1: int, df2: int, printed: float) -> None:
    assert f_quantile(p, df1, df2) == pytest.approx(printed, abs=1e-3)


@pytest.mark.parametrize(
    ("x", "df", "p"), [(3.841459, 1, 0.05), (16.918978, 9, 0.05), (124.342113, 100, 0.05), (6.634897, 1, 0.01)]
)
def test_chi_square_is_the_printed_table(x: float, df: int, p: float) -> None:
    assert chi2_beyond(x, df) == pytest.approx(p, abs=1e-6)


def test_distribution_functions_are_integrals_of_their_densities() -> None:
    df, steps = 7.0, 200_001
    x = np.linspace(0.0, 1.7, steps)
    scale = math.exp(math.lgamma((df + 1) / 2) - math.lgamma(df / 2)) / math.sqrt(df * math.pi)
    density = scale * (1 + x * x / df) ** (-(df + 1) / 2)
    assert t_below(1.7, df) == pytest.approx(0.5 + np.trapezoid(density, x), abs=1e-9)
    assert t_beyond(1.7, df) == pytest.approx(2 * (1 - t_below(1.7, df)), abs=1e-12)
    assert f_below(1.7**2, 1, df) == pytest.approx(1 - t_beyond(1.7, df), abs=1e-12)
    assert f_beyond(0.4, 6, 9) == pytest.approx(1 - f_below(0.4, 6, 9), abs=1e-12)


def test_wilsons_interval_of_few_and_of_none() -> None:
    found = share(15, 50)  # 0.1910 to 0.4375: Newcombe's calculation for 15 of 50
    assert (found.low, found.high) == pytest.approx((0.1910, 0.4375), abs=5e-4)
    assert share(81, 263).low == pytest.approx(0.2553, abs=5e-5)  # Newcombe 1998, Statistics in Medicine 17, table I
    assert share(81, 263).high == pytest.approx(0.3662, abs=5e-5)
    assert share(0, 20).low == 0
    assert share(0, 20).high == pytest.approx(0.1611, abs=5e-5)
    assert share(20, 20).high == 1
    with pytest.raises(UserError):
        share(0, 0)


def test_the_limits_of_wilson_solve_the_score_equation() -> None:
    found = share(7, 31)
    for limit in (found.low, found.high):
        assert abs(7 / 31 - limit) / math.sqrt(limit * (1 - limit) / 31) == pytest.approx(1.959964, abs=1e-5)


def test_the_interval_of_a_mean() -> None:
    values = np.array([4, 5, 3, 4, 4, 2, 5, 3.0])
    found = mean_interval(values.mean(), values.std(ddof=1), 8)
    assert found is not None
    assert found.high - found.estimate == pytest.approx(2.3646 * values.std(ddof=1) / math.sqrt(8), abs=1e-4)
    assert mean_interval(4.0, 0.0, 1) is None


def test_two_means_and_their_effect() -> None:
    a, b = Moments(20, 15.0, 4.0), Moments(25, 12.0, 5.0)
    found = two_means(a, b)
    assert found is not None
    assert found.statistic == pytest.approx(3 / math.sqrt(0.8 + 1.0), abs=1e-12)
    assert found.df[0] == pytest.approx(1.8**2 / (0.8**2 / 19 + 1.0 / 24), abs=1e-9)
    pooled = math.sqrt((19 * 16 + 24 * 25) / 43)
    assert found.effect == pytest.approx(3 / pooled * (1 - 3 / (4 * 43 - 1)), abs=1e-12)
    assert found.low is not None
    assert found.low > 0
    assert found.p < 0.05
    assert two_means(Moments(1, 1, 0), b) is None


def test_two_groups_by_f_are_two_groups_by_t() -> None:
    a, b = Moments(20, 15.0, 4.0), Moments(25, 12.0, 5.0)
    f, t = several_means([a, b]), two_means(a, b)
    assert f is not None
    assert t is not None
    assert f.statistic == pytest.approx(t.statistic**2, abs=1e-9)
    assert f.p == pytest.approx(t.p, abs=1e-9)


def test_chi_square_of_a_two_by_two_table() -> None:
    a, b, c, d = 30, 10, 20, 40
    found = distributions(np.array([[a, b], [c, d]]))
    n = a + b + c + d
    expected = n * (a * d - b * c) ** 2 / ((a + b) * (c + d) * (a + c) * (b + d))
    assert found is not None
    assert found.statistic == pytest.approx(expected, abs=1e-9)
    assert found.effect == pytest.approx(math.sqrt(expected / n), abs=1e-12)
    assert not found.weak
    assert distributions(np.array([[3, 0], [5, 0]])) is None
    assert distributions(np.array([[1, 2], [2, 1]])).weak  # type: ignore[union-attr]
