"""Arrays that cannot be written to: results and summaries are values, not storage."""

from __future__ import annotations

from dataclasses import fields
from typing import Any

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


def make_arrays_read_only(instance: Any) -> None:
    """Put a read-only view in place of every array of a frozen dataclass, from its `__post_init__`.

    A view, so that an array the caller passed in stays the caller's own to write to, and nothing is copied.
    """
    for field in fields(instance):
        value = getattr(instance, field.name)
        if isinstance(value, np.ndarray):
            view = value.view()
            view.flags.writeable = False
            object.__setattr__(instance, field.name, view)
