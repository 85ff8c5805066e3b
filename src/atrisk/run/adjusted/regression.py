"""Cox, logistic and proportional odds regression of the groups on the confounders, and what each of these adds."""

from __future__ import annotations

import math
from collections.abc import Callable, Iterator, Sequence
from dataclasses import dataclass, replace

import numpy as np
from numpy.typing import NDArray

from atrisk.estimate.generalized_linear.firth_logistic import firth_logistic
from atrisk.estimate.generalized_linear.logistic import logistic
from atrisk.estimate.generalized_linear.proportional_odds import proportional_odds
from atrisk.estimate.generalized_linear.regression_sample import RegressionSample
from atrisk.estimate.proportional_hazards.cox import cox
from atrisk.estimate.proportional_hazards.cox_sample import CoxSample
from atrisk.estimate.proportional_hazards.firth_cox import firth_cox
from atrisk.result.remark import Remark
from atrisk.result.row import Row
from atrisk.run.adjusted.analysis_set import CONFOUNDERS, SAME_PATIENTS, AnalysisSet
from atrisk.run.adjusted.covariates import Design, Term, design
from atrisk.run.adjusted.e_values import with_e_values
from atrisk.run.row_building import Estimate, single, with_companions

Floats = NDArray[np.float64]

# Rows of models of all groups at once, whatever their contrast.
REGRESSION, COVARIATE = "regression", "covariate"
# What a ratio of a model is: for patients whose confounders are the same, or of all as they are.
CONDITIONAL, UNADJUSTED = "conditional", "unadjusted"
# Fewer events for each coefficient than this, and estimates and limits of a model are unsure (Peduzzi 1995).
_EVENTS_PER_PARAMETER = 10.0


@dataclass(frozen=True, slots=True, eq=False)
class Coefficients:
    """Coefficients of a model without its intercept (p,): ratios, limits, p values, covariance; what it warns of."""

    coef: Floats
    ratio: Floats
    lower: Floats
    upper: Floats
    p_value: Floats
    covariance: Floats
    warning: str


Fit = Callable[[Floats], Coefficients]


def regression_rows(found: AnalysisSet, methods: Sequence[str]) -> Iterator[Row]:
    """The ratios of every declared pair, adjusted and, of the same patients, not; then those of the confounders."""
    matrix = found.design()
    for method in ("regression", "firth"):
        if method not in methods:
            continue
        if method == "firth" and found.level is not None:
            yield from _not_penalised(found)
            continue
        fit = fit_of(found, penalised=method == "firth")
        words = method_of(found, penalised=method == "firth")
        if method == "regression":
            none = np.empty((found.group.size, 0))
            unadjusted = replace(found.row(SAME_PATIENTS), method=words, estimand=UNADJUSTED)
            yield from _pairs(found, none, fit, unadjusted)
        adjusted = replace(found.row(CONFOUNDERS), method=words, estimand=CONDITIONAL)
        pairs = _pairs(found, matrix.matrix, fit, adjusted)
        # Odds of worse levels, taken together, have no ratio of risks that they come near.
        yield from with_e_values(pairs) if found.level is None else pairs
    if found.level is None:
        yield from _events_per_parameter(found, matrix)
    yield from covariate_rows(found, matrix)


def adjusted_ratios(found: AnalysisSet) -> Iterator[Row]:
    """The adjusted ratio of every declared pair with its limits, and nothing else: for alternatives."""
    template = replace(found.row(CONFOUNDERS), method=method_of(found, penalised=False), estimand=CONDITIONAL)
    rows = _pairs(found, found.design().matrix, fit_of(found, penalised=False), template)
    return (row for row in rows if row.statistic != "p")


def _not_penalised(found: AnalysisSet) -> Iterator[Row]:
    """Firth's penalty is not there for ordered levels: every pair says so."""
    template = replace(
        found.row(CONFOUNDERS), analysis=REGRESSION, method="firth proportional odds", estimand=CONDITIONAL
    )
    for pair in found.frame.pairs:
        of_pair = replace(template, contrast=found.frame.contrast(pair))
        yield single(of_pair, "odds_ratio", math.nan, Remark("not-for-ordered-levels"))


def method_of(found: AnalysisSet, *, penalised: bool) -> str:
    """The name of an outcome's model."""
    if found.level is not None:
        return "proportional odds"
    if not found.timed:
        return "firth logistic" if penalised else "logistic"
    cause = "cause-specific " if found.cause else ""
    stratified = "stratified " if found.frame.stratified else ""
    return f"{stratified}{cause}{'firth cox' if penalised else 'cox'}"


def fit_of(found: AnalysisSet, *, penalised: bool) -> Fit:
    """The model's own function from columns to coefficients."""
    level = found.frame.settings.conf_level
    # The columns of the groups come first; of a penalised model they alone are shown.
    groups = len(found.frame.groups) - 1

    def of_hazard(columns: Floats) -> Coefficients:
        assert found.time is not None  # noqa: S101 - a Cox model is only of follow-up; for the type checker
        sample = CoxSample(
            time=found.time,
            event=found.happened,
            covariates=columns,
            stratum=found.stratum if found.frame.stratified else None,
            entry=found.entry,
        )
        if penalised:
            fit = firth_cox(sample, conf_level=level, profiled=groups)
            p = np.array([test.p_value for test in fit.tests])
            return Coefficients(fit.coef, fit.hazard_ratio, fit.lower, fit.upper, p, fit.covariance, fit.warning or "")
        plain = cox(sample, conf_level=level)
        return Coefficients(
            plain.coef, plain.hazard_ratio, plain.lower, plain.upper, plain.p_value, plain.covariance,
            plain.warning or "",
        )  # fmt: skip

    strata = _indicators(found.stratum) if found.frame.stratified else np.empty((found.group.size, 0))

    def of_levels(columns: Floats) -> Coefficients:
        assert found.level is not None  # noqa: S101 - said below; for the type checker
        if np.unique(found.level).size < 2:
            return _nothing(columns.shape[1], Remark("one-level"))
        sample = RegressionSample(outcome=found.level.astype(np.float64), covariates=np.column_stack((columns, strata)))
        fit, own = proportional_odds(sample, conf_level=level), slice(0, columns.shape[1])
        return Coefficients(
            fit.coef[own], fit.odds_ratio[own], fit.lower[own], fit.upper[own], fit.p_value[own],
            fit.covariance[own, own], fit.warning or "",
        )  # fmt: skip

    def of_odds(columns: Floats) -> Coefficients:
        sample = RegressionSample(
            outcome=found.happened.astype(np.float64), covariates=np.column_stack((columns, strata))
        )
        fit = (
            firth_logistic(sample, conf_level=level, profiled=groups)
            if penalised
            else logistic(sample, conf_level=level)
        )
        own = slice(1, 1 + columns.shape[1])
        return Coefficients(
            fit.coef[own], fit.odds_ratio[own], fit.lower[own], fit.upper[own], fit.p_value[own],
            fit.covariance[own, own], fit.warning or "",
        )  # fmt: skip

    if found.level is not None:
        return of_levels
    return of_hazard if found.timed else of_odds


def _nothing(p: int, why: str) -> Coefficients:
    """No model: every number of p coefficients is not known."""
    unknown = np.full(p, np.nan)
    return Coefficients(unknown, unknown, unknown, unknown, unknown, np.full((p, p), np.nan), why)


def _indicators(codes: NDArray[np.int64]) -> Floats:
    return np.column_stack(
        [(codes == code).astype(np.float64) for code in np.unique(codes)[1:]] or [codes[:, None][:, :0]]
    )


def statistic_of(found: AnalysisSet) -> str:
    """Which ratio an outcome's model gives."""
    return "hazard_ratio" if found.timed else "odds_ratio"


def _pairs(found: AnalysisSet, columns: Floats, fit: Fit, template: Row) -> Iterator[Row]:
    """The ratio of every pair, from a model in which the group it is compared with is the reference."""
    frame = found.frame
    template = replace(template, analysis=REGRESSION, convention=convention_of(found))
    fits = {}
    for pair in frame.pairs:
        if pair[1] not in fits:
            groups, places = found.indicators(pair[1])
            fits[pair[1]] = (fit(np.column_stack((groups, columns))), places)
        model, places = fits[pair[1]]
        at = places[pair[0]]
        of_pair = replace(template, contrast=frame.contrast(pair), warning=model.warning)
        yield from _ratio(of_pair, statistic_of(found), model, at)
        yield replace(
            single(of_pair, "p", model.p_value[at], _reason(model)), of=statistic_of(found), alternative="two-sided"
        )


def convention_of(found: AnalysisSet) -> str:
    """How an outcome's model treats events at one time, if it has any."""
    return Remark("efron-ties") if found.timed else ""


def _reason(model: Coefficients) -> str:
    return model.warning or Remark("not-estimable")


def _ratio(template: Row, statistic: str, model: Coefficients, at: int) -> Iterator[Row]:
    value = model.ratio[at]
    # A ratio of nothing or of infinity is where the likelihood has no maximum: it is said, not printed as a number.
    known = math.isfinite(value) and value > 0
    estimate = Estimate(
        value=value if known else math.nan,
        low=model.lower[at] if known else math.nan,
        high=model.upper[at] if known and math.isfinite(model.upper[at]) else math.nan,
        reason=_reason(model),
        limit_reason=_reason(model),
    )
    yield from with_companions(template, statistic, estimate)


def _events_per_parameter(found: AnalysisSet, matrix: Design) -> Iterator[Row]:
    """Events for each coefficient of the adjusted model; of a true/false outcome the rarer of the two counts."""
    parameters = len(found.frame.groups) - 1 + matrix.matrix.shape[1]
    events = int(found.happened.sum())
    if not found.timed:
        events = min(events, int(found.happened.size) - events)
    per = events / parameters
    few = Remark("few-events-per-parameter", {"per": round(per, 1)}) if per < _EVENTS_PER_PARAMETER else ""
    template = replace(
        found.row(CONFOUNDERS), analysis=REGRESSION, contrast=found.frame.all_groups, conf_level=None,
        df=float(parameters),
    )  # fmt: skip
    yield replace(single(template, "events_per_parameter", per), warning=few)


def covariate_rows(found: AnalysisSet, matrix: Design) -> Iterator[Row]:
    """The ratio of every confounder, alone and in the model with the groups and all others.

    Of a spline there is no one ratio but a test of all its columns; no other confounder is tested, since none is chosen
    by its p value.
    """
    fit, statistic = fit_of(found, penalised=False), statistic_of(found)
    everyone = found.indicators(found.frame.reference)[0]
    whole = fit(np.column_stack((everyone, matrix.matrix)))
    shift = everyone.shape[1]
    words = method_of(found, penalised=False)
    for covariate in found.covariates:
        own = design((covariate,), found.used)
        alone = fit(own.matrix) if own.matrix.shape[1] else None
        mine = [term for term in matrix.terms if term.variable == covariate.name]
        for name, model, terms, offset in (
            (SAME_PATIENTS, alone, own.terms, 0),
            (CONFOUNDERS, whole, tuple(mine), shift),
        ):
            if model is None:
                continue
            template = replace(
                found.row(name), analysis=COVARIATE, variable=covariate.name, method=words,
                convention=convention_of(found), contrast=found.frame.all_groups if name == CONFOUNDERS else "",
            )  # fmt: skip
            yield from term_rows(template, statistic, model, terms, offset)


def term_rows(
    template: Row, statistic: str, model: Coefficients, terms: tuple[Term, ...], offset: int
) -> Iterator[Row]:
    """The ratio of every term that is one column, and the test of those that are several."""
    for term in terms:
        at = [offset + column for column in term.columns]
        of_term = replace(template, level=term.level, term=term.reference, warning=model.warning)
        if len(at) == 1:
            yield from _ratio(of_term, statistic, model, at[0])
    columns = [offset + column for term in terms for column in term.columns]
    if any(len(term.columns) > 1 for term in terms):
        p, df = _wald(model.coef[columns], model.covariance[np.ix_(columns, columns)])
        tested = replace(template, df=float(df), of=statistic, alternative="two-sided", method=template.method)
        yield single(replace(tested, warning=""), "p", p, _reason(model))


def _wald(coef: Floats, covariance: Floats) -> tuple[float, int]:
    """The p value of the hypothesis that these coefficients are all 0, and how many they are."""
    df = int(coef.size)
    if not np.isfinite(coef).all() or not np.isfinite(covariance).all():
        return math.nan, df
    from scipy.special import chdtrc

    try:
        statistic = float(coef @ np.linalg.solve(covariance, coef))
    except np.linalg.LinAlgError:
        return math.nan, df
    return float(chdtrc(df, max(statistic, 0.0))), df
