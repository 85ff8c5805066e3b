"""The masses that maximise the likelihood of interval censored observations: Wang's constrained Newton method."""

from __future__ import annotations

from dataclasses import dataclass

import numpy as np
from numpy.typing import NDArray

from atrisk.errors import EstimationError
from atrisk.estimate.interval_censored.censoring_intervals import CensoringIntervals
from atrisk.summary.read_only import make_arrays_read_only

Floats = NDArray[np.float64]
Codes = NDArray[np.int64]
Flags = NDArray[np.bool_]

_MOST_ITERATIONS = 500
_MOST_HALVINGS = 40
# Masses below this share lie at the bound that the step put them on.
_NO_MASS = 1e-13
# A change of the log-likelihood by this share of it is rounding.
_UNSEEN = 1e-13


@dataclass(frozen=True, slots=True, eq=False)
class MixtureMaximum:
    """Masses (J,) at the maximum, the log-likelihood there, and by how much the Kuhn-Tucker conditions fail."""

    mass: Floats
    log_likelihood: float
    kkt_excess: float
    iterations: int
    converged: bool

    def __post_init__(self) -> None:
        make_arrays_read_only(self)


def maximise_mixture(intervals: CensoringIntervals, *, tolerance: float) -> MixtureMaximum:
    """Masses p >= 0, sum 1, that maximise sum_i w_i log P_i(p).

    Method: from the masses with their support widened by the steepest interval between any two of it, the
    quadratic approximation sum w_i (P_i(p')/P_i(p) - 2)^2 is minimised over p' >= 0, sum 1 (non-negative least
    squares), followed by a line search; once the support stands, Newton steps on it. Stops where the gradient
    nowhere exceeds the sum of weights by more than `tolerance` of it and equals it where there is mass.
    Source: Wang 2007, J R Stat Soc B 69:185, section 3.
    """
    total = float(intervals.weight.sum())
    mass = _first_masses(intervals)
    iterations = 0
    while iterations < _MOST_ITERATIONS:
        iterations += 1
        mass = _polished(intervals, mass, total)
        probability = intervals.probability(mass)
        slope = intervals.gradient(probability)
        if _off(slope, mass, total) <= tolerance * total:
            break
        support = _widened(slope, mass, total)
        target = _newton_target(intervals, support, probability, total)
        better = _line_search(intervals, mass, target, slope)
        if better is None:
            break
        mass = better
    slope = intervals.gradient(intervals.probability(mass))
    return MixtureMaximum(
        mass=mass,
        log_likelihood=float(intervals.weight @ np.log(intervals.probability(mass))),
        kkt_excess=max(float(np.max(slope)) - total, 0.0),
        iterations=iterations,
        converged=_off(slope, mass, total) <= tolerance * total,
    )


def _first_masses(intervals: CensoringIntervals) -> Floats:
    """Equal masses on the fewest intervals that meet every observation."""
    chosen: list[int] = []
    for place in np.argsort(intervals.last, kind="stable"):
        if not chosen or intervals.first[place] > chosen[-1]:
            chosen.append(int(intervals.last[place]))
    mass = np.zeros(intervals.left.size)
    mass[chosen] = 1 / len(chosen)
    return mass


def _off(slope: Floats, mass: Floats, total: float) -> float:
    """How far the Kuhn-Tucker conditions are from being met."""
    return max(float(np.max(slope)) - total, float(np.max(np.abs(slope - total)[mass > 0])))


def _widened(slope: Floats, mass: Floats, total: float) -> Codes:
    """The support, and between any two of its intervals the steepest one if it is steeper than the support."""
    support = np.flatnonzero(mass > 0)
    others = np.flatnonzero((mass == 0) & (slope > total))
    between = np.searchsorted(support, others)
    order = np.lexsort((slope[others], between))
    last = np.append(between[order][1:] != between[order][:-1], True) if others.size else np.zeros(0, dtype=bool)
    return np.union1d(support, others[order][last]).astype(np.int64, copy=False)


def _newton_target(intervals: CensoringIntervals, support: Codes, probability: Floats, total: float) -> Floats:
    """The masses at which the quadratic approximation on a support is smallest."""
    from scipy.optimize import nnls

    slope = intervals.gradient(probability)[support]
    quadratic = _gram(intervals, support, intervals.weight / probability**2)
    quadratic += 4 * total - 2 * (slope[:, None] + slope)
    values, vectors = np.linalg.eigh(quadratic)
    root = np.sqrt(np.maximum(values, 0.0))[:, None] * vectors.T
    unit = np.sqrt(total)
    try:
        solution, _ = nnls(np.vstack((root, np.full(support.size, unit))), np.append(np.zeros(support.size), unit))
    except RuntimeError:
        raise EstimationError("the masses of the interval censored curve could not be found.") from None
    target = np.zeros(intervals.left.size)
    target[support] = solution / solution.sum()
    return target


def _gram(intervals: CensoringIntervals, support: Codes, weight: Floats) -> Floats:
    """Sums of weights over the observations that hold both of two intervals: (k, k).

    An observation holds a run of the support, a .. b; both j <= l are held where a <= j and l <= b, so that two
    running sums over a table of runs suffice, and no table of observations by intervals is made.
    """
    k = support.size
    a = np.searchsorted(support, intervals.first, side="left")
    b = np.searchsorted(support, intervals.last, side="right") - 1
    some = a <= b
    runs = np.bincount(a[some] * k + b[some], weights=weight[some], minlength=k * k).reshape(k, k)
    held = np.cumsum(np.cumsum(runs, axis=0)[:, ::-1], axis=1)[:, ::-1]
    return np.asarray(np.triu(held) + np.triu(held, 1).T, dtype=np.float64)


def _line_search(intervals: CensoringIntervals, mass: Floats, target: Floats, slope: Floats) -> Floats | None:
    """Masses on the way to the target with a higher likelihood, None where rounding hides any rise."""
    here = float(intervals.weight @ np.log(intervals.probability(mass)))
    promise = float(slope @ (target - mass))
    for halving in range(_MOST_HALVINGS):
        share = 0.5**halving
        there = _without_residue(mass + share * (target - mass))
        probability = intervals.probability(there)
        if np.all(probability > 0) and promise > 0:
            gain = float(intervals.weight @ np.log(probability)) - here
            if gain >= 0.25 * share * promise or (share * promise < _UNSEEN * abs(here) and halving == 0):
                return there
    return None


def _without_residue(mass: Floats) -> Floats:
    kept = np.where(mass > _NO_MASS, mass, 0.0)
    return np.asarray(kept / kept.sum())


def _polished(intervals: CensoringIntervals, mass: Floats, total: float) -> Floats:
    """Newton steps on the support as long as they help; a mass that a step would make negative is dropped."""
    here = float(intervals.weight @ np.log(intervals.probability(mass)))
    while True:
        support = np.flatnonzero(mass > 0)
        probability = intervals.probability(mass)
        slope = intervals.gradient(probability)[support]
        gram = _gram(intervals, support, intervals.weight / probability**2)
        change = np.zeros(mass.size)
        change[support] = _solved(gram, slope - total)
        there, dropped = _stepped(mass, change)
        probability = intervals.probability(there)
        if not np.all(probability > 0):
            return mass
        value = float(intervals.weight @ np.log(probability))
        new = intervals.gradient(probability)[there > 0]
        closer = np.max(np.abs(new - total)) < np.max(np.abs(slope - total))
        # Without a drop the gradients must come closer to each other; with one, the likelihood must not fall.
        if not (value >= here - _UNSEEN * abs(here) if dropped else closer):
            return mass
        mass, here = there, value


def _stepped(mass: Floats, change: Floats) -> tuple[Floats, bool]:
    """The masses after a step, or where its first mass reaches 0; whether one did."""
    falling = (mass > 0) & (mass + change <= 0)
    if not np.any(falling):
        there = mass + change
        return there / there.sum(), False
    share = np.divide(mass, -change, out=np.full(mass.size, np.inf), where=falling)
    first = float(share.min())
    there = np.where(share <= first, 0.0, np.maximum(mass + first * change, 0.0))
    return there / there.sum(), True


def _solved(gram: Floats, slope: Floats) -> Floats:
    try:
        return np.asarray(np.linalg.solve(gram, slope), dtype=np.float64)
    except np.linalg.LinAlgError:
        return np.asarray(np.linalg.lstsq(gram, slope, rcond=None)[0], dtype=np.float64)
