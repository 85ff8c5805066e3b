"""The regression of every imputed data set as one answer, and whether the imputation can be relied on."""

from __future__ import annotations

import math
from collections.abc import Callable, Iterator, Sequence
from dataclasses import replace

import numpy as np

from atrisk.derive.follow_up import FollowUp
from atrisk.derive.variable import Values
from atrisk.errors import EstimationError
from atrisk.estimate.imputation.diagnostics import ImputedSummary, imputed_summaries, scale_reduction
from atrisk.estimate.imputation.pooled_model import pool_contrasts
from atrisk.result.remark import Remark
from atrisk.result.row import Row
from atrisk.run.adjusted.analysis_set import IMPUTED, AnalysisSet, account_rows
from atrisk.run.adjusted.covariates import Covariate
from atrisk.run.adjusted.imputed_values import ImputedConfounders, imputed_confounders
from atrisk.run.adjusted.regression import (
    CONDITIONAL,
    REGRESSION,
    Coefficients,
    fit_of,
    method_of,
    statistic_of,
)
from atrisk.run.frame import Frame
from atrisk.run.row_building import Estimate, single, with_companions
from atrisk.study.adjustment import Adjustment

IMPUTATION = "imputation"
# Above this scale reduction chains have not settled (Gelman et al. 2013, section 11.4).
_SETTLED = 1.1

Outcome = FollowUp | Values
SetOf = Callable[[Frame, Sequence[Covariate], Outcome], AnalysisSet]


def imputed_rows(
    frame: Frame,
    adjustment: Adjustment,
    variables: tuple[Sequence[Covariate], Sequence[Covariate]],
    outcomes: Sequence[Outcome],
    set_of: SetOf,
) -> Iterator[Row]:
    """What was imputed, then every adjusted outcome of all patients; nothing where no confounder is missing.

    ``variables``: the confounders, and what else helps to impute them. ``set_of`` makes the analysis set of an outcome
    from the confounders of one data set. Any method that gives an estimate and its variance of such a set can be pooled
    likewise; the penalised regression cannot, whose limits are those of a profile and not of a variance.
    """
    how = adjustment.imputation
    if how is None or not _lacking(frame, variables[0]):
        return
    try:
        found = imputed_confounders(frame, how, variables, outcomes)
    except EstimationError as error:
        yield single(replace(frame.row(IMPUTATION), adjustment_set=IMPUTED), "scale_reduction", math.nan, str(error))
        return
    yield from _diagnostic_rows(frame, found)
    for outcome in outcomes:
        sets = [set_of(frame, covariates, outcome) for covariates in found.covariates]
        yield from account_rows(sets[0], IMPUTED)
        if "regression" in adjustment.methods:
            yield from _pooled_pairs(sets)


def _lacking(frame: Frame, confounders: Sequence[Covariate]) -> bool:
    """Whether anybody compared lacks a confounder, or has one only as a limit."""
    inside = frame.inside
    return any(not each.known[inside].all() or (each.values.limit[inside] != "").any() for each in confounders)


def _pooled_pairs(sets: Sequence[AnalysisSet]) -> Iterator[Row]:
    """The ratio of every pair over the data sets, its test, and the share of information that is missing."""
    first = sets[0]
    frame, statistic = first.frame, statistic_of(first)
    fits = [_fitted(each) for each in sets]
    convention = Remark("efron-ties-and-rubins-rules" if first.timed else "rubins-rules", {"count": len(sets)})
    template = replace(
        first.row(IMPUTED), analysis=REGRESSION, method=method_of(first, penalised=False), convention=convention,
        estimand=CONDITIONAL,
    )  # fmt: skip
    columns = first.indicators(frame.reference)[1]
    for pair in frame.pairs:
        # A pair is read off models against one reference: b_first - b_second.
        contrast = np.zeros(fits[0].coef.size)
        for group, sign in zip(pair, (1.0, -1.0), strict=True):
            if group in columns:
                contrast[columns[group]] = sign
        of_pair = replace(template, contrast=frame.contrast(pair))
        yield from _pooled(of_pair, statistic, fits, contrast, _complete_df(first, fits[0]))


def _fitted(found: AnalysisSet) -> Coefficients:
    groups = found.indicators(found.frame.reference)[0]
    return fit_of(found, penalised=False)(np.column_stack((groups, found.design().matrix)))


def _complete_df(found: AnalysisSet, fit: Coefficients) -> float:
    """Degrees of freedom of the model without missing values: events, or patients, less coefficients (as R's mice)."""
    strata = np.unique(found.stratum).size if found.frame.stratified else 1
    if found.timed:
        return max(float(found.happened.sum()) - fit.coef.size, 1.0)
    constants = 1 if found.level is None else np.unique(found.level).size - 1
    return max(float(found.group.size) - fit.coef.size - constants - (strata - 1), 1.0)


def _pooled(
    template: Row, statistic: str, fits: Sequence[Coefficients], contrast: np.ndarray, complete_df: float
) -> Iterator[Row]:
    try:
        coefs = np.stack([fit.coef for fit in fits])
        covariances = np.stack([fit.covariance for fit in fits])
        pooled = pool_contrasts(
            coefs, covariances, contrasts=contrast, complete_df=complete_df, conf_level=template.conf_level or 0.95
        )
    except (EstimationError, ValueError):
        reason = Remark("not-in-every-imputed-set")
        yield single(template, statistic, math.nan, reason)
        yield replace(single(template, "p", math.nan, reason), of=statistic, alternative="two-sided")
        return
    share = float(pooled.missing_information[0])
    few = Remark("few-imputed-sets", {"share": share, "count": pooled.m}) if 100 * share > pooled.m else ""
    warning = few or next((fit.warning for fit in fits if fit.warning), "")
    estimate = Estimate(
        value=math.exp(pooled.estimate[0]), low=math.exp(pooled.lower[0]), high=math.exp(pooled.upper[0])
    )
    yield from with_companions(replace(template, warning=warning), statistic, estimate)
    test = replace(template, of=statistic, alternative="two-sided", df=float(pooled.df[0]), warning=warning)
    yield single(test, "p", float(pooled.p_value[0]))
    yield replace(single(replace(template, conf_level=None), "missing_information", share), of=statistic)


def _diagnostic_rows(frame: Frame, found: ImputedConfounders) -> Iterator[Row]:
    """Of every variable with imputed values: recorded beside imputed ones, and whether the chains have settled."""
    template = replace(frame.row(IMPUTATION), adjustment_set=IMPUTED)
    of_means, of_spreads = scale_reduction(found.imputed.trace), scale_reduction(found.imputed.trace_sd)
    summaries = imputed_summaries(found.columns, found.imputed)
    for place, covariate in enumerate(found.variables):
        summary = summaries[place]
        if not summary.n_missing:
            continue
        of_variable = replace(template, variable=covariate.name)
        yield from _summary_rows(of_variable, covariate, summary)
        for term, ratio in (("mean", of_means[place]), ("spread", of_spreads[place])):
            # Of levels the mean of codes says all; a spread needs two imputed values.
            if not math.isfinite(ratio) or (term == "spread" and covariate.values.kind != "number"):
                continue
            warning = Remark("chains-not-settled", {"ratio": float(ratio)}) if ratio > _SETTLED else ""
            of_term = replace(of_variable, term=term, n=summary.n_missing, warning=warning)
            yield single(of_term, "scale_reduction", float(ratio))


def _summary_rows(template: Row, covariate: Covariate, summary: ImputedSummary) -> Iterator[Row]:
    yield single(template, "n", summary.n_observed)
    yield single(template, "n_imputed", summary.n_missing)
    recorded = replace(template, n=summary.n_observed)
    imputed = replace(template, n=summary.n_missing)
    if covariate.values.kind == "number":
        yield single(template, "n_limit", summary.n_limited)
        yield single(recorded, "observed_mean", summary.observed_mean)
        yield single(recorded, "observed_sd", summary.observed_sd, Remark("fewer-than-two-values"))
        yield single(imputed, "imputed_mean", summary.imputed_mean)
        yield single(imputed, "imputed_sd", summary.imputed_sd, Remark("fewer-than-two-values"))
        return
    shares = zip(summary.observed_share, summary.imputed_share, strict=True)
    for level, (was, drawn) in zip(covariate.values.levels, shares, strict=False):
        yield single(replace(recorded, level=level), "observed_share", was)
        yield single(replace(imputed, level=level), "imputed_share", drawn)
