"""Differences of survival against R (oracle: another program; r/survival_difference.R), by hand and by their laws."""

from __future__ import annotations

import csv
import json
from pathlib import Path
from typing import Any

import numpy as np
import pytest

from atrisk.compare.survival_difference import survival_difference
from atrisk.errors import EstimationError
from atrisk.estimate.survival_curve.kaplan_meier import SurvivalCurve, kaplan_meier
from atrisk.summary.event_counts import EventCounts

HERE = Path(__file__).parent
R = json.loads((HERE / "r" / "survival_difference.json").read_text(encoding="utf-8"))
COLON = HERE.parents[1] / "examples" / "colon" / "data" / "colon.csv"


def curve(etype: int, group: str, level: str, conf_type: Any) -> SurvivalCurve:
    with COLON.open(encoding="utf-8") as stream:
        rows = [row for row in csv.DictReader(stream) if row["etype"] == str(etype) and row[group] == level]
    time = [float(row["time"]) for row in rows]
    return kaplan_meier(EventCounts.of(time, [int(row["status"]) for row in rows]), conf_type=conf_type)[0]


@pytest.mark.parametrize("limits", ["wald", "square-and-add"])
@pytest.mark.parametrize("entry", R["differences"])
def test_survival_difference_against_r(entry: dict[str, Any], limits: Any) -> None:
    first, second = (curve(entry["etype"], entry["group"], entry[k], entry["conf_type"]) for k in ("first", "second"))
    found = survival_difference(first, second, entry["times"], limits=limits)
    assert found.estimate == pytest.approx(entry["estimate"], rel=1e-9)
    assert found.std_err == pytest.approx(entry["std_err"], rel=1e-9)
    assert found.p_value == pytest.approx(entry["p"], rel=1e-9)
    assert found.lower == pytest.approx(entry[limits][0], rel=1e-9)
    assert found.upper == pytest.approx(entry[limits][1], rel=1e-9)
    assert found.n_at_risk.tolist() == entry["n_at_risk"]


def test_by_hand() -> None:
    """Deaths at 1 of 4 and at 1 of 2: S 3/4 and 1/2, Greenwood (3/4)^2 (1/12) = 3/64 and (1/2)^2 (1/2) = 1/8."""
    first = kaplan_meier(EventCounts.of([1, 5, 5, 5], [1, 0, 0, 0]))[0]
    second = kaplan_meier(EventCounts.of([1, 5], [1, 0]))[0]
    found = survival_difference(first, second, [3], limits="wald")
    assert found.estimate.tolist() == [0.25]
    assert found.std_err[0] == pytest.approx((3 / 64 + 1 / 8) ** 0.5, rel=1e-14)
    assert found.lower[0] == pytest.approx(0.25 - 1.959963984540054 * (11 / 64) ** 0.5, rel=1e-14)
    assert found.upper[0] == 1.0


def test_nothing_is_carried_beyond_the_follow_up_of_either_group() -> None:
    first = kaplan_meier(EventCounts.of([1, 5, 5, 5], [1, 0, 0, 0]))[0]
    second = kaplan_meier(EventCounts.of([1, 9], [1, 0]))[0]
    found = survival_difference(first, second, [4, 7])
    assert found.estimable.tolist() == [True, False]
    assert np.isnan([found.estimate[1], found.std_err[1], found.lower[1], found.upper[1], found.p_value[1]]).all()


def test_exchanged_groups_turn_the_sign() -> None:
    first, second = curve(2, "sex", "1", "log-log"), curve(2, "sex", "0", "log-log")
    here, there = survival_difference(first, second, [900.0]), survival_difference(second, first, [900.0])
    assert here.estimate[0] == -there.estimate[0]
    assert here.lower[0] == pytest.approx(-there.upper[0], rel=1e-12)
    assert here.p_value[0] == there.p_value[0]


def test_without_events_there_is_no_test_and_no_limit() -> None:
    calm = kaplan_meier(EventCounts.of([5, 5], [0, 0]), conf_type="log-log")[0]
    found = survival_difference(calm, calm, [3])
    assert found.estimate.tolist() == [0.0]
    assert np.isnan([found.std_err, found.lower, found.upper, found.p_value]).all()


@pytest.mark.parametrize("limits", ["wald", "square-and-add"])
def test_the_error_of_one_group_is_not_taken_for_that_of_both(limits: Any) -> None:
    """Nobody of 32 and 20 of 490 died (Fisher p = 0.63), which one group's error would call z = 4.6."""
    calm = kaplan_meier(EventCounts.of([30] * 32, [0] * 32), conf_type="log-log")[0]
    other = kaplan_meier(EventCounts.of([*range(1, 21), *[30] * 470], [1] * 20 + [0] * 470), conf_type="log-log")[0]
    for found in (
        survival_difference(calm, other, [25.0], limits=limits),
        survival_difference(other, calm, [25.0], limits=limits),
    ):
        assert abs(found.estimate[0]) == pytest.approx(20 / 490, rel=1e-12)
        assert np.isnan([found.std_err, found.lower, found.upper, found.p_value]).all()


def test_curves_of_different_levels_and_unknown_limits_are_refused() -> None:
    counts = EventCounts.of([1, 5], [1, 0])
    with pytest.raises(EstimationError, match="same confidence level"):
        survival_difference(kaplan_meier(counts)[0], kaplan_meier(counts, conf_level=0.9)[0], [1])
    with pytest.raises(EstimationError, match="square-and-add or wald"):
        survival_difference(kaplan_meier(counts)[0], kaplan_meier(counts)[0], [1], limits="exact")  # type: ignore[arg-type]
