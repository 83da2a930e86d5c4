"""Reliability of scales against published figures and a second computation."""

from __future__ import annotations

import numpy as np
import pytest

from sapa.errors import UserError
from sapa.measurement import alpha_of, feldt, omega_of, one_factor, reliability
from sapa.measurement.chances import f_quantile


def simulated(n: int, loadings: list[float], seed: int = 1) -> np.ndarray:
    rng = np.random.default_rng(seed)
    common = rng.normal(size=(n, 1))
    weight = np.array(loadings)
    return common * weight + rng.normal(size=(n, len(loadings))) * np.sqrt(1 - weight**2)


def test_the_interval_of_alpha_is_feldts() -> None:
    """C. Evans, feldt1.return (Cognition and Brain Sciences Unit, Cambridge): alpha 0.913, 20 items, 873 persons."""
    found = feldt(0.913, 873, 20)
    assert found is not None
    assert (found.low, found.high) == pytest.approx((0.9044024, 0.9211588), abs=1e-6)


def test_the_variant_with_n_times_k_less_one_is_bonetts() -> None:
    """R package statpsych, example of ci.cronbach (0.85, 7 items, 89 persons): the same F with n (k - 1) below."""
    low, high = (1 - 0.15 * f_quantile(p, 88, 89 * 6) for p in (0.975, 0.025))
    assert (low, high) == pytest.approx((0.7971254, 0.8931436), abs=1e-6)
    found = feldt(0.85, 89, 7)
    assert found is not None
    assert (found.low, found.high) == pytest.approx((low, high), abs=1e-4)


def test_alpha_by_variances_of_items_and_sums_is_the_same() -> None:
    answers = np.round(simulated(300, [0.8, 0.7, 0.6, 0.5]) * 1.2 + 3)
    k = answers.shape[1]
    by_sums = k / (k - 1) * (1 - answers.var(axis=0, ddof=1).sum() / answers.sum(axis=1).var(ddof=1))
    found = reliability(answers)
    assert found.alpha is not None
    assert found.alpha.estimate == pytest.approx(by_sums, abs=1e-12)
    r = np.corrcoef(answers.T)
    mean = (r.sum() - k) / (k * (k - 1))
    assert found.standardised == pytest.approx(k * mean / (1 + (k - 1) * mean), abs=1e-12)  # Spearman-Brown


def test_items_left_out_and_correlations_with_the_others() -> None:
    answers = simulated(200, [0.8, 0.7, 0.6, 0.0])
    found = reliability(answers)
    others = answers[:, :3].sum(axis=1)
    assert found.correlations[3] == pytest.approx(np.corrcoef(answers[:, 3], others)[0, 1], abs=1e-12)
    alone = reliability(answers[:, :3]).alpha
    assert alone is not None
    assert found.without[3] == pytest.approx(alone.estimate, abs=1e-12)
    assert found.without[3] > found.alpha.estimate  # type: ignore[union-attr,operator]


def test_omega_of_a_perfect_factor_is_the_textbook_ratio() -> None:
    loadings = np.array([0.9, 0.8, 0.7, 0.4])
    r = np.outer(loadings, loadings)
    np.fill_diagonal(r, 1.0)
    assert one_factor(r) == pytest.approx(loadings, abs=1e-8)
    expected = loadings.sum() ** 2 / (loadings.sum() ** 2 + (1 - loadings**2).sum())
    assert omega_of(r) == pytest.approx(expected, abs=1e-8)


def test_equal_loadings_make_omega_and_alpha_one_number() -> None:
    r = np.full((5, 5), 0.36)
    np.fill_diagonal(r, 1.0)
    assert omega_of(r) == pytest.approx(alpha_of(r), abs=1e-9)


def test_minres_finds_what_principal_axes_iterated_find() -> None:
    """A second way to the same least squares: communalities on the diagonal, first principal axis, until nothing moves."""
    r = np.corrcoef(simulated(150, [0.8, 0.7, 0.6, 0.5, 0.3], seed=7).T)
    communality = 1 - 1 / np.diag(np.linalg.inv(r))
    for _ in range(20_000):
        reduced = r.copy()
        np.fill_diagonal(reduced, communality)
        values, vectors = np.linalg.eigh(reduced)
        loadings = vectors[:, -1] * np.sqrt(values[-1])
        if np.abs(loadings**2 - communality).max() < 1e-14:
            break
        communality = loadings**2
    assert one_factor(r) == pytest.approx(np.abs(loadings), abs=1e-6)


def test_persons_who_skip_an_item_are_counted_and_left_out() -> None:
    answers = simulated(50, [0.8, 0.7, 0.6])
    answers[0, 1] = np.nan
    answers[1] = np.nan
    found = reliability(answers)
    assert (found.persons, found.left_out) == (48, 1)


def test_items_that_do_not_vary_have_no_standardised_alpha_and_no_omega() -> None:
    answers = simulated(50, [0.8, 0.7, 0.6])
    answers[:, 2] = 4
    found = reliability(answers)
    assert found.standardised is None
    assert found.omega is None
    assert found.alpha is not None


def test_nobody_and_one_item() -> None:
    assert reliability(np.empty((0, 3))).alpha is None
    with pytest.raises(UserError, match="two items"):
        reliability(np.ones((5, 1)))
