"""Competing risks, tables, regression and intervals over data frames against R (cases in tests/reference)."""

from __future__ import annotations

import numpy as np
import pytest

import atrisk
from atrisk.errors import EstimationError
from tests.api.data import asked, frame, terms
from tests.reference.loader import Case, cases_of, numbers, same

MAPPED = ("event_map", "censor")
OF_AN_OUTCOME = ("outcome", "outcome_value", "weights", "offset")


def of_dataset(*methods: str) -> list[Case]:
    return [case for case in cases_of(*methods) if case.dataset is not None and "error" not in case.expected]


@pytest.mark.parametrize("case", of_dataset("cif.aalen_johansen_landmarks"), ids=lambda case: case.id)
def test_cumulative_incidence(case: Case) -> None:
    options = asked(case, *MAPPED, "conf_type", "conf_level")
    # A code outside the map counts as missing in R; here it is an error, so that such rows go first.
    data = frame(case.dataset)
    known = [any(same(str(cell), code) for code in options["event_map"]) for cell in data[options["event"]]]
    curves = atrisk.cumulative_incidence(data[known], **options)
    found = atrisk.incidence_at(curves, np.sort(case.options["times"]), extend=True).to_dict()
    expected = [value for curve in case.expected["curves"] for cause in curves.causes for value in curve["cif"][cause]]
    case.close(found["cumulative_incidence"], expected, "cif")


@pytest.mark.parametrize(
    "case", [one for one in of_dataset("cif.gray") if "gray_test" in one.expected], ids=lambda c: c.id
)
def test_gray(case: Case) -> None:
    options = asked(case, *MAPPED, "rho")
    answer = atrisk.gray(frame(case.dataset), **options, timefix=False).to_dict()
    found = dict(zip(answer["cause"], answer["chi_squared"], strict=True))
    for test in case.expected["gray_test"]:
        case.close([found[test["cause"]]], [test["stat"]], test["cause"])


PLAIN_CRR = [one for one in of_dataset("finegray.crr") if not {"time_varying", "censoring_group"} & set(one.options)]


@pytest.mark.parametrize("case", PLAIN_CRR, ids=lambda case: case.id)
def test_fine_gray(case: Case) -> None:
    options = asked(case, *MAPPED, "cause")
    model = atrisk.fine_gray(frame(case.dataset), **options, covariates=terms(case), timefix=False)
    best = case.expected.get("tight", case.expected)
    assert list(model.table["term"]) == case.expected["coef_names"]
    finite = np.isfinite(model.table["coef"])
    case.close(np.asarray(model.table["coef"])[finite], numbers(best["coef"])[finite].tolist(), "coef")


@pytest.mark.parametrize("case", of_dataset("logistic"), ids=lambda case: case.id)
def test_logistic(case: Case) -> None:
    options = {
        key: case.options[key] for key in ("outcome", "outcome_value", "weights", "offset") if key in case.options
    }
    model = atrisk.logistic(frame(case.dataset), **options, covariates=terms(case))
    assert list(model.table["term"]) == case.expected["coef_names"]
    if model.result.separated:
        assert any("separation" in note for note in model.notes)
        return
    best = case.expected.get("tight", case.expected)
    case.close(model.table["coef"], best["coef"], "coef", rtol=max(case.rtol, 1e-6))


@pytest.mark.parametrize("case", of_dataset("logistic.firth"), ids=lambda case: case.id)
def test_firth_logistic(case: Case) -> None:
    options = {
        key: case.options[key] for key in ("outcome", "outcome_value", "weights", "offset") if key in case.options
    }
    model = atrisk.firth_logistic(frame(case.dataset), **options, covariates=terms(case))
    case.close(model.table["coef"], case.expected["coef"], "coef")
    case.close(np.log(model.table["conf_low"]), case.expected["profile_lower"], "lower")


@pytest.mark.parametrize("case", of_dataset("ksample"), ids=lambda case: case.id)
def test_ranks_and_means(case: Case) -> None:
    value, group, data = case.options["value"], case.options["group"], frame(case.dataset)
    ranks = atrisk.kruskal_wallis(data, value=value, group=group)
    case.close(ranks.table["p"], [case.expected["kruskal_wallis"]["p"]], "Kruskal-Wallis")
    anova = atrisk.analysis_of_variance(data, value=value, group=group)
    case.close(anova.table["p"], [case.expected["anova"]["p"]], "one-way")
    if "t_welch" in case.expected:
        case.close(atrisk.t_test(data, value=value, group=group).table["p"], [case.expected["t_welch"]["p"]], "Welch")
        found = atrisk.wilcoxon(data, value=value, group=group, exact=False)
        case.close(found.table["p"], [case.expected["wilcoxon"]["p_corrected"]], "Wilcoxon")


@pytest.mark.parametrize("case", of_dataset("table.chisq", "table.fisher"), ids=lambda case: case.id)
def test_tables(case: Case) -> None:
    where = {"group": case.options["row"], "outcome": case.options["column"]}
    if case.method == "table.chisq":
        answer = atrisk.chi_squared(frame(case.dataset), **where)
        case.close(answer.table["p"], [case.expected["continuity_corrected"]["p"]], "p")
    else:
        case.close(atrisk.fisher(frame(case.dataset), **where).table["p"], [case.expected["p"]], "p")


@pytest.mark.parametrize("case", of_dataset("table.trend"), ids=lambda case: case.id)
def test_trend(case: Case) -> None:
    options = {key: case.options[key] for key in ("event", "event_value", "group", "scores") if key in case.options}
    answer = atrisk.cochran_armitage(frame(case.dataset), **options)
    case.close(answer.table["chi_squared"], [case.expected["chisq"]], "chisq")


@pytest.mark.parametrize("case", of_dataset("table.mantel_haenszel"), ids=lambda case: case.id)
def test_mantel_haenszel(case: Case) -> None:
    names = ("event", "event_value", "exposure", "exposed_value", "strata")
    answer = atrisk.mantel_haenszel(frame(case.dataset), **{name: case.options[name] for name in names})
    case.close(answer.to_dict()["value"][:1], [case.expected["common_odds_ratio"]], "odds ratio")
    case.close(answer.table["p"][:1], [case.expected["corrected"]["p"]], "p")


@pytest.mark.parametrize("case", of_dataset("iptw"), ids=lambda case: case.id)
def test_propensity_weights(case: Case) -> None:
    options = {name: case.options[name] for name in ("treatment", "treated_value") if name in case.options}
    data = frame(case.dataset)
    used = data.dropna(subset=[name for name in (case.options.get("time"), case.options.get("event")) if name])
    scores = atrisk.propensity_scores(used, **options, covariates=terms(case))
    if scores.result.fit.separated:
        # R stops on the way and weights by 1e-9 or so; here weights by a score of 0 are refused.
        with pytest.raises(EstimationError, match="strictly between 0 and 1"):
            atrisk.propensity_weights(scores)
        return
    case.close(scores.table["score"][:20], case.expected["propensity"]["score_first"], "score", rtol=1e-6)
    weights = atrisk.propensity_weights(scores, estimand="ate")
    treated = np.asarray(weights.table["treated"])
    total = float(np.asarray(weights.table["weight"])[treated].sum())
    case.close([total], [case.expected["weights"]["ate"]["sum_treated"]], "weights", rtol=1e-6)


RIGHT = [one for one in of_dataset("survreg") if "time" in one.options and "scale_strata" not in one.options]


@pytest.mark.parametrize("case", RIGHT, ids=lambda case: case.id)
def test_parametric(case: Case) -> None:
    options = asked(case)
    covariates = terms(case) if case.options.get("covariates") else ()
    covariates = [term for term in covariates if term != "1"]
    fixed = case.options.get("fixed_scale", case.options.get("scale"))
    model = atrisk.parametric(
        frame(case.dataset),
        **options,
        covariates=covariates,
        distribution=case.options["distribution"],
        fixed_scale=fixed if fixed else None,
    )
    best = case.expected.get("tight", case.expected)
    case.close(model.table["coef"], best["coef"], "coef", rtol=max(case.rtol, 1e-6))


def test_the_cause_specific_model_is_that_of_r() -> None:
    """Against every case in which R's fit has a maximum."""
    for case in of_dataset("cox.cause_specific"):
        if "event_map" not in case.options:
            model = atrisk.cox(frame(case.dataset), **asked(case), covariates=terms(case), ties=case.options["ties"])
        else:
            options = asked(case, *MAPPED, "cause", "ties")
            options.pop("event_value", None)
            model = atrisk.cause_specific_cox(frame(case.dataset), **options, covariates=terms(case))
        finite = np.isfinite(model.table["coef"])
        best = case.expected.get("tight", case.expected)
        case.close(np.asarray(model.table["coef"])[finite], numbers(best["coef"])[finite].tolist(), case.id, rtol=1e-6)


def test_turnbull_without_intervals_is_kaplan_meier() -> None:
    """By theory: with exact and right-censored times Turnbull's curve is Kaplan and Meier's (Turnbull 1976)."""
    data = frame("veteran")
    data["upper"] = np.where(data["status"] == 1, data["time"], np.nan)
    curve = atrisk.turnbull(data, lower="time", upper="upper")
    expected = atrisk.kaplan_meier(data, time="time", event="status")
    at = atrisk.survival_at(expected, np.asarray(curve.table["right"])[:-1])
    np.testing.assert_allclose(np.asarray(curve.table["survival"])[:-1], at.table["survival"], atol=1e-8)
    test = atrisk.interval_log_rank(data, lower="time", upper="upper", group="trt")
    assert 0 < test.table["p"][0] < 1


@pytest.mark.parametrize("case", of_dataset("smd"), ids=lambda case: case.id)
def test_standardized_differences(case: Case) -> None:
    kinds = {name: kind["type"] for name, kind in case.options["variables"].items()}
    data = frame(case.dataset)
    for name, kind in case.options["variables"].items():
        if kind["type"] == "binary":
            data[name] = [None if cell is None or cell != cell else same(str(cell), kind["one"]) for cell in data[name]]
    answer = atrisk.standardized_differences(
        data,
        group=case.options["treatment"],
        group_value=case.options["treated_value"],
        variables=list(kinds),
        levels=[name for name, kind in kinds.items() if kind == "multilevel"],
        weights=case.options.get("weights"),
    )
    case.close(answer.table["smd"], [case.expected["smd"][name] for name in kinds], "smd")


def test_matched_pairs_are_rows_of_the_data_frame() -> None:
    """Rows left out for missing values do not shift the numbers: pairs are a treated row and one that is not."""
    data = frame("lalonde")
    data.loc[[0, 5, 300, 400], "re74"] = np.nan
    covariates = ["age", "educ", "married", "re74"]
    scores = atrisk.propensity_scores(data, treatment="treat", covariates=covariates)
    pairs = atrisk.match(scores, rule=atrisk.MatchingRule(ratio=1), caliper_sds=0.2)
    treated, control = (np.asarray(pairs.table[name]) - 1 for name in ("treated_row", "control_row"))
    assert (data["treat"].to_numpy()[treated] == 1).all()
    assert (data["treat"].to_numpy()[control] == 0).all()
    assert not {0, 5, 300, 400} & {*treated.tolist(), *control.tolist()}
    assert np.unique(control).size == control.size
    logit = dict(zip(np.asarray(scores.table["row"]) - 1, scores.table["logit"], strict=True))
    width = 0.2 * np.std(np.asarray(scores.table["logit"]), ddof=1)
    assert max(abs(logit[t] - logit[c]) for t, c in zip(treated, control, strict=True)) <= width
