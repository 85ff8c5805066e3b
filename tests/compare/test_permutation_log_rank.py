"""Permutation tests against listing every arrangement with the ordinary test, and what a seed means."""

from __future__ import annotations

import itertools
import math

import numpy as np
import pytest

from atrisk.compare.log_rank_family import permutation_log_rank as module
from atrisk.compare.log_rank_family.log_rank import log_rank, weighted_log_rank
from atrisk.compare.log_rank_family.permutation_log_rank import permutation_log_rank
from atrisk.compare.log_rank_family.rank_weight import LOG_RANK, RankWeight
from atrisk.errors import EstimationError
from atrisk.summary.event_counts import EventCounts, Shape

TIME, EVENT = [3, 5, 5, 6, 8, 8, 9, 12], [1, 1, 0, 1, 1, 1, 0, 1]


def by_listing(group: list[int], weight: RankWeight, stratum: list[int] | None = None) -> float:
    """The oracle: `weighted_log_rank` of every distinct relabelling that keeps the sizes within strata."""
    strata = stratum or [0] * len(group)
    sizes = sorted(zip(strata, group, strict=True))
    shape = Shape(n_groups=max(group) + 1, n_strata=max(strata) + 1)

    def statistic(labels: tuple[int, ...]) -> float:
        counts = EventCounts.of(TIME, EVENT, group=labels, stratum=strata, shape=shape)
        test = weighted_log_rank(counts, weight)
        return test.chi_squared if test.df else 0.0

    allowed = {
        labels
        for labels in itertools.product(range(max(group) + 1), repeat=len(group))
        if sorted(zip(strata, labels, strict=True)) == sizes
    }
    observed = statistic(tuple(group))
    return sum(statistic(labels) >= observed - 1e-9 for labels in allowed) / len(allowed)


@pytest.mark.parametrize(
    ("group", "stratum"),
    [
        ([0, 0, 0, 1, 0, 1, 1, 1], None),
        ([0, 1, 2, 0, 1, 2, 1, 0], None),
        ([1, 0, 0, 1, 0, 1, 1, 0], [0, 0, 0, 0, 1, 1, 1, 1]),
    ],
)
@pytest.mark.parametrize("weight", [LOG_RANK, RankWeight("gehan"), RankWeight("fleming-harrington", gamma=1)])
def test_exact_p_values_are_those_of_listing_every_arrangement(
    group: list[int], stratum: list[int] | None, weight: RankWeight
) -> None:
    counts = EventCounts.of(TIME, EVENT, group=group, stratum=stratum)
    test = permutation_log_rank(counts, seed=1, weight=weight)
    assert test.exact
    assert test.p_value == pytest.approx(by_listing(group, weight, stratum), rel=1e-12)
    assert test.chi_squared == pytest.approx(weighted_log_rank(counts, weight).chi_squared, rel=1e-12)


def test_four_patients_by_hand() -> None:
    """Deaths at 1, 2 in one group and 3, 4 in the other: of the 6 arrangements only this and its mirror image are
    as extreme, p = 1/3."""
    test = permutation_log_rank(EventCounts.of([1, 2, 3, 4], [1, 1, 1, 1], group=[0, 0, 1, 1]), seed=0)
    assert (test.p_value, test.replicates, test.std_error) == (pytest.approx(1 / 3), 6, 0)


def test_shuffles_come_close_to_the_exact_p_value(monkeypatch: pytest.MonkeyPatch) -> None:
    counts = EventCounts.of(TIME, EVENT, group=[0, 1, 2, 0, 1, 2, 1, 0], stratum=[0, 0, 0, 1, 1, 1, 1, 1])
    exact = permutation_log_rank(counts, seed=3)
    monkeypatch.setattr(module, "MOST_ARRANGEMENTS", 0)
    random = permutation_log_rank(counts, seed=3, replicates=20_000)
    assert not random.exact
    assert abs(random.p_value - exact.p_value) < 4 * random.std_error


def test_a_seed_means_fisher_and_yates_on_the_raw_numbers_of_pcg64(monkeypatch: pytest.MonkeyPatch) -> None:
    """Shuffled again patient by patient in plain Python, from the last time to the first as the counts hold them."""
    monkeypatch.setattr(module, "MOST_ARRANGEMENTS", 0)
    time, event, group = [1, 2, 3, 4, 5, 6], [1, 1, 0, 1, 1, 1], [0, 1, 0, 0, 1, 1]
    found = permutation_log_rank(EventCounts.of(time, event, group=group), seed=12, replicates=50)
    raw = iter(np.random.PCG64(12).random_raw(50 * 5).tolist())
    labels = [list(reversed(group)) for _ in range(50)]
    for i in range(5, 0, -1):
        for label in labels:
            j = next(raw) % (i + 1)
            label[i], label[j] = label[j], label[i]
    observed = log_rank(EventCounts.of(time, event, group=group)).chi_squared
    reached = 0
    for label in labels:
        test = log_rank(EventCounts.of(time, event, group=label[::-1], shape=Shape(n_groups=2)))
        reached += test.df > 0 and test.chi_squared >= observed - 1e-9
    assert found.p_value == (1 + reached) / 51


def test_large_groups_agree_with_chi_squared_and_parts_change_nothing(monkeypatch: pytest.MonkeyPatch) -> None:
    rng = np.random.Generator(np.random.PCG64(8))
    counts = EventCounts.of(rng.integers(1, 400, 522), rng.integers(0, 2, 522), group=rng.integers(0, 3, 522))
    whole = permutation_log_rank(counts, seed=5, replicates=4000)
    assert abs(whole.p_value - log_rank(counts).p_value) < 5 * whole.std_error + 0.01
    monkeypatch.setattr(module, "_AT_A_TIME", 522 * 4000)
    assert permutation_log_rank(counts, seed=5, replicates=4000).p_value == whole.p_value
    assert permutation_log_rank(counts, seed=6, replicates=4000).p_value != whole.p_value


def test_without_a_statistic_there_is_no_p_value() -> None:
    test = permutation_log_rank(EventCounts.of([1, 2], [0, 0], group=[0, 1]), seed=1)
    assert math.isnan(test.p_value)
    assert test.reason


@pytest.mark.parametrize(
    "call",
    [
        lambda: permutation_log_rank(EventCounts.of([1, 2], [1, 1], group=[0, 1], entry=[0, 1]), seed=1),
        lambda: permutation_log_rank(EventCounts.of([1, 2], [1, 1], group=[0, 1]), seed=-1),
        lambda: permutation_log_rank(EventCounts.of([1, 2], [1, 1], group=[0, 1]), seed=1, replicates=0),
        lambda: permutation_log_rank(EventCounts.of([1, 2], [1, 1], group=[0, 1], weight=[0.5, 1]), seed=1),
    ],
)
def test_arguments_outside_their_domain_are_refused(call) -> None:
    with pytest.raises(EstimationError):
        call()


@pytest.mark.slow
def test_size_in_small_groups() -> None:
    """2,000 trials of 8 against 8 under no difference: at most 5% rejected, within three Monte Carlo errors."""
    rng = np.random.Generator(np.random.PCG64(77))
    rejected = 0
    for _ in range(2000):
        time, censor = rng.exponential(10, 16), rng.uniform(2, 25, 16)
        counts = EventCounts.of(np.minimum(time, censor), (time <= censor).astype(int), group=np.arange(16) % 2)
        rejected += permutation_log_rank(counts, seed=1).p_value <= 0.05
    assert rejected / 2000 <= 0.05 + 3 * math.sqrt(0.05 * 0.95 / 2000)
