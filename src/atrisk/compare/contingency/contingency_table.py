"""Contingency tables: counts of patients by group and category."""

from __future__ import annotations

import numpy as np
from numpy.typing import ArrayLike, NDArray

from atrisk.errors import EstimationError


def contingency_table(table: ArrayLike) -> NDArray[np.int64]:
    """Return a table of counts as int64, shape (n_rows, n_columns).

    Raises EstimationError unless it has two dimensions and holds whole numbers of 0 or more.
    """
    given = np.asarray(table)
    if given.ndim != 2:
        raise EstimationError("a contingency table has two dimensions")
    if given.dtype.kind not in "buif" or not np.isfinite(given).all():
        raise EstimationError("a contingency table holds counts")
    whole = given.astype(np.int64)
    if (whole != given).any() or (whole < 0).any():
        raise EstimationError("a contingency table holds whole numbers of 0 or more")
    return whole


def without_empty_margins(table: NDArray[np.int64]) -> NDArray[np.int64]:
    """Return the table without its rows and columns of zeros: a level nobody has says nothing."""
    return table[np.ix_(table.sum(axis=1) > 0, table.sum(axis=0) > 0)]


def nothing_to_compare(table: NDArray[np.int64]) -> str:
    """Return why a table without empty margins allows no test, or an empty text when it allows one."""
    n_rows, n_columns = table.shape
    if n_rows < 2:
        return "fewer than two groups have patients"
    if n_columns < 2:
        return "all patients have the same level"
    return ""
