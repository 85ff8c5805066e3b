"""The likelihood of location-scale regression, Y = x'b + scale W, and its maximum by Newton-Raphson."""

from __future__ import annotations

import math
from dataclasses import dataclass

import numpy as np
from numpy.typing import NDArray

from atrisk.errors import EstimationError
from atrisk.estimate.parametric_survival.location_scale import StandardDistribution, contributions
from atrisk.summary.read_only import make_arrays_read_only

Floats = NDArray[np.float64]
Codes = NDArray[np.int64]

# A Newton decrement (twice the rise still to come) this small is a step of 1e-11 standard errors.
_SMALL_DECREMENT = 1e-22
# A pivot below this share of the largest one belongs to a column without information of its own.
_OWN_PIVOT = 1e-10


@dataclass(frozen=True, slots=True, eq=False)
class LocationScaleRows:
    """Rows ready for the sums: Y lies in (lower, upper] (n,), equal = exact; `x` (n, p); weights above 0.

    `stratum` (n,): which of the `n_scales` scales is the row's. `fixed_log_scale`: the scale is known, else NaN.
    """

    distribution: StandardDistribution
    lower: Floats
    upper: Floats
    x: Floats
    weight: Floats
    offset: Floats
    stratum: Codes
    n_scales: int
    fixed_log_scale: float

    def __post_init__(self) -> None:
        make_arrays_read_only(self)

    @property
    def scale_is_fixed(self) -> bool:
        """Whether the scale is known and only the coefficients are sought."""
        return not math.isnan(self.fixed_log_scale)

    @property
    def middle(self) -> Floats:
        """One value for each row: the finite end, or the middle of an interval with two."""
        two = np.isfinite(self.lower) & np.isfinite(self.upper)
        one = np.where(np.isfinite(self.lower), self.lower, self.upper)
        return np.where(two, 0.5 * (np.where(two, self.lower, 0) + np.where(two, self.upper, 0)), one)


@dataclass(frozen=True, slots=True, eq=False)
class LikelihoodSums:
    """Log-likelihood, score (k,), observed information (k, k) and the sum of outer products of the rows' scores.

    Parameters: the coefficients, then the log scales unless the scale is fixed. Additive over rows.
    """

    log_likelihood: float
    score: Floats
    information: Floats
    outer: Floats


@dataclass(frozen=True, slots=True, eq=False)
class Found:
    """Where the iterations stopped: parameters, sums there, and whether the stopping rule was met."""

    parameters: Floats
    sums: LikelihoodSums
    iterations: int
    converged: bool


@dataclass(frozen=True, slots=True, eq=False)
class _RowDerivatives:
    """Each row's log-likelihood and its derivatives in the location e and the log scale t."""

    value: Floats
    e: Floats
    t: Floats
    ee: Floats
    et: Floats
    tt: Floats


def summarise(rows: LocationScaleRows, parameters: Floats) -> LikelihoodSums:
    """The sums that one Newton step needs; not finite where a scale is out of range."""
    with np.errstate(over="ignore", invalid="ignore", divide="ignore"):
        return _sums(rows, parameters)


def _sums(rows: LocationScaleRows, parameters: Floats) -> LikelihoodSums:
    p = rows.x.shape[1]
    log_scale = np.full(1, rows.fixed_log_scale) if rows.scale_is_fixed else parameters[p:]
    each = _derivatives(rows, rows.x @ parameters[:p] + rows.offset, log_scale)
    w = rows.weight
    k = parameters.size
    score, information, outer = np.empty(k), np.empty((k, k)), np.empty((k, k))
    score[:p] = rows.x.T @ (w * each.e)
    information[:p, :p] = -(rows.x.T * (w * each.ee)) @ rows.x
    outer[:p, :p] = (rows.x.T * (w * each.e**2)) @ rows.x
    if not rows.scale_is_fixed:

        def per_scale(values: Floats) -> Floats:
            return np.bincount(rows.stratum, weights=values, minlength=rows.n_scales).astype(np.float64, copy=False)

        score[p:] = per_scale(w * each.t)
        information[p:, p:] = np.diag(per_scale(-w * each.tt))
        outer[p:, p:] = np.diag(per_scale(w * each.t**2))
        for j in range(p):
            information[j, p:] = information[p:, j] = per_scale(-w * each.et * rows.x[:, j])
            outer[j, p:] = outer[p:, j] = per_scale(w * each.e * each.t * rows.x[:, j])
    return LikelihoodSums(float(w @ each.value), score, information, outer)


def maximise(rows: LocationScaleRows, start: Floats, *, tolerance: float, most_iterations: int) -> Found:
    """Newton-Raphson with halved steps, until the log-likelihood changes by less than `tolerance` of itself.

    Where the information is not positive definite, the outer product of the scores stands in for it.
    """
    here, sums = start, summarise(rows, start)
    there = here + _step(sums)
    cut = 0
    for iteration in range(1, most_iterations + 1):
        new = summarise(rows, there)
        usable = math.isfinite(new.log_likelihood) and bool(np.all(np.isfinite(new.information)))
        if usable and cut == 0 and _settled(sums, new, tolerance):
            return Found(there, new, iteration, converged=True)
        if usable and new.log_likelihood >= sums.log_likelihood:
            here, sums, cut = there, new, 0
            there = here + _step(sums)
            continue
        cut += 1
        there = 0.5 * (there + here)
        if cut == 1 and not rows.scale_is_fixed:
            # A scale that fell to a tenth in one step is the usual cause: let it fall by two thirds at most.
            p = rows.x.shape[1]
            there[p:] = np.maximum(there[p:], here[p:] - 1.1)
        if np.array_equal(there, here):
            break
    return Found(here, sums, iteration, converged=False)


def start_of(rows: LocationScaleRows) -> Floats:
    """Where to begin: an intercept and scales from mean and variance, then one weighted least squares step.

    The rule of R's survreg (moments of the middles of the intervals, as if all were exact).
    """
    middle, w = rows.middle, rows.weight
    mean = float(w @ middle / w.sum())
    variance = float(w @ (middle - mean) ** 2 / w.sum())
    if rows.scale_is_fixed:
        log_scale = np.full(1, rows.fixed_log_scale)
    else:
        # By the times themselves: rounding leaves the variance of equal ones above 0.
        if np.ptp(middle) == 0:
            raise EstimationError("all times are the same: there is no variation to estimate a scale from.")
        log_scale = np.full(rows.n_scales, 0.5 * math.log(4 * variance / rows.distribution.start_divisor))
    return start_given_scale(rows, log_scale)


def start_given_scale(rows: LocationScaleRows, log_scale: Floats) -> Floats:
    """Coefficients by one weighted least squares step at given log scales, followed by these unless fixed."""
    each = _derivatives(rows, rows.middle, log_scale)
    w = rows.weight * -each.ee
    gram = (rows.x.T * w) @ rows.x
    target = rows.x.T @ (w * (rows.middle - rows.offset) + rows.weight * each.e)
    coef = np.asarray(np.linalg.lstsq(gram, target, rcond=None)[0], dtype=np.float64)
    return coef if rows.scale_is_fixed else np.concatenate((coef, log_scale))


def own_columns(x: Floats, weight: Floats) -> NDArray[np.bool_]:
    """Columns that are not sums of those before them, by elimination in the weighted Gram matrix."""
    gram = (x.T * weight) @ x
    kept = np.zeros(x.shape[1], dtype=bool)
    least = _OWN_PIVOT * np.diag(gram)
    for j in range(x.shape[1]):
        pivot = gram[j, j]
        if pivot > least[j]:
            kept[j] = True
            gram = gram - np.outer(gram[:, j], gram[j]) / pivot
    return kept


def _derivatives(rows: LocationScaleRows, location: Floats, log_scale: Floats) -> _RowDerivatives:
    tau = log_scale[rows.stratum] if log_scale.size > 1 else log_scale[0]
    scale = np.exp(tau)
    with np.errstate(over="ignore", invalid="ignore", divide="ignore"):
        a, b = (rows.lower - location) / scale, (rows.upper - location) / scale
        exact = rows.lower == rows.upper
        part = contributions(rows.distribution, a, np.where(exact, a, b))
        # An end at infinity has no derivatives; 0 there keeps 0 * inf out of the sums.
        a, b = np.where(np.isfinite(a), a, 0.0), np.where(np.isfinite(b), b, 0.0)
        moved = a * part.in_a + b * part.in_b
        squares = a**2 * part.in_aa + 2 * a * b * part.in_ab + b**2 * part.in_bb
        mixed = a * part.in_aa + (a + b) * part.in_ab + b * part.in_bb
        slope = part.in_a + part.in_b
        return _RowDerivatives(
            value=part.value - np.where(exact, tau, 0.0),
            e=-slope / scale,
            t=-moved - exact,
            ee=(part.in_aa + 2 * part.in_ab + part.in_bb) / scale**2,
            et=(mixed + slope) / scale,
            tt=squares + moved,
        )


def _step(sums: LikelihoodSums) -> Floats:
    for matrix in (sums.information, sums.outer):
        try:
            np.linalg.cholesky(matrix)
            return np.asarray(np.linalg.solve(matrix, sums.score))
        except np.linalg.LinAlgError:
            continue
    return np.asarray(np.linalg.lstsq(sums.outer, sums.score, rcond=None)[0])


def _settled(old: LikelihoodSums, new: LikelihoodSums, tolerance: float) -> bool:
    if abs(new.log_likelihood - old.log_likelihood) <= tolerance * abs(new.log_likelihood):
        return True
    return bool(new.score @ _step(new) <= _SMALL_DECREMENT)
