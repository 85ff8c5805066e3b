"""Confounders of an adjusted comparison with missing values, imputed many times by chained equations."""

from __future__ import annotations

from collections.abc import Iterator, Sequence
from dataclasses import dataclass, replace

import numpy as np
from numpy.typing import NDArray

from atrisk.derive.band import banded
from atrisk.derive.follow_up import FollowUp
from atrisk.derive.variable import Values
from atrisk.estimate.imputation.chained_equations import ImputationOptions, Imputed, chained_equations
from atrisk.estimate.imputation.column import Column
from atrisk.estimate.imputation.outcome_predictors import outcome_predictors
from atrisk.estimate.spline.restricted_cubic_spline import default_knots
from atrisk.run.adjusted.covariates import Covariate
from atrisk.run.adjusted.missingness import column_of
from atrisk.run.frame import Frame
from atrisk.study.adjustment import Imputation
from atrisk.summary.event_counts import snap_times

Floats = NDArray[np.float64]
Flags = NDArray[np.bool_]


@dataclass(frozen=True, slots=True, eq=False)
class ImputedConfounders:
    """The confounders of every completed data set (m tuples in the order declared), and what was imputed.

    ``columns`` and ``imputed.values`` are of the patients compared: the confounders first, then the auxiliary
    variables, both in ``variables``, then outcomes that are not recorded of everybody.
    """

    covariates: tuple[tuple[Covariate, ...], ...]
    variables: tuple[Covariate, ...]
    columns: tuple[Column, ...]
    imputed: Imputed


def imputed_confounders(
    frame: Frame,
    how: Imputation,
    variables: tuple[Sequence[Covariate], Sequence[Covariate]],
    outcomes: Sequence[FollowUp | Values],
) -> ImputedConfounders:
    """Impute the confounders (first of ``variables``) with the help of the auxiliary ones (second).

    The groups, the strata and every adjusted outcome are in the model: of what takes time whether each event happened
    and the Nelson-Aalen hazard gone through, of other outcomes their levels. An outcome that is not recorded of a
    patient is imputed for the others' sake and not used. A number recorded as a limit is imputed within it: from 0 on
    where no recorded value is negative, whole where all are. Knots of splines are those of the recorded values.
    Raises EstimationError where the equations cannot be set up, as for a variable that nobody has.
    """
    confounders, auxiliary = variables
    inside = frame.inside
    known = tuple(_column(covariate, inside) for covariate in (*confounders, *auxiliary))
    complete = [_indicators(frame.group[inside])]
    if frame.stratified:
        complete.append(_indicators(frame.stratum[inside]))
    partly: list[Column] = []
    for outcome in outcomes:
        for column in _outcome_columns(outcome, inside):
            if column.missing.any():
                partly.append(column)
            else:
                complete.append(column.values[:, None] if column.kind == "number" else _indicators(column.values))
    columns = (*known, *partly)
    imputed = chained_equations(
        columns,
        seed=how.seed,
        also=np.column_stack(complete),
        options=ImputationOptions(m=how.m, rounds=how.iterations),
    )
    filled = [
        [_filled(covariate, inside, values[:, place]) for place, covariate in enumerate(confounders)]
        for values in imputed.values
    ]
    return ImputedConfounders(
        covariates=tuple(tuple(each) for each in _in_bands_throughout(filled)),
        variables=(*confounders, *auxiliary),
        columns=columns,
        imputed=imputed,
    )


def _indicators(codes: NDArray[np.float64] | NDArray[np.int64]) -> Floats:
    """A column for each code but the lowest."""
    others = np.unique(codes)[1:]
    return np.asarray(codes[:, None] == others, dtype=np.float64)


def _column(covariate: Covariate, inside: Flags) -> Column:
    """A variable to be imputed: numbers as they are, also where they enter in bands, between limits where given so."""
    if covariate.values.kind != "number":
        return column_of(covariate, inside)
    numbers, sign = covariate.values.numbers[inside], covariate.values.limit[inside]
    if not (sign != "").any():
        return Column(numbers)
    exact = np.where(sign == "", numbers, np.nan)
    below, above = np.isin(sign, ("<", "<=")), np.isin(sign, (">", ">="))
    # A laboratory's "< 1" is no negative number where no other is.
    floor = np.where(numbers > 0, 0.0, -np.inf) if np.nanmin(exact, initial=np.inf) >= 0 else -np.inf
    return Column(
        exact,
        lower=np.where(above, numbers, np.where(below, floor, np.nan)),
        upper=np.where(below, numbers, np.nan),
    )


def _outcome_columns(outcome: FollowUp | Values, inside: Flags) -> Iterator[Column]:
    """What of an outcome helps to impute, NaN in those of whom it is not recorded."""
    if isinstance(outcome, Values):
        if (outcome.level[inside] >= 0).any():
            yield column_of(Covariate(outcome), inside)
        return
    time = outcome.time[inside]
    known = ~np.isnan(time)
    if not known.any():
        return
    found = outcome_predictors(
        snap_times(time[known]),
        outcome.cause[inside][known],
        entry=None if outcome.entry is None else outcome.entry[inside][known],
        n_causes=len(outcome.causes),
    )
    for place in range(found.shape[1]):
        values = np.full(time.size, np.nan)
        values[known] = found[:, place]
        # Whether an event happened, and the hazard gone through, take turns.
        yield Column(values, "number" if place % 2 else "levels")


def _filled(covariate: Covariate, inside: Flags, values: Floats) -> Covariate:
    """The variable with its missing values filled in."""
    was = covariate.values
    if was.kind != "number":
        level = was.level.copy()
        level[inside] = values.astype(np.int64)
        return replace(covariate, values=replace(was, level=level))
    numbers = was.numbers.copy()
    numbers[inside] = _as_recorded(was, inside, values)
    if covariate.in_bands and was.bands is not None:
        band = banded(numbers, np.full(numbers.size, "", dtype="<U2"), was.bands)
        # The signs stay: they say that the variable enters in bands.
        return replace(covariate, values=replace(was, numbers=numbers, band=band))
    at = None
    if covariate.knots is not None:
        at = default_knots(was.numbers[inside & covariate.known], covariate.knots)
    return replace(covariate, values=replace(was, numbers=numbers), at=at)


def _as_recorded(was: Values, inside: Flags, values: Floats) -> Floats:
    """Values drawn within limits made whole where all recorded values are; they stay within their limits."""
    sign, limit = was.limit[inside], was.numbers[inside]
    exact = limit[(sign == "") & ~np.isnan(limit)]
    limited = sign != ""
    if not limited.any() or not exact.size or np.any(exact % 1 != 0):
        return values
    lowest = np.where(sign == ">", np.floor(limit) + 1, np.where(sign == ">=", np.ceil(limit), -np.inf))
    highest = np.where(sign == "<", np.ceil(limit) - 1, np.where(sign == "<=", np.floor(limit), np.inf))
    return np.where(limited, np.clip(np.rint(values), lowest, highest), values)


def _in_bands_throughout(data_sets: list[list[Covariate]]) -> Iterator[list[Covariate]]:
    """Whoever has a value in no declared band in one data set is left out of all: each is of the same patients."""
    everywhere = [
        np.logical_and.reduce([each.known for each in data_sets_of]) for data_sets_of in zip(*data_sets, strict=True)
    ]
    for covariates in data_sets:
        yield [
            replace(each, values=replace(each.values, band=np.where(known, each.level, -1)))
            if each.in_bands and not np.array_equal(each.known, known)
            else each
            for each, known in zip(covariates, everywhere, strict=True)
        ]
