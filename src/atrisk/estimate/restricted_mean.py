"""Restricted mean survival time."""

from __future__ import annotations

from dataclasses import dataclass

import numpy as np

from atrisk.errors import EstimationError
from atrisk.estimate.confidence_limits import normal_quantile
from atrisk.estimate.kaplan_meier import SurvivalCurve


@dataclass(frozen=True, slots=True)
class RestrictedMean:
    """The mean time free of the event up to `tau`; NaN where `estimable` is false."""

    tau: float
    estimate: float
    std_err: float
    lower: float
    upper: float
    estimable: bool


def restricted_mean(curve: SurvivalCurve, tau: float, *, extend: bool = False) -> RestrictedMean:
    """The area under a Kaplan-Meier curve up to tau, with normal limits at the curve's confidence level.

    Definition: integral of S from 0 to tau. Variance: sum over event times t <= tau of
    (integral of S from t to tau)^2 d / (n (n - d)).
    Source: Irwin 1949; Klein and Moeschberger 2003, eq. 4.5.1-4.5.2 (R's survmean: no n/(n-1) factor).
    Unit: that of the times. Edges: a tau beyond the last follow-up time is not estimable while S > 0;
    `extend=True` carries the last value on, as R does. An event that empties the risk set adds no variance.
    Raises EstimationError unless tau is finite and above 0.
    """
    if not np.isfinite(tau) or tau <= 0:
        raise EstimationError("the horizon tau of a restricted mean must be finite and above 0.")
    ended = bool(curve.survival.size) and curve.survival[-1] == 0.0
    known = tau <= curve.last_time or ended or (extend and curve.n > 0)
    if not known:
        nan = float("nan")
        return RestrictedMean(tau=tau, estimate=nan, std_err=nan, lower=nan, upper=nan, estimable=False)
    inside = curve.time <= tau
    time = np.concatenate(([0.0], curve.time[inside], [tau]))
    height = np.concatenate(([1.0], curve.survival[inside]))
    pieces = height * np.diff(time)
    estimate = float(pieces.sum())
    # Area from each row's time to tau.
    ahead = np.cumsum(pieces[::-1])[::-1][1:]
    d, n = curve.n_event[inside], curve.n_at_risk[inside]
    step = np.divide(d, n * (n - d), out=np.zeros_like(d), where=(d > 0) & (n - d > 1e-12 * n))
    std_err = float(np.sqrt(ahead**2 @ step))
    reach = normal_quantile(curve.conf_level) * std_err
    return RestrictedMean(
        tau=tau,
        estimate=estimate,
        std_err=std_err,
        lower=max(estimate - reach, 0.0),
        upper=min(estimate + reach, tau),
        estimable=True,
    )
