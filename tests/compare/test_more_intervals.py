"""Intervals beside the recommended ones: what defines them, by hand or by an oracle of our own, and their edges."""

from __future__ import annotations

import itertools
import math
from fractions import Fraction

import numpy as np
import pytest
from scipy.optimize import minimize_scalar

from atrisk.compare.location.hodges_lehmann import hodges_lehmann
from atrisk.compare.location.wilcoxon import conditional_rank_sum_p_value, rank_sum
from atrisk.compare.proportions.miettinen_nurminen import miettinen_nurminen_difference
from atrisk.compare.proportions.proportion import agresti_coull, binomial_test, jeffreys, wald, wilson, wilson_corrected
from atrisk.compare.proportions.risk_difference import (
    haldane_odds_ratio,
    newcombe_difference,
    number_needed_to_treat,
    wald_difference,
)
from atrisk.errors import EstimationError
from atrisk.summary.value_counts import ValueCounts

Z = 1.959963984540054


def two_groups(a: list, b: list) -> ValueCounts:
    return ValueCounts.of([*a, *b], [0] * len(a) + [1] * len(b), 2)


def test_wald_and_agresti_coull_of_2_of_10_by_hand() -> None:
    """0.2 -+ z sqrt(0.016); n' = 10 + z^2, p' = (2 + z^2/2) / n'."""
    simple = wald(2, 10)
    assert (simple.lower, simple.upper) == pytest.approx((0.2 - Z * 0.016**0.5, 0.2 + Z * 0.016**0.5), rel=1e-13)
    n, p = 10 + Z**2, (2 + Z**2 / 2) / (10 + Z**2)
    better = agresti_coull(2, 10)
    assert (better.lower + better.upper) / 2 == pytest.approx(p, rel=1e-13)
    assert better.upper - better.lower == pytest.approx(2 * Z * math.sqrt(p * (1 - p) / n), rel=1e-13)


@pytest.mark.parametrize(("count", "total"), [(0, 7), (1, 7), (7, 7), (12, 40)])
def test_corrected_wilson_limits_solve_the_corrected_score_equation(count: int, total: int) -> None:
    """(|p^ - p| - 1/(2n))^2 = z^2 p (1 - p) / n at each limit that is not an end of the scale."""
    found = wilson_corrected(count, total)
    for limit in {found.lower, found.upper} - {0.0, 1.0}:
        left = (abs(count / total - limit) - 0.5 / total) ** 2
        assert left == pytest.approx(Z**2 * limit * (1 - limit) / total, rel=1e-9)
    assert found.lower <= wilson(count, total).lower
    assert found.upper >= wilson(count, total).upper


def test_half_of_the_patients_get_no_correction_as_in_r() -> None:
    found, plain = wilson_corrected(5, 10), wilson(5, 10)
    assert (found.lower, found.upper) == pytest.approx((plain.lower, plain.upper), rel=1e-14)


def test_jeffreys_limits_cut_off_the_tails_of_the_beta_distribution() -> None:
    """Numerical integration of x^(a-1) (1-x)^(b-1), a = 3.5, b = 8.5, by a fine midpoint rule."""
    found = jeffreys(3, 11)
    x = (np.arange(2_000_000) + 0.5) / 2_000_000
    density = x**2.5 * (1 - x) ** 7.5
    share = np.cumsum(density) / density.sum()
    at = np.searchsorted(x, [found.lower, found.upper]) - 1
    assert share[at] == pytest.approx([0.025, 0.975], abs=2e-6)


@pytest.mark.parametrize(("count", "total", "p"), [(2, 9, 0.5), (0, 5, 0.2), (7, 12, 0.3), (6, 12, 0.5), (3, 3, 0.9)])
def test_binomial_test_sums_what_is_no_more_probable(count: int, total: int, p: float) -> None:
    risk = Fraction(p)
    weights = [math.comb(total, x) * risk**x * (1 - risk) ** (total - x) for x in range(total + 1)]
    limit = float(weights[count]) * (1 + 1e-7)
    expected = float(sum(w for w in weights if float(w) <= limit))
    assert binomial_test(count, total, probability=p) == pytest.approx(expected, rel=1e-12)


def test_two_risks_by_hand() -> None:
    """3/10 against 1/10: variance 0.021 + 0.009; odds ratio with halves (3.5 x 9.5) / (7.5 x 1.5)."""
    difference = wald_difference(3, 10, 1, 10)
    assert difference.upper - difference.lower == pytest.approx(2 * Z * 0.03**0.5, rel=1e-13)
    odds = haldane_odds_ratio(3, 10, 1, 10)
    assert odds.estimate == pytest.approx(33.25 / 11.25, rel=1e-13)
    width = Z * math.sqrt(1 / 3.5 + 1 / 7.5 + 1 / 1.5 + 1 / 9.5)
    assert math.log(odds.upper / odds.lower) == pytest.approx(2 * width, rel=1e-13)
    assert number_needed_to_treat(difference) == pytest.approx(5, rel=1e-13)
    assert math.isnan(number_needed_to_treat(newcombe_difference(1, 5, 2, 10)))


def test_miettinen_nurminen_published_example() -> None:
    """Newcombe 1998, Stat Med 17:873, table II, method 6: 56/70 against 48/80 has limits 0.0528 and 0.3382."""
    found = miettinen_nurminen_difference(56, 70, 48, 80)
    assert (round(found.lower, 4), round(found.upper, 4)) == (0.0528, 0.3382)


@pytest.mark.parametrize("counts", [(56, 70, 48, 80), (9, 10, 3, 10), (5, 56, 0, 29), (0, 10, 0, 10), (10, 10, 0, 20)])
@pytest.mark.parametrize("conf_level", [0.9, 0.95])
def test_miettinen_nurminen_limits_solve_the_score_equation(counts: tuple, conf_level: float) -> None:
    """The restricted risks by a numerical search of the likelihood instead of the cubic."""
    x1, n1, x2, n2 = counts
    z = {0.9: 1.6448536269514722, 0.95: Z}[conf_level]
    found = miettinen_nurminen_difference(*counts, conf_level=conf_level)
    for limit in (found.lower, found.upper):
        if abs(limit) == 1:
            continue

        def minus_log_likelihood(q: float, limit: float = limit) -> float:
            first = q + limit
            terms = ((x1, first), (n1 - x1, 1 - first), (x2, q), (n2 - x2, 1 - q))
            return -sum(n * math.log(max(p, 1e-300)) for n, p in terms if n)

        low, high = max(0.0, -limit), min(1.0, 1 - limit)
        q = minimize_scalar(minus_log_likelihood, bounds=(low, high), method="bounded", options={"xatol": 1e-12}).x
        n = n1 + n2
        variance = ((q + limit) * (1 - q - limit) / n1 + q * (1 - q) / n2) * n / (n - 1)
        score = (x1 / n1 - x2 / n2 - limit) / math.sqrt(variance)
        assert abs(score) == pytest.approx(z, rel=1e-4)


def test_miettinen_nurminen_turns_with_the_groups() -> None:
    one, other = miettinen_nurminen_difference(3, 20, 8, 25), miettinen_nurminen_difference(8, 25, 3, 20)
    assert (one.lower, one.upper) == pytest.approx((-other.upper, -other.lower), abs=1e-12)
    assert math.isnan(miettinen_nurminen_difference(0, 0, 3, 5).estimate)


def test_hodges_lehmann_by_hand() -> None:
    """1, 4, 6 against 2, 9, 20: differences -19, -16, -14, -8, -5, -3, -1, 2, 4, median -5. P(W <= 0) = 1/20 = the
    2.5% tail at once, so the limits are the extremes; at 80% P(W <= 1) = 2/20 >= 0.1, still the extremes; at 70%
    P(W <= 2) = 4/20 >= 0.15, so the second from either end."""
    counts = two_groups([1, 4, 6], [2, 9, 20])
    found = hodges_lehmann(counts)
    assert (found.estimate, found.lower, found.upper) == (-5, -19, 4)
    assert hodges_lehmann(counts, conf_level=0.8).lower == -19
    narrower = hodges_lehmann(counts, conf_level=0.7)
    assert (narrower.lower, narrower.upper) == (-16, 2)


def test_hodges_lehmann_edges() -> None:
    tied = hodges_lehmann(two_groups([1, 2], [2, 3]))
    assert tied.estimate == -1
    assert math.isnan(tied.lower)
    assert tied.reason
    assert math.isnan(hodges_lehmann(two_groups([], [1, 2])).estimate)
    with pytest.raises(EstimationError):
        hodges_lehmann(two_groups([1], [2]), first=0, second=0)


@pytest.mark.parametrize(("a", "b"), [([1, 2, 2, 5], [2, 3, 5, 5, 7]), ([1, 1, 1], [1, 2, 2, 2]), ([4], [1, 2, 4, 4])])
def test_rank_sums_given_the_ties_are_counted_over_all_divisions(a: list, b: list) -> None:
    """The oracle lists every division of the midranks."""
    pooled = sorted([*a, *b])
    midrank = {v: (2 * pooled.index(v) + pooled.count(v) + 1) / 2 for v in pooled}
    ranks = [midrank[v] for v in [*a, *b]]
    mean = len(a) * sum(ranks) / len(ranks)
    sums = [sum(ranks[i] for i in chosen) for chosen in itertools.combinations(range(len(ranks)), len(a))]
    observed = abs(sum(ranks[: len(a)]) - mean)
    expected = sum(abs(s - mean) >= observed - 1e-9 for s in sums) / len(sums)
    assert conditional_rank_sum_p_value(two_groups(a, b)) == pytest.approx(expected, rel=1e-12)


def test_without_ties_it_is_the_exact_test() -> None:
    counts = two_groups([1.5, 2.25, 8, 11], [3, 4, 9, 12, 13, 14.5])
    assert conditional_rank_sum_p_value(counts) == pytest.approx(rank_sum(counts, exact=True).p_value, rel=1e-12)
    assert math.isnan(conditional_rank_sum_p_value(two_groups([], [1.0])))


@pytest.mark.parametrize("interval", [wilson_corrected, agresti_coull, wald, jeffreys])
def test_nobody_gives_no_number_and_impossible_counts_are_refused(interval) -> None:
    nobody = interval(0, 0)
    assert math.isnan(nobody.estimate)
    assert nobody.reason
    with pytest.raises(EstimationError):
        interval(3, 2)
    with pytest.raises(EstimationError):
        interval(1, 2, conf_level=95)
