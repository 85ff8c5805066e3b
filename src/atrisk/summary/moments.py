"""Number, mean and centred squares by group: all that means, standard deviations and t statistics need."""

from __future__ import annotations

from dataclasses import dataclass

import numpy as np
from numpy.typing import ArrayLike, NDArray

from atrisk.errors import EstimationError
from atrisk.summary.codes import checked_codes, require_same_length
from atrisk.summary.read_only import read_only_floats, read_only_integers


@dataclass(frozen=True, slots=True, eq=False)
class Moments:
    """First two moments of a numeric variable in each group; additive.

    n: number of values, shape (n_groups,). mean: their mean, NaN where n is 0.
    centred_squares: sum of (value - mean)^2, 0 where n is 0. Units: those of the variable, and their square.
    """

    n: NDArray[np.int64]
    mean: NDArray[np.float64]
    centred_squares: NDArray[np.float64]

    def __post_init__(self) -> None:
        object.__setattr__(self, "n", read_only_integers(self.n))
        object.__setattr__(self, "mean", read_only_floats(self.mean))
        object.__setattr__(self, "centred_squares", read_only_floats(self.centred_squares))
        if self.n.ndim != 1 or not self.n.shape == self.mean.shape == self.centred_squares.shape:
            raise EstimationError("n, mean and centred_squares must be vectors with one entry a group")

    @classmethod
    def zero(cls, n_groups: int) -> Moments:
        """Return the moments of nobody, the identity of the addition."""
        return cls(np.zeros(n_groups, dtype=np.int64), np.full(n_groups, np.nan), np.zeros(n_groups))

    @classmethod
    def of(cls, values: ArrayLike, group: ArrayLike, n_groups: int) -> Moments:
        """Summarise one value a patient.

        values: numbers, NaN = missing and left out. group: codes 0 .. n_groups - 1.
        Two passes: the squares are taken about the mean, and the mean is corrected by the mean residual first, so
        that a large mean costs no digits and a constant has a spread of exactly 0.
        Raises EstimationError for an infinite value, codes out of range or unequal lengths.
        """
        given = np.asarray(values, dtype=np.float64)
        codes = checked_codes(group, n_groups, name="group")
        require_same_length(given, codes, names="values and group")
        if np.isinf(given).any():
            raise EstimationError("values hold an infinite number")
        known = ~np.isnan(given)
        given, codes = given[known], codes[known]
        n = np.bincount(codes, minlength=n_groups)
        size = np.maximum(n, 1)
        mean = np.bincount(codes, weights=given, minlength=n_groups) / size
        mean = mean + np.bincount(codes, weights=given - mean[codes], minlength=n_groups) / size
        squares = np.bincount(codes, weights=(given - mean[codes]) ** 2, minlength=n_groups).astype(np.float64)
        return cls(n, np.where(n > 0, mean, np.nan), squares)

    def __add__(self, other: Moments) -> Moments:
        """Merge two divisions of the patients (Chan, Golub, LeVeque 1983, eq. 2.1, pairwise).

        The mean is written as (n_a m_a + n_b m_b) / n so that a + b and b + a are equal to the last bit.
        Raises EstimationError when the numbers of groups differ.
        """
        if not isinstance(other, Moments):
            return NotImplemented
        if self.n.shape != other.n.shape:
            raise EstimationError("moments of different numbers of groups cannot be added")
        n = self.n + other.n
        size = np.maximum(n, 1)
        mine = np.where(self.n > 0, self.mean, 0.0)
        theirs = np.where(other.n > 0, other.mean, 0.0)
        mean = (self.n * mine + other.n * theirs) / size
        # (n m) / n need not be m again: a side without values, and a variable that is constant, keep their mean
        # to the last bit, so that the spread of a constant stays exactly 0.
        mean = np.where(mine == theirs, mine, mean)
        mean = np.where(other.n == 0, self.mean, np.where(self.n == 0, other.mean, mean))
        between = np.where(
            (self.n > 0) & (other.n > 0), (mine - theirs) ** 2 * (self.n.astype(np.float64) * other.n / size), 0.0
        )
        return Moments(n, mean, self.centred_squares + other.centred_squares + between)

    @property
    def variance(self) -> NDArray[np.float64]:
        """Sample variance of each group, with divisor n - 1; NaN where n < 2."""
        return np.where(self.n > 1, self.centred_squares / np.maximum(self.n - 1, 1), np.nan)

    @property
    def standard_deviation(self) -> NDArray[np.float64]:
        """Square root of the sample variance of each group; NaN where n < 2."""
        deviation: NDArray[np.float64] = np.sqrt(self.variance)
        return deviation
