"""Codes: the whole numbers 0, 1, ... that stand for groups, strata, causes and levels inside the statistics."""

from __future__ import annotations

from typing import Any

import numpy as np
from numpy.typing import ArrayLike, NDArray

from atrisk.errors import EstimationError


def codes(name: str, values: ArrayLike | None, n: int, *, lowest: int = 0) -> NDArray[np.int64]:
    """Codes from ``lowest`` on as a checked vector of int64, one for each of n patients; zeros where none are given.

    Whole numbers held as floats are codes too; an empty vector may be of any type. ``name`` is what the codes stand
    for ("group"), for the message. Raises EstimationError for another length, missing values, or what is no code.
    """
    if values is None:
        return np.zeros(n, dtype=np.int64)
    given = np.asarray(values)
    if given.shape != (n,):
        raise EstimationError(f"'{name}' must have one value for each patient.")
    if given.size and given.dtype.kind not in "biuf":
        raise EstimationError(f"'{name}' must hold whole numbers from {lowest}, not {kind_in_words(given)}.")
    if given.dtype.kind == "f" and not np.all(np.isfinite(given)):
        raise EstimationError(f"'{name}' must hold whole numbers from {lowest}, none of them missing.")
    if not given.size:
        return np.zeros(0, dtype=np.int64)
    whole = given.astype(np.int64, copy=False)
    if (given.dtype.kind in "uf" and np.any(whole != given)) or whole.min() < lowest:
        raise EstimationError(f"'{name}' must hold whole numbers from {lowest}.")
    return whole


def checked_codes(values: ArrayLike, n_codes: int, *, name: str, lowest: int = 0) -> NDArray[np.int64]:
    """`codes` of as many patients as there are values, all of them below ``n_codes``; EstimationError otherwise."""
    given = np.asarray(values)
    if given.ndim != 1:
        raise EstimationError(f"'{name}' must be a vector of codes, not an array of {given.ndim} dimensions.")
    whole = codes(name, given, given.size, lowest=lowest)
    if whole.size and whole.max() >= n_codes:
        raise EstimationError(f"'{name}' holds a code outside {lowest} .. {n_codes - 1}.")
    return whole


def kind_in_words(given: NDArray[Any]) -> str:
    """What an array holds that is not numbers."""
    return {"M": "dates", "m": "spans of time", "U": "texts", "S": "texts", "c": "complex numbers"}.get(
        given.dtype.kind, "values of mixed kinds or missing ones"
    )


def require_same_length(first: NDArray[np.generic], second: NDArray[np.generic], *, names: str) -> None:
    """Raise EstimationError unless two vectors of one value a patient are equally long."""
    if len(first) != len(second):
        raise EstimationError(f"{names} must be equally long: {len(first)} and {len(second)}")
