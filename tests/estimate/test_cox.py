"""Cox regression by hand, against a slow oracle, at its edges, and its invariances."""

from __future__ import annotations

import math

import numpy as np
import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from atrisk.errors import EstimationError
from atrisk.estimate.proportional_hazards.cox import CoxSample, cox


def slow_log_likelihood(sample: CoxSample, beta: np.ndarray, ties: str) -> float:
    """The log partial likelihood, risk set by risk set, as the definition reads (oracle: ourselves, slowly)."""
    n = sample.time.size
    stratum = np.zeros(n) if sample.stratum is None else sample.stratum
    entry = np.full(n, -np.inf) if sample.entry is None else sample.entry
    weight = np.ones(n) if sample.weight is None else sample.weight
    risk = weight * np.exp(sample.covariates @ beta)
    total = 0.0
    for s, t in {(s, t) for s, t, e in zip(stratum, sample.time, sample.event, strict=True) if e}:
        dead = [i for i in range(n) if sample.event[i] and sample.time[i] == t and stratum[i] == s]
        there = [i for i in range(n) if stratum[i] == s and entry[i] < t <= sample.time[i]]
        total += sum(weight[i] * (sample.covariates[i] @ beta) for i in dead)
        for place in range(len(dead)):
            share = place / len(dead) if ties == "efron" else 0.0
            total -= np.mean(weight[dead]) * math.log(risk[there].sum() - share * risk[dead].sum())
    return total


def test_six_patients_by_hand() -> None:
    """docs/methods/cox.md. x = 1: 1, 3+, 4; x = 0: 2, 5, 6+. With r = exp(b) the risk sets at 1, 2, 4, 5 hold
    3r + 3, 2r + 3, r + 2, 2, so the score 2 - 3r/(3r+3) - 2r/(2r+3) - r/(r+2) = 0. Cleared of fractions:
    2 (r+1)(2r+3)(r+2) - r (2r+3)(r+2) - 2r (r+1)(r+2) - r (r+1)(2r+3) = 0, that is
    -2r^3 + 13r + 12 = 0, whose positive root is found here by bisection."""
    time, event, x = [1, 3, 4, 2, 5, 6], [1, 0, 1, 1, 1, 0], [[1], [1], [1], [0], [0], [0]]
    fit = cox(CoxSample(np.array(time), np.array(event), np.array(x)))
    low, high = 0.0, 10.0
    for _ in range(200):
        middle = (low + high) / 2
        low, high = (middle, high) if -2 * middle**3 + 13 * middle + 12 > 0 else (low, middle)
    r = low
    assert fit.hazard_ratio[0] == pytest.approx(r, rel=1e-12)
    information = sum(a * r * c / (a * r + c) ** 2 for a, c in ((3, 3), (2, 3), (1, 2)))
    assert fit.std_err[0] == pytest.approx(information**-0.5, rel=1e-12)
    assert fit.loglik == pytest.approx(
        2 * math.log(r) - sum(math.log(v) for v in (3 * r + 3, 2 * r + 3, r + 2, 2)), rel=1e-12
    )
    # At b = 0 the score is O - E of the log-rank test, and the information its variance without ties.
    assert fit.score_test.statistic == pytest.approx((2 - 37 / 30) ** 2 / (641 / 900), rel=1e-12)


rows = st.lists(
    st.tuples(
        st.integers(1, 9),  # span
        st.integers(0, 1),  # event
        st.integers(-3, 3),  # covariate 1
        st.integers(0, 1),  # covariate 2
        st.integers(0, 1),  # stratum
        st.integers(0, 4),  # entry
        st.integers(1, 3),  # weight in halves
    ),
    min_size=12,
    max_size=40,
)


def sample_of(patients: list, *, rich: bool) -> CoxSample:
    span, event, first, second, stratum, entry, weight = np.array(patients).T
    x = np.column_stack([first, second]).astype(float)
    if not rich:
        return CoxSample(span, event, x)
    return CoxSample(entry + span, event, x, stratum=stratum, entry=entry, weight=weight / 2)


@given(rows, st.booleans(), st.sampled_from(["efron", "breslow"]))
@settings(deadline=None, max_examples=60)
def test_the_fit_is_the_maximum_of_the_slow_likelihood(patients: list, rich: bool, ties) -> None:
    sample = sample_of(patients, rich=rich)
    fit = cox(sample, ties=ties, variance="model")
    zero = np.zeros(2)
    assert fit.loglik_null == pytest.approx(slow_log_likelihood(sample, zero, ties), rel=1e-11, abs=1e-11)
    if not fit.converged or fit.warning is not None or np.abs(fit.coef).max() > 8:
        return
    assert fit.loglik == pytest.approx(slow_log_likelihood(sample, fit.coef, ties), rel=1e-11, abs=1e-11)
    step = 1e-3
    for j in range(2):
        move = np.eye(2)[j] * step
        up, down = (slow_log_likelihood(sample, fit.coef + sign * move, ties) for sign in (1, -1))
        curvature = (up + down - 2 * fit.loglik) / step**2
        # The slope vanishes, up to the third derivative that a difference of this step leaves in.
        assert abs(up - down) / (2 * step) < 1e-4
        assert -curvature == pytest.approx(np.linalg.inv(fit.covariance)[j, j], rel=1e-3, abs=1e-6)


@given(rows, st.sampled_from(["efron", "breslow"]))
@settings(deadline=None, max_examples=40)
def test_order_units_and_origins_change_nothing(patients: list, ties) -> None:
    sample = sample_of(patients, rich=True)
    fit = cox(sample, ties=ties)
    if not fit.converged:
        return
    back = slice(None, None, -1)
    other = CoxSample(
        sample.time[back] / 4,
        sample.event[back],
        sample.covariates[back] * [10.0, -1.0] + [1000.0, 1.0],
        stratum=1 - sample.stratum[back],
        entry=sample.entry[back] / 4,
        weight=sample.weight[back],
    )
    moved = cox(other, ties=ties)
    np.testing.assert_allclose(moved.coef * [10.0, -1.0], fit.coef, rtol=1e-7, atol=1e-8)
    assert moved.loglik == pytest.approx(fit.loglik, rel=1e-10, abs=1e-10)


@given(rows)
@settings(deadline=None, max_examples=30)
def test_whole_weights_replicate_patients_under_breslow(patients: list) -> None:
    span, event, first, second, _, _, weight = np.array(patients).T
    x = np.column_stack([first, second]).astype(float)
    weighted = cox(CoxSample(span, event, x, weight=weight), ties="breslow")
    repeated = cox(
        CoxSample(np.repeat(span, weight), np.repeat(event, weight), np.repeat(x, weight, axis=0)),
        ties="breslow",
    )
    if weighted.converged:
        np.testing.assert_allclose(weighted.coef, repeated.coef, rtol=1e-7, atol=1e-8)
        np.testing.assert_allclose(weighted.std_err, repeated.std_err, rtol=1e-7)


def test_a_level_without_an_event_has_no_finite_coefficient() -> None:
    """Nobody with x1 = 1 fails, so the likelihood rises as its coefficient falls; as it does, the others' risks
    alone count, so x2 has the coefficient and standard error of the fit without those patients, and the
    log-likelihood is that fit's."""
    rng = np.random.default_rng(1)
    time = rng.integers(1, 40, 60)
    event = rng.integers(0, 2, 60)
    x = np.column_stack([np.arange(60) < 10, rng.normal(size=60)]).astype(float)
    event[:10] = 0
    fit = cox(CoxSample(time, event, x))
    rest = cox(CoxSample(time[10:], event[10:], x[10:, 1:]))
    assert fit.coef[0] == -math.inf
    assert fit.hazard_ratio[0] == 0
    assert np.all(np.isnan([fit.std_err[0], fit.lower[0], fit.upper[0], fit.p_value[0], fit.covariance[0, 1]]))
    assert not fit.converged
    assert "column 1:" in fit.warning
    assert math.isnan(fit.wald_test.statistic)
    assert fit.loglik == pytest.approx(rest.loglik, abs=1e-7)
    assert fit.coef[1] == pytest.approx(rest.coef[0], rel=1e-6)
    assert fit.std_err[1] == pytest.approx(rest.std_err[0], rel=1e-6)
    assert fit.likelihood_ratio_test.df == 2


def test_a_reference_level_without_an_event_sends_all_the_others_off() -> None:
    time, event, level = np.arange(1, 13), np.array([0, 1, 1] * 4), np.array([0, 1, 2] * 4)
    fit = cox(CoxSample(time, event, np.column_stack([level == 1, level == 2]).astype(float)))
    np.testing.assert_array_equal(fit.coef, [math.inf, math.inf])
    assert "columns 1, 2" in fit.warning


def test_what_an_infinite_coefficient_leaves_undetermined_has_no_estimate() -> None:
    """The one event is at x2 = 1, which nobody else has: as the coefficient of x2 rises the likelihood tends to
    1 whatever that of x1, which therefore has no estimate."""
    x = np.array([[0, 0]] * 5 + [[1, 0], [0, 1]], dtype=float)
    fit = cox(CoxSample(np.ones(7), np.array([0] * 6 + [1]), x))
    np.testing.assert_array_equal(fit.coef, [np.nan, np.inf])
    assert np.isnan(fit.upper[0])
    assert "column 1: not determined" in fit.warning
    assert fit.loglik == pytest.approx(0, abs=1e-7)


def test_redundant_columns_have_no_coefficient() -> None:
    """Column 2 is constant, column 4 = column 1 + 2 column 3: the fit is that of columns 1 and 3."""
    rng = np.random.default_rng(2)
    time, event, x = rng.integers(1, 40, 50), rng.integers(0, 2, 50), rng.normal(size=(50, 2))
    wide = np.column_stack([x[:, 0], np.full(50, 0.1), x[:, 1], x[:, 0] + 2 * x[:, 1]])
    fit, narrow = cox(CoxSample(time, event, wide)), cox(CoxSample(time, event, x))
    np.testing.assert_array_equal(np.isnan(fit.coef), [False, True, False, True])
    np.testing.assert_allclose(fit.coef[[0, 2]], narrow.coef, rtol=1e-10)
    np.testing.assert_allclose(fit.std_err[[0, 2]], narrow.std_err, rtol=1e-10)
    assert fit.converged
    assert "columns 2, 4" in fit.warning
    assert fit.likelihood_ratio_test.df == 2


@pytest.mark.parametrize("n", [4, 10, 50, 126])
def test_groups_that_do_not_differ_have_p_1(n: int) -> None:
    """Both groups have the same times, so b = 0 is the maximum; rounding must not turn the statistic negative."""
    time = np.repeat(np.arange(1, n), 2)
    fit = cox(CoxSample(time, np.ones(time.size), np.tile([[0.0], [1.0]], (n - 1, 1))))
    assert fit.converged
    assert fit.coef[0] == pytest.approx(0, abs=1e-12)
    for test in (fit.likelihood_ratio_test, fit.wald_test, fit.score_test):
        assert test.p_value == pytest.approx(1, abs=1e-6)


def test_nearly_collinear_columns_converge() -> None:
    """x2 = x1 + 1e-4 noise: in terms of x1 and the noise the same model is well conditioned, with
    b1 + b2 for x1 and 1e-4 b2 for the noise."""
    rng = np.random.default_rng(3)
    time, event, x = rng.integers(1, 400, 300), rng.integers(0, 2, 300), rng.normal(size=(300, 2))
    near = cox(CoxSample(time, event, np.column_stack([x[:, 0], x[:, 0] + 1e-4 * x[:, 1]])))
    apart = cox(CoxSample(time, event, x))
    assert near.converged
    assert near.coef.sum() == pytest.approx(apart.coef[0], rel=1e-6)
    assert 1e-4 * near.coef[1] == pytest.approx(apart.coef[1], rel=1e-6)
    assert near.loglik == pytest.approx(apart.loglik, rel=1e-12)


def test_a_rare_level_without_an_event_is_found_among_many_patients() -> None:
    rng = np.random.default_rng(4)
    time, event = rng.integers(1, 4000, 20_000), rng.integers(0, 2, 20_000)
    x = np.column_stack([np.arange(20_000) < 2, rng.normal(size=20_000)]).astype(float)
    event[:2], time[:2] = 0, 5
    fit = cox(CoxSample(time, event, x))
    assert fit.coef[0] == -math.inf
    assert np.isfinite(fit.std_err[1])


@pytest.mark.parametrize(
    "sample",
    [
        CoxSample(np.array([1.0, 2.0]), np.array([0, 0]), np.array([[0.0], [1.0]])),
        CoxSample(np.empty(0), np.empty(0, dtype=int), np.empty((0, 2))),
        CoxSample(np.array([1.0, 2.0]), np.array([1, 1]), np.array([[1.0], [1.0]])),
        CoxSample(np.array([1.0]), np.array([1]), np.array([[1.0]])),
    ],
    ids=["no event", "no patients", "one level", "one patient"],
)
def test_without_information_there_is_no_estimate(sample: CoxSample) -> None:
    fit = cox(sample)
    assert np.all(np.isnan(fit.coef))
    assert np.all(np.isnan(fit.lower))
    assert not fit.converged
    assert fit.warning
    assert fit.wald_test.df == 0


@pytest.mark.parametrize(
    "arguments",
    [
        {"covariates": np.array([[np.nan], [1.0]])},
        {"covariates": np.empty((2, 0))},
        {"event": np.array([1, 2])},
        {"entry": np.array([1.0, 1.0])},
        {"weight": np.array([1.0, -1.0])},
        {"offset": np.array([1.0])},
        {"stratum": np.array([0])},
    ],
)
def test_impossible_samples_are_refused(arguments: dict) -> None:
    given = {"time": np.array([1.0, 2.0]), "event": np.array([1, 0]), "covariates": np.array([[0.0], [1.0]])}
    with pytest.raises(EstimationError):
        CoxSample(**(given | arguments))


def test_unknown_ties_are_refused() -> None:
    sample = CoxSample(np.array([1.0, 2.0]), np.array([1, 0]), np.array([[0.0], [1.0]]))
    with pytest.raises(EstimationError):
        cox(sample, ties="average")
