"""Imputed confounders in an adjusted comparison, against the same equations and Rubin's rules written out here."""

from __future__ import annotations

import csv
import json
import math
from collections.abc import Mapping
from pathlib import Path
from typing import Any

import numpy as np
import pytest

from atrisk.errors import ReconciliationError, StudyError
from atrisk.estimate.generalized_linear.logistic import logistic
from atrisk.estimate.generalized_linear.regression_sample import RegressionSample
from atrisk.estimate.imputation.chained_equations import ImputationOptions, chained_equations
from atrisk.estimate.imputation.column import Column
from atrisk.estimate.imputation.outcome_predictors import outcome_predictors
from atrisk.estimate.proportional_hazards.cox import cox
from atrisk.estimate.proportional_hazards.cox_sample import CoxSample
from atrisk.estimate.spline.restricted_cubic_spline import default_knots, restricted_cubic_spline
from atrisk.report.sections.adjusted import adjusted_section
from atrisk.report.view import View
from atrisk.result.row import Row
from atrisk.result.run_result import RunResult
from atrisk.run import study as run_module
from atrisk.run.study import run_study
from atrisk.study.load import load_study
from tests.cohort.small_study import write_study

ARMS, STAGES = ("A", "B", "C"), ("I", "II", "III")
HOW = {"method": "imputation", "m": 4, "seed": 77, "iterations": 3}


def patients() -> list[dict[str, str]]:
    draw = np.random.Generator(np.random.PCG64(5))
    found = []
    for number in range(150):
        age, marker = float(draw.integers(40, 80)), float(draw.integers(1, 30))
        day = int(draw.exponential(900.0 / (1 + marker / 20))) + 1
        found.append(
            {
                "id": f"p{number}",
                "arm": ARMS[int(draw.integers(3))],
                "age": f"{age:g}" if draw.random() > 0.15 else "",
                "marker": "<4" if marker < 4 else f"{marker:g}" if draw.random() > 0.1 else "",
                "stage": STAGES[int(draw.integers(3))] if draw.random() > 0.2 else "",
                "weight": f"{draw.integers(50, 99)}" if draw.random() > 0.1 else "",
                "days": str(min(day, 1500)),
                "dead": str(int(day < 1500 and draw.random() < 0.7)),
                "leak": "" if draw.random() < 0.1 else str(draw.random() < 0.3).lower(),
            }
        )
    return found


def ran(folder: Path, missing: Any = None, **more: Any) -> RunResult:
    rows = patients()
    adjustment: dict[str, Any] = {
        "confounders": ["age", "marker", "stage"], "splines": {"age": 3}, "methods": ["regression", "firth"], **more,
    }  # fmt: skip
    if missing is not None:
        adjustment["missing"] = missing
    study = {
        "data": {"patient": {"file": "patient.csv", "key": "id"}},
        "groups": {"by": "arm", "order": list(ARMS), "pairs": ["B vs A", "C vs B"]},
        "variables": {
            "patient.leak": {"type": "boolean"},
            "patient.marker": {"censored": True},
            "patient.stage": {"levels": {each: each for each in STAGES}},
        },
        "outcomes": {"os": {"label": "Survival", "time": {"column": "days"}, "status": {"column": "dead", "event": 1}}},
        "surgical_outcomes": ["leak"],
        "adjustment": adjustment,
    }
    text = "\n".join([",".join(rows[0]), *(",".join(row.values()) for row in rows)])
    return run_study(write_study(folder, {"patient.csv": text}, study), lambda _stage: None)


@pytest.fixture(scope="module")
def result(tmp_path_factory: pytest.TempPathFactory) -> RunResult:
    return ran(tmp_path_factory.mktemp("imputed"), {**HOW, "auxiliary": ["weight"]})


def rows(result: RunResult, **wanted: object) -> list[Row]:
    return [row for row in result.rows if all(getattr(row, name) == value for name, value in wanted.items())]


class Expected:
    """The same imputation set up by hand from the file."""

    def __init__(self) -> None:
        self.rows = patients()
        self.group = np.array([ARMS.index(row["arm"]) for row in self.rows])
        self.time = np.array([float(row["days"]) for row in self.rows])
        self.dead = np.array([int(row["dead"]) for row in self.rows])
        self.leak = np.array([{"true": 1.0, "false": 0.0, "": math.nan}[row["leak"]] for row in self.rows])
        limited = np.array([row["marker"] == "<4" for row in self.rows])
        marker = np.array([float(row["marker"]) if row["marker"] not in ("", "<4") else math.nan for row in self.rows])
        stage = [float(STAGES.index(row["stage"])) if row["stage"] else math.nan for row in self.rows]
        columns = (
            Column(self.number("age")),
            Column(marker, lower=np.where(limited, 0.0, math.nan), upper=np.where(limited, 4.0, math.nan)),
            Column(np.array(stage), "levels"),
            Column(self.number("weight")),
            Column(self.leak, "levels"),
        )
        also = np.column_stack([self.group == 1, self.group == 2, outcome_predictors(self.time, self.dead)])
        options = ImputationOptions(m=4, rounds=3)
        self.values = chained_equations(columns, seed=77, also=also.astype(float), options=options).values.copy()
        # Recorded as whole numbers, so a limit is 1, 2 or 3.
        self.values[:, limited, 1] = np.clip(np.rint(self.values[:, limited, 1]), None, 3)
        known = self.number("age")
        self.knots = default_knots(known[~np.isnan(known)], 3)

    def number(self, name: str) -> np.ndarray:
        return np.array([float(row[name]) if row[name] else math.nan for row in self.rows])

    def design(self, number: int) -> np.ndarray:
        age, marker, stage = self.values[number, :, :3].T
        spline = restricted_cubic_spline(age, self.knots)
        return np.column_stack([self.group == 1, self.group == 2, spline, marker, stage == 1, stage == 2]).astype(float)

    def pooled(self, estimates: list[float], variances: list[float], complete: float) -> Mapping[str, float]:
        from scipy.stats import t

        m = len(estimates)
        within, between = float(np.mean(variances)), float(np.var(estimates, ddof=1))
        total = within + (1 + 1 / m) * between
        share = (1 + 1 / m) * between / total
        old, seen = (m - 1) / share**2, (complete + 1) / (complete + 3) * complete * (1 - share)
        df = old * seen / (old + seen)
        middle, reach = float(np.mean(estimates)), float(t.ppf(0.975, df)) * total**0.5
        increase = (1 + 1 / m) * between / within
        return {
            "ratio": math.exp(middle),
            "conf_low": math.exp(middle - reach),
            "conf_high": math.exp(middle + reach),
            "p": 2 * float(t.sf(abs(middle) / total**0.5, df)),
            "missing_information": (increase + 2 / (df + 3)) / (increase + 1),
            "df": df,
        }


@pytest.fixture(scope="module")
def expected() -> Expected:
    return Expected()


def check(result: RunResult, outcome: str, contrast: str, pooled: Mapping[str, float]) -> None:
    own = rows(result, analysis="regression", outcome=outcome, contrast=contrast, adjustment_set="confounders, imputed")
    found = {("ratio" if row.statistic.endswith("_ratio") else row.statistic): row.value for row in own}
    found["df"] = next(row.df for row in own if row.statistic == "p")
    assert found == {name: pytest.approx(value, rel=1e-9) for name, value in pooled.items()}


@pytest.mark.parametrize(("contrast", "second"), [("B vs A", None), ("C vs B", 0)])
def test_hazard_ratios_are_pooled_over_the_data_sets(
    result: RunResult, expected: Expected, contrast: str, second: int | None
) -> None:
    estimates, variances = [], []
    for number in range(4):
        fit = cox(CoxSample(expected.time, expected.dead > 0, expected.design(number)))
        weight = np.zeros(fit.coef.size)
        weight[0 if second is None else 1] = 1.0
        if second is not None:
            weight[second] = -1.0
        estimates.append(float(weight @ fit.coef))
        variances.append(float(weight @ fit.covariance @ weight))
    complete = expected.dead.sum() - expected.design(0).shape[1]
    check(result, "os", contrast, expected.pooled(estimates, variances, float(complete)))


def test_odds_ratios_are_of_those_whose_outcome_is_recorded(result: RunResult, expected: Expected) -> None:
    known = ~np.isnan(expected.leak)
    estimates, variances = [], []
    for number in range(4):
        fit = logistic(RegressionSample(outcome=expected.leak[known], covariates=expected.design(number)[known]))
        estimates.append(float(fit.coef[1]))
        variances.append(float(fit.covariance[1, 1]))
    complete = known.sum() - expected.design(0).shape[1] - 1
    check(result, "leak", "B vs A", expected.pooled(estimates, variances, float(complete)))
    for row in rows(result, analysis="regression", outcome="leak", adjustment_set="confounders, imputed"):
        assert row.n == known.sum()


def test_what_was_imputed_is_counted_and_within_its_limits(result: RunResult, expected: Expected) -> None:
    cells = [row["marker"] for row in expected.rows]
    own = {row.statistic: row for row in rows(result, analysis="imputation", variable="marker", term="")}
    assert own["n"].value == sum(cell not in ("", "<4") for cell in cells)
    assert own["n_imputed"].value == sum(cell in ("", "<4") for cell in cells)
    assert own["n_limit"].value == cells.count("<4")
    limited = np.array([cell == "<4" for cell in cells])
    assert set(np.unique(expected.values[:, limited, 1])) <= {0.0, 1.0, 2.0, 3.0}
    shares = rows(result, analysis="imputation", variable="stage", statistic="imputed_share")
    assert sum(row.value or 0 for row in shares) == pytest.approx(1)
    assert rows(result, analysis="imputation", variable="weight", statistic="n_imputed")


def test_the_seed_stands_in_the_run(result: RunResult) -> None:
    assert result.provenance["seeds"] == {"main imputation": 77}


def test_chains_that_have_not_settled_are_said(tmp_path: Path) -> None:
    """Two rounds of two chains are too few; what the ratio is, is another matter."""
    found = ran(tmp_path, {**HOW, "m": 2, "iterations": 2})
    ratios = rows(found, analysis="imputation", statistic="scale_reduction")
    assert ratios
    for row in ratios:
        assert bool(row.warning) == ((row.value or 0) > 1.1)
    assert any(row.warning for row in ratios)


def test_the_penalised_model_stays_with_the_complete_patients(result: RunResult) -> None:
    sets = {row.adjustment_set for row in rows(result, analysis="regression") if row.method.startswith("firth")}
    assert sets == {"confounders"}


def test_without_the_word_everything_is_as_it_was(tmp_path: Path, result: RunResult) -> None:
    (tmp_path / "plain").mkdir()
    (tmp_path / "said").mkdir()
    plain, said = ran(tmp_path / "plain"), ran(tmp_path / "said", "complete cases")
    assert plain.rows == said.rows
    mine = {row.row_id: row.value for row in result.rows}
    assert all(mine[row.row_id] == row.value for row in plain.rows)
    assert plain.provenance["seeds"] == {}


def test_the_report_shows_both_answers_and_how_values_were_imputed(result: RunResult) -> None:
    section = adjusted_section(View.of(result))
    assert section is not None
    tables = {block.name: block for part in section.parts for block in part.blocks if hasattr(block, "name")}
    assert {"imputed-values", "adjusted-os", "missing-together"} <= set(tables)
    labels = [row.header for row in tables["adjusted-os"].rows]
    assert "Adjusted, missing values imputed: Cox model" in labels


@pytest.mark.parametrize(
    ("missing", "words"),
    [
        ("drop", "complete cases"),
        (7, "expected 'complete cases', or 'method: imputation'"),
        ({"method": "imputation"}, "seed"),
        ({"method": "mean", "seed": 1}, "imputation"),
        ({**HOW, "m": 1}, "2"),
        ({**HOW, "auxiliary": ["age"]}, "is a confounder"),
        ({**HOW, "auxiliary": ["leak"]}, "is an outcome of this comparison"),
        ({**HOW, "auxiliary": ["arm"]}, "makes its groups"),
        ({**HOW, "auxiliary": ["hight"]}, "hight"),
        ({**HOW, "donors": 3}, "donors"),
    ],
)
def test_what_cannot_be_meant_is_refused_with_its_line(tmp_path: Path, missing: Any, words: str) -> None:
    with pytest.raises(StudyError, match=words) as refused:
        ran(tmp_path, missing)
    assert all(problem.line for problem in refused.value.problems)


def test_a_false_number_fails_the_run(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    from dataclasses import replace

    handed: list[Any] = []
    real = run_module.reconcile
    monkeypatch.setattr(run_module, "reconcile", lambda *given: handed.append(given))
    ran(tmp_path, HOW)
    n, frames, found, curves = handed[0]
    real(n, frames, found, curves)
    for at, row in enumerate(found):
        if row.analysis != "imputation" or (row.statistic in ("n_limit", "n", "n_imputed") and row.value == 0):
            continue
        false = replace(row, n=row.n + 1) if row.n is not None else replace(row, value=(row.value or 0) + 1000)
        with pytest.raises(ReconciliationError):
            real(n, frames, [*found[:at], false, *found[at + 1 :]], curves)


def test_a_confounder_that_nobody_has_is_said(tmp_path: Path) -> None:
    rows_ = patients()
    for row in rows_:
        row["weight"] = ""
    path = tmp_path / "patient.csv"
    with path.open("w", encoding="utf-8", newline="") as stream:
        writer = csv.DictWriter(stream, list(rows_[0]))
        writer.writeheader()
        writer.writerows(rows_)
    study = {
        "atrisk": 1,
        "study": {"id": "none", "title": "None"},
        "data": {"patient": {"file": "patient.csv", "key": "id"}},
        "groups": {"by": "arm", "order": list(ARMS)},
        "variables": {"patient.weight": {"type": "number"}, "patient.marker": {"censored": True}},
        "outcomes": {"os": {"label": "S", "time": {"column": "days"}, "status": {"column": "dead", "event": 1}}},
        "adjustment": {"confounders": ["weight"], "missing": HOW},
    }
    (tmp_path / "study.yaml").write_text(json.dumps(study), encoding="utf-8")
    found = run_study(load_study(tmp_path / "study.yaml"), lambda _stage: None)
    (row,) = rows(found, analysis="imputation")
    assert "without a single recorded value" in row.error
