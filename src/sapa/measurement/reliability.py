"""Reliability of a scale: Cronbach's alpha and McDonald's omega, from a matrix of persons by items.

Both take persons who answered every item of the scale; how many did not is reported, never guessed at.
"""

from __future__ import annotations

import math
from dataclasses import dataclass

import numpy as np
from numpy.typing import NDArray

from sapa.errors import UserError
from sapa.measurement.chances import f_quantile
from sapa.measurement.intervals import Interval

Matrix = NDArray[np.float64]
_ROUNDS = 5000
_CLOSE = 1e-12


@dataclass(frozen=True)
class Reliability:
    """Reliability coefficients of one scale. ``None``: can't be computed (an item without variance, too few persons)."""

    items: int
    persons: int
    """Persons who answered all items."""
    left_out: int
    """Persons who answered some items but not all."""
    alpha: Interval | None
    """Raw alpha with Feldt's interval."""
    standardised: float | None
    omega: float | None
    without: tuple[float | None, ...]
    """Raw alpha if the item were left out, in the order of items."""
    correlations: tuple[float | None, ...]
    """Correlation of each item with the sum of the others."""


def complete(answers: Matrix) -> Matrix:
    """Persons (rows) who answered every item (no NaN)."""
    return answers[~np.isnan(answers).any(axis=1)]


def reliability(answers: Matrix, level: float = 0.95) -> Reliability:
    """All coefficients of a scale; ``answers`` is persons by items, NaN where not answered, reversed items already turned."""
    if answers.ndim != 2 or answers.shape[1] < 2:
        raise UserError("a scale needs at least two items", todo="name two or more questions of the scale")
    full = complete(answers)
    some = int((~np.isnan(answers)).any(axis=1).sum())
    k = answers.shape[1]
    covariance = _covariance(full)
    raw = alpha_of(covariance)
    held = None if raw is None else feldt(raw, full.shape[0], k, level)
    correlation = _correlation(covariance)
    return Reliability(
        k,
        full.shape[0],
        some - full.shape[0],
        held,
        None if correlation is None else alpha_of(correlation),
        None if correlation is None else omega_of(correlation, np.sqrt(np.diag(covariance))),
        tuple(alpha_of(np.delete(np.delete(covariance, item, 0), item, 1)) if k > 2 else None for item in range(k)),
        tuple(_with_others(covariance, item) for item in range(k)),
    )


def alpha_of(covariance: Matrix) -> float | None:
    """Cronbach's alpha of a covariance matrix of items; of a correlation matrix: standardised alpha.

    Cronbach (1951), Coefficient alpha and the internal structure of tests, Psychometrika 16, 297-334, formula 2.
    """
    k: int = covariance.shape[0]
    total = float(covariance.sum())
    if k < 2 or not total > 0:
        return None
    return k / (k - 1) * (1.0 - float(np.trace(covariance)) / total)


def feldt(alpha: float, n: int, k: int, level: float = 0.95) -> Interval | None:
    """The interval of alpha from the F distribution with n - 1 and (n - 1)(k - 1) degrees of freedom.

    Feldt (1965), Psychometrika 30, 357-370; as formulas 6 and 7 of Feldt, Woodruff and Salih (1987), Applied Psychological
    Measurement 11, 93-103. ``None`` for fewer than two persons.
    """
    if n < 2 or k < 2:
        return None
    df1, df2, tail = n - 1, (n - 1) * (k - 1), (1 - level) / 2
    low = 1.0 - (1.0 - alpha) * f_quantile(1.0 - tail, df1, df2)
    high = 1.0 - (1.0 - alpha) * f_quantile(tail, df1, df2)
    return Interval(alpha, low, high, level, n)


def omega_of(correlation: Matrix, spread: Matrix | None = None) -> float | None:
    """McDonald's omega of one common factor: (sum of loadings)^2 over it plus the sum of the unique variances.

    McDonald (1999), Test theory: a unified treatment, p. 89, formula 6.20a. ``spread`` are the items' standard deviations: with
    them omega is that of the raw sum, without that of the standardised items. ``None`` where one factor can't be fitted: fewer
    than three items, or items that do not hang together.
    """
    loadings = one_factor(correlation)
    if loadings is None:
        return None
    weight = np.ones(len(loadings)) if spread is None else spread
    common = float((weight * loadings).sum()) ** 2
    unique = float((weight**2 * (1.0 - loadings**2)).sum())
    return common / (common + unique) if common + unique > 0 else None


def one_factor(correlation: Matrix) -> NDArray[np.float64] | None:
    """Loadings of one common factor by minimum residuals: the least squares of the correlations off the diagonal.

    Harman and Jones (1966), Factor analysis by minimizing residuals (minres), Psychometrika 31, 351-368. Each loading in turn is
    set to its least-squares value given the others (their formula for one variable), which never raises the residual; a loading
    is held within -1 to 1 (no Heywood case: Harman and Fukuda 1966).
    """
    k = correlation.shape[0]
    if k < 3:
        return None
    off = correlation - np.diag(np.diag(correlation))
    values, vectors = np.linalg.eigh(correlation)
    loadings = vectors[:, -1] * math.sqrt(max(float(values[-1]), 0.0))
    loadings = np.clip(loadings if loadings.sum() >= 0 else -loadings, -1.0, 1.0)
    for _ in range(_ROUNDS):
        before = loadings.copy()
        for item in range(k):
            rest = float((loadings**2).sum() - loadings[item] ** 2)
            if rest > 0:
                loadings[item] = min(1.0, max(-1.0, float(off[item] @ loadings) / rest))
        if float(np.abs(loadings - before).max()) < _CLOSE:
            break
    return loadings if np.isfinite(loadings).all() else None


def _covariance(full: Matrix) -> Matrix:
    if full.shape[0] < 2:
        return np.zeros((full.shape[1], full.shape[1]))
    centred = full - full.mean(axis=0)
    return np.asarray(centred.T @ centred / (full.shape[0] - 1))


def _correlation(covariance: Matrix) -> Matrix | None:
    spread = np.sqrt(np.diag(covariance))
    return None if (spread <= 0).any() else covariance / np.outer(spread, spread)


def _with_others(covariance: Matrix, item: int) -> float | None:
    """Corrected item-total correlation: the item with the sum of the other items."""
    own = float(covariance[item, item])
    joint = float(covariance[item].sum()) - own
    others = float(covariance.sum()) - 2 * joint - own
    return joint / math.sqrt(own * others) if own > 0 and others > 0 else None
