"""Miettinen-Nurminen limits: published figures, the defining equation solved slowly, symmetries, edges."""

from __future__ import annotations

import math

import numpy as np
import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from atrisk.compare.proportions.miettinen_nurminen import (
    miettinen_nurminen_difference,
    miettinen_nurminen_odds_ratio,
    miettinen_nurminen_ratio,
)
from atrisk.errors import EstimationError

Z = 1.959963984540054


@pytest.mark.parametrize(
    ("counts", "lower", "upper"),
    [
        ((56, 70, 48, 80), 0.0528, 0.3382),
        ((9, 10, 3, 10), 0.1700, 0.8406),
        ((5, 56, 0, 29), -0.0326, 0.1933),
        ((0, 10, 0, 10), -0.2879, 0.2879),
    ],
)
def test_published_limits_of_the_difference(counts: tuple[int, int, int, int], lower: float, upper: float) -> None:
    """Newcombe 1998, Stat Med 17:873-90, table II, method 6."""
    interval = miettinen_nurminen_difference(*counts)
    assert interval.lower == pytest.approx(lower, abs=5e-5)
    assert interval.upper == pytest.approx(upper, abs=5e-5)


def log_likelihood(x1: int, n1: int, p1: np.ndarray, x2: int, n2: int, p2: np.ndarray) -> np.ndarray:
    def part(x: int, p: np.ndarray) -> np.ndarray:
        with np.errstate(divide="ignore", invalid="ignore"):
            return x * np.log(p) if x else np.zeros_like(p)

    return part(x1, p1) + part(n1 - x1, 1 - p1) + part(x2, p2) + part(n2 - x2, 1 - p2)


def best_risks(counts: tuple[int, int, int, int], link: str, effect: float) -> tuple[float, float]:
    """Maximum likelihood risks given the effect, by a grid refined around its best point (oracle: slowly)."""
    x1, n1, x2, n2 = counts

    def first(p2: np.ndarray) -> np.ndarray:
        if link == "difference":
            return p2 + effect
        return effect * p2 if link == "ratio" else effect * p2 / (1 + p2 * (effect - 1))

    low = max(0.0, -effect) if link == "difference" else 0.0
    high = min(1.0, 1 - effect) if link == "difference" else min(1.0, 1 / effect) if link == "ratio" else 1.0
    for _ in range(14):
        p2 = np.linspace(low, high, 2001)
        p1 = np.clip(first(p2), 0.0, 1.0)
        place = int(np.nanargmax(log_likelihood(x1, n1, p1, x2, n2, p2)))
        low, high = p2[max(place - 1, 0)], p2[min(place + 1, 2000)]
    return float(np.clip(first(p2[place : place + 1]), 0, 1)[0]), float(p2[place])


def statistic(counts: tuple[int, int, int, int], link: str, effect: float) -> float:
    """The chi squared of Miettinen and Nurminen at an effect, written out from the article."""
    x1, n1, x2, n2 = counts
    p1, p2 = best_risks(counts, link, effect)
    n = n1 + n2
    if link == "odds":
        distance = n1 * (x1 / n1 - p1)
        return distance**2 * (1 / (n1 * p1 * (1 - p1)) + 1 / (n2 * p2 * (1 - p2))) * (n - 1) / n
    factor = 1.0 if link == "difference" else effect
    distance = x1 / n1 - (x2 / n2 + effect if link == "difference" else effect * x2 / n2)
    return distance**2 / ((p1 * (1 - p1) / n1 + factor**2 * p2 * (1 - p2) / n2) * n / (n - 1))


@pytest.mark.parametrize("counts", [(56, 70, 48, 80), (9, 10, 3, 10), (2, 30, 11, 25), (7, 8, 5, 90), (0, 12, 4, 15)])
def test_limits_solve_the_equation_that_defines_them(counts: tuple[int, int, int, int]) -> None:
    for link, function in (
        ("difference", miettinen_nurminen_difference),
        ("ratio", miettinen_nurminen_ratio),
        ("odds", miettinen_nurminen_odds_ratio),
    ):
        interval = function(*counts)
        for limit in (interval.lower, interval.upper):
            if 0 < abs(limit) < math.inf:
                # The grid finds a maximum, flat at the top, to half of the digits.
                assert statistic(counts, link, limit) == pytest.approx(Z**2, rel=1e-6)


tables = st.tuples(st.integers(1, 40), st.integers(1, 40)).flatmap(
    lambda n: st.tuples(st.integers(0, n[0]), st.just(n[0]), st.integers(0, n[1]), st.just(n[1]))
)


@settings(max_examples=60, deadline=None)
@given(tables)
def test_exchanging_groups_turns_the_limits_round(counts: tuple[int, int, int, int]) -> None:
    x1, n1, x2, n2 = counts
    one, other = miettinen_nurminen_difference(*counts), miettinen_nurminen_difference(x2, n2, x1, n1)
    assert (-other.upper, -other.lower) == pytest.approx((one.lower, one.upper), abs=1e-10)
    assert -1 <= one.lower <= one.estimate <= one.upper <= 1
    for function in (miettinen_nurminen_ratio, miettinen_nurminen_odds_ratio):
        one, other = function(*counts), function(x2, n2, x1, n1)
        if math.isnan(one.estimate):
            assert math.isnan(other.estimate)
            assert one.reason
            continue
        assert one.lower <= one.estimate * (1 + 1e-12)
        assert one.estimate <= one.upper * (1 + 1e-12)
        inverse = [math.inf if limit == 0 else 1 / limit for limit in (other.upper, other.lower)]
        assert inverse == pytest.approx([one.lower, one.upper], rel=1e-7)


def test_edges() -> None:
    """All against none: the difference is 1 and so is its upper limit; the ratios are infinite with a lower limit."""
    difference = miettinen_nurminen_difference(10, 10, 0, 20)
    assert (difference.estimate, difference.upper) == (1.0, 1.0)
    assert 0 < difference.lower < 1
    ratio = miettinen_nurminen_ratio(10, 10, 0, 20)
    assert (ratio.estimate, ratio.upper) == (math.inf, math.inf)
    assert 1 < ratio.lower < math.inf
    none = miettinen_nurminen_ratio(0, 10, 3, 10)
    assert (none.estimate, none.lower) == (0.0, 0.0)
    assert none.upper > 1
    assert miettinen_nurminen_ratio(0, 10, 0, 20).reason == "no event in either group"
    assert miettinen_nurminen_odds_ratio(10, 10, 20, 20).reason == "all patients with the same outcome"
    for function in (miettinen_nurminen_difference, miettinen_nurminen_ratio, miettinen_nurminen_odds_ratio):
        assert function(0, 0, 3, 10).reason == "a group without patients"
        with pytest.raises(EstimationError, match="count"):
            function(11, 10, 3, 10)
        with pytest.raises(EstimationError, match="confidence level"):
            function(1, 10, 3, 10, conf_level=95)


def test_equal_groups_of_one_million() -> None:
    """Large numbers: the limits approach d -/+ z sqrt(2 p (1 - p) / n), here 0.5 of one million each."""
    n = 1_000_000
    interval = miettinen_nurminen_difference(n // 2, n, n // 2, n)
    assert interval.upper == pytest.approx(Z * math.sqrt(0.5 / n), rel=1e-5)
    assert interval.lower == pytest.approx(-interval.upper, rel=1e-9)
