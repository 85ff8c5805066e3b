"""Regression of an outcome over data frames: logistic, Firth's, Poisson, proportional odds."""

from __future__ import annotations

from collections.abc import Sequence
from typing import Any

import numpy as np
from numpy.typing import NDArray

from atrisk.api.answer import Answer, RowsUsed, level_words
from atrisk.api.complete_rows import CompleteRows, Names, chosen_level, complete_rows
from atrisk.api.follow_up_columns import as_terms, case_weights
from atrisk.api.level import Level
from atrisk.api.terms import Design, Term, columns_of, declared_levels, design
from atrisk.estimate.generalized_linear.firth_logistic import FirthLogisticFit
from atrisk.estimate.generalized_linear.firth_logistic import firth_logistic as _firth_logistic
from atrisk.estimate.generalized_linear.logistic import LogisticFit
from atrisk.estimate.generalized_linear.logistic import logistic as _logistic
from atrisk.estimate.generalized_linear.poisson import PoissonFit, PoissonVariance
from atrisk.estimate.generalized_linear.poisson import poisson as _poisson
from atrisk.estimate.generalized_linear.proportional_odds import ProportionalOddsFit
from atrisk.estimate.generalized_linear.proportional_odds import proportional_odds as _proportional_odds
from atrisk.estimate.generalized_linear.regression_sample import RegressionSample

Floats = NDArray[np.float64]


def logistic(
    data: Any,
    *,
    outcome: str,
    covariates: Term | Sequence[Term],
    outcome_value: Level | None = None,
    weights: str | None = None,
    offset: str | None = None,
    conf_level: float = 0.95,
) -> Answer[LogisticFit]:
    """Logistic regression of an outcome of yes or no.

    Definition, source and edges: `logistic` of the estimators; separation is found and said, never a finite number.
    `outcome_value`: the code of yes, 1 or true without it. Covariates, missing values and errors as in `cox`.
    """
    rows, made, said = _read(data, outcome, as_terms(covariates), {"weights": weights, "offset": offset})
    yes = chosen_level(rows, outcome, outcome_value, "outcome_value").astype(np.float64)
    fit = _logistic(_sample(rows, yes, made, weights, offset), conf_level=conf_level)
    table = {
        "term": ["intercept", *made.names],
        "coef": fit.coef,
        "odds_ratio": fit.odds_ratio,
        "std_error": fit.std_err,
        "conf_low": fit.lower,
        "conf_high": fit.upper,
        "p": fit.p_value,
    }
    conventions = (f"Wald limits of the odds ratio, {level_words(conf_level)}", "Wald p", "model-based variance")
    return Answer(
        f"Logistic regression of '{outcome}'", fit, table, conventions, rows.account, said + _warned(made, fit)
    )


def firth_logistic(
    data: Any,
    *,
    outcome: str,
    covariates: Term | Sequence[Term],
    outcome_value: Level | None = None,
    weights: str | None = None,
    offset: str | None = None,
    conf_level: float = 0.95,
) -> Answer[FirthLogisticFit]:
    """Logistic regression with Firth's penalty and profile limits: finite also under separation.

    Definition and source: `firth_logistic` of the estimators. Columns and errors as in `logistic`.
    """
    rows, made, said = _read(data, outcome, as_terms(covariates), {"weights": weights, "offset": offset})
    yes = chosen_level(rows, outcome, outcome_value, "outcome_value").astype(np.float64)
    fit = _firth_logistic(_sample(rows, yes, made, weights, offset), conf_level=conf_level)
    table = {
        "term": ["intercept", *made.names],
        "coef": fit.coef,
        "odds_ratio": fit.odds_ratio,
        "std_error": fit.std_err,
        "conf_low": fit.lower,
        "conf_high": fit.upper,
        "p": fit.p_value,
    }
    conventions = (f"profile limits of the odds ratio, {level_words(conf_level)}", "penalised likelihood ratio p")
    title = f"Logistic regression of '{outcome}' with Firth's penalty"
    return Answer(title, fit, table, conventions, rows.account, said + _warned(made, fit))


def poisson(
    data: Any,
    *,
    outcome: str,
    covariates: Term | Sequence[Term],
    weights: str | None = None,
    offset: str | None = None,
    cluster: Names | None = None,
    variance: PoissonVariance = "robust",
    conf_level: float = 0.95,
) -> Answer[PoissonFit]:
    """Poisson regression of a number of events, or of yes (1) and no (0) for risk ratios with robust variance.

    Definition and source: `poisson` of the estimators. Columns and errors as in `logistic`.
    """
    roles = {"weights": weights, "offset": offset, "cluster": cluster}
    rows, made, said = _read(data, outcome, as_terms(covariates), roles)
    number = rows.numbers(outcome, "a number of events")
    rows.refuse_where(number < 0, outcome, "a number of events must not be negative.")
    sample = _sample(rows, number, made, weights, offset, cluster)
    fit = _poisson(sample, variance=variance, conf_level=conf_level)
    table = {
        "term": ["intercept", *made.names],
        "coef": fit.coef,
        "ratio": fit.ratio,
        "std_error": fit.std_err,
        "conf_low": fit.lower,
        "conf_high": fit.upper,
        "p": fit.p_value,
    }
    conventions = (f"Wald limits of the ratio, {level_words(conf_level)}", "Wald p", f"{fit.variance} variance")
    return Answer(
        f"Poisson regression of '{outcome}'", fit, table, conventions, rows.account, said + _warned(made, fit)
    )


def proportional_odds(
    data: Any,
    *,
    outcome: str,
    covariates: Term | Sequence[Term],
    weights: str | None = None,
    offset: str | None = None,
    conf_level: float = 0.95,
) -> Answer[ProportionalOddsFit]:
    """Proportional odds regression of an ordered outcome: numbers, or an ordered categorical column.

    Definition and source: `proportional_odds` of the estimators. Raises EstimationError for texts without an order.
    """
    rows, made, said = _read(data, outcome, as_terms(covariates), {"weights": weights, "offset": offset})
    column = rows.columns[outcome]
    if column.kind == "text" and column.levels is None:
        column.refuse(int(rows.at[0]), "an ordered outcome must be numbers or an ordered categorical column.")
    levels = column.coded(rows.at)[0].astype(np.float64) if column.levels else rows.numbers(outcome, "an outcome")
    fit = _proportional_odds(_sample(rows, levels, made, weights, offset), conf_level=conf_level)
    table = {
        "term": list(made.names),
        "coef": fit.coef,
        "odds_ratio": fit.odds_ratio,
        "std_error": fit.std_err,
        "conf_low": fit.lower,
        "conf_high": fit.upper,
        "p": fit.p_value,
    }
    conventions = (
        "odds of a higher level",
        f"Wald limits of the odds ratio, {level_words(conf_level)}",
        "Wald p",
    )
    title = f"Proportional odds regression of '{outcome}'"
    return Answer(title, fit, table, conventions, rows.account, said + _warned(made, fit))


def _read(
    data: Any, outcome: str, terms: tuple[Term, ...], roles: dict[str, Names | None]
) -> tuple[CompleteRows, Design, tuple[str, ...]]:
    every: dict[str, Names | None] = {"outcome": outcome, "covariates": columns_of(terms), **roles}
    rows = complete_rows(data, every, declared_levels(terms))
    return rows, design(rows, terms), _account(rows.account)


def _account(used: RowsUsed) -> tuple[str, ...]:
    return (f"{used.n_used} rows",)


def _sample(
    rows: CompleteRows,
    outcome: Floats,
    made: Design,
    weights: str | None,
    offset: str | None,
    cluster: Names | None = None,
) -> RegressionSample:
    return RegressionSample(
        outcome=outcome,
        covariates=made.matrix,
        weight=case_weights(rows, weights)[0],
        offset=None if offset is None else rows.numbers(offset, "an offset"),
        cluster=None if cluster is None else rows.codes(cluster)[0],
    )


def _warned(made: Design, fit: LogisticFit | FirthLogisticFit | PoissonFit | ProportionalOddsFit) -> tuple[str, ...]:
    return () if fit.warning is None else (made.named(fit.warning),)
