"""Gray's test: do the cumulative incidences of a cause differ between groups?"""

from __future__ import annotations

from dataclasses import dataclass
from typing import Final

import numpy as np
from numpy.typing import NDArray

from atrisk.errors import EstimationError
from atrisk.summary.event_counts import EventCounts
from atrisk.summary.execution import Execution
from atrisk.summary.read_only import make_arrays_read_only

EXECUTION: Final[Execution] = "mergeable"

Floats = NDArray[np.float64]


@dataclass(frozen=True, slots=True, eq=False)
class GrayTest:
    """The scores of the groups (G,), their covariance (G, G), and the test on G - 1 degrees of freedom.

    `score`: weighted events of the cause less those expected if all groups had one subdistribution hazard; the
    scores add up to 0. Without an estimable statistic `chi_squared` and `p_value` are NaN and `df` is 0.
    """

    cause: int
    score: Floats
    covariance: Floats
    chi_squared: float
    df: int
    p_value: float

    def __post_init__(self) -> None:
        make_arrays_read_only(self)


def gray(counts: EventCounts, cause: int, *, rho: float = 0.0) -> GrayTest:
    """Gray's k-sample test of the cumulative incidence of one cause, summed over strata.

    Definition: with S_i and F_i the event-free probability and the cumulative incidence of group i,
    R_i(t) = n_i(t) (1 - F_i(t-)) / S_i(t-) estimates those free of the cause, R their sum, and
    z_i = sum_t (1 - F(t-))^rho (d_i - d R_i / R), F the incidence under the hypothesis, dF = (1 - F) d / R.
    Covariance from the influence of every event of either kind, with the correction (n - d)/(n - 1) for ties.
    Source: Gray 1988, Ann Stat 16:1141, sections 2 and 3; conventions as R's cmprsk::cuminc.
    Edges: groups that never meet in a risk set are compared as far as the rank of the covariance allows; fewer
    than two groups with patients, or no event of the cause: NaN with df 0.
    Raises EstimationError for delayed entry, for sums of fractional weights, a cause outside the table and a rho
    that is not finite.
    """
    if not np.isfinite(rho):
        raise EstimationError("rho of Gray's test must be a finite number.")
    if not 1 <= cause <= counts.shape.n_causes:
        raise EstimationError("a cause number lies outside the table of event counts.")
    if np.any(counts.entries):
        raise EstimationError("Gray's test is not defined for delayed entry.")
    if not np.array_equal(counts.events, np.rint(counts.events)):
        raise EstimationError("Gray's test needs numbers of patients, not sums of fractional weights.")
    groups = counts.shape.n_groups
    score, covariance = np.zeros(groups), np.zeros((groups, groups))
    for stratum in range(counts.shape.n_strata):
        z, v = _of_stratum(counts.of_stratum(stratum), cause, rho)
        score, covariance = score + z, covariance + v
    return _tested(cause, score, covariance)


@dataclass(frozen=True, slots=True, eq=False)
class _Course:
    """One stratum at its event times: arrays (G, T), and pooled ones (T,).

    `own`, `other`: events of the cause and of the others. `before`, `after`: the event-free probability just
    before and after the time. `free`: 1 - F_i(t-). `weighed`: n_i / S_i(t-), 0 where nobody is left. `total`: its
    sum. `events`: of the cause, all groups together. `pooled_free`, `pooled_free_after`: 1 - F(t-) and 1 - F(t).
    """

    own: Floats
    other: Floats
    at_risk: Floats
    before: Floats
    after: Floats
    free: Floats
    weighed: Floats
    total: Floats
    events: Floats
    pooled_free: Floats
    pooled_free_after: Floats

    @classmethod
    def of(cls, counts: EventCounts, cause: int) -> _Course:
        every = counts.events[:, 0].sum(axis=0).astype(np.float64)
        times = every.sum(axis=0) > 0
        own = counts.events[cause - 1, 0][:, times].astype(np.float64)
        every, n = every[:, times], counts.at_risk[0][:, times].astype(np.float64)
        present = n > 0
        staying = np.divide(n - every, n, out=np.ones_like(n), where=present)
        after = np.asarray(np.cumprod(staying, axis=1))
        before = _just_before(after, 1.0)
        incidence = np.cumsum(before * np.divide(own, n, out=np.zeros_like(n), where=present), axis=1)
        weighed = np.divide(n, before, out=np.zeros_like(n), where=present)
        # Never below 0, where rounding would take it once everybody has had the cause.
        pooled = np.maximum(1 - np.cumsum(own.sum(axis=0) / weighed.sum(axis=0)), 0.0)
        return cls(
            own=own,
            other=every - own,
            at_risk=n,
            before=before,
            after=after,
            free=1 - _just_before(incidence, 0.0),
            weighed=weighed,
            total=weighed.sum(axis=0),
            events=own.sum(axis=0),
            pooled_free=_just_before(pooled[None], 1.0)[0],
            pooled_free_after=pooled,
        )


def _of_stratum(counts: EventCounts, cause: int, rho: float) -> tuple[Floats, Floats]:
    course = _Course.of(counts, cause)
    groups, times = course.own.shape
    if times == 0:
        return np.zeros(groups), np.zeros((groups, groups))
    weight = course.pooled_free**rho
    free = course.weighed * course.free
    share = np.divide(free, free.sum(axis=0), out=np.zeros_like(free), where=free.sum(axis=0) > 0)
    score = (course.own - course.events * share) @ weight
    # What one more event of the cause in group k does to the score of group i: (i, k, T).
    part = course.weighed / course.total
    direct = weight * (np.eye(groups)[:, :, None] * course.weighed[None] - course.weighed[:, None] * part[None])
    still = course.total * course.pooled_free
    carried = np.cumsum(direct * np.divide(course.events, still, out=np.zeros(times), where=still > 0), axis=2)
    ahead = carried[:, :, -1:] - carried
    own, other = _event_variances(course)
    covariance = np.zeros((groups, groups))
    for k in range(groups):
        left = np.divide(course.pooled_free_after, course.after[k], out=np.zeros(times), where=course.after[k] > 0)
        of_own = direct[:, k] + (1 - left) * ahead[:, k]
        of_other = left * ahead[:, k]
        covariance += (of_own * own[k]) @ of_own.T + (of_other * other[k]) @ of_other.T
    return score, covariance


def _event_variances(course: _Course) -> tuple[Floats, Floats]:
    """The variances (G, T) of the increments of the two kinds of events, corrected for ties."""
    at_risk, present = course.at_risk, course.at_risk > 0
    # Under the hypothesis the events of the cause spread over the groups in proportion to n_i / S_i.
    expected = np.divide(
        course.before * course.events, course.total * at_risk, out=np.zeros_like(at_risk), where=present
    )
    others = course.total * course.before - 1
    several = present & (course.events > 1) & (others > 0)
    tied = np.divide(course.events - 1, others, out=np.zeros_like(at_risk), where=several)
    happened = (course.other > 0) & (course.after > 0)
    spread = np.divide(course.before**2 * course.other, at_risk**2, out=np.zeros_like(at_risk), where=happened)
    tied_others = np.divide(course.other - 1, at_risk - 1, out=np.zeros_like(at_risk), where=course.other > 1)
    return expected * (1 - tied), spread * (1 - tied_others)


def _just_before(values: Floats, start: float) -> Floats:
    """The values of right-continuous step functions (G, T) just before each time."""
    return np.concatenate((np.full((values.shape[0], 1), start), values[:, :-1]), axis=1)


def _tested(cause: int, score: Floats, covariance: Floats) -> GrayTest:
    kept = np.flatnonzero(np.diag(covariance) > 0)[:-1]
    chi_squared, df, p_value = float("nan"), 0, float("nan")
    if kept.size:
        from scipy.special import chdtrc

        reduced, z = covariance[np.ix_(kept, kept)], score[kept]
        df = int(np.linalg.matrix_rank(reduced, hermitian=True))
        inverse = np.linalg.inv(reduced) if df == kept.size else np.linalg.pinv(reduced, hermitian=True)
        chi_squared = max(float(z @ inverse @ z), 0.0)
        p_value = float(chdtrc(df, chi_squared))
    return GrayTest(cause=cause, score=score, covariance=covariance, chi_squared=chi_squared, df=df, p_value=p_value)
