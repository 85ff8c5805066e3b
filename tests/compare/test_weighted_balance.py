"""Balance before and after weighting, overlap, detectable ratio and the gate: by hand, laws, bad input."""

from __future__ import annotations

import math

import numpy as np
import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from atrisk.compare.balance.covariate_balance import covariate_balance
from atrisk.compare.balance.gate import Diagnostics, GateThresholds, gate
from atrisk.compare.balance.overlap import overlap, preference_score
from atrisk.compare.balance.propensity import propensity_score, propensity_weights
from atrisk.compare.balance.weighted_balance import weighted_balance
from atrisk.compare.balance.weighted_power import weighted_power
from atrisk.errors import EstimationError
from atrisk.estimate.generalized_linear.regression_sample import RegressionSample


def drawn(seed: int, n: int = 120) -> RegressionSample:
    stream = np.random.default_rng(seed)
    x = np.column_stack([stream.normal(size=n), stream.integers(0, 2, n)])
    treated = stream.random(n) < 1 / (1 + np.exp(-(0.7 * x[:, 0] - 0.5 * x[:, 1])))
    return RegressionSample(outcome=treated.astype(float), covariates=x)


def test_balance_by_hand() -> None:
    """x = 1, 3 and 0, 2: variances 2 and 2, spread sqrt 2; means 2 and 1, under weights 1, 3 and 1, 1: 2.5 and 1.

    Weighted variance of 1, 3 under 1, 3: 4 / (16 - 10) * 3 = 2. The flag 0, 1 against 0, 1: p (1 - p) = 1/4 each,
    spread 1/2; weighted 3/4 against 1/2.
    """
    table = weighted_balance([[1, 0], [3, 1], [0, 0], [2, 1]], [1, 1, 0, 0], [1, 3, 1, 1])
    assert table.binary.tolist() == [False, True]
    np.testing.assert_allclose(table.spread, [math.sqrt(2), 0.5], rtol=1e-15)
    np.testing.assert_allclose(table.before.smd, [1 / math.sqrt(2), 0.0], atol=1e-15)
    np.testing.assert_allclose(table.after.smd, [1.5 / math.sqrt(2), 0.5], rtol=1e-15)
    np.testing.assert_allclose(table.after.mean_treated, [2.5, 0.75], rtol=1e-15)
    np.testing.assert_allclose(table.after.variance_ratio, [1.0, math.nan], rtol=1e-15)
    assert table.n.tolist() == [2, 2]
    np.testing.assert_allclose(table.effective_n, [16 / 10, 2], rtol=1e-15)
    assert table.largest_before == pytest.approx(1 / math.sqrt(2))
    assert table.largest_after == pytest.approx(1.5 / math.sqrt(2))
    assert table.reasons == ("", "")


@settings(max_examples=20, deadline=None)
@given(st.integers(0, 10_000))
def test_before_weighting_it_is_the_plain_difference_and_relabelling_flips_it(seed: int) -> None:
    sample = drawn(seed)
    treated = sample.outcome > 0
    weight = propensity_weights(propensity_score(sample).score, treated, estimand="ato")
    table = weighted_balance(sample.covariates, treated, weight)
    plain = [
        covariate_balance(column, treated, kind="binary" if flag else "continuous").value
        for column, flag in zip(sample.covariates.T, table.binary, strict=True)
    ]
    np.testing.assert_allclose(table.before.smd, plain, rtol=1e-12)
    assert table.largest_after == pytest.approx(0, abs=1e-9)
    other = weighted_balance(sample.covariates, ~treated, weight)
    np.testing.assert_allclose(other.before.smd, -table.before.smd, rtol=1e-12)
    np.testing.assert_allclose(other.before.variance_ratio, 1 / table.before.variance_ratio, rtol=1e-12)


def test_equal_weights_change_nothing() -> None:
    sample = drawn(3)
    table = weighted_balance(sample.covariates, sample.outcome, np.full(120, 0.37))
    np.testing.assert_allclose(table.after.smd, table.before.smd, rtol=1e-12)
    np.testing.assert_allclose(table.after.variance_ratio, table.before.variance_ratio, rtol=1e-12)
    np.testing.assert_allclose(table.effective_n, table.n, rtol=1e-12)


def test_covariates_without_a_difference_say_why() -> None:
    """What might be the largest difference, and is not known, leaves the largest unknown; a constant does not."""
    lone = weighted_balance([[1.0, 2.0], [1.0, 3.0], [1.0, 5.0], [1.0, 7.0]], [1, 0, 0, 0], [1, 1, 1, 1])
    assert lone.reasons == ("no variation in either group", "a group has fewer than two values")
    assert math.isnan(lone.largest_after)
    parted = weighted_balance([[1.0, 2.0], [1.0, 3.0], [0.0, 5.0], [0.0, 7.0]], [1, 1, 0, 0], [1, 1, 1, 1])
    assert parted.reasons == ("each group has one value of its own", "")
    assert not math.isnan(parted.after.smd[1])
    assert math.isnan(parted.largest_before)
    constant = weighted_balance([[0.1, 2.0], [0.1, 3.0], [0.1, 5.0], [0.1, 7.0]], [1, 1, 0, 0], [1, 1, 1, 1])
    assert constant.largest_after == abs(constant.after.smd[1])


def test_preference_score_by_hand() -> None:
    """One in four treated: odds 1/3; e = 1/4 is the average (F = 1/2), e = 1/2: F = 0.5 / (0.5 + 1/6) = 3/4."""
    found = preference_score([0.25, 0.5, 0.0, 1.0], [1, 0, 0, 0])
    np.testing.assert_allclose(found, [0.5, 0.75, 0.0, 1.0], rtol=1e-15)


def test_overlap_by_hand() -> None:
    """One flag: treated 3 of 4 with it and 1 of 4 without, so that e is 3/4 and 1/4 and so is F (half are treated).

    Nobody lies in 0.3 to 0.7; of 16 pairs of treated and untreated 9 have the treated higher, 6 are equal: 12/16.
    """
    flag = np.array([1.0, 1, 1, 1, 0, 0, 0, 0])
    treated = np.array([1, 1, 1, 0, 1, 0, 0, 0])
    found = overlap(propensity_score(RegressionSample(treated.astype(float), flag[:, None])), treated)
    np.testing.assert_allclose(found.preference, [0.75] * 4 + [0.25] * 4, rtol=1e-9)
    assert found.equipoise == 0
    assert found.c_statistic == pytest.approx(0.75, abs=1e-12)
    assert found.outside_support.tolist() == [0, 0]
    assert not found.separated


def test_certain_treatments_are_counted() -> None:
    """All five with the first flag are untreated, who are 6 and 2 of 8 without it; they lie outside the support."""
    flag = np.array([1.0] * 5 + [0.0] * 8)
    treated = np.array([0] * 5 + [1] * 6 + [0] * 2)
    found = overlap(propensity_score(RegressionSample(treated.astype(float), flag[:, None])), treated)
    assert found.separated
    assert found.n_certain.tolist() == [0, 5]
    assert found.outside_support.tolist() == [0, 5]
    np.testing.assert_allclose(found.share_outside_support, [0, 5 / 7], rtol=1e-15)
    assert found.n.tolist() == [6, 7]


def test_detectable_ratio_by_hand() -> None:
    """Equal weights of 50 and 50 with 60 events: exp((1.959964 + 0.841621) / sqrt(60 / 4)) = 2.0614."""
    treated = np.repeat([1, 0], 50)
    found = weighted_power(np.full(100, 2.0), treated, 60)
    assert found.effective_events == pytest.approx(60)
    assert found.hazard_ratio == pytest.approx(math.exp((1.959963984540054 + 0.8416212335729143) / math.sqrt(15)))
    # Weights 1, 2, 3 over and over: 36/14 of 3 patients count, in the treated alone.
    uneven = weighted_power(np.where(treated == 1, np.arange(100) % 2 + 1, 1), treated, 60)
    sizes = 75**2 / 125
    assert uneven.effective_n_treated == pytest.approx(sizes)
    assert uneven.effective_events == pytest.approx((sizes + 50) * 0.6)
    assert uneven.hazard_ratio > found.hazard_ratio
    assert weighted_power(np.ones(100), treated, 0).reason == "nobody has the event"


def test_the_gate_judges_what_was_declared() -> None:
    thresholds = GateThresholds(smd_below=0.1, effective_n_at_least=30, equipoise_at_least=0.5)
    found = gate(thresholds, Diagnostics(largest_smd=0.0999, effective_n=30, equipoise=0.5))
    assert found.met
    assert found.failed == ()
    assert [verdict.criterion for verdict in found.verdicts] == [
        "smd_below",
        "effective_n_at_least",
        "equipoise_at_least",
    ]
    missed = gate(thresholds, Diagnostics(largest_smd=-0.1, effective_n=29.9, equipoise=math.nan))
    assert [verdict.met for verdict in missed.verdicts] == [False, False, False]
    assert missed.verdicts[2].reason == "could not be measured"
    assert len(gate(GateThresholds(), Diagnostics(0.05, 3)).verdicts) == 1


def test_the_gate_is_asked_of_the_tables() -> None:
    sample = drawn(4)
    score = propensity_score(sample)
    weight = propensity_weights(score.score, sample.outcome, estimand="ato")
    table, common = weighted_balance(sample.covariates, sample.outcome, weight), overlap(score, sample.outcome)
    measured = Diagnostics.of(table, common)
    assert measured.largest_smd == table.largest_after
    assert measured.effective_n == table.effective_n.min()
    assert measured.equipoise == common.in_equipoise.min()
    assert gate(GateThresholds(0.1, 20, 0.5), measured).met
    assert math.isnan(Diagnostics.of(table).equipoise)


def test_refuses_bad_input() -> None:
    with pytest.raises(EstimationError, match="a row of covariates"):
        weighted_balance([[1.0], [2.0]], [1, 0], [1, -1])
    with pytest.raises(EstimationError, match="no patient with a weight"):
        weighted_balance([[1.0], [2.0]], [1, 0], [1, 0])
    with pytest.raises(EstimationError, match="whether it is one of 0 and 1"):
        weighted_balance([[1.0], [2.0]], [1, 0], [1, 1], binary=[True])
    with pytest.raises(EstimationError, match="one propensity score"):
        preference_score([0.5, 1.5], [1, 0])
    with pytest.raises(EstimationError, match="at most as many"):
        weighted_power([1, 1], [1, 0], 3)
    with pytest.raises(EstimationError, match="no patient with a weight"):
        weighted_power([1, 0], [1, 0], 1)
    for bad in ({"smd_below": 0}, {"effective_n_at_least": -1}, {"equipoise_at_least": 50}):
        with pytest.raises(EstimationError):
            GateThresholds(**bad)  # type: ignore[arg-type]
