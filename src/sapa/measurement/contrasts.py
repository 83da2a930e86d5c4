"""Groups against each other: a test whether the data show a difference, and an effect size that says how large it is."""

from __future__ import annotations

import math
from collections.abc import Sequence
from dataclasses import dataclass
from typing import Literal

import numpy as np
from numpy.typing import NDArray

from sapa.measurement.chances import chi2_beyond, f_beyond, t_beyond, t_quantile


@dataclass(frozen=True)
class Moments:
    """What a comparison of means needs of a group: number of answers, mean, standard deviation (divisor n - 1)."""

    n: int
    mean: float
    sd: float


@dataclass(frozen=True)
class Contrast:
    """A comparison of groups."""

    method: Literal["welch-t", "welch-anova", "chi-square"]
    statistic: float
    df: tuple[float, ...]
    p: float
    effect: float
    effect_name: Literal["hedges-g", "eta-squared", "cramers-v"]
    difference: float | None = None
    """Of two means: the first less the second, with its interval."""
    low: float | None = None
    high: float | None = None
    weak: bool = False
    """The approximation behind p does not hold well (expected counts under 5 in more than a fifth of the cells: Cochran 1954)."""


def two_means(a: Moments, b: Moments, level: float = 0.95) -> Contrast | None:
    """Two means by Welch's t, effect by Hedges' g (pooled spread, small-sample correction).

    Welch (1947), Biometrika 34, 28-35; Hedges (1981), Distribution theory for Glass's estimator of effect size, J. Educational
    Statistics 6, 107-128. ``None`` where a group has fewer than two answers or neither varies.
    """
    if min(a.n, b.n) < 2 or (a.sd == 0 and b.sd == 0):
        return None
    va, vb = a.sd**2 / a.n, b.sd**2 / b.n
    error = math.sqrt(va + vb)
    df = (va + vb) ** 2 / (va**2 / (a.n - 1) + vb**2 / (b.n - 1))
    t = (a.mean - b.mean) / error
    pooled = math.sqrt(((a.n - 1) * a.sd**2 + (b.n - 1) * b.sd**2) / (a.n + b.n - 2))
    g = (a.mean - b.mean) / pooled * (1 - 3 / (4 * (a.n + b.n - 2) - 1))
    reach = t_quantile((1 + level) / 2, df) * error
    gap = a.mean - b.mean
    return Contrast("welch-t", t, (df,), t_beyond(t, df), g, "hedges-g", gap, gap - reach, gap + reach)


def several_means(groups: Sequence[Moments]) -> Contrast | None:
    """Several means by Welch's F, which does not take the spreads as equal; effect by eta squared (share of the variance).

    Welch (1951), On the comparison of several mean values: an alternative approach, Biometrika 38, 330-336. ``None`` where a
    group has fewer than two answers or does not vary.
    """
    if len(groups) < 2 or any(group.n < 2 or group.sd == 0 for group in groups):
        return None
    k = len(groups)
    weights = [group.n / group.sd**2 for group in groups]
    total = sum(weights)
    grand = sum(w * group.mean for w, group in zip(weights, groups, strict=True)) / total
    tail = sum((1 - w / total) ** 2 / (group.n - 1) for w, group in zip(weights, groups, strict=True))
    top = sum(w * (group.mean - grand) ** 2 for w, group in zip(weights, groups, strict=True)) / (k - 1)
    f = top / (1 + 2 * (k - 2) / (k * k - 1) * tail)
    df = (float(k - 1), (k * k - 1) / (3 * tail))
    return Contrast("welch-anova", f, df, f_beyond(f, *df), _eta_squared(groups), "eta-squared")


def _eta_squared(groups: Sequence[Moments]) -> float:
    n = sum(group.n for group in groups)
    mean = sum(group.n * group.mean for group in groups) / n
    between = sum(group.n * (group.mean - mean) ** 2 for group in groups)
    within = sum((group.n - 1) * group.sd**2 for group in groups)
    return between / (between + within)


def distributions(counts: NDArray[np.int64]) -> Contrast | None:
    """Distributions of groups (rows) over answers (columns) by Pearson's chi-square; effect by Cramér's V.

    Pearson (1900), Philosophical Magazine 50, 157-175; Cramér (1946), Mathematical methods of statistics, p. 282. Answers nobody
    gave and groups nobody is in are left out. ``None`` where fewer than two of either remain.
    """
    table = counts[counts.sum(axis=1) > 0][:, counts.sum(axis=0) > 0].astype(float)
    rows, columns = table.shape
    if rows < 2 or columns < 2:
        return None
    n = float(table.sum())
    expected = np.outer(table.sum(axis=1), table.sum(axis=0)) / n
    statistic = float(((table - expected) ** 2 / expected).sum())
    df = (rows - 1) * (columns - 1)
    effect = math.sqrt(statistic / (n * min(rows - 1, columns - 1)))
    weak = bool((expected < 5).mean() > 0.2 or (expected < 1).any())
    return Contrast("chi-square", statistic, (float(df),), chi2_beyond(statistic, df), effect, "cramers-v", weak=weak)
