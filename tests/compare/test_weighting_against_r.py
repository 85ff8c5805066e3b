"""Weighted comparisons against R (oracle: another program; r/weighting.R), and the bootstrap of the score."""

from __future__ import annotations

import csv
import json
from functools import cache
from pathlib import Path
from typing import Any

import numpy as np
import pytest

from atrisk.compare.balance.propensity import propensity_score
from atrisk.compare.weighting.score_bootstrap import Resampling, score_bootstrap
from atrisk.compare.weighting.score_weights import ScoreWeights, score_weights
from atrisk.compare.weighting.weighted_hazard_ratio import weighted_hazard_ratio, weighted_log_rank
from atrisk.compare.weighting.weighted_survival import weighted_restricted_mean, weighted_survival
from atrisk.errors import EstimationError
from atrisk.estimate.generalized_linear.regression_sample import RegressionSample
from atrisk.estimate.survival_curve.follow_up_rows import FollowUpRows
from tests.compare.weighting_case import cohort

HERE = Path(__file__).parent
R = json.loads((HERE / "r" / "weighting.json").read_text(encoding="utf-8"))
COLON = HERE.parents[1] / "examples" / "colon" / "data" / "colon.csv"


@cache
def colon() -> tuple[RegressionSample, FollowUpRows]:
    with COLON.open(encoding="utf-8") as stream:
        rows = [row for row in csv.DictReader(stream) if row["etype"] == "2"]
    names = ("age", "nodes", "obstruct", "differ")
    rows = [row for row in rows if all(row[name] not in ("", "NA") for name in names)]
    x = [
        [float(row["age"]), float(row["nodes"]), float(row["obstruct"]), *(float(row["differ"] == k) for k in "23")]
        for row in rows
    ]
    sample = RegressionSample(np.array([row["rx"] == "Lev+5FU" for row in rows], dtype=float), np.array(x))
    return sample, FollowUpRows.of([float(row["time"]) for row in rows], [int(row["status"]) for row in rows])


@pytest.mark.parametrize("entry", R["entries"], ids=lambda entry: entry["estimand"])
def test_weighted_comparisons_against_r(entry: dict[str, Any]) -> None:
    sample, rows = colon()
    assert sample.outcome.size == R["n"]
    stabilised = entry["estimand"] == "stabilised"
    estimand = "ate" if stabilised else entry["estimand"]
    weights = score_weights(propensity_score(sample), sample, estimand=estimand, stabilised=stabilised)
    ratio, test = weighted_hazard_ratio(rows, weights), weighted_log_rank(rows, weights)
    survival = weighted_survival(rows, weights, R["times"])
    area = weighted_restricted_mean(rows, weights, R["tau"])
    found = [ratio.coef, test.observed - test.expected, *survival.estimate, *area.estimate]
    assert found == pytest.approx(entry["estimate"], rel=1e-9)
    known = [ratio.std_err_score_known, test.std_err_score_known]
    known += [*survival.std_err_score_known, *area.std_err_score_known]
    assert known == pytest.approx(entry["std_err_score_known"], rel=1e-9)
    estimated = [ratio.std_err, test.std_err, *survival.std_err, *area.std_err]
    assert estimated == pytest.approx(entry["std_err"], rel=1e-9)
    difference = test.observed - test.expected
    assert (difference / test.std_err_score_known) ** 2 == pytest.approx(entry["robust_score_test"], rel=1e-9)


def test_a_seed_means_the_same_and_limits_are_quantiles() -> None:
    case = cohort(21)

    def statistic(drawn: np.ndarray, weights: ScoreWeights) -> list[float]:
        rows = FollowUpRows.of(case.rows.time[drawn], case.rows.event[drawn])
        return [weighted_hazard_ratio(rows, weights).coef, float(weighted_survival(rows, weights, [3.0]).estimate[0])]

    one, again = (score_bootstrap(case.sample, statistic, Resampling(5, replicates=40)) for _ in range(2))
    np.testing.assert_array_equal(one.replicates, again.replicates)
    np.testing.assert_allclose(one.lower, np.quantile(one.replicates, 0.025, axis=0))
    np.testing.assert_allclose(one.std_err, one.replicates.std(axis=0, ddof=1))
    assert one.estimate[0] == weighted_hazard_ratio(case.rows, case.weights()).coef
    assert one.reasons == ("", "")
    other = score_bootstrap(case.sample, statistic, Resampling(6, replicates=40))
    assert not np.array_equal(one.replicates, other.replicates)


def test_resamples_without_an_answer_are_counted_and_too_many_leave_no_limits() -> None:
    """With 3 of 20 treated, about 1 in 26 resamples draws none; the second statistic answers every other time."""
    stream = np.random.default_rng(3)
    sample = RegressionSample((np.arange(20) < 3).astype(float), stream.normal(size=(20, 1)))
    calls = iter(range(10_000))

    def statistic(drawn: np.ndarray, weights: ScoreWeights) -> list[float]:
        return [float(weights.weight.mean()), 1.0 if next(calls) % 2 == 0 else np.nan]

    found = score_bootstrap(sample, statistic, Resampling(1, replicates=50))
    assert found.unanswered[1] > 20
    assert found.reasons[1] == "more than one in ten resamples have no answer"
    assert np.isnan(found.lower[1])
    assert found.replicates.shape == (50, 2)


def test_refuses_impossible_resampling() -> None:
    for bad in ({"seed": -1}, {"seed": 1, "replicates": 1}, {"seed": 1, "conf_level": 95}):
        with pytest.raises(EstimationError):
            Resampling(**bad)


@pytest.mark.slow
def test_the_bootstrap_and_the_stacked_equations_agree() -> None:
    """On 888 patients 2,000 resamples have errors within 5 % of the sandwich, not of that with the score known."""
    sample, rows = colon()

    def statistic(drawn: np.ndarray, weights: ScoreWeights) -> list[float]:
        own = FollowUpRows.of(rows.time[drawn], rows.event[drawn])
        survival = weighted_survival(own, weights, R["times"]).estimate
        area = weighted_restricted_mean(own, weights, R["tau"]).estimate
        return [weighted_hazard_ratio(own, weights).coef, *survival, *area]

    found = score_bootstrap(sample, statistic, Resampling(1, replicates=2000))
    entry = R["entries"][0]
    expected = np.delete(entry["std_err"], 1)
    assert np.all(np.abs(found.std_err / expected - 1) < 0.05)
