"""Cox regression against R's coxph and its companions (oracle: another program), through the adapters of verify."""

from __future__ import annotations

import numpy as np
import pytest

from atrisk.verify.adapter import Adapter
from atrisk.verify.case import Case
from atrisk.verify.cox import ADAPTERS
from tests.verify.agreeing import assert_agrees, cases_of

# One coefficient runs off in R, which stops somewhere on the way and warns: here it is infinite.
RUNAWAY = {"csh-pbc-transplant": "edema[1]"}


def fits(*methods: str) -> list:
    return [parameter for parameter in cases_of(*methods) if parameter.id not in RUNAWAY]


@pytest.mark.parametrize("case", fits("cox.fit", "cox.cause_specific", "cox.predict"))
def test_every_number_of_a_fit_and_its_predictions(case: Case) -> None:
    assert_agrees(case)


@pytest.mark.parametrize("case", fits("cox.fit", "cox.cause_specific"))
def test_the_iterations_are_those_of_r(case: Case) -> None:
    """Not part of the agreement table, but at R's stopping rule Newton's method takes R's steps."""
    adapter: Adapter = ADAPTERS[case.method]
    assert adapter(case.question)["iterations"] == case.expected["iterations"]


@pytest.mark.parametrize("case", cases_of("cox.zph"))
def test_proportional_hazards(case: Case) -> None:
    assert_agrees(case)


@pytest.mark.parametrize("case", cases_of("cox.residuals"))
def test_residuals(case: Case) -> None:
    assert_agrees(case)


@pytest.mark.parametrize("case", cases_of("cox.firth"))
def test_firth(case: Case) -> None:
    """The likelihood ratio of a coefficient of almost 0 is a difference of two numbers of R's own optimiser."""
    assert_agrees(case, not_to_1e9=1 if case.id == "firth-heart-entry" else 0)


@pytest.mark.parametrize("case", [one for one in cases_of("cox.cause_specific") if one.id in RUNAWAY])
def test_a_coefficient_that_runs_off_in_r_is_infinite_here(case: Case) -> None:
    """The others, and the log-likelihood, agree with R to its own tolerance."""
    answer = ADAPTERS[case.method](case.question)
    gone = case.expected["coef_names"].index(RUNAWAY[case.id])
    coef, se = np.asarray(answer["coef"]), np.asarray(answer["se"])
    assert np.isneginf(coef[gone])
    assert np.isnan(se[gone])
    assert "the likelihood rises without end" in str(answer["notes"])
    rest = np.arange(coef.size) != gone
    tolerance = {"rtol": case.tolerance.rtol, "atol": case.tolerance.atol}
    np.testing.assert_allclose(coef[rest], np.array(case.expected["coef"])[rest], **tolerance)
    np.testing.assert_allclose(se[rest], np.array(case.expected["se"])[rest], **tolerance)
    np.testing.assert_allclose(answer["loglik"], case.expected["loglik"], **tolerance)
