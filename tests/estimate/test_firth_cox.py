"""Firth's penalised Cox regression: by hand, and against the definition of its penalty."""

from __future__ import annotations

import math

import numpy as np
import pytest

from atrisk.errors import EstimationError
from atrisk.estimate.proportional_hazards.cox import CoxSample, cox
from atrisk.estimate.proportional_hazards.firth_cox import firth_cox
from tests.estimate.test_cox import slow_log_likelihood


def test_two_patients_by_hand() -> None:
    """x = 1 fails first, x = 0 is censored: l = log a, a = r/(r+1), I = a (1 - a), so that l + log(I)/2 =
    3/2 log a + 1/2 log(1 - a), whose maximum is at a = 3/4: r = 3, I = 3/16."""
    fit = firth_cox(CoxSample(np.array([1.0, 2]), np.array([1, 0]), np.array([[1.0], [0.0]])))
    assert fit.hazard_ratio[0] == pytest.approx(3, rel=1e-9)
    assert fit.std_err[0] == pytest.approx(math.sqrt(16 / 3), rel=1e-9)
    assert fit.penalised_loglik == pytest.approx(math.log(3 / 4) + 0.5 * math.log(3 / 16), rel=1e-12)


@pytest.mark.parametrize("ties", ["efron", "breslow"])
def test_the_slope_of_the_penalised_likelihood_vanishes(ties) -> None:
    """l + log det I / 2 from the slow likelihood and its numerical Hessian, with ties, strata and delayed entry."""
    rng = np.random.default_rng(5)
    entry = rng.integers(0, 4, 40)
    sample = CoxSample(
        entry + rng.integers(1, 8, 40),
        rng.integers(0, 2, 40),
        rng.normal(size=(40, 2)),
        stratum=rng.integers(0, 2, 40),
        entry=entry,
    )
    fit = firth_cox(sample, ties=ties)

    def information(beta: np.ndarray) -> np.ndarray:
        h, unit = 1e-3, np.eye(2)
        cell = lambda i, j: sum(  # noqa: E731
            a * b * slow_log_likelihood(sample, beta + h * (a * unit[i] + b * unit[j]), ties)
            for a in (1, -1)
            for b in (1, -1)
        )
        return -np.array([[cell(i, j) / (4 * h * h) for j in range(2)] for i in range(2)])

    def penalised(beta: np.ndarray) -> float:
        return slow_log_likelihood(sample, beta, ties) + 0.5 * math.log(np.linalg.det(information(beta)))

    assert fit.penalised_loglik == pytest.approx(penalised(fit.coef), rel=1e-6)
    for j in range(2):
        move = 1e-2 * np.eye(2)[j]
        slope = (penalised(fit.coef + move) - penalised(fit.coef - move)) / 2e-2
        assert abs(slope) < 2e-3 / fit.std_err[j]


def test_a_level_without_an_event_has_a_finite_coefficient_and_an_open_limit_or_none() -> None:
    rng = np.random.default_rng(6)
    event = rng.integers(0, 2, 40)
    event[:8] = 0
    sample = CoxSample(rng.integers(1, 30, 40), event, (np.arange(40) < 8).astype(float)[:, None])
    assert cox(sample).coef[0] == -math.inf
    fit = firth_cox(sample)
    assert np.isfinite(fit.coef[0])
    assert fit.converged
    assert fit.lower[0] < fit.hazard_ratio[0] < fit.upper[0]
    # The limit is where the test of that coefficient has p = 0.05, so they agree on 1.
    assert (fit.tests[0].p_value < 0.05) == (fit.upper[0] < 1)


def test_what_cannot_be_estimated_is_said() -> None:
    time, x = np.array([1.0, 2, 3]), np.array([[0.0, 1], [1, 1], [0, 1]])
    assert "no event" in firth_cox(CoxSample(time, np.zeros(3, dtype=int), x)).warning
    fit = firth_cox(CoxSample(time, np.ones(3, dtype=int), x))
    assert np.isnan(fit.coef[1])
    assert "columns 2" in fit.warning
    with pytest.raises(EstimationError):
        firth_cox(CoxSample(time, np.ones(3, dtype=int), x), ties="exact")


def test_fewer_profiles_are_those_of_all_and_the_rest_unknown() -> None:
    stream = np.random.default_rng(3)
    x = np.column_stack((stream.integers(0, 2, 60), stream.normal(size=60), np.ones(60), stream.normal(size=60)))
    sample = CoxSample(stream.exponential(size=60), stream.integers(0, 2, 60), x)
    whole, first = firth_cox(sample), firth_cox(sample, profiled=1)
    np.testing.assert_array_equal(first.coef, whole.coef)
    np.testing.assert_array_equal(first.std_err, whole.std_err)
    assert (first.lower[0], first.upper[0]) == (whole.lower[0], whole.upper[0])
    assert first.tests[0].p_value == whole.tests[0].p_value
    assert np.isnan([*first.lower[1:], *first.upper[1:], *(test.p_value for test in first.tests[1:])]).all()
