"""Propensity scores, weights, matching and standardised differences over data frames."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass
from typing import Any, Literal

import numpy as np
from numpy.typing import NDArray

from atrisk.api.answer import Answer
from atrisk.api.complete_rows import CompleteRows, chosen_level, complete_rows
from atrisk.api.follow_up_columns import as_terms, case_weights
from atrisk.api.level import Level
from atrisk.api.terms import Term, columns_of, declared_levels, design
from atrisk.compare.balance.covariate_balance import covariate_balance
from atrisk.compare.balance.matching import Matching, MatchingRule, caliper_width, nearest_neighbours
from atrisk.compare.balance.propensity import Estimand, PropensityScore, effective_sample_size
from atrisk.compare.balance.propensity import propensity_score as _propensity_score
from atrisk.compare.balance.propensity import propensity_weights as _propensity_weights
from atrisk.compare.balance.standardized_difference import StandardizedDifference, multilevel_difference
from atrisk.errors import EstimationError
from atrisk.estimate.generalized_linear.regression_sample import RegressionSample

Floats = NDArray[np.float64]
Flags = NDArray[np.bool_]
Kind = Literal["continuous", "binary", "levels"]


@dataclass(frozen=True, slots=True, eq=False)
class PropensityScores(Answer[PropensityScore]):
    """The probability of treatment of each row used; `treated` (n,), `at` (n,) the places of the rows from 0."""

    treated: Flags | None = None
    at: NDArray[np.int64] | None = None


def propensity_scores(
    data: Any,
    *,
    treatment: str,
    covariates: Term | Sequence[Term],
    treated_value: Level | None = None,
) -> PropensityScores:
    """The propensity score of each row by logistic regression of treatment on covariates.

    Definition and source: `propensity_score` of the estimators. `row` in the table counts the rows of the data frame
    from 1; rows with a missing value have no score. Covariates as in `cox`.
    """
    terms = as_terms(covariates)
    rows = complete_rows(data, {"treatment": treatment, "covariates": columns_of(terms)}, declared_levels(terms))
    treated = chosen_level(rows, treatment, treated_value, "treated_value")
    found = _propensity_score(RegressionSample(treated.astype(np.float64), design(rows, terms).matrix))
    table = {"row": rows.at + 1, "treated": treated, "score": found.score, "logit": found.logit}
    notes = () if found.warning is None else (found.warning,)
    said = ("logistic regression with an intercept", "rows numbered from 1")
    return PropensityScores(
        f"Propensity score of '{treatment}'", found, table, said, rows.account, notes, None, treated, rows.at
    )


def propensity_weights(
    scores: PropensityScores, *, estimand: Estimand = "ate", stabilised: bool = False
) -> Answer[Floats]:
    """Weights by the propensity score: ate, att, atc, ato (overlap) or atm (matching weights), one a row used.

    Definition and source: `propensity_weights` of the estimators.
    """
    treated, at = _known(scores)
    weight = _propensity_weights(scores.result.score, treated, estimand=estimand, stabilised=stabilised)
    sizes = tuple(f"{effective_sample_size(weight[part]):.6g}" for part in (treated, ~treated))
    said = (f"estimand {estimand}", "stabilised" if stabilised else "not stabilised", *scores.conventions)
    notes = (*scores.notes, f"effective sample size: {sizes[0]} treated, {sizes[1]} not")
    table = {"row": at + 1, "treated": treated, "weight": weight}
    return Answer(f"Weights: {scores.title}", weight, table, said, scores.rows, notes)


def match(
    scores: PropensityScores, *, rule: MatchingRule | None = None, caliper_sds: float | None = None
) -> Answer[Matching]:
    """Nearest-neighbour matching on the logit of the propensity score; `pair` rows count from 1 in the data frame.

    Definition and source: `nearest_neighbours`. `rule`: ratio, replacement, order and a caliper in logits;
    `caliper_sds`: a caliper in standard deviations of the logit over all patients instead.
    """
    treated, at = _known(scores)
    chosen = MatchingRule() if rule is None else rule
    if caliper_sds is not None:
        if chosen.caliper is not None:
            raise EstimationError("give the caliper in the rule or as caliper_sds, not both.")
        width = caliper_width(scores.result.logit, treated, sds=caliper_sds)
        chosen = MatchingRule(chosen.ratio, chosen.replace, chosen.order, width, chosen.comparison)
    found = nearest_neighbours(scores.result.logit, treated, rule=chosen)
    table = {"treated_row": at[found.pairs[:, 0]] + 1, "control_row": at[found.pairs[:, 1]] + 1}
    said = (
        "nearest neighbour on the logit",
        f"1:{chosen.ratio} {'with' if chosen.replace else 'without'} replacement",
        f"order {chosen.order}",
        "no caliper" if chosen.caliper is None else f"caliper {chosen.caliper:.6g}",
    )
    warned = () if found.warning is None else (found.warning,)
    return Answer(f"Matching: {scores.title}", found, table, said, scores.rows, scores.notes + warned)


def standardized_differences(
    data: Any,
    *,
    group: str,
    variables: Sequence[str],
    levels: Sequence[str] = (),
    group_value: Level | None = None,
    weights: str | None = None,
) -> Answer[tuple[StandardizedDifference, ...]]:
    """The standardised difference of each variable, those with `group_value` minus the others, weighted if asked.

    Numbers are compared by means, columns of 0 and 1 or true and false by proportions, texts, and the numbers named in
    `levels`, by all their levels (never negative). Each variable uses the rows with a value of its own.
    Definitions: `covariate_balance`, `multilevel_difference`.
    """
    found: list[tuple[StandardizedDifference, Kind, int]] = []
    for name in variables:
        rows = complete_rows(data, {"group": group, "variables": name, "weights": weights})
        by_levels = name in levels or rows.columns[name].kind == "text"
        one = chosen_level(rows, group, group_value, "group_value")
        found.append((*_difference(rows, one, name, by_levels, case_weights(rows, weights)[0]), rows.n))
    whole = complete_rows(data, {"group": group})
    table = {
        "variable": list(variables),
        "kind": [kind for _, kind, _ in found],
        "n": [n for _, _, n in found],
        "smd": [one.value for one, _, _ in found],
        "reason": [one.reason for one, _, _ in found],
    }
    said = ("difference over the root of the mean of the two variances", "weighted" if weights else "unweighted")
    results = tuple(one for one, _, _ in found)
    return Answer(f"Standardised differences by '{group}'", results, table, said, whole.account)


def _difference(
    rows: CompleteRows, one: Flags, name: str, by_levels: bool, weight: Floats | None
) -> tuple[StandardizedDifference, Kind]:
    if one.all():
        raise EstimationError(f"every row with a value of '{name}' lies in one group: there is nothing to compare.")
    if by_levels:
        code, levels = rows.codes(name)
        mass = np.ones(rows.n) if weight is None else weight
        first, second = (np.bincount(code[part], weights=mass[part], minlength=len(levels)) for part in (one, ~one))
        return multilevel_difference(first, second), "levels"
    values = rows.numbers(name, "a variable to compare")
    if np.all((values == 0) | (values == 1)):
        return covariate_balance(values, one, weight=weight, kind="binary"), "binary"
    return covariate_balance(values, one, weight=weight, kind="continuous"), "continuous"


def _known(scores: PropensityScores) -> tuple[Flags, NDArray[np.int64]]:
    if scores.treated is None or scores.at is None:
        raise EstimationError("this question needs scores made by atrisk.propensity_scores.")
    return scores.treated, scores.at
