"""The survival curve of interval censored times: Turnbull's nonparametric maximum likelihood estimate."""

from __future__ import annotations

import math
from dataclasses import dataclass
from typing import Final

import numpy as np
from numpy.typing import ArrayLike, NDArray

from atrisk.errors import EstimationError
from atrisk.estimate.interval_censored.censoring_intervals import CensoringIntervals
from atrisk.estimate.interval_censored.mixture_maximum import maximise_mixture
from atrisk.summary.execution import Execution
from atrisk.summary.read_only import make_arrays_read_only

EXECUTION: Final[Execution] = "rows"

Floats = NDArray[np.float64]
Flags = NDArray[np.bool_]


@dataclass(frozen=True, slots=True, eq=False)
class TurnbullCurve:
    """The masses (J,) of the intervals (`left`, `right`] that hold some, in order; [t, t] is a point.

    `survival` (J,): the probability of an event after the interval; within it the curve is not determined.
    `kkt_excess`: by how much the gradient of the log-likelihood exceeds the number of patients anywhere; 0 up to
    rounding at the maximum, and not more than `tolerance` times that number where `converged`.
    """

    left: Floats
    right: Floats
    mass: Floats
    survival: Floats
    log_likelihood: float
    kkt_excess: float
    n: float
    n_candidates: int
    iterations: int
    converged: bool

    def __post_init__(self) -> None:
        make_arrays_read_only(self)


def turnbull(
    lower: ArrayLike, upper: ArrayLike, *, weight: ArrayLike | None = None, tolerance: float = 1e-10
) -> TurnbullCurve:
    """The distribution of event times known to lie in (lower, upper] (n,), without any assumption on its form.

    Definition: the masses on Turnbull's innermost intervals that maximise sum_i w_i log P(lower_i < T <= upper_i).
    Equal ends are exact times; `lower` NaN or below 0 reads 0 (left censored), `upper` NaN reads inf (right
    censored). Maximum if and only if the gradient g_j = sum of w_i / P_i over the patients whose interval holds
    interval j is at most the sum of weights, with equality where there is mass (Kuhn-Tucker); checked.
    Source: Turnbull 1976, J R Stat Soc B 38:290; Gentleman and Geyer 1994, Biometrika 81:618; computed by
    Wang 2007, J R Stat Soc B 69:185.
    The masses are unique: every innermost interval is the first that some observation holds, so that the
    likelihood is strictly concave in them; where a mass lies within its interval is not determined.
    Edges: exact and right censored times alone give the Kaplan-Meier curve; mass beyond the last right end stands
    in an interval that ends at inf. Rows of weight 0 count for nothing.
    Raises EstimationError for an interval that ends before it begins, negative weights, and no patient.
    """
    intervals = CensoringIntervals.of(lower, upper, weight)
    found = maximise_mixture(intervals, tolerance=tolerance)
    kept = np.flatnonzero(found.mass > 0)
    # Summed from the far end, so that small probabilities keep their digits and the last one is exactly 0.
    after = np.append(np.cumsum(found.mass[::-1])[::-1][1:], 0.0)
    return TurnbullCurve(
        left=intervals.left[kept],
        right=intervals.right[kept],
        mass=found.mass[kept],
        survival=after[kept],
        log_likelihood=found.log_likelihood,
        kkt_excess=found.kkt_excess,
        n=float(intervals.weight.sum()),
        n_candidates=intervals.left.size,
        iterations=found.iterations,
        converged=found.converged,
    )


def survival_bounds(curve: TurnbullCurve, time: ArrayLike) -> tuple[Floats, Floats]:
    """The lowest and the highest value at times (t,) of the survival curves with these masses.

    The two are equal outside the intervals with mass; inside one its mass may lie before or after the time.
    """
    times = np.atleast_1d(np.asarray(time, dtype=np.float64))
    if not np.all(np.isfinite(times)):
        raise EstimationError("times must be finite.")
    after = np.append(1.0, curve.survival)
    point = curve.left == curve.right
    begun = np.where(point, curve.left, np.nextafter(curve.left, math.inf))
    low = after[np.searchsorted(begun, times, side="right")]
    high = after[np.searchsorted(curve.right, times, side="right")]
    return low, high
