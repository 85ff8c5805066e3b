"""The sums of one step of iteratively reweighted least squares; additive."""

from __future__ import annotations

from dataclasses import dataclass

import numpy as np
from numpy.typing import ArrayLike, NDArray

from atrisk.errors import EstimationError
from atrisk.summary.read_only import make_arrays_read_only

Floats = NDArray[np.float64]

# Rows handled at a time: the weighted copy of a block stays in the processor's cache, and the product is too small
# to be worth waking a second thread for, which costs more than it saves.
_BLOCK = 2048


@dataclass(frozen=True, slots=True, eq=False)
class RegressionSums:
    """What one step of a generalised linear model needs from a set of patients.

    `gram` (q, q): X'WX, with W the working weights. `cross` (q,): X'Wz, with z the working response, or its
    distance from the present linear predictor: then the step is the change of the coefficients and `cross` is
    the score (canonical link). `deviance`: -2 times what the patients add to the log-likelihood, up to the
    saturated model. The sums of two sets of patients are the sums of their union.
    """

    gram: Floats
    cross: Floats
    deviance: float

    def __post_init__(self) -> None:
        size = self.cross.size
        if self.cross.shape != (size,) or self.gram.shape != (size, size):
            raise EstimationError("the cross products of a regression must be (q, q) and (q,).")
        make_arrays_read_only(self)

    @classmethod
    def zero(cls, n_columns: int) -> RegressionSums:
        """The sums of no patients: the neutral element of `+`."""
        return cls(gram=np.zeros((n_columns, n_columns)), cross=np.zeros(n_columns), deviance=0.0)

    @classmethod
    def of(
        cls, columns: ArrayLike, weight: ArrayLike, weighted_response: ArrayLike, *, deviance: float
    ) -> RegressionSums:
        """Sum over rows: `columns` (n, q), working weights w (n,), products w z (n,), the rows' deviance.

        The product w z is asked for rather than z because for a canonical link it is y - mean without division:
        a fitted probability of 0 or 1 has weight 0 and no z.
        Columns stored one after the other (Fortran order) are summed fastest.
        Raises EstimationError for unequal lengths.
        """
        x = np.asarray(columns, dtype=np.float64)
        w = np.asarray(weight, dtype=np.float64)
        response = np.asarray(weighted_response, dtype=np.float64)
        if x.ndim != 2 or w.shape != (x.shape[0],) or response.shape != w.shape:
            raise EstimationError("columns, weights and responses must have one row for each patient.")
        gram = np.zeros((x.shape[1], x.shape[1]))
        for first in range(0, x.shape[0], _BLOCK):
            block = x[first : first + _BLOCK].T
            gram += block @ (block * w[first : first + _BLOCK]).T
        return cls(gram=(gram + gram.T) / 2, cross=response @ x, deviance=float(deviance))

    def __add__(self, other: RegressionSums) -> RegressionSums:
        """The sums of both sets of patients; EstimationError when the columns differ in number."""
        if not isinstance(other, RegressionSums):
            return NotImplemented
        if self.cross.shape != other.cross.shape:
            raise EstimationError("sums over different numbers of columns cannot be added.")
        return RegressionSums(self.gram + other.gram, self.cross + other.cross, self.deviance + other.deviance)

    def solve(self) -> Floats:
        """(X'WX)^-1 X'Wz (q,); least squares of smallest length where the Gram matrix is singular."""
        try:
            solution = np.linalg.solve(self.gram, self.cross)
        except np.linalg.LinAlgError:
            return np.asarray(np.linalg.pinv(self.gram, hermitian=True) @ self.cross)
        return np.asarray(solution)
