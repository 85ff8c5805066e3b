"""Progression between scans in a study: its intervals by hand, its laws, and what the rows must agree with."""

from __future__ import annotations

import math
from pathlib import Path
from typing import Any

import numpy as np
import pytest
from scipy.optimize import minimize

from atrisk.derive.event_interval import event_interval
from atrisk.errors import StudyError
from atrisk.estimate.parametric_survival.parametric import parametric
from atrisk.estimate.parametric_survival.parametric_sample import ParametricSample
from atrisk.estimate.parametric_survival.weibull_hazards import weibull_hazards
from atrisk.result.row import Row
from atrisk.run.study import run_study
from atrisk.study.load import load_study
from tests.cohort.small_study import write_study

# id, arm, scans (day of 2010: status), day of death, all counted from 1 January.
PATIENTS: tuple[tuple[str, str, dict[int, str], int | None], ...] = (
    ("a", "A", {60: "stable", 120: "progression"}, 300),
    ("b", "A", {50: "progression"}, None),
    ("c", "A", {60: "stable", 130: "stable"}, 200),
    ("d", "A", {70: "stable", 140: "stable", 210: "stable"}, None),
    ("e", "B", {60: "stable", 90: "progression", 150: "stable"}, None),
    ("f", "B", {40: "stable", 200: "stable"}, None),
    ("g", "B", {100: "stable", 180: "progression"}, None),
    ("h", "B", {30: "stable"}, 45),
)
INTERVALS = {
    "a": (60, 120), "b": (0, 50), "c": (200, 200), "d": (210, math.inf), "e": (60, 90), "f": (200, math.inf),
    "g": (100, 180), "h": (45, 45),
}  # fmt: skip


def day(number: int) -> str:
    return str(np.datetime64("2010-01-01") + number)


def study(**outcome: Any) -> dict[str, Any]:
    return {
        "data": {
            "patient": {"file": "patient.csv", "key": "id"},
            "imaging": {"file": "imaging.csv", "parent": "patient"},
        },
        "cohort": [{"time_zero": "start"}],
        "derive": {"seen": {"definition": "progression_from_imaging", "of": "imaging.status"}},
        "groups": {"by": "arm", "order": ["A", "B"], "reference": "A"},
        "outcomes": {
            "pfs": {
                "label": "Free of progression",
                "event": {"first_of": ["seen.date", "death"]},
                "censor": "seen.last_scan",
                "interval": "seen",
                "at": ["50 days", "100 days"],
                "time_unit": "days",
                **outcome,
            }
        },
    }


def files() -> dict[str, str]:
    patients = ["id,arm,start,death"]
    scans = ["id,scan_date,status"]
    for name, arm, own, death in PATIENTS:
        patients.append(f"{name},{arm},2010-01-01,{day(death) if death is not None else ''}")
        scans += [f"{name},{day(at)},{status}" for at, status in own.items()]
    return {"patient.csv": "\n".join(patients), "imaging.csv": "\n".join(scans)}


def run(folder: Path, **outcome: Any) -> list[Row]:
    write_study(folder, files(), study(**outcome))
    return list(run_study(load_study(folder / "study.yaml"), lambda _stage: None).rows)


def value(rows: list[Row], **wanted: object) -> float:
    (row,) = [row for row in rows if all(getattr(row, name) == given for name, given in wanted.items())]
    assert row.value is not None, row.error
    return row.value


def test_intervals_by_hand() -> None:
    """One patient a line: seen between scans; on the first scan; dead before; alive; and cut off in between."""
    nan = math.nan
    found = event_interval(
        np.array([120.0, 50.0, 200.0, 210.0, 80.0, 150.0, nan]),
        np.array([1, 1, 1, 0, 0, 1, 0]),
        last_negative=np.array([60.0, nan, 130.0, 210.0, 60.0, 20.0, nan]),
        first_positive=np.array([120.0, 50.0, nan, nan, 120.0, 180.0, nan]),
        other=np.array([300.0, nan, 200.0, nan, nan, 150.0, nan]),
    )
    assert found.lower[:6].tolist() == [60, 0, 200, 210, 60, 150]
    assert found.upper[:6].tolist() == [120, 50, 200, math.inf, math.inf, 150]
    assert np.isnan(found.lower[6])
    assert np.isnan(found.upper[6])
    assert found.midpoint[:6].tolist() == [90, 25, 200, 210, 60, 150]


def test_rows_of_a_study_are_those_of_its_intervals(tmp_path: Path) -> None:
    rows = run(tmp_path)
    # Of arm A the events lie in (60, 120], (0, 50], [200] and beyond 210: a quarter each.
    at = {"analysis": "interval_censored", "group": "A"}
    assert value(rows, statistic="survival_lowest", time=50.0, **at) == pytest.approx(0.75)
    assert value(rows, statistic="survival_highest", time=50.0, **at) == pytest.approx(0.75)
    assert value(rows, statistic="survival_lowest", time=100.0, **at) == pytest.approx(0.5)
    assert value(rows, statistic="survival_highest", time=100.0, **at) == pytest.approx(0.75)
    assert value(rows, statistic="median_lowest", **at) == 60
    assert value(rows, statistic="median_highest", **at) == 120
    events = {row.n_event for row in rows if row.analysis == "interval_censored" and row.group == "A"}
    assert events == {3}


def test_dated_at_the_first_positive_scan_it_is_the_main_analysis(tmp_path: Path) -> None:
    rows = run(tmp_path)
    ratio = {"statistic": "hazard_ratio", "contrast": "B vs A"}
    scanned = value(rows, analysis="dating", term="first positive scan", **ratio)
    assert scanned == pytest.approx(value(rows, analysis="cox", **ratio), rel=1e-12)
    for group in "AB":
        of_group = {"statistic": "median", "group": group}
        main = value(rows, analysis="survival", **of_group)
        assert value(rows, analysis="dating", term="first positive scan", **of_group) == main
        early = value(rows, analysis="dating", term="last negative scan", **of_group)
        half = value(rows, analysis="dating", term="half way", **of_group)
        assert early <= half <= main


def test_follow_up_made_to_end_hides_later_scans(tmp_path: Path) -> None:
    rows = run(tmp_path, until="100 days")
    # Patient a is last known free on day 60, g and d on the scans before day 100.
    at = {"analysis": "interval_censored", "group": "A", "time": 100.0}
    assert value(rows, statistic="survival_highest", **at) == pytest.approx(0.75)


def test_weibull_hazards_are_those_of_the_likelihood_written_in_hazards() -> None:
    """The log-likelihood of cumulative hazards H = exp(c + x g) t^a, maximised and differentiated numerically."""
    rng = np.random.default_rng(4)
    x = rng.integers(0, 2, 200).astype(float)
    t = rng.weibull(1.4, 200) * np.exp(0.5 - 0.6 * x)
    lower = np.floor(t * 4) / 4
    upper = np.where(rng.random(200) < 0.2, np.inf, lower + 0.25)
    fit = weibull_hazards(parametric(ParametricSample(lower=lower, upper=upper, covariates=x[:, None]), "weibull"))

    def minus(p: np.ndarray) -> float:
        def survival(at: np.ndarray) -> np.ndarray:
            return np.exp(-np.exp(p[0] + p[1] * x) * at ** np.exp(p[2]))

        return -float(np.sum(np.log(survival(lower) - np.where(np.isinf(upper), 0.0, survival(upper)))))

    best = minimize(minus, np.zeros(3), method="Nelder-Mead", options={"xatol": 1e-10, "fatol": 1e-12, "maxiter": 4000})
    assert fit.coef[0] == pytest.approx(best.x[1], abs=1e-6)
    assert fit.shape == pytest.approx(math.exp(best.x[2]), rel=1e-6)
    h = 1e-4
    hessian = np.empty((3, 3))
    for i in range(3):
        for j in range(3):
            signs = [(1, 1), (1, -1), (-1, 1), (-1, -1)]
            steps = [best.x + h * (a * np.eye(3)[i] + b * np.eye(3)[j]) for a, b in signs]
            hessian[i, j] = sum(a * b * minus(s) for (a, b), s in zip(signs, steps, strict=True)) / (4 * h * h)
    assert fit.std_err[0] == pytest.approx(math.sqrt(np.linalg.inv(hessian)[1, 1]), rel=1e-4)


@pytest.mark.parametrize(
    ("outcome", "words"),
    [
        ({"event": "seen.date", "competing": {"death": "death"}}, "cannot have competing events"),
        ({"from": "start"}, "cannot have delayed entry"),
        ({"event": "death"}, "the event must be 'seen.date'"),
        ({"interval": "arm", "event": {"first_of": ["arm.date", "death"]}}, "arm"),
    ],
)
def test_what_an_interval_cannot_be_is_told_with_its_line(tmp_path: Path, outcome: dict[str, Any], words: str) -> None:
    with pytest.raises(StudyError, match=words):  # noqa: PT012 - some mistakes are told on loading, some with the data
        write_study(tmp_path, files(), study(**outcome))
        run_study(load_study(tmp_path / "study.yaml"), lambda _stage: None)
