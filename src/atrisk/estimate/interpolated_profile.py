"""Profile likelihood limits read off an interpolated profile, as R's MASS does it."""

from __future__ import annotations

import math

import numpy as np
from numpy.typing import NDArray

from atrisk.estimate.confidence_limits import normal_quantile
from atrisk.estimate.profile_limit import Profile

Floats = NDArray[np.float64]

# MASS 7.3-58.2, profile.glm and confint.glm: at most 9 steps a side of a fifth of the widest z, which is the
# quantile of a quarter of the error; the spline is drawn at three times as many points as it has knots.
_MOST_STEPS = 9
_STEPS_TO_WIDEST = 5
_POINTS_PER_KNOT = 3


def interpolated_limits(profile: Profile, *, best: float, std_err: float, conf_level: float) -> tuple[float, float]:
    """Limits from the signed root z(u) of a profile at steps of a fraction of the standard error.

    z is interpolated by a cubic spline, drawn at equal distances, and u read off straight lines between these
    points at -/+ the normal quantile; NaN where the profile was not followed that far.
    """
    widest = normal_quantile(1.0 - (1.0 - conf_level) / 4.0)
    values, roots = [best], [0.0]
    for sign in (-1.0, 1.0):
        root = 0.0
        for step in range(1, _MOST_STEPS + 1):
            if abs(root) >= widest:
                break
            value = best + sign * step * widest / _STEPS_TO_WIDEST * std_err
            root = sign * math.sqrt(max(profile(value)[0], 0.0))
            values.append(value)
            roots.append(root)
    order = np.argsort(values)
    knots, heights = np.array(values)[order], np.array(roots)[order]
    points = np.linspace(knots[0], knots[-1], _POINTS_PER_KNOT * knots.size)
    drawn = end_cubic_spline(knots, heights, points)
    rising = np.argsort(drawn, kind="stable")
    z = normal_quantile(conf_level)
    lower, upper = np.interp([-z, z], drawn[rising], points[rising], left=np.nan, right=np.nan)
    return float(lower), float(upper)


def end_cubic_spline(knots: Floats, heights: Floats, points: Floats) -> Floats:
    """The cubic spline through four knots or more, with the ends' third derivatives those of the end cubics.

    Source: Forsythe, Malcolm and Moler 1977, Computer Methods for Mathematical Computations, section 4.4 (R's
    `spline`, method fmm): on the first (last) interval the third derivative is that of the cubic through the
    first (last) four points. `knots` (k,) increase; `points` lie between the first and the last.
    """
    from scipy.linalg import solve_banded

    h = np.diff(knots)
    slope = np.diff(heights) / h
    # Third divided differences at the two ends.
    second = np.diff(slope) / (knots[2:] - knots[:-2])
    third = np.diff(second) / (knots[3:] - knots[:-3])
    # Unknown: a sixth of the second derivative at each knot.
    bands = np.zeros((3, knots.size))
    bands[0, 1:] = h
    bands[1, 1:-1] = 2.0 * (h[:-1] + h[1:])
    bands[1, 0], bands[1, -1] = -h[0], -h[-1]
    bands[2, :-1] = h
    right = np.empty(knots.size)
    right[1:-1] = np.diff(slope)
    right[0], right[-1] = h[0] ** 2 * third[0], -(h[-1] ** 2) * third[-1]
    sixth = solve_banded((1, 1), bands, right)
    place = np.clip(np.searchsorted(knots, points, side="right") - 1, 0, h.size - 1)
    t = points - knots[place]
    first = slope[place] - h[place] * (2.0 * sixth[place] + sixth[place + 1])
    cubic = (sixth[place + 1] - sixth[place]) / h[place]
    return np.asarray(heights[place] + t * (first + t * (3.0 * sixth[place] + t * cubic)))
