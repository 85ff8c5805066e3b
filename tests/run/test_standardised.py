"""Standardised and doubly robust outcomes in a study: R's numbers on the colon trial, and what is not estimable."""

from __future__ import annotations

import csv
import math
import shutil
from pathlib import Path

import numpy as np
import pytest

from atrisk.compare.balance.propensity import propensity_score
from atrisk.compare.weighting.doubly_robust import HazardCovariates, doubly_robust_survival
from atrisk.errors import EstimationError
from atrisk.estimate.generalized_linear.logistic import logistic
from atrisk.estimate.generalized_linear.regression_sample import RegressionSample
from atrisk.estimate.standardisation.standardised_risk import standardised_risks
from atrisk.estimate.survival_curve.follow_up_rows import FollowUpRows
from atrisk.result.row import Row
from atrisk.result.run_result import RunResult
from atrisk.run.study import run_study
from atrisk.study.load import load_study
from tests.run.test_propensity import small

HERE = Path(__file__).parent
ROOT = HERE.parents[1]
COLON = ROOT / "examples" / "colon"


@pytest.fixture(scope="module")
def colon(tmp_path_factory: pytest.TempPathFactory) -> RunResult:
    """The example, with the obstruction of the colon as an outcome of a comparison of the same arms."""
    folder = tmp_path_factory.mktemp("colon")
    shutil.copytree(COLON / "data", folder / "data")
    text = (COLON / "study.yaml").read_text(encoding="utf-8")
    further = """comparisons:
  obstructed:
    label: Obstruction by arm
    by: patient.rx
    order: [Obs, Lev, Lev+5FU]
    outcomes: [blocked]
    adjustment: {confounders: [patient.age, patient.sex, patient.differ], methods: [standardisation]}
"""
    derive = "derive:\n  blocked: {sql: patient.obstruct = 1, label: Obstruction}\n\n"
    path = folder / "study.yaml"
    path.write_text(text.replace("comparisons:\n", f"{derive}{further}", 1), encoding="utf-8")
    return run_study(load_study(path), lambda _stage: None)


def rows(result: RunResult, **wanted: object) -> list[Row]:
    return [row for row in result.rows if all(getattr(row, name) == value for name, value in wanted.items())]


def test_standardised_values_of_the_colon_trial_are_rs(colon: RunResult) -> None:
    with (HERE / "r" / "standardised.csv").open(encoding="utf-8", newline="") as file:
        expected = list(csv.DictReader(file))
    assert len(expected) == 30
    for line in expected:
        statistic, _, companion = line["statistic"].partition(":")
        risk = statistic.startswith("risk")
        found = [
            row
            for row in rows(colon, analysis="standardised", outcome="blocked" if risk else "os")
            if line["of"] in (row.group, row.contrast)
            and f"{row.time or '':}" == (str(float(line["time"])) if line["time"] else "")
            and (row.statistic, row.of) == (("std_error", statistic) if companion else (statistic, ""))
        ]
        (row,) = found
        # R's errors are derivatives by numbers.
        assert row.value == pytest.approx(float(line["value"]), rel=1e-5 if companion else 1e-9), line


def test_doubly_robust_differences_are_the_estimators_on_the_patients_of_the_pair(colon: RunResult) -> None:
    with (COLON / "data" / "colon.csv").open(encoding="utf-8", newline="") as file:
        patients = [row for row in csv.DictReader(file) if row["etype"] == "2" and row["rx"] in ("Lev", "Obs")]
    names = ("age", "sex", "obstruct", "adhere", "node4", "differ", "extent", "surg")
    patients = [row for row in patients if all(row[name] not in ("", "NA") for name in names)]
    plain = [[float(row[name]) for name in ("age", "sex", "obstruct", "adhere", "node4", "surg")] for row in patients]
    levels = [[float(row["differ"] == level) for level in "23"] + [float(row["extent"] == level) for level in "234"]
              for row in patients]  # fmt: skip
    covariates = np.column_stack((plain, levels))
    sample = RegressionSample(np.array([float(row["rx"] == "Lev") for row in patients]), covariates)
    follow_up = FollowUpRows.of([float(row["time"]) for row in patients], [int(row["status"]) for row in patients])
    years = np.array([1.0, 3.0, 5.0]) * 365.25
    expected = doubly_robust_survival(
        follow_up, propensity_score(sample), sample, HazardCovariates(outcome=covariates), years
    )
    key = {"analysis": "doubly_robust", "outcome": "os", "contrast": "Lev vs Obs"}
    found = rows(colon, statistic="survival_difference", **key)
    assert [row.value for row in found] == pytest.approx(list(expected.estimate), rel=1e-9)
    lows = rows(colon, statistic="conf_low", of="survival_difference", **key)
    assert [row.value for row in lows] == pytest.approx(list(expected.lower), rel=1e-9)


def test_the_gate_of_a_doubly_robust_estimate_is_that_of_weights_to_everybody(tmp_path: Path) -> None:
    gate = {"effective_n_at_least": 500}
    result = small(tmp_path, {"confounders": ["age"], "methods": ["doubly robust"], "gate": gate})
    assert {row.estimand for row in rows(result, analysis="gate")} == {"ATE"}
    (found,) = rows(result, analysis="doubly_robust", statistic="survival_difference")
    assert found.value is not None
    assert "not at least 500" in found.warning
    (none,) = rows(result, analysis="doubly_robust", outcome="leak", statistic="risk_difference")
    assert none.value is None
    assert "survival" in none.error
    assert not rows(result, analysis="weighted")


def test_with_competing_events_incidence_is_standardised_over_models_of_every_cause(tmp_path: Path) -> None:
    outcomes = {
        "relapse": {
            "label": "Relapse", "event": "death", "competing": {"other": "other"}, "censor": "contact",
            "at": ["15 months"],
        }
    }  # fmt: skip
    declared = {"confounders": ["age"], "methods": ["standardisation", "doubly robust"]}
    result = small(tmp_path, declared, outcomes=outcomes)
    found = rows(result, analysis="standardised", outcome="relapse")
    first, second = (row for row in found if row.statistic == "cumulative_incidence")
    (difference,) = [row for row in found if row.statistic == "incidence_difference"]
    assert first.value is not None
    assert second.value is not None
    assert difference.contrast == "B vs A"
    assert difference.value == pytest.approx(second.value - first.value, abs=1e-12)
    (refused,) = rows(result, analysis="doubly_robust", outcome="relapse")
    assert "without competing events" in refused.error


def test_a_group_set_for_everybody_by_hand() -> None:
    """A saturated model of two groups and one flag: the standardised risk is the mean of the cells' shares."""
    flag = np.repeat([0.0, 1.0], [6, 4])
    group = np.array([0, 0, 0, 1, 1, 1, 0, 0, 1, 1], dtype=float)
    outcome = np.array([1, 0, 0, 1, 1, 0, 1, 0, 1, 0], dtype=float)
    columns = np.column_stack((group, flag, group * flag))
    settings = tuple(np.column_stack((np.full(10, g), flag, g * flag)) for g in (0.0, 1.0))
    sample = RegressionSample(outcome, columns)
    found = standardised_risks(sample, logistic(sample), settings)
    # Shares with the event: 1/3 and 2/3 without the flag, 1/2 and 1/2 with it; six patients without, four with.
    assert found.estimate == pytest.approx([0.6 / 3 + 0.4 / 2, 0.6 * 2 / 3 + 0.4 / 2], abs=1e-9)
    assert found.difference(1, 0)[0] == pytest.approx(0.2, abs=1e-9)
    assert found.difference(0, 1)[2] == pytest.approx(-found.difference(1, 0)[3], abs=1e-12)


def test_a_separated_model_has_no_standardised_risk() -> None:
    outcome, group = np.array([0.0, 0, 0, 1, 1, 1]), np.array([0.0, 0, 0, 1, 1, 1])
    sample = RegressionSample(outcome, group[:, None])
    found = standardised_risks(sample, logistic(sample), (np.zeros((6, 1)), np.ones((6, 1))))
    assert found.reason
    assert all(math.isnan(value) for value in found.estimate)


def test_settings_of_another_shape_are_refused() -> None:
    sample = RegressionSample(np.array([0.0, 1, 0, 1]), np.array([[0.0], [1], [1], [0]]))
    with pytest.raises(EstimationError, match="each setting"):
        standardised_risks(sample, logistic(sample), (np.zeros((3, 1)),))
