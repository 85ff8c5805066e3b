"""Restricted cubic splines: a smooth curve of a covariate in few columns, straight in the tails."""

from __future__ import annotations

from collections.abc import Sequence
from typing import Final

import numpy as np
from numpy.typing import ArrayLike, NDArray

from atrisk.errors import EstimationError
from atrisk.summary.execution import Execution
from atrisk.summary.value_counts import ValueCounts, quantile

# Each patient has their own columns; the knots come from the counts of values.
EXECUTION: Final[Execution] = "mergeable"

Floats = NDArray[np.float64]

# Harrell 2015, table 2.3: the quantiles of the covariate at which 3 to 7 knots stand.
_KNOT_QUANTILES = {
    3: (0.10, 0.50, 0.90),
    4: (0.05, 0.35, 0.65, 0.95),
    5: (0.05, 0.275, 0.50, 0.725, 0.95),
    6: (0.05, 0.23, 0.41, 0.59, 0.77, 0.95),
    7: (0.025, 0.1833, 0.3417, 0.50, 0.6583, 0.8167, 0.975),
}


def default_knots(values: ArrayLike, n_knots: int = 4) -> Floats:
    """Knots at Harrell's quantiles of a covariate, missing values left out: (n_knots,).

    Source: Harrell 2015, Regression Modeling Strategies, table 2.3; quantiles of type 7 (R's default).
    Raises EstimationError for other than 3 to 7 knots and for a covariate with too few distinct values to keep
    the knots apart.
    """
    if n_knots not in _KNOT_QUANTILES:
        raise EstimationError("a restricted cubic spline has 3 to 7 default knots; give others by hand.")
    given = np.asarray(values, dtype=np.float64).ravel()
    counts = ValueCounts.of(given, np.zeros(given.size, dtype=np.int64), 1)
    knots = np.array([float(quantile(counts, share)[0]) for share in _KNOT_QUANTILES[n_knots]])
    return _checked(knots)


def restricted_cubic_spline(values: ArrayLike, knots: Sequence[float] | Floats) -> Floats:
    """The columns of a restricted cubic spline with k knots: (n, k - 1).

    Definition: with knots t_1 < ... < t_k and (u)+ = max(u, 0), column 1 is x, column j + 1 for j = 1..k-2
    [(x - t_j)+^3 - (x - t_(k-1))+^3 (t_k - t_j) / (t_k - t_(k-1))
     + (x - t_k)+^3 (t_(k-1) - t_j) / (t_k - t_(k-1))] / (t_k - t_1)^2:
    linear before t_1 and after t_k, with two continuous derivatives.
    Source: Devlin and Weeks 1986; Harrell 2015, eq. 2.25 and 2.26 (his scaling, which keeps the units of x).
    Edges: NaN where x is missing. Raises EstimationError for fewer than 3 knots or knots not in order.
    """
    x = np.asarray(values, dtype=np.float64).ravel()
    t = _checked(np.asarray(knots, dtype=np.float64))
    above = [np.maximum(x - knot, 0.0) ** 3 for knot in t]
    gap = t[-1] - t[-2]
    columns = [x]
    for j in range(t.size - 2):
        bent = above[j] - above[-2] * ((t[-1] - t[j]) / gap) + above[-1] * ((t[-2] - t[j]) / gap)
        columns.append(bent / (t[-1] - t[0]) ** 2)
    return np.column_stack(columns)


def _checked(knots: Floats) -> Floats:
    if knots.ndim != 1 or knots.size < 3 or not np.all(np.isfinite(knots)) or not np.all(np.diff(knots) > 0):
        raise EstimationError("a restricted cubic spline needs at least 3 knots, finite, distinct and in order.")
    return knots
