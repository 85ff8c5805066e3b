"""The difference of two cumulative incidences at chosen times."""

from __future__ import annotations

import math
from dataclasses import dataclass
from typing import Final, Literal, get_args

import numpy as np
from numpy.typing import ArrayLike, NDArray

from atrisk.errors import EstimationError
from atrisk.estimate.competing_risks.aalen_johansen import IncidenceCurve, cumulative_incidence_at
from atrisk.estimate.confidence_limits import normal_quantile
from atrisk.summary.execution import Execution
from atrisk.summary.read_only import make_arrays_read_only

EXECUTION: Final[Execution] = "mergeable"

Floats = NDArray[np.float64]
Flags = NDArray[np.bool_]
Limits = Literal["square-and-add", "wald"]


@dataclass(frozen=True, slots=True, eq=False)
class IncidenceDifference:
    """Differences of cumulative incidence, first less second, of each cause at M times: (C, M).

    `time`, `estimable` (M,): false beyond the follow-up of either group, where all is NaN. `p_value`: of no
    difference at that time, from `estimate` / `std_err`.
    """

    time: Floats
    estimate: Floats
    std_err: Floats
    lower: Floats
    upper: Floats
    p_value: Floats
    estimable: Flags
    limits: Limits
    conf_level: float

    def __post_init__(self) -> None:
        make_arrays_read_only(self)


def incidence_difference(
    first: IncidenceCurve, second: IncidenceCurve, time: ArrayLike, *, limits: Limits = "square-and-add"
) -> IncidenceDifference:
    """The difference F_1k(t) - F_2k(t) of the cumulative incidences of two independent groups.

    Definition: standard error sqrt(se_1^2 + se_2^2). Limits "wald": difference -/+ z se; "square-and-add": from
    the limits (l, u) of the two curves, d - sqrt((F_1 - l_1)^2 + (u_2 - F_2)^2) and
    d + sqrt((u_1 - F_1)^2 + (F_2 - l_2)^2), which keep the curves' scale (log-log is the better one near 0) and
    stay within [-1, 1].
    Source: Zou and Donner 2008, Stat Med 27:1693; Zhang and Fine 2008, Stat Med 27:6081 (p).
    Edges: where one of the curves is 0 or 1 it has no limits on most scales, and square-and-add none either; p is
    NaN where both standard errors are 0.
    Raises EstimationError for curves of different causes or confidence levels, unknown `limits`, bad times.
    """
    if limits not in get_args(Limits):
        raise EstimationError(f"the limits '{limits}' are unknown; use square-and-add or wald.")
    if first.incidence.shape[0] != second.incidence.shape[0] or first.conf_level != second.conf_level:
        raise EstimationError("the two curves must have the same causes and the same confidence level.")
    one, other = cumulative_incidence_at(first, time), cumulative_incidence_at(second, time)
    estimate = one.estimate - other.estimate
    std_err = np.hypot(one.std_err, other.std_err)
    if limits == "wald":
        reach = normal_quantile(first.conf_level) * std_err
        lower, upper = np.maximum(estimate - reach, -1.0), np.minimum(estimate + reach, 1.0)
    else:
        lower = estimate - np.hypot(one.estimate - one.lower, other.upper - other.estimate)
        upper = estimate + np.hypot(one.upper - one.estimate, other.estimate - other.lower)
    z = np.divide(estimate, std_err, out=np.full_like(estimate, np.nan), where=std_err > 0)
    return IncidenceDifference(
        time=one.time,
        estimate=estimate,
        std_err=std_err,
        lower=lower,
        upper=upper,
        p_value=np.array([[math.erfc(abs(value) / math.sqrt(2)) for value in row] for row in z]),
        estimable=one.estimable & other.estimable,
        limits=limits,
        conf_level=first.conf_level,
    )
