"""Restricted means of many tables of the same times at once, as bootstraps and permutations need them."""

from __future__ import annotations

import numpy as np
from numpy.typing import NDArray

Floats = NDArray[np.float64]

# Patients times replicates taken at a time, so that the tables stay in the processor's cache.
AT_A_TIME = 200_000


def restricted_means(events: Floats, at_risk: Floats, time: Floats, tau: float) -> tuple[Floats, Floats]:
    """The restricted mean up to tau and its variance in each of R tables: (R,), (R,).

    Definition: as `restricted_mean`, with the last value of a curve carried on to tau. `events`, `at_risk` (J, R):
    numbers of patients at `time` (J,), ascending and covering every event up to tau; later times count for nothing.
    """
    inside = time <= tau
    d, n = events[inside], at_risk[inside]
    width = np.diff(np.concatenate((time[inside], [tau])))[:, None]
    share = d / np.maximum(n, 1.0)
    pieces = np.cumprod(1.0 - share, axis=0)
    pieces *= width
    ahead = np.cumsum(pieces[::-1], axis=0)[::-1]
    # Where nobody is left the curve is 0 from then on, and so is what lies ahead.
    share /= np.maximum(n - d, 1.0)
    first = float(time[0]) if inside.any() else tau
    mean = first + (ahead[0] if d.size else np.zeros(events.shape[1]))
    return np.asarray(mean), np.einsum("jr,jr,jr->r", ahead, ahead, share)
