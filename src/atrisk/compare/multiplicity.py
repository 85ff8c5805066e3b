"""P values adjusted for the number of tests in a family."""

from __future__ import annotations

from typing import Literal

import numpy as np
from numpy.typing import ArrayLike, NDArray

from atrisk.errors import EstimationError
from atrisk.summary.read_only import read_only_floats

Method = Literal["holm", "bonferroni", "benjamini-hochberg", "none"]


def adjust(p_values: ArrayLike, method: Method) -> NDArray[np.float64]:
    """Return the p values of one family, adjusted; same order, shape (n_tests,).

    With m tests and p(1) <= ... <= p(m), each cut at 1:
    bonferroni: m p. holm: the running maximum of (m - i + 1) p(i) (Holm 1979, Scand J Stat 6:65-70).
    benjamini-hochberg: the running minimum from above of m p(i) / i (1995, J R Stat Soc B 57:289-300).
    none: unchanged. NaN (a test that could not be done) stays NaN and does not count in m, as in R's p.adjust.
    Raises EstimationError for an unknown method or a p value outside [0, 1].
    """
    given = np.asarray(p_values, dtype=np.float64)
    done = ~np.isnan(given)
    if given.ndim != 1 or ((given[done] < 0) | (given[done] > 1)).any():
        raise EstimationError("p values must be a vector of numbers in [0, 1]")
    if method == "none":
        return read_only_floats(given)
    m = int(done.sum())
    order = np.argsort(given[done], kind="stable")
    ascending = given[done][order]
    rank = np.arange(1, m + 1)
    if method == "bonferroni":
        stepped = m * ascending
    elif method == "holm":
        stepped = np.maximum.accumulate((m - rank + 1) * ascending)
    elif method == "benjamini-hochberg":
        stepped = np.minimum.accumulate((m / rank * ascending)[::-1])[::-1]
    else:
        raise EstimationError("the method must be holm, bonferroni, benjamini-hochberg or none")
    adjusted = np.empty(m)
    adjusted[order] = np.minimum(stepped, 1.0)
    result = given.copy()
    result[done] = adjusted
    return read_only_floats(result)
