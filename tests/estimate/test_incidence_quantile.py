"""The time by which a share of all has had an event, by hand and against a slow search."""

from __future__ import annotations

import math

import numpy as np
import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from atrisk.errors import EstimationError
from atrisk.estimate.competing_risks.aalen_johansen import aalen_johansen
from atrisk.estimate.competing_risks.incidence_quantile import incidence_quantile
from atrisk.summary.event_counts import EventCounts, Shape


def curve_of(time: list[float], cause: list[int]):  # type: ignore[no-untyped-def]
    (curve,) = aalen_johansen(EventCounts.of(np.array(time), np.array(cause), shape=Shape(n_causes=2)))
    return curve


def test_half_of_four_of_whom_one_dies() -> None:
    curve = curve_of([1.0, 2.0, 3.0, 4.0], [1, 2, 1, 1])
    assert incidence_quantile(curve, 1, 0.5).estimate == 3.0
    assert incidence_quantile(curve, 1, 0.25).estimate == 1.0
    assert math.isinf(incidence_quantile(curve, 2, 0.5).estimate)


@given(
    st.lists(st.tuples(st.integers(1, 20), st.integers(1, 2)), min_size=2, max_size=40),
    st.floats(0.05, 0.95),
)
@settings(max_examples=60, deadline=None)
def test_without_censoring_it_is_the_patient_of_that_rank_and_lies_within_its_limits(
    patients: list[tuple[int, int]], probability: float
) -> None:
    found = incidence_quantile(curve_of([float(t) for t, _ in patients], [c for _, c in patients]), 1, probability)
    own = sorted(t for t, c in patients if c == 1)
    reached = [t for rank, t in enumerate(own, start=1) if rank / len(patients) >= probability - 1e-9]
    assert found.estimate == (reached[0] if reached else math.inf)
    assert found.lower <= found.estimate <= found.upper


@pytest.mark.parametrize(("cause", "probability"), [(0, 0.5), (3, 0.5), (1, 0.0), (1, 1.0)])
def test_what_is_no_share_or_cause_is_refused(cause: int, probability: float) -> None:
    with pytest.raises(EstimationError):
        incidence_quantile(curve_of([1.0, 2.0], [1, 2]), cause, probability)
