"""Functions over data frames against R: values made by tests/api/r/functions.R, and cases of the reference folders."""

from __future__ import annotations

import json
from pathlib import Path
from typing import Any

import numpy as np
import pandas as pd
import pytest

import atrisk
from atrisk.errors import EstimationError
from tests.api.data import asked, frame, terms
from tests.reference.loader import Case, cases_of

HERE = Path(__file__).parent
FROM_R: dict[str, Any] = json.loads((HERE / "r" / "functions.json").read_text(encoding="utf-8"))
MAX_COMBO = json.loads((HERE.parent / "compare" / "r" / "max_combo.json").read_text(encoding="utf-8"))
MORE = HERE.parent / "reference_more" / "data"
LUNG: dict[str, Any] = {"time": "time", "event": "status", "event_value": 2, "group": "sex"}
MELANOMA = {"event": "status", "event_value": 1, "group": "ulcer"}


def close(computed: Any, expected: Any, rtol: float = 1e-9) -> None:
    np.testing.assert_allclose(np.asarray(computed, dtype=float), np.asarray(expected, dtype=float), rtol=rtol)


def test_firth_cox_is_the_maximum_of_the_penalised_likelihood_with_its_profile_limits() -> None:
    """R: the likelihood written out, maximised by optim and Newton steps, profiles solved by uniroot."""
    r = FROM_R["firth_cox"]
    covariates = ["age", atrisk.Factor("rx", reference=1)]
    model = atrisk.firth_cox(frame("ovarian"), time="futime", event="fustat", covariates=covariates, ties="breslow")
    close(model.table["coef"], r["coef"], 1e-6)
    close(np.log(model.table["conf_low"]), r["lower"], 1e-5)
    close(np.log(model.table["conf_high"]), r["upper"], 1e-5)


@pytest.mark.parametrize("case", cases_of("cox.firth"), ids=lambda case: case.id)
def test_firth_cox(case: Case) -> None:
    options = asked(case, "ties")
    model = atrisk.firth_cox(frame(str(case.dataset)), **options, covariates=terms(case))
    case.close(model.table["coef"], case.expected["coef"], "coef")
    case.close(np.log(model.table["conf_low"]), case.expected["profile_lower"], "lower", rtol=1e-4)
    case.close(model.table["p"], case.expected["plr_p"], "p", rtol=1e-4)


def test_poisson_with_each_variance() -> None:
    """R: glm, and the sandwich of its scores written out."""
    r, data = FROM_R["poisson"], pd.read_csv(MORE / "birthwt.csv")
    asked_for = {"outcome": "low", "covariates": ["age", "smoke"]}
    for given, errors in (
        ({"variance": "model"}, r["model"]),
        ({"variance": "robust"}, r["robust"]),
        ({"variance": "robust", "cluster": "clu"}, r["clustered"]),
    ):
        model = atrisk.poisson(data, **asked_for, **given)
        close(model.table["coef"], r["coef"])
        close(model.table["std_error"], errors)


def test_proportional_odds() -> None:
    """R: polr's likelihood, maximised further than polr does; its standard errors are those of polr's stop."""
    r = FROM_R["proportional_odds"]
    model = atrisk.proportional_odds(frame("lung"), outcome="ph.ecog", covariates=["age", "sex"])
    close(model.table["coef"], r["coef"], 1e-6)
    close(model.result.loglik, r["loglik"], 1e-10)
    close(model.table["std_error"], r["polr_se"], 1e-4)


@pytest.mark.parametrize("limits", ["exact", "wilson"])
def test_proportions(limits: Any) -> None:
    found = atrisk.proportions(frame("melanoma"), **MELANOMA, limits=limits)
    close(np.column_stack((found.table["conf_low"], found.table["conf_high"])), FROM_R["proportions"][limits], 1e-8)


@pytest.mark.parametrize("case", cases_of("proportion.ci"), ids=lambda case: case.id)
def test_proportions_of_rows(case: Case) -> None:
    x, n = case.options["x"], case.options["n"]
    data = {"died": [1] * x + [0] * (n - x)}
    for ours, theirs in (
        ("exact", "exact"),
        ("wilson", "wilson"),
        ("wilson corrected", "wilson_continuity"),
        ("agresti-coull", "agresti_coull_unclipped"),
        ("jeffreys", "jeffreys_raw_beta"),
    ):
        found = atrisk.proportions(data, event="died", limits=ours, conf_level=case.options["conf_level"])  # type: ignore[arg-type]
        for end in ("low", "high"):
            value = case.expected[theirs]["lower" if end == "low" else "upper"]
            case.close(found.table[f"conf_{end}"], [value], f"{ours} {end}")


def test_risk_contrasts() -> None:
    """R: Newcombe's limits from prop.test's, Miettinen and Nurminen's by uniroot of their score."""
    r = FROM_R["risk_contrasts"]
    for contrast, name, rtol in (
        ("newcombe difference", "newcombe", 1e-8),
        ("miettinen-nurminen difference", "mn", 1e-6),
    ):
        found = atrisk.risk_contrasts(frame("melanoma"), **MELANOMA, contrast=contrast)  # type: ignore[arg-type]
        close(found.table["estimate"], [r["difference"]])
        close([found.table["conf_low"][0], found.table["conf_high"][0]], r[name], rtol)


@pytest.mark.parametrize(
    "case", [case for case in cases_of("proportion.two") if case.options["conf_level"] == 0.95], ids=lambda c: c.id
)
def test_ratios_of_risks(case: Case) -> None:
    x1, n1, x2, n2 = (case.options[name] for name in ("x1", "n1", "x2", "n2"))
    rows = {"died": [1] * x1 + [0] * (n1 - x1) + [1] * x2 + [0] * (n2 - x2), "arm": ["a"] * n1 + ["b"] * n2}
    if min(x1, n1 - x1, x2, n2 - x2) == 0:
        found = atrisk.risk_contrasts(rows, event="died", group="arm", contrast="odds ratio")
        assert found.table["reason"][0] or np.isfinite(found.table["estimate"][0])
        return
    for contrast, name in (("risk ratio", "risk_ratio"), ("odds ratio", "odds_ratio_woolf")):
        found = atrisk.risk_contrasts(rows, event="died", group="arm", contrast=contrast)  # type: ignore[arg-type]
        got = [found.table[column][0] for column in ("estimate", "conf_low", "conf_high")]
        case.close(got, [case.expected[name][key] for key in ("estimate", "lower", "upper")], contrast)


def test_robust_errors_beside_a_cell_without_events() -> None:
    """R: the fit to the other cells. Eleven coefficients run off together, and ten sums of them are finite."""
    r, colon = FROM_R["beside_an_empty_cell"], frame("colon_recurrence")
    covariates = [atrisk.Factor("extent", reference=1), atrisk.Factor("rx", reference="Obs"), "age", "extent:rx"]
    model = atrisk.cox(colon, time="time", event="status", covariates=covariates, cluster="id", ties="breslow")
    place = list(model.table["term"]).index("age")
    model_based = float(np.sqrt(model.result.model_covariance[place, place]))
    close([model.table["coef"][place], model.table["std_error"][place], model_based], r["cox"], 1e-6)
    counts = atrisk.poisson(colon, outcome="status", covariates=covariates)
    place = list(counts.table["term"]).index("age")
    model_based = float(np.sqrt(counts.result.model_covariance[place, place]))
    close([counts.table["coef"][place], counts.table["std_error"][place], model_based], r["poisson"], 1e-8)
    # The intercept of the counts, the rate of the empty cell, runs off with them.
    assert (np.isinf(model.table["coef"]).sum(), np.isinf(counts.table["coef"]).sum()) == (11, 12)


def test_clusters_of_a_cumulative_incidence() -> None:
    """R: survfit's influences of the patients, added up over clusters."""
    r = FROM_R["clustered_incidence"]
    data = pd.read_csv(MORE / "transplant.csv")
    states = {"censored": "censored", "death": "died", "ltx": "transplanted", "withdraw": "withdrew"}
    curves = atrisk.cumulative_incidence(data, time="futime", event="event", event_map=states, cluster="clu")
    found = atrisk.incidence_at(curves, [365])
    close(found.table["cumulative_incidence"], r["cif"])
    close(found.table["std_error"], r["se"])


def test_homogeneity_and_shift() -> None:
    r, colon = FROM_R["breslow_day"], frame("colon_death")
    columns = {"exposure": "rx", "exposed_value": "Lev+5FU", "event": "status", "strata": "extent"}
    found = atrisk.breslow_day(colon[colon["rx"] != "Lev"], **columns)
    close([found.table["chi_squared"][0], found.result.breslow_day], [r["tarone"], r["breslow_day"]], 1e-8)
    close([found.table["p"][0], found.table["df"][0]], [r["p"], r["df"]], 1e-8)
    shift = atrisk.hodges_lehmann(frame("ovarian"), value="age", group="rx")
    close(shift.table["shift"], [FROM_R["hodges_lehmann"]["estimate"]])
    close([shift.table["conf_low"][0], shift.table["conf_high"][0]], FROM_R["hodges_lehmann"]["interval"])
    assert shift.conventions[0].startswith("exact")


@pytest.mark.parametrize(
    ("name", "dataset", "columns"),
    [
        ("lung-sex", "lung", LUNG),
        ("lung-sex-by-ecog", "lung", LUNG | {"strata": "ph.ecog"}),
        ("veteran-trt", "veteran", {"time": "time", "event": "status", "group": "trt"}),
        ("ovarian-rx", "ovarian", {"time": "futime", "event": "fustat", "group": "rx"}),
    ],
)
def test_max_combo(name: str, dataset: str, columns: dict[str, Any]) -> None:
    """R: mvtnorm's normal probability of the maximum, to its own stated error."""
    r = MAX_COMBO[name]
    data = frame(dataset).dropna(subset=["ph.ecog"]) if dataset == "lung" else frame(dataset)
    found = atrisk.max_combo(data, **columns)
    close(found.table["max_abs_z"], [max(map(abs, r["z"]))])
    assert abs(found.table["p"][0] - r["p"]) <= 10 * r["error"]


def test_permutation_of_a_small_trial_counts_every_arrangement() -> None:
    """R: survdiff of all 462 arrangements of six and five patients."""
    aml = frame("aml").iloc[[0, 1, 2, 3, 4, 5, 11, 12, 13, 14, 15]]
    found = atrisk.permutation_log_rank(aml, time="time", event="status", group="x", seed=1)
    close(found.table["chi_squared"], [FROM_R["permutation"]["chisq"]])
    close(found.table["p"], [FROM_R["permutation"]["p"]])
    assert found.result.exact


def test_conditional_survival_and_difference_of_incidences() -> None:
    r = FROM_R["conditional"]
    lung = {"time": "time", "event": "status", "event_value": 2}
    found = atrisk.conditional_survival(frame("lung"), **lung, survived=180, times=[365])
    close([found.to_dict()[name][0] for name in ("survival", "std_error")], [r["survival"], r["se"]])
    states = {"time": "time", "event": "event3", "event_map": {0: "alive", 1: "melanoma", 2: "other"}, "group": "sex"}
    incidence = atrisk.cumulative_incidence(frame("melanoma"), **states)
    between = atrisk.incidence_difference(incidence, [2000]).to_dict()
    close([between["difference"][0], between["std_error"][0]], [*FROM_R["incidence_difference"].values()])


INTERVALS = [case for case in cases_of("survreg") if "lower" in case.options and "scale_strata" not in case.options]


@pytest.mark.parametrize("case", INTERVALS, ids=lambda case: case.id)
def test_interval_parametric(case: Case) -> None:
    options = {key: case.options[key] for key in ("lower", "upper", "distribution")}
    model = atrisk.interval_parametric(frame(str(case.dataset)), **options, covariates=terms(case))
    case.close(model.table["coef"], case.expected["tight"]["coef"], "coef", rtol=1e-8)


@pytest.mark.parametrize("case", cases_of("turnbull"), ids=lambda case: case.id)
def test_turnbull(case: Case) -> None:
    options = {key: case.options[key] for key in ("lower", "upper", "group") if key in case.options}
    found = atrisk.turnbull(frame(str(case.dataset)), **options)
    mass = np.asarray(found.table["mass"])
    expected = [value for block in case.expected["npmle"] for value in block["mass"]]
    np.testing.assert_allclose(mass[mass > 1e-6], [value for value in expected if value > 1e-6], atol=1e-6)


def test_interval_log_rank() -> None:
    """R: package interval (tests/compare/r/interval_log_rank.R), scores of Sun and of Finkelstein."""
    data = frame("bcdeter")
    for scores, p in (("sun", 0.00374017153576791), ("finkelstein", 0.0032430225290593)):
        found = atrisk.interval_log_rank(data, lower="lower", upper="upper", group="treat", scores=scores)  # type: ignore[arg-type]
        close(found.table["p"], [p])


@pytest.mark.parametrize("case", cases_of("relsurv"), ids=lambda case: case.id)
def test_net_survival(case: Case) -> None:
    options = atrisk.NetSurvivalOptions(method=case.options["method"], integration="running")
    names = {"time": "futime_days", "event": "death", "age": "age_days", "sex": "sex", "date": "diag_date"}
    curves = atrisk.net_survival(
        frame(str(case.dataset)),
        **names,
        group=case.options.get("group"),
        rate_table=frame(case.options["rate_table"]),
        years_from_birthdays=True,
        options=options,
    )
    found = atrisk.net_survival_at(curves, case.options["times_days"], extend=True)
    for name, theirs in (("net_survival", "net_surv"), ("std_error", "std_err"), ("n_at_risk", "n_risk")):
        expected = [value for curve in case.expected["curves"] for value in curve[theirs]]
        case.close(found.table[name], expected, name)


def test_net_survival_refuses_what_the_table_cannot_tell() -> None:
    table = {"age": [0.0], "sex": ["f"], "year": [2000.0], "daily_hazard": [0.001]}
    data = {"t": [10.0, 20.0], "d": [1, 0], "age": [9000.0, 9000.0], "sex": ["f", "f"], "start": ["2001-05-01"] * 2}
    columns: dict[str, Any] = {"time": "t", "event": "d", "age": "age", "sex": "sex", "date": "start"}
    dated = {**data, "start": pd.to_datetime(data["start"]).to_numpy()}
    expected = atrisk.net_survival(data, **columns, rate_table=table).to_dict()
    assert atrisk.net_survival(pd.DataFrame(dated), **columns, rate_table=table).to_dict() == expected
    for change, said in (
        ({"sex": ["f", "m"]}, "column 'sex', row 2: the rate table knows only f"),
        ({"age": [9000.0, -1.0]}, "column 'age', row 2: an age must not be negative"),
        ({"start": ["2001-05-01", "May"]}, "column 'start', row 2: a text that is no date"),
        ({"start": [11.0, 12.0]}, "column 'start', row 1: the start of follow-up must be dates"),
    ):
        with pytest.raises(EstimationError, match=said):
            atrisk.net_survival({**data, **change}, **columns, rate_table=table)
