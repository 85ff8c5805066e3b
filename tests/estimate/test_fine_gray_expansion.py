"""Weighted spans for the subdistribution hazard, by hand and by their meaning (against R: tests/verify)."""

from __future__ import annotations

import numpy as np
import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from atrisk.errors import EstimationError
from atrisk.estimate.competing_risks.aalen_johansen import CompetingRisksRows
from atrisk.estimate.competing_risks.fine_gray_expansion import expand


def test_five_patients_by_hand() -> None:
    """Times 1..5: another event, an event, a censoring, an event, a censoring. G falls at 3 to 1 - 1/3 = 2/3 (three
    at risk) and at 5 to 0. The first patient has weight 1 up to the censoring at 3, then 2/3 to the end of follow-up
    at 5, where the event at 4 is the only one; nobody else is split."""
    spans = expand(CompetingRisksRows([1.0, 2, 3, 4, 5], [2, 1, 0, 1, 0]), 1)
    np.testing.assert_array_equal(spans.row, [0, 0, 1, 2, 3, 4])
    np.testing.assert_array_equal(spans.start, [0, 3, 0, 0, 0, 0])
    np.testing.assert_array_equal(spans.stop, [3, 5, 2, 3, 4, 5])
    np.testing.assert_allclose(spans.weight, [1, 2 / 3, 1, 1, 1, 1], rtol=1e-15)
    np.testing.assert_array_equal(spans.event, [False, False, True, False, True, False])


rows = st.lists(st.tuples(st.integers(1, 12), st.integers(0, 2)), min_size=2, max_size=30)


@given(rows)
@settings(deadline=None)
def test_weights_at_event_times_are_ratios_of_the_censoring_curve(patients: list) -> None:
    """At each event time u a patient with another event before u has weight G(u-)/G(X-) in exactly one span, G
    computed censoring by censoring with the events of the same time gone."""
    time, cause = np.array(patients).T
    if not np.any(cause == 1):
        with pytest.raises(EstimationError):
            expand(CompetingRisksRows(time, cause), 1)
        return
    spans = expand(CompetingRisksRows(time, cause), 1)

    def before(u: float) -> float:
        g = 1.0
        for c in sorted(set(time[(cause == 0) & (time < u)])):
            at_risk = np.sum(time > c) + np.sum((time == c) & (cause == 0))
            g *= 1 - np.sum((time == c) & (cause == 0)) / at_risk
        return g

    for i in np.flatnonzero(cause == 2):
        for u in set(time[cause == 1]):
            mine = (spans.row == i) & (spans.start < u) & (u <= spans.stop)
            expected = before(u) / before(time[i]) if u > time[i] else 1.0
            np.testing.assert_allclose(spans.weight[mine], [expected], rtol=1e-12)
    assert np.sum(spans.event) == np.sum(cause == 1)
    assert np.all(spans.start < spans.stop)


def test_case_weights_multiply_and_groups_stand_alone() -> None:
    time, cause, group = np.array([1.0, 2, 3, 4, 5, 6]), np.array([2, 1, 0, 1, 0, 2]), np.array([0, 0, 0, 0, 1, 1])
    weight = np.array([2.0, 1, 1, 1, 1, 1])
    alone = expand(CompetingRisksRows(time[:4], cause[:4]), 1)
    both = expand(CompetingRisksRows(time, cause, group=group, weight=weight), 1)
    # The second group has no event of the cause, and so no spans.
    np.testing.assert_array_equal(both.row, alone.row)
    np.testing.assert_allclose(both.weight, alone.weight * np.where(alone.row == 0, 2, 1), rtol=1e-15)


def test_what_is_refused() -> None:
    for cause in (0, 3):
        with pytest.raises(EstimationError):
            expand(CompetingRisksRows([1.0, 2], [1, 2]), cause)
