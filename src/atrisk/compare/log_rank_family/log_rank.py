"""The log-rank test and its weighted relatives, for any number of groups, stratified or not."""

from __future__ import annotations

from dataclasses import dataclass
from typing import Final

import numpy as np
from numpy.typing import NDArray

from atrisk.compare.log_rank_family.rank_weight import LOG_RANK, RankWeight
from atrisk.errors import EstimationError
from atrisk.summary.event_counts import EventCounts
from atrisk.summary.execution import Execution
from atrisk.summary.read_only import make_arrays_read_only

Floats = NDArray[np.float64]

EXECUTION: Final[Execution] = "mergeable"


@dataclass(frozen=True, slots=True, eq=False)
class LogRankTest:
    """Observed and expected events per group (G,), their weighted differences (G,) with variance (G, G), the test.

    `n` (G,) counts patients. `log_rank` with a rho weights `observed` and `expected` themselves, as R's survdiff
    does; `weighted_log_rank` leaves them numbers of events. Without an estimable statistic `chi_squared` and
    `p_value` are NaN and `df` is 0.
    """

    n: Floats
    observed: Floats
    expected: Floats
    difference: Floats
    variance: Floats
    chi_squared: float
    df: int
    p_value: float

    def __post_init__(self) -> None:
        make_arrays_read_only(self)


@dataclass(frozen=True, slots=True, eq=False)
class RankSums:
    """The sums over the event times of one stratum, or of all: events and expectations (G,), weighted and not."""

    observed: Floats
    expected: Floats
    weighted_observed: Floats
    weighted_expected: Floats
    variance: Floats


def log_rank(counts: EventCounts, *, rho: float = 0.0) -> LogRankTest:
    """The k-sample log-rank test (rho = 0) or a G-rho test, summed over strata.

    Definition: with d_j of n_j failing at t in group j, d and n over all groups and w = S(t-)^rho, S the pooled
    Kaplan-Meier curve of the stratum: O_j = sum w d_j, E_j = sum w d n_j / n,
    V_jk = sum w^2 (n_j/n) (delta_jk - n_k/n) d (n - d) / (n - 1); chi squared = (O - E)' V^- (O - E).
    Source: Mantel 1966; Peto and Peto 1972; Harrington and Fleming 1982, eq. 2.1 (as R's survdiff).
    Edges: all causes count as one event. A group with no expected event costs no degree of freedom. With
    delayed entry the numbers at risk are those then under observation. Fewer than two groups with an expected
    event, or a variance of 0: NaN with df 0.
    Raises EstimationError for counts that are sums of fractional weights, whose hypergeometric variance would
    be wrong, and for a rho that is not finite.
    """
    if not np.isfinite(rho):
        raise EstimationError("rho of the log-rank family must be a finite number.")
    sums = rank_sums(counts, LOG_RANK if rho == 0 else RankWeight("fleming-harrington", rho=rho))
    return _test(counts, sums, observed=sums.weighted_observed, expected=sums.weighted_expected)


def weighted_log_rank(counts: EventCounts, weight: RankWeight) -> LogRankTest:
    """The k-sample rank test with any of the weights of `RankWeight`, summed over strata.

    Definition: as `log_rank` with w = the weight; `observed` and `expected` count events without it, `difference`
    is the sum of w (d_j - d n_j / n). Errors and edges as there.
    """
    sums = rank_sums(counts, weight)
    return _test(counts, sums, observed=sums.observed, expected=sums.expected)


def rank_sums(counts: EventCounts, weight: RankWeight) -> RankSums:
    """The sums of a rank test over all event times and strata, all causes counted as one."""
    if not np.array_equal(counts.events, np.rint(counts.events)):
        raise EstimationError("the log-rank test needs numbers of patients, not sums of fractional weights.")
    one_cause = counts.any_cause()
    groups = counts.shape.n_groups
    total = [np.zeros(groups) for _ in range(4)]
    variance = np.zeros((groups, groups))
    for stratum in range(counts.shape.n_strata):
        events, at_risk = event_times(one_cause.of_stratum(stratum))
        d, n = events.sum(axis=0), at_risk.sum(axis=0)
        w = weight.at(d, n)
        share = at_risk / n
        spread = w**2 * d * np.divide(n - d, n - 1, out=np.zeros_like(d), where=n > 1)
        for running, part in zip(total, (events.sum(axis=1), share @ d, events @ w, share @ (w * d)), strict=True):
            running += part
        variance += np.diag(share @ spread) - (share * spread) @ share.T
    return RankSums(
        observed=total[0],
        expected=total[1],
        weighted_observed=total[2],
        weighted_expected=total[3],
        variance=variance,
    )


def event_times(counts: EventCounts) -> tuple[Floats, Floats]:
    """Events and numbers at risk (G, T) at the times with an event, of a table of one stratum and one cause."""
    events = counts.events[0, 0].astype(np.float64)
    failing = events.sum(axis=0) > 0
    return events[:, failing], counts.at_risk[0][:, failing].astype(np.float64)


def _test(counts: EventCounts, sums: RankSums, *, observed: Floats, expected: Floats) -> LogRankTest:
    difference = sums.weighted_observed - sums.weighted_expected
    chi_squared, df = _quadratic_form(difference, sums.variance, sums.expected > 0)
    return LogRankTest(
        n=counts.n.sum(axis=0).astype(np.float64),
        observed=observed,
        expected=expected,
        difference=difference,
        variance=sums.variance,
        chi_squared=chi_squared,
        df=df,
        p_value=chi_squared_tail(chi_squared, df),
    )


def log_rank_between(counts: EventCounts, first: int, second: int, *, rho: float = 0.0) -> LogRankTest:
    """The log-rank test of two of the groups, the others left out; results in the order given."""
    if first == second:
        raise EstimationError("a pairwise log-rank test needs two different groups.")
    return log_rank(counts.of_groups(first, second), rho=rho)


def _quadratic_form(difference: Floats, variance: Floats, counted: NDArray[np.bool_]) -> tuple[float, int]:
    """The test statistic over the groups with an expected event, one of them redundant."""
    kept = np.flatnonzero(counted)[1:]
    if kept.size == 0 or not np.any(np.diag(variance)[kept] > 0):
        return float("nan"), 0
    reduced, d = variance[np.ix_(kept, kept)], difference[kept]
    # Groups whose risk sets never meet leave the variance singular: only what can be compared is tested.
    rank = int(np.linalg.matrix_rank(reduced, hermitian=True))
    if rank == kept.size:
        return float(d @ np.linalg.solve(reduced, d)), rank
    return max(float(d @ np.linalg.pinv(reduced, hermitian=True) @ d), 0.0), rank


def chi_squared_tail(chi_squared: float, df: int) -> float:
    """The probability that chi squared with df degrees of freedom exceeds a value; NaN without any."""
    from scipy.special import chdtrc

    return float(chdtrc(df, chi_squared)) if df > 0 else float("nan")
