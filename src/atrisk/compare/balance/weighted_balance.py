"""Covariates of two groups side by side before and after weighting: what a balance table and a love plot show."""

from __future__ import annotations

from dataclasses import dataclass
from typing import Final

import numpy as np
from numpy.typing import ArrayLike, NDArray

from atrisk.compare.balance.covariate_balance import weighted_mean, weighted_variance
from atrisk.compare.balance.propensity import effective_sample_size, treated_flags
from atrisk.compare.balance.standardized_difference import NO_VARIATION
from atrisk.errors import EstimationError
from atrisk.estimate.generalized_linear.regression_sample import finite_numbers
from atrisk.summary.execution import Execution
from atrisk.summary.read_only import make_arrays_read_only

Floats = NDArray[np.float64]
Flags = NDArray[np.bool_]

# Weighted first and second moments of each group add up.
EXECUTION: Final[Execution] = "mergeable"


@dataclass(frozen=True, slots=True, eq=False)
class GroupBalance:
    """Means of the treated and the untreated, their standardised difference, the ratio of variances: (p,) each.

    `variance_ratio`: treated over untreated; NaN for a binary covariate, whose mean says it all, and where a group
    does not vary.
    """

    mean_treated: Floats
    mean_untreated: Floats
    smd: Floats
    variance_ratio: Floats

    def __post_init__(self) -> None:
        make_arrays_read_only(self)


@dataclass(frozen=True, slots=True, eq=False)
class BalanceTable:
    """Balance without and with weights; `smd` of both in units of the same `spread` (p,).

    `n`, `effective_n` (2,): patients and Kish's effective sample size of the treated and the untreated.
    `reasons` (p): why a covariate has no standardised difference, or empty.
    """

    before: GroupBalance
    after: GroupBalance
    spread: Floats
    binary: Flags
    n: Floats
    effective_n: Floats
    reasons: tuple[str, ...]

    def __post_init__(self) -> None:
        make_arrays_read_only(self)

    @property
    def largest_before(self) -> float:
        """The largest standardised difference in size without weights; NaN as for `largest_after`."""
        return self._largest(self.before.smd)

    @property
    def largest_after(self) -> float:
        """The largest standardised difference in size under the weights.

        NaN where no covariate has one, and where that of a covariate in which the patients differ is not known: it
        might be the largest.
        """
        return self._largest(self.after.smd)

    def _largest(self, smd: Floats) -> float:
        known = np.abs(smd[~np.isnan(smd)])
        if not known.size or any(reason not in ("", NO_VARIATION) for reason in self.reasons):
            return float("nan")
        return float(known.max())


def weighted_balance(
    covariates: ArrayLike, treated: ArrayLike, weight: ArrayLike, *, binary: ArrayLike | None = None
) -> BalanceTable:
    """The balance of covariates before and after weighting, in units that the weights do not change.

    Definition: smd = (mean of the treated - mean of the untreated) / spread, the means weighted or not, and
    spread = sqrt((v1 + v0) / 2) always of the unweighted groups, v the sample variance or p (1 - p) if binary: a
    denominator that shrank along with the weights would let balance look better or worse than it is.
    Source: Stuart 2010, Stat Sci 25:1-21, section 4.1 (denominator before adjustment); Austin and Stuart 2015, Stat
    Med 34:3661-79 (weighted means and variances); Rubin 2001 (variance ratio).
    `covariates` (n, p): a variable of k levels as k columns of 0 and 1; `treated` (n,); `weight` (n,), not negative;
    `binary` (p,): None marks the columns that hold nothing but 0 and 1.
    Edges: a column in which all patients are alike, or those of each group, has NaN with a reason.
    Raises EstimationError for missing values, negative weights, unequal lengths, a group whose weights are all 0.
    """
    x, flags, w = finite_numbers("covariates", covariates), treated_flags(treated), finite_numbers("weights", weight)
    if x.ndim != 2 or x.shape[0] != flags.size or w.shape != flags.shape or np.any(w < 0):
        raise EstimationError("each patient needs a row of covariates and one weight that is not negative.")
    if not (np.any(w[flags] > 0) and np.any(w[~flags] > 0)):
        raise EstimationError("a group has no patient with a weight above 0.")
    only_flags = np.all((x == 0) | (x == 1), axis=0)
    is_binary = only_flags if binary is None else np.asarray(binary, dtype=bool)
    if is_binary.shape != x.shape[1:] or np.any(is_binary & ~only_flags):
        raise EstimationError("'binary' must say of each covariate whether it is one of 0 and 1.")
    plain = np.ones(w.shape)
    spread = np.sqrt((_variances(x[flags], is_binary) + _variances(x[~flags], is_binary)) / 2.0)
    return BalanceTable(
        before=_balance(x, flags, plain, spread, is_binary),
        after=_balance(x, flags, w, spread, is_binary),
        spread=spread,
        binary=is_binary,
        n=np.array([flags.sum(), (~flags).sum()], dtype=np.float64),
        effective_n=np.array([effective_sample_size(w[flags]), effective_sample_size(w[~flags])]),
        reasons=tuple(_reason(width, bool(alike)) for width, alike in zip(spread, np.ptp(x, axis=0) == 0, strict=True)),
    )


def _balance(x: Floats, treated: Flags, weight: Floats, spread: Floats, binary: Flags) -> GroupBalance:
    groups = [(x[part], weight[part]) for part in (treated, ~treated)]
    means = [np.array([weighted_mean(column, w) for column in values.T]) for values, w in groups]
    spreads = [np.array([weighted_variance(column, w) for column in values.T]) for values, w in groups]
    with np.errstate(divide="ignore", invalid="ignore"):
        ratio = np.where(binary | (spreads[0] == 0) | (spreads[1] == 0), np.nan, spreads[0] / spreads[1])
        smd = np.where(spread > 0, (means[0] - means[1]) / spread, np.nan)
    return GroupBalance(mean_treated=means[0], mean_untreated=means[1], smd=smd, variance_ratio=ratio)


def _variances(x: Floats, binary: Flags) -> Floats:
    """Of each column of one group, as the standardised difference takes it: NaN for a number of one patient."""
    share = x.mean(axis=0)
    if x.shape[0] < 2:
        return np.asarray(np.where(binary, share * (1.0 - share), np.nan))
    return np.asarray(np.where(binary, share * (1.0 - share), x.var(axis=0, ddof=1)))


def _reason(spread: float, alike: bool) -> str:
    if alike:
        return NO_VARIATION
    if np.isnan(spread):
        return "a group has fewer than two values"
    return "" if spread > 0 else "each group has one value of its own"
