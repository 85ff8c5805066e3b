"""Codes: the whole numbers 0, 1, ... that stand for groups, strata and levels inside the statistics."""

from __future__ import annotations

import numpy as np
from numpy.typing import ArrayLike, NDArray

from atrisk.errors import EstimationError


def checked_codes(codes: ArrayLike, n_codes: int, *, name: str, lowest: int = 0) -> NDArray[np.int64]:
    """Return `codes` as a vector of int64, all within lowest .. n_codes - 1.

    `name` is what the codes stand for ("group"), for the message. An empty vector of any type is accepted.
    Raises EstimationError for another shape, another type than whole numbers, or a code out of range.
    """
    array = np.asarray(codes)
    if array.ndim != 1:
        raise EstimationError(f"{name} must be a vector of codes, not an array of {array.ndim} dimensions")
    if array.size == 0:
        return np.zeros(0, dtype=np.int64)
    if array.dtype.kind not in "bui":
        raise EstimationError(f"{name} must hold whole-number codes, not {array.dtype}")
    whole = array.astype(np.int64)
    if whole.min() < lowest or whole.max() >= n_codes:
        raise EstimationError(f"{name} holds a code outside {lowest} .. {n_codes - 1}")
    return whole


def require_same_length(first: NDArray[np.generic], second: NDArray[np.generic], *, names: str) -> None:
    """Raise EstimationError unless two vectors of one value a patient are equally long."""
    if len(first) != len(second):
        raise EstimationError(f"{names} must be equally long: {len(first)} and {len(second)}")
