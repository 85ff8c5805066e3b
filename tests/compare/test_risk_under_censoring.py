"""Risk by a day under censoring: against R, and equal to the limits of a proportion where nobody was censored."""

from __future__ import annotations

import json
import math
from pathlib import Path
from typing import Any

import numpy as np
import pytest

from atrisk.compare.proportions.proportion import clopper_pearson
from atrisk.compare.proportions.risk_difference import newcombe_difference
from atrisk.compare.proportions.risk_under_censoring import RiskByDay, risk_by_day, risk_difference_by_day, risk_limits
from atrisk.estimate.survival_curve.kaplan_meier import kaplan_meier
from atrisk.summary.event_counts import EventCounts

R: dict[str, Any] = json.loads((Path(__file__).parent / "r" / "risk_under_censoring.json").read_text(encoding="utf-8"))
DAY = 90.0


def risk(time: list[float], died: list[float]) -> RiskByDay:
    (curve,) = kaplan_meier(EventCounts.of(np.array(time), np.array(died, dtype=np.int64)))
    return risk_by_day(curve, DAY)


def of(name: str) -> RiskByDay:
    return risk(R["groups"][name]["time"], R["groups"][name]["died"])


@pytest.mark.parametrize("name", R["groups"])
def test_limits_against_r(name: str) -> None:
    found = of(name)
    limits = risk_limits(found)
    assert found.effective == pytest.approx(R["groups"][name]["effective"][0], rel=1e-9)
    expected = pytest.approx(R["groups"][name]["risk"], rel=1e-9, abs=1e-14)
    assert [limits.estimate, limits.lower, limits.upper] == expected


@pytest.mark.parametrize("pair", R["differences"], ids=lambda pair: f"{pair['first']}-{pair['second']}")
def test_differences_against_r(pair: dict[str, Any]) -> None:
    found = risk_difference_by_day(of(pair["first"]), of(pair["second"]))
    assert [found.estimate, found.lower, found.upper] == pytest.approx(pair["difference"], rel=1e-9)


@pytest.mark.parametrize(("deaths", "n"), [(0, 12), (1, 12), (5, 12), (12, 12)])
def test_without_censoring_they_are_those_of_a_proportion(deaths: int, n: int) -> None:
    """Deaths on day 90 itself count."""
    found = risk([DAY] * n, [1.0] * deaths + [0.0] * (n - deaths))
    exact = clopper_pearson(deaths, n)
    limits = risk_limits(found)
    assert (limits.lower, limits.upper) == pytest.approx((exact.lower, exact.upper), rel=1e-12)
    other = risk([DAY] * 30, [1.0] * 3 + [0.0] * 27)
    newcombe, difference = newcombe_difference(deaths, n, 3, 30), risk_difference_by_day(found, other)
    assert (difference.lower, difference.upper) == pytest.approx((newcombe.lower, newcombe.upper), rel=1e-12)


def test_nobody_followed_to_the_day_has_no_risk() -> None:
    found = risk([3, 40], [1.0, 0.0])
    assert math.isnan(found.risk)
    assert risk_limits(found).reason == "beyond the last follow-up"
    assert math.isnan(risk_difference_by_day(found, of("many")).estimate)
