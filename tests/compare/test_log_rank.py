"""The log-rank test by hand, its edges, and its invariances."""

from __future__ import annotations

import math

import numpy as np
import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from atrisk.compare.log_rank_family.log_rank import log_rank, log_rank_between
from atrisk.errors import EstimationError
from atrisk.summary.event_counts import EventCounts, Shape

rows = st.lists(
    st.tuples(st.integers(0, 15), st.integers(0, 1), st.integers(0, 2), st.integers(0, 1)),
    min_size=3,
    max_size=40,
)


def test_six_patients_by_hand() -> None:
    """docs/methods/log_rank.md. Group A: 1, 3+, 4; group B: 2, 5, 6+ (+ censored).
    Events at 1, 2, 4, 5 with n = 6, 5, 3, 2 and n_A = 3, 2, 1, 0:
    E_A = 3/6 + 2/5 + 1/3 + 0 = 37/30; V = 1/4 + 6/25 + 2/9 = 641/900; O_A = 2."""
    test = log_rank(EventCounts.of([1, 3, 4, 2, 5, 6], [1, 0, 1, 1, 1, 0], group=[0, 0, 0, 1, 1, 1]))
    np.testing.assert_array_equal(test.observed, [2, 2])
    np.testing.assert_allclose(test.expected, [37 / 30, 83 / 30], rtol=1e-14)
    np.testing.assert_allclose(test.variance, 641 / 900 * np.array([[1, -1], [-1, 1]]), rtol=1e-14)
    chi_squared = (23 / 30) ** 2 / (641 / 900)
    assert test.chi_squared == pytest.approx(chi_squared, rel=1e-14)
    assert test.df == 1
    # P(chi squared with 1 df > x) = erfc(sqrt(x / 2))
    assert test.p_value == pytest.approx(math.erfc(math.sqrt(chi_squared / 2)), rel=1e-12)


@given(rows)
@settings(deadline=None)
def test_relabelling_and_units_change_nothing(patients: list) -> None:
    time, cause, group, stratum = np.array(patients).T
    shape = Shape(n_groups=3, n_strata=2)
    test = log_rank(EventCounts.of(time, cause, group=group, stratum=stratum, shape=shape))
    other = log_rank(EventCounts.of(time / 8, cause, group=2 - group, stratum=1 - stratum, shape=shape))
    np.testing.assert_allclose(test.expected, other.expected[::-1], rtol=1e-12, atol=1e-14)
    assert test.df == other.df
    np.testing.assert_allclose(test.chi_squared, other.chi_squared, rtol=1e-7, atol=1e-12)
    np.testing.assert_allclose(test.variance.sum(axis=0), 0, atol=1e-12)
    assert test.observed.sum() == pytest.approx(test.expected.sum(), rel=1e-12)


def test_a_group_that_is_gone_before_the_first_event_costs_no_degree_of_freedom() -> None:
    """Group 2 is censored at 0, before any event, so its expected count is 0 and the test is that of 0 and 1."""
    time, cause, group = [1, 2, 3, 4, 0, 0], [1, 1, 1, 1, 0, 0], [0, 1, 0, 1, 2, 2]
    counts = EventCounts.of(time, cause, group=group)
    test = log_rank(counts)
    two = log_rank_between(counts, 0, 1)
    assert test.df == two.df == 1
    assert test.chi_squared == pytest.approx(two.chi_squared, rel=1e-14)
    np.testing.assert_array_equal(test.n, [2, 2, 2])


@pytest.mark.parametrize(
    "counts",
    [
        EventCounts.of([1, 2, 3], [0, 0, 0], group=[0, 1, 1]),
        EventCounts.of([1, 2, 3], [1, 1, 0], group=[0, 0, 0], shape=Shape(n_groups=2)),
        EventCounts.zero(Shape(n_groups=2)),
        EventCounts.of([1, 2], [1, 1], group=[0, 1], stratum=[0, 1]),
    ],
    ids=["no event", "one group empty", "no patients", "strata of one group each"],
)
def test_without_a_comparison_there_is_no_statistic(counts: EventCounts) -> None:
    test = log_rank(counts)
    assert math.isnan(test.chi_squared)
    assert math.isnan(test.p_value)
    assert test.df == 0


def test_groups_whose_risk_sets_never_meet_are_not_compared() -> None:
    """Groups 0 and 1 meet in stratum 0, groups 2 and 3 in stratum 1: two comparisons, not three."""
    counts = EventCounts.of(
        [1, 2, 3, 4, 1, 2, 3, 4],
        [1, 1, 1, 1, 1, 1, 1, 1],
        group=[0, 1, 0, 1, 2, 3, 3, 2],
        stratum=[0, 0, 0, 0, 1, 1, 1, 1],
    )
    test = log_rank(counts)
    assert test.df == 2
    apart = log_rank_between(counts, 0, 1).chi_squared + log_rank_between(counts, 2, 3).chi_squared
    assert test.chi_squared == pytest.approx(apart, rel=1e-12)


def test_arguments_outside_their_domain_are_refused() -> None:
    counts = EventCounts.of([1, 2], [1, 1], group=[0, 1])
    with pytest.raises(EstimationError):
        log_rank_between(counts, 1, 1)
    with pytest.raises(EstimationError):
        log_rank_between(counts, 0, 2)
    with pytest.raises(EstimationError):
        log_rank(counts, rho=math.nan)
    with pytest.raises(EstimationError):
        log_rank(EventCounts.of([1, 2], [1, 1], group=[0, 1], weight=[0.5, 1.2]))
