"""Residuals and the robust variance: their laws, and the derivatives that they are."""

from __future__ import annotations

import numpy as np
import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from atrisk.errors import EstimationError
from atrisk.estimate.proportional_hazards.cox import CoxSample, cox
from atrisk.estimate.proportional_hazards.cox_residuals import (
    dfbeta,
    martingale_residuals,
    schoenfeld_residuals,
    score_residuals,
)


def sample_of(seed: int, *, weight: np.ndarray | None = None) -> CoxSample:
    rng = np.random.default_rng(seed)
    entry = rng.integers(0, 5, 60)
    return CoxSample(
        entry + rng.integers(1, 12, 60),
        rng.integers(0, 2, 60),
        rng.normal(size=(60, 2)),
        stratum=rng.integers(0, 2, 60),
        entry=entry,
        weight=weight,
        cluster=rng.integers(0, 15, 60),
    )


@given(st.integers(0, 10_000), st.sampled_from(["efron", "breslow"]))
@settings(deadline=None, max_examples=25)
def test_residuals_sum_to_zero_and_make_the_sandwich(seed: int, ties) -> None:
    """Martingale and score residuals sum to 0 at the maximum; the sum over clusters of dfbeta squared is V B V."""
    sample = sample_of(seed)
    fit = cox(sample, ties=ties)
    assert martingale_residuals(sample, fit).sum() == pytest.approx(0, abs=1e-9)
    np.testing.assert_allclose(score_residuals(sample, fit).sum(axis=0), 0, atol=1e-8)
    np.testing.assert_allclose(schoenfeld_residuals(sample, fit).residual.sum(axis=0), 0, atol=1e-8)
    change = dfbeta(sample, fit)
    by_cluster = np.array([change[sample.cluster == c].sum(axis=0) for c in np.unique(sample.cluster)])
    np.testing.assert_allclose(fit.covariance, by_cluster.T @ by_cluster, rtol=1e-8, atol=1e-12)


def test_dfbeta_is_the_derivative_of_the_coefficients_by_the_weights() -> None:
    """Breslow, where weights are frequencies: d b / d w_i = dfbeta_i at w_i = 1, here by a central difference."""
    step = 1e-5
    sample = sample_of(1)
    change = dfbeta(sample, cox(sample, ties="breslow"))
    for i in (0, 7, 23):
        up, down = (
            cox(sample_of(1, weight=np.where(np.arange(60) == i, 1 + sign * step, 1.0)), ties="breslow").coef
            for sign in (1, -1)
        )
        np.testing.assert_allclose((up - down) / (2 * step), change[i], rtol=1e-5, atol=1e-8)


def test_rows_of_weight_zero_take_no_part() -> None:
    weight = np.where(np.arange(60) % 7 == 0, 0.0, 1.0)
    sample = sample_of(2, weight=weight)
    kept = weight > 0
    rest = CoxSample(
        sample.time[kept],
        sample.event[kept],
        sample.covariates[kept],
        stratum=sample.stratum[kept],
        entry=sample.entry[kept],
        cluster=sample.cluster[kept],
    )
    fit, narrow = cox(sample), cox(rest)
    np.testing.assert_allclose(fit.coef, narrow.coef, rtol=1e-12)
    np.testing.assert_allclose(fit.covariance, narrow.covariance, rtol=1e-11)
    residual = martingale_residuals(sample, fit)
    np.testing.assert_array_equal(np.isnan(residual), ~kept)
    np.testing.assert_allclose(residual[kept], martingale_residuals(rest, narrow), rtol=1e-10, atol=1e-12)


def test_fewer_clusters_than_columns_leave_no_wald_test() -> None:
    rng = np.random.default_rng(4)
    x = rng.normal(size=(40, 3))
    fit = cox(CoxSample(rng.integers(1, 20, 40), rng.integers(0, 2, 40), x, cluster=np.arange(40) % 2))
    assert np.isnan(fit.wald_test.p_value)
    assert np.isfinite(fit.likelihood_ratio_test.p_value)


def test_no_residuals_for_infinite_coefficients_or_exact_ties() -> None:
    gone = CoxSample(np.arange(1.0, 5), np.array([1, 1, 0, 0]), np.array([[1.0], [1], [0], [0]]))
    with pytest.raises(EstimationError, match="infinite"):
        martingale_residuals(gone, cox(gone))
    plain = CoxSample(np.arange(1.0, 5), np.array([1, 1, 1, 0]), np.array([[1.0], [0], [1], [0]]))
    with pytest.raises(EstimationError, match="exact"):
        score_residuals(plain, cox(plain, ties="exact"))
