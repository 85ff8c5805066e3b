"""Cox regression against R's coxph (oracle: another program), run until it no longer moves."""

from __future__ import annotations

import numpy as np
import pytest

from atrisk.estimate.cox import ChiSquaredTest, CoxSample, cox
from atrisk.summary.event_counts import snap_times
from tests.reference.design import design
from tests.reference.loader import Case, cases_of, numbers, rows_of


def not_supported(case: Case) -> str | None:
    """The one place that names what is not done, and why."""
    if case.options["ties"] == "exact":
        return "the exact (discrete logistic) likelihood is not built"
    return None


# Robust variances are not built: of these cases all but `var` and what follows from it is compared.
ROBUST = {case.id for case in cases_of("cox.fit") if "naive_var" in case.expected}
# One coefficient runs off in R, which stops somewhere on the way and warns: here it is infinite.
RUNAWAY = {"csh-pbc-transplant": "edema[1]"}


def sample_of(case: Case) -> tuple[CoxSample, list[str], list[str]]:
    rows = rows_of(case)
    x, names, terms = design(case, rows)
    if rows.entry is None:
        time, entry = snap_times(rows.time), None
    else:
        entry, time = snap_times(np.stack([rows.entry, rows.time]))
    sample = CoxSample(
        time=time,
        event=rows.cause > 0,
        covariates=x,
        stratum=rows.stratum,
        entry=entry,
        weight=rows.weight,
        offset=rows.number(case.options["offset"]) if "offset" in case.options else None,
    )
    return sample, names, terms


def close_test(case: Case, test: ChiSquaredTest, expected: dict, what: str) -> None:
    case.close(test.statistic, expected["stat"], what)
    assert test.df == expected["df"]
    case.close(test.p_value, expected["p"], what)


def supported(*methods: str) -> list:
    return [
        pytest.param(case, id=case.id)
        for case in cases_of(*methods)
        if not_supported(case) is None and case.id not in RUNAWAY
    ]


@pytest.mark.parametrize("case", supported("cox.fit", "cox.cause_specific"))
def test_fit(case: Case) -> None:
    sample, names, _ = sample_of(case)
    expected = case.expected
    assert names == expected["coef_names"]
    fit = cox(sample, ties=case.options["ties"])
    assert fit.converged
    tight = expected.get("tight", expected)
    known = ~np.isnan(numbers(tight["coef"]))
    # R sets zero rows for a redundant column where we have no number.
    inside = np.ix_(known, known)
    case.close(fit.coef, tight["coef"], "coef", rtol=1e-9)
    naive = numbers(expected["naive_var"] if case.id in ROBUST else tight["var"])
    case.close(fit.covariance[inside], naive[inside].tolist(), "var", rtol=1e-6 if case.id in ROBUST else 1e-9)
    case.close(fit.loglik, tight["loglik"], "loglik", rtol=1e-11)
    case.close(fit.loglik_null, expected["loglik_null"], "loglik_null", rtol=1e-11)
    assert (fit.n, fit.n_event) == (expected["n"], expected["n_event"])
    close_test(case, fit.likelihood_ratio_test, expected["lrt"], "lrt")
    close_test(case, fit.score_test, expected["score"], "score")
    assert (fit.warning is None) == bool(np.all(known))
    case.close(fit.hazard_ratio, expected["hr"], "hr")
    if case.id not in ROBUST:
        close_test(case, fit.wald_test, expected["wald"], "wald")
        case.close(fit.std_err[known], numbers(expected["se"])[known].tolist(), "se")
        case.close(fit.z, expected["z"], "z")
        case.close(fit.p_value, expected["p"], "p")
        case.close(fit.lower, expected["hr_lower"], "lower")
        case.close(fit.upper, expected["hr_upper"], "upper")


@pytest.mark.parametrize("case", [pytest.param(c, id=c.id) for c in cases_of("cox.cause_specific") if c.id in RUNAWAY])
def test_a_coefficient_that_runs_off_in_r_is_infinite_here(case: Case) -> None:
    """The others, and the log-likelihood, agree with R to its own tolerance."""
    sample, names, _ = sample_of(case)
    fit = cox(sample, ties=case.options["ties"])
    gone = names.index(RUNAWAY[case.id])
    assert np.isinf(fit.coef[gone])
    assert np.isnan(fit.lower[gone])
    rest = np.arange(len(names)) != gone
    case.close(fit.coef[rest], numbers(case.expected["coef"])[rest].tolist(), "coef")
    case.close(fit.std_err[rest], numbers(case.expected["se"])[rest].tolist(), "se")
    case.close(fit.loglik, case.expected["loglik"], "loglik")
