"""Doubly robust survival: against stacked equations solved by delicatessen, the estimator without censoring, laws."""

from __future__ import annotations

import math
import warnings

import numpy as np
import pytest
from hypothesis import given, settings
from hypothesis import strategies as st
from numpy.typing import NDArray
from simulations.draws import open_draws
from simulations.questions.doubly_robust import differences, truth

from atrisk.compare.balance.propensity import propensity_score
from atrisk.compare.weighting import doubly_robust
from atrisk.compare.weighting.doubly_robust import (
    HazardCovariates,
    doubly_robust_restricted_mean,
    doubly_robust_survival,
)
from atrisk.errors import EstimationError
from atrisk.estimate.generalized_linear.regression_sample import RegressionSample
from atrisk.estimate.proportional_hazards.cox import CoxSample, cox
from atrisk.estimate.survival_curve.follow_up_rows import FollowUpRows
from tests.compare.weighting_case import Cohort, cohort

Floats = NDArray[np.float64]
GRID = np.arange(1.0, 7.0)


def asked(case: Cohort, covariates: HazardCovariates, times: list[float], tau: float = 4.5):  # type: ignore[no-untyped-def]
    score = propensity_score(case.sample)
    return (
        doubly_robust_survival(case.rows, score, case.sample, covariates, times),
        doubly_robust_restricted_mean(case.rows, score, case.sample, covariates, tau),
    )


def cox_equations(
    theta: Floats, x: Floats, arms: list[Floats], at_risk: Floats, failing: Floats
) -> tuple[list[Floats], Floats, Floats]:
    """Those of a Cox model in two strata with Breslow's ties on 6 times: b (p), hazards (12), means at risk (12 p)."""
    p = x.shape[1]
    b, hazard, mean = theta[:p], theta[p : p + 12].reshape(2, 6), theta[p + 12 :].reshape(2, 6, p)
    risk = np.exp(x @ b)
    score, jumps, means = [np.zeros(len(x)) for _ in range(p)], [], []
    for arm, mine in enumerate(arms):
        for k in range(6):
            own = mine * (failing[k] - at_risk[k] * risk * hazard[arm, k])
            jumps.append(own)
            for j in range(p):
                means.append(mine * at_risk[k] * risk * (x[:, j] - mean[arm, k, j]))
                score[j] = score[j] + (x[:, j] - mean[arm, k, j]) * own
    return [*score, *jumps, *means], np.cumsum(hazard, axis=1), risk


@pytest.mark.parametrize("with_censoring", [True, False])
def test_estimates_and_errors_are_those_of_stacked_equations(with_censoring: bool) -> None:
    """Score (3), event (2 + 12 + 24), censoring (1 + 12 + 12, or 12), by group S(3), S(5) and the area to 4.5."""
    from delicatessen import MEstimator

    case = cohort(31, n=120)
    x, a, rows = case.sample.covariates, case.sample.outcome, case.rows
    xc = x[:, 1:] if with_censoring else np.empty((120, 0))
    z, arms = np.column_stack((np.ones(120), x)), [a, 1 - a]
    at_risk = (rows.time >= GRID[:, None]).astype(float)
    failing = ((rows.time == GRID[:, None]) & (rows.event == 1)).astype(float)
    may_leave = at_risk - failing
    lost = ((rows.time == GRID[:, None]) & (rows.event == 0)).astype(float)
    q = xc.shape[1]
    ends = np.cumsum([3, 2 + 36, q + 12 + 12 * q, 6])

    def equations(theta: Floats) -> Floats:
        e = 1 / (1 + np.exp(-(z @ theta[:3])))
        event, cumulative, r = cox_equations(theta[3 : ends[1]], x, arms, at_risk, failing)
        leaving, gone, g = cox_equations(theta[ends[1] : ends[2]], xc, arms, may_leave, lost)
        found = [*((a - e)[:, None] * z).T, *event, *leaving]
        for arm, (mine, chance) in enumerate(zip(arms, (e, 1 - e), strict=True)):
            s = np.exp(-np.concatenate(([0.0], cumulative[arm]))[:, None] * r)
            stay = np.exp(-np.concatenate(([0.0], gone[arm]))[:, None] * g)
            h = 1 - s[1:] / s[:-1]
            terms = (failing - at_risk * h) / (s[1:] * stay[:-1])
            d = np.concatenate((np.ones((1, 120)), s[1:] * (1 - mine / chance * np.cumsum(terms, axis=0))))
            values = (d[3], d[5], d[:4].sum(axis=0) + 0.5 * d[4])
            found += [value - theta[ends[2] + 3 * arm + k] for k, value in enumerate(values)]
        return np.asarray(found)

    start = np.concatenate(
        [np.zeros(3)]
        + [np.concatenate((np.zeros(p), np.full(12, 0.1), np.full(12 * p, 0.3))) for p in (2, q)]
        + [np.full(6, 0.5)]
    )
    with warnings.catch_warnings():
        warnings.simplefilter("ignore")
        solved = MEstimator(lambda theta: equations(np.asarray(theta)), init=start)
        solved.estimate(solver="lm", maxiter=50_000, tolerance=1e-13, deriv_method="approx", dx=1e-6)
    root, variance = np.asarray(solved.theta)[ends[2] :], np.asarray(solved.variance)[ends[2] :, ends[2] :]
    survival, area = asked(case, HazardCovariates(x, xc if with_censoring else None), [3.0, 5.0])
    contrast = np.hstack((np.eye(3), -np.eye(3)))
    np.testing.assert_allclose(np.append(survival.groups.estimate[0], area.groups.estimate[0]), root[:3], rtol=1e-7)
    np.testing.assert_allclose(np.append(survival.groups.estimate[1], area.groups.estimate[1]), root[3:], rtol=1e-7)
    errors = np.sqrt(np.diag(variance))
    np.testing.assert_allclose(np.append(survival.groups.std_err[0], area.groups.std_err[0]), errors[:3], rtol=1e-6)
    np.testing.assert_allclose(
        np.append(survival.std_err, area.std_err), np.sqrt(np.diag(contrast @ variance @ contrast.T)), rtol=1e-6
    )
    assert np.all(np.abs(survival.std_err / survival.std_err_score_known - 1) > 1e-4)


def test_without_censoring_it_is_the_augmented_estimator_of_a_proportion() -> None:
    """Robins and Rotnitzky: mean of A/e (1(T > t) - S(t|x)) + S(t|x), S from the same Cox model."""
    case = cohort(32, whole_times=False)
    rows = FollowUpRows.of(case.rows.time, np.ones(80))
    x, treated = case.sample.covariates, case.sample.outcome > 0
    survival, _ = asked(Cohort(case.sample, rows), HazardCovariates(x), [2.0])
    fit = cox(CoxSample(rows.time, rows.event, x, stratum=(~treated).astype(int)), ties="breslow")
    risk = np.exp(x @ fit.coef)
    e = propensity_score(case.sample).score
    for row, (mine, chance) in enumerate(((treated, e), (~treated, 1 - e))):
        deaths = np.flatnonzero(mine & (rows.time <= 2.0))
        hazard = sum(1 / risk[mine & (rows.time >= rows.time[i])].sum() for i in deaths)
        model = np.exp(-hazard * risk)
        expected = np.mean(mine / chance * ((rows.time > 2.0) - model) + model)
        assert survival.groups.estimate[row, 0] == pytest.approx(expected, rel=1e-9)


@settings(max_examples=10, deadline=None)
@given(st.integers(0, 10_000))
def test_exchanging_the_groups_flips_signs(seed: int) -> None:
    case = cohort(seed, whole_times=False)
    other = Cohort(RegressionSample(1 - case.sample.outcome, case.sample.covariates), case.rows)
    covariates = HazardCovariates(case.sample.covariates, case.sample.covariates[:, 1:])
    horizon = min(case.rows.time[case.sample.outcome == a].max() for a in (0, 1)) / 2
    for one, two in zip(
        asked(case, covariates, [horizon], horizon), asked(other, covariates, [horizon], horizon), strict=True
    ):
        np.testing.assert_allclose(one.estimate, -two.estimate, rtol=1e-6, atol=1e-9)
        np.testing.assert_allclose(one.std_err, two.std_err, rtol=1e-6)


def test_patients_in_blocks_give_the_same(monkeypatch: pytest.MonkeyPatch) -> None:
    case = cohort(33, whole_times=False)
    covariates = HazardCovariates(case.sample.covariates, case.sample.covariates)
    whole = asked(case, covariates, [1.0, 2.0])
    monkeypatch.setattr(doubly_robust, "_AT_ONCE", 100)
    for one, two in zip(whole, asked(case, covariates, [1.0, 2.0]), strict=True):
        np.testing.assert_allclose(one.estimate, two.estimate, rtol=1e-12)
        np.testing.assert_allclose(one.std_err, two.std_err, rtol=1e-10)


def test_units_of_time_and_of_covariates_do_not_matter() -> None:
    case = cohort(34, whole_times=False)
    days = Cohort(case.sample, FollowUpRows.of(case.rows.time * 365.25, case.rows.event))
    x = case.sample.covariates
    one, area = asked(case, HazardCovariates(x), [2.0], 3.0)
    two, area_in_days = asked(days, HazardCovariates(x * [100.0, 3.0] + 1000.0), [2.0 * 365.25], 3.0 * 365.25)
    np.testing.assert_allclose(one.estimate, two.estimate, rtol=1e-7)
    np.testing.assert_allclose(one.std_err, two.std_err, rtol=1e-7)
    np.testing.assert_allclose(area.std_err * 365.25, area_in_days.std_err, rtol=1e-7)


def test_columns_that_say_nothing_change_nothing() -> None:
    """A covariate that is constant, or a sum of others, is as none."""
    case = cohort(37, whole_times=False)
    x, ones = case.sample.covariates, np.ones((80, 1))
    for one, other in ((x, np.hstack((x, x @ [[1.0], [2.0]], ones))), (np.empty((80, 0)), ones)):
        found = [asked(case, HazardCovariates(covariates, covariates), [1.0], 1.0)[0] for covariates in (one, other)]
        np.testing.assert_allclose(found[0].estimate, found[1].estimate, rtol=1e-9)
        np.testing.assert_allclose(found[0].std_err, found[1].std_err, rtol=1e-9)


def test_what_cannot_be_estimated_is_said() -> None:
    case = cohort(35, whole_times=False)
    survival, _ = asked(case, HazardCovariates(case.sample.covariates), [1e-9, 1e9])
    assert survival.reasons == (
        "in a group nobody, or everybody, had the event: its error is not known",
        "the time lies beyond the follow-up of a group",
    )
    assert survival.estimate[0] == 0
    assert math.isnan(survival.std_err[0])
    assert math.isnan(survival.estimate[1])
    # Nobody with the flag has the event.
    flag = ((np.arange(80) % 4 == 0) & (case.rows.event == 0)).astype(float)[:, None]
    survival, area = asked(case, HazardCovariates(flag), [1.0], 1.0)
    assert "the model of the event" in survival.reasons[0]
    assert math.isnan(area.estimate[0])


def test_refuses_bad_input() -> None:
    case = cohort(36)
    x, score = case.sample.covariates, propensity_score(case.sample)
    late = FollowUpRows.of(case.rows.time, case.rows.event, entry=case.rows.time / 2)
    with pytest.raises(EstimationError, match="not delayed entry"):
        doubly_robust_survival(late, score, case.sample, HazardCovariates(x), [1.0])
    with pytest.raises(EstimationError, match="one row for each patient"):
        doubly_robust_survival(case.rows, score, case.sample, HazardCovariates(x[:3]), [1.0])
    with pytest.raises(EstimationError, match="one row for each patient"):
        HazardCovariates(x[:, 0])
    with pytest.raises(EstimationError, match="not be negative"):
        doubly_robust_survival(case.rows, score, case.sample, HazardCovariates(x), [-1.0])
    with pytest.raises(EstimationError, match="above 0"):
        doubly_robust_restricted_mean(case.rows, score, case.sample, HazardCovariates(x), 0.0)


@pytest.mark.slow
@pytest.mark.parametrize(("event_right", "score_right"), [(True, True), (True, False), (False, True), (False, False)])
def test_one_right_model_is_enough(event_right: bool, score_right: bool) -> None:
    """Means of 400 trials of 400 patients lie within four errors of the truth unless both models are wrong."""
    draws = open_draws("test of doubly robust", 2 * event_right + score_right)
    found = [differences(draws, n=400, event_right=event_right, score_right=score_right) for _ in range(400)]
    trials = np.array([[each.estimate[0] for each in one[:2]] for one in found if one is not None])
    away = np.abs(trials.mean(axis=0) - truth()) / (trials.std(axis=0, ddof=1) / math.sqrt(len(trials)))
    assert len(trials) > 390
    assert np.all(away < 4) == (event_right or score_right)
