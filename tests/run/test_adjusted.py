"""Adjusted comparisons against R; what may be adjusted for; who is in the models, and that it adds up."""

from __future__ import annotations

import csv
import json
import shutil
from pathlib import Path
from typing import Any

import pytest

from atrisk.errors import StudyError
from atrisk.result.row import Row
from atrisk.result.run_result import RunResult
from atrisk.run.study import run_study
from atrisk.study.load import load_study
from tests.cohort.small_study import write_study

HERE = Path(__file__).parent
COLON = HERE.parents[1] / "examples" / "colon" / "data" / "colon.csv"


@pytest.fixture(scope="module")
def colon(tmp_path_factory: pytest.TempPathFactory) -> RunResult:
    """The colon trial with a true/false outcome, three pairs and a spline."""
    folder = tmp_path_factory.mktemp("colon")
    shutil.copy(COLON, folder / "colon.csv")
    study = {
        "atrisk": 1,
        "study": {"id": "colon", "title": "Colon"},
        "data": {"patient": {"file": "colon.csv", "key": "id", "where": "etype = 2"}},
        "variables": {
            "patient.sex": {"levels": {"0": "Female", "1": "Male"}},
            "patient.differ": {"levels": {"1": "Well", "2": "Moderate", "3": "Poor"}},
            "patient.obstruct": {"type": "boolean"},
        },
        "groups": {
            "by": "rx",
            "order": ["Obs", "Lev", "Lev+5FU"],
            "pairs": ["Lev vs Obs", "Lev+5FU vs Obs", "Lev+5FU vs Lev"],
        },
        "outcomes": {
            "os": {"label": "Survival", "time": {"column": "time"}, "status": {"column": "status", "event": 1}}
        },
        "surgical_outcomes": ["obstruct"],
        "adjustment": {
            "confounders": ["age", "sex", "differ"],
            "outcomes": ["obstruct"],
            "methods": ["regression", "firth"],
        },
        "comparisons": {
            "again": {
                "label": "The same groups, age as a spline",
                "by": "rx",
                "order": ["Obs", "Lev", "Lev+5FU"],
                "outcomes": ["os"],
                "adjustment": {"confounders": ["age", "sex", "differ"], "splines": {"age": 4}},
            }
        },
    }
    path = folder / "study.yaml"
    path.write_text(json.dumps(study), encoding="utf-8")
    return run_study(load_study(path), lambda _stage: None)


def rows(result: RunResult, **wanted: object) -> list[Row]:
    return [row for row in result.rows if all(getattr(row, name) == value for name, value in wanted.items())]


def test_odds_ratios_of_every_pair_are_rs(colon: RunResult) -> None:
    with (HERE / "r" / "adjusted.csv").open(encoding="utf-8", newline="") as file:
        expected = [row for row in csv.DictReader(file) if row["statistic"] != "spline_p"]
    assert len(expected) == 24
    for row in expected:
        (found,) = rows(
            colon, analysis="regression", outcome="obstruct", method="logistic", statistic=row["statistic"],
            contrast=row["contrast"], adjustment_set=row["adjustment_set"],
        )  # fmt: skip
        assert found.value == pytest.approx(float(row["value"]), rel=1e-9), row


def test_the_test_of_a_spline_is_rs(colon: RunResult) -> None:
    with (HERE / "r" / "adjusted.csv").open(encoding="utf-8", newline="") as file:
        (expected,) = [row for row in csv.DictReader(file) if row["statistic"] == "spline_p"]
    (found,) = rows(
        colon, comparison="again", analysis="covariate", variable="age", statistic="p", adjustment_set="confounders"
    )
    assert found.value == pytest.approx(float(expected["value"]), rel=1e-6)
    assert found.df == 3


def test_a_confounder_without_a_spline_is_not_tested(colon: RunResult) -> None:
    tested = {(row.variable, row.comparison) for row in rows(colon, analysis="covariate", statistic="p")}
    assert tested == {("age", "again")}


def test_the_penalised_model_has_profile_limits_of_its_own(colon: RunResult) -> None:
    for contrast in ("Lev vs Obs", "Lev+5FU vs Lev"):
        key = {"analysis": "regression", "contrast": contrast, "adjustment_set": "confounders"}
        (plain,) = rows(colon, method="logistic", statistic="odds_ratio", **key)
        (firth,) = rows(colon, method="firth logistic", statistic="odds_ratio", **key)
        assert plain.value is not None
        assert firth.value is not None
        # Firth's penalty draws towards no effect.
        assert abs(firth.value - 1) < abs(plain.value - 1)


def test_who_is_in_the_model_is_counted_by_group(colon: RunResult) -> None:
    """Of the three arms 7, 10 and 6 patients have no differentiation recorded (counted in the file)."""
    with COLON.open(encoding="utf-8", newline="") as file:
        patients = [row for row in csv.DictReader(file) if row["etype"] == "2"]
    for arm in ("Obs", "Lev", "Lev+5FU"):
        of_arm = [row for row in patients if row["rx"] == arm]
        missing = sum(row["differ"] in ("", "NA") for row in of_arm)
        (left,) = rows(
            colon, comparison="main", analysis="adjusted", statistic="n_excluded", group=arm,
            adjustment_set="confounders",
        )  # fmt: skip
        (inside,) = rows(
            colon, comparison="main", analysis="adjusted", statistic="n", group=arm, adjustment_set="confounders"
        )
        assert (left.value, inside.value) == (missing, len(of_arm) - missing)


def small(folder: Path, adjustment: dict[str, Any], **parts: Any) -> RunResult:
    """Forty patients, two arms, complications after the operation."""
    lines = ["id,arm,age,op,death,contact"]
    complications = ["cid,id,cd_grade,cd_date"]
    for number in range(40):
        death = f"2011-{1 + number % 12:02d}-01" if number % 3 == 0 else ""
        lines.append(
            f"p{number},{'A' if number % 2 else 'B'},{40 + number},2010-01-{1 + number % 28:02d},{death},2012-01-01"
        )
        complications.append(f"c{number},p{number},{'IIIa' if number % 5 == 0 else 'I'},2010-02-01")
    study = {
        "data": {
            "patient": {"file": "patient.csv", "key": "id"},
            "complication": {"file": "complication.csv", "key": "cid", "parent": "patient"},
        },
        "cohort": [{"time_zero": "op"}],
        "groups": {"by": "arm", "order": ["A", "B"]},
        "derive": {
            "severe": {"definition": "clavien_dindo", "at_least": "IIIa", "within": "90 days"},
            "old_and_severe": {"sql": "severe AND age > 60"},
            "bleeding": {
                "from": "complication",
                "take": "any",
                "date": "cd_date",
                "within": "30 days",
                "if_none": False,
            },
        },
        "outcomes": {"os": {"label": "Survival", "event": "death", "censor": "contact"}},
        "adjustment": adjustment,
        **parts,
    }
    write_study(folder, {"patient.csv": "\n".join(lines), "complication.csv": "\n".join(complications)}, study)
    return run_study(load_study(folder / "study.yaml"), lambda _stage: None)


@pytest.mark.parametrize(
    ("adjustment", "words"),
    [
        ({"confounders": ["severe"]}, "'severe' is known only after time zero"),
        ({"confounders": ["old_and_severe"]}, "by way of 'severe'"),
        ({"confounders": ["bleeding"]}, "'bleeding' is known only after time zero"),
        ({"confounders": ["arm"]}, "makes the groups"),
        ({"confounders": ["patient.arm"]}, "makes the groups"),
        ({"confounders": ["age"], "never": ["age"]}, "must never be adjusted for"),
        ({"confounders": ["age", "age"]}, "stands twice"),
        ({"confounders": ["age"], "splines": {"weight": 4}}, "not among the confounders"),
        ({"confounders": ["age"], "outcomes": ["pfs"]}, "no outcome of this comparison"),
        ({"confounders": ["aeg"]}, "age"),
        ({"confounders": ["death"]}, "date"),
    ],
)
def test_what_cannot_be_adjusted_for_is_refused_with_its_line(
    tmp_path: Path, adjustment: dict[str, Any], words: str
) -> None:
    with pytest.raises(StudyError, match=words) as refused:
        small(tmp_path, adjustment)
    assert all(problem.line for problem in refused.value.problems)


def test_an_outcome_is_no_confounder_of_its_comparison(tmp_path: Path) -> None:
    with pytest.raises(StudyError, match="is an outcome of this comparison"):
        small(tmp_path, {"confounders": ["severe"]}, surgical_outcomes=["severe"])


def test_a_constant_confounder_leaves_the_ratio_as_it_is_and_says_so(tmp_path: Path) -> None:
    derive = {"same": {"sql": "1 + 0 * age"}}
    result = small(tmp_path, {"confounders": ["same"]}, derive=derive)
    (plain,) = rows(result, analysis="cox", statistic="hazard_ratio")
    (adjusted,) = rows(result, analysis="regression", statistic="hazard_ratio", adjustment_set="confounders")
    assert adjusted.value == pytest.approx(plain.value, rel=1e-12)
    (none,) = rows(result, analysis="covariate", statistic="hazard_ratio", adjustment_set="confounders")
    assert none.value is None
    assert none.error


def test_a_misspelt_method_is_one_mistake_and_not_two(tmp_path: Path) -> None:
    with pytest.raises(StudyError) as refused:
        small(tmp_path, {"confounders": ["age"], "methods": ["regresion"]})
    (problem,) = refused.value.problems
    assert "Did you mean 'regression'?" in f"{problem.message} {problem.hint}"


def test_a_list_without_entries_is_still_too_short(tmp_path: Path) -> None:
    with pytest.raises(StudyError, match="at least one entry"):
        small(tmp_path, {"confounders": ["age"], "methods": []})
