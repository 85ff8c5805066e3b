"""Weighted rank tests, trend and pairs by hand, and how they hang together."""

from __future__ import annotations

import math

import numpy as np
import pytest

from atrisk.compare.log_rank_family.log_rank import log_rank, log_rank_between, weighted_log_rank
from atrisk.compare.log_rank_family.log_rank_trend import log_rank_trend
from atrisk.compare.log_rank_family.pairwise_log_rank import pairwise_log_rank
from atrisk.compare.log_rank_family.rank_weight import LOG_RANK, RankWeight
from atrisk.errors import EstimationError
from atrisk.summary.event_counts import EventCounts

# Group A: 1, 3+, 4; group B: 2, 5, 6+. Events at 1, 2, 4, 5 with n = 6, 5, 3, 2 and n_A = 3, 2, 1, 0.
SIX = EventCounts.of([1, 3, 4, 2, 5, 6], [1, 0, 1, 1, 1, 0], group=[0, 0, 0, 1, 1, 1])
RNG = np.random.Generator(np.random.PCG64(11))
THREE = EventCounts.of(
    RNG.integers(1, 30, 90), RNG.integers(0, 2, 90), group=RNG.integers(0, 3, 90), stratum=RNG.integers(0, 2, 90)
)


@pytest.mark.parametrize(
    ("weight", "w"),
    [
        (LOG_RANK, [1, 1, 1, 1]),
        (RankWeight("gehan"), [6, 5, 3, 2]),
        (RankWeight("tarone-ware"), [6**0.5, 5**0.5, 3**0.5, 2**0.5]),
        # S(t-) = 1, 5/6, 2/3, 4/9
        (RankWeight("fleming-harrington", rho=1), [1, 5 / 6, 2 / 3, 4 / 9]),
        (RankWeight("fleming-harrington", gamma=1), [0, 1 / 6, 1 / 3, 5 / 9]),
        (RankWeight("fleming-harrington", rho=0.5, gamma=2), [0, (5 / 6) ** 0.5 / 36, (2 / 3) ** 0.5 / 9, 50 / 243]),
        # S~ = 6/7, x 5/6 = 5/7, x 3/4 = 15/28, x 2/3 = 5/14
        (RankWeight("peto-peto"), [6 / 7, 5 / 7, 15 / 28, 5 / 14]),
        (RankWeight("modified-peto"), [36 / 49, 25 / 42, 45 / 112, 5 / 21]),
    ],
)
def test_six_patients_by_hand(weight: RankWeight, w: list) -> None:
    """A fails at 1 and 4; d - d n_A / n = 1 - 1/2, -2/5, 1 - 1/3, 0; hypergeometric variances 1/4, 6/25, 2/9, 0."""
    test = weighted_log_rank(SIX, weight)
    u = np.dot(w, [1 / 2, -2 / 5, 2 / 3, 0])
    v = np.dot(np.square(w), [1 / 4, 6 / 25, 2 / 9, 0])
    np.testing.assert_allclose(test.difference, [u, -u], rtol=1e-13)
    np.testing.assert_allclose(test.variance, [[v, -v], [-v, v]], rtol=1e-13)
    np.testing.assert_array_equal(test.observed, [2, 2])
    np.testing.assert_allclose(test.expected, [37 / 30, 83 / 30], rtol=1e-13)
    assert test.chi_squared == pytest.approx(u * u / v, rel=1e-12)
    assert test.p_value == pytest.approx(math.erfc(abs(u) / math.sqrt(2 * v)), rel=1e-12)


def test_rho_is_a_case_of_the_weights() -> None:
    by_rho = log_rank(THREE, rho=0.7)
    by_weight = weighted_log_rank(THREE, RankWeight("fleming-harrington", rho=0.7))
    assert by_rho.chi_squared == pytest.approx(by_weight.chi_squared, rel=1e-13)
    np.testing.assert_allclose(by_rho.observed - by_rho.expected, by_weight.difference, rtol=1e-12)


def test_trend_of_two_groups_is_the_log_rank_test_whatever_the_scores() -> None:
    test = log_rank(SIX)
    trend = log_rank_trend(test, [3, 10])
    assert trend.chi_squared == pytest.approx(test.chi_squared, rel=1e-12)
    assert trend.p_value == pytest.approx(test.p_value, rel=1e-12)
    assert trend.score == pytest.approx(-7 * 23 / 30, rel=1e-12)


def test_trend_does_not_change_under_linear_scores_and_turns_with_their_order() -> None:
    test = log_rank(THREE)
    trend = log_rank_trend(test)
    assert log_rank_trend(test, [10, 30, 50]).z == pytest.approx(trend.z, rel=1e-12)
    assert log_rank_trend(test, [2, 1, 0]).z == pytest.approx(-trend.z, rel=1e-12)


def test_groups_never_at_risk_together_show_no_trend() -> None:
    counts = EventCounts.of([1, 2, 3, 1, 2, 4], [1] * 6, group=[0, 0, 0, 1, 1, 1], stratum=[0, 0, 0, 1, 1, 1])
    trend = log_rank_trend(log_rank(counts))
    assert math.isnan(trend.p_value)
    assert trend.df == 0


def test_pairs_are_the_tests_of_two_groups_with_their_p_values_adjusted() -> None:
    """Holm: the smallest times 3, the next times 2, the largest as it is, never falling, at most 1."""
    result = pairwise_log_rank(THREE)
    assert result.pairs == ((0, 1), (0, 2), (1, 2))
    p = [log_rank_between(THREE, *pair).p_value for pair in result.pairs]
    np.testing.assert_allclose(result.p_value, p, rtol=1e-12)
    order = np.argsort(p)
    holm = np.minimum(np.maximum.accumulate(np.array(p)[order] * [3, 2, 1]), 1)
    np.testing.assert_allclose(result.p_adjusted[order], holm, rtol=1e-12)
    np.testing.assert_array_equal(pairwise_log_rank(THREE, adjustment="none").p_adjusted, result.p_value)


@pytest.mark.parametrize(
    "call",
    [
        lambda: RankWeight("wilcoxon"),
        lambda: RankWeight("gehan", rho=1),
        lambda: RankWeight("fleming-harrington", gamma=-1),
        lambda: RankWeight("fleming-harrington", rho=math.inf),
        lambda: log_rank_trend(log_rank(SIX), [1]),
        lambda: log_rank_trend(log_rank(SIX), [1, math.nan]),
        lambda: log_rank_trend(log_rank(SIX), [2, 2]),
        lambda: pairwise_log_rank(THREE, adjustment="tukey"),
    ],
)
def test_arguments_outside_their_domain_are_refused(call) -> None:
    with pytest.raises(EstimationError):
        call()
