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


def difference_error(first: Floats, second: Floats) -> Floats:
    """The standard error sqrt(se_1^2 + se_2^2) of a difference; NaN where one of the two is 0.

    Nobody of that group has had the event yet: its error is not 0 but unknown, and that of the other group alone would
    make limits too short and p far too small (0 of 32 against 20 of 490 died: p = 5e-6, by Fisher's test 0.63).
    """
    return np.where((first == 0) | (second == 0), np.nan, np.hypot(first, second))


def difference_limits(
    first: Limited, second: Limited, std_err: Floats, *, limits: Limits, conf_level: float
) -> tuple[Floats, Floats]:
    """Lower and upper limits of p_1 - p_2, of any shape.

    Definition: "wald": d -/+ z se, cut to [-1, 1]; "square-and-add": with (l, u) the limits of each probability,
    d - sqrt((p_1 - l_1)^2 + (u_2 - p_2)^2) and d + sqrt((u_1 - p_1)^2 + (p_2 - l_2)^2), which keep the scale on which
    the probabilities' own limits were computed and stay within [-1, 1]. Source: Zou and Donner 2008, Stat Med 27:1693.
    Edges: NaN where a probability has no limits, or the difference no standard error (see `difference_error`).
    """
    p_1, lower_1, upper_1 = first
    p_2, lower_2, upper_2 = second
    difference = p_1 - p_2
    if limits == "wald":
        reach = normal_quantile(conf_level) * std_err
        return np.maximum(difference - reach, -1.0), np.minimum(difference + reach, 1.0)
    lower, upper = np.hypot(p_1 - lower_1, upper_2 - p_2), np.hypot(upper_1 - p_1, p_2 - lower_2)
    unknown = np.isnan(std_err)
    return np.where(unknown, np.nan, difference - lower), np.where(unknown, np.nan, difference + upper)
