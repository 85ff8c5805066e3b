"""How often each value occurs in each group: all that ranks, medians and quantiles need."""

from __future__ import annotations

from dataclasses import dataclass

import numpy as np
from numpy.typing import ArrayLike, NDArray

from atrisk.errors import EstimationError
from atrisk.summary.codes import checked_codes, require_same_length
from atrisk.summary.read_only import read_only_floats, read_only_integers


@dataclass(frozen=True, slots=True, eq=False)
class ValueCounts:
    """The distinct values of a variable and their number in each group; additive.

    values: ascending and distinct, shape (n_values,). counts: shape (n_groups, n_values).
    missing: number of missing values, shape (n_groups,).
    """

    values: NDArray[np.float64]
    counts: NDArray[np.int64]
    missing: NDArray[np.int64]

    def __post_init__(self) -> None:
        object.__setattr__(self, "values", read_only_floats(self.values))
        object.__setattr__(self, "counts", read_only_integers(self.counts))
        object.__setattr__(self, "missing", read_only_integers(self.missing))
        if self.values.ndim != 1 or self.counts.shape != (*self.missing.shape, *self.values.shape):
            raise EstimationError("counts must have one row a group and one column a value")
        if not (np.diff(self.values) > 0).all() or not np.isfinite(self.values).all():
            raise EstimationError("values must be finite, distinct and ascending")

    @classmethod
    def zero(cls, n_groups: int) -> ValueCounts:
        """Return the counts of nobody, the identity of the addition."""
        return cls(np.zeros(0), np.zeros((n_groups, 0), dtype=np.int64), np.zeros(n_groups, dtype=np.int64))

    @classmethod
    def of(cls, values: ArrayLike, group: ArrayLike, n_groups: int) -> ValueCounts:
        """Count one value a patient; NaN counts as missing; group: codes 0 .. n_groups - 1.

        Raises EstimationError for an infinite value, codes out of range or unequal lengths.
        """
        given = np.asarray(values, dtype=np.float64)
        codes = checked_codes(group, n_groups, name="group")
        require_same_length(given, codes, names="values and group")
        known = ~np.isnan(given)
        distinct, position = np.unique(given[known], return_inverse=True)
        cell = codes[known] * len(distinct) + position
        counts = np.bincount(cell, minlength=n_groups * len(distinct)).reshape(n_groups, len(distinct))
        return cls(distinct, counts, np.bincount(codes[~known], minlength=n_groups))

    def __add__(self, other: ValueCounts) -> ValueCounts:
        """Merge two divisions of the patients; raises EstimationError when the numbers of groups differ."""
        if not isinstance(other, ValueCounts):
            return NotImplemented
        if self.missing.shape != other.missing.shape:
            raise EstimationError("value counts of different numbers of groups cannot be added")
        values = np.union1d(self.values, other.values)
        counts = np.zeros((len(self.missing), len(values)), dtype=np.int64)
        counts[:, np.searchsorted(values, self.values)] += self.counts
        counts[:, np.searchsorted(values, other.values)] += other.counts
        return ValueCounts(values, counts, self.missing + other.missing)

    @property
    def n(self) -> NDArray[np.int64]:
        """Number of values that are not missing in each group, shape (n_groups,)."""
        total: NDArray[np.int64] = self.counts.sum(axis=1)
        return total


def quantile(counts: ValueCounts, probability: float, *, kind: int = 7) -> NDArray[np.float64]:
    """Return a sample quantile of each group; NaN for an empty group.

    Hyndman and Fan 1996 (Am Stat 50:361-5), numbered as in R: kind 7 interpolates between the order statistics
    around 1 + (n - 1) p (R's default); kind 2 is the inverse distribution function with the mean of two order
    statistics where it is flat (as SAS does). For kind 2, n p counts as whole within 4 machine epsilons, as in R.
    Raises EstimationError for another kind or a probability outside [0, 1].
    """
    if kind not in (2, 7):
        raise EstimationError("the kind of quantile must be 2 or 7")
    if not 0.0 <= probability <= 1.0:
        raise EstimationError("the probability of a quantile must lie in [0, 1]")
    result = np.full(len(counts.missing), np.nan)
    for group, n in enumerate(counts.n):
        if n == 0:
            continue
        cumulative = np.cumsum(counts.counts[group])
        low, high, share = _neighbours(int(n), probability, kind)
        # The k-th smallest of n values is the first value whose cumulative count reaches k.
        below = counts.values[np.searchsorted(cumulative, low)]
        above = counts.values[np.searchsorted(cumulative, high)]
        result[group] = below if below == above else (1.0 - share) * below + share * above
    return result


def _neighbours(n: int, probability: float, kind: int) -> tuple[int, int, float]:
    """Return the two order statistics (from 1) a quantile lies between, and the share of the upper one."""
    if kind == 7:
        index = 1.0 + (n - 1) * probability
        low = int(np.floor(index))
        return low, min(low + 1, n), index - low
    fuzz = 4.0 * np.finfo(np.float64).eps
    index = n * probability
    low = int(np.floor(index + fuzz))
    share = 0.5 if abs(index - low) < fuzz else 1.0
    return max(low, 1), min(low + 1, n), share


def minimum(counts: ValueCounts) -> NDArray[np.float64]:
    """Return the smallest value of each group; NaN for an empty group."""
    return quantile(counts, 0.0)


def maximum(counts: ValueCounts) -> NDArray[np.float64]:
    """Return the largest value of each group; NaN for an empty group."""
    return quantile(counts, 1.0)
