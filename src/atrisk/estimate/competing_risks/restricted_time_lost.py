"""Restricted mean time lost to each of several competing causes: the area under a cumulative incidence."""

from __future__ import annotations

from dataclasses import dataclass
from typing import Final

import numpy as np
from numpy.typing import NDArray

from atrisk.errors import EstimationError
from atrisk.estimate.competing_risks.aalen_johansen import IncidenceCurve
from atrisk.estimate.confidence_limits import normal_quantile
from atrisk.estimate.wald import two_sided
from atrisk.summary.execution import Execution
from atrisk.summary.read_only import make_arrays_read_only

EXECUTION: Final[Execution] = "mergeable"

Floats = NDArray[np.float64]


@dataclass(frozen=True, slots=True, eq=False)
class RestrictedTimeLost:
    """Mean time up to `tau` spent after each cause: arrays (C,), NaN where `estimable` is false."""

    tau: float
    estimate: Floats
    std_err: Floats
    lower: Floats
    upper: Floats
    estimable: bool
    conf_level: float

    def __post_init__(self) -> None:
        make_arrays_read_only(self)


@dataclass(frozen=True, slots=True, eq=False)
class TimeLostDifference:
    """Differences of restricted mean times lost, first less second, for each cause: (C,); NaN with a reason."""

    tau: float
    estimate: Floats
    std_err: Floats
    lower: Floats
    upper: Floats
    p_value: Floats
    conf_level: float
    reason: str = ""

    def __post_init__(self) -> None:
        make_arrays_read_only(self)


def restricted_time_lost(curve: IncidenceCurve, tau: float) -> RestrictedTimeLost:
    """The area under the cumulative incidence of each cause up to tau.

    Definition: L_k = integral of F_k from 0 to tau: of a length of stay with the causes discharged alive and dead, the
    mean time up to tau at home, and lost to death; tau less both is the mean stay (`restricted_mean` of any end).
    Variance: sum over times s <= tau of [A^2 p_k (1 - p_k) + G^2 p / (1 - p) - 2 A G p_k] / n, p_k = d_k / n, p their
    sum, A = S(s-) (tau - s), G the integral of F_k(t) - F_k(s) from s to tau: the infinitesimal jackknife.
    Source: Andersen 2013, Stat Med 32:5278; variance in docs/methods/aalen_johansen.md.
    Unit: that of the times. Edges: a tau beyond the last follow-up is not estimable while somebody is free of events.
    With delayed entry the variance is Greenwood's, as that of `aalen_johansen`. Limits normal, cut to [0, tau]; none
    where nobody has had that event.
    Raises EstimationError unless tau is finite and above 0, and for a weighted curve.
    """
    if not np.isfinite(tau) or tau <= 0:
        raise EstimationError("the horizon tau of a restricted mean must be finite and above 0.")
    if not np.array_equal(curve.weighted_at_risk, curve.n_at_risk):
        raise EstimationError("restricted mean times lost are for patients without weights.")
    causes = curve.incidence.shape[0]
    ended = bool(curve.event_free.size) and curve.event_free[-1] == 0.0
    if not (tau <= curve.last_time or ended):
        nothing = np.full(causes, np.nan)
        return RestrictedTimeLost(tau, nothing, nothing, nothing, nothing, False, curve.conf_level)
    inside = curve.time <= tau
    time, incidence = curve.time[inside], curve.incidence[:, inside]
    pieces = incidence * np.diff(np.concatenate((time, [tau])))
    ahead = np.cumsum(pieces[:, ::-1], axis=1)[:, ::-1]
    estimate = pieces.sum(axis=1)
    n, d = curve.n_at_risk[inside], curve.n_event[:, inside]
    hazard = np.divide(d, n, out=np.zeros_like(d), where=n > 0)
    total = hazard.sum(axis=0)
    before = np.concatenate(([1.0], curve.event_free))[:-1][inside] * (tau - time)
    growth = ahead - incidence * (tau - time)
    # Where all at risk have an event nothing grows afterwards.
    spread = np.divide(total, 1 - total, out=np.zeros_like(total), where=d.sum(axis=0) < n)
    terms = before**2 * hazard * (1 - hazard) + growth**2 * spread - 2 * before * growth * hazard
    share = np.divide(terms, n, out=np.zeros_like(terms), where=n > 0)
    std_err = np.sqrt(np.maximum(share.sum(axis=1), 0.0))
    reach = normal_quantile(curve.conf_level) * np.where(std_err > 0, std_err, np.nan)
    return RestrictedTimeLost(
        tau=tau,
        estimate=estimate,
        std_err=std_err,
        lower=np.maximum(estimate - reach, 0.0),
        upper=np.minimum(estimate + reach, tau),
        estimable=True,
        conf_level=curve.conf_level,
    )


def restricted_time_lost_difference(first: RestrictedTimeLost, second: RestrictedTimeLost) -> TimeLostDifference:
    """The difference of the restricted mean times lost of two independent groups, first less second.

    Definition: standard error sqrt(se_1^2 + se_2^2), normal limits and test. Source: as `restricted_time_lost`.
    Edges: where nobody of a group has had that event nothing is known of its error, and there are no limits and no p.
    Raises EstimationError for different taus, confidence levels or causes.
    """
    same = (first.tau, first.conf_level) == (second.tau, second.conf_level)
    if not same or first.estimate.shape != second.estimate.shape:
        raise EstimationError("restricted mean times lost compare only with the same tau, level and causes.")
    estimate = first.estimate - second.estimate
    known = (first.std_err > 0) & (second.std_err > 0)
    std_err = np.where(known, np.hypot(first.std_err, second.std_err), np.nan)
    reach = normal_quantile(first.conf_level) * std_err
    reason = "" if first.estimable and second.estimable else "tau lies beyond the follow-up of a group"
    return TimeLostDifference(
        tau=first.tau,
        estimate=estimate,
        std_err=std_err,
        lower=estimate - reach,
        upper=estimate + reach,
        p_value=two_sided(estimate / std_err),
        conf_level=first.conf_level,
        reason=reason,
    )
