"""Survival curves, landmarks, quantiles, follow-up and restricted means against R (oracle: another program).

The cases run through the adapters of `atrisk verify`; every number must agree to 1e-9.
"""

from __future__ import annotations

import numpy as np
import pytest

from atrisk.estimate.survival_curve.kaplan_meier import kaplan_meier, survival_at
from atrisk.summary.event_counts import EventCounts
from atrisk.verify.case import Case
from tests.verify.agreeing import assert_agrees, cases_of


@pytest.mark.parametrize("case", cases_of("km.curve", "km.landmarks", "km.quantiles", "km.reverse_followup", "km.rmst"))
def test_agrees_with_r(case: Case) -> None:
    assert_agrees(case)


WITH_ENTRY = [each for each in cases_of("km.landmarks") if "entry" in each.values[0].question.options]


@pytest.mark.parametrize("case", WITH_ENTRY)
def test_at_risk_under_delayed_entry_counts_who_is_under_observation(case: Case) -> None:
    """R counts at the next exit, with those who enter before it; `survival_at` counts at the time itself."""
    used = case.question.complete()
    time, entry = used.times()
    assert entry is not None
    group, _ = used.codes(used.names("group"))
    counts = EventCounts.of(time, used.happened().astype(int), group=group, entry=entry)
    times = np.array(case.question.options["times"], dtype=float)
    for code, curve in enumerate(kaplan_meier(counts)):
        mine = (group == code) & (entry < times[:, None]) & (time >= times[:, None])
        np.testing.assert_array_equal(survival_at(curve, times).n_at_risk, mine.sum(axis=1))
