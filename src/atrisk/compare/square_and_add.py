"""Limits of the difference of two independent probabilities from the limits of each."""

from __future__ import annotations

from typing import Literal, get_args

import numpy as np
from numpy.typing import NDArray

from atrisk.errors import EstimationError
from atrisk.estimate.confidence_limits import normal_quantile

Floats = NDArray[np.float64]
Limits = Literal["square-and-add", "wald"]
# A probability with its lower and upper limit.
Limited = tuple[Floats, Floats, Floats]


def require_limits(limits: str) -> None:
    """Raise EstimationError for limits of a difference that are neither square-and-add nor wald."""
    if limits not in get_args(Limits):
        raise EstimationError(f"the limits '{limits}' are unknown; use square-and-add or wald.")


def difference_limits(
    first: Limited, second: Limited, std_err: Floats, *, limits: Limits, conf_level: float
) -> tuple[Floats, Floats]:
    """Lower and upper limits of p_1 - p_2, of any shape.

    Definition: "wald": d -/+ z se, cut to [-1, 1]; "square-and-add": with (l, u) the limits of each probability,
    d - sqrt((p_1 - l_1)^2 + (u_2 - p_2)^2) and d + sqrt((u_1 - p_1)^2 + (p_2 - l_2)^2), which keep the scale on which
    the probabilities' own limits were computed and stay within [-1, 1]. Source: Zou and Donner 2008, Stat Med 27:1693.
    Edges: NaN where a probability has no limits.
    """
    p_1, lower_1, upper_1 = first
    p_2, lower_2, upper_2 = second
    difference = p_1 - p_2
    if limits == "wald":
        reach = normal_quantile(conf_level) * std_err
        return np.maximum(difference - reach, -1.0), np.minimum(difference + reach, 1.0)
    return difference - np.hypot(p_1 - lower_1, upper_2 - p_2), difference + np.hypot(upper_1 - p_1, p_2 - lower_2)
