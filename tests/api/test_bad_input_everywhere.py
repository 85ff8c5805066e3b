"""The same bad cells given to every function: an error with column and row, or a result; no value shown, no crash."""

from __future__ import annotations

import datetime
import math
import re
import warnings
from collections.abc import Callable
from typing import Any

import numpy as np
import pytest

import atrisk
from atrisk.errors import EstimationError

N = 40
STATES: dict[str, Any] = {"time": "t", "event": "s", "event_map": {0: "none", 1: "a", 2: "b"}}
ENDS: dict[str, Any] = {"lower": "low", "upper": "high"}
SIDES: dict[str, Any] = {"exposure": "g", "exposed_value": "a", "event": "d"}
XY = ["x", "y"]


def good() -> dict[str, list[Any]]:
    random = np.random.default_rng(1)
    return {
        "t": (random.exponential(10, N).round(1) + 1).tolist(),
        "d": (random.random(N) < 0.6).astype(int).tolist(),
        "s": random.integers(0, 3, N).tolist(),
        "e": [0.0] * N,
        "g": list("ab" * (N // 2)),
        "g4": list("abcd" * (N // 4)),
        "x": random.normal(size=N).tolist(),
        "y": random.normal(size=N).tolist(),
        "w": random.integers(1, 4, N).astype(float).tolist(),
        "k": random.integers(0, 8, N).tolist(),
        "o": random.normal(size=N).round(2).tolist(),
        "low": [1.0 + i % 5 for i in range(N)],
        "high": [2.0 + i % 5 + i % 7 for i in range(N)],
        "level": random.integers(0, 4, N).tolist(),
    }


def of_model(data: Any) -> None:
    model = atrisk.cox(data, time="t", event="d", entry="e", covariates=XY)
    atrisk.proportional_hazards(model)
    atrisk.concordance(model)
    atrisk.baseline_hazard(model)
    atrisk.cox_residuals_of(model, "martingale")


def of_scores(data: Any) -> None:
    scores = atrisk.propensity_scores(data, treatment="d", covariates=XY)
    atrisk.propensity_weights(scores)
    atrisk.match(scores)


# The call, the columns that must be numbers, and the columns of codes.
CALLS: dict[str, tuple[Callable[[Any], Any], str, str]] = {
    "kaplan_meier": (
        lambda d: atrisk.kaplan_meier(d, time="t", event="d", group="g", entry="e", weights="w", cluster="k"),
        "t e w",
        "d g k",
    ),
    "quantiles": (lambda d: atrisk.quantiles(atrisk.kaplan_meier(d, time="t", event="d"), [0.5]), "t", "d"),
    "restricted_mean": (
        lambda d: atrisk.restricted_mean_contrasts(atrisk.kaplan_meier(d, time="t", event="d", group="g"), tau=5),
        "t",
        "d g",
    ),
    "follow_up": (lambda d: atrisk.follow_up(d, time="t", event="d", group="g"), "t", "d g"),
    "conditional_survival": (
        lambda d: atrisk.conditional_survival(d, time="t", event="d", survived=3, times=[5]),
        "t",
        "d",
    ),
    "log_rank": (lambda d: atrisk.log_rank(d, time="t", event="d", group="g", strata="k", entry="e"), "t e", "d g k"),
    "log_rank_trend": (lambda d: atrisk.log_rank_trend(d, time="t", event="d", group="g4"), "t", "d g4"),
    "pairwise": (lambda d: atrisk.pairwise_log_rank(d, time="t", event="d", group="g4"), "t", "d g4"),
    "max_combo": (lambda d: atrisk.max_combo(d, time="t", event="d", group="g"), "t", "d g"),
    "permutation": (
        lambda d: atrisk.permutation_log_rank(d, time="t", event="d", group="g", seed=1, replicates=50),
        "t",
        "d g",
    ),
    "cox": (
        lambda d: atrisk.cox(d, time="t", event="d", covariates=XY, strata="g", weights="w", offset="o", cluster="k"),
        "t x y w o",
        "d g k",
    ),
    "exact ties": (lambda d: atrisk.cox(d, time="t", event="d", covariates=XY, ties="exact"), "t x y", "d"),
    "of a Cox model": (of_model, "t e x y", "d"),
    "firth_cox": (lambda d: atrisk.firth_cox(d, time="t", event="d", covariates=XY), "t x y", "d"),
    "incidence": (
        lambda d: atrisk.incidence_difference(atrisk.cumulative_incidence(d, **STATES, group="g", entry="e"), [5]),
        "t e",
        "s g",
    ),
    "gray": (lambda d: atrisk.gray(d, **STATES, group="g", strata="k"), "t", "s g k"),
    "fine_gray": (
        lambda d: atrisk.fine_gray(d, **STATES, cause="a", covariates=XY, strata="g", weights="w", cluster="k"),
        "t x y w",
        "s g k",
    ),
    "cause_specific": (lambda d: atrisk.cause_specific_cox(d, **STATES, cause="a", covariates=XY), "t x y", "s"),
    "parametric": (lambda d: atrisk.parametric(d, time="t", event="d", covariates=XY, weights="w"), "t x y w", "d"),
    "interval_parametric": (lambda d: atrisk.interval_parametric(d, **ENDS, covariates=["x"]), "low high x", ""),
    "turnbull": (lambda d: atrisk.turnbull(d, **ENDS, group="g"), "low high", "g"),
    "interval_log_rank": (lambda d: atrisk.interval_log_rank(d, **ENDS, group="g"), "low high", "g"),
    "chi_squared": (lambda d: atrisk.chi_squared(d, group="g", outcome="s"), "", "g s"),
    "fisher": (lambda d: atrisk.fisher(d, group="g", outcome="s"), "", "g s"),
    "trend": (lambda d: atrisk.cochran_armitage(d, group="g4", event="d"), "", "g4 d"),
    "mantel_haenszel": (lambda d: atrisk.mantel_haenszel(d, **SIDES, strata="k"), "", "g d k"),
    "breslow_day": (lambda d: atrisk.breslow_day(d, **SIDES, strata="g4"), "", "g d g4"),
    "proportions": (lambda d: atrisk.proportions(d, event="d", group="g"), "", "d g"),
    "risk_contrasts": (
        lambda d: atrisk.risk_contrasts(d, event="d", group="g", contrast="miettinen-nurminen ratio"),
        "",
        "d g",
    ),
    "kruskal_wallis": (lambda d: atrisk.kruskal_wallis(d, value="x", group="g4"), "x", "g4"),
    "wilcoxon": (lambda d: atrisk.wilcoxon(d, value="x", group="g"), "x", "g"),
    "hodges_lehmann": (lambda d: atrisk.hodges_lehmann(d, value="x", group="g"), "x", "g"),
    "t_test": (lambda d: atrisk.t_test(d, value="x", group="g"), "x", "g"),
    "anova": (lambda d: atrisk.analysis_of_variance(d, value="x", group="g4"), "x", "g4"),
    "logistic": (lambda d: atrisk.logistic(d, outcome="d", covariates=XY, weights="w", offset="o"), "x y w o", "d"),
    "firth_logistic": (lambda d: atrisk.firth_logistic(d, outcome="d", covariates=XY), "x y", "d"),
    "poisson": (lambda d: atrisk.poisson(d, outcome="s", covariates=XY, cluster="k"), "s x y", "k"),
    "proportional_odds": (lambda d: atrisk.proportional_odds(d, outcome="level", covariates=XY), "level x y", ""),
    "propensity": (of_scores, "x y", "d"),
    "differences": (
        lambda d: atrisk.standardized_differences(d, group="d", variables=["x", "g4"], weights="w"),
        "x w",
        "d g4",
    ),
}
DAY = datetime.date(2020, 1, 2)


def outcome(call: Callable[[Any], Any], data: Any) -> str:
    """What is said where the data are refused, "" where there is a result; any other exception or warning fails."""
    with warnings.catch_warnings():
        warnings.simplefilter("error")
        try:
            call(data)
            said = ""
        except EstimationError as error:
            said = str(error)
    assert not re.search(r"Patient-4711|2020", said), "a value is shown"
    return said


def with_cell(column: str, value: Any) -> dict[str, list[Any]]:
    data = good()
    data[column][5] = value
    return data


@pytest.mark.parametrize("name", CALLS)
def test_a_bad_cell_in_a_column_of_numbers_is_refused_with_its_place(name: str) -> None:
    call, numbers, _ = CALLS[name]
    assert not outcome(call, good())
    for column in numbers.split():
        for value in ("Patient-4711", DAY, 1e300, 1e-300, [1, 2]):
            said = outcome(call, with_cell(column, value))
            assert said.startswith(f"column '{column}', row 6: "), (column, value, said)
        # An interval that ends at infinity is right censored.
        if column != "high":
            assert outcome(call, with_cell(column, math.inf)).startswith(f"column '{column}', row 6: ")


@pytest.mark.parametrize("name", CALLS)
def test_gaps_dates_and_what_does_not_vary_are_refused_or_answered(name: str) -> None:
    call, numbers, codes = CALLS[name]
    for column in (numbers + " " + codes).split():
        assert not outcome(call, with_cell(column, None)), column
        if column not in ("low", "high"):
            assert not outcome(call, with_cell(column, math.nan)), column
            assert "no row has a value" in outcome(call, {**good(), column: [None] * N})
        said = outcome(call, {**good(), column: [DAY] * N})
        assert f"column '{column}'" in said, (column, said)
        assert "dates" in said, (column, said)
        for same in (good()[column][:1] * N, [0] * N, [1] * N, [-1.0] * N):
            outcome(call, {**good(), column: same})
    for rows in (1, 2, 3):
        outcome(call, {column: cells[:rows] for column, cells in good().items()})
