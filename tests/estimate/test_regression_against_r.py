"""Regressions without reference cases, against R (oracle: another program; values, versions and script in r/)."""

from __future__ import annotations

import json
from collections.abc import Callable
from pathlib import Path
from typing import Any

import numpy as np
import pytest

from atrisk.estimate.generalized_linear.firth_logistic import firth_logistic
from atrisk.estimate.generalized_linear.logistic import logistic
from atrisk.estimate.generalized_linear.logistic_profile import logistic_profile_limits
from atrisk.estimate.generalized_linear.poisson import poisson
from atrisk.estimate.generalized_linear.proportional_odds import proportional_odds
from atrisk.estimate.generalized_linear.regression_sample import RegressionSample
from tests.reference.loader import numbers

R = json.loads((Path(__file__).parent / "r" / "regression.json").read_text(encoding="utf-8"))
DATA = Path(__file__).parents[1] / "reference" / "data"

COLON = ("status", "age", "nodes", "obstruct", "extent", "differ", "rx", "time")
LUNG = ("status", "age", "sex", "ph.ecog", "inst", "wt_frac")
PBC = ("stage", "age", "albumin", "logbili")

Columns = Callable[[str], np.ndarray]


def complete(dataset: str, *needed: str) -> Columns:
    """The columns of a data set's rows with a value in every column needed (R's complete.cases)."""
    lines = (DATA / f"{dataset}.csv").read_text(encoding="utf-8").splitlines()
    header = lines[0].split(",")
    rows = [dict(zip(header, line.split(","), strict=True)) for line in lines[1:]]
    rows = [row for row in rows if all(row[name] for name in needed)]

    def column(name: str) -> np.ndarray:
        cells = [row[name] for row in rows]
        return np.array(cells) if name == "rx" else np.array([float(cell) for cell in cells])

    return column


def sample(data: Columns, outcome: np.ndarray, *names: str, **given: np.ndarray) -> RegressionSample:
    covariates = np.column_stack([data(name) for name in names])
    return RegressionSample(outcome=outcome, covariates=covariates, **given)  # type: ignore[arg-type]


def near(computed: Any, expected: Any, rtol: float = 1e-9) -> None:
    """Relative to the largest number of a kind, so that a covariance of almost 0 is not asked for more."""
    wanted = numbers(expected)
    scale = np.max(np.abs(wanted), initial=0.0)
    np.testing.assert_allclose(np.asarray(computed, dtype=float), wanted, rtol=rtol, atol=1e-12 * scale)


def poisson_samples() -> dict[str, RegressionSample]:
    colon, lung = complete("colon_death", *COLON), complete("lung_aug", *LUNG)
    levamisole = (colon("rx") == "Lev+5FU").astype(float)
    dead = lung("status") - 1
    return {
        "colon": RegressionSample(
            outcome=colon("status"), covariates=np.column_stack([colon("age"), levamisole, colon("obstruct")])
        ),
        "lung-clusters": sample(lung, dead, "age", "sex", "ph.ecog", cluster=lung("inst").astype(int)),
        "lung-weights": sample(lung, dead, "age", "sex", weight=lung("wt_frac")),
        "colon-rates": RegressionSample(
            outcome=colon("nodes"),
            covariates=np.column_stack([colon("age"), levamisole]),
            offset=np.log(colon("time") / 7),
        ),
    }


@pytest.mark.parametrize("name", list(R["poisson"]))
def test_poisson_regression_with_robust_variance(name: str) -> None:
    fit, expected = poisson(poisson_samples()[name]), R["poisson"][name]
    near(fit.coef, expected["coef"])
    near(fit.covariance, expected["covariance"])
    near(fit.std_err, np.sqrt(np.diag(numbers(expected["covariance"]))).tolist())
    near(fit.model_covariance, expected["model_covariance"])
    near(fit.deviance, expected["deviance"])
    near(fit.loglik, expected["loglik"])


@pytest.mark.parametrize("name", list(R["proportional_odds"]))
def test_proportional_odds(name: str) -> None:
    colon, lung, pbc = complete("colon_death", *COLON), complete("lung_aug", *LUNG), complete("pbc", *PBC)
    samples = {
        "extent": sample(colon, colon("extent"), "age", "obstruct", "nodes"),
        "stage": sample(pbc, pbc("stage"), "age", "albumin", "logbili"),
        "ecog-weights": sample(lung, lung("ph.ecog"), "age", "sex", weight=lung("wt_frac")),
    }
    fit, expected = proportional_odds(samples[name]), R["proportional_odds"][name]
    near(fit.coef, expected["coef"])
    near(fit.threshold, expected["threshold"])
    near(fit.covariance, expected["covariance"])
    near(fit.loglik, expected["loglik"])
    assert fit.converged
    assert fit.warning is None


@pytest.mark.parametrize("name", list(R["profile"]))
def test_profile_limits_solved_to_the_last_digits(name: str) -> None:
    ovarian, melanoma, colon = complete("ovarian"), complete("melanoma"), complete("colon_death", *COLON)
    samples = {
        "ovarian": sample(ovarian, ovarian("fustat"), "age", "rx"),
        "melanoma": sample(melanoma, melanoma("ulcer"), "logthick", "sex", "age"),
        "colon": sample(colon, colon("status"), "age", "nodes", "obstruct"),
    }
    limits = logistic_profile_limits(samples[name], logistic(samples[name]))
    for computed, expected in (
        (limits.lower, R["profile"][name]["lower"]),
        (limits.upper, R["profile"][name]["upper"]),
    ):
        np.testing.assert_allclose(computed, numbers(expected), rtol=1e-9)


def test_firth_under_complete_separation() -> None:
    """Age tells perfectly who is above 60: maximum likelihood has no answer, Firth's penalty has one."""
    ovarian = complete("ovarian")
    above = (ovarian("age") > 60).astype(float)
    separated = sample(ovarian, above, "age", "rx")
    fit = firth_logistic(separated)
    near(fit.coef, R["firth"]["separated"]["coef"])
    near(fit.covariance, R["firth"]["separated"]["covariance"])
    assert fit.warning is None
    assert logistic(separated).separated
