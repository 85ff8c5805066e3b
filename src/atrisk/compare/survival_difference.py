"""The difference of two survival probabilities at chosen times."""

from __future__ import annotations

from dataclasses import dataclass
from typing import Final

import numpy as np
from numpy.typing import ArrayLike, NDArray

from atrisk.compare.square_and_add import Limits, difference_error, difference_limits, require_limits
from atrisk.errors import EstimationError
from atrisk.estimate.survival_curve.kaplan_meier import SurvivalCurve, survival_at
from atrisk.estimate.wald import two_sided
from atrisk.summary.execution import Execution
from atrisk.summary.read_only import make_arrays_read_only

EXECUTION: Final[Execution] = "mergeable"

Floats = NDArray[np.float64]
Flags = NDArray[np.bool_]


@dataclass(frozen=True, slots=True, eq=False)
class SurvivalDifference:
    """Differences of survival, first less second, at M times: (M,).

    `estimable`: false beyond the follow-up of either group, where all is NaN. `n_at_risk` (2, M): of the first and
    the second group just before each time. `p_value`: of no difference at that time, from `estimate` / `std_err`.
    """

    time: Floats
    estimate: Floats
    std_err: Floats
    lower: Floats
    upper: Floats
    p_value: Floats
    n_at_risk: Floats
    estimable: Flags
    limits: Limits
    conf_level: float

    def __post_init__(self) -> None:
        make_arrays_read_only(self)


def survival_difference(
    first: SurvivalCurve, second: SurvivalCurve, time: ArrayLike, *, limits: Limits = "square-and-add"
) -> SurvivalDifference:
    """The difference S_1(t) - S_2(t) of the survival of two independent groups.

    Definition: standard error sqrt(se_1^2 + se_2^2) with Greenwood's errors. Limits "wald": difference -/+ z se, cut
    to [-1, 1]; "square-and-add": from the limits of the two curves (see `difference_limits`), on whatever scale they
    were computed.
    Source: Klein, Logan, Harhoff and Andersen 2007, Stat Med 26:4505 (comparison at a fixed time); Zou and Donner
    2008, Stat Med 27:1693 (limits).
    Edges: beyond the follow-up of a group nothing is carried forward; where a curve is 1 nothing is known of its error,
    and standard error, limits and p are NaN, as where a curve is 0.
    Raises EstimationError for curves of different confidence levels, unknown `limits`, bad times.
    """
    require_limits(limits)
    if first.conf_level != second.conf_level:
        raise EstimationError("the two curves must have the same confidence level.")
    one, other = survival_at(first, time), survival_at(second, time)
    estimable = one.estimable & other.estimable
    estimate = np.where(estimable, one.estimate - other.estimate, np.nan)
    std_err = np.where(estimable, difference_error(one.std_err, other.std_err), np.nan)
    lower, upper = difference_limits(
        (one.estimate, one.lower, one.upper),
        (other.estimate, other.lower, other.upper),
        std_err,
        limits=limits,
        conf_level=first.conf_level,
    )
    z = estimate / std_err
    return SurvivalDifference(
        time=one.time,
        estimate=estimate,
        std_err=std_err,
        lower=np.where(estimable, lower, np.nan),
        upper=np.where(estimable, upper, np.nan),
        p_value=two_sided(z),
        n_at_risk=np.stack((one.n_at_risk, other.n_at_risk)),
        estimable=estimable,
        limits=limits,
        conf_level=first.conf_level,
    )
