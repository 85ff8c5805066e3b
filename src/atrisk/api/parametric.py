"""Parametric and interval-censored survival over data frames."""

from __future__ import annotations

from collections.abc import Sequence
from typing import Any

import numpy as np
from numpy.typing import NDArray

from atrisk.api.answer import Answer, stacked
from atrisk.api.complete_rows import CompleteRows, Names, complete_rows
from atrisk.api.follow_up_columns import FollowUpColumns, as_terms, case_weights, read_follow_up
from atrisk.api.level import Levels
from atrisk.api.terms import Design, Term, columns_of, declared_levels, design
from atrisk.compare.log_rank_family.interval_log_rank import IntervalLogRankTest, IntervalSample, Scores
from atrisk.compare.log_rank_family.interval_log_rank import interval_log_rank as _interval_log_rank
from atrisk.errors import EstimationError
from atrisk.estimate.interval_censored.turnbull import TurnbullCurve
from atrisk.estimate.interval_censored.turnbull import turnbull as _turnbull
from atrisk.estimate.parametric_survival.parametric import ParametricFit
from atrisk.estimate.parametric_survival.parametric import parametric as _parametric
from atrisk.estimate.parametric_survival.parametric_sample import Distribution, ParametricSample, bounds_of_follow_up

Floats = NDArray[np.float64]


def parametric(
    data: Any,
    *,
    time: str,
    event: str,
    distribution: Distribution = "weibull",
    covariates: Term | Sequence[Term] = (),
    event_value: Levels | None = None,
    censored_value: Levels | None = None,
    strata: Names | None = None,
    weights: str | None = None,
    offset: str | None = None,
    fixed_scale: float | None = None,
) -> Answer[ParametricFit]:
    """Parametric survival regression of right-censored follow-up (accelerated failure times, as R's survreg).

    Definition, source and edges: `parametric` of the estimators. `strata`: a scale each. Columns as in `cox`.
    """
    columns = FollowUpColumns(
        time=time,
        event=event,
        event_value=event_value,
        censored_value=censored_value,
        strata=strata,
        weights=weights,
        offset=offset,
        covariates=as_terms(covariates),
        timefix=False,
    )
    given = read_follow_up(data, columns)
    lower, upper = bounds_of_follow_up(given.time, given.event)
    sample = ParametricSample(
        lower=lower,
        upper=upper,
        covariates=None if given.design is None else given.design.matrix,
        weight=given.weight,
        offset=given.offset,
        stratum=given.stratum if len(given.strata) > 1 else None,
    )
    fit = _parametric(sample, distribution, fixed_scale=fixed_scale)
    return _parametric_answer(fit, given.design, given.rows, given.notes)


def interval_parametric(
    data: Any,
    *,
    lower: str,
    upper: str,
    distribution: Distribution = "weibull",
    covariates: Term | Sequence[Term] = (),
    weights: str | None = None,
    fixed_scale: float | None = None,
) -> Answer[ParametricFit]:
    """Parametric survival regression of events known to lie in (lower, upper]: as `parametric`.

    A missing `upper` is right-censored, a missing `lower` left-censored; both missing: the row is left out.
    """
    terms = as_terms(covariates)
    rows, low, high = _intervals(data, lower, upper, {"covariates": columns_of(terms), "weights": weights}, terms)
    made = design(rows, terms) if terms else None
    sample = ParametricSample(
        lower=low,
        upper=high,
        covariates=None if made is None else made.matrix,
        weight=case_weights(rows, weights)[0],
    )
    fit = _parametric(sample, distribution, fixed_scale=fixed_scale)
    return _parametric_answer(fit, made, rows.account, ())


def turnbull(
    data: Any, *, lower: str, upper: str, group: Names | None = None, weights: str | None = None
) -> Answer[tuple[TurnbullCurve, ...]]:
    """The survival curve of events known to lie in (lower, upper] (Turnbull), of each group.

    Definition and source: `turnbull` of the estimators. Missing ends as in `interval_parametric`.
    """
    rows, low, high = _intervals(data, lower, upper, {"group": group, "weights": weights}, ())
    code, groups = rows.codes(group)
    weight = case_weights(rows, weights)[0]
    curves = tuple(
        _turnbull(low[code == k], high[code == k], weight=None if weight is None else weight[code == k])
        for k in range(len(groups))
    )
    table = stacked(
        [
            {
                "group": [label] * curve.left.size,
                "left": curve.left,
                "right": curve.right,
                "mass": curve.mass,
                "survival": curve.survival,
            }
            for label, curve in zip(groups, curves, strict=True)
        ]
    )
    failed = tuple(
        f"'{label}': not converged" for label, curve in zip(groups, curves, strict=True) if not curve.converged
    )
    said = ("survival after the interval; within it the curve is not determined", "Kuhn-Tucker conditions checked")
    return Answer(f"Turnbull curve of ('{lower}', '{upper}']", curves, table, said, rows.account, failed)


def interval_log_rank(
    data: Any,
    *,
    lower: str,
    upper: str,
    group: Names,
    strata: Names | None = None,
    scores: Scores = "sun",
    permutations: int = 0,
    seed: int = 0,
) -> Answer[IntervalLogRankTest]:
    """The log-rank test of interval-censored events between groups.

    Definition and source: `interval_log_rank` of the estimators. Missing ends as in `interval_parametric`.
    """
    rows, low, high = _intervals(data, lower, upper, {"group": group, "strata": strata}, ())
    code, groups = rows.codes(group)
    if len(groups) < 2:
        raise EstimationError("a comparison needs at least 2 groups; the rows used hold 1.")
    sample = IntervalSample(low, high, code, None if strata is None else rows.codes(strata)[0])
    test = _interval_log_rank(sample, scores=scores, permutations=permutations, seed=seed)
    table = {
        "contrast": " / ".join(groups),
        "chi_squared": test.chi_squared,
        "df": test.df,
        "p": test.p_value,
        "permutation_p": test.permutation_p_value,
    }
    said = (f"{scores}'s scores", "permutation variance", f"{permutations} permutations, seed {seed}")
    return Answer(f"Interval-censored log-rank test of ('{lower}', '{upper}']", test, table, said, rows.account)


def _intervals(
    data: Any, lower: str, upper: str, roles: dict[str, Names | None], terms: tuple[Term, ...]
) -> tuple[CompleteRows, Floats, Floats]:
    """The ends of intervals, NaN where open, of the rows complete but for one end."""
    rows = complete_rows(
        data, {**roles, "lower": lower, "upper": upper}, declared_levels(terms), may_lack=(lower, upper)
    )
    ends = []
    for name in (lower, upper):
        column = rows.columns[name]
        column.require_numbers("ends of intervals")
        column.refuse_extremes(rows.at, "ends of intervals")
        ends.append(np.asarray(column.values[rows.at], dtype=np.float64))
        rows.refuse_where(ends[-1] < 0, name, "a time must not be negative.")
    rows.refuse_where(ends[0] > ends[1], lower, f"the interval ends in '{upper}' before it begins.")
    return rows, ends[0], ends[1]


def _parametric_answer(
    fit: ParametricFit, made: Design | None, account: Any, notes: tuple[str, ...]
) -> Answer[ParametricFit]:
    table = {
        "term": ["intercept", *(() if made is None else made.names)],
        "coef": fit.coef,
        "std_error": fit.std_err,
    }
    scales = ", ".join(f"{scale:.6g}" for scale in fit.scale)
    said = (f"{fit.distribution} distribution", "log time is the scale of the coefficients", "model-based variance")
    if fit.distribution in ("extreme", "gaussian", "logistic"):
        said = (said[0], "time itself is the scale of the coefficients", said[2])
    warned = () if fit.warning is None else (fit.warning if made is None else made.named(fit.warning),)
    more = (f"scale {scales}{' (fixed)' if fit.scale_is_fixed else ''}", f"log-likelihood {fit.loglik:.8g}")
    return Answer(f"Parametric survival ({fit.distribution})", fit, table, said, account, (*more, *notes, *warned))
