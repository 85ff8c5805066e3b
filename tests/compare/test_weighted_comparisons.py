"""Weighted comparisons: against stacked equations solved by another program (delicatessen), slow derivatives, laws."""

from __future__ import annotations

import math
import warnings
from collections.abc import Callable
from typing import Any

import numpy as np
import pytest
from hypothesis import given, settings
from hypothesis import strategies as st
from numpy.typing import NDArray

from atrisk.compare.balance.propensity import Estimand
from atrisk.compare.log_rank_family.log_rank import log_rank
from atrisk.compare.survival_difference import survival_difference
from atrisk.compare.weighting.estimated_score import standard_errors
from atrisk.compare.weighting.score_weights import ScoreWeights, known_weights
from atrisk.compare.weighting.weighted_hazard_ratio import weighted_hazard_ratio, weighted_log_rank
from atrisk.compare.weighting.weighted_risk_difference import weighted_risk_difference
from atrisk.compare.weighting.weighted_survival import weighted_restricted_mean, weighted_survival
from atrisk.errors import EstimationError
from atrisk.estimate.proportional_hazards.cox import CoxSample, cox
from atrisk.estimate.survival_curve.follow_up_rows import FollowUpRows
from atrisk.estimate.survival_curve.survival_curves import survival_curves
from tests.compare.weighting_case import ESTIMANDS, Cohort, cohort

Floats = NDArray[np.float64]
GRID = np.arange(1.0, 7.0)


# ---- oracle: the stacked equations, written out anew and solved by delicatessen


def logit_weight(z: Floats, a: Floats, b: Floats, estimand: str) -> tuple[Floats, Floats]:
    """The equations of the score (q, n) and the weights (n,) at coefficients b."""
    e = 1 / (1 + np.exp(-(z @ b)))
    weight = {
        "ate": a / e + (1 - a) / (1 - e),
        "att": a + (1 - a) * e / (1 - e),
        "atc": a * (1 - e) / e + (1 - a),
        "ato": a * (1 - e) + (1 - a) * e,
        "atm": np.minimum(e, 1 - e) / (a * e + (1 - a) * (1 - e)),
    }[estimand]
    return ((a - e)[:, None] * z).T, weight


def stacked(equations: Callable[[Floats], Any], start: Floats) -> tuple[Floats, Floats]:
    """The roots and their sandwich covariance, by delicatessen's own solver and central differences."""
    from delicatessen import MEstimator

    with warnings.catch_warnings():
        warnings.simplefilter("ignore")
        solved = MEstimator(lambda theta: np.asarray(equations(np.asarray(theta))), init=start)
        solved.estimate(solver="lm", maxiter=20_000, tolerance=1e-13, deriv_method="approx", dx=1e-6)
    return np.asarray(solved.theta), np.asarray(solved.variance)


def parts(case: Cohort) -> tuple[Floats, Floats, Floats, Floats]:
    """Design (n, 3), treatment (n,), at risk (6, n) and failing (6, n) on the whole times."""
    x, a, rows = case.sample.covariates, case.sample.outcome, case.rows
    at_risk = (rows.time >= GRID[:, None]).astype(float)
    failing = ((rows.time == GRID[:, None]) & (rows.event == 1)).astype(float)
    return np.column_stack((np.ones(a.size), x)), a, at_risk, failing


@pytest.mark.parametrize("estimand", ESTIMANDS)
def test_survival_and_restricted_mean_are_those_of_stacked_equations(estimand: Estimand) -> None:
    """theta: 3 coefficients, 5 hazards a group; S(3), S(5) and the area up to 4.5 of each group; their differences."""
    case = cohort(5)
    z, a, at_risk, failing = parts(case)

    def equations(theta: Floats) -> list[Floats]:
        score, w = logit_weight(z, a, theta[:3], estimand)
        found = list(score)
        places = []
        for group, hazard in ((a, theta[3:8]), (1 - a, theta[8:13])):
            found += [w * group * (failing[k] - hazard[k] * at_risk[k]) for k in range(5)]
            s = np.concatenate(([1.0], np.cumprod(1 - hazard)))
            places.append((s[3], s[5], s[:4].sum() + s[4] * 0.5))
        for k in range(3):
            found.append(np.full(a.size, places[0][k] - places[1][k] - theta[13 + k]))
        return found

    start = np.concatenate((np.zeros(3), np.full(10, 0.1), np.zeros(3)))
    root, variance = stacked(equations, start)
    weights = case.weights(estimand)
    survival = weighted_survival(case.rows, weights, [3.0, 5.0])
    area = weighted_restricted_mean(case.rows, weights, 4.5)
    np.testing.assert_allclose(np.append(survival.estimate, area.estimate), root[13:], rtol=1e-7)
    np.testing.assert_allclose(np.append(survival.std_err, area.std_err), np.sqrt(np.diag(variance)[13:]), rtol=1e-6)
    assert np.all(np.abs(survival.std_err / survival.std_err_score_known - 1) > 1e-3)


@pytest.mark.parametrize("estimand", ESTIMANDS)
def test_hazard_ratio_is_that_of_stacked_equations(estimand: Estimand) -> None:
    """theta: 3 coefficients, b, and at each of 6 times the mean treatment at risk and the baseline hazard (Breslow)."""
    case = cohort(6)
    z, a, at_risk, failing = parts(case)

    def equations(theta: Floats) -> list[Floats]:
        score, w = logit_weight(z, a, theta[:3], estimand)
        b, mean, hazard = theta[3], theta[4:10], theta[10:16]
        risk = np.exp(b * a)
        own = [w * (failing[k] - at_risk[k] * risk * hazard[k]) for k in range(6)]
        means = [w * at_risk[k] * risk * (a - mean[k]) for k in range(6)]
        return [*score, sum((a - mean[k]) * own[k] for k in range(6)), *means, *own]

    root, variance = stacked(equations, np.concatenate((np.zeros(4), np.full(6, 0.5), np.full(6, 0.1))))
    found = weighted_hazard_ratio(case.rows, case.weights(estimand), ties="breslow")
    assert found.coef == pytest.approx(root[3], rel=1e-7)
    assert found.std_err == pytest.approx(math.sqrt(variance[3, 3]), rel=1e-6)


def test_log_rank_is_that_of_stacked_equations() -> None:
    """The mean u of the patients' parts is a parameter: its variance is centred, ours is not (n u^2 more)."""
    case = cohort(7)
    z, a, at_risk, failing = parts(case)
    n = a.size

    def equations(theta: Floats) -> list[Floats]:
        score, w = logit_weight(z, a, theta[:3], "ate")
        u, mean, hazard = theta[3], theta[4:10], theta[10:16]
        own = [w * (failing[k] - at_risk[k] * hazard[k]) for k in range(6)]
        means = [w * at_risk[k] * (a - mean[k]) for k in range(6)]
        return [*score, sum((a - mean[k]) * own[k] for k in range(6)) - u, *means, *own]

    root, variance = stacked(equations, np.concatenate((np.zeros(4), np.full(6, 0.5), np.full(6, 0.1))))
    found = weighted_log_rank(case.rows, case.weights("ate"))
    difference = found.observed - found.expected
    assert difference == pytest.approx(n * root[3], rel=1e-7)
    assert found.std_err**2 - difference**2 / n == pytest.approx(n**2 * variance[3, 3], rel=1e-6)


@pytest.mark.parametrize("estimand", ESTIMANDS)
def test_risk_difference_is_that_of_stacked_equations(estimand: Estimand) -> None:
    case = cohort(8)
    z, a, _, _ = parts(case)
    y = (case.rows.time <= 3).astype(float)

    def equations(theta: Floats) -> list[Floats]:
        score, w = logit_weight(z, a, theta[:3], estimand)
        first, second = w * a * (y - theta[3]), w * (1 - a) * (y - theta[4])
        return [*score, first, second, np.full(a.size, theta[3] - theta[4] - theta[5])]

    root, variance = stacked(equations, np.array([0, 0, 0, 0.5, 0.5, 0.0]))
    found = weighted_risk_difference(y, case.weights(estimand))
    assert found.estimate[0] == pytest.approx(root[5], rel=1e-7)
    assert found.std_err[0] == pytest.approx(math.sqrt(variance[5, 5]), rel=1e-6)
    np.testing.assert_allclose(found.groups.std_err[:, 0], np.sqrt(np.diag(variance)[3:5]), rtol=1e-6)


def test_stabilised_weights_know_that_the_share_is_estimated() -> None:
    """As for the hazard ratio, the share treated as one more parameter of the weights."""
    case = cohort(9)
    z, a, at_risk, failing = parts(case)

    def equations(theta: Floats) -> list[Floats]:
        score, w = logit_weight(z, a, theta[:3], "ate")
        w = w * np.where(a == 1, theta[16], 1 - theta[16])
        b, mean, hazard = theta[3], theta[4:10], theta[10:16]
        risk = np.exp(b * a)
        own = [w * (failing[k] - at_risk[k] * risk * hazard[k]) for k in range(6)]
        means = [w * at_risk[k] * risk * (a - mean[k]) for k in range(6)]
        return [*score, sum((a - mean[k]) * own[k] for k in range(6)), *means, *own, a - theta[16]]

    root, variance = stacked(equations, np.concatenate((np.zeros(4), np.full(6, 0.5), np.full(6, 0.1), [0.5])))
    found = weighted_hazard_ratio(case.rows, case.weights("ate", stabilised=True), ties="breslow")
    assert found.coef == pytest.approx(root[3], rel=1e-7)
    assert found.std_err == pytest.approx(math.sqrt(variance[3, 3]), rel=1e-6)


# ---- slow oracle: every derivative by a patient's weight from two fits a little apart


@pytest.mark.parametrize("whole_times", [True, False])
@pytest.mark.parametrize("ties", ["efron", "breslow"])
def test_known_weights_move_statistics_as_differences_of_fits_say(whole_times: bool, ties: Any) -> None:
    """Squares of w dS/dw, summed, are the variance with the score known: by central differences of whole fits."""
    case = cohort(11, n=40, whole_times=whole_times)
    base = case.weights("ate")

    def statistics(weight: Floats) -> Floats:
        known = known_weights(weight, base.treated)
        ratio = weighted_hazard_ratio(case.rows, known, ties=ties)
        survival = weighted_survival(case.rows, known, [2.0, 4.0])
        area = weighted_restricted_mean(case.rows, known, 4.5)
        test = weighted_log_rank(case.rows, known)
        return np.array([ratio.coef, *survival.estimate, *area.estimate, test.observed - test.expected])

    moves = []
    for i in range(40):
        step = np.zeros(40)
        step[i] = 1e-5 * base.weight[i]
        moves.append((statistics(base.weight + step) - statistics(base.weight - step)) / 2e-5)
    expected = np.sqrt((np.array(moves) ** 2).sum(axis=0))
    ratio = weighted_hazard_ratio(case.rows, base, ties=ties)
    survival = weighted_survival(case.rows, base, [2.0, 4.0])
    area = weighted_restricted_mean(case.rows, base, 4.5)
    test = weighted_log_rank(case.rows, base)
    found = [
        ratio.std_err_score_known,
        *survival.std_err_score_known,
        *area.std_err_score_known,
        test.std_err_score_known,
    ]
    np.testing.assert_allclose(found, expected, rtol=1e-6)


def test_delayed_entry_and_clusters() -> None:
    """With entries the known-score error of a curve is that of R's jackknife, whose code is checked elsewhere."""
    case = cohort(12, whole_times=False)
    stream = np.random.default_rng(1)
    entry = case.rows.time * stream.random(80) * 0.5 * (np.arange(80) % 3 == 0)
    cluster = np.arange(80) // 4
    base = case.weights("ato")
    rows = FollowUpRows.of(case.rows.time, case.rows.event, entry=entry, cluster=cluster)
    plain = known_weights(base.weight, base.treated)
    found = weighted_survival(rows, plain, [2.0])
    curves = survival_curves(
        FollowUpRows.of(
            rows.time, rows.event, group=np.where(base.treated, 0, 1), entry=entry, weight=base.weight, cluster=cluster
        )
    )
    at = [np.searchsorted(curve.time, 2.0, side="right") - 1 for curve in curves]
    np.testing.assert_allclose(
        found.groups.std_err[:, 0], [curve.std_err[k] for curve, k in zip(curves, at, strict=True)], rtol=1e-9
    )
    fit = cox(CoxSample(rows.time, rows.event, base.treated[:, None], entry=entry, weight=base.weight, cluster=cluster))
    ratio = weighted_hazard_ratio(rows, plain)
    assert ratio.coef == pytest.approx(fit.coef[0], rel=1e-12)
    assert ratio.std_err == pytest.approx(fit.std_err[0], rel=1e-12)
    assert weighted_hazard_ratio(rows, base).std_err != pytest.approx(fit.std_err[0], rel=1e-4)


def test_influences_are_added_up_within_clusters() -> None:
    influence = np.array([[1.0, 2.0], [3.0, -1.0], [0.5, 0.5]])
    np.testing.assert_allclose(standard_errors(influence, None), np.sqrt([10.25, 5.25]))
    np.testing.assert_allclose(standard_errors(influence, np.array([0, 0, 1])), np.sqrt([16.25, 1.25]))


# ---- laws


@settings(max_examples=15, deadline=None)
@given(st.integers(0, 10_000))
def test_equal_known_weights_are_no_weights(seed: int) -> None:
    """The estimates are those of the plain estimators; a weight of 1/2 or 7 for all changes nothing."""
    case = cohort(seed)
    treated = case.sample.outcome > 0
    group = np.where(treated, 0, 1)
    rows = FollowUpRows.of(case.rows.time, case.rows.event, group=group)
    curves = survival_curves(rows)
    plain = survival_difference(curves[0], curves[1], [2.0], limits="wald")
    test = log_rank(rows.counts(weighted=False))
    fit = cox(CoxSample(rows.time, rows.event, treated[:, None]))
    for weight in (1.0, 7.0):
        known = known_weights(np.full(80, weight), treated)
        survival = weighted_survival(case.rows, known, [2.0])
        np.testing.assert_allclose(survival.estimate, plain.estimate, atol=1e-12)
        ratio = weighted_hazard_ratio(case.rows, known)
        assert ratio.coef == pytest.approx(fit.coef[0], abs=1e-9)
        found = weighted_log_rank(case.rows, known)
        assert found.observed - found.expected == pytest.approx(weight * test.difference[0], abs=1e-9)
        # A score known to be constant is no score: both errors are one.
        assert ratio.std_err == ratio.std_err_score_known


@settings(max_examples=15, deadline=None)
@given(st.integers(0, 10_000), st.sampled_from(["ate", "ato", "atm"]))
def test_exchanging_the_groups_flips_signs(seed: int, estimand: Estimand) -> None:
    case = cohort(seed)
    sample = type(case.sample)(1 - case.sample.outcome, case.sample.covariates)
    one, other = case.weights(estimand), Cohort(sample, case.rows).weights(estimand)
    survival = [weighted_survival(case.rows, weights, [2.0, 3.0]) for weights in (one, other)]
    np.testing.assert_allclose(survival[0].estimate, -survival[1].estimate, atol=1e-9)
    np.testing.assert_allclose(survival[0].std_err, survival[1].std_err, rtol=1e-6)
    ratios = [weighted_hazard_ratio(case.rows, weights) for weights in (one, other)]
    assert ratios[0].coef == pytest.approx(-ratios[1].coef, abs=1e-8)
    assert ratios[0].std_err == pytest.approx(ratios[1].std_err, rel=1e-6)
    tests = [weighted_log_rank(case.rows, weights) for weights in (one, other)]
    assert tests[0].chi_squared == pytest.approx(tests[1].chi_squared, rel=1e-6, abs=1e-9)


def test_rows_in_another_order_give_the_same() -> None:
    case = cohort(14)
    order = np.random.default_rng(0).permutation(80)
    turned = Cohort(
        type(case.sample)(case.sample.outcome[order], case.sample.covariates[order]),
        FollowUpRows.of(case.rows.time[order], case.rows.event[order]),
    )
    one, other = (weighted_hazard_ratio(each.rows, each.weights("att")) for each in (case, turned))
    assert (one.coef, one.std_err) == pytest.approx((other.coef, other.std_err), rel=1e-10)


# ---- edges and bad input


def test_nobody_with_the_event_in_a_group_has_no_error() -> None:
    treated = np.repeat([True, False], 4)
    rows = FollowUpRows.of([5, 5, 5, 5, 1, 2, 3, 5], [0, 0, 0, 0, 1, 0, 1, 0])
    known = known_weights(np.ones(8), treated)
    survival = weighted_survival(rows, known, [4.0, 9.0])
    assert survival.estimate[0] == pytest.approx(1 - 3 / 8)
    assert np.isnan(survival.std_err).all()
    assert survival.reasons == (
        "in a group nobody, or everybody, had the event: its error is not known",
        "the time lies beyond the follow-up of a group",
    )
    assert math.isnan(survival.estimate[1])
    area = weighted_restricted_mean(rows, known, 5.0)
    assert math.isnan(area.std_err[0])
    assert weighted_restricted_mean(rows, known, 6.0).reasons == ("tau lies beyond the follow-up of a group",)
    ratio = weighted_hazard_ratio(rows, known)
    assert ratio.coef == -math.inf
    assert ratio.hazard_ratio == 0
    assert math.isnan(ratio.std_err)
    assert "infinite" in ratio.reason
    risk = weighted_risk_difference(rows.event, known)
    assert risk.estimate[0] == -0.5
    assert math.isnan(risk.lower[0])


def test_no_event_at_all() -> None:
    rows = FollowUpRows.of([1.0, 2.0, 3.0, 4.0], [0, 0, 0, 0])
    known = known_weights(np.ones(4), [1, 0, 1, 0])
    assert math.isnan(weighted_hazard_ratio(rows, known).hazard_ratio)
    found = weighted_log_rank(rows, known)
    assert math.isnan(found.p_value)
    assert found.reason


def test_refuses_bad_input() -> None:
    case = cohort(15)
    weights = case.weights()
    with pytest.raises(EstimationError, match="one row of follow-up"):
        weighted_survival(FollowUpRows.of([1.0], [1]), weights, [1.0])
    own = FollowUpRows.of(case.rows.time, case.rows.event, weight=np.ones(80))
    with pytest.raises(EstimationError, match="weights of their own"):
        weighted_hazard_ratio(own, weights)
    with pytest.raises(EstimationError, match="knows no weights"):
        weighted_hazard_ratio(case.rows, weights, ties="exact")
    with pytest.raises(EstimationError, match="must be 0 or 1"):
        weighted_risk_difference(np.full(80, 2.0), weights)
    with pytest.raises(EstimationError, match="above 0"):
        known_weights([1.0, 0.0], [1, 0])
    assert isinstance(weights, ScoreWeights)
    assert not weights.weight.flags.writeable
