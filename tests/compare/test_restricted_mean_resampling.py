"""Bootstraps and permutations of restricted means against slow loops over patients, and what they do at the edges."""

from __future__ import annotations

import numpy as np
import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from atrisk.compare.log_rank_family.permutation_log_rank import shuffled_labels
from atrisk.compare.restricted_mean_permutation import permutation_restricted_mean
from atrisk.errors import EstimationError
from atrisk.estimate.survival_curve.kaplan_meier import kaplan_meier
from atrisk.estimate.survival_curve.restricted_mean import restricted_mean
from atrisk.estimate.survival_curve.restricted_mean_bootstrap import bootstrap_difference, bootstrap_restricted_mean
from atrisk.estimate.survival_curve.restricted_mean_replicates import restricted_means
from atrisk.summary.event_counts import EventCounts, Shape

patients = st.lists(st.tuples(st.integers(1, 12), st.integers(0, 1)), min_size=1, max_size=25)


def cohort(n: int, seed: int, *, effect: float = 0.0):
    rng = np.random.default_rng(seed)
    group = np.arange(n) % 3
    time, lost = rng.exponential(10.0 * np.exp(effect * group)), rng.uniform(5.0, 30.0, n)
    return np.ceil(np.minimum(time, lost)), (time <= lost).astype(int), group


@given(patients, st.integers(1, 15))
@settings(deadline=None)
def test_many_tables_at_once_equal_one_curve_at_a_time(rows: list, tau: int) -> None:
    time, event = np.array(rows, dtype=int).T
    counts = EventCounts.of(time, event)
    mean = restricted_mean(kaplan_meier(counts)[0], tau, extend=True)
    table = counts.events[0, 0, 0].astype(float)[:, None], counts.at_risk[0, 0].astype(float)[:, None]
    estimate, variance = restricted_means(*table, counts.time, tau)
    assert estimate[0] == pytest.approx(mean.estimate, rel=1e-12)
    assert np.sqrt(variance[0]) == pytest.approx(mean.std_err, rel=1e-9, abs=1e-12)


def test_permutations_equal_a_loop_over_shuffles() -> None:
    """The same shuffles of the same patients, each analysed as a study of its own."""
    time, event, group = cohort(40, 3)
    tau, replicates = 12.0, 300
    test = permutation_restricted_mean(EventCounts.of(time, event, group=group), tau, seed=5, replicates=replicates)

    def statistic(labels: np.ndarray) -> float:
        curves = kaplan_meier(EventCounts.of(time, event, group=labels, shape=Shape(n_groups=3)))
        means = [restricted_mean(curve, tau, extend=True) for curve in curves]
        m, v = np.array([mean.estimate for mean in means]), np.array([mean.std_err**2 for mean in means])
        if np.any(v == 0):
            return np.inf
        return float(((m - (m / v).sum() / (1 / v).sum()) ** 2 / v).sum())

    assert test.chi_squared == pytest.approx(statistic(group), rel=1e-12)
    # Patients in the order of the test: the last first, events before censorings, then by group.
    order = np.lexsort((group, -event, -time))
    time, event, group = time[order], event[order], group[order]
    stream, reached = np.random.PCG64(5), 0
    labels = shuffled_labels(group, stream, replicates)
    for replicate in range(replicates):
        reached += statistic(labels[:, replicate].astype(int)) >= test.chi_squared * (1 - 1e-9)
    assert test.p_value == (1 + reached) / (1 + replicates)


def test_bootstraps_agree_with_the_formula_in_large_groups() -> None:
    """The bootstrap's standard error is Greenwood's within 5 %, its limits the normal ones within a tenth of it."""
    time, event, group = cohort(3000, 11, effect=0.2)
    counts = EventCounts.of(time, event, group=group)
    results = bootstrap_restricted_mean(counts, 15.0, seed=2, replicates=4000)
    for result, curve in zip(results, kaplan_meier(counts), strict=True):
        mean = restricted_mean(curve, 15.0)
        assert result.estimate == mean.estimate
        assert result.std_err == pytest.approx(mean.std_err, rel=0.05)
        assert result.lower == pytest.approx(mean.lower, abs=0.1 * mean.std_err)
        assert result.upper == pytest.approx(mean.upper, abs=0.1 * mean.std_err)
    difference = bootstrap_difference(results[0], results[2])
    assert difference.std_err == pytest.approx(np.hypot(results[0].std_err, results[2].std_err), rel=0.05)
    assert difference.upper < 0


def test_bootstrap_of_one_patient_repeats_that_patient() -> None:
    (result,) = bootstrap_restricted_mean(EventCounts.of([4], [1]), 10.0, seed=0, replicates=5)
    np.testing.assert_array_equal(result.replicates, np.full(5, 4.0))
    assert (result.estimate, result.std_err, result.lower, result.upper) == (4.0, 0.0, 4.0, 4.0)


def test_a_seed_gives_the_same_replicates_again_and_another_seed_others() -> None:
    counts = EventCounts.of(*cohort(60, 1)[:2])
    first, again, other = (bootstrap_restricted_mean(counts, 9.0, seed=s, replicates=50)[0] for s in (1, 1, 2))
    np.testing.assert_array_equal(first.replicates, again.replicates)
    assert not np.array_equal(first.replicates, other.replicates)


def test_beyond_the_follow_up_nothing_is_invented() -> None:
    counts = EventCounts.of([5, 9, 5, 6], [1, 0, 1, 0], group=[0, 0, 1, 1])
    short, long = bootstrap_restricted_mean(counts, 8.0, seed=0, replicates=10)[::-1]
    assert np.isnan(short.estimate)
    assert "follow-up" in short.reason
    assert np.isfinite(long.estimate)
    assert np.isnan(bootstrap_difference(long, short).estimate)
    test = permutation_restricted_mean(counts, 8.0, seed=0)
    assert np.isnan(test.p_value)
    assert "follow-up" in test.reason
    censored = EventCounts.of([5, 9, 8, 9], [1, 0, 0, 0], group=[0, 0, 1, 1])
    assert "nobody" in permutation_restricted_mean(censored, 7.0, seed=0).reason


def test_bad_input_is_refused() -> None:
    delayed = EventCounts.of([5, 9], [1, 0], entry=[1, 2])
    weighted = EventCounts.of([5, 9], [1, 0], weight=[0.5, 1.0])
    plain = EventCounts.of([5, 9], [1, 0], group=[0, 1])
    for counts in (delayed, weighted):
        with pytest.raises(EstimationError):
            bootstrap_restricted_mean(counts, 4.0, seed=0)
        with pytest.raises(EstimationError):
            permutation_restricted_mean(counts, 4.0, seed=0)
    for tau, seed in ((4.0, -1), (np.inf, 0), (0.0, 0)):
        with pytest.raises(EstimationError):
            bootstrap_restricted_mean(plain, tau, seed=seed)
        with pytest.raises(EstimationError):
            permutation_restricted_mean(plain, tau, seed=seed)
