"""Rank and mean tests: against all permutations and plain formulas (oracle: ourselves, slowly), laws and edges."""

from __future__ import annotations

import itertools
import math

import numpy as np
import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from atrisk.compare.contingency.trend import cochran_armitage
from atrisk.compare.location.analysis_of_variance import one_way, t_test, welch
from atrisk.compare.location.kruskal_wallis import kruskal_wallis
from atrisk.compare.location.wilcoxon import rank_sum
from atrisk.errors import EstimationError
from atrisk.summary.moments import Moments
from atrisk.summary.value_counts import ValueCounts

NAN = float("nan")
samples = st.lists(
    st.tuples(st.sampled_from([-3.0, 0.0, 0.1, 2.0, 2.5, 40.0, NAN]), st.integers(0, 2)), min_size=0, max_size=25
)


def counts_of(*groups: list[float]) -> ValueCounts:
    values = [value for group in groups for value in group]
    return ValueCounts.of(values, [i for i, group in enumerate(groups) for _ in group], len(groups))


def moments_of(*groups: list[float]) -> Moments:
    values = [value for group in groups for value in group]
    return Moments.of(values, [i for i, group in enumerate(groups) for _ in group], len(groups))


@given(rows=samples)
def test_kruskal_wallis_against_the_textbook_formula(rows: list[tuple[float, int]]) -> None:
    """12 / (n (n + 1)) sum R^2 / n_g - 3 (n + 1), over 1 - sum (t^3 - t) / (n^3 - n); ranks counted one by one."""
    values = np.array([value for value, _ in rows], dtype=float)
    group = np.array([code for _, code in rows], dtype=int)
    test = kruskal_wallis(ValueCounts.of(values, group, 3))
    known = ~np.isnan(values)
    v, g = values[known], group[known]
    n = len(v)
    assert test.n == n
    if len(set(g)) < 2 or len(set(v)) < 2:
        assert math.isnan(test.statistic)
        assert test.reason
        return
    ranks = np.array([(v < one).sum() + ((v == one).sum() + 1) / 2 for one in v])
    h = 12 / (n * (n + 1)) * sum(ranks[g == code].sum() ** 2 / (g == code).sum() for code in set(g)) - 3 * (n + 1)
    ties = sum((v == one).sum() ** 3 - (v == one).sum() for one in set(v))
    assert test.statistic == pytest.approx(h / (1 - ties / (n**3 - n)), rel=1e-9, abs=1e-9)
    assert test.df == len(set(g)) - 1


@given(st.lists(st.integers(0, 1000), min_size=2, max_size=9, unique=True), st.data())
@settings(max_examples=50)
def test_exact_rank_sum_against_all_divisions(values: list[int], data: st.DataObject) -> None:
    n1 = data.draw(st.integers(1, len(values) - 1))
    first, second = values[:n1], values[n1:]

    def pairs_won(ones: tuple[int, ...]) -> int:
        return sum(a > b for a in ones for b in values if b not in ones)

    every = [pairs_won(ones) for ones in itertools.combinations(values, n1)]
    observed = pairs_won(tuple(first))
    tail = min(sum(w <= observed for w in every), sum(w >= observed for w in every)) / len(every)
    test = rank_sum(counts_of([float(v) for v in first], [float(v) for v in second]))
    assert test.exact
    assert test.statistic == observed
    assert test.p_value == pytest.approx(min(1.0, 2 * tail), rel=1e-12)


@given(rows=samples)
def test_relabelled_groups(rows: list[tuple[float, int]]) -> None:
    """Exchanging the groups: W becomes n1 n2 - W, t turns its sign, the p values stay."""
    values, group = [value for value, _ in rows], [code for _, code in rows]
    counts, moments = ValueCounts.of(values, group, 3), Moments.of(values, group, 3)
    one, two = rank_sum(counts, first=0, second=1), rank_sum(counts, first=1, second=0)
    n1, n2 = counts.n[0], counts.n[1]
    assert one.p_value == pytest.approx(two.p_value, rel=1e-12, nan_ok=True)
    assert one.statistic == pytest.approx(n1 * n2 - two.statistic, nan_ok=True)
    for equal in (False, True):
        t, u = (t_test(moments, first=a, second=b, equal_variances=equal) for a, b in ((0, 1), (1, 0)))
        assert t.statistic == pytest.approx(-u.statistic, rel=1e-12, nan_ok=True)
        assert t.difference.lower == pytest.approx(-u.difference.upper, rel=1e-12, nan_ok=True)


@given(rows=samples)
def test_two_groups_f_is_t_squared(rows: list[tuple[float, int]]) -> None:
    values, group = [value for value, _ in rows], [min(code, 1) for _, code in rows]
    moments = Moments.of(values, group, 2)
    for f, t in ((one_way(moments), t_test(moments, equal_variances=True)), (welch(moments), t_test(moments))):
        if not f.reason and not t.reason:
            assert f.statistic == pytest.approx(t.statistic**2, rel=1e-9, abs=1e-12)
            assert f.df_within == pytest.approx(t.df, rel=1e-9)
            assert f.p_value == pytest.approx(t.p_value, rel=1e-8, abs=1e-12)


def test_rank_sum_in_the_middle_is_not_corrected() -> None:
    """By hand: 1 and 4 against 2 and 3 win 2 of 4 pairs, the mean; R's correction has the sign of 0, and p is 1."""
    test = rank_sum(counts_of([1.0, 4.0], [2.0, 3.0]), exact=False)
    assert test.statistic == 2.0
    assert test.p_value == 1.0


@pytest.mark.parametrize(
    ("test", "reason"),
    [
        (kruskal_wallis(counts_of([1.0], [])), "fewer than two groups"),
        (kruskal_wallis(counts_of([1.0, 1.0], [1.0])), "all values are equal"),
        (rank_sum(counts_of([1.0], [])), "no values"),
        (rank_sum(counts_of([1.0, 1.0], [1.0])), "all values are equal"),
        (rank_sum(counts_of([1.0, 2.0], [1.0]), exact=True), "tied"),
        (one_way(moments_of([1.0, 2.0], [])), "fewer than two groups"),
        (one_way(moments_of([1.0], [2.0])), "no group has two values"),
        (one_way(moments_of([1.0, 1.0], [2.0, 2.0])), "no variation"),
        (welch(moments_of([1.0, 2.0], [])), "fewer than two groups"),
        (welch(moments_of([1.0, 2.0], [3.0])), "fewer than two values"),
        (welch(moments_of([1.0, 2.0], [3.0, 3.0])), "no variation"),
        (t_test(moments_of([1.0, 2.0], [3.0])), "fewer than two values"),
        (t_test(moments_of([1.0, 1.0], [3.0, 3.0])), "no variation"),
        (t_test(moments_of([1.0], [3.0]), equal_variances=True), "fewer than two values"),
        (cochran_armitage([0, 0], [5, 6], [1, 2]), "has the event"),
        (cochran_armitage([5, 6], [5, 6], [1, 2]), "has the event"),
        (cochran_armitage([1, 2], [5, 6], [3, 3]), "same score"),
    ],
)
def test_where_there_is_no_test(test, reason: str) -> None:
    assert math.isnan(test.p_value)
    assert reason in test.reason


def test_arguments_outside_the_domain() -> None:
    with pytest.raises(EstimationError):
        rank_sum(counts_of([1.0], [2.0]), first=0, second=2)
    with pytest.raises(EstimationError):
        t_test(moments_of([1.0], [2.0]), first=1, second=1)
    with pytest.raises(EstimationError):
        cochran_armitage([6, 1], [5, 5], [1, 2])
    with pytest.raises(EstimationError):
        cochran_armitage([1, 1], [5, 5], [1, 2, 3])
