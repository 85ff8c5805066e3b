"""A variable with missing values, and what is known of them."""

from __future__ import annotations

from dataclasses import dataclass
from typing import Literal, get_args

import numpy as np
from numpy.typing import NDArray

from atrisk.errors import EstimationError
from atrisk.summary.read_only import make_arrays_read_only

Floats = NDArray[np.float64]
Flags = NDArray[np.bool_]
Kind = Literal["number", "levels", "ordered"]


@dataclass(frozen=True, slots=True, eq=False)
class Column:
    """One variable of n patients, NaN where it is not recorded.

    `kind`: a number; the code 0, 1, ... of a level; or of one of ordered levels. `lower`, `upper` (n,): between which
    a missing number is known to lie (a laboratory's "< 1": upper 1); NaN or infinite where nothing is known. They say
    nothing of recorded values. `shift` (n,): by how much missing values differ from what the others predict: added to
    an imputed number, or to the log odds of the second of two levels, or of a higher one of ordered levels; without it
    values are missing at random.
    Raises EstimationError for values, limits or shifts outside these domains, and for a column without any value.
    """

    values: Floats
    kind: Kind = "number"
    lower: Floats | None = None
    upper: Floats | None = None
    shift: Floats | None = None

    def __post_init__(self) -> None:
        if self.kind not in get_args(Kind):
            raise EstimationError(f"a column holds numbers, levels or ordered levels, not '{self.kind}'.")
        given = np.asarray(self.values, dtype=np.float64)
        if given.ndim != 1 or np.any(np.isinf(given)):
            raise EstimationError("a column to be imputed must be one vector without infinite values.")
        known = given[~np.isnan(given)]
        if known.size == 0:
            raise EstimationError("a column without a single recorded value cannot be imputed.")
        if self.kind != "number" and (np.any(known < 0) or np.any(known != np.rint(known))):
            raise EstimationError("levels are the codes 0, 1, 2 and so on.")
        object.__setattr__(self, "values", given.copy())
        self._check_limits()
        self._check_shift()
        make_arrays_read_only(self)

    def _check_limits(self) -> None:
        if self.lower is None and self.upper is None:
            return
        if self.kind != "number":
            raise EstimationError("only numbers can be missing between limits.")
        for name, none in (("lower", -np.inf), ("upper", np.inf)):
            given = getattr(self, name)
            limit = np.full(self.values.shape, none) if given is None else np.array(given, dtype=np.float64)
            if limit.shape != self.values.shape:
                raise EstimationError("limits of missing values must be as many as the values.")
            object.__setattr__(self, name, np.where(np.isnan(limit), none, limit))
        lower, upper = self.limits
        if np.any(lower[self.missing] >= upper[self.missing]):
            raise EstimationError("the lower limit of a missing value must lie below its upper limit.")

    def _check_shift(self) -> None:
        if self.shift is None:
            return
        shift = np.array(self.shift, dtype=np.float64)
        if shift.shape != self.values.shape or not np.all(np.isfinite(shift)):
            raise EstimationError("shifts of missing values must be finite, as many as the values.")
        if self.kind == "levels" and np.nanmax(self.values) > 1:
            raise EstimationError("missing values of more than two levels can be shifted only where these are ordered.")
        object.__setattr__(self, "shift", shift)

    @property
    def missing(self) -> Flags:
        """Where the value is not recorded."""
        return np.isnan(self.values)

    @property
    def limits(self) -> tuple[Floats, Floats]:
        """Lower and upper limits (n,) of missing values, infinite where there are none."""
        none = np.full(self.values.shape, np.inf)
        return (-none if self.lower is None else self.lower, none if self.upper is None else self.upper)

    @property
    def limited(self) -> Flags:
        """Where the value is not recorded, but something is known of where it lies."""
        lower, upper = self.limits
        return np.asarray(self.missing & (np.isfinite(lower) | np.isfinite(upper)))
