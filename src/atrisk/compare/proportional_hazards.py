"""The score test of proportional hazards in a Cox model."""

from __future__ import annotations

import math
from collections.abc import Callable, Sequence
from dataclasses import dataclass
from typing import Final, Literal, get_args

import numpy as np
from numpy.typing import NDArray

from atrisk.errors import EstimationError
from atrisk.estimate.proportional_hazards.cox_fit import ChiSquaredTest, CoxFit, chi_squared_test
from atrisk.estimate.proportional_hazards.cox_rows import CoxRows, start, summarise
from atrisk.estimate.proportional_hazards.cox_sample import CoxSample
from atrisk.estimate.survival_curve.kaplan_meier import kaplan_meier
from atrisk.summary.event_counts import EventCounts
from atrisk.summary.execution import Execution
from atrisk.summary.risk_sums import weighted_gram

# One more round of sums per time at the fitted coefficients.
EXECUTION: Final[Execution] = "rounds"

Floats = NDArray[np.float64]
Transform = Literal["km", "rank", "identity", "log"]


@dataclass(frozen=True, slots=True)
class ProportionalHazardsTest:
    """One test per term, and one of all together. A term that cannot be tested has NaN and df 0."""

    terms: tuple[ChiSquaredTest, ...]
    all_terms: ChiSquaredTest
    transform: Transform


def proportional_hazards(
    sample: CoxSample, fit: CoxFit, *, transform: Transform = "km", terms: Sequence[int] | None = None
) -> ProportionalHazardsTest:
    """The score test that coefficients do not change with a function g of time.

    Definition: in the model with x'b + g(t) x'theta, the score test of theta = 0 for the columns of a term (the
    thetas of other terms held at 0), and for all columns. g(t) is 1 - S(t-) with the unweighted Kaplan-Meier
    curve of all patients (km), the rank of t among all follow-up times, t, or log t; an event on day 0 has
    log 0.5 in its place.
    Score U_theta = sum over events of g(t) (x - mean at risk), information from the same weighted variances.
    Source: Grambsch and Therneau 1994, eq. 5, in the exact form of R's cox.zph since survival 3.0.
    `terms` (p,): the number (0, 1, ...) of the term to which each column belongs; without it each is its own.
    Edges: columns without a coefficient take no part; with an infinite coefficient nothing can be tested.
    Raises EstimationError for a fit of another sample's size, unknown transforms, or terms that leave a number
    out.
    """
    if transform not in get_args(Transform):
        known = ", ".join(get_args(Transform))
        raise EstimationError(f"the transform of time '{transform}' is unknown; use one of {known}.")
    p = sample.covariates.shape[1]
    term = np.arange(p) if terms is None else np.asarray(terms, dtype=np.int64)
    if fit.coef.shape != (p,) or term.shape != (p,) or set(term) != set(range(int(term.max()) + 1)):
        raise EstimationError("the fit and the terms must have one entry a column, terms numbered from 0.")
    kept = ~np.isnan(fit.coef)
    labels = range(int(term.max()) + 1)
    if not np.any(kept) or np.any(np.isinf(fit.coef)):
        untested = ChiSquaredTest(math.nan, 0, math.nan)
        return ProportionalHazardsTest(tuple(untested for _ in labels), untested, transform)
    rows = start(sample)
    score, information = _extended(rows, fit, _time_function(sample, rows, transform))
    return ProportionalHazardsTest(
        terms=tuple(_test(score, information, kept, kept & (term == label)) for label in labels),
        all_terms=_test(score, information, kept, kept),
        transform=transform,
    )


def _extended(rows: CoxRows, fit: CoxFit, g: Floats) -> tuple[Floats, Floats]:
    """The score of theta (p,) and the information of (b, theta) (2p, 2p) at theta = 0."""
    beta = np.where(np.isnan(fit.coef), 0.0, fit.coef * rows.scale)
    # Exact ties have no weighted variances per time: as in R, Breslow's stand for them.
    sums = summarise(rows, beta, ties="breslow" if fit.ties == "exact" else fit.ties)
    terms = sums.terms
    risk = rows.patients.weight * np.exp(rows.patients.x @ beta + rows.offset)

    def weighted(h: Floats) -> Floats:
        return weighted_gram(rows.patients, risk, (h * terms.c1, h * terms.c1f)) - terms.between(h)

    mixed = weighted(g)
    return terms.score(g), np.block([[sums.information, mixed], [mixed, weighted(g**2)]])


def _test(score: Floats, information: Floats, kept: NDArray[np.bool_], tested: NDArray[np.bool_]) -> ChiSquaredTest:
    df = int(tested.sum())
    if df == 0:
        return ChiSquaredTest(math.nan, 0, math.nan)
    inside = np.concatenate((kept, tested))
    u = np.concatenate((np.zeros(int(kept.sum())), score[tested]))
    matrix = information[np.ix_(inside, inside)]
    # All events at one time: g is constant and theta cannot be told from b.
    own = information[kept.size :, kept.size :][np.ix_(tested, tested)]
    if not np.all(np.diag(own) > 0) or np.linalg.matrix_rank(matrix, hermitian=True) < u.size:
        return ChiSquaredTest(math.nan, 0, math.nan)
    statistic = float(u @ np.linalg.solve(matrix, u))
    return chi_squared_test(statistic, df)


def time_function(sample: CoxSample, transform: Transform) -> Callable[[Floats], Floats]:
    """The function g of time, as `proportional_hazards` defines it, of the patients of a sample."""
    counted = sample.counted
    if transform == "km":
        # Without case weights, as in R: g only chooses the direction in which to look.
        (curve,) = kaplan_meier(EventCounts.of(sample.time, sample.event, entry=sample.entry))
        steps = 1.0 - np.concatenate(([1.0], curve.survival))
        return lambda time: np.asarray(steps[np.searchsorted(curve.time, time, side="left")])
    if transform == "rank":
        ordered = np.sort(sample.time[counted])
        return lambda time: np.asarray(
            (np.searchsorted(ordered, time, "left") + np.searchsorted(ordered, time, "right") + 1) / 2
        )
    if transform == "log":
        return lambda time: np.asarray(np.log(np.where(time > 0, time, 0.5)))
    return lambda time: time


def _time_function(sample: CoxSample, rows: CoxRows, transform: Transform) -> Floats:
    """g at the time of every cell, centred and scaled over the events, which changes no test."""
    g = time_function(sample, transform)(rows.patients.sets.cells.time)
    place = rows.patients.cell[rows.patients.event]
    centred = g - g[place].mean()
    spread = float(np.sqrt(np.mean(centred[place] ** 2)))
    return np.asarray(centred / spread if spread > 0 else np.zeros_like(centred))
