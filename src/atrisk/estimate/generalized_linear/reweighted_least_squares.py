"""Maximum likelihood of a generalised linear model by iteratively reweighted least squares."""

from __future__ import annotations

from dataclasses import dataclass

import numpy as np
from numpy.typing import NDArray

from atrisk.estimate.generalized_linear.canonical_family import Family, deviance, mean, starting_predictor, variance
from atrisk.estimate.generalized_linear.regression_sample import RegressionRows
from atrisk.summary.regression_sums import RegressionSums

Floats = NDArray[np.float64]

# Steps are those of standardised columns; Newton squares the error, so that after a step of 1e-9 (or of 1e-9
# standard errors) the coefficients stand at the limit of floating point.
_SMALL_STEP = 1e-9
_MOST_HALVINGS = 30
# A linear predictor that still moves this much when the iterations end has not settled: it may have no limit.
_MOVING = 1e-2


@dataclass(frozen=True, slots=True, eq=False)
class Maximum:
    """Where the iterations stopped.

    `beta` (q,): coefficients of the basis; `predictor` (m,); `information` (q, q): X'WX at the last weights;
    `converged`: by the rule asked for; `settled`: whether the linear predictor had also stopped moving.
    """

    beta: Floats
    predictor: Floats
    information: Floats
    deviance: float
    iterations: int
    converged: bool
    settled: bool


def summarise(rows: RegressionRows, family: Family, predictor: Floats) -> RegressionSums:
    """The sums of a step at a linear predictor (m,): information, score, deviance."""
    return RegressionSums.of(
        rows.columns,
        rows.weight * variance(family, predictor),
        rows.weight * (rows.outcome - mean(family, predictor)),
        deviance=deviance(family, rows.outcome, predictor, rows.weight),
    )


def maximise(
    rows: RegressionRows, family: Family, *, most_iterations: int = 25, deviance_tolerance: float | None = None
) -> Maximum:
    """Iterate from the outcome itself moved off the edge, as R's glm does.

    `deviance_tolerance` None: until a step is below 1e-9; `information` is then that at the maximum. A number:
    until the deviance changes by less than that share of itself (+ 0.1); `information` is then that of the last
    step's weights. Both are what R's glm does with epsilon = that number. A step that raises the deviance is
    halved.
    """
    with np.errstate(over="ignore", invalid="ignore"):
        first = starting_predictor(family, rows.outcome, rows.weight)
        here = _first_sums(rows, family, first)
        # Not a step from coefficients, but the least squares fit of the working response itself.
        beta = here.solve()
        predictor = rows.columns @ beta + rows.offset
        there = summarise(rows, family, predictor)
        change, moved = beta, float(np.max(np.abs(predictor - first), initial=0.0))
        for iteration in range(1, most_iterations + 1):
            # The first step has no coefficients to start from: that it is small says nothing.
            done = (iteration > 1 or deviance_tolerance is not None) and _done(
                here, there, change, moved, deviance_tolerance
            )
            if done or iteration == most_iterations:
                break
            here, change = there, there.solve()
            halved = _downhill(rows, family, predictor, change, here.deviance)
            if halved is None:
                break
            share, next_predictor, there = halved
            change = share * change
            moved = float(np.max(np.abs(next_predictor - predictor), initial=0.0))
            beta, predictor = beta + change, next_predictor
    return Maximum(
        beta=beta,
        predictor=predictor,
        information=(there if deviance_tolerance is None else here).gram,
        deviance=there.deviance,
        iterations=iteration,
        converged=done,
        settled=moved < _MOVING,
    )


def inverse(information: Floats) -> Floats:
    """The inverse of an information matrix; the generalised one where rounding has made it singular."""
    try:
        return np.asarray(np.linalg.inv(information))
    except np.linalg.LinAlgError:
        return np.asarray(np.linalg.pinv(information, hermitian=True))


def _first_sums(rows: RegressionRows, family: Family, start: Floats) -> RegressionSums:
    """The sums of the first step, whose response is the linear predictor itself."""
    weight = rows.weight * variance(family, start)
    residual = rows.weight * (rows.outcome - mean(family, start))
    return RegressionSums.of(
        rows.columns,
        weight,
        weight * (start - rows.offset) + residual,
        deviance=deviance(family, rows.outcome, start, rows.weight),
    )


def _done(
    here: RegressionSums, there: RegressionSums, change: Floats, moved: float, deviance_tolerance: float | None
) -> bool:
    if deviance_tolerance is not None:
        fall = abs(there.deviance - here.deviance)
        return bool(fall < deviance_tolerance * (abs(there.deviance) + 0.1))
    small = np.max(np.abs(change), initial=0.0) < _SMALL_STEP
    # In a direction without information nothing is small but the decrement: that is no end while it moves.
    return bool(small or (change @ here.gram @ change < _SMALL_STEP**2 and moved < _MOVING))


def _downhill(
    rows: RegressionRows, family: Family, predictor: Floats, change: Floats, before: float
) -> tuple[float, Floats, RegressionSums] | None:
    """The share of a step after which the deviance is not higher, with what stands there; None without one."""
    if not np.all(np.isfinite(change)):
        return None
    step = rows.columns @ change
    noise = 1e-9 + 1e-12 * abs(before)
    for halving in range(_MOST_HALVINGS):
        share = 0.5**halving
        there = summarise(rows, family, predictor + share * step)
        if there.deviance <= before + noise and np.all(np.isfinite(there.gram)):
            return share, predictor + share * step, there
    return None
