"""The example of primary biliary cholangitis against R: survival, cmprsk, and mice within the error of its draws."""

from __future__ import annotations

import csv
import math
from pathlib import Path

import pytest

from atrisk.result.row import Row
from atrisk.result.run_result import RunResult
from atrisk.run.study import run_study
from atrisk.study.load import load_study

HERE = Path(__file__).parent
IMPUTED = {"analysis": "regression", "adjustment_set": "confounders, imputed"}


@pytest.fixture(scope="module")
def pbc() -> RunResult:
    return run_study(load_study(HERE.parents[1] / "examples" / "pbc" / "study.yaml"), lambda _stage: None)


def expected() -> list[dict[str, str]]:
    with (HERE / "r" / "pbc.csv").open(encoding="utf-8", newline="") as file:
        return list(csv.DictReader(file))


def rows(result: RunResult, **wanted: object) -> list[Row]:
    return [row for row in result.rows if all(getattr(row, name) == value for name, value in wanted.items())]


def test_everything_without_draws_is_rs(pbc: RunResult) -> None:
    own = [row for row in expected() if row["analysis"] != "mice"]
    assert len(own) == 49
    for row in own:
        wanted: dict[str, object] = {
            name: row[name] for name in row if name not in ("value", "time", "method", "cause")
        }
        if row["time"]:
            wanted["time"] = float(row["time"])
        for name in ("method", "cause"):
            if row[name]:
                wanted[name] = row[name]
        found = rows(pbc, specification="main", comparison="main", **wanted)
        assert len(found) == 1, wanted
        assert found[0].value == pytest.approx(float(row["value"]), rel=1e-9), wanted


@pytest.mark.parametrize("outcome", ["death", "transplant_free"])
def test_pooled_ratios_are_those_of_mice_within_the_error_of_draws(pbc: RunResult, outcome: str) -> None:
    """Twenty data sets against 200 of mice: four standard errors of both means; standard errors within 5 %."""
    said = {row["statistic"]: float(row["value"]) for row in expected() if row["analysis"] == "mice"
            and row["outcome"] == outcome}  # fmt: skip
    found = {row.statistic: row for row in rows(pbc, outcome=outcome, **IMPUTED)}
    values = {name: row.value or math.nan for name, row in found.items()}
    error = math.sqrt(said["between"] * (1 / 20 + 1 / 200))
    assert math.log(values["hazard_ratio"]) == pytest.approx(said["log_hazard_ratio"], abs=4 * error)
    from scipy.stats import t

    reach = (math.log(values["conf_high"]) - math.log(values["conf_low"])) / 2
    df = found["p"].df
    assert df is not None
    assert reach / t.ppf(0.975, df) == pytest.approx(said["std_error"], rel=0.05)
    assert found["hazard_ratio"].n == 312


def test_the_chains_have_settled(pbc: RunResult) -> None:
    ratios = rows(pbc, analysis="imputation", statistic="scale_reduction")
    assert {row.variable for row in ratios} == {"log_copper", "platelet", "log_cholesterol", "log_triglycerides"}
    assert all((row.value or 9) < 1.1 and not row.warning for row in ratios)
