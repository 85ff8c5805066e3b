"""Survival probabilities and cumulative incidences of several completed data sets as one."""

from __future__ import annotations

from dataclasses import dataclass
from typing import Final

import numpy as np
from numpy.typing import ArrayLike, NDArray

from atrisk.errors import EstimationError
from atrisk.estimate.confidence_limits import require_conf_level
from atrisk.estimate.imputation.rubin import pool
from atrisk.summary.execution import Execution
from atrisk.summary.read_only import make_arrays_read_only

EXECUTION: Final[Execution] = "mergeable"

Floats = NDArray[np.float64]


@dataclass(frozen=True, slots=True, eq=False)
class PooledProbability:
    """Probabilities at L times pooled over m data sets; arrays (L,), NaN where `reason` says why.

    `std_err`: of the probability itself, from that of its transform by the delta method; the limits are not made from
    it. `df`, `missing_information`: as in `PooledEstimate`, on the transform's scale.
    """

    estimate: Floats
    std_err: Floats
    lower: Floats
    upper: Floats
    df: Floats
    missing_information: Floats
    reason: tuple[str, ...]
    m: int
    conf_level: float

    def __post_init__(self) -> None:
        make_arrays_read_only(self)


def pool_probabilities(
    estimates: ArrayLike, std_errs: ArrayLike, *, complete_df: float = np.inf, conf_level: float = 0.95
) -> PooledProbability:
    """Probabilities of m data sets pooled on the complementary log-log scale.

    Definition: Rubin's rules (`pool`) for g = log(-log p) with the error se / |p log p|; estimate and limits are
    exp(-exp(.)) of those of g. For a cumulative incidence F pool 1 - F, and take the complements.
    Source: Marshall, Altman, Holder and Royston 2009, BMC Med Res Methodol 9:57 (table 1: survival at a time).
    Shapes: `estimates`, `std_errs` (m, L): of Kaplan-Meier or model-based curves at L landmarks.
    Edges: a landmark at which some data set has no estimate (beyond its follow-up), or 0, 1 or no standard error, has
    no pooled one: the others alone would be a selection.
    Raises EstimationError for fewer than two data sets, unequal shapes, and probabilities outside [0, 1].
    """
    require_conf_level(conf_level)
    p, se = np.asarray(estimates, dtype=np.float64), np.asarray(std_errs, dtype=np.float64)
    if p.ndim != 2 or p.shape != se.shape:
        raise EstimationError("probabilities need a row for each imputed data set, and as many standard errors.")
    if p.shape[0] < 2:
        raise EstimationError("pooling needs at least two imputed data sets.")
    if np.any((p < 0) | (p > 1)) or np.any(se < 0):
        raise EstimationError("probabilities lie between 0 and 1, and standard errors are not negative.")
    reason = tuple(_reason(p[:, at], se[:, at]) for at in range(p.shape[1]))
    good = np.array([not text for text in reason], dtype=bool)
    estimate, std_err, lower, upper, df, information = (np.full(p.shape[1], np.nan) for _ in range(6))
    if good.any():
        inside = p[:, good]
        slope = np.abs(inside * np.log(inside))
        found = pool(
            np.log(-np.log(inside)), (se[:, good] / slope) ** 2, complete_df=complete_df, conf_level=conf_level
        )
        # The transform falls as the probability rises: the limits change places.
        estimate[good], lower[good], upper[good] = (
            np.exp(-np.exp(value)) for value in (found.estimate, found.upper, found.lower)
        )
        std_err[good] = found.std_err * np.abs(estimate[good] * np.log(estimate[good]))
        df[good], information[good] = found.df, found.missing_information
    return PooledProbability(estimate, std_err, lower, upper, df, information, reason, p.shape[0], conf_level)


def _reason(p: Floats, se: Floats) -> str:
    if np.any(np.isnan(p)):
        return "not estimable in every imputed data set"
    if np.any((p == 0) | (p == 1)):
        return "0 or 1 in an imputed data set, where nothing is known of its error"
    if np.any(np.isnan(se) | (se == 0)):
        return "without a standard error in an imputed data set"
    return ""
