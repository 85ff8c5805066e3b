"""Non-inferiority and equivalence: an effect's limits against a margin."""

from __future__ import annotations

import math
from dataclasses import dataclass
from typing import Final, Literal, get_args

from atrisk.compare.interval import Interval
from atrisk.errors import EstimationError
from atrisk.summary.execution import Execution

EXECUTION: Final[Execution] = "mergeable"

Worse = Literal["higher", "lower"]
Scale = Literal["difference", "ratio"]


@dataclass(frozen=True, slots=True)
class MarginTest:
    """Whether an effect's limits keep clear of a margin.

    `met`: true or false; None where the effect has no limits. `p_value`: one-sided, of the null hypothesis that the
    effect lies at the margin or beyond it (of two margins the larger); NaN where no standard error was given.
    `alpha`: the one-sided error that the limits allow, (1 - conf_level) / 2. `reason`: why `met` is None, or empty.
    """

    met: bool | None
    p_value: float
    alpha: float
    reason: str = ""


def non_inferiority(
    effect: Interval,
    margin: float,
    *,
    worse: Worse,
    scale: Scale = "difference",
    std_err: float | None = None,
) -> MarginTest:
    """Whether an effect is shown to be no worse than a margin.

    Definition: with `worse` "higher" (hazard ratio, difference of risks) met if the upper limit lies below the margin;
    with "lower" (difference of survival, of restricted means) if the lower limit lies above it. A limit equal to the
    margin does not meet it. One-sided p: Phi(-(m - d) / se) or Phi(-(d - m) / se), on the log scale for ratios.
    Source: ICH E9 1998, 3.3.2; CONSORT for non-inferiority trials, Piaggio et al. 2012, JAMA 308:2594.
    `margin`: in the effect's own unit; it lies on the worse side of no effect. `std_err`: of the difference, or of the
    logarithm of the ratio; None or NaN where there is none.
    Raises EstimationError for a margin on the wrong side of no effect, a ratio or its margin not above 0, and a
    standard error not above 0.
    """
    _check(worse, scale, std_err)
    centre = 1.0 if scale == "ratio" else 0.0
    if not math.isfinite(margin) or (margin <= centre if worse == "higher" else margin >= centre):
        side = "above" if worse == "higher" else "below"
        raise EstimationError(f"the margin must lie {side} {centre:g}, since {worse} values are worse.")
    if scale == "ratio" and margin <= 0:
        raise EstimationError("the margin of a ratio must lie above 0.")
    alpha = (1 - effect.conf_level) / 2
    limit = effect.upper if worse == "higher" else effect.lower
    if math.isnan(limit):
        return MarginTest(None, math.nan, alpha, effect.reason or "the effect has no limits")
    met = limit < margin if worse == "higher" else limit > margin
    return MarginTest(met, _one_sided(effect.estimate, margin, worse=worse, scale=scale, std_err=std_err), alpha)


def equivalence(
    effect: Interval, low: float, high: float, *, scale: Scale = "difference", std_err: float | None = None
) -> MarginTest:
    """Whether an effect is shown to lie between two margins (two one-sided tests).

    Definition: met if low < lower limit and upper limit < high; a test of size alpha takes limits of level
    1 - 2 alpha (90 % for 0.05). p is the larger of the two one-sided p values.
    Source: Schuirmann 1987, J Pharmacokinet Biopharm 15:657.
    Raises EstimationError unless low < no effect < high, and as `non_inferiority` does.
    """
    upper = non_inferiority(effect, high, worse="higher", scale=scale, std_err=std_err)
    lower = non_inferiority(effect, low, worse="lower", scale=scale, std_err=std_err)
    if upper.met is None or lower.met is None:
        return MarginTest(None, math.nan, upper.alpha, upper.reason or lower.reason)
    return MarginTest(upper.met and lower.met, max(upper.p_value, lower.p_value), upper.alpha)


def _one_sided(estimate: float, margin: float, *, worse: Worse, scale: Scale, std_err: float | None) -> float:
    if std_err is None or math.isnan(std_err) or math.isnan(estimate):
        return math.nan
    if scale == "ratio":
        if estimate <= 0:
            return math.nan
        estimate, margin = math.log(estimate), math.log(margin)
    z = (margin - estimate if worse == "higher" else estimate - margin) / std_err
    return math.erfc(z / math.sqrt(2)) / 2


def _check(worse: str, scale: str, std_err: float | None) -> None:
    if worse not in get_args(Worse) or scale not in get_args(Scale):
        raise EstimationError("'worse' is higher or lower, and 'scale' difference or ratio.")
    if std_err is not None and std_err <= 0:
        raise EstimationError("a standard error must be a number above 0.")
