"""Conditional survival by hand and by its definition."""

from __future__ import annotations

import numpy as np
import pytest

from atrisk.errors import EstimationError
from atrisk.estimate.survival_curve.conditional_survival import conditional_survival
from atrisk.estimate.survival_curve.kaplan_meier import kaplan_meier, survival_at
from atrisk.summary.event_counts import EventCounts

SIX = EventCounts.of([2, 3, 3, 5, 5, 8], [1, 1, 0, 1, 0, 0])


def test_six_patients_by_hand() -> None:
    """S(3) = 2/3, S(5) = 4/9, so S(5 | 3) = 2/3 with Greenwood's one step 1/(3 x 2) = 1/6."""
    (marks,) = conditional_survival(SIX, 3, [3, 5, 8, 9])
    np.testing.assert_allclose(marks.estimate, [1, 2 / 3, 2 / 3, np.nan], rtol=1e-14)
    np.testing.assert_allclose(marks.std_err[1], 2 / 3 * np.sqrt(1 / 6), rtol=1e-14)
    np.testing.assert_array_equal(marks.n_at_risk, [3, 3, 1, 0])
    assert not marks.estimable[3]


def test_it_is_the_ratio_of_two_values_of_the_curve() -> None:
    rng = np.random.Generator(np.random.PCG64(5))
    time, event = rng.integers(1, 40, 80), rng.integers(0, 2, 80)
    counts = EventCounts.of(time, event, group=rng.integers(0, 2, 80))
    for curve, marks in zip(kaplan_meier(counts), conditional_survival(counts, 7.5, [10, 20, 30]), strict=True):
        expected = survival_at(curve, [10, 20, 30]).estimate / survival_at(curve, 7.5).estimate
        np.testing.assert_allclose(marks.estimate, expected, rtol=1e-13)


def test_where_nobody_is_left_nothing_is_estimated() -> None:
    (dead,) = conditional_survival(EventCounts.of([1, 2], [1, 1]), 2, [3])
    (gone,) = conditional_survival(SIX, 8, [8, 9])
    assert np.isnan(dead.estimate).all()
    assert np.isnan(gone.estimate).all()
    assert not gone.estimable.any()


@pytest.mark.parametrize(("survived", "times"), [(-1, [2]), (np.nan, [2]), (3, [2]), (3, [np.inf])])
def test_arguments_outside_their_domain_are_refused(survived: float, times: list) -> None:
    with pytest.raises(EstimationError):
        conditional_survival(SIX, survived, times)
