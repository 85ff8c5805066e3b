"""Frozen dataclasses hand out their arrays read-only."""

from __future__ import annotations

from dataclasses import fields
from typing import Any

import numpy as np


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
