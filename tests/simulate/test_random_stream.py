"""The transforms of the raw bits give the distributions that they are named after."""

from __future__ import annotations

import math

import numpy as np
import pytest

from atrisk.simulate.stream import BLOCKS, Stream, open_stream

N = 200_000


def five_errors(sd: float) -> float:
    return 5 * sd / math.sqrt(N)


def test_uniform_is_the_middle_of_its_cell() -> None:
    """(k + 1/2) / 2^52 with k the upper 52 bits of the raw word, exactly, by whole numbers."""
    words = np.random.PCG64(np.random.SeedSequence(3, spawn_key=(1, 2))).random_raw(4)
    drawn = open_stream(3, "baseline", 2).uniform(4)
    assert [int(u * 2**52) for u in drawn] == [int(word) >> 12 for word in words]


def test_uniform_never_reaches_its_ends() -> None:
    """The least and the largest word give 2^-53 and 1 - 2^-53, both of which float64 holds exactly."""

    class Ends:
        def random_raw(self, size: int) -> np.ndarray:
            return np.array([0, 2**64 - 1], dtype=np.uint64)[:size]

    low, high = Stream(Ends()).uniform(2)  # type: ignore[arg-type]
    assert low == 2.0**-53
    assert 1 - high == 2.0**-53


def test_uniform_moments() -> None:
    """Mean 1/2, variance 1/12 (whose estimate has variance (1/80 - 1/144) / n)."""
    u = open_stream(1, "roster", 0).uniform(N)
    assert u.mean() == pytest.approx(1 / 2, abs=five_errors(math.sqrt(1 / 12)))
    assert u.var() == pytest.approx(1 / 12, abs=five_errors(math.sqrt(1 / 80 - 1 / 144)))


def test_normal_moments() -> None:
    """Mean 0, variance 1 (error sqrt 2), third moment 0 (sqrt 15), fourth 3 (sqrt 96)."""
    z = open_stream(1, "survival", 0).normal(N)
    for power, moment, error in ((1, 0, 1), (2, 1, math.sqrt(2)), (3, 0, math.sqrt(15)), (4, 3, math.sqrt(96))):
        assert (z**power).mean() == pytest.approx(moment, abs=five_errors(error))


def test_truncated_normal_is_the_normal_within_its_limits() -> None:
    """Below the mean, within [-1, 2] around 0: (Φ(0) - Φ(-1)) / (Φ(2) - Φ(-1)), by erf."""

    def cumulative(x: float) -> float:
        return (1 + math.erf(x / math.sqrt(2))) / 2

    x = open_stream(1, "details", 0).truncated_normal(N, mean=10, sd=3, low=7, high=16)
    assert x.min() >= 7
    assert x.max() <= 16
    share = (cumulative(0) - cumulative(-1)) / (cumulative(2) - cumulative(-1))
    assert (x < 10).mean() == pytest.approx(share, abs=five_errors(0.5))


def test_whole_numbers_include_both_ends() -> None:
    k = open_stream(1, "details", 1).whole(N, low=-2, high=3)
    values, counts = np.unique(k, return_counts=True)
    assert values.tolist() == [-2, -1, 0, 1, 2, 3]
    assert counts / N == pytest.approx(np.full(6, 1 / 6), abs=five_errors(math.sqrt(5) / 6))


def test_shares() -> None:
    drawn = open_stream(1, "details", 2).choose({"a": 0.5, "never": 0.0, "b": 0.3, "c": 0.2}, N)
    for name, share in {"a": 0.5, "never": 0.0, "b": 0.3, "c": 0.2}.items():
        assert (drawn == name).mean() == pytest.approx(share, abs=five_errors(0.5) if share else 0)


def test_order_is_a_permutation() -> None:
    """Every one of the 6 orders of 3 comes up equally often."""
    stream = open_stream(1, "details", 3)
    orders = [tuple(stream.order(3)) for _ in range(6000)]
    counts = [orders.count(order) for order in set(orders)]
    assert len(counts) == 6
    assert counts == pytest.approx([1000] * 6, abs=5 * math.sqrt(6000 * 5 / 36))


def test_streams_are_reproducible_and_their_own() -> None:
    """Every block, try and seed has its own numbers, again and again."""
    keys = [(seed, block, attempt) for seed in (1, 2) for block in BLOCKS for attempt in (0, 1)]
    drawn = {key: tuple(open_stream(*key).uniform(3)) for key in keys}
    assert len(set(drawn.values())) == len(keys)
    assert drawn == {key: tuple(open_stream(*key).uniform(3)) for key in keys}
    one, other = open_stream(1, "baseline", 0).normal(N), open_stream(1, "baseline", 1).normal(N)
    assert (one * other).mean() == pytest.approx(0, abs=five_errors(1))
