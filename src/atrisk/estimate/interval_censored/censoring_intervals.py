"""Interval censored observations and the innermost intervals on which their likelihood can put mass."""

from __future__ import annotations

from dataclasses import dataclass

import numpy as np
from numpy.typing import ArrayLike, NDArray

from atrisk.errors import EstimationError
from atrisk.summary.event_counts import case_weights
from atrisk.summary.read_only import make_arrays_read_only

Floats = NDArray[np.float64]
Codes = NDArray[np.int64]


@dataclass(frozen=True, slots=True, eq=False)
class CensoringIntervals:
    """Observations that differ, with the sum of weights of each, and the J innermost intervals.

    `left`, `right` (J,): the innermost intervals (left, right] in order, [t, t] a point. Observation i, of
    `weight` (U,), holds the innermost intervals `first[i]` .. `last[i]`. `row` (n,): the observation of each row
    given, -1 for a row of weight 0.
    """

    left: Floats
    right: Floats
    first: Codes
    last: Codes
    weight: Floats
    row: Codes

    def __post_init__(self) -> None:
        make_arrays_read_only(self)

    @classmethod
    def of(cls, lower: ArrayLike, upper: ArrayLike, weight: ArrayLike | None) -> CensoringIntervals:
        """From rows; NaN or a negative lower end reads 0, NaN as an upper end inf."""
        low, high = np.asarray(lower, dtype=np.float64), np.asarray(upper, dtype=np.float64)
        if low.ndim != 1 or low.shape != high.shape:
            raise EstimationError("'lower' and 'upper' must be one-dimensional arrays of equal length.")
        low = np.where(np.isnan(low), 0.0, np.maximum(low, 0.0))
        high = np.where(np.isnan(high), np.inf, high)
        if np.any(high < low) or np.any(np.isposinf(low)):
            raise EstimationError("an interval must not end before it begins, nor before time 0.")
        weights = case_weights(weight, low.size)
        counted = np.ones(low.size, dtype=bool) if weights is None else weights > 0
        if not np.any(counted):
            raise EstimationError("no patient: there is no distribution to estimate.")
        begin, end, points = _places(low[counted], high[counted])
        inner_begin, inner_end = _innermost(begin, end)
        spans, row = np.unique(np.column_stack((begin, end)), axis=0, return_inverse=True)
        placed = np.full(low.size, -1, dtype=np.int64)
        placed[counted] = row.reshape(-1)
        mine = np.ones(int(counted.sum())) if weights is None else weights[counted]
        return cls(
            left=points[inner_begin],
            right=points[inner_end],
            first=np.searchsorted(inner_begin, spans[:, 0], side="left"),
            last=np.searchsorted(inner_end, spans[:, 1], side="right") - 1,
            weight=np.bincount(row.reshape(-1), weights=mine).astype(np.float64, copy=False),
            row=placed,
        )

    def probability(self, mass: Floats) -> Floats:
        """The probability of each observation: (U,)."""
        total = np.concatenate(([0.0], np.cumsum(mass)))
        return np.asarray(total[self.last + 1] - total[self.first])

    def gradient(self, probability: Floats) -> Floats:
        """The derivative of the log-likelihood in each mass, sum of w/P over the observations that hold it: (J,)."""
        share = self.weight / probability
        change = np.bincount(self.first, weights=share, minlength=self.left.size + 1)
        change -= np.bincount(self.last + 1, weights=share, minlength=self.left.size + 1)
        return np.asarray(np.cumsum(change)[:-1], dtype=np.float64)


def _places(low: Floats, high: Floats) -> tuple[Codes, Codes, Floats]:
    """Begin and end of each observation as places in one order of all ends, and the time of each place.

    At one time come first the beginnings of exact observations, [t, then the ends t], then the beginnings (t.
    """
    exact = low == high
    times, place = np.unique(np.concatenate((low, high)), return_inverse=True)
    place = place.reshape(-1)
    begin, end = place[: low.size], place[low.size :]
    return 3 * begin + np.where(exact, 0, 2), 3 * end + 1, np.repeat(times, 3)


def _innermost(begin: Codes, end: Codes) -> tuple[Codes, Codes]:
    """The pairs of a beginning and an end with no other end or beginning between them."""
    ends = np.unique(np.concatenate((begin, end)))
    is_begin, is_end = np.isin(ends, begin), np.isin(ends, end)
    pairs = np.flatnonzero(is_begin[:-1] & is_end[1:])
    return ends[pairs], ends[pairs + 1]
