"""Means of groups compared: one-way analysis of variance, Welch's test, and the t tests of two groups."""

from __future__ import annotations

import math
from dataclasses import dataclass
from typing import Final

import numpy as np

from atrisk.compare.interval import Interval, not_estimable
from atrisk.errors import EstimationError
from atrisk.estimate.confidence_limits import require_conf_level
from atrisk.summary.execution import Execution
from atrisk.summary.moments import Moments

EXECUTION: Final[Execution] = "mergeable"


@dataclass(frozen=True, slots=True)
class FTest:
    """An F test of equal means with its degrees of freedom; reason says why it is NaN, or is empty."""

    statistic: float
    df_between: float
    df_within: float
    p_value: float
    reason: str = ""


@dataclass(frozen=True, slots=True)
class TTest:
    """A t test of two means, its degrees of freedom, two-sided p value and the difference of the means."""

    statistic: float
    df: float
    p_value: float
    difference: Interval
    reason: str = ""


TOO_FEW_GROUPS = "fewer than two groups have values"
ONE_VALUE = "a group has fewer than two values"
NO_VARIATION = "no variation within the groups"


def one_way(moments: Moments) -> FTest:
    """Return the one-way analysis of variance with a common variance (R's oneway.test(var.equal = TRUE)).

    F = (sum n_g (m_g - m)^2 / (k - 1)) / (sum of centred squares / (n - k)). Groups without values are left out; a
    group of one value counts in the means (R refuses it). NaN with a reason for fewer than two groups, no two
    values in any group, or no variation within the groups.
    """
    used = moments.n > 0
    n, mean = moments.n[used].astype(np.float64), moments.mean[used]
    within = float(moments.centred_squares[used].sum())
    k, total = len(n), float(n.sum())
    if k < 2:
        return _no_f_test(TOO_FEW_GROUPS)
    if total <= k:
        return _no_f_test("no group has two values")
    if within == 0.0:
        return _no_f_test(NO_VARIATION)
    from scipy.special import fdtrc

    between = float((n * (mean - (n @ mean) / total) ** 2).sum())
    statistic = (between / (k - 1)) / (within / (total - k))
    return FTest(statistic, k - 1.0, total - k, float(fdtrc(k - 1.0, total - k, statistic)))


def welch(moments: Moments) -> FTest:
    """Return Welch's test of equal means without a common variance (R's oneway.test).

    With w = n / s^2, m = sum w m_g / sum w and h = sum (1 - w / sum w)^2 / (n - 1):
    F = sum w (m_g - m)^2 / ((k - 1) (1 + 2 (k - 2) h / (k^2 - 1))) on k - 1 and (k^2 - 1) / (3 h) degrees of
    freedom (Welch 1951, Biometrika 38:330-6). Groups without values are left out; NaN with a reason for fewer than
    two groups, a group of one value, or a group without variation.
    """
    used = moments.n > 0
    n, mean, variance = moments.n[used].astype(np.float64), moments.mean[used], moments.variance[used]
    k = len(n)
    if k < 2:
        return _no_f_test(TOO_FEW_GROUPS)
    if (n < 2).any():
        return _no_f_test(ONE_VALUE)
    if (variance == 0.0).any():
        return FTest(math.nan, k - 1.0, math.nan, math.nan, "no variation within a group")
    from scipy.special import fdtrc

    weight = n / variance
    share = weight / weight.sum()
    h = float(((1.0 - share) ** 2 / (n - 1.0)).sum())
    between = float((weight * (mean - share @ mean) ** 2).sum())
    statistic = between / ((k - 1) * (1.0 + 2.0 * (k - 2) * h / (k**2 - 1)))
    df_within = (k**2 - 1) / (3.0 * h)
    return FTest(statistic, k - 1.0, df_within, float(fdtrc(k - 1.0, df_within, statistic)))


def t_test(
    moments: Moments,
    *,
    first: int = 0,
    second: int = 1,
    equal_variances: bool = False,
    conf_level: float = 0.95,
) -> TTest:
    """Return the t test of group `first` minus group `second` (R's t.test).

    Welch (default): standard error sqrt(s1^2/n1 + s2^2/n2) and Satterthwaite's degrees of freedom; with
    `equal_variances` Student's, on n1 + n2 - 2. NaN with a reason for too few values or no variation.
    Raises EstimationError for a group that is not there.
    """
    require_conf_level(conf_level)
    if not (0 <= first < len(moments.n) and 0 <= second < len(moments.n)) or first == second:
        raise EstimationError("the t test needs two different groups of the moments")
    pair = [first, second]
    n, variance = moments.n[pair].astype(np.float64), moments.variance[pair]
    method = "Student t" if equal_variances else "Welch t"
    if (n < 1).any() or n.sum() < 3 or (not equal_variances and (n < 2).any()):
        return _no_t_test(ONE_VALUE, conf_level, method)
    if equal_variances:
        df = float(n.sum()) - 2.0
        squared_error = float(moments.centred_squares[pair].sum()) / df * float((1.0 / n).sum())
    else:
        shares = variance / n
        squared_error = float(shares.sum())
        spread = float((shares**2 / (n - 1.0)).sum())
        df = squared_error**2 / spread if spread > 0.0 else math.nan
    if squared_error == 0.0:
        return _no_t_test(NO_VARIATION, conf_level, method)
    from scipy.special import stdtr, stdtrit

    error = math.sqrt(squared_error)
    difference = float(moments.mean[first] - moments.mean[second])
    half = -float(stdtrit(df, (1.0 - conf_level) / 2.0)) * error
    interval = Interval(difference, difference - half, difference + half, conf_level, method)
    statistic = difference / error
    return TTest(statistic, df, 2.0 * float(stdtr(df, -abs(statistic))), interval)


def _no_f_test(reason: str) -> FTest:
    return FTest(math.nan, math.nan, math.nan, math.nan, reason)


def _no_t_test(reason: str, conf_level: float, method: str) -> TTest:
    difference = not_estimable(reason, conf_level=conf_level, method=method)
    return TTest(math.nan, math.nan, math.nan, difference, reason)
