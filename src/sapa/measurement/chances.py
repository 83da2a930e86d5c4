"""The distributions the intervals rest on: Student's t, Fisher's F, chi-square and the normal one, by their textbook functions.

The incomplete beta and gamma functions are evaluated by continued fractions (Lentz), quantiles by false position: to ten
digits, far beyond what an interval of a survey is printed with. Tests hold them against printed tables and a second computation.
"""

from __future__ import annotations

import math
from collections.abc import Callable
from statistics import NormalDist

_TINY = 1e-300
_STEPS = 10_000
_CLOSE = 1e-15
MANY = 1000.0
"""Degrees of freedom beyond which Student's t is expanded about the normal distribution."""


def normal_quantile(p: float) -> float:
    """The value a standard normal variable stays below with chance ``p``."""
    return NormalDist().inv_cdf(p)


def beta_share(x: float, a: float, b: float) -> float:
    """Regularised incomplete beta function I_x(a, b) (Abramowitz and Stegun 1964, 26.5.8; Lentz 1976)."""
    if x <= 0:
        return 0.0
    if x >= 1:
        return 1.0
    if x > (a + 1) / (a + b + 2):
        return 1.0 - beta_share(1.0 - x, b, a)
    front = math.exp(math.lgamma(a + b) - math.lgamma(a) - math.lgamma(b) + a * math.log(x) + b * math.log1p(-x)) / a
    return front * _fraction(x, a, b)


def _fraction(x: float, a: float, b: float) -> float:
    c, d = 1.0, 1.0 / _safe(1.0 - (a + b) * x / (a + 1))
    out = d
    for m in range(1, _STEPS):
        even = m * (b - m) * x / ((a + 2 * m - 1) * (a + 2 * m))
        odd = -(a + m) * (a + b + m) * x / ((a + 2 * m) * (a + 2 * m + 1))
        for step in (even, odd):
            d = 1.0 / _safe(1.0 + step * d)
            c = _safe(1.0 + step / c)
            out *= c * d
        if abs(c * d - 1.0) < _CLOSE:
            break
    return out


def _safe(value: float) -> float:
    return value if abs(value) > _TINY else _TINY


def t_below(t: float, df: float) -> float:
    """Chance that Student's t with ``df`` degrees of freedom stays below ``t``."""
    tail = 0.5 * beta_share(df / (df + t * t), df / 2, 0.5)
    return tail if t < 0 else 1.0 - tail


def t_beyond(t: float, df: float) -> float:
    """Chance that |t| with ``df`` degrees of freedom is at least ``|t|`` (two-sided p)."""
    return beta_share(df / (df + t * t), df / 2, 0.5)


def t_quantile(p: float, df: float) -> float:
    """The value Student's t stays below with chance ``p``."""
    if p == 0.5:
        return 0.0
    if p < 0.5:
        return -t_quantile(1.0 - p, df)
    if df > MANY:
        return _t_of_many(normal_quantile(p), df)
    return _solve(lambda t: t_below(t, df), p)


def _t_of_many(z: float, df: float) -> float:
    """The quantile by its expansion about the normal one (Abramowitz and Stegun 1964, 26.7.5): exact to 1e-12 beyond ``MANY``."""
    square = z * z
    first = z * (square + 1) / 4
    second = z * ((5 * square + 16) * square + 3) / 96
    third = z * (((3 * square + 19) * square + 17) * square - 15) / 384
    fourth = z * ((((79 * square + 776) * square + 1482) * square - 1920) * square - 945) / 92160
    return z + (first + (second + (third + fourth / df) / df) / df) / df


def f_below(f: float, df1: float, df2: float) -> float:
    """Chance that Fisher's F with ``df1`` and ``df2`` degrees of freedom stays below ``f``."""
    return beta_share(df1 * f / (df1 * f + df2), df1 / 2, df2 / 2) if f > 0 else 0.0


def f_beyond(f: float, df1: float, df2: float) -> float:
    """Chance that F is at least ``f``."""
    return beta_share(df2 / (df1 * f + df2), df2 / 2, df1 / 2) if f > 0 else 1.0


def f_quantile(p: float, df1: float, df2: float) -> float:
    """The value Fisher's F stays below with chance ``p``."""
    return _solve(lambda f: f_below(f, df1, df2), p)


def chi2_beyond(x: float, df: float) -> float:
    """Chance that chi-square with ``df`` degrees of freedom is at least ``x`` (Abramowitz and Stegun 1964, 6.5.29 and 6.5.31)."""
    if x <= 0:
        return 1.0
    a, half = df / 2, x / 2
    front = math.exp(a * math.log(half) - half - math.lgamma(a))
    if half < a + 1:
        term = total = 1.0 / a
        for step in range(1, _STEPS):
            term *= half / (a + step)
            total += term
            if term < total * _CLOSE:
                break
        return max(0.0, 1.0 - front * total)
    b = half + 1.0 - a
    c, d = 1.0 / _TINY, 1.0 / _safe(b)
    out = d
    for step in range(1, _STEPS):
        factor = -step * (step - a)
        b += 2.0
        d = 1.0 / _safe(factor * d + b)
        c = _safe(b + factor / c)
        out *= c * d
        if abs(c * d - 1.0) < _CLOSE:
            break
    return front * out


def _solve(below: Callable[[float], float], p: float) -> float:
    """Where a rising distribution function over the positive numbers reaches ``p``: false position, held within its bracket
    (Illinois: Dowell and Jarratt 1971, BIT 11, 168-174)."""
    low, high, at_low, at_high = 0.0, 1.0, -p, below(1.0) - p
    while at_high < 0 and high < 1e12:
        low, high, at_low, at_high = high, high * 2, at_high, below(high * 2) - p
    side = 0
    for _ in range(200):
        middle = high - at_high * (high - low) / (at_high - at_low) if at_high != at_low else low
        if not low < middle < high:
            middle = (low + high) / 2
        value = below(middle) - p
        if abs(value) < 1e-15 or high - low <= 1e-14 * high:
            return middle
        if value < 0:
            low, at_low = middle, value
            at_high, side = (at_high / 2, -1) if side == -1 else (at_high, -1)
        else:
            high, at_high = middle, value
            at_low, side = (at_low / 2, 1) if side == 1 else (at_low, 1)
    return (low + high) / 2
