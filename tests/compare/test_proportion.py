"""Limits of proportions and of two independent risks: what defines them, and their edges."""

from __future__ import annotations

import math
from fractions import Fraction

import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from atrisk.compare.proportions.proportion import clopper_pearson, wilson
from atrisk.compare.proportions.risk_difference import newcombe_difference, odds_ratio, risk_ratio
from atrisk.errors import EstimationError

levels = st.sampled_from([0.8, 0.9, 0.95, 0.99])


@st.composite
def counts(draw: st.DrawFn, highest: int = 80) -> tuple[int, int]:
    total = draw(st.integers(1, highest))
    return draw(st.integers(0, total)), total


def at_least(count: int, total: int, p: float) -> float:
    """P(X >= count) of a binomial, summed in fractions."""
    risk = Fraction(p)
    terms = (math.comb(total, x) * risk**x * (1 - risk) ** (total - x) for x in range(count, total + 1))
    return float(sum(terms))


@given(pair=counts(), conf_level=levels)
@settings(max_examples=60, deadline=None)
def test_clopper_pearson_inverts_the_binomial_tails(pair: tuple[int, int], conf_level: float) -> None:
    """The defining equations of the limits, by summing the binomial probabilities."""
    count, total = pair
    interval = clopper_pearson(count, total, conf_level=conf_level)
    tail = (1 - conf_level) / 2
    if count == 0:
        assert interval.lower == 0.0
    else:
        assert at_least(count, total, interval.lower) == pytest.approx(tail, rel=1e-9)
    if count == total:
        assert interval.upper == 1.0
    else:
        assert 1.0 - at_least(count + 1, total, interval.upper) == pytest.approx(tail, rel=1e-9)


@pytest.mark.parametrize("p", [0.02, 0.21, 0.5, 0.983])
def test_clopper_pearson_covers_at_least_its_level(p: float) -> None:
    """The probability, over all outcomes of 32 patients, that the limits hold the true risk."""
    covered = 0.0
    for count in range(33):
        interval = clopper_pearson(count, 32)
        if interval.lower <= p <= interval.upper:
            covered += at_least(count, 32, p) - at_least(count + 1, 32, p)
    assert covered >= 0.95 - 1e-12


@given(pair=counts(), conf_level=levels)
def test_wilson_limits_are_roots_of_the_score_equation(pair: tuple[int, int], conf_level: float) -> None:
    """(p^ - p)^2 = z^2 p (1 - p) / n at both limits; z from the published table of the normal distribution."""
    z = {0.8: 1.2815515655446004, 0.9: 1.6448536269514722, 0.95: 1.959963984540054, 0.99: 2.5758293035489004}
    count, total = pair
    interval = wilson(count, total, conf_level=conf_level)
    for limit in (interval.lower, interval.upper):
        left = (count / total - limit) ** 2
        assert left == pytest.approx(z[conf_level] ** 2 * limit * (1 - limit) / total, rel=1e-9, abs=1e-12)
    assert 0.0 <= interval.lower <= interval.estimate <= interval.upper <= 1.0


@given(pair=counts(), conf_level=levels)
def test_counting_the_others_mirrors_the_limits(pair: tuple[int, int], conf_level: float) -> None:
    count, total = pair
    for method in (clopper_pearson, wilson):
        one, other = method(count, total, conf_level=conf_level), method(total - count, total, conf_level=conf_level)
        assert one.lower == pytest.approx(1 - other.upper, abs=1e-12)


@given(first=counts(), second=counts(), conf_level=levels)
def test_relabelled_groups(first: tuple[int, int], second: tuple[int, int], conf_level: float) -> None:
    """Exchanging the groups turns the sign of a difference and inverts a ratio."""
    one = newcombe_difference(*first, *second, conf_level=conf_level)
    other = newcombe_difference(*second, *first, conf_level=conf_level)
    assert (one.lower, one.estimate, one.upper) == pytest.approx(
        (-other.upper, -other.estimate, -other.lower), abs=1e-14
    )
    assert -1.0 <= one.lower <= one.estimate <= one.upper <= 1.0
    for ratio in (risk_ratio, odds_ratio):
        a, b = ratio(*first, *second, conf_level=conf_level), ratio(*second, *first, conf_level=conf_level)
        assert math.isnan(a.lower) == math.isnan(b.lower) == bool(a.reason)
        if not a.reason:
            assert (a.lower, a.estimate, a.upper) == pytest.approx((1 / b.upper, 1 / b.estimate, 1 / b.lower))


def test_newcombe_published_example() -> None:
    """Newcombe 1998, table II, method 10: 56/70 against 48/80 has limits 0.0524 and 0.3339; 0/10 against 0/10
    -0.2775 and 0.2775."""
    interval = newcombe_difference(56, 70, 48, 80)
    assert (round(interval.lower, 4), round(interval.upper, 4)) == (0.0524, 0.3339)
    interval = newcombe_difference(0, 10, 0, 10)
    assert (round(interval.lower, 4), round(interval.upper, 4)) == (-0.2775, 0.2775)


@pytest.mark.parametrize(
    "interval",
    [
        pytest.param(clopper_pearson(0, 0), id="Clopper-Pearson"),
        pytest.param(wilson(0, 0), id="Wilson"),
        pytest.param(newcombe_difference(0, 0, 3, 5), id="difference, first"),
        pytest.param(newcombe_difference(3, 5, 0, 0), id="difference, second"),
        pytest.param(risk_ratio(0, 0, 3, 5), id="risk ratio"),
        pytest.param(odds_ratio(3, 5, 0, 0), id="odds ratio"),
    ],
)
def test_nobody_gives_no_number(interval) -> None:
    assert math.isnan(interval.estimate)
    assert math.isnan(interval.lower)
    assert math.isnan(interval.upper)
    assert "without patients" in interval.reason or "no patients" in interval.reason


@pytest.mark.parametrize(("count", "total"), [(-1, 5), (6, 5), (1.5, 5), (1, 4.5)])
def test_impossible_counts_are_refused(count: float, total: float) -> None:
    for method in (clopper_pearson, wilson):
        with pytest.raises(EstimationError):
            method(count, total)  # type: ignore[arg-type]
    for compare in (newcombe_difference, risk_ratio, odds_ratio):
        with pytest.raises(EstimationError):
            compare(count, total, 1, 2)  # type: ignore[arg-type]


@pytest.mark.parametrize("conf_level", [0.0, 1.0, 95, float("nan")])
def test_impossible_levels_are_refused(conf_level: float) -> None:
    for method in (clopper_pearson, wilson):
        with pytest.raises(EstimationError):
            method(1, 2, conf_level=conf_level)
