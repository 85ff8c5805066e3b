"""Survival curves over data frames: Kaplan-Meier and its kin, landmarks, quantiles, restricted means, follow-up."""

from __future__ import annotations

import itertools
from collections.abc import Sequence
from dataclasses import dataclass
from typing import Any, Literal

import numpy as np

from atrisk.api.answer import Answer, level_words, stacked
from atrisk.api.complete_rows import Names
from atrisk.api.follow_up_columns import FollowUp, FollowUpColumns, read_follow_up
from atrisk.api.level import Levels
from atrisk.estimate.confidence_limits import ConfType
from atrisk.estimate.survival_curve.conditional_survival import conditional_survival as _conditional_survival
from atrisk.estimate.survival_curve.follow_up_rows import FollowUpRows
from atrisk.estimate.survival_curve.hazard_steps import Estimator
from atrisk.estimate.survival_curve.kaplan_meier import (
    Landmarks,
    Quantile,
    SurvivalCurve,
    quantile,
    reverse_kaplan_meier,
)
from atrisk.estimate.survival_curve.kaplan_meier import kaplan_meier as _kaplan_meier
from atrisk.estimate.survival_curve.kaplan_meier import survival_at as _survival_at
from atrisk.estimate.survival_curve.restricted_mean import (
    RestrictedMean,
    RestrictedMeanContrast,
    restricted_mean_difference,
    restricted_mean_ratio,
)
from atrisk.estimate.survival_curve.restricted_mean import restricted_mean as _restricted_mean
from atrisk.estimate.survival_curve.survival_curves import survival_curves

_ESTIMATOR = {
    "kaplan-meier": "Kaplan-Meier",
    "nelson-aalen": "exp(-Nelson-Aalen)",
    "fleming-harrington": "exp(-Fleming-Harrington)",
}


@dataclass(frozen=True, slots=True, eq=False)
class SurvivalCurves(Answer[tuple[SurvivalCurve, ...]]):
    """The survival curve of each group in `groups`."""

    groups: tuple[str, ...] = ()


def kaplan_meier(
    data: Any,
    *,
    time: str,
    event: str,
    event_value: Levels | None = None,
    censored_value: Levels | None = None,
    group: Names | None = None,
    entry: str | None = None,
    weights: str | None = None,
    cluster: Names | None = None,
    timefix: bool = True,
    conf_type: ConfType = "log",
    conf_level: float = 0.95,
    estimator: Estimator = "kaplan-meier",
    robust: bool | None = None,
) -> SurvivalCurves:
    """The survival curve of each group.

    Definition, source and edges: `survival_curves` of the estimators. `event_value`: the code or codes of the event,
    1 or true without it; `censored_value`: the codes of censoring, any other code without it. `group`: one column,
    or several that are crossed. `entry`: delayed entry, at risk on (entry, time]. `robust`: by default with
    weights that are not whole numbers, and with clusters, as R. Rows with a missing value are left out and counted.
    Raises EstimationError for values that cannot be, with column and row.
    """
    columns = FollowUpColumns(
        time=time,
        event=event,
        event_value=event_value,
        censored_value=censored_value,
        group=group,
        entry=entry,
        weights=weights,
        cluster=cluster,
        timefix=timefix,
    )
    given = read_follow_up(data, columns)
    if given.weight is None and given.cluster is None and not robust:
        curves = _kaplan_meier(given.counts(), conf_type=conf_type, conf_level=conf_level, estimator=estimator)
    else:
        curves = survival_curves(
            _rows(given), conf_type=conf_type, conf_level=conf_level, estimator=estimator, robust=robust
        )
    spread = "infinitesimal jackknife variance" if curves[0].robust else "Greenwood variance"
    if estimator != "kaplan-meier" and not curves[0].robust:
        spread = "Poisson variance of the hazard"
    return _curves_of(given, curves, f"{_ESTIMATOR[estimator]} survival of '{time}'", spread)


def follow_up(
    data: Any,
    *,
    time: str,
    event: str,
    event_value: Levels | None = None,
    censored_value: Levels | None = None,
    group: Names | None = None,
    entry: str | None = None,
    timefix: bool = True,
    conf_type: ConfType = "log",
    conf_level: float = 0.95,
) -> SurvivalCurves:
    """The time under observation of each group by the reverse Kaplan-Meier curve; its median is the median follow-up.

    Definition and source: `reverse_kaplan_meier`. Columns and errors as in `kaplan_meier`.
    """
    columns = FollowUpColumns(
        time=time,
        event=event,
        event_value=event_value,
        censored_value=censored_value,
        group=group,
        entry=entry,
        timefix=timefix,
    )
    given = read_follow_up(data, columns)
    curves = reverse_kaplan_meier(given.counts(), conf_type=conf_type, conf_level=conf_level)
    answer = _curves_of(given, curves, f"Follow-up in '{time}' (reverse Kaplan-Meier)", "Greenwood variance")
    said = tuple(
        "censorings are the events here, and come first at one time" if i == 2 else text
        for i, text in enumerate(answer.conventions)
    )
    return SurvivalCurves(
        answer.title, answer.result, answer.table, said, answer.rows, answer.notes, answer.summary, answer.groups
    )


def conditional_survival(
    data: Any,
    *,
    time: str,
    event: str,
    survived: float,
    times: Sequence[float],
    event_value: Levels | None = None,
    censored_value: Levels | None = None,
    group: Names | None = None,
    entry: str | None = None,
    timefix: bool = True,
    conf_type: ConfType = "log",
    conf_level: float = 0.95,
) -> Answer[tuple[Landmarks, ...]]:
    """Survival beyond each of some times, given survival beyond `survived`, of each group.

    Definition and source: `conditional_survival` of the estimators. Columns and errors as in `kaplan_meier`.
    """
    columns = FollowUpColumns(
        time=time,
        event=event,
        event_value=event_value,
        censored_value=censored_value,
        group=group,
        entry=entry,
        timefix=timefix,
    )
    given = read_follow_up(data, columns)
    marks = _conditional_survival(given.counts(), survived, times, conf_type=conf_type, conf_level=conf_level)
    said = (f"{conf_type} limits, {level_words(conf_level)}", f"given survival beyond {survived:g}", *given.conventions)
    return Answer(
        f"Conditional survival of '{time}'", marks, _landmark_table(given.groups, marks), said, given.rows, given.notes
    )


def survival_at(
    curves: SurvivalCurves, times: Sequence[float], *, extend: bool = False
) -> Answer[tuple[Landmarks, ...]]:
    """Survival of each group at chosen times; NaN beyond the last follow-up unless `extend`, as R's summary does.

    Definition and edges: `survival_at` of the estimators.
    """
    marks = tuple(_survival_at(curve, times, extend=extend) for curve in curves.result)
    beyond = "last value carried beyond the follow-up" if extend else "not estimable beyond the follow-up"
    return Answer(
        f"{curves.title} at chosen times",
        marks,
        _landmark_table(curves.groups, marks),
        (*curves.conventions, "at risk just before the time", beyond),
        curves.rows,
        curves.notes,
    )


def quantiles(
    curves: SurvivalCurves, probabilities: Sequence[float] = (0.25, 0.5, 0.75)
) -> Answer[tuple[tuple[Quantile, ...], ...]]:
    """The times by which shares of each group have had the event, with limits; NaN where not reached.

    Definition and source: `quantile` of the survival curves.
    """
    found = tuple(tuple(quantile(curve, share) for share in probabilities) for curve in curves.result)
    table = stacked(
        [
            {
                "group": group,
                "probability": one.probability,
                "quantile": one.estimate,
                "conf_low": one.lower,
                "conf_high": one.upper,
            }
            for group, row in zip(curves.groups, found, strict=True)
            for one in row
        ]
    )
    said = (*curves.conventions, "the middle of a flat at 1 - p, limits by inverting the pointwise limits")
    return Answer(f"Quantiles: {curves.title}", found, table, said, curves.rows, curves.notes)


def restricted_mean(curves: SurvivalCurves, tau: float, *, extend: bool = False) -> Answer[tuple[RestrictedMean, ...]]:
    """The mean time free of the event up to tau of each group; NaN where tau lies beyond its follow-up.

    Definition and source: `restricted_mean` of the estimators.
    """
    means = tuple(_restricted_mean(curve, tau, extend=extend) for curve in curves.result)
    table = stacked(
        [
            {
                "group": group,
                "tau": mean.tau,
                "restricted_mean": mean.estimate,
                "std_error": mean.std_err,
                "conf_low": mean.lower,
                "conf_high": mean.upper,
            }
            for group, mean in zip(curves.groups, means, strict=True)
        ]
    )
    said = (f"normal limits, {level_words(means[0].conf_level)}", "variance as R's survmean", *curves.conventions[1:])
    return Answer(f"Restricted mean to {tau:g}: {curves.title}", means, table, said, curves.rows, curves.notes)


def restricted_mean_contrasts(
    curves: SurvivalCurves, tau: float, *, scale: Literal["difference", "ratio"] = "difference"
) -> Answer[tuple[RestrictedMeanContrast, ...]]:
    """The restricted means of every pair of groups against each other, first minus (or over) second.

    Definition and source: `restricted_mean_difference`, `restricted_mean_ratio`; a pair that cannot be compared
    keeps NaN and its reason; one of which a group has no event before tau is named in the notes.
    """
    contrast = restricted_mean_ratio if scale == "ratio" else restricted_mean_difference
    means = [_restricted_mean(curve, tau) for curve in curves.result]
    pairs = list(itertools.combinations(range(len(means)), 2))
    found = tuple(contrast(means[i], means[j]) for i, j in pairs)
    table = stacked(
        [
            {
                "contrast": f"{curves.groups[i]} vs {curves.groups[j]}",
                scale: one.estimate,
                "std_error": one.std_err,
                "conf_low": one.lower,
                "conf_high": one.upper,
                "p": one.p_value,
                "reason": one.reason,
            }
            for (i, j), one in zip(pairs, found, strict=True)
        ]
    )
    warned = tuple(
        f"{curves.groups[i]} vs {curves.groups[j]}: {one.warning}"
        for (i, j), one in zip(pairs, found, strict=True)
        if one.warning
    )
    limits = "log limits" if scale == "ratio" else "normal limits"
    said = (f"{limits}, {level_words(curves.result[0].conf_level)}", "two-sided Wald p, not adjusted for pairs")
    notes = (*curves.notes, *warned)
    return Answer(f"Restricted means to {tau:g}, {scale}: {curves.title}", found, table, said, curves.rows, notes)


def _rows(given: FollowUp) -> FollowUpRows:
    return FollowUpRows.of(
        given.time, given.cause, group=given.group, entry=given.entry, weight=given.weight, cluster=given.cluster
    )


def _curves_of(given: FollowUp, curves: tuple[SurvivalCurve, ...], title: str, variance: str) -> SurvivalCurves:
    table = stacked([_steps(group, curve) for group, curve in zip(given.groups, curves, strict=True)])
    summary = []
    for group, curve in zip(given.groups, curves, strict=True):
        median = quantile(curve, 0.5)
        summary.append(
            {
                "group": group,
                "n": curve.n,
                "n_event": float(curve.n_event.sum()),
                "median": median.estimate,
                "conf_low": median.lower,
                "conf_high": median.upper,
            }
        )
    first = curves[0]
    said = (f"{first.conf_type} limits, {level_words(first.conf_level)}", variance, *given.conventions)
    return SurvivalCurves(title, curves, table, said, given.rows, given.notes, stacked(summary), given.groups)


def _steps(group: str, curve: SurvivalCurve) -> dict[str, Any]:
    return {
        "group": [group] * curve.time.size,
        "time": curve.time,
        "n_at_risk": curve.n_at_risk,
        "n_event": curve.n_event,
        "n_censored": curve.n_censored,
        "survival": curve.survival,
        "std_error": curve.std_err,
        "conf_low": curve.lower,
        "conf_high": curve.upper,
        "cumulative_hazard": curve.cumulative_hazard,
        "std_error_cumulative_hazard": curve.std_err_cumulative_hazard,
    }


def _landmark_table(groups: Sequence[str], marks: Sequence[Landmarks]) -> dict[str, Any]:
    return stacked(
        [
            {
                "group": [group] * mark.time.size,
                "time": mark.time,
                "survival": mark.estimate,
                "std_error": mark.std_err,
                "conf_low": mark.lower,
                "conf_high": mark.upper,
                "n_at_risk": mark.n_at_risk,
                "n_event": mark.n_event,
                "n_censored": mark.n_censored,
                "estimable": np.asarray(mark.estimable),
            }
            for group, mark in zip(groups, marks, strict=True)
        ]
    )
