"""Declared tipping points, on the trial of primary biliary cholangitis: wired as the functions say; bounds by hand."""

from __future__ import annotations

import csv
import json
import math
import shutil
from pathlib import Path
from typing import Any

import numpy as np
import pytest

from atrisk.compare.delta_adjusted import delta_adjusted_hazard_ratio
from atrisk.errors import StudyError
from atrisk.estimate.imputation.censored_outcome import AfterCensoring
from atrisk.estimate.survival_curve.follow_up_rows import FollowUpRows
from atrisk.report.figures.tipping_figure import tipping_figures
from atrisk.report.sections.tipping import tipping_section
from atrisk.report.view import View
from atrisk.result.row import Row
from atrisk.result.run_result import RunResult
from atrisk.run.study import run_study
from atrisk.study.load import load_study

FILE = Path(__file__).parents[2] / "examples" / "pbc" / "data" / "pbc.csv"
DECLARED = {"outcome": "os", "pair": "1 vs 2", "moved": "1", "hazard_times": [2, 4, 16], "m": 5, "seed": 3}


def ran(folder: Path, declared: dict[str, Any], **status: Any) -> RunResult:
    shutil.copy(FILE, folder / "pbc.csv")
    study = {
        "atrisk": 1,
        "study": {"id": "pbc", "title": "PBC"},
        "data": {"patient": {"file": "pbc.csv", "key": "id"}},
        "cohort": [{"keep": "trt IS NOT NULL", "otherwise": "Not randomised"}],
        "groups": {"by": "trt", "order": ["1", "2"], "pairs": ["1 vs 2"]},
        "outcomes": {
            "os": {
                "label": "Survival",
                "time": {"column": "time"},
                "status": {"column": "status", "event": 2, "censored": [0, 1], **status},
            }
        },
        "tipping_points": {"lost": declared},
    }
    (folder / "study.yaml").write_text(json.dumps(study), encoding="utf-8")
    return run_study(load_study(folder / "study.yaml"), lambda _stage: None)


@pytest.fixture(scope="module")
def result(tmp_path_factory: pytest.TempPathFactory) -> RunResult:
    return ran(tmp_path_factory.mktemp("tipping"), {**DECLARED, "at": "5 years"})


def rows(result: RunResult, **wanted: object) -> list[Row]:
    return [row for row in result.rows if all(getattr(row, name) == value for name, value in wanted.items())]


def patients() -> list[tuple[float, int, int]]:
    """Time, whether dead, and arm (0: D-penicillamine) of those randomised."""
    with FILE.open(encoding="utf-8", newline="") as file:
        found = [row for row in csv.DictReader(file) if row["trt"]]
    return [(float(row["time"]), int(row["status"] == "2"), int(row["trt"]) - 1) for row in found]


@pytest.mark.parametrize("factor", [1, 2, 4, 16])
def test_the_ratio_at_each_factor_is_the_functions(result: RunResult, factor: int) -> None:
    time, dead, arm = (np.array(column) for column in zip(*patients(), strict=True))
    assumed = AfterCensoring(arm == 0, until=time.max(), seed=3, delta=math.log(factor), m=5)
    expected = delta_adjusted_hazard_ratio(FollowUpRows.of(time, dead, group=arm), assumed, contrast=(0, 1))
    own = {row.statistic: row for row in rows(result, analysis="tipping_point", level=str(factor))}
    found = [own[name].value for name in ("hazard_ratio", "conf_low", "conf_high")]
    assert found == pytest.approx([expected.estimate, expected.lower, expected.upper], rel=1e-12)
    assert (own["hazard_ratio"].n, own["hazard_ratio"].n_event) == (312, 125)


def test_the_ratio_rises_and_the_limits_turn_between_two_factors(result: RunResult) -> None:
    ratios = [rows(result, analysis="tipping_point", statistic="hazard_ratio", level=each)[0].value or 0
              for each in ("1", "2", "4", "16")]  # fmt: skip
    assert ratios == sorted(ratios)
    low = [rows(result, analysis="tipping_point", statistic="conf_low", level=each)[0].value or 0
           for each in ("1", "2", "4", "16")]  # fmt: skip
    (turning,) = rows(result, analysis="tipping_point", statistic="turning_factor")
    last_held = max(factor for factor, limit in zip((1, 2, 4, 16), low, strict=True) if limit <= 1)
    first_lost = min(factor for factor, limit in zip((1, 2, 4, 16), low, strict=True) if limit > 1)
    assert turning.value is not None
    assert last_held < turning.value <= first_lost * (1 + 1e-12)


def survival(people: list[tuple[float, int]], at: float) -> float:
    product = 1.0
    for time in sorted({time for time, dead in people if dead and time <= at}):
        at_risk = sum(end >= time for end, _ in people)
        product *= 1 - sum(dead and end == time for end, dead in people) / at_risk
    return product


@pytest.mark.parametrize(("level", "dying"), [("lowest", 0), ("highest", 1)])
def test_worst_and_best_case_by_hand(result: RunResult, level: str, dying: int) -> None:
    at = 5 * 365.25
    arms: dict[int, list[tuple[float, int]]] = {0: [], 1: []}
    for time, dead, arm in patients():
        lost = not dead and time < at
        arms[arm].append((time, 1) if lost and arm == dying else (at, 0) if lost else (time, dead))
    expected = survival(arms[0], at) - survival(arms[1], at)
    (found,) = rows(result, analysis="censoring_bounds", statistic="survival_difference", level=level)
    assert found.value == pytest.approx(expected, rel=1e-12)
    assert (found.n, found.n_event) == (312, 125)


def test_a_conclusion_that_holds_throughout_is_said(tmp_path: Path) -> None:
    found = ran(tmp_path, {**DECLARED, "hazard_times": [1.01]})
    (turning,) = rows(found, analysis="tipping_point", statistic="turning_factor")
    assert turning.value is None
    assert "holds at all deltas" in turning.error
    assert not rows(found, analysis="censoring_bounds")


def test_table_figure_and_seed(result: RunResult) -> None:
    view = View.of(result)
    assert tipping_section(view) is not None
    (figure,) = tipping_figures(view)
    assert [line.label for line in figure.lines][1] == "Hazard after censoring as before it"
    by_id = {row.row_id: row.value for row in result.rows}
    assert all(by_id[line.row_id] == line.value for line in figure.lines if line.row_id)
    assert result.provenance["seeds"] == {"tipping point lost": 3}


@pytest.mark.parametrize(
    ("change", "words"),
    [
        ({"outcome": "pfs"}, "pfs"),
        ({"pair": "2 vs 1"}, "is not among the pairs compared"),
        ({"moved": "3"}, "neither of the groups"),
        ({"hazard_times": [2, 1.5]}, "one direction"),
        ({"hazard_times": [0.5, 2]}, "one direction"),
        ({"hazard_times": []}, "hazard_times"),
        ({"seed": None}, "seed"),
    ],
)
def test_what_cannot_be_meant_is_refused_with_its_line(tmp_path: Path, change: dict[str, Any], words: str) -> None:
    with pytest.raises(StudyError, match=words) as refused:
        ran(tmp_path, {**DECLARED, **change})
    assert all(problem.line for problem in refused.value.problems)


def test_an_outcome_with_competing_events_is_refused(tmp_path: Path) -> None:
    with pytest.raises(StudyError, match="competing event"):
        ran(tmp_path, DECLARED, censored=0, competing={"transplant": 1})
