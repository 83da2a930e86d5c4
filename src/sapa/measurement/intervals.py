"""Intervals for what a survey estimates: shares and means."""

from __future__ import annotations

import math
from dataclasses import dataclass

from sapa.errors import UserError
from sapa.measurement.chances import normal_quantile, t_quantile


@dataclass(frozen=True)
class Interval:
    """An estimate between its limits, at a level of confidence (0.95: nineteen of twenty such intervals hold the true value)."""

    estimate: float
    low: float
    high: float
    level: float
    n: float
    """Number of answers or cases it rests on; no whole number where they are weighted."""


def share(count: float, n: float, level: float = 0.95) -> Interval:
    """The share ``count`` of ``n`` (0 to 1) with Wilson's score interval, which stays inside 0 to 1 also for few answers.

    Wilson (1927), Probable inference, the law of succession, and statistical inference, J. Am. Stat. Assoc. 22, 209-212;
    preferred for small n by Brown, Cai and DasGupta (2001), Statistical Science 16, 101-133. Raises ``UserError`` where n is 0.
    """
    if n <= 0 or not 0 <= count <= n:
        raise UserError(f"no share can be formed of {count} among {n} cases", todo="give 0 <= count <= n with n of at least 1")
    z = normal_quantile((1 + level) / 2)
    p, spread = count / n, z * z / n
    middle = (p + spread / 2) / (1 + spread)
    reach = z / (1 + spread) * math.sqrt(p * (1 - p) / n + spread / (4 * n))
    low = 0.0 if count == 0 else max(0.0, middle - reach)
    high = 1.0 if count == n else min(1.0, middle + reach)
    return Interval(p, low, high, level, n)


def mean_interval(mean: float, sd: float, n: int, level: float = 0.95) -> Interval | None:
    """The interval of a mean by Student's t (Student 1908, The probable error of a mean, Biometrika 6, 1-25).

    ``sd`` is the standard deviation with divisor n - 1. ``None`` where fewer than two answers leave the spread unknown.
    """
    if n < 2:
        return None
    reach = t_quantile((1 + level) / 2, n - 1) * sd / math.sqrt(n)
    return Interval(mean, mean - reach, mean + reach, level, n)
