"""Competing risks over data frames: cumulative incidence, Gray's test, differences, Fine-Gray regression."""

from __future__ import annotations

import itertools
from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from typing import Any

import numpy as np
from numpy.typing import NDArray

from atrisk.api.answer import Answer, level_words, stacked
from atrisk.api.complete_rows import Names
from atrisk.api.follow_up_columns import FollowUpColumns, as_terms, read_follow_up, require_groups
from atrisk.api.level import Level
from atrisk.api.terms import Design, Term
from atrisk.compare.cumulative_incidence.gray import GrayTest
from atrisk.compare.cumulative_incidence.gray import gray as _gray
from atrisk.compare.cumulative_incidence.incidence_difference import IncidenceDifference
from atrisk.compare.cumulative_incidence.incidence_difference import incidence_difference as _incidence_difference
from atrisk.compare.square_and_add import Limits
from atrisk.errors import EstimationError
from atrisk.estimate.competing_risks.aalen_johansen import (
    CompetingRisksRows,
    IncidenceCurve,
    IncidenceLandmarks,
    aalen_johansen_of_rows,
    cumulative_incidence_at,
)
from atrisk.estimate.competing_risks.fine_gray import FineGrayFit, FineGraySample
from atrisk.estimate.competing_risks.fine_gray import fine_gray as _fine_gray
from atrisk.estimate.competing_risks.fine_gray import predicted_incidence as _predicted_incidence
from atrisk.estimate.confidence_limits import ConfType

Floats = NDArray[np.float64]


@dataclass(frozen=True, slots=True, eq=False)
class IncidenceCurves(Answer[tuple[IncidenceCurve, ...]]):
    """The cumulative incidence of each cause in `causes`, in each group in `groups`."""

    groups: tuple[str, ...] = ()
    causes: tuple[str, ...] = ()


@dataclass(frozen=True, slots=True, eq=False)
class FineGrayModel(Answer[FineGrayFit]):
    """A Fine-Gray regression, with the coding that predictions need."""

    design: Design | None = None


def cumulative_incidence(
    data: Any,
    *,
    time: str,
    event: str,
    event_map: Mapping[Level, str],
    censor: str | None = None,
    group: Names | None = None,
    entry: str | None = None,
    weights: str | None = None,
    cluster: Names | None = None,
    timefix: bool = True,
    conf_type: ConfType = "log",
    conf_level: float = 0.95,
) -> IncidenceCurves:
    """The cumulative incidence of every cause in each group (Aalen-Johansen).

    Definition, source and edges: `aalen_johansen_of_rows`. `event_map`: code -> state, every code that occurs; the
    first state is censoring unless `censor` names another. Columns and errors as in `kaplan_meier`.
    """
    columns = FollowUpColumns(
        time=time,
        event=event,
        event_map=event_map,
        censor=censor,
        group=group,
        entry=entry,
        weights=weights,
        cluster=cluster,
        timefix=timefix,
    )
    given = read_follow_up(data, columns)
    rows = CompetingRisksRows(
        time=given.time,
        cause=given.cause,
        group=given.group,
        entry=given.entry,
        weight=given.weight,
        cluster=given.cluster,
    )
    curves = aalen_johansen_of_rows(rows, n_causes=len(given.causes), conf_type=conf_type, conf_level=conf_level)
    table = stacked(
        [
            {
                "group": [group_label] * curve.time.size,
                "cause": [cause] * curve.time.size,
                "time": curve.time,
                "n_at_risk": curve.n_at_risk,
                "n_event": curve.n_event[k],
                "cumulative_incidence": curve.incidence[k],
                "std_error": curve.std_err[k],
                "conf_low": curve.lower[k],
                "conf_high": curve.upper[k],
                "event_free": curve.event_free,
            }
            for group_label, curve in zip(given.groups, curves, strict=True)
            for k, cause in enumerate(given.causes)
        ]
    )
    summary = stacked(
        [
            {
                "group": group_label,
                "cause": cause,
                "n": curve.n,
                "n_event": float(curve.n_event[k].sum()),
                "last_time": curve.last_time,
                "incidence_then": float(curve.incidence[k][-1]),
            }
            for group_label, curve in zip(given.groups, curves, strict=True)
            for k, cause in enumerate(given.causes)
        ]
    )
    said = (
        f"{conf_type} limits, {level_words(conf_level)}",
        "infinitesimal jackknife variance",
        *given.conventions,
    )
    title = f"Cumulative incidence (Aalen-Johansen) of '{event}' over '{time}'"
    return IncidenceCurves(title, curves, table, said, given.rows, given.notes, summary, given.groups, given.causes)


def incidence_at(
    curves: IncidenceCurves, times: Sequence[float], *, extend: bool = False
) -> Answer[tuple[IncidenceLandmarks, ...]]:
    """The cumulative incidence of each cause and group at chosen times; NaN beyond the follow-up unless `extend`.

    Definition and edges: `cumulative_incidence_at`.
    """
    marks = tuple(cumulative_incidence_at(curve, times, extend=extend) for curve in curves.result)
    table = stacked(
        [
            {
                "group": [group] * mark.time.size,
                "cause": [cause] * mark.time.size,
                "time": mark.time,
                "cumulative_incidence": mark.estimate[k],
                "std_error": mark.std_err[k],
                "conf_low": mark.lower[k],
                "conf_high": mark.upper[k],
                "n_at_risk": mark.n_at_risk,
                "n_event": mark.n_event[k],
            }
            for group, mark in zip(curves.groups, marks, strict=True)
            for k, cause in enumerate(curves.causes)
        ]
    )
    return Answer(f"{curves.title} at chosen times", marks, table, curves.conventions, curves.rows, curves.notes)


def incidence_difference(
    curves: IncidenceCurves, times: Sequence[float], *, limits: Limits = "square-and-add"
) -> Answer[tuple[IncidenceDifference, ...]]:
    """The difference of cumulative incidence of every pair of groups, first less second, at chosen times.

    Definition and source: `incidence_difference` of the estimators; the groups must be independent.
    """
    pairs = list(itertools.combinations(range(len(curves.groups)), 2))
    if not pairs:
        raise EstimationError("a difference needs curves of at least two groups.")
    found = tuple(_incidence_difference(curves.result[i], curves.result[j], times, limits=limits) for i, j in pairs)
    table = stacked(
        [
            {
                "contrast": [f"{curves.groups[i]} vs {curves.groups[j]}"] * one.time.size,
                "cause": [cause] * one.time.size,
                "time": one.time,
                "difference": one.estimate[k],
                "std_error": one.std_err[k],
                "conf_low": one.lower[k],
                "conf_high": one.upper[k],
                "p": one.p_value[k],
            }
            for (i, j), one in zip(pairs, found, strict=True)
            for k, cause in enumerate(curves.causes)
        ]
    )
    said = (f"{limits} limits of the difference", "two-sided Wald p at each time, not adjusted", *curves.conventions)
    return Answer(f"Differences: {curves.title}", found, table, said, curves.rows, curves.notes)


def gray(
    data: Any,
    *,
    time: str,
    event: str,
    event_map: Mapping[Level, str],
    group: Names,
    censor: str | None = None,
    strata: Names | None = None,
    timefix: bool = True,
    rho: float = 0.0,
) -> Answer[tuple[GrayTest, ...]]:
    """Gray's test of equal cumulative incidences of each cause.

    Definition, source and edges: `gray` of the estimators. Columns and errors as in `cumulative_incidence`.
    """
    columns = FollowUpColumns(
        time=time, event=event, event_map=event_map, censor=censor, group=group, strata=strata, timefix=timefix
    )
    given = read_follow_up(data, columns)
    require_groups(given)
    counts = given.counts()
    tests = tuple(_gray(counts, k + 1, rho=rho) for k in range(len(given.causes)))
    table = {
        "cause": list(given.causes),
        "contrast": [" / ".join(given.groups)] * len(tests),
        "chi_squared": [test.chi_squared for test in tests],
        "df": [test.df for test in tests],
        "p": [test.p_value for test in tests],
    }
    stratified = (f"summed over {len(given.strata)} strata",) if strata is not None else ()
    said = (f"rho = {rho:g}", *stratified, *given.conventions)
    return Answer(f"Gray's test of '{event}' over '{time}'", tests, table, said, given.rows, given.notes)


def fine_gray(
    data: Any,
    *,
    time: str,
    event: str,
    event_map: Mapping[Level, str],
    cause: str,
    covariates: Term | Sequence[Term],
    censor: str | None = None,
    strata: Names | None = None,
    weights: str | None = None,
    cluster: Names | None = None,
    timefix: bool = True,
    conf_level: float = 0.95,
) -> FineGrayModel:
    """Fine-Gray regression of the subdistribution hazard of one cause.

    Definition, source and edges: `fine_gray` of the estimators. `strata`: groups with a censoring distribution each.
    Columns and errors as in `cumulative_incidence`, covariates as in `cox`.
    """
    columns = FollowUpColumns(
        time=time,
        event=event,
        event_map=event_map,
        censor=censor,
        strata=strata,
        weights=weights,
        cluster=cluster,
        covariates=as_terms(covariates),
        timefix=timefix,
    )
    given = read_follow_up(data, columns)
    number, design = given.cause_number(cause), given.design
    if design is None:
        raise EstimationError("covariates: name at least one column.")
    sample = FineGraySample(
        time=given.time,
        cause=given.cause,
        covariates=design.matrix,
        censoring_group=given.stratum,
        weight=given.weight,
        cluster=given.cluster,
    )
    fit = _fine_gray(sample, number, conf_level=conf_level)
    table = {
        "term": list(design.names),
        "coef": fit.coef,
        "subdistribution_hazard_ratio": fit.hazard_ratio,
        "std_error": fit.std_err,
        "conf_low": fit.lower,
        "conf_high": fit.upper,
        "z": fit.z,
        "p": fit.p_value,
    }
    said = (
        "Breslow ties",
        "robust variance with the term for estimated censoring",
        f"Wald limits of the ratio, {level_words(conf_level)}",
        f"{len(given.strata)} censoring distribution{'s' if len(given.strata) > 1 else ''}",
        *given.conventions,
    )
    warned = () if fit.warning is None else (design.named(fit.warning),)
    notes = (f"{fit.n} rows, {fit.n_event} events of '{cause}'", *given.notes, *warned)
    return FineGrayModel(f"Fine-Gray regression of '{cause}'", fit, table, said, given.rows, notes, None, design)


def predicted_incidence(model: FineGrayModel, new: Any, times: Sequence[float]) -> Answer[Floats]:
    """The cumulative incidence that a Fine-Gray model predicts for the patients of a second data frame.

    Definition: `predicted_incidence` of the estimators. `patient` counts the rows of `new` from 1.
    """
    if model.design is None:
        raise EstimationError("this question needs a model made by atrisk.fine_gray.")
    found = _predicted_incidence(model.result, model.design.of_new(new), times)
    table = {
        "patient": np.repeat(np.arange(1, found.shape[0] + 1), found.shape[1]),
        "time": np.tile(np.asarray(times, dtype=np.float64), found.shape[0]),
        "cumulative_incidence": found.ravel(),
    }
    said = ("last value carried beyond the last event", *model.conventions)
    return Answer(f"Predicted incidence: {model.title}", found, table, said, model.rows, model.notes)
