"""Two groups compared within strata: common odds ratio, common risk difference and the test of Cochran, Mantel
and Haenszel.

Tables are (n_strata, 2, 2): rows the two groups, columns event and no event. A stratum that carries no information
is left out, and every result names the strata it left out.
"""

from __future__ import annotations

import math
from dataclasses import dataclass
from typing import Final

import numpy as np
from numpy.typing import ArrayLike, NDArray

from atrisk.compare.contingency.conditional_odds_ratio import (
    ConditionalDistribution,
    conditional_odds_ratio,
    two_by_two_distribution,
    two_sided_p_value,
)
from atrisk.compare.contingency.contingency_table import contingency_table
from atrisk.compare.interval import Interval, not_estimable
from atrisk.errors import EstimationError
from atrisk.estimate.confidence_limits import normal_quantile, require_conf_level
from atrisk.summary.execution import Execution

EXECUTION: Final[Execution] = "mergeable"


@dataclass(frozen=True, slots=True)
class CommonEffect:
    """An effect taken to be the same in all strata.

    strata_left_out: positions of the strata without information (see the function that made it).
    """

    effect: Interval
    n_strata_used: int
    strata_left_out: tuple[int, ...]


@dataclass(frozen=True, slots=True)
class CochranMantelHaenszelTest:
    """The test of no association within strata, on one degree of freedom.

    strata_left_out: positions of the strata with an empty row or column. reason: why the test is NaN, or empty.
    """

    statistic: float
    p_value: float
    corrected: bool
    n_strata_used: int
    strata_left_out: tuple[int, ...]
    reason: str = ""


@dataclass(frozen=True, slots=True)
class ExactConditionalTest:
    """The exact test of no association within strata with the conditional common odds ratio.

    p_value: two-sided, all values no more probable than the observed one. reason: why it is NaN, or empty.
    """

    p_value: float
    odds_ratio: CommonEffect
    reason: str = ""


NO_STRATUM = "no stratum has both groups and both outcomes"


def cochran_mantel_haenszel(tables: ArrayLike, *, continuity_correction: bool = True) -> CochranMantelHaenszelTest:
    """Return the Cochran-Mantel-Haenszel test (R's mantelhaen.test for 2 x 2 x K).

    X^2 = (|sum (a - E)| - y)^2 / sum V with E = n1 m1 / n, V = n1 n2 m1 m2 / (n^2 (n - 1)) in each stratum
    (Mantel and Haenszel 1959, J Natl Cancer Inst 22:719-48); y = 0.5 with `continuity_correction`, unless
    |sum (a - E)| is below 0.5. A stratum with an empty row or column has a = E and V = 0: it is left out, where R
    stops if it has one patient. No stratum left: NaN with a reason.
    Raises EstimationError for tables that are not (n_strata, 2, 2) counts.
    """
    used, left_out = informative(stratified_tables(tables))
    if len(used) == 0:
        return CochranMantelHaenszelTest(math.nan, math.nan, False, 0, left_out, NO_STRATUM)
    from scipy.special import chdtrc

    n = used.sum(axis=(1, 2)).astype(np.float64)
    rows, columns = used.sum(axis=2).astype(np.float64), used.sum(axis=1).astype(np.float64)
    deviation = abs(float((used[:, 0, 0] - rows[:, 0] * columns[:, 0] / n).sum()))
    variance = float((rows.prod(axis=1) * columns.prod(axis=1) / (n**2 * (n - 1.0))).sum())
    yates = 0.5 if continuity_correction and deviation >= 0.5 else 0.0
    statistic = (deviation - yates) ** 2 / variance
    return CochranMantelHaenszelTest(statistic, float(chdtrc(1, statistic)), continuity_correction, len(used), left_out)


def common_odds_ratio(tables: ArrayLike, *, conf_level: float = 0.95) -> CommonEffect:
    """Return the Mantel-Haenszel common odds ratio with the limits of Robins, Breslow and Greenland.

    With R = a d / n, S = b c / n, P = (a + d) / n, Q = (b + c) / n in each stratum: OR = sum R / sum S and
    var(log OR) = sum P R / (2 (sum R)^2) + sum (P S + Q R) / (2 sum R sum S) + sum Q S / (2 (sum S)^2)
    (1986, Biometrics 42:311-23, eq. 5; R's mantelhaen.test). A stratum with an empty row or column adds nothing
    and is left out. sum R or sum S of 0: the ratio is 0 or infinite without limits, or NaN, with a reason.
    """
    used, left_out = informative(stratified_tables(tables))
    z = normal_quantile(conf_level)
    method = "Mantel-Haenszel, Robins-Breslow-Greenland"
    if len(used) == 0:
        return CommonEffect(not_estimable(NO_STRATUM, conf_level=conf_level, method=method), 0, left_out)
    n = used.sum(axis=(1, 2)).astype(np.float64)
    a, b, c, d = (used[:, i, j].astype(np.float64) for i in (0, 1) for j in (0, 1))
    R, S, P, Q = a * d / n, b * c / n, (a + d) / n, (b + c) / n
    sum_r, sum_s = float(R.sum()), float(S.sum())
    if sum_r == 0.0 or sum_s == 0.0:
        # A stratum with both margins full has a d > 0 or b c > 0, so both sums cannot be 0.
        ratio = 0.0 if sum_r == 0.0 else math.inf
        reason = "an empty cell in every stratum: log limits do not exist"
        effect = Interval(ratio, math.nan, math.nan, conf_level, method, reason)
        return CommonEffect(effect, len(used), left_out)
    variance = (
        float((P * R).sum()) / (2.0 * sum_r**2)
        + float((P * S + Q * R).sum()) / (2.0 * sum_r * sum_s)
        + float((Q * S).sum()) / (2.0 * sum_s**2)
    )
    ratio, width = sum_r / sum_s, z * math.sqrt(variance)
    effect = Interval(ratio, ratio * math.exp(-width), ratio * math.exp(width), conf_level, method)
    return CommonEffect(effect, len(used), left_out)


def common_risk_difference(tables: ArrayLike, *, conf_level: float = 0.95) -> CommonEffect:
    """Return the Mantel-Haenszel common risk difference (row 1 minus row 2) with Sato's limits.

    With x events of n1 in row 1, y of n2 in row 2, n = n1 + n2 and w = n1 n2 / n in each stratum:
    RD = sum w (x/n1 - y/n2) / sum w, var = (RD sum P + sum Q) / (sum w)^2,
    P = (n1^2 y - n2^2 x + n1 n2 (n2 - n1) / 2) / n^2, Q = (x (n2 - y) + y (n1 - x)) / (2 n)
    (Sato 1989, Biometrics 45:1323-4: consistent both for few large and for many small strata, which the
    variance of Greenland and Robins 1985 need not be; SAS calls it commonriskdiff(cl=mh)).
    A stratum without patients in one row has w = 0 and is left out; a stratum where nobody, or everybody, has the
    event does count: its difference is 0. No stratum left, or an estimated variance that is not positive: NaN
    limits with a reason. Limits are cut to [-1, 1].
    """
    given = stratified_tables(tables)
    both = (given.sum(axis=2) > 0).all(axis=1)
    used, left_out = given[both], tuple(np.flatnonzero(~both).tolist())
    z = normal_quantile(conf_level)
    method = "Mantel-Haenszel, Sato"
    if len(used) == 0:
        reason = "no stratum has patients in both groups"
        return CommonEffect(not_estimable(reason, conf_level=conf_level, method=method), 0, left_out)
    x, y = used[:, 0, 0].astype(np.float64), used[:, 1, 0].astype(np.float64)
    n1, n2 = used[:, 0].sum(axis=1).astype(np.float64), used[:, 1].sum(axis=1).astype(np.float64)
    n = n1 + n2
    weight = float((n1 * n2 / n).sum())
    difference = float(((x * n2 - y * n1) / n).sum()) / weight
    P = (n1**2 * y - n2**2 * x + n1 * n2 * (n2 - n1) / 2.0) / n**2
    Q = (x * (n2 - y) + y * (n1 - x)) / (2.0 * n)
    variance = (difference * float(P.sum()) + float(Q.sum())) / weight**2
    if variance <= 0.0:
        reason = "the estimated variance is not positive"
        effect = Interval(difference, math.nan, math.nan, conf_level, method, reason)
    else:
        half = z * math.sqrt(variance)
        lower, upper = max(-1.0, difference - half), min(1.0, difference + half)
        effect = Interval(difference, lower, upper, conf_level, method)
    return CommonEffect(effect, len(used), left_out)


def smallest_expected(tables: ArrayLike) -> float:
    """Return the smallest count that no association would lead to expect in a stratum with full margins.

    row total x column total / total of a stratum; infinity without such a stratum.
    """
    used, _left_out = informative(stratified_tables(tables))
    if not len(used):
        return math.inf
    totals = used.sum(axis=(1, 2))
    return float((used.sum(axis=2).min(axis=1) * used.sum(axis=1).min(axis=1) / totals).min())


def exact_conditional_p_value(tables: ArrayLike) -> tuple[float, str]:
    """Return the two-sided p value of `exact_common_odds_ratio` alone, and why it is NaN (or the empty text)."""
    used, _left_out = informative(stratified_tables(tables))
    if not len(used):
        return math.nan, NO_STRATUM
    distribution = _convolved(used)
    return (0.0 if distribution is None else two_sided_p_value(distribution)), ""


def _convolved(used: NDArray[np.int64]) -> ConditionalDistribution | None:
    """The distribution of the events in row 1 over all strata; None where the observed number has no probability."""
    density, lowest, observed = np.ones(1), 0, 0
    for table in used:
        one = two_by_two_distribution(table)
        density = np.convolve(density, np.exp(one.log_density))
        lowest, observed = lowest + one.lowest, observed + one.observed
    if density[observed - lowest] == 0.0:
        return None
    with np.errstate(divide="ignore"):
        return ConditionalDistribution(lowest, np.log(density), observed)


def exact_common_odds_ratio(tables: ArrayLike, *, conf_level: float = 0.95) -> ExactConditionalTest:
    """Return the exact conditional test and common odds ratio (R's mantelhaen.test(exact = TRUE)).

    Given all margins, the number of events in row 1 is a sum of independent hypergeometric variables; its
    distribution is their convolution, and p value, estimate and limits follow as for one table (fisher_exact).
    Strata with an empty row or column allow one table only and are left out.
    """
    require_conf_level(conf_level)
    used, left_out = informative(stratified_tables(tables))
    if len(used) == 0:
        method = "conditional maximum likelihood, exact limits"
        effect = not_estimable(NO_STRATUM, conf_level=conf_level, method=method)
        return ExactConditionalTest(math.nan, CommonEffect(effect, 0, left_out), NO_STRATUM)
    distribution = _convolved(used)
    if distribution is None:
        reason = "the observed tables are less probable than the smallest number"
        effect = not_estimable(reason, conf_level=conf_level, method="conditional maximum likelihood, exact limits")
        return ExactConditionalTest(0.0, CommonEffect(effect, len(used), left_out), reason)
    effect = conditional_odds_ratio(distribution, conf_level=conf_level)
    return ExactConditionalTest(two_sided_p_value(distribution), CommonEffect(effect, len(used), left_out))


def stratified_tables(tables: ArrayLike) -> NDArray[np.int64]:
    """Return stratified tables as int64, shape (n_strata, 2, 2); raises EstimationError for anything else."""
    given = np.asarray(tables)
    if given.ndim != 3 or given.shape[1:] != (2, 2):
        raise EstimationError("stratified tables must have the shape (n_strata, 2, 2)")
    return contingency_table(given.reshape(-1, 4)).reshape(-1, 2, 2)


def informative(tables: NDArray[np.int64]) -> tuple[NDArray[np.int64], tuple[int, ...]]:
    """Divide the strata into the tables with full margins, and the positions of the others."""
    full = (tables.sum(axis=1) > 0).all(axis=1) & (tables.sum(axis=2) > 0).all(axis=1)
    return tables[full], tuple(np.flatnonzero(~full).tolist())
