"""Weights by a propensity score in a study: R's numbers on the colon trial, the gate, what has no counterpart."""

from __future__ import annotations

import csv
import math
from dataclasses import replace
from functools import cache
from pathlib import Path
from typing import Any

import pytest

from atrisk.errors import StudyError
from atrisk.report.figures.love_figure import love_data, love_figures
from atrisk.report.sections.whole import document
from atrisk.report.view import View
from atrisk.result.row import Row
from atrisk.result.run_result import RunResult
from atrisk.run.study import run_study
from atrisk.study.load import load_study
from tests.cohort.small_study import write_study

HERE = Path(__file__).parent
ROOT = HERE.parents[1]
VARIABLES = {"age": "patient.age", "sex": "patient.sex", "node4": "patient.node4"}
# R's derivatives by the coefficients of the score are numerical.
BY_NUMBERS = 1e-8


@pytest.fixture(scope="module")
def colon() -> RunResult:
    return run_study(load_study(ROOT / "examples" / "colon" / "study.yaml"), lambda _stage: None)


def rows(result: RunResult, **wanted: object) -> list[Row]:
    return [row for row in result.rows if all(getattr(row, name) == value for name, value in wanted.items())]


def place(row: Row) -> tuple[str, str, str, str]:
    """The contrast, estimand, statistic and key under which R's script says a row's number."""
    statistic = row.statistic
    if statistic in ("conf_low", "conf_high"):
        statistic = f"{row.of}:{statistic[5:]}"
    names = {whole: short for short, whole in VARIABLES.items()}
    key = names.get(row.variable, row.variable) or row.group or (f"{row.time:g}" if row.time is not None else "")
    return row.contrast, row.estimand, statistic, key


@cache
def expected() -> dict[tuple[str, str, str, str], float]:
    with (HERE / "r" / "propensity.csv").open(encoding="utf-8", newline="") as file:
        return {
            (row["contrast"], row["estimand"], row["statistic"], row["key"]): float(row["value"])
            for row in csv.DictReader(file)
        }


def test_scores_balance_and_weighted_estimates_of_the_colon_trial_are_rs(colon: RunResult) -> None:
    ours = {
        place(row): row.value
        for row in colon.rows
        if (row.comparison, row.outcome) == ("main", "os")
        and row.analysis in ("balance", "overlap", "weighted")
        and row.statistic != "std_error"
    }
    assert len(expected()) == 98
    for at, value in expected().items():
        assert ours[at] == pytest.approx(value, rel=BY_NUMBERS, abs=1e-9), at


def test_overlap_weights_balance_every_confounder_that_is_no_spline_exactly(colon: RunResult) -> None:
    found = rows(colon, analysis="balance", statistic="smd", estimand="ATO")
    assert len(found) == 2 * 13
    assert all(row.value is not None and abs(row.value) < 1e-9 for row in found)


def test_of_the_same_patients_balance_is_said_once_and_the_gate_for_every_outcome(colon: RunResult) -> None:
    assert {row.outcome for row in rows(colon, analysis="balance")} == {"os"}
    assert {row.outcome for row in rows(colon, analysis="gate")} == {"os", "recurrence"}
    (note,) = {row.note for row in rows(colon, analysis="gate", outcome="recurrence")}
    assert "'os'" in note


def test_the_e_value_of_an_adjusted_ratio_is_the_formulas(colon: RunResult) -> None:
    """VanderWeele and Ding 2017, table 2: a hazard ratio of a common outcome, worked out here by hand."""
    key = {"analysis": "regression", "outcome": "os", "contrast": "Lev+5FU vs Obs", "method": "cox"}
    (ratio,) = rows(colon, statistic="hazard_ratio", adjustment_set="confounders", **key)
    (high,) = rows(colon, statistic="conf_high", adjustment_set="confounders", **key)
    assert ratio.value is not None
    assert high.value is not None
    for of, name in ((ratio.value, "e_value"), (high.value, "e_value_limit")):
        risk = 1 / ((1 - 0.5 ** math.sqrt(of)) / (1 - 0.5 ** math.sqrt(1 / of)))
        (found,) = rows(colon, statistic=name, **key)
        assert found.value == pytest.approx(risk + math.sqrt(risk * (risk - 1)), rel=1e-12)
    (level,) = rows(colon, statistic="e_value_limit", **{**key, "contrast": "Lev vs Obs"})
    assert level.value == 1.0


def test_the_love_plot_holds_the_rows_before_and_after(colon: RunResult) -> None:
    view = View.of(colon)
    first, second = love_figures(view, view.main, "os")
    assert (first.threshold, len(first.kinds), len(first.lines)) == (0.1, 3, 13)
    values = {row.row_id: row.value for row in colon.rows}
    header, data = love_data(second)
    assert header[-1] == "row_id"
    assert len(data) == 39
    assert all(values[str(row_id)] == value for *_, value, row_id in data)


def small(folder: Path, adjustment: dict[str, Any], **parts: Any) -> RunResult:
    """Sixty patients, two arms; from number 40 on only arm A has the third stage."""
    lines = ["id,arm,age,stage,op,death,other,contact,leak"]
    for number in range(60):
        arm = "A" if number % 2 else "B"
        stage = "III" if number >= 40 and arm == "A" else ("I", "II")[number % 3 % 2]
        death = f"2011-{1 + number * 7 % 12:02d}-01" if number % 3 == 0 else ""
        other = f"2011-{1 + number * 5 % 12:02d}-15" if number % 7 == 1 else ""
        leak = "yes" if number * 11 % 4 == 0 else "no"
        age = 40 + number * 13 % 31 + (6 if arm == "A" else 0)
        lines.append(f"p{number},{arm},{age},{stage},2010-01-{1 + number % 28:02d},{death},{other},2012-01-01,{leak}")
    study = {
        "data": {"patient": {"file": "patient.csv", "key": "id"}},
        "cohort": [{"time_zero": "op"}],
        "groups": {"by": "arm", "order": ["A", "B"]},
        "variables": {"patient.leak": {"type": "boolean"}},
        "outcomes": {"os": {"label": "Survival", "event": "death", "censor": "contact", "at": ["15 months"]}},
        "surgical_outcomes": ["leak"],
        "adjustment": adjustment,
        **parts,
    }
    write_study(folder, {"patient.csv": "\n".join(lines)}, study)
    return run_study(load_study(folder / "study.yaml"), lambda _stage: None)


def test_a_level_of_one_group_alone_is_named_and_nothing_weighted_is_estimated(tmp_path: Path) -> None:
    result = small(tmp_path, {"confounders": ["age", "stage"], "methods": ["overlap weights"]})
    weighted = rows(result, analysis="weighted")
    assert {row.statistic for row in weighted} == {"hazard_ratio", "survival_difference", "risk_difference"}
    assert all(row.value is None and "nobody in B has stage III" in row.error for row in weighted)
    assert not [row for row in rows(result, analysis="gate", statistic="met") if row.value]
    assert "nobody in B has stage III" in str(document(View.of(result)))


def test_a_constant_confounder_takes_no_part_in_the_score(tmp_path: Path) -> None:
    found = []
    for name, confounders in (("with", ["same", "age"]), ("without", ["age"])):
        (tmp_path / name).mkdir()
        declared = {"confounders": confounders, "methods": ["ATE weights", "doubly robust"]}
        result = small(tmp_path / name, declared, derive={"same": {"sql": "1 + 0 * age"}})
        of = [row for row in result.rows if row.analysis in ("weighted", "doubly_robust") and not row.error]
        found.append([row.value for row in of])
    assert len(found[0]) > 10
    assert found[0] == pytest.approx(found[1], rel=1e-9)


def test_an_estimate_that_fails_its_gate_carries_the_failure_and_the_table_shows_it(tmp_path: Path) -> None:
    gate = {"smd_below": 0.1, "effective_n_at_least": 500}
    result = small(tmp_path, {"confounders": ["age"], "methods": ["ATT weights"], "gate": gate})
    weighted = [row for row in rows(result, analysis="weighted") if row.statistic in ("hazard_ratio", "p")]
    assert weighted
    assert all(
        row.warning.startswith("fails its gate: effective sample size") and "not at least 500" in row.warning
        for row in weighted
    )
    (table,) = [table for table in document(View.of(result)).tables() if table.name == "adjusted-os"]
    assert sum("fails its gate" in row.header for row in table.rows) == 3


def test_the_gate_comes_before_every_estimate_by_the_score(tmp_path: Path) -> None:
    result = small(tmp_path, {"confounders": ["age"], "methods": ["ATE weights", "overlap weights"]})
    order = [row.analysis for row in result.rows if row.outcome == "os" and row.analysis in ("gate", "weighted")]
    assert order == sorted(order)


def test_resampled_limits_are_those_of_the_seed_and_hold_the_same_estimates(tmp_path: Path) -> None:
    declared = {"confounders": ["age"], "methods": ["overlap weights"]}
    found = []
    for place, (seed, replicates) in enumerate(((1, 200), (1, 200), (2, 200))):
        folder = tmp_path / str(place)
        folder.mkdir()
        found.append(small(folder, {**declared, "bootstrap": {"seed": seed, "replicates": replicates}}))
    plain = small(tmp_path, declared)
    ratios = [rows(one, analysis="weighted", statistic="hazard_ratio")[0].value for one in (*found, plain)]
    assert len(set(ratios)) == 1
    lows = [[row.value for row in rows(one, analysis="weighted", statistic="conf_low")] for one in (*found, plain)]
    assert lows[0] == lows[1]
    assert lows[0] != lows[2]
    assert lows[0] != lows[3]
    assert found[0].provenance["seeds"] == {"main adjustment": 1}
    assert plain.provenance["seeds"] == {}


def test_with_competing_events_the_weighted_hazard_is_cause_specific_and_no_curve_is_compared(tmp_path: Path) -> None:
    outcomes = {
        "relapse": {
            "label": "Relapse", "event": "death", "competing": {"other": "other"}, "censor": "contact",
            "at": ["15 months"],
        }
    }  # fmt: skip
    result = small(tmp_path, {"confounders": ["age"], "methods": ["ATE weights"]}, outcomes=outcomes)
    found = rows(result, analysis="weighted", outcome="relapse")
    assert {row.method for row in found} == {"weighted cause-specific cox", "weighted cause-specific log-rank"}
    assert all(row.value is not None for row in found)


@pytest.mark.parametrize(
    ("adjustment", "words"),
    [
        ({"methods": ["overlap weights"], "pairs": ["A vs C"]}, "none of the pairs that are compared"),
        ({"methods": ["regression"], "pairs": ["A vs B"]}, "rests on a propensity score"),
        ({"methods": ["regression"], "gate": {"smd_below": 0.2}}, "rests on a propensity score"),
        ({"methods": ["firth"], "bootstrap": {"seed": 1}}, "no weights are declared"),
        ({"methods": ["overlap weights", "overlap weights"]}, "stands twice"),
        ({"methods": ["overlap weights"], "gate": {"equipoise_at_least": 50}}, "equipoise_at_least"),
        ({"methods": ["overlap weights"], "gate": {"smd": 0.1}}, "smd_below"),
        ({"methods": ["overlap weights"], "bootstrap": {"seed": 1, "replicates": 10}}, "replicates"),
        ({"methods": ["weights"]}, "overlap weights"),
    ],
)
def test_nonsense_is_refused_with_its_line(tmp_path: Path, adjustment: dict[str, Any], words: str) -> None:
    with pytest.raises(StudyError, match=words) as refused:
        small(tmp_path, {"confounders": ["age"], **adjustment})
    assert all(problem.line for problem in refused.value.problems)


def test_weights_within_strata_are_refused(tmp_path: Path) -> None:
    comparisons = {
        "staged": {
            "label": "Within stages", "by": "arm", "order": ["A", "B"], "strata": "stage", "outcomes": ["os"],
            "adjustment": {"confounders": ["age"], "methods": ["ATE weights"]},
        }
    }  # fmt: skip
    with pytest.raises(StudyError, match="takes no strata"):
        small(tmp_path, {"confounders": ["age"]}, comparisons=comparisons)


def test_without_a_score_the_rows_are_as_before_but_for_the_e_values(tmp_path: Path) -> None:
    result = small(tmp_path, {"confounders": ["age"]})
    assert not {row.analysis for row in result.rows} & {"balance", "overlap", "gate", "weighted"}


def test_declaring_a_pair_leaves_the_others_out(tmp_path: Path, colon: RunResult) -> None:
    text = (ROOT / "examples" / "colon" / "study.yaml").read_text(encoding="utf-8")
    (tmp_path / "data").mkdir()
    (tmp_path / "data" / "colon.csv").write_bytes((ROOT / "examples" / "colon" / "data" / "colon.csv").read_bytes())
    (tmp_path / "study.yaml").write_text(text.replace("  gate:", "  pairs: [Lev vs Obs]\n  gate:"), encoding="utf-8")
    one = run_study(load_study(tmp_path / "study.yaml"), lambda _stage: None)
    mine = {replace(row, order=0) for row in rows(one, analysis="weighted")}
    assert mine == {replace(row, order=0) for row in rows(colon, analysis="weighted", contrast="Lev vs Obs")}
