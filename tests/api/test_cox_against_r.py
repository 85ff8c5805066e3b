"""Cox regression over data frames against R (oracle: another program; cases in tests/reference)."""

from __future__ import annotations

import numpy as np
import pytest

import atrisk
from atrisk.estimate.survival_curve.kaplan_meier import survival_at
from tests.api.data import asked, frame, terms
from tests.reference.loader import Case, cases_of


def model(case: Case) -> atrisk.CoxModel:
    options = asked(case)
    robust = case.options.get("robust")
    if robust is False:
        options.pop("cluster", None)
    variance = None if robust is None else "robust" if robust else "model"
    return atrisk.cox(
        frame(case.dataset), **options, covariates=terms(case), ties=case.options["ties"], variance=variance
    )


def usual(method: str) -> list[Case]:
    """The cases in which R finds a maximum, and gives no error."""
    return [case for case in cases_of(method) if "error" not in case.expected and "coef" in case.expected]


@pytest.mark.parametrize("case", usual("cox.fit"), ids=lambda case: case.id)
def test_fits(case: Case) -> None:
    """Names and numbers of rows; coefficients and log-likelihood where R ran to 1e-14, the standard error elsewhere."""
    answer = model(case)
    assert list(answer.table["term"]) == case.expected["coef_names"]
    assert (answer.result.n, answer.result.n_event) == (case.expected["n"], case.expected["n_event"])
    if "concordance" in case.expected:
        found = atrisk.concordance(answer)
        case.close(found.table["concordance"], [case.expected["concordance"]["c"]], "concordance", rtol=1e-6)
    best = case.expected.get("tight", case.expected)
    case.close(answer.table["coef"], best["coef"], "coef")
    case.close(answer.result.loglik, best["loglik"], "loglik")


@pytest.mark.parametrize(
    "case", [one for one in cases_of("cox.zph") if "weights" not in one.options], ids=lambda c: c.id
)
def test_proportional_hazards(case: Case) -> None:
    answer = model(case)
    for transform in case.options["transforms"]:
        expected = case.expected.get(transform)
        if not isinstance(expected, dict) or "by_term" not in expected:
            continue
        tested = atrisk.proportional_hazards(answer, transform=transform)
        kept = dict(zip(*(tested.table[key] for key in ("term", "p")), strict=True))
        names = expected["by_term"]["names"]
        case.close([kept[name] for name in names], expected["by_term"]["p"], transform, rtol=max(case.rtol, 1e-5))


@pytest.mark.parametrize("case", cases_of("cox.predict"), ids=lambda case: case.id)
def test_predicted_survival_and_baseline_hazard(case: Case) -> None:
    answer = model(case)
    options = {key: case.options[key] for key in ("conf_type", "conf_level") if key in case.options}
    predicted = atrisk.predicted_survival(answer, case.options["new_subjects"], **options)
    for item in case.expected["predicted"]:
        stratum = 0
        if item.get("stratum"):
            stratum = next(i for i, name in enumerate(answer.strata) if item["stratum"].split("=")[-1] == name)
        curve = predicted.result[stratum][item["subject"] - 1]
        at = survival_at(curve, item["time"], extend=True)
        case.close(at.estimate, item["surv"], "surv", rtol=max(case.rtol, 1e-6))
        case.close(at.std_err, item["std_err"], "std_err", rtol=max(case.rtol, 1e-6))
    first = case.expected["baseline_hazard"][0]
    hazard = np.asarray(atrisk.baseline_hazard(answer).result[0].cumulative_hazard)
    rows = np.asarray(first["row"]) - 1 if "row" in first else np.arange(hazard.size)
    case.close(hazard[rows], first["cumhaz"], "cumhaz", rtol=max(case.rtol, 1e-6))


@pytest.mark.parametrize("case", cases_of("cox.residuals"), ids=lambda case: case.id)
def test_residuals_stand_beside_their_rows(case: Case) -> None:
    answer = model(case)
    if not np.all(np.isfinite(np.asarray(answer.table["coef"])[~np.isnan(answer.table["coef"])])):
        pytest.skip("R's coefficient stops on its way to infinity: there are no residuals to compare with")
    found = atrisk.cox_residuals_of(answer, "martingale")
    first = np.asarray(case.expected["martingale"]["first"]).ravel()
    assert list(found.table["row"][: first.size]) == case.expected["data_row"][: first.size]
    case.close(found.table["martingale"][: first.size], first.tolist(), "martingale", rtol=max(case.rtol, 1e-5))
