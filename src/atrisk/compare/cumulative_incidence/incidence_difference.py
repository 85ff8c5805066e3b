"""The difference of two cumulative incidences at chosen times."""

from __future__ import annotations

from dataclasses import dataclass
from typing import Final

import numpy as np
from numpy.typing import ArrayLike, NDArray

from atrisk.compare.square_and_add import Limits, difference_error, difference_limits, require_limits
from atrisk.errors import EstimationError
from atrisk.estimate.competing_risks.aalen_johansen import IncidenceCurve, cumulative_incidence_at
from atrisk.estimate.wald import two_sided
from atrisk.summary.execution import Execution
from atrisk.summary.read_only import make_arrays_read_only

EXECUTION: Final[Execution] = "mergeable"

Floats = NDArray[np.float64]
Flags = NDArray[np.bool_]


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
    the limits of the two curves (see `difference_limits`; of the curves' scales log-log is the better one near 0).
    Source: Zou and Donner 2008, Stat Med 27:1693; Zhang and Fine 2008, Stat Med 27:6081 (p).
    Edges: where one of the curves is 0 or 1 nothing is known of its error: standard error, limits and p are NaN.
    Raises EstimationError for curves of different causes or confidence levels, unknown `limits`, bad times.
    """
    require_limits(limits)
    if first.incidence.shape[0] != second.incidence.shape[0] or first.conf_level != second.conf_level:
        raise EstimationError("the two curves must have the same causes and the same confidence level.")
    one, other = cumulative_incidence_at(first, time), cumulative_incidence_at(second, time)
    estimate = one.estimate - other.estimate
    std_err = difference_error(one.std_err, other.std_err)
    lower, upper = difference_limits(
        (one.estimate, one.lower, one.upper),
        (other.estimate, other.lower, other.upper),
        std_err,
        limits=limits,
        conf_level=first.conf_level,
    )
    z = estimate / std_err
    return IncidenceDifference(
        time=one.time,
        estimate=estimate,
        std_err=std_err,
        lower=lower,
        upper=upper,
        p_value=np.array([two_sided(row) for row in z]),
        estimable=one.estimable & other.estimable,
        limits=limits,
        conf_level=first.conf_level,
    )
