"""Newton-Raphson on the Cox partial likelihood: columns without information, runaways, where to stop."""

from __future__ import annotations

import math
from dataclasses import dataclass

import numpy as np
from numpy.typing import NDArray

from atrisk.estimate.proportional_hazards.cox_rows import CoxRows, StepSums, step, summarise
from atrisk.estimate.proportional_hazards.partial_likelihood import Ties

Floats = NDArray[np.float64]
Flags = NDArray[np.bool_]

_MOST_ITERATIONS = 50
_MOST_HALVINGS = 14
# Steps are in standard deviations of the covariates (or, for nearly collinear ones, in standard errors). Newton
# squares the error: after a step of 1e-9 the coefficients stand at the limit of floating point, and so they do
# where the step to come, by the square of this one, would be too small to matter.
_SMALL_STEP = 1e-9
_SMALL_NEXT_STEP = 1e-11
# Share of a column's information that must be its own; below, it is constant or a sum of earlier columns.
_OWN_INFORMATION = 1e-9
# A likelihood that no longer rises while the linear predictor still moves this much, in a direction whose
# information has shrunk to this share of that at 0, has no maximum in that direction.
_RUNAWAY = 1e-3
SPENT_INFORMATION = 1e-6


@dataclass(frozen=True, slots=True, eq=False)
class Maximum:
    """Where the iterations stopped: `kept` and `infinite` (p,) tell which columns have an estimate, which none.

    `beta` (p,): coefficients of the scaled columns; `sums` are those at the last of them that were evaluated.
    """

    beta: Floats
    sums: StepSums
    kept: Flags
    infinite: Flags
    iterations: int
    converged: bool


def own_columns(null: StepSums, n_event: int) -> Flags:
    """Columns with information of their own given the columns before them (R's rule for NA coefficients)."""
    own = np.diag(null.information)
    # Scaled columns carry information of the order of the number of events; what lies far below that, or below
    # the terms whose difference it is, is rounding.
    size = np.maximum(float(n_event), own + np.diag(null.terms.between()))
    least = _OWN_INFORMATION * np.maximum(own, 1e-3 * np.maximum(size, np.max(own, initial=0.0)))
    kept = np.zeros(own.size, dtype=bool)
    reduced = null.information.copy()
    for j in range(own.size):
        pivot = reduced[j, j]
        if pivot > least[j]:
            kept[j] = True
            reduced = reduced - np.outer(reduced[:, j], reduced[j]) / pivot
    return kept


def maximise(rows: CoxRows, null: StepSums, kept: Flags, *, ties: Ties, relative_gain: float | None) -> Maximum:
    """Newton-Raphson from 0 to the limit of floating point, or by a looser rule.

    `relative_gain`: stop after the first step that changes the log-likelihood by at most this share of it, as
    other programs do (R: 1e-9); None goes on until nothing moves.
    """
    here, none = null, np.zeros(kept.size, dtype=bool)
    if not np.any(kept) or not np.any(rows.patients.event):
        return Maximum(here.beta, here, kept, none, 0, converged=False)
    iteration = 0
    before_last: Floats | None = None
    while iteration < _MOST_ITERATIONS:
        change = step(here, kept)
        noise = 1e-9 + 1e-12 * abs(here.log_likelihood)
        information = float(change @ here.information @ change)
        spent = information < SPENT_INFORMATION * (change @ null.information @ change)
        there, tries = _uphill(rows, here, change, noise, ties)
        iteration += tries
        gain = -math.inf if there is None else there.log_likelihood - here.log_likelihood
        if gain < noise and spent:
            moves = _moves(rows, change)
            if np.any(moves > _RUNAWAY):
                return Maximum(here.beta, here, kept, moves > _RUNAWAY, iteration, converged=False)
        if there is None:
            return Maximum(here.beta, here, kept, none, iteration, converged=False)
        before, here = here.log_likelihood, there
        if relative_gain is not None:
            if abs(here.log_likelihood - before) <= relative_gain * abs(here.log_likelihood):
                return Maximum(here.beta, here, kept, none, iteration, converged=True)
            continue
        if _at_rest(rows, change, before_last, information):
            return Maximum(_polished(here, kept), here, kept, none, iteration, converged=True)
        before_last = change if tries == 1 else None
    return Maximum(here.beta, here, kept, none, iteration, converged=False)


def _at_rest(rows: CoxRows, change: Floats, before: Floats | None, information: float) -> bool:
    """Whether a step, taken after the step `before` (None: none, or one that was cut), ends the iterations."""
    longest = float(np.max(np.abs(change)))
    if longest < _SMALL_STEP:
        return True
    if before is not None:
        ratio = longest / float(np.max(np.abs(before)))
        # Each step is the square of the last times a constant, which the last two steps tell.
        if ratio < 1 and longest * max(longest, ratio**2) < _SMALL_NEXT_STEP:
            return True
    return bool(information < _SMALL_STEP**2 and np.max(_moves(rows, change)) < _RUNAWAY)


def _polished(here: StepSums, kept: Flags) -> Floats:
    """The coefficients after the step to come, where it is too small to change the sums."""
    change = step(here, kept)
    return here.beta + change if np.max(np.abs(change)) < _SMALL_STEP else here.beta


def _moves(rows: CoxRows, change: Floats) -> Floats:
    """How far each column's part of the linear predictor moves, over the range of the column: (p,)."""
    return np.asarray(np.abs(change) * np.ptp(rows.patients.x, axis=0))


def _uphill(rows: CoxRows, here: StepSums, change: Floats, noise: float, ties: Ties) -> tuple[StepSums | None, int]:
    """The sums after the step, cut (to 1/2, 1/6, 1/24, ... of it, as R does) until the likelihood does not fall.

    None if it always falls; and how often it was tried.
    """
    for tries in range(1, _MOST_HALVINGS + 1):
        there = summarise(rows, here.beta + change / math.factorial(tries), ties=ties)
        if there.log_likelihood >= here.log_likelihood - noise and np.all(np.isfinite(there.information)):
            return there, tries
    return None, _MOST_HALVINGS
