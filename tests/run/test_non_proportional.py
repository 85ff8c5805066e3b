"""Hazards that are not proportional: what is then added, all of it or none, and that it is what it says."""

from __future__ import annotations

import math
from pathlib import Path
from typing import Any

import numpy as np
import pytest

from atrisk.estimate.proportional_hazards.cox import CoxSample, cox
from atrisk.result.row import Row
from atrisk.result.run_result import RunResult
from atrisk.run.study import run_study
from atrisk.study.load import load_study
from tests.cohort.small_study import write_study

ADDED = {"weighted_log_rank", "piecewise_cox"}
Patients = list[tuple[str, int, int]]


def crossing(*, late: float) -> Patients:
    """Two hundred patients; group B dies four times as often up to day 300, then ``late`` times as often."""
    rng = np.random.default_rng(11)
    found: Patients = []
    for number in range(200):
        group = "AB"[number % 2]
        early, later = (0.004, 0.001 * late) if group == "B" else (0.001, 0.001)
        hazard = rng.exponential()
        day = hazard / early if hazard < 300 * early else 300 + (hazard - 300 * early) / later
        end = rng.uniform(400, 2000)
        found.append((group, max(1, round(min(day, end))), int(day < end)))
    return found


def run(folder: Path, patients: Patients, **outcome: Any) -> RunResult:
    lines = ["id,arm,days,dead", *(f"p{number},{a},{t},{d}" for number, (a, t, d) in enumerate(patients))]
    study = {
        "data": {"patient": {"file": "patient.csv", "key": "id"}},
        "groups": {"by": "arm", "order": ["A", "B"], "reference": "A"},
        "outcomes": {
            "os": {
                "label": "Survival",
                "time": {"column": "days"},
                "status": {"column": "dead", "event": 1, "censored": 0},
                "at": ["300 days", "900 days", "3000 days"],
                **outcome,
            }
        },
    }
    write_study(folder, {"patient.csv": "\n".join(lines)}, study)
    return run_study(load_study(folder / "study.yaml"), lambda _stage: None)


def value(rows: tuple[Row, ...], **wanted: object) -> float:
    (row,) = [row for row in rows if all(getattr(row, name) == given for name, given in wanted.items())]
    assert row.value is not None, row.error
    return row.value


def test_proportional_hazards_add_nothing(tmp_path: Path) -> None:
    found = run(tmp_path, crossing(late=4.0))
    assert value(found.rows, statistic="proportional_hazards_p") > 0.05
    assert not ADDED & {row.analysis for row in found.rows}
    assert "restricted_mean" not in {row.analysis for row in found.rows}
    assert not [curve for curve in found.curves if curve.kind == "hazard_ratio_over_time"]


def test_within_a_period_the_ratio_is_that_of_the_period_alone(tmp_path: Path) -> None:
    """Cut at day 300: up to it everybody else is censored there, after it only those come who lived beyond it."""
    patients = crossing(late=0.5)
    found = run(tmp_path, patients, periods=["300 days"])
    assert value(found.rows, statistic="proportional_hazards_p") < 0.05
    time = np.array([t for _, t, _ in patients], dtype=float)
    event = np.array([d == 1 for _, _, d in patients])
    group = np.array([[float(a == "B")] for a, _, _ in patients])
    before = cox(CoxSample(np.minimum(time, 300), event & (time <= 300), group))
    later = time > 300
    after = cox(CoxSample(time[later], event[later], group[later], entry=np.full(later.sum(), 300.0)))
    ratio = {"analysis": "piecewise_cox", "statistic": "hazard_ratio"}
    assert value(found.rows, time_start=0.0, **ratio) == pytest.approx(float(before.hazard_ratio[0]), rel=1e-8)
    assert value(found.rows, time_start=300.0, **ratio) == pytest.approx(float(after.hazard_ratio[0]), rel=1e-8)
    # The model of both periods has the log-likelihoods of the two added up.
    whole = cox(CoxSample(time, event, group))
    gain = 2 * (before.loglik + after.loglik - whole.loglik)
    p = math.erfc(math.sqrt(gain / 2))
    assert value(found.rows, statistic="equal_periods_p") == pytest.approx(p, rel=1e-6)
    events = [row.value for row in found.rows if row.statistic == "events_in_period"]
    assert events == [int((event & (time <= 300)).sum()), int((event & later).sum())]


def test_what_is_added_says_why_and_the_undeclared_is_said(tmp_path: Path) -> None:
    patients = crossing(late=0.5)
    found = run(tmp_path, patients)
    added = [row for row in found.rows if row.analysis in {*ADDED, "restricted_mean"} and not row.of]
    assert added
    assert all("test of proportional hazards" in row.note for row in added if row.statistic != "p" or not row.of)
    dead = sorted(t for _, t, d in patients if d)
    (cut,) = {row.time_start for row in found.rows if row.analysis == "piecewise_cox" and row.time_start}
    assert cut == np.median(dead)
    assert any("no periods are declared" in row.convention for row in added)
    # 3000 days is beyond everybody's follow-up: the means go up to 900 days.
    assert {row.time for row in found.rows if row.analysis == "restricted_mean"} == {900.0}


def test_a_declared_horizon_of_restricted_means_stands_alone(tmp_path: Path) -> None:
    found = run(tmp_path, crossing(late=0.5), restricted_mean="600 days")
    assert {row.time for row in found.rows if row.analysis == "restricted_mean"} == {600.0}


def test_the_smoothed_ratio_falls_where_the_true_one_does(tmp_path: Path) -> None:
    (curve,) = [c for c in run(tmp_path, crossing(late=0.5)).curves if c.kind == "hazard_ratio_over_time"]
    assert curve.contrast == "B vs A"
    early, late = (float(np.nanmean(curve.estimate[part])) for part in (curve.time < 200, curve.time > 500))
    assert early > math.log(2)
    assert late < early - math.log(2)


def test_periods_must_be_in_order(tmp_path: Path) -> None:
    with pytest.raises(Exception, match="each must be later than the one before"):
        run(tmp_path, crossing(late=1.0), periods=["2 years", "1 year"])
