"""Confidence limits where a profile likelihood falls by a given amount."""

from __future__ import annotations

import math
from collections.abc import Callable

import numpy as np
from numpy.typing import NDArray

from atrisk.estimate.confidence_limits import normal_quantile

Floats = NDArray[np.float64]

# (rise of -2 log-likelihood above its minimum, derivative) when a coefficient is held at a value.
Profile = Callable[[float], tuple[float, float]]

_MOST_STEPS = 200
_MOST_DOUBLINGS = 60
_SMALL_STEP = 1e-13


def profile_limit(profile: Profile, *, inside: float, step: float, conf_level: float) -> float:
    """The value beyond `inside`, in the direction of `step`, where the profile has risen by z squared.

    Definition: 2 (l(maximum) - l(maximum with b = u)) = z^2, the chi squared quantile on 1 df (Cox and Hinkley
    1974, section 9.3). Newton's method on the square root of the rise, which is nearly linear in u, kept within
    the bracket found so far. `inside` must lie below the threshold, `step` is about a standard error.
    Returns inf (-inf) where the profile never rises so far.
    """
    threshold = normal_quantile(conf_level) ** 2
    low, high = inside, math.nan
    here = inside + step
    for iteration in range(_MOST_STEPS):
        rise, slope = profile(here)
        if rise < threshold:
            low = here
        else:
            high = here
        root = math.sqrt(max(rise, 0.0))
        # A profile that is flat or not yet rising says nothing about where to go next.
        usable = slope * step > 0 and root > 0 and math.isfinite(slope)
        change = (math.sqrt(threshold) - root) * 2.0 * root / slope if usable else math.inf
        if abs(change) <= _SMALL_STEP * (abs(here) + abs(step)):
            return here + change
        following = here + change
        if math.isnan(high):
            if iteration > _MOST_DOUBLINGS:
                return math.copysign(math.inf, step)
            reach = abs(here - inside)
            bounded = min(max(abs(following - inside), 1.1 * reach), 3.0 * reach)
            here = inside + math.copysign(bounded, step)
        else:
            between = min(low, high) < following < max(low, high)
            here = following if between else (low + high) / 2.0
    return here


def held(functional: Floats) -> tuple[Floats, Floats]:
    """How coefficients (q,) move while c'b is held at u: b = u * along + free @ g; along (q,), free (q, q - 1)."""
    along = functional / (functional @ functional)
    free = np.linalg.qr(functional[:, None], mode="complete")[0][:, 1:]
    return along, free
