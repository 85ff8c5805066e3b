"""Splines in a Cox model and models by centre, against R (another program; r/spline_and_centres.R) and by laws."""

from __future__ import annotations

import csv
import json
import math
from pathlib import Path
from typing import Any

import numpy as np
import pytest

from atrisk.errors import EstimationError
from atrisk.estimate.proportional_hazards.centres import centre_models, leave_one_out
from atrisk.estimate.proportional_hazards.cox import CoxSample, cox
from atrisk.estimate.proportional_hazards.spline_hazard_ratio import spline_hazard_ratio

HERE = Path(__file__).parent
R = json.loads((HERE / "r" / "spline_and_centres.json").read_text(encoding="utf-8"))


def table(name: str, needed: list[str]) -> dict[str, Any]:
    with (HERE.parent / "reference" / "data" / f"{name}.csv").open(encoding="utf-8", newline="") as file:
        rows = [row for row in csv.DictReader(file) if all(row[column] for column in needed)]
    return {column: np.array([row[column] for row in rows]) for column in [*needed, "time", "status"]}


def sample_of(data: dict[str, Any], dead: str, *columns: str, **more: Any) -> CoxSample:
    x = np.column_stack([data[name].astype(float) for name in columns])
    return CoxSample(data["time"].astype(float), data["status"] == dead, x, **more)


PBC = table("pbc", ["bili", "age", "protime", "stage"])
LUNG = table("lung_aug", ["age", "ph.ecog", "sex", "inst"])
CENTRE = np.unique(LUNG["inst"].astype(float), return_inverse=True)[1]
SEX = np.unique(LUNG["sex"], return_inverse=True)[1]

CURVES: dict[str, tuple[CoxSample, list[float], dict[str, Any]]] = {
    "bili": (sample_of(PBC, "2", "bili", "age", "protime"), [0.5, 1, 3, 10, 25], {"knots": 5, "reference": 1.4}),
    "age": (
        sample_of(LUNG, "2", "age", "ph.ecog", stratum=SEX),
        [45, 60, 75],
        {"knots": [50, 60, 70], "reference": 63},
    ),
    "age-clusters": (sample_of(LUNG, "2", "age", "ph.ecog", cluster=CENTRE), [45, 60, 75], {}),
}


@pytest.mark.parametrize("name", CURVES)
def test_spline_hazard_ratios_against_r(name: str) -> None:
    sample, values, options = CURVES[name]
    expected = R[name]
    found = spline_hazard_ratio(sample, 0, values, **options)
    assert np.log(found.hazard_ratio) == pytest.approx(expected["log_ratio"], rel=1e-8, abs=1e-10)
    assert found.log_std_err == pytest.approx(expected["std_err"], rel=1e-8)
    assert found.association.statistic == pytest.approx(expected["association"], rel=1e-8)
    assert found.non_linearity.statistic == pytest.approx(expected["non_linearity"], rel=1e-7)
    assert (found.association.df, found.non_linearity.df) == (found.knots.size - 1, found.knots.size - 2)
    if name == "age-clusters":
        assert math.isnan(found.non_linearity_likelihood_ratio.statistic)
    else:
        assert found.non_linearity_likelihood_ratio.statistic == pytest.approx(expected["lr"], rel=1e-7)


def test_at_the_reference_the_ratio_is_one_and_beyond_the_knots_the_curve_is_straight() -> None:
    sample = CURVES["bili"][0]
    found = spline_hazard_ratio(sample, 0, [1.4, 20, 22, 24], reference=1.4)
    assert [found.hazard_ratio[0], found.lower[0], found.upper[0]] == [1, 1, 1]
    log_ratio = np.log(found.hazard_ratio)
    assert log_ratio[3] - log_ratio[2] == pytest.approx(log_ratio[2] - log_ratio[1], rel=1e-9)


def test_the_reference_moves_the_curve_and_the_unit_does_not_matter() -> None:
    sample = CURVES["bili"][0]
    one, other = (spline_hazard_ratio(sample, 0, [2, 8], reference=r).hazard_ratio for r in (1.0, 3.0))
    assert one[0] / one[1] == pytest.approx(other[0] / other[1], rel=1e-9)
    micromol = CoxSample(sample.time, sample.event, sample.covariates * [17.1, 1, 1])
    found = spline_hazard_ratio(micromol, 0, [2 * 17.1, 8 * 17.1], reference=17.1)
    assert found.hazard_ratio == pytest.approx(one, rel=1e-8)


def test_a_curve_without_enough_events_says_so() -> None:
    x = np.arange(12.0)[:, None]
    alone = CoxSample(np.arange(12.0) + 1, np.arange(12) == 11, x)
    found = spline_hazard_ratio(alone, 0, [3])
    assert found.reason == "the events do not determine the curve"
    assert np.isnan(found.hazard_ratio[0])


def test_models_by_centre_against_r() -> None:
    found = centre_models(sample_of(LUNG, "2", "age", "ph.ecog"), CENTRE)
    for name in ("pooled", "stratified", "clustered"):
        fit = getattr(found, name)
        assert fit.coef == pytest.approx(R[name]["coef"], rel=1e-8), name
        assert fit.std_err == pytest.approx(R[name]["std_err"], rel=1e-9), name
    assert found.warning.startswith("18 centres are few")


def test_leaving_out_each_centre_against_r() -> None:
    found = leave_one_out(sample_of(LUNG, "2", "age", "ph.ecog"), CENTRE)
    assert found.centre.tolist() == list(range(18))
    for fit, expected in zip(found.fits, R["left_out"], strict=True):
        assert np.concatenate((fit.coef, fit.std_err)) == pytest.approx(expected, rel=1e-8)


def test_strata_by_centre_are_within_the_strata_given() -> None:
    within = centre_models(sample_of(LUNG, "2", "age", stratum=SEX), CENTRE).stratified
    expected = cox(sample_of(LUNG, "2", "age", stratum=CENTRE * 2 + SEX))
    assert within.coef == pytest.approx(expected.coef, rel=1e-10)


def test_broken_requests_are_refused() -> None:
    sample = CURVES["bili"][0]
    for call in (
        lambda: spline_hazard_ratio(sample, 3, [1]),
        lambda: spline_hazard_ratio(sample, 0, [math.nan]),
        lambda: spline_hazard_ratio(sample, 0, [1], reference=math.inf),
        lambda: spline_hazard_ratio(sample, 0, [1], knots=2),
        lambda: spline_hazard_ratio(sample, 0, [1], knots=[3, 2, 1]),
        lambda: leave_one_out(sample, np.zeros(sample.time.size)),
        lambda: centre_models(sample, [0, 1]),
    ):
        with pytest.raises(EstimationError):
            call()
