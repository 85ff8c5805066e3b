"""The Cochran-Armitage test for a trend in proportions."""

from __future__ import annotations

import math
from dataclasses import dataclass
from typing import Final

import numpy as np
from numpy.typing import ArrayLike

from atrisk.compare.contingency.contingency_table import contingency_table
from atrisk.errors import EstimationError
from atrisk.summary.execution import Execution

EXECUTION: Final[Execution] = "mergeable"


@dataclass(frozen=True, slots=True)
class TrendTest:
    """The test for a trend, on one degree of freedom; reason says why it is NaN, or is empty."""

    statistic: float
    p_value: float
    reason: str = ""


def cochran_armitage(events: ArrayLike, totals: ArrayLike, scores: ArrayLike) -> TrendTest:
    """Return the two-sided test for a linear trend of the proportion over the scores (R's prop.trend.test).

    With p the overall proportion and sbar the mean score: X^2 = (sum s (x - n p))^2 / (p (1 - p) sum n (s - sbar)^2)
    (Armitage 1955, Biometrics 11:375-86). All of shape (n_groups,). NaN with a reason when all or no patients have
    the event, or all patients have one score. Raises EstimationError for unequal lengths or events above totals.
    """
    n = contingency_table(np.asarray(totals)[np.newaxis])[0].astype(np.float64)
    x = contingency_table(np.asarray(events)[np.newaxis])[0].astype(np.float64)
    s = np.asarray(scores, dtype=np.float64)
    if not n.shape == x.shape == s.shape or (x > n).any() or not np.isfinite(s).all():
        raise EstimationError("events, totals and finite scores must be equally long, with events <= totals")
    if x.sum() in (0.0, n.sum()):
        return TrendTest(math.nan, math.nan, "no patient, or every patient, has the event")
    from scipy.special import chdtrc

    p = float(x.sum() / n.sum())
    from_mean = s - float(n @ s / n.sum())
    spread = float(n @ from_mean**2)
    if len(np.unique(s[n > 0])) < 2:
        return TrendTest(math.nan, math.nan, "all patients have the same score")
    statistic = float(from_mean @ (x - n * p)) ** 2 / (p * (1.0 - p) * spread)
    return TrendTest(statistic, float(chdtrc(1, statistic)))
