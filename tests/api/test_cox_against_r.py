"""Cox regression over data frames against R (oracle: another program; cases in tests/reference)."""

from __future__ import annotations

import pytest

import atrisk
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
