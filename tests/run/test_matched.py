"""Matching on a propensity score in a study: whom it leaves, the paired difference, the gate, and what is refused."""

from __future__ import annotations

import csv
import math
from pathlib import Path
from typing import Any

import numpy as np
import pytest

from atrisk.compare.balance.matching import MatchingRule, caliper_width, matched_sets, nearest_neighbours, paired_counts
from atrisk.compare.balance.propensity import propensity_score
from atrisk.compare.proportions.paired_difference import newcombe_paired_difference
from atrisk.errors import StudyError
from atrisk.estimate.generalized_linear.regression_sample import RegressionSample
from atrisk.result.row import Row
from atrisk.result.run_result import RunResult
from tests.run.test_propensity import small

METHODS = {"confounders": ["age"], "methods": ["matching"]}


def rows(result: RunResult, **wanted: object) -> list[Row]:
    return [row for row in result.rows if all(getattr(row, name) == value for name, value in wanted.items())]


def run(folder: Path, name: str, adjustment: dict[str, Any], **parts: Any) -> RunResult:
    (folder / name).mkdir()
    return small(folder / name, adjustment, **parts)


def test_the_paired_difference_is_the_estimators_on_the_patients_of_the_file(tmp_path: Path) -> None:
    result = small(tmp_path, {**METHODS, "matching": {"order": "largest", "caliper": 0.1}})
    with (tmp_path / "patient.csv").open(encoding="utf-8", newline="") as file:
        patients = list(csv.DictReader(file))
    treated = np.array([row["arm"] == "B" for row in patients])
    age = np.array([[float(row["age"])] for row in patients])
    score = propensity_score(RegressionSample(treated.astype(float), age))
    width = caliper_width(score.logit, treated, sds=0.1, of="pooled")
    matching = nearest_neighbours(score.logit, treated, rule=MatchingRule(caliper=width, order="largest"))
    leaks = np.array([row["leak"] == "yes" for row in patients])
    expected = newcombe_paired_difference(*paired_counts(matching, leaks))
    (found,) = rows(result, analysis="matched", statistic="risk_difference")
    (low,) = rows(result, analysis="matched", of="risk_difference", statistic="conf_low")
    assert (found.contrast, found.value, low.value) == ("B vs A", expected.estimate, expected.lower)
    assert found.n == matched_sets(matching)[0].size < len(patients)
    (power,) = rows(result, analysis="gate", statistic="detectable_hazard_ratio")
    # Schoenfeld at equal groups: exp(2 (1.96 + 0.84) / sqrt(events)).
    assert power.value == pytest.approx(math.exp(2 * (1.959963985 + 0.841621234) / math.sqrt(power.n_event or 0)))
    inside = rows(result, analysis="adjusted", outcome="leak", adjustment_set="matched, B vs A", statistic="n")
    assert {row.group: row.value for row in inside} == {"": found.n, "A": found.n / 2, "B": found.n / 2}


def test_exchanging_the_groups_turns_differences_round(tmp_path: Path) -> None:
    one = run(tmp_path, "one", METHODS, groups={"by": "arm", "order": ["A", "B"], "pairs": ["A vs B"]})
    other = run(tmp_path, "other", METHODS, groups={"by": "arm", "order": ["A", "B"], "pairs": ["B vs A"]})
    for statistic in ("survival_difference", "risk_difference"):
        (first,), (second,) = (rows(each, analysis="matched", statistic=statistic) for each in (one, other))
        assert first.value is not None
        assert first.value == pytest.approx(-(second.value or 0.0), abs=1e-12)
    (first,), (second,) = (rows(each, analysis="matched", statistic="hazard_ratio") for each in (one, other))
    assert first.value == pytest.approx(1 / (second.value or 1.0), rel=1e-9)


def test_partners_are_sought_for_the_smaller_group_and_the_sign_is_that_of_the_contrast(tmp_path: Path) -> None:
    """Of the first group more are left than of the second: the pairs are those of the second's patients."""
    groups = {"by": {"sql": "arm = 'A' OR stage = 'I'", "levels": {"true": "Many", "false": "Few"}}}
    result = small(tmp_path, METHODS, groups={**groups, "order": ["true", "false"], "pairs": ["true vs false"]})
    sizes = {
        row.group: row.value
        for row in rows(result, analysis="adjusted", outcome="leak", statistic="n")
        if row.adjustment_set.startswith("matched")
    }
    assert sizes["true"] == sizes["false"]
    balance = {row.method for row in rows(result, analysis="balance", statistic="smd")}
    assert balance == {"unweighted", "matched"}


def test_several_partners_have_limits_by_set_and_exact_ones_agree(tmp_path: Path) -> None:
    groups = {"by": {"sql": "age < 50", "levels": {"false": "Older", "true": "Younger"}}}
    declared = {
        "confounders": ["stage", "leak"],
        "outcomes": ["os"],
        "methods": ["matching"],
        "matching": {"ratio": 2, "exact": ["leak"], "caliper": "any"},
    }
    result = small(tmp_path, declared, groups=groups, surgical_outcomes=[])
    (smd,) = rows(result, analysis="balance", variable="leak", method="matched", statistic="smd")
    assert smd.value == pytest.approx(0.0, abs=1e-12)
    (ratio,) = rows(result, analysis="matched", statistic="hazard_ratio")
    assert ratio.value is not None
    assert "by matched set" in ratio.convention


def test_without_a_partner_within_the_caliper_nothing_is_estimated(tmp_path: Path) -> None:
    derive = {"own": {"sql": "CASE WHEN arm = 'A' THEN age + 0.5 ELSE age END"}}
    result = small(
        tmp_path, {"confounders": ["own"], "methods": ["matching"], "matching": {"caliper": 1e-9}}, derive=derive
    )
    found = rows(result, analysis="matched")
    assert {row.statistic for row in found} == {"hazard_ratio", "risk_difference"}
    assert all(row.value is None and "partner" in row.error for row in found)


@pytest.mark.parametrize(
    ("adjustment", "words"),
    [
        ({"methods": ["matching"], "matching": {"exact": ["stage"]}}, "not among the confounders"),
        ({"methods": ["regression"], "matching": {"ratio": 1}}, "'matching' is not among the methods"),
        ({"methods": ["matching"], "matching": {"ratio": 0}}, "ratio"),
        ({"methods": ["matching"], "matching": {"order": "random"}}, "optimal"),
        ({"methods": ["matching"], "matching": {"caliper": -1}}, "caliper"),
    ],
)
def test_nonsense_is_refused_with_its_line(tmp_path: Path, adjustment: dict[str, Any], words: str) -> None:
    with pytest.raises(StudyError, match=words) as refused:
        small(tmp_path, {"confounders": ["age"], **adjustment})
    assert all(problem.line for problem in refused.value.problems)
