"""Standardised outcomes: what the model predicts for everybody in each group, and the differences between groups."""

from __future__ import annotations

from collections.abc import Iterator
from dataclasses import replace

import numpy as np
from numpy.typing import NDArray

from atrisk.compare.standardised_contrast import StandardisedContrast, standardised_difference, standardised_ratio
from atrisk.errors import EstimationError
from atrisk.estimate.generalized_linear.logistic import logistic
from atrisk.estimate.generalized_linear.regression_sample import RegressionSample
from atrisk.estimate.proportional_hazards.cox import cox
from atrisk.estimate.proportional_hazards.cox_sample import CoxSample
from atrisk.estimate.standardisation.outcome_model import OutcomeModel, with_columns_set
from atrisk.estimate.standardisation.standardised_curves import (
    Standardised,
    standardised_curves,
    standardised_restricted_mean,
)
from atrisk.estimate.standardisation.standardised_risk import standardised_risks
from atrisk.result.remark import Remark
from atrisk.result.row import Row
from atrisk.run.adjusted.analysis_set import CONFOUNDERS, AnalysisSet
from atrisk.run.row_building import Estimate, single, with_companions

Floats = NDArray[np.float64]

STANDARDISED = "standardised"
_METHODS = {"survival": "standardised cox", "cumulative_incidence": "standardised cause-specific cox"}


def standardised_rows(found: AnalysisSet) -> Iterator[Row]:
    """By group what everybody would have had in it, by the model of all groups, and of every pair the difference."""
    if not found.timed:
        yield from _risks(found)
        return
    try:
        models = _models(found)
    except EstimationError as error:
        yield from _nothing(found, str(error))
        return
    level, whole = found.frame.settings.conf_level, "cumulative_incidence" if found.cause else "survival"
    template = _template(found, _METHODS[whole])
    if found.landmarks:
        curves = standardised_curves(
            models, found.landmarks, outcome=1 if found.cause else 0, conf_type=found.frame.settings.conf_type,
            conf_level=level,
        )  # fmt: skip
        yield from _of_groups(found, template, whole, curves)
        yield from _of_pairs(found, template, whole, curves)
    # Of several causes the mean time free of one of them is no mean time of anybody.
    if found.tau is not None and not found.cause:
        means = standardised_restricted_mean(models, found.tau, conf_level=level)
        of_time = replace(template, unit="days", method="area under standardised cox")
        yield from _of_groups(found, of_time, "restricted_mean", means)
        yield from _of_pairs(found, of_time, "restricted_mean", means)


def _template(found: AnalysisSet, method: str) -> Row:
    return replace(
        found.row(CONFOUNDERS), analysis=STANDARDISED, estimand=STANDARDISED, method=method,
        convention=Remark("standardised-influence"),
    )  # fmt: skip


def _settings(found: AnalysisSet) -> tuple[Floats, tuple[Floats, ...]]:
    """The columns of the model, and the same with every patient in each group in turn."""
    frame = found.frame
    groups, places = found.indicators(frame.reference)
    columns = np.column_stack((groups, found.design().matrix))
    values = [
        [float(places.get(position) == column) for column in range(groups.shape[1])]
        for position in range(len(frame.groups))
    ]
    return columns, with_columns_set(columns, range(groups.shape[1]), values)


def _models(found: AnalysisSet) -> list[OutcomeModel]:
    """A Cox model of every cause, of all groups and confounders."""
    assert found.time is not None and found.ending is not None  # noqa: S101, PT018 - asked only of follow-up
    columns, settings = _settings(found)
    causes = range(1, int(found.ending.max(initial=1)) + 1) if found.cause else (1,)
    models = []
    for cause in causes:
        sample = CoxSample(
            time=found.time,
            event=found.ending == cause,
            covariates=columns,
            stratum=found.stratum if found.frame.stratified else None,
            entry=found.entry,
        )
        models.append(OutcomeModel(sample, cox(sample), settings))
    return models


def _of_groups(found: AnalysisSet, template: Row, statistic: str, values: Standardised) -> Iterator[Row]:
    for place, group in enumerate(found.frame.groups):
        for at, time in enumerate(values.time):
            estimate = Estimate(
                value=values.estimate[place, at],
                low=values.lower[place, at],
                high=values.upper[place, at],
                std_error=values.std_err[place, at],
                reason=Remark("beyond-follow-up"),
                limit_reason=Remark("limits-at-0-or-1") if values.estimable[at] else Remark("beyond-follow-up"),
            )
            yield from with_companions(replace(template, group=group, time=float(time)), statistic, estimate)


def _of_pairs(found: AnalysisSet, template: Row, statistic: str, values: Standardised) -> Iterator[Row]:
    difference = {"survival": "survival_difference", "cumulative_incidence": "incidence_difference"}.get(
        statistic, "restricted_mean_difference"
    )
    ratio = {"survival": "survival_ratio", "cumulative_incidence": "incidence_ratio"}.get(
        statistic, "restricted_mean_ratio"
    )
    for pair in found.frame.pairs:
        of_pair = replace(template, contrast=found.frame.contrast(pair))
        yield from _contrast(of_pair, difference, standardised_difference(values, *pair))
        yield from _contrast(replace(of_pair, unit=""), ratio, standardised_ratio(values, *pair))


def _contrast(template: Row, statistic: str, found: StandardisedContrast) -> Iterator[Row]:
    for at, time in enumerate(found.time):
        estimate = Estimate(
            value=found.estimate[at],
            low=found.lower[at],
            high=found.upper[at],
            std_error=found.std_err[at],
            reason=Remark("beyond-follow-up"),
            limit_reason=Remark("not-estimable"),
        )
        yield from with_companions(replace(template, time=float(time)), statistic, estimate)


def _risks(found: AnalysisSet) -> Iterator[Row]:
    columns, settings = _settings(found)
    if found.frame.stratified:
        strata = [(found.stratum == code).astype(np.float64) for code in np.unique(found.stratum)[1:]]
        columns, settings = (
            np.column_stack((columns, *strata)), tuple(np.column_stack((one, *strata)) for one in settings)
        )  # fmt: skip
    sample = RegressionSample(outcome=found.happened.astype(np.float64), covariates=columns)
    level = found.frame.settings.conf_level
    risks = standardised_risks(sample, logistic(sample), settings, conf_level=level)
    template = _template(found, "standardised logistic")
    for place, group in enumerate(found.frame.groups):
        estimate = Estimate(
            value=risks.estimate[place], low=risks.lower[place], high=risks.upper[place],
            std_error=risks.std_err[place], reason=risks.reason, limit_reason=risks.reason,
        )  # fmt: skip
        yield from with_companions(replace(template, group=group), "risk", estimate)
    for pair in found.frame.pairs:
        value, error, low, high = risks.difference(*pair)
        estimate = Estimate(
            value=value, low=low, high=high, std_error=error, reason=risks.reason, limit_reason=risks.reason
        )
        of_pair = replace(template, contrast=found.frame.contrast(pair))
        yield from with_companions(of_pair, "risk_difference", estimate)


def _nothing(found: AnalysisSet, reason: str) -> Iterator[Row]:
    """Every pair's difference without a number: the model has no hazard that could be averaged."""
    statistic = "incidence_difference" if found.cause else "survival_difference"
    method = _METHODS["cumulative_incidence" if found.cause else "survival"]
    for pair in found.frame.pairs:
        for time in found.landmarks:
            template = replace(_template(found, method), contrast=found.frame.contrast(pair), time=time)
            yield single(template, statistic, None, reason)
