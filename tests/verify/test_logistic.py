"""The reference cases of logistic regression, propensity scores and matching, through the adapters."""

from __future__ import annotations

from dataclasses import replace

import numpy as np
import pytest

from atrisk.verify.case import Case
from atrisk.verify.logistic import ADAPTERS
from atrisk.verify.verification import verify_case
from tests.verify.agreeing import assert_agrees, cases_of


@pytest.mark.parametrize("case", cases_of("logistic", "logistic.firth", "matching.nearest"))
def test_every_number(case: Case) -> None:
    assert_agrees(case)


@pytest.mark.parametrize("case", cases_of("iptw"))
def test_weights_balance_curves_and_models(case: Case) -> None:
    """What overlap weights leave of a difference is rounding and how far R's iterations were from their end;
    in the colon data nobody of extent 1 is obstructed, so that the score there is rounding as well.
    """
    assert_agrees(case, not_to_1e9=9)


def of(identity: str) -> Case:
    return next(
        parameter.values[0] for parameter in cases_of("logistic", "matching.nearest") if parameter.id == identity
    )


def test_separation_is_a_difference_on_purpose_and_said() -> None:
    """The colon data's extent predicts obstruction: nobody of extent 1 has it, and R's glm does not say so."""
    case = of("glm-colon")
    options = {
        **case.question.options,
        "outcome": "obstruct",
        "covariates": [
            {"name": "extent", "type": "factor", "levels": ["1", "2", "3", "4"], "reference": "1"},
            {"name": "nodes", "type": "numeric"},
        ],
        "terms": ["extent", "nodes"],
    }
    # R 4.2.2: glm(obstruct ~ factor(extent) + nodes, binomial, colon_death)
    coef = [-16.5083227331280717, 14.6318252458749587, 15.3046106292856479, 14.8611257380554900, -0.0313543625457661]
    errors = [
        536.5031254589310947,
        536.5032057859831411,
        536.5031328057824567,
        536.5033074942161875,
        0.0257088836013362,
    ]
    asked = replace(case.question, options=options)
    assert verify_case(replace(case, question=asked, expected={"coef": coef, "se": errors})).verdict == "kept"
    # The coefficient that is finite must still agree, and so must its standard error.
    for wrong in ({"coef": [*coef[:4], -0.0314], "se": errors}, {"coef": coef, "se": [*errors[:4], 0.0258]}):
        assert verify_case(replace(case, question=asked, expected=wrong)).verdict == "failed"
    answer = ADAPTERS["logistic"](replace(case.question, options=options))
    assert np.isneginf(np.asarray(answer["coef"])[0])
    assert "separation" in str(answer["notes"])


def test_a_redundant_column_is_said() -> None:
    case = of("glm-lung")
    question = case.question
    covariates = [*question.options["covariates"], {"name": "months", "type": "numeric"}]
    options = {**question.options, "covariates": covariates, "terms": ["age", "sex", "ph.ecog", "months"]}
    months = tuple(str(12 * float(cell)) for cell in question.text("age"))
    columns = {**question.columns, "months": months}
    answer = ADAPTERS["logistic"](replace(question, options=options, columns=columns))
    coef = np.asarray(answer["coef"])
    assert np.isnan(coef[4])
    np.testing.assert_allclose(coef[:4], case.expected["tight"]["coef"], rtol=1e-9)
    assert "covariate 4" in str(answer["notes"])


def test_other_options_of_matching() -> None:
    """Controls as the focal group, the score itself, exact strata, another order, two controls, a caliper."""
    case = of("match-lalonde-nocaliper")
    options = {
        **case.question.options,
        "estimand": "ATC",
        "distance_scale": "propensity score",
        "order": "data",
        "ratio": 2,
        "replace": True,
        "caliper_sd": 0.2,
        "exact": ["married"],
    }
    answer = ADAPTERS["matching.nearest"](replace(case.question, options=options))
    pairs = np.asarray(answer["matched_pairs_data_rows"])
    married, treated = case.question.numbers("married"), case.question.numbers("treat")
    assert np.array_equal(married[pairs[:, 0] - 1], married[pairs[:, 1] - 1])
    assert (treated[pairs[:, 0] - 1] == 0).all()
    assert (treated[pairs[:, 1] - 1] == 1).all()
    assert answer["n_matched_control"] == np.unique(pairs[:, 0]).size
