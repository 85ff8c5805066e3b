"""Hazard ratios that change with time, against R (oracle: another program; r/hazard_ratio_over_time.R) and by laws."""

from __future__ import annotations

import csv
import json
import math
from pathlib import Path
from typing import Any

import numpy as np
import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from atrisk.compare.hazard_ratio_over_time.piecewise import piecewise_hazard_ratios
from atrisk.compare.hazard_ratio_over_time.smoothed import Smoothing, smoothed_coefficient
from atrisk.compare.hazard_ratio_over_time.time_function import time_varying_hazard_ratio
from atrisk.compare.proportional_hazards import proportional_hazards
from atrisk.errors import EstimationError
from atrisk.estimate.proportional_hazards.cox import CoxSample, cox
from atrisk.estimate.proportional_hazards.split_follow_up import split_follow_up

HERE = Path(__file__).parent
DATA = HERE.parents[0] / "reference" / "data"
R = json.loads((HERE / "r" / "hazard_ratio_over_time.json").read_text(encoding="utf-8"))


def table(name: str, columns: list[str]) -> dict[str, Any]:
    with (DATA / f"{name}.csv").open(encoding="utf-8", newline="") as file:
        rows = [row for row in csv.DictReader(file) if all(row[column] for column in columns)]
    return {column: np.array([row[column] for row in rows]) for column in columns}


def veteran() -> CoxSample:
    d = table("veteran", ["time", "status", "karno", "trt", "age"])
    x = np.column_stack((d["karno"], d["trt"], d["age"])).astype(float) - [0, 1, 0]
    return CoxSample(d["time"].astype(float), d["status"] == "1", x)


def lung(*covariates: str, stratum: bool = False, cluster: bool = False) -> CoxSample:
    d = table("lung_aug", ["time", "status", "age", "ph.ecog", "sex", "inst"])
    return CoxSample(
        d["time"].astype(float),
        d["status"] == "2",
        np.column_stack([d[name].astype(float) for name in covariates]),
        stratum=np.unique(d["sex"], return_inverse=True)[1] if stratum else None,
        cluster=np.unique(d["inst"], return_inverse=True)[1] if cluster else None,
    )


def colon() -> CoxSample:
    d = table("colon_death", ["time", "status", "rx", "age"])
    x = np.column_stack((d["rx"] == "Lev+5FU", d["age"].astype(float)))
    return CoxSample(d["time"].astype(float), d["status"] == "1", x)


PIECEWISE = {
    "veteran": (veteran(), [90, 180]),
    "lung": (lung("ph.ecog", "age", stratum=True), [200]),
    "lung-clusters": (lung("ph.ecog", "age", cluster=True), [180, 365]),
}


@pytest.mark.parametrize("name", PIECEWISE)
def test_ratios_within_periods_against_r(name: str) -> None:
    sample, cuts = PIECEWISE[name]
    expected = R["piecewise"][name]
    found = piecewise_hazard_ratios(sample, cuts)
    assert found.fit.coef == pytest.approx(expected["coef"], rel=1e-8)
    assert found.std_err[:, 0] == pytest.approx(expected["std_err"], rel=1e-9)
    assert found.wald_test.statistic == pytest.approx(expected["wald"], rel=1e-8)
    assert found.wald_test.df == len(cuts)
    assert found.n_event.tolist() == expected["n_event"]
    assert found.n_at_risk.tolist() == expected["n_at_risk"]
    if name == "lung-clusters":
        assert math.isnan(found.likelihood_ratio_test.statistic)
    else:
        assert found.likelihood_ratio_test.statistic == pytest.approx(expected["lr"], rel=1e-9)


ALONG: dict[str, tuple[CoxSample, Any, list[float]]] = {
    "log": (veteran(), "log", [1, 30, 90, 400]),
    "identity": (colon(), "identity", [0, 365, 1826]),
    "root": (lung("ph.ecog", "sex"), np.sqrt, [10, 300]),
}


@pytest.mark.parametrize("name", ALONG)
def test_ratios_along_a_function_of_time_against_r(name: str) -> None:
    sample, function, times = ALONG[name]
    expected = R["along"][name]
    found = time_varying_hazard_ratio(sample, times, function=function)
    assert found.fit.coef == pytest.approx(expected["coef"], rel=1e-7)
    assert np.log(found.hazard_ratio[0]) == pytest.approx(expected["log_ratio"], rel=1e-8)
    assert found.log_std_err[0] == pytest.approx(expected["std_err"], rel=1e-8)
    assert found.likelihood_ratio_test.statistic == pytest.approx(expected["lr"], rel=1e-8)
    assert found.slope_test.statistic == pytest.approx((found.slope[0] / found.fit.std_err[-1]) ** 2, rel=1e-12)


SMOOTHED: dict[str, tuple[CoxSample, int, int]] = {
    "identity": (veteran(), 4, 0),
    "log": (veteran(), 5, 1),
    "km": (lung("ph.ecog", "age"), 4, 0),
    "rank": (lung("ph.ecog", "age"), 3, 1),
}


@pytest.mark.parametrize("transform", SMOOTHED)
def test_the_smoothed_residuals_are_those_of_r(transform: Any) -> None:
    sample, df, column = SMOOTHED[transform]
    expected = R["smoothed"][transform]
    how = Smoothing(transform=transform, df=df)
    # The last of R's grid is exp(log(t)), which may lie past the last event by a rounding error.
    time = np.clip(expected["time"], sample.time[sample.event].min(), sample.time[sample.event].max())
    found = smoothed_coefficient(sample, cox(sample), time, column=column, smoothing=how)
    assert found.log_hazard_ratio == pytest.approx(expected["curve"], rel=1e-7, abs=1e-9)
    assert found.std_err == pytest.approx(expected["std_err"], rel=1e-8)
    assert found.upper - found.log_hazard_ratio == pytest.approx(1.959963984540054 * found.std_err, rel=1e-9)


def test_spans_by_hand() -> None:
    """Cut at 3 and 5: (0, 7] is in three periods, (0, 3] with its event on the day of the cut in the first alone."""
    sample = CoxSample(np.array([7.0, 3.0, 4.0]), np.array([True, True, False]), np.ones((3, 1)))
    split = split_follow_up(sample, [3, 5])
    assert split.row.tolist() == [0, 0, 0, 1, 2, 2]
    assert split.period.tolist() == [0, 1, 2, 0, 0, 1]
    assert split.sample.entry is not None
    assert split.sample.entry.tolist() == [-1, 3, 5, -1, -1, 3]
    assert split.sample.time.tolist() == [3, 5, 7, 3, 3, 4]
    assert split.sample.event.tolist() == [False, False, True, True, False, False]


def test_ratios_by_hand() -> None:
    """(0, 2]: x = 1 fails among 3 and 4, then x = 0 among 2 and 4: 1 = 3r/(3r+4) + 2r/(2r+4), 6 r^2 = 16.
    (2, inf): x = 1 fails among 2 and 3, then x = 0 among 1 and 3: 1 = 2r/(2r+3) + r/(r+3), 2 r^2 = 9."""
    time = np.array([1.0, 2.0, 3.0, 4.0, 5.0, 5.0, 5.0])
    x = np.array([1.0, 0.0, 1.0, 0.0, 1.0, 0.0, 0.0])
    event = np.array([True, True, True, True, False, False, False])
    found = piecewise_hazard_ratios(CoxSample(time, event, x[:, None]), [2])
    assert found.hazard_ratio[:, 0] == pytest.approx([math.sqrt(16 / 6), math.sqrt(4.5)], rel=1e-12)


@settings(max_examples=30, deadline=None)
@given(st.lists(st.integers(1, 500), min_size=1, max_size=4, unique=True), st.booleans())
def test_cutting_follow_up_changes_no_model(cuts: list[int], late: bool) -> None:
    whole = lung("ph.ecog", "age", stratum=True)
    if late:
        whole = CoxSample(whole.time, whole.event, whole.covariates, stratum=whole.stratum, entry=whole.time / 3 - 1)
    one, other = cox(whole), cox(split_follow_up(whole, sorted(cuts)).sample)
    assert other.coef == pytest.approx(one.coef, rel=1e-9)
    assert other.loglik == pytest.approx(one.loglik, rel=1e-12)
    assert other.std_err == pytest.approx(one.std_err, rel=1e-9)


def test_the_score_test_of_proportional_hazards_tests_this_slope() -> None:
    """Score, Wald and likelihood ratio tests of one hypothesis lie close together where the effect is small."""
    sample = lung("ph.ecog", "age")
    score = proportional_hazards(sample, cox(sample), transform="log").terms[0]
    found = time_varying_hazard_ratio(sample, [100])
    assert found.slope_test.statistic == pytest.approx(score.statistic, rel=0.1)


def test_weights_that_are_no_numbers_of_patients_make_the_spans_of_a_patient_one_cluster() -> None:
    d = lung("ph.ecog", "age")
    weight = np.linspace(0.2, 1.9, d.time.size)
    weighted = CoxSample(d.time, d.event, d.covariates, weight=weight)
    split = cox(split_follow_up(weighted, [100, 300]).sample)
    assert split.variance == "robust"
    assert split.std_err == pytest.approx(cox(weighted).std_err, rel=1e-9)


def test_a_period_without_events_in_a_group_has_no_ratio_and_no_test() -> None:
    time = np.array([1.0, 2.0, 3.0, 4.0, 6.0, 7.0, 8.0])
    event = np.array([True, True, True, False, True, True, False])
    x = np.array([[1.0], [0.0], [1.0], [0.0], [0.0], [0.0], [1.0]])
    found = piecewise_hazard_ratios(CoxSample(time, event, x), [5])
    assert found.coef[1, 0] == -math.inf
    assert np.isnan([found.lower[1, 0], found.upper[1, 0], found.wald_test.statistic]).all()
    assert found.reason == "a hazard ratio cannot be estimated in every period"
    assert np.isfinite(found.lower[0, 0])


def test_the_unit_of_time_changes_the_slope_and_no_ratio() -> None:
    days = veteran()
    months = CoxSample(days.time / 30, days.event, days.covariates)
    one, other = (time_varying_hazard_ratio(s, [t], function="identity") for s, t in ((days, 60), (months, 2)))
    assert other.hazard_ratio == pytest.approx(one.hazard_ratio, rel=1e-8)
    assert other.slope == pytest.approx(one.slope * 30, rel=1e-7)
    apart, scaled = piecewise_hazard_ratios(days, [90]), piecewise_hazard_ratios(months, [3])
    assert scaled.coef == pytest.approx(apart.coef, rel=1e-8)
    smooth = [smoothed_coefficient(s, cox(s), [t]).log_hazard_ratio for s, t in ((days, 60), (months, 2))]
    assert smooth[0] == pytest.approx(smooth[1], rel=1e-8)


def test_a_period_after_the_follow_up_has_nothing() -> None:
    found = piecewise_hazard_ratios(veteran(), [90, 5000])
    assert found.n_at_risk[2] == 0
    assert np.isnan(found.coef[2, 0])
    assert found.reason


def test_what_cannot_be_estimated_is_said() -> None:
    once = CoxSample(
        np.array([3.0, 3.0, 5.0, 6.0]), np.array([True, True, False, False]), np.array([[1.0], [0], [1], [0]])
    )
    found = time_varying_hazard_ratio(once, [3])
    assert found.reason
    assert np.isnan(found.hazard_ratio).all()
    smooth = smoothed_coefficient(once, cox(once), [3])
    assert smooth.reason == "there are too few event times for a smooth curve"
    assert np.isnan(smooth.log_hazard_ratio).all()
    sample = veteran()
    inside = smoothed_coefficient(sample, cox(sample), [-3, 0.5, 100, 5000])
    assert np.isnan(inside.log_hazard_ratio).tolist() == [True, True, False, True]


@pytest.mark.parametrize(
    "call",
    [
        lambda s: piecewise_hazard_ratios(s, []),
        lambda s: piecewise_hazard_ratios(s, [5, 5]),
        lambda s: piecewise_hazard_ratios(s, [-5]),
        lambda s: piecewise_hazard_ratios(s, [90], columns=[3]),
        lambda s: piecewise_hazard_ratios(s, [90], columns=[]),
        lambda s: time_varying_hazard_ratio(s, [-1]),
        lambda s: time_varying_hazard_ratio(s, [1], function="cube"),
        lambda s: time_varying_hazard_ratio(s, [1], function=lambda t: t[:0]),
        lambda s: smoothed_coefficient(s, cox(s), [1], column=9),
        lambda s: smoothed_coefficient(s, cox(s), [math.nan]),
        lambda s: smoothed_coefficient(s, cox(s), [1], smoothing=Smoothing(df=1)),
    ],
)
def test_broken_requests_are_refused(call: Any) -> None:
    with pytest.raises(EstimationError):
        call(veteran())
