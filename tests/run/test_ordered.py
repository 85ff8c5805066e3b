"""Ordered outcomes as odds ratios, unadjusted and adjusted, against R; what is said where there is none."""

from __future__ import annotations

import csv
import json
import shutil
from itertools import pairwise
from pathlib import Path
from typing import Any

import pytest

from atrisk.errors import StudyError
from atrisk.report.figures.drawing import drawn, figure_data
from atrisk.report.figures.grades_drawing import shades
from atrisk.report.figures.grades_figure import grades_figures
from atrisk.report.view import View
from atrisk.result.row import Row
from atrisk.result.run_result import RunResult
from atrisk.run.study import run_study
from atrisk.study.load import load_study

HERE = Path(__file__).parent
COLON = HERE.parents[1] / "examples" / "colon" / "data" / "colon.csv"


def run(folder: Path, **parts: Any) -> RunResult:
    shutil.copy(COLON, folder / "colon.csv")
    study = {
        "atrisk": 1,
        "study": {"id": "colon", "title": "Colon"},
        "data": {"patient": {"file": "colon.csv", "key": "id", "where": "etype = 2"}},
        "variables": {
            "patient.sex": {"levels": {"0": "Female", "1": "Male"}},
            "patient.differ": {"levels": {"1": "Well", "2": "Moderate", "3": "Poor"}},
        },
        "groups": {
            "by": "rx",
            "order": ["Obs", "Lev", "Lev+5FU"],
            "pairs": ["Lev vs Obs", "Lev+5FU vs Obs", "Lev+5FU vs Lev"],
        },
        "surgical_outcomes": ["differ"],
        "adjustment": {"confounders": ["age", "sex"], "methods": ["regression", "firth"]},
        **parts,
    }
    path = folder / "study.yaml"
    path.write_text(json.dumps(study), encoding="utf-8")
    return run_study(load_study(path), lambda _stage: None)


@pytest.fixture(scope="module")
def colon(tmp_path_factory: pytest.TempPathFactory) -> RunResult:
    return run(tmp_path_factory.mktemp("colon"))


def rows(result: RunResult, **wanted: object) -> list[Row]:
    return [row for row in result.rows if all(getattr(row, name) == value for name, value in wanted.items())]


def test_ratios_and_the_test_of_proportional_odds_are_rs(colon: RunResult) -> None:
    with (HERE / "r" / "ordered.csv").open(encoding="utf-8", newline="") as file:
        expected = list(csv.DictReader(file))
    assert len(expected) == 41
    analyses = {"": "proportional_odds", "confounders": "regression", "threshold": "threshold_odds"}
    for row in expected:
        own = row["adjustment_set"]
        (found,) = [
            found
            for found in rows(
                colon,
                analysis=analyses[own],
                statistic=row["statistic"],
                contrast=row["contrast"],
                level=row["level"],
                adjustment_set="confounders" if own == "confounders" else "",
            )
            if not found.method.startswith("firth")
        ]
        assert found.value == pytest.approx(float(row["value"]), rel=1e-9), row


def test_firths_penalty_is_said_not_to_be_there(colon: RunResult) -> None:
    said = rows(colon, analysis="regression", method="firth proportional odds")
    assert len(said) == 3
    assert all(row.value is None and row.error for row in said)


def test_the_account_of_an_ordered_outcome_has_no_events(colon: RunResult) -> None:
    """Of the three arms 7, 10 and 6 patients have no differentiation recorded (counted in the file)."""
    left = {
        row.group: row.value
        for row in rows(colon, analysis="adjusted", statistic="n_excluded", adjustment_set="confounders")
    }
    assert left == {"": 23, "Obs": 7, "Lev": 10, "Lev+5FU": 6}
    assert not rows(colon, analysis="adjusted", statistic="n_event")


def test_a_number_is_not_adjusted(tmp_path: Path) -> None:
    with pytest.raises(StudyError, match="'nodes' is a number") as refused:
        run(
            tmp_path,
            surgical_outcomes=["differ", "nodes"],
            adjustment={"confounders": ["age"], "outcomes": ["differ", "nodes"]},
        )
    assert all(problem.line for problem in refused.value.problems)


def test_a_level_that_all_have_is_nothing_to_compare(tmp_path: Path) -> None:
    result = run(
        tmp_path,
        derive={"same": {"sql": "CASE WHEN age > 0 THEN 'yes' END", "levels": {"yes": "Yes", "no": "No"}}},
        surgical_outcomes=["same"],
    )
    found = rows(result, statistic="odds_ratio", outcome="same")
    assert found
    assert all(row.value is None and row.error for row in found)


def test_the_figure_is_of_the_counts(colon: RunResult) -> None:
    view = View.of(colon)
    (figure,) = grades_figures(view, view.main)
    with COLON.open(encoding="utf-8", newline="") as file:
        patients = [row for row in csv.DictReader(file) if row["etype"] == "2"]
    header, data = figure_data(figure)
    assert header == ("group", "label", "level", "level_label", "count", "n")
    assert len(data) == 9
    for group, _label, level, words, count, n in data:
        own = [row["differ"] for row in patients if row["rx"] == group and row["differ"] in ("1", "2", "3")]
        assert (count, n) == (own.count(str(level)), len(own))
        assert words == {"1": "Well", "2": "Moderate", "3": "Poor"}[str(level)]
    assert drawn(figure).svg == drawn(figure).svg


@pytest.mark.parametrize("levels", [1, 2, 8])
def test_shades_grow_darker_level_by_level(levels: int) -> None:
    """In grey too: by the luminance of ITU-R BT.709."""
    grey = [
        0.2126 * int(shade[1:3], 16) + 0.7152 * int(shade[3:5], 16) + 0.0722 * int(shade[5:], 16)
        for shade in shades(levels)
    ]
    assert all(one - other > 20 for one, other in pairwise(grey))
