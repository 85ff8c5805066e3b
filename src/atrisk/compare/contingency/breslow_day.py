"""Whether an odds ratio is the same in all strata: the test of Breslow and Day with Tarone's correction."""

from __future__ import annotations

import math
from dataclasses import dataclass
from typing import Final

import numpy as np
from numpy.typing import ArrayLike, NDArray

from atrisk.compare.contingency.mantel_haenszel import NO_STRATUM, common_odds_ratio, informative, stratified_tables
from atrisk.summary.execution import Execution

EXECUTION: Final[Execution] = "mergeable"

Floats = NDArray[np.float64]


@dataclass(frozen=True, slots=True)
class HomogeneityTest:
    """The test that the odds ratio is the same in all strata, on (strata used - 1) degrees of freedom.

    statistic, p_value: with Tarone's correction; breslow_day: the statistic without it. odds_ratio: the common one
    tested (Mantel and Haenszel). strata_left_out: positions of the strata with an empty row or column.
    reason: why the test is NaN, or empty.
    """

    statistic: float
    p_value: float
    breslow_day: float
    df: int
    odds_ratio: float
    n_strata_used: int
    strata_left_out: tuple[int, ...]
    reason: str = ""


def breslow_day(tables: ArrayLike) -> HomogeneityTest:
    """Return the test of one odds ratio in all strata.

    With a events in row 1 of a stratum, row totals n1 and n2, m1 events, psi the Mantel-Haenszel odds ratio, e(psi)
    the number of events in row 1 that has this odds ratio under the same margins,
    e (n2 - m1 + e) = psi (n1 - e) (m1 - e), and 1 / V = 1/e + 1/(n1 - e) + 1/(m1 - e) + 1/(n2 - m1 + e):
    sum (a - e)^2 / V (Breslow and Day 1980, IARC Sci Publ 32, eq. 4.30) minus (sum (a - e))^2 / sum V, without which
    the statistic is not chi-squared under the null, since psi is not the maximum likelihood estimate (Tarone 1985,
    Biometrika 72:91-5, eq. 4; DescTools::BreslowDayTest(correct = TRUE) in R).
    A large-sample test, of little power in small strata. A stratum with an empty row or column says nothing and is
    left out by name. Fewer than two strata left, or a common odds ratio of 0 or infinity: NaN with a reason.
    Raises EstimationError for tables that are not (n_strata, 2, 2) counts.
    """
    used, left_out = informative(stratified_tables(tables))
    common = common_odds_ratio(used)
    psi = common.effect.estimate
    if len(used) < 2:
        reason = NO_STRATUM if len(used) == 0 else "one stratum alone has both groups and both outcomes"
        return _none(psi, len(used), left_out, reason)
    if not 0.0 < psi < math.inf:
        return _none(psi, len(used), left_out, "an empty cell in every stratum: the common odds ratio is 0 or infinite")
    from scipy.special import chdtrc

    a = used[:, 0, 0].astype(np.float64)
    n1, n2 = used[:, 0].sum(axis=1).astype(np.float64), used[:, 1].sum(axis=1).astype(np.float64)
    m1 = used[:, :, 0].sum(axis=1).astype(np.float64)
    e = _events_at(psi, n1, n2, m1)
    variance = 1.0 / (1.0 / e + 1.0 / (n1 - e) + 1.0 / (m1 - e) + 1.0 / (n2 - m1 + e))
    plain = float(((a - e) ** 2 / variance).sum())
    statistic = plain - float((a - e).sum()) ** 2 / float(variance.sum())
    df = len(used) - 1
    return HomogeneityTest(statistic, float(chdtrc(df, statistic)), plain, df, psi, len(used), left_out)


def _none(psi: float, n_used: int, left_out: tuple[int, ...], reason: str) -> HomogeneityTest:
    nan = math.nan
    return HomogeneityTest(nan, nan, nan, max(n_used - 1, 0), psi, n_used, left_out, reason)


def _events_at(psi: float, n1: Floats, n2: Floats, m1: Floats) -> Floats:
    """The root of (1 - psi) e^2 + b e - psi n1 m1 = 0 within the margins, by the form without cancellation."""
    b = n2 - m1 + psi * (n1 + m1)
    root = np.sqrt(b**2 + 4.0 * (1.0 - psi) * psi * n1 * m1)
    # b is negative only for psi below 1, where the other form divides by 1 - psi > 0.
    safe = np.where(b < 0, 1.0, b + root)
    return np.where(b < 0, (root - b) / (2.0 * (1.0 - psi) if psi < 1.0 else 1.0), 2.0 * psi * n1 * m1 / safe)
