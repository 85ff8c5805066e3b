"""Interval censored log-rank tests against R's package interval, the log-rank test, and by enumeration."""

from __future__ import annotations

import itertools
import math

import numpy as np
import pytest

from atrisk.compare.log_rank_family.interval_log_rank import IntervalSample, interval_log_rank, interval_scores
from atrisk.compare.log_rank_family.log_rank import log_rank
from atrisk.errors import EstimationError
from atrisk.estimate.survival_curve.kaplan_meier import kaplan_meier
from atrisk.summary.event_counts import EventCounts
from tests.verify.agreeing import reference_cases


def cosmesis() -> IntervalSample:
    case = next(case.question for case in reference_cases() if case.question.dataset == "bcdeter")
    return IntervalSample(case.numbers("lower"), case.numbers("upper"), case.numbers("treat") - 1)


# r/interval_log_rank.R: sum of scores of the first treatment, z, p.
@pytest.mark.parametrize(
    ("scores", "total", "z", "p"),
    [
        ("sun", -10.0604627243272, -2.89928298963044, 0.00374017153576791),
        ("finkelstein", -10.8228899075091, -2.94371140339493, 0.0032430225290593),
    ],
)
def test_breast_cosmesis_data_as_in_r(scores: str, total: float, z: float, p: float) -> None:
    found = interval_log_rank(cosmesis(), scores=scores)  # type: ignore[arg-type]
    np.testing.assert_allclose(found.score, [total, -total], rtol=1e-9)
    assert found.chi_squared == pytest.approx(z**2, rel=1e-9)
    assert found.p_value == pytest.approx(p, rel=1e-9)
    assert found.df == 1


def right_censored(n: int, groups: int, seed: int) -> tuple[np.ndarray, np.ndarray, np.ndarray]:
    random = np.random.default_rng(seed)
    return random.integers(1, 12, n).astype(float), random.integers(0, 2, n), random.integers(0, groups, n)


def test_suns_scores_of_right_censored_times_are_log_rank_scores() -> None:
    """1{event} - Nelson-Aalen hazard at the own time; by group, observed less expected events of the log-rank test."""
    time, event, group = right_censored(80, 3, 1)
    upper = np.where(event == 1, time, np.inf)
    (curve,) = kaplan_meier(EventCounts.of(time, event))
    hazard = curve.cumulative_hazard[np.searchsorted(curve.time, time)]
    np.testing.assert_allclose(interval_scores(time, upper), event - hazard, atol=1e-9)
    usual = log_rank(EventCounts.of(time, event, group=group))
    found = interval_log_rank(IntervalSample(time, upper, group))
    np.testing.assert_allclose(found.score, usual.observed - usual.expected, atol=1e-8)
    assert found.df == 2


def test_finkelsteins_scores_by_hand() -> None:
    """(0, 1], (0, 2], (1, 3], (2, 4]: masses 1/2 on (0, 1] and (2, 3], so S = 1, 1/2, 0 and S log S = 0, -log(2)/2, 0.
    The first two fail in (0, 1]: (0 + log(2)/2)/(1/2) = log 2; the others in (2, 3]: -log 2."""
    scores = interval_scores([0.0, 0, 1, 2], [1.0, 2, 3, 4], scores="finkelstein")
    np.testing.assert_allclose(scores, np.log(2) * np.array([1, 1, -1, -1]), rtol=1e-9)
    # Sun: log S* = 0, -1/2, -3/2: first (0 + 1/4)/(1/2) = 1/2, others (-1/4 - 0)/(1/2) = -1/2.
    np.testing.assert_allclose(interval_scores([0.0, 0, 1, 2], [1.0, 2, 3, 4]), [0.5, 0.5, -0.5, -0.5], rtol=1e-9)


@pytest.mark.parametrize("scores", ["sun", "finkelstein"])
def test_scores_add_up_to_nothing(scores: str) -> None:
    random = np.random.default_rng(4)
    lower = random.integers(0, 10, 50).astype(float)
    upper = np.where(random.random(50) < 0.3, np.inf, lower + random.integers(0, 5, 50))
    assert abs(interval_scores(lower, upper, scores=scores).sum()) < 1e-8  # type: ignore[arg-type]


def test_permutation_p_is_that_of_all_relabellings() -> None:
    """Of 8 patients, 4 in each group, all 70 relabellings; 20,000 random ones come within 4 Monte-Carlo errors."""
    lower = np.array([0.0, 0, 1, 2, 3, 4, 5, 6])
    upper = np.array([1.0, 2, 2, 4, 5, 6, np.inf, np.inf])
    group = np.array([0, 0, 0, 1, 0, 1, 1, 1])
    value = interval_scores(lower, upper)
    observed = abs(value[group == 1].sum())
    sums = [abs(value[list(rows)].sum()) for rows in itertools.combinations(range(8), 4)]
    exact = np.mean([total >= observed * (1 - 1e-9) for total in sums])
    found = interval_log_rank(IntervalSample(lower, upper, group), permutations=20_000, seed=3)
    assert found.permutation_p_value == pytest.approx(exact, abs=4 * math.sqrt(exact * (1 - exact) / 20_000))
    again = interval_log_rank(IntervalSample(lower, upper, group), permutations=20_000, seed=3)
    assert again.permutation_p_value == found.permutation_p_value


def test_strata_add_up() -> None:
    time, event, group = right_censored(60, 2, 6)
    upper, stratum = np.where(event == 1, time, np.inf), np.repeat([0, 1], 30)
    whole = interval_log_rank(IntervalSample(time, upper, group, stratum))
    parts = [
        interval_log_rank(IntervalSample(time[rows], upper[rows], group[rows]))
        for rows in (slice(0, 30), slice(30, 60))
    ]
    np.testing.assert_allclose(whole.score, parts[0].score + parts[1].score, atol=1e-9)
    np.testing.assert_allclose(whole.variance, parts[0].variance + parts[1].variance, atol=1e-9)


def test_nothing_to_compare_and_what_is_refused() -> None:
    same = interval_log_rank(IntervalSample([0.0, 0, 0], [5.0, 5, 5], [0, 1, 1]), permutations=5)
    assert np.isnan(same.p_value)
    assert np.isnan(same.permutation_p_value)
    assert same.df == 0
    with pytest.raises(EstimationError):
        IntervalSample([0.0, 1], [1.0, 2], [0, 0])
    with pytest.raises(EstimationError):
        IntervalSample([2.0, 1], [1.0, 2], [0, 1])
    good = IntervalSample([0.0, 1], [1.0, 2], [0, 1])
    with pytest.raises(EstimationError):
        interval_log_rank(good, scores="wilcoxon")  # type: ignore[arg-type]
    with pytest.raises(EstimationError):
        interval_log_rank(good, permutations=-1)


def trial(random: np.random.Generator, n: int, hazard_ratio: float) -> IntervalSample:
    """Two groups of n, exponential times, visits about 0.4 apart, a fifth of the patients lost."""
    group = np.repeat([0, 1], n)
    time = random.exponential(1 / np.where(group == 1, hazard_ratio, 1.0))
    visits = np.cumsum(random.uniform(0.2, 0.6, (2 * n, 12)), axis=1)
    seen = np.sum(visits < time[:, None], axis=1)
    edges = np.column_stack((np.zeros(2 * n), visits, np.full(2 * n, np.inf)))
    rows = np.arange(2 * n)
    return IntervalSample(edges[rows, seen], edges[rows, seen + 1], group)


@pytest.mark.slow
@pytest.mark.parametrize("scores", ["sun", "finkelstein"])
def test_size_under_the_hypothesis(scores: str) -> None:
    """5 % of 2,000 trials of 2 x 50: within 4 Monte-Carlo errors of 0.5 %."""
    random = np.random.default_rng(11)
    p = [interval_log_rank(trial(random, 50, 1.0), scores=scores).p_value for _ in range(2000)]  # type: ignore[arg-type]
    assert abs(np.mean(np.array(p) < 0.05) - 0.05) < 0.02
