"""Curves and rank tests over data frames against R (oracle: another program; cases in tests/reference)."""

from __future__ import annotations

import numpy as np
import pytest

import atrisk
from tests.api.data import asked, frame
from tests.reference.loader import Case, cases_of


def curves(case: Case, *, reverse: bool = False) -> atrisk.SurvivalCurves:
    options = asked(case, "conf_type", "conf_level", "estimator", "robust")
    if reverse:
        options.pop("estimator")
        return atrisk.follow_up(frame(case.dataset), **options)
    return atrisk.kaplan_meier(frame(case.dataset), **options)


@pytest.mark.parametrize("case", cases_of("km.curve"), ids=lambda case: case.id)
def test_curves(case: Case) -> None:
    """S, H, the standard error of H and the counts of every row kept; S's own error is held in tests/estimate."""
    answer = curves(case)
    for curve, expected in zip(answer.result, case.expected["curves"], strict=True):
        exits = np.flatnonzero((curve.n_event > 0) | (curve.n_censored > 0) | (curve.patients_leaving > 0))
        rows = exits[np.asarray(expected["row"], dtype=int) - 1] if "row" in expected else exits
        found = {"time": curve.time, "n_risk": curve.n_at_risk, "cumhaz": curve.cumulative_hazard}
        if "weights" not in case.options:
            found |= {"surv": curve.survival, "std_err": curve.std_err, "lower": curve.lower, "upper": curve.upper}
        # Cases that differ in the scale of the limits alone hold no more than those.
        assert {"time", "lower"} <= set(expected)
        for name in set(found) & set(expected):
            case.close(found[name][rows], expected[name], name)


@pytest.mark.parametrize("case", cases_of("km.quantiles"), ids=lambda case: case.id)
def test_quantiles(case: Case) -> None:
    answer = atrisk.quantiles(curves(case), case.options["probs"]).to_dict()
    for column, key in (("quantile", "quantile"), ("conf_low", "lower"), ("conf_high", "upper")):
        expected = [value for curve in case.expected["curves"] for value in curve[key]]
        case.close(answer[column], expected, key)


@pytest.mark.parametrize("case", cases_of("km.reverse_followup"), ids=lambda case: case.id)
def test_follow_up(case: Case) -> None:
    answer = atrisk.quantiles(curves(case, reverse=True), case.options["probs"]).to_dict()
    case.close(answer["quantile"], [value for curve in case.expected["curves"] for value in curve["quantile"]], "times")


@pytest.mark.parametrize("case", cases_of("km.landmarks"), ids=lambda case: case.id)
def test_landmarks(case: Case) -> None:
    times = np.sort(case.options["times"])
    answer = atrisk.survival_at(curves(case), times, extend=bool(case.options.get("extend"))).to_dict()
    case.close(answer["survival"], [value for curve in case.expected["curves"] for value in curve["surv"]], "surv")


@pytest.mark.parametrize("case", cases_of("km.rmst"), ids=lambda case: case.id)
def test_restricted_means(case: Case) -> None:
    answer = atrisk.restricted_mean(curves(case), case.options["tau"], extend=True).to_dict()
    case.close(answer["restricted_mean"], [curve["rmst"] for curve in case.expected["curves"]], "rmst")


@pytest.mark.parametrize("case", cases_of("logrank"), ids=lambda case: case.id)
def test_log_rank(case: Case) -> None:
    rho = case.options["rho"]
    weight = atrisk.RankWeight("fleming-harrington", rho=rho) if rho else atrisk.RankWeight()
    answer = atrisk.log_rank(frame(case.dataset), **asked(case), weight=weight)
    case.close(answer.table["chi_squared"], [case.expected["chisq"]], "chisq")
    assert list(answer.table["df"]) == [case.expected["df"]]


@pytest.mark.parametrize("case", cases_of("logrank.pairwise"), ids=lambda case: case.id)
def test_pairs(case: Case) -> None:
    rho = case.options["rho"]
    weight = atrisk.RankWeight("fleming-harrington", rho=rho) if rho else atrisk.RankWeight()
    for adjustment, key in (("holm", "p_holm"), ("benjamini-hochberg", "p_bh")):
        answer = atrisk.pairwise_log_rank(frame(case.dataset), **asked(case), weight=weight, adjustment=adjustment)
        np.testing.assert_allclose(np.sort(answer.table["p_adjusted"]), np.sort(case.expected[key]), rtol=1e-8)


@pytest.mark.parametrize("case", cases_of("logrank.trend"), ids=lambda case: case.id)
def test_trend(case: Case) -> None:
    rho = case.options["rho"]
    weight = atrisk.RankWeight("fleming-harrington", rho=rho) if rho else atrisk.RankWeight()
    scores = case.options.get("scores")
    answer = atrisk.log_rank_trend(frame(case.dataset), **asked(case), weight=weight, scores=scores)
    case.close(answer.table["chi_squared"], [case.expected["chisq"]], "chisq")


def test_conditional_survival_is_a_ratio_of_survivals() -> None:
    """By definition S(t) / S(s), with the curve's own values held to R above."""
    columns = {"time": "time", "event": "status", "event_value": 2, "group": "sex"}
    lung = frame("lung")
    found = atrisk.conditional_survival(lung, **columns, survived=180, times=[365, 545]).to_dict()
    curves_of_all = atrisk.kaplan_meier(lung, **columns)
    plain = np.reshape(atrisk.survival_at(curves_of_all, [180, 365, 545]).table["survival"], (2, 3))
    np.testing.assert_allclose(np.reshape(found["survival"], (2, 2)), plain[:, 1:] / plain[:, :1], rtol=1e-12)


@pytest.mark.parametrize("case", cases_of("logrank.weighted"), ids=lambda case: case.id)
def test_weighted_log_rank(case: Case) -> None:
    """The cases call the weight of 1 `logrank`; rho and gamma belong to the Fleming-Harrington weights."""
    kind = case.options["weight"]
    powers = {name: case.options.get(name, 0) for name in ("rho", "gamma")} if kind == "fleming-harrington" else {}
    weight = atrisk.RankWeight("log-rank" if kind == "logrank" else kind, **powers)
    answer = atrisk.log_rank(frame(case.dataset), **asked(case), weight=weight)
    case.close(answer.table["chi_squared"], [case.expected["chisq"]], "chisq")
    case.close(answer.result.difference, case.expected["weighted_o_minus_e"], "O - E")
