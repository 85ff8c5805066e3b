"""Arrays that cannot be written to: results and summaries are values, not storage."""

from __future__ import annotations

import numpy as np
from numpy.typing import ArrayLike, NDArray


def read_only_floats(values: ArrayLike) -> NDArray[np.float64]:
    """Return a copy of `values` as float64 that refuses to be written to."""
    copy = np.array(values, dtype=np.float64)
    copy.setflags(write=False)
    return copy


def read_only_integers(values: ArrayLike) -> NDArray[np.int64]:
    """Return a copy of `values` as int64 that refuses to be written to."""
    copy = np.array(values, dtype=np.int64)
    copy.setflags(write=False)
    return copy
