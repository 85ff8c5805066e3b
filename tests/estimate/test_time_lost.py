"""Restricted mean time lost to competing causes: survfit's influence in R, laws and by hand."""

from __future__ import annotations

import json
import math
from pathlib import Path
from typing import Any

import numpy as np
import pytest
from hypothesis import given
from hypothesis import strategies as st

from atrisk.errors import EstimationError
from atrisk.estimate.competing_risks.aalen_johansen import CompetingRisksRows, aalen_johansen, aalen_johansen_of_rows
from atrisk.estimate.competing_risks.restricted_time_lost import (
    restricted_time_lost,
    restricted_time_lost_difference,
)
from atrisk.estimate.survival_curve.kaplan_meier import kaplan_meier
from atrisk.estimate.survival_curve.restricted_mean import restricted_mean
from atrisk.summary.event_counts import EventCounts, Shape

R: dict[str, Any] = json.loads((Path(__file__).parent / "r" / "time_lost.json").read_text(encoding="utf-8"))
patients = st.lists(st.tuples(st.integers(1, 9), st.integers(0, 2)), min_size=2, max_size=30)


@pytest.mark.parametrize("case", R["cases"])
def test_against_survfit(case: dict[str, Any]) -> None:
    time, cause, sex = (np.array(R[name]) for name in ("time", "cause", "sex"))
    mine = np.ones(time.size, dtype=bool) if case["group"] is None else sex == case["group"]
    (curve,) = aalen_johansen(EventCounts.of(time[mine], cause[mine].astype(int)))
    found = restricted_time_lost(curve, case["tau"])
    assert found.estimate == pytest.approx(case["lost"], rel=1e-9)
    assert found.std_err == pytest.approx(case["std_err"], rel=1e-9)


@given(patients, st.floats(0.5, 9.0))
def test_times_lost_and_kept_sum_to_tau(rows: list[tuple[int, int]], tau: float) -> None:
    time, cause = [float(row[0]) for row in rows], [row[1] for row in rows]
    counts = EventCounts.of(time, cause, shape=Shape(n_causes=2))
    (curve,) = aalen_johansen(counts)
    found = restricted_time_lost(curve, tau)
    (survival,) = kaplan_meier(counts)
    kept = restricted_mean(survival, tau)
    assert found.estimable == kept.estimable
    if found.estimable:
        assert found.estimate.sum() + kept.estimate == pytest.approx(tau, abs=1e-9)


@given(patients, st.floats(0.5, 9.0))
def test_with_one_cause_the_error_is_that_of_the_restricted_mean(rows: list[tuple[int, int]], tau: float) -> None:
    """Where the curve comes down to 0 the restricted mean leaves the last step out of its variance: not compared."""
    counts = EventCounts.of([float(row[0]) for row in rows], [int(row[1] > 0) for row in rows])
    (curve,), (survival,) = aalen_johansen(counts), kaplan_meier(counts)
    found, kept = restricted_time_lost(curve, tau), restricted_mean(survival, tau)
    if kept.estimable and survival.survival[survival.time <= tau].min(initial=1.0) > 0:
        assert found.std_err[0] == pytest.approx(kept.std_err, rel=1e-9, abs=1e-9)


def test_without_censoring_it_is_a_mean_with_its_error() -> None:
    """Stay of 2, 4, 4, 8 days, the third dying: by day 6 at home 4, 2, 0, 0 days, dead 0, 0, 2, 0."""
    (curve,) = aalen_johansen(EventCounts.of([2.0, 4.0, 4.0, 8.0], [1, 1, 2, 1]))
    found = restricted_time_lost(curve, 6.0)
    home, dead = np.array([4.0, 2, 0, 0]), np.array([0.0, 0, 2, 0])
    assert found.estimate == pytest.approx([home.mean(), dead.mean()])
    assert found.std_err == pytest.approx([home.std() / 2, dead.std() / 2])


def test_differences_and_their_edges() -> None:
    (one,) = aalen_johansen(EventCounts.of([1.0, 2, 3, 4, 5], [1, 1, 2, 0, 1], shape=Shape(n_causes=2)))
    (other,) = aalen_johansen(EventCounts.of([2.0, 3, 4, 4], [1, 1, 0, 0], shape=Shape(n_causes=2)))
    first, second = restricted_time_lost(one, 4.0), restricted_time_lost(other, 4.0)
    found = restricted_time_lost_difference(first, second)
    assert found.estimate == pytest.approx(first.estimate - second.estimate)
    assert found.std_err[0] == pytest.approx(math.hypot(first.std_err[0], second.std_err[0]))
    assert found.p_value[0] == pytest.approx(math.erfc(abs(found.estimate[0] / found.std_err[0]) / math.sqrt(2)))
    # Nobody of the second group died: nothing is known of that error.
    assert math.isnan(found.lower[1])
    assert math.isnan(second.upper[1])
    late = restricted_time_lost_difference(restricted_time_lost(one, 5.0), restricted_time_lost(other, 5.0))
    assert "beyond" in late.reason
    assert np.isnan(late.estimate).all()
    with pytest.raises(EstimationError, match="same tau"):
        restricted_time_lost_difference(first, restricted_time_lost(one, 3.0))


def test_bad_questions_are_refused() -> None:
    (curve,) = aalen_johansen(EventCounts.of([1.0, 2.0], [1, 0]))
    with pytest.raises(EstimationError, match="finite and above 0"):
        restricted_time_lost(curve, 0.0)
    rows = CompetingRisksRows(np.array([1.0, 2.0]), np.array([1, 0]), weight=np.array([1.0, 2.0]))
    with pytest.raises(EstimationError, match="without weights"):
        restricted_time_lost(aalen_johansen_of_rows(rows)[0], 1.0)
