"""Restricted mean survival time against R, by hand, and at its edges."""

from __future__ import annotations

import math

import numpy as np
import pytest

from atrisk.errors import EstimationError
from atrisk.estimate.kaplan_meier import kaplan_meier
from atrisk.estimate.restricted_mean import restricted_mean
from atrisk.summary.event_counts import EventCounts, Shape
from tests.reference.loader import Case, cases_of, rows_of

SIX = kaplan_meier(EventCounts.of([2, 3, 3, 5, 5, 8], [1, 1, 0, 1, 0, 0]))[0]


@pytest.mark.parametrize("case", [pytest.param(case, id=case.id) for case in cases_of("km.rmst")])
def test_against_r(case: Case) -> None:
    rows = rows_of(case)
    counts = EventCounts.of(rows.time, rows.cause, group=rows.group, weight=rows.weight)
    for curve, expected in zip(kaplan_meier(counts), case.expected["curves"], strict=True):
        mean = restricted_mean(curve, case.options["tau"], extend=True)
        case.close(mean.estimate, expected["rmst"], "rmst")
        case.close(mean.std_err, expected["std_err"], "std_err")
        case.close(curve.last_time, expected["last_time"], "last_time")


def test_six_patients_by_hand() -> None:
    """S = 1 to 2, 5/6 to 3, 2/3 to 5, 4/9 on: up to 6 the area is 2 + 5/6 + 4/3 + 4/9 = 83/18.
    Areas from 2, 3, 5 to 6: 47/18, 16/9, 4/9; Greenwood's steps 1/30, 1/20, 1/6."""
    mean = restricted_mean(SIX, 6)
    assert mean.estimate == pytest.approx(83 / 18, rel=1e-14)
    variance = (47 / 18) ** 2 / 30 + (16 / 9) ** 2 / 20 + (4 / 9) ** 2 / 6
    assert mean.std_err == pytest.approx(math.sqrt(variance), rel=1e-14)
    assert mean.upper == pytest.approx(83 / 18 + 1.959963984540054 * math.sqrt(variance), rel=1e-14)


def test_beyond_the_follow_up_it_is_not_estimable_unless_survival_is_zero() -> None:
    assert not restricted_mean(SIX, 8.5).estimable
    assert math.isnan(restricted_mean(SIX, 8.5).estimate)
    (dead,) = kaplan_meier(EventCounts.of([1, 2], [1, 1]))
    assert restricted_mean(dead, 10).estimate == 1.5
    (empty,) = kaplan_meier(EventCounts.zero(Shape()))
    assert math.isnan(restricted_mean(empty, 1, extend=True).estimate)


@pytest.mark.parametrize("tau", [0.0, -1.0, np.inf, np.nan])
def test_a_horizon_outside_its_domain_is_refused(tau: float) -> None:
    with pytest.raises(EstimationError):
        restricted_mean(SIX, tau)
