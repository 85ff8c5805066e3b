"""Where a regression has no maximum: which coefficients run away, and what is left of the others."""

from __future__ import annotations

from dataclasses import dataclass

import numpy as np
from numpy.typing import NDArray

from atrisk.estimate.generalized_linear.canonical_family import Family
from atrisk.estimate.generalized_linear.recession import overlapping, row_space, signs
from atrisk.estimate.generalized_linear.regression_sample import RegressionRows
from atrisk.estimate.generalized_linear.reweighted_least_squares import inverse, maximise

Floats = NDArray[np.float64]
Flags = NDArray[np.bool_]

# Share of a coefficient that may lie outside what the remaining patients determine: rounding, no more.
_DETERMINED = 1e-6


@dataclass(frozen=True, slots=True, eq=False)
class LimitingFit:
    """The limit of a fit whose likelihood has no maximum; arrays (1 + p,), intercept first.

    `coef`: inf, -inf or NaN (of either sign, or determined by nobody) where there is no finite limit; finite
    ones come from the patients who are not separated, as does `covariance`. `predictor` (m,): inf or -inf for
    the separated. `deviance`: the infimum.
    """

    coef: Floats
    covariance: Floats
    predictor: Floats
    deviance: float
    iterations: int


def limiting_fit(rows: RegressionRows, family: Family) -> LimitingFit | None:
    """The limit of the fits along which the likelihood rises; None where it has a maximum.

    A direction d of the coefficients raises the likelihood without end when no patient's term falls along it:
    x'd >= 0 with and <= 0 without the event (Poisson: = 0 with, <= 0 without events), not all 0. Along such
    directions the separated patients' probabilities go to what happened, and the limit is the maximum for the
    others (Geyer 2009, Electron J Stat 3:259-89, limiting conditional model).
    """
    constraints, owner = _constraints(rows, family)
    together = overlapping(constraints)
    if np.all(together):
        return None
    overlap = np.zeros(rows.outcome.size, dtype=bool)
    overlap[owner[together]] = True
    away = signs(constraints, rows.back)
    beta, covariance, determined, deviance, iterations = _among(rows, family, overlap)
    finite = (away == 0) & determined
    coef = np.where(finite, rows.back @ beta, np.where(away == 0, np.nan, away))
    full_coef, full_covariance = np.full(rows.kept.size, np.nan), np.full((rows.kept.size,) * 2, np.nan)
    full_coef[rows.kept] = coef
    places = np.flatnonzero(rows.kept)[finite]
    full_covariance[np.ix_(places, places)] = (rows.back @ covariance @ rows.back.T)[np.ix_(finite, finite)]
    happened = rows.outcome > 0
    predictor = np.where(overlap, rows.columns @ beta + rows.offset, np.where(happened, np.inf, -np.inf))
    return LimitingFit(full_coef, full_covariance, predictor, deviance, iterations)


def _constraints(rows: RegressionRows, family: Family) -> tuple[Floats, NDArray[np.int64]]:
    """A with A d >= 0 for the directions in which no patient's likelihood falls; the patient of each row."""
    happened = rows.outcome > 0
    patient = np.arange(happened.size)
    signed = rows.columns * np.where(happened, 1.0, -1.0)[:, None]
    if family == "binomial":
        return signed, patient
    # An expected count must neither rise nor fall where there are events.
    return np.vstack([signed, -signed[happened]]), np.concatenate([patient, patient[happened]])


def _among(rows: RegressionRows, family: Family, overlap: Flags) -> tuple[Floats, Floats, Flags, float, int]:
    """The fit of the patients who are not separated: beta, its covariance, which coefficients it determines."""
    q = rows.columns.shape[1]
    if not np.any(overlap):
        return np.zeros(q), np.zeros((q, q)), np.zeros(q, dtype=bool), 0.0, 0
    space = row_space(rows.columns[overlap])
    some = RegressionRows(
        outcome=rows.outcome[overlap],
        columns=rows.columns[overlap] @ space,
        weight=rows.weight[overlap],
        offset=rows.offset[overlap],
        kept=np.ones(space.shape[1], dtype=bool),
        back=np.eye(space.shape[1]),
    )
    end = maximise(some, family, most_iterations=200)
    outside = rows.back - rows.back @ space @ space.T
    determined = np.linalg.norm(outside, axis=1) < _DETERMINED * np.linalg.norm(rows.back, axis=1)
    return space @ end.beta, space @ inverse(end.information) @ space.T, determined, end.deviance, end.iterations
