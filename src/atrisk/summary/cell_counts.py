"""Cell counts of a categorical variable by stratum and group: all that proportions and tables need."""

from __future__ import annotations

from dataclasses import dataclass

import numpy as np
from numpy.typing import ArrayLike, NDArray

from atrisk.errors import EstimationError
from atrisk.summary.codes import checked_codes, require_same_length
from atrisk.summary.read_only import read_only_integers


@dataclass(frozen=True, slots=True, eq=False)
class CellCounts:
    """Number of patients in each cell of stratum x group x level; additive.

    counts: shape (n_strata, n_groups, n_levels). missing: number with an unknown level, shape (n_groups,).
    """

    counts: NDArray[np.int64]
    missing: NDArray[np.int64]

    def __post_init__(self) -> None:
        object.__setattr__(self, "counts", read_only_integers(self.counts))
        object.__setattr__(self, "missing", read_only_integers(self.missing))
        if self.counts.ndim != 3 or self.missing.shape != self.counts.shape[1:2]:
            raise EstimationError("counts must be strata x groups x levels, and missing one number a group")

    @classmethod
    def zero(cls, *, n_groups: int, n_levels: int, n_strata: int = 1) -> CellCounts:
        """Return the counts of nobody, the identity of the addition."""
        counts = np.zeros((n_strata, n_groups, n_levels), dtype=np.int64)
        return cls(counts, np.zeros(n_groups, dtype=np.int64))

    @classmethod
    def of(
        cls,
        level: ArrayLike,
        group: ArrayLike,
        *,
        n_groups: int,
        n_levels: int,
        stratum: ArrayLike | None = None,
        n_strata: int = 1,
    ) -> CellCounts:
        """Count patients by level, group and stratum.

        level: codes 0 .. n_levels - 1, or -1 where the level is missing. group: codes 0 .. n_groups - 1.
        stratum: codes 0 .. n_strata - 1; without it all patients are in one stratum.
        Raises EstimationError for codes out of range or unequal lengths.
        """
        levels = checked_codes(level, n_levels, name="level", lowest=-1)
        groups = checked_codes(group, n_groups, name="group")
        require_same_length(levels, groups, names="level and group")
        strata = checked_codes(np.zeros_like(groups) if stratum is None else stratum, n_strata, name="stratum")
        require_same_length(strata, groups, names="stratum and group")
        known = levels >= 0
        cell = (strata[known] * n_groups + groups[known]) * n_levels + levels[known]
        counts = np.bincount(cell, minlength=n_strata * n_groups * n_levels)
        missing = np.bincount(groups[~known], minlength=n_groups)
        return cls(counts.reshape(n_strata, n_groups, n_levels), missing)

    def __add__(self, other: CellCounts) -> CellCounts:
        """Merge two divisions of the patients; raises EstimationError when the shapes differ."""
        if not isinstance(other, CellCounts):
            return NotImplemented
        if self.counts.shape != other.counts.shape:
            raise EstimationError("cell counts of different shapes cannot be added")
        return CellCounts(self.counts + other.counts, self.missing + other.missing)

    @property
    def table(self) -> NDArray[np.int64]:
        """Counts of group x level over all strata, shape (n_groups, n_levels)."""
        pooled: NDArray[np.int64] = self.counts.sum(axis=0)
        return pooled
