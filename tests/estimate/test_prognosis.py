"""Brier score, calibration and optimism against R (another program; r/prognosis.R), by hand, slowly, and by laws."""

from __future__ import annotations

import csv
import json
import math
from collections.abc import Callable
from pathlib import Path
from typing import Any

import numpy as np
import pytest
from hypothesis import given, settings
from hypothesis import strategies as st
from numpy.typing import NDArray

from atrisk.errors import EstimationError
from atrisk.estimate.prognosis.calibration import calibration_curve, calibration_groups
from atrisk.estimate.prognosis.censored_brier_score import censored_brier_score, integrated_brier_score
from atrisk.estimate.prognosis.predictions import Predictions, predicted_at
from atrisk.estimate.prognosis.validated_model import _replicate, validated_model
from atrisk.estimate.proportional_hazards.baseline_hazard import predicted_survival
from atrisk.estimate.proportional_hazards.concordance import concordance
from atrisk.estimate.proportional_hazards.cox import CoxSample, cox
from atrisk.estimate.survival_curve.kaplan_meier import kaplan_meier, survival_at
from atrisk.summary.event_counts import EventCounts

HERE = Path(__file__).parent
R = json.loads((HERE / "r" / "prognosis.json").read_text(encoding="utf-8"))
Floats = NDArray[np.float64]


def colon() -> CoxSample:
    with (HERE.parent / "reference" / "data" / "colon_death.csv").open(encoding="utf-8", newline="") as file:
        rows = [row for row in csv.DictReader(file) if row["nodes"] and row["differ"]]
    x = np.array([[float(row[name]) for name in ("age", "nodes", "obstruct")] for row in rows])
    return CoxSample(
        np.array([float(row["time"]) for row in rows]), np.array([row["status"] == "1" for row in rows]), x
    )


COLON = colon()
FIT = cox(COLON)


def test_brier_scores_are_those_of_r() -> None:
    expected = R["brier"]
    found = censored_brier_score(predicted_at(COLON, FIT, COLON, expected["times"]))
    assert found.score == pytest.approx(expected["score"], rel=1e-9)
    assert found.null == pytest.approx(expected["null"], rel=1e-10)
    assert expected["weight"] == pytest.approx([COLON.time.size] * 4, rel=1e-12)


def test_calibration_in_groups_is_that_of_r() -> None:
    expected = R["groups"]
    found = calibration_groups(predicted_at(COLON, FIT, COLON, [1826]))
    assert found.n.tolist() == expected["n"]
    assert found.n_event.tolist() == expected["n_event"]
    for name in ("predicted", "observed", "lower", "upper"):
        assert getattr(found, name) == pytest.approx(expected[name], rel=1e-9), name
    assert found.ratio == pytest.approx(expected["ratio"], rel=1e-9)


def test_smooth_calibration_is_that_of_r() -> None:
    expected = R["curve"]
    found = calibration_curve(predicted_at(COLON, FIT, COLON, [1826]), at=np.array(expected["at"]))
    for name in ("observed", "lower", "upper", "index", "median", "ninetieth"):
        assert getattr(found, name) == pytest.approx(expected[name], rel=1e-7), name


@pytest.mark.parametrize(("step", "optimism", "slope"), R["replicates"])
def test_a_replicate_of_the_optimism_bootstrap_is_that_of_r(step: int, optimism: float, slope: float) -> None:
    rows = (np.arange(COLON.time.size) * int(step)) % 701
    assert _replicate(COLON, rows, np.empty(0)) == pytest.approx([optimism, slope], rel=1e-7)


def test_predictions_are_the_predicted_curves() -> None:
    """`predicted_survival`, which has been held to R, for a stratified model."""
    stratum = (np.arange(COLON.time.size) % 3 == 0).astype(int)
    sample = CoxSample(COLON.time, COLON.event, COLON.covariates, stratum=stratum)
    fit = cox(sample)
    found = predicted_at(sample, fit, sample.take(np.arange(4)), [100, 1826]).survival
    curves = predicted_survival(sample, fit, COLON.covariates[:4])
    for row in range(4):
        assert found[row] == pytest.approx(survival_at(curves[stratum[row]][row], [100, 1826]).estimate, rel=1e-12)


def test_brier_score_by_hand() -> None:
    """Events at 1 and 3, censored at 2, alive at 4; all predicted 1/2. At 3, G is 2/3: of three after day 1, one left.

    Weights 1 (event at 1), 0 (censored), 3/2 (event at 3), 3/2 (alive): score (1 + 3/2 + 3/2) / 4 / 4 = 1/4.
    S(3) = 3/4 * 1/2 = 3/8, so that the null model has 3/8 * 5/8 = 15/64.
    """
    predictions = Predictions(np.array([1.0, 2, 3, 4]), np.array([1, 0, 1, 0]), np.array([3.0]), np.full((4, 1), 0.5))
    found = censored_brier_score(predictions)
    assert found.score.tolist() == [0.25]
    assert found.null[0] == pytest.approx(15 / 64)
    assert found.scaled[0] == pytest.approx(1 - 16 / 15)


def patients(rng: np.random.Generator, n: int, times: list[float]) -> Predictions:
    failing, lost = np.ceil(rng.exponential(8, n)), np.ceil(rng.exponential(10, n))
    survival = rng.random(n)[:, None] ** (np.array(times) / 5)
    return Predictions(np.minimum(failing, lost), failing <= lost, np.array(times), survival)


def slow_scores(predictions: Predictions, w: Floats) -> tuple[Floats, Floats]:
    """Score and null score of weighted patients, term by term from the definition."""
    f, e = predictions.follow_up, predictions.event

    def uncensored_before(u: float) -> float:
        product = 1.0
        for s in np.unique(f[(f < u) & ~e]):
            leaving = w[(f == s) & ~e].sum()
            product *= 1 - leaving / (w[f > s].sum() + leaving)
        return product

    score, null = [], []
    for m, t in enumerate(predictions.time):
        total = 0.0
        for i in range(f.size):
            if e[i] and f[i] <= t:
                total += w[i] * predictions.survival[i, m] ** 2 / uncensored_before(f[i])
            elif f[i] >= t:
                total += w[i] * (1 - predictions.survival[i, m]) ** 2 / uncensored_before(t)
        score.append(total / w.sum())
        survival = 1.0
        for s in np.unique(f[(f <= t) & e]):
            survival *= 1 - w[(f == s) & e].sum() / w[f >= s].sum()
        null.append(survival * (1 - survival))
    return np.array(score), np.array(null)


def test_the_errors_of_brier_scores_are_the_jackknife_by_numerical_derivatives() -> None:
    predictions = patients(np.random.default_rng(1), 40, [2.0, 5.0, 9.0])
    found, whole = censored_brier_score(predictions), integrated_brier_score(predictions)
    widths = np.array([3.0, 4.0, 0.0]) / 7
    score, null = slow_scores(predictions, np.ones(40))
    assert found.score == pytest.approx(score, rel=1e-12)
    assert found.null == pytest.approx(null, rel=1e-12)
    assert whole.score == pytest.approx([score @ widths], rel=1e-12)
    expected: Any = 0.0
    for i in range(40):
        sides = []
        for change in (1e-5, -1e-5):
            w = np.ones(40)
            w[i] += change
            score, null = slow_scores(predictions, w)
            sides.append(
                np.concatenate((score, 1 - score / null, [score @ widths, 1 - score @ widths / (null @ widths)]))
            )
        expected = expected + ((sides[0] - sides[1]) / 2e-5) ** 2
    error = np.sqrt(expected)
    assert found.std_err == pytest.approx(error[:3], rel=1e-6)
    assert found.scaled_std_err == pytest.approx(error[3:6], rel=1e-6)
    assert [whole.std_err[0], whole.scaled_std_err[0]] == pytest.approx(error[6:], rel=1e-6)


@settings(max_examples=50, deadline=None)
@given(st.integers(0, 10_000))
def test_the_kaplan_meier_curve_for_everybody_has_the_null_score(seed: int) -> None:
    drawn = patients(np.random.default_rng(seed), 30, [1.0, 3.0, 6.0])
    (curve,) = kaplan_meier(EventCounts.of(drawn.follow_up, drawn.event.astype(int)))
    survival = np.tile(survival_at(curve, drawn.time, extend=True).estimate, (30, 1))
    found = censored_brier_score(Predictions(drawn.follow_up, drawn.event, drawn.time, survival))
    known = found.estimable & (found.null > 0)
    assert found.score[known] == pytest.approx(found.null[known], rel=1e-9)
    assert found.scaled[known] == pytest.approx(np.zeros(int(known.sum())), abs=1e-9)


def test_without_censoring_it_is_the_mean_squared_distance_and_a_perfect_prediction_has_none() -> None:
    time = np.array([1.0, 2, 3, 4, 5])
    survival = np.array([[0.1], [0.2], [0.5], [0.7], [0.9]])
    found = censored_brier_score(Predictions(time, np.ones(5), np.array([2.5]), survival))
    assert found.score[0] == pytest.approx(np.mean((survival[:, 0] - (time > 2.5)) ** 2), rel=1e-14)
    perfect = censored_brier_score(Predictions(time, np.ones(5), np.array([2.5]), (time > 2.5).astype(float)[:, None]))
    assert perfect.score.tolist() == [0.0]
    assert perfect.scaled.tolist() == [1.0]


def test_nothing_is_said_of_times_to_which_nobody_is_followed() -> None:
    censored = Predictions(np.array([1.0, 2]), np.array([1, 0]), np.array([2.0, 3]), np.full((2, 2), 0.5))
    assert censored_brier_score(censored).estimable.tolist() == [True, False]
    assert np.isnan(integrated_brier_score(censored).score[0])
    ended = Predictions(np.array([1.0, 2]), np.array([1, 1]), np.array([2.0, 3]), np.full((2, 2), 0.5))
    assert censored_brier_score(ended).score.tolist() == [0.25, 0.25]
    groups = calibration_groups(
        Predictions(np.arange(1.0, 9), np.zeros(8), np.array([6.0]), np.repeat([0.2, 0.8], 4)[:, None])
    )
    assert groups.n.tolist() == [4, 4]
    assert np.isnan(groups.observed).tolist() == [False, True]


def test_curves_that_cannot_be_drawn_say_why() -> None:
    time, event = np.arange(1.0, 41), np.ones(40)

    def reason(survival: Floats, landmark: float = 20.0) -> str:
        found = calibration_curve(Predictions(time, event, np.array([landmark]), survival[:, None]))
        assert np.isnan(found.index)
        return found.reason

    assert reason(np.linspace(0, 0.9, 40)) == "a predicted risk is 0 or 1"
    assert reason(np.full(40, 0.5)) == "there are too few different predicted risks for a curve"
    assert reason(np.linspace(0.1, 0.9, 40), 50.0) == "the landmark lies beyond the follow-up"


def test_the_bootstrap_is_its_definition() -> None:
    """Draws from the raw numbers of PCG64, fits and concordances one after another."""
    sample = COLON.take(np.arange(150))
    found = validated_model(sample, seed=7, replicates=6)
    stream = np.random.PCG64(7)
    optimism, slopes = [], []
    for _ in range(6):
        drawn = sample.take(np.array([int(stream.random_raw()) % 150 for _ in range(150)]))
        fit = cox(drawn)
        here = concordance(drawn, drawn.covariates @ fit.coef).estimate
        risk = sample.covariates @ fit.coef
        optimism.append(here - concordance(sample, risk).estimate)
        slopes.append(cox(CoxSample(sample.time, sample.event, risk[:, None])).coef[0])
    assert found.concordance_optimism == pytest.approx(optimism, rel=1e-6, abs=1e-9)
    assert found.slopes == pytest.approx(slopes, rel=1e-7)
    apparent = concordance(sample, sample.covariates @ cox(sample).coef)
    assert found.apparent == pytest.approx(apparent.estimate, rel=1e-12)
    assert found.corrected == pytest.approx(apparent.estimate - np.mean(optimism), rel=1e-7)
    assert found.upper - found.lower == pytest.approx(2 * 1.959963984540054 * apparent.std_err, rel=1e-9)
    assert found.slope == pytest.approx(np.mean(slopes), rel=1e-7)


def test_the_optimism_of_brier_scores_is_its_definition() -> None:
    sample = COLON.take(np.arange(200))
    found = validated_model(sample, seed=3, replicates=4, landmarks=[365, 1500])
    assert np.array_equal(found.slopes, validated_model(sample, seed=3, replicates=4).slopes)
    stream, optimism = np.random.PCG64(3), []
    for _ in range(4):
        drawn = sample.take(np.array([int(stream.random_raw()) % 200 for _ in range(200)]))
        fit = cox(drawn)
        here, there = (
            slow_scores(predicted_at(drawn, fit, some, [365, 1500]), np.ones(200))[0] for some in (drawn, sample)
        )
        optimism.append(there - here)
    assert found.brier_optimism == pytest.approx(np.array(optimism), rel=1e-7, abs=1e-10)
    apparent = slow_scores(predicted_at(sample, cox(sample), sample, [365, 1500]), np.ones(200))[0]
    assert found.brier == pytest.approx(apparent, rel=1e-10)
    assert found.brier_corrected == pytest.approx(apparent + np.mean(optimism, axis=0), rel=1e-8)


def test_a_replicate_that_does_not_reach_the_landmark_is_left_out() -> None:
    time = np.append(np.arange(1.0, 31), 500.0)
    sample = CoxSample(time, np.arange(31) % 2 == 0, np.cos(time)[:, None])
    found = validated_model(sample, seed=1, replicates=30, landmarks=[100])
    # The one patient followed so far is not drawn in (30/31)^31, a third, of the replicates.
    assert 3 < found.n_failed < 20
    assert np.isnan(found.brier_corrected[0])


def test_clusters_are_drawn_whole_and_noise_is_found_out() -> None:
    rng = np.random.default_rng(3)
    noise = CoxSample(rng.exponential(1, 80), rng.random(80) < 0.6, rng.normal(size=(80, 8)))
    found = validated_model(noise, seed=1, replicates=60)
    assert found.apparent > 0.58
    assert found.corrected < found.apparent - 0.05
    assert found.slope < 0.7
    pairs = CoxSample(noise.time, noise.event, noise.covariates[:, :2], cluster=np.arange(80) // 2)
    assert validated_model(pairs, seed=1, replicates=5).concordance_optimism.size == 5


def test_replicates_without_a_fit_are_counted() -> None:
    """Two patients of twelve have the level that decides: a draw without them, or without its opposite, has no fit."""
    rng = np.random.default_rng(1)
    x = np.column_stack((np.arange(14) < 2, rng.normal(size=14)))
    sample = CoxSample(rng.permutation(14) + 1.0, np.ones(14), x)
    found = validated_model(sample, seed=2, replicates=40)
    assert found.n_failed > 4
    assert found.n_failed + found.slopes.size == 40
    assert found.warning.startswith(f"{found.n_failed} of 40")
    assert math.isnan(found.corrected)


def test_broken_requests_are_refused() -> None:
    good = predicted_at(COLON, FIT, COLON, [365])
    separated = CoxSample(np.array([1.0, 2, 3, 4]), np.array([1, 1, 0, 0]), np.array([[1.0], [1], [0], [0]]))
    calls: list[Callable[[], Any]] = [
        lambda: Predictions(np.array([1.0]), np.array([1]), np.array([1.0]), np.array([[1.5]])),
        lambda: Predictions(np.array([1.0]), np.array([2]), np.array([1.0]), np.array([[0.5]])),
        lambda: Predictions(np.array([1.0]), np.array([1]), np.array([2.0, 1.0]), np.array([[0.5, 0.5]])),
        lambda: Predictions(np.array([1.0, 2]), np.array([1, 0]), np.array([2.0]), np.array([[0.5]])),
        lambda: predicted_at(COLON, FIT, COLON, [9999]),
        lambda: integrated_brier_score(good),
        lambda: calibration_groups(good, place=1),
        lambda: calibration_groups(good, n_groups=1),
        lambda: calibration_curve(good, at=np.array([0.0, 0.5])),
        lambda: validated_model(COLON, seed=-1),
        lambda: validated_model(COLON, seed=1, replicates=1),
        lambda: validated_model(separated, seed=1),
    ]
    for call in calls:
        with pytest.raises(EstimationError):
            call()
