"""Which variables are missing together, in whom, and how patients with missing values differ from the others."""

from __future__ import annotations

import math
from collections.abc import Sequence
from dataclasses import dataclass
from typing import Final

import numpy as np
from numpy.typing import ArrayLike, NDArray

from atrisk.compare.balance.standardized_difference import (
    StandardizedDifference,
    binary_difference,
    continuous_difference,
    multilevel_difference,
)
from atrisk.errors import EstimationError
from atrisk.estimate.imputation.column import Column
from atrisk.summary.codes import codes
from atrisk.summary.execution import Execution
from atrisk.summary.read_only import make_arrays_read_only

EXECUTION: Final[Execution] = "mergeable"

Floats = NDArray[np.float64]
Counts = NDArray[np.int64]
Flags = NDArray[np.bool_]


@dataclass(frozen=True, slots=True, eq=False)
class MissingPatterns:
    """Patterns (P, k) of k variables, true where missing, with the number of patients of each group: (P, G).

    Only patterns that occur, the most frequent first; of equally frequent ones those with fewer missing variables, then
    those whose earlier variables are recorded. `n_missing` (k, G): patients without each variable; `n_complete`, `n`
    (G,): with all of them, and all. `incomplete` (n,): who lacks any.
    """

    patterns: Flags
    count: Counts
    n_missing: Counts
    n_complete: Counts
    n: Counts
    incomplete: Flags

    def __post_init__(self) -> None:
        make_arrays_read_only(self)


@dataclass(frozen=True, slots=True, eq=False)
class IncompleteContrast:
    """One variable in patients who lack some other value and in those who lack none.

    Counts are of patients with this variable recorded. Means are of numbers, `*_share` (levels,) of levels, empty
    otherwise. `difference`: incomplete less complete; of more than two levels without a sign.
    """

    n_complete: int
    n_incomplete: int
    mean_complete: float
    mean_incomplete: float
    share_complete: Floats
    share_incomplete: Floats
    difference: StandardizedDifference

    def __post_init__(self) -> None:
        make_arrays_read_only(self)


def missing_patterns(
    missing: ArrayLike, *, group: ArrayLike | None = None, n_groups: int | None = None
) -> MissingPatterns:
    """The patterns of missing variables, counted by group.

    Source: van Buuren 2018, section 4.1. `missing` (n, k): true where a variable is missing; `group` (n,): codes from
    0; `n_groups`: where the highest may be absent. Raises EstimationError for other shapes and values.
    """
    flags = np.asarray(missing)
    if flags.ndim != 2 or flags.dtype != np.bool_:
        raise EstimationError("what is missing must be true or false for each patient and variable.")
    of = codes("group", group, flags.shape[0])
    highest = int(of.max(initial=0)) + 1
    total = highest if n_groups is None else n_groups
    if total < highest:
        raise EstimationError("there are groups beyond the number of groups.")
    found, place = np.unique(flags, axis=0, return_inverse=True)
    count = np.zeros((found.shape[0], total), dtype=np.int64)
    np.add.at(count, (place.reshape(-1), of), 1)
    # np.unique lists patterns with recorded earlier variables first, and lexsort leaves equals in their order.
    order = np.lexsort((found.sum(axis=1), -count.sum(axis=1)))
    incomplete = np.asarray(flags.any(axis=1))
    return MissingPatterns(
        patterns=found[order],
        count=count[order],
        n_missing=np.stack([np.bincount(of[column], minlength=total) for column in flags.T])
        if flags.shape[1]
        else np.zeros((0, total), dtype=np.int64),
        n_complete=np.bincount(of[~incomplete], minlength=total),
        n=np.bincount(of, minlength=total),
        incomplete=incomplete,
    )


def complete_and_incomplete(columns: Sequence[Column], incomplete: ArrayLike) -> tuple[IncompleteContrast, ...]:
    """Every variable in patients with missing values beside those without, with standardised differences.

    Definition: `continuous_difference` of numbers, `multilevel_difference` of levels (of two with its sign, that of the
    second level), among patients who have the variable. Patients of whom values are missing for reasons that do not
    matter differ by chance alone; it is the outcome, the group and the confounders to look at.
    Source: Sterne et al. 2009, BMJ 338:b2393 (what to report). `incomplete` (n,): of `missing_patterns`.
    Raises EstimationError for lengths that differ.
    """
    flags = np.asarray(incomplete)
    if flags.dtype != np.bool_ or any(column.values.shape != flags.shape for column in columns):
        raise EstimationError("who is incomplete must be true or false for each patient of the columns.")
    return tuple(_contrast(column, flags) for column in columns)


def _contrast(column: Column, incomplete: Flags) -> IncompleteContrast:
    lacking = column.values[~column.missing & incomplete]
    whole = column.values[~column.missing & ~incomplete]
    levels = 0 if column.kind == "number" else int(np.nanmax(column.values)) + 1
    # Numbers are not counted: they may be negative, and have no levels.
    counted = (whole, lacking) if levels else (whole[:0], lacking[:0])
    shares = [np.bincount(values.astype(np.int64), minlength=levels)[:levels] for values in counted]
    return IncompleteContrast(
        n_complete=whole.size,
        n_incomplete=lacking.size,
        mean_complete=float(whole.mean()) if whole.size and not levels else math.nan,
        mean_incomplete=float(lacking.mean()) if lacking.size and not levels else math.nan,
        share_complete=shares[0] / whole.size if whole.size else np.full(levels, np.nan),
        share_incomplete=shares[1] / lacking.size if lacking.size else np.full(levels, np.nan),
        difference=_of_levels(shares[1], shares[0]) if levels else _of_numbers(lacking, whole),
    )


def _of_numbers(first: Floats, second: Floats) -> StandardizedDifference:
    mean_1, variance_1 = _moments(first)
    mean_2, variance_2 = _moments(second)
    return continuous_difference(mean_1, variance_1, mean_2, variance_2)


def _moments(values: Floats) -> tuple[float, float]:
    if values.size < 2:
        return math.nan, math.nan
    return float(values.mean()), float(values.var(ddof=1))


def _of_levels(first: Counts, second: Counts) -> StandardizedDifference:
    if first.size != 2 or first.sum() == 0 or second.sum() == 0:
        return multilevel_difference(first, second)
    return binary_difference(float(first[1] / first.sum()), float(second[1] / second.sum()))
