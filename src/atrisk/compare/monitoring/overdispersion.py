"""Whether units differ by more than chance, and funnel limits that allow for it."""

from __future__ import annotations

import math
from dataclasses import dataclass
from typing import Final

import numpy as np
from numpy.typing import ArrayLike, NDArray

from atrisk.errors import EstimationError
from atrisk.estimate.confidence_limits import normal_quantile
from atrisk.summary.execution import Execution
from atrisk.summary.read_only import make_arrays_read_only

Floats = NDArray[np.float64]

# A table of units, each a sum over its patients.
EXECUTION: Final[Execution] = "mergeable"


@dataclass(frozen=True, slots=True, eq=False)
class Overdispersion:
    """How far U units scatter beyond chance. `z` (U,): each unit's deviation in standard errors, `winsorised` likewise.

    `phi`: mean square of the winsorised z; `tau`: standard deviation between units, on the scale of the deviations, 0
    where phi says nothing beyond chance. `p_value`: of no overdispersion, from the sum of squares of all z on U - 1
    degrees of freedom (the target being that of these units).
    """

    z: Floats
    winsorised: Floats
    phi: float
    tau: float
    p_value: float

    def __post_init__(self) -> None:
        make_arrays_read_only(self)


def overdispersion(deviation: ArrayLike, std_err: ArrayLike, *, winsorise: float = 0.1) -> Overdispersion:
    """Spiegelhalter's overdispersion of units, robust against the few that are truly out of line.

    Definition: z = deviation / std_err; those below the quantile `winsorise` are set to it, those above the quantile
    1 - `winsorise` likewise (R's type 7); phi = sum z_w^2 / U. tau^2 = (U phi - (U - 1)) / (sum w - sum w^2 / sum w),
    w = 1 / std_err^2, 0 where U phi < U - 1.
    Source: Spiegelhalter 2005, Qual Saf Health Care 14:347; Stat Med 24:1185, section 3.3; DerSimonian and Laird 1986.
    `deviation`, `std_err` (U,): of each unit from the target (ratio less 1 of `funnel`, say) if the target holds.
    Raises EstimationError for fewer than two units, errors not above 0, or `winsorise` outside [0, 0.5).
    """
    from scipy.special import chdtrc

    away, error = np.asarray(deviation, dtype=np.float64), np.asarray(std_err, dtype=np.float64)
    if away.ndim != 1 or away.shape != error.shape or not np.all(np.isfinite(away)) or not np.all(np.isfinite(error)):
        raise EstimationError("each unit needs a finite deviation and standard error.")
    if away.size < 2 or np.any(error <= 0):
        raise EstimationError("overdispersion needs at least two units, with standard errors above 0.")
    if not 0 <= winsorise < 0.5:
        raise EstimationError("the share of units to be winsorised on either side must lie between 0 and 0.5.")
    z = away / error
    units = z.size
    winsorised = np.clip(z, *np.quantile(z, (winsorise, 1 - winsorise)))
    phi = float((winsorised**2).sum()) / units
    weight = 1 / error**2
    excess = units * phi - (units - 1)
    room = float(weight.sum() - (weight**2).sum() / weight.sum())
    return Overdispersion(
        z=z,
        winsorised=winsorised,
        phi=phi,
        tau=math.sqrt(max(excess, 0.0) / room),
        p_value=float(chdtrc(units - 1, float((z**2).sum()))),
    )


def widened_limits(
    std_err: ArrayLike, found: Overdispersion, *, coverage: float = 0.95, additive: bool = True
) -> tuple[Floats, Floats]:
    """Limits (U,) of deviations that allow for overdispersion, normal.

    Definition: additive, -/+ z sqrt(std_err^2 + tau^2); multiplicative, -/+ z std_err sqrt(max(phi, 1)), which makes
    large units differ from one another as little as chance lets them. Source: Spiegelhalter 2005, as `overdispersion`.
    """
    error = np.asarray(std_err, dtype=np.float64)
    spread = np.hypot(error, found.tau) if additive else error * math.sqrt(max(found.phi, 1.0))
    reach = normal_quantile(coverage) * spread
    return np.asarray(-reach), np.asarray(reach)
