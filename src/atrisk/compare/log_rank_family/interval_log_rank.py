"""The log-rank test for interval censored times, from Sun's or Finkelstein's scores."""

from __future__ import annotations

from dataclasses import dataclass
from typing import Any, Final, Literal, get_args

import numpy as np
from numpy.typing import ArrayLike, NDArray

from atrisk.errors import EstimationError
from atrisk.estimate.interval_censored.censoring_intervals import CensoringIntervals
from atrisk.estimate.interval_censored.mixture_maximum import maximise_mixture
from atrisk.summary.codes import codes
from atrisk.summary.execution import Execution
from atrisk.summary.read_only import make_arrays_read_only

EXECUTION: Final[Execution] = "rows"

Floats = NDArray[np.float64]
Codes = NDArray[np.int64]
Scores = Literal["sun", "finkelstein"]

_TOLERANCE = 1e-10
# Statistics of permutations within this share of the observed one count as equal to it.
_EQUAL = 1e-9
# Permutations worked on at a time.
_BLOCK = 256


@dataclass(frozen=True, slots=True, eq=False)
class IntervalSample:
    """Interval censored times of some patients in groups, perhaps in strata; arrays (n,).

    The event lies in (`lower`, `upper`]; equal = at that time; `lower` NaN or 0 = left censored, `upper` NaN or inf
    = right censored. `group`, `stratum`: codes from 0.
    Raises EstimationError for values outside these domains and fewer than two groups.
    """

    lower: Floats
    upper: Floats
    group: Codes
    stratum: Codes | None = None

    def __post_init__(self) -> None:
        intervals = CensoringIntervals.of(self.lower, self.upper, None)
        n = intervals.row.size
        given: dict[str, Any] = {
            "lower": np.asarray(self.lower, dtype=np.float64),
            "upper": np.asarray(self.upper, dtype=np.float64),
            "group": codes("group", self.group, n),
            "stratum": codes("stratum", self.stratum, n),
        }
        if given["group"].max(initial=0) < 1:
            raise EstimationError("a test between groups needs at least two groups.")
        for name, value in given.items():
            object.__setattr__(self, name, value)
        make_arrays_read_only(self)


@dataclass(frozen=True, slots=True, eq=False)
class IntervalLogRankTest:
    """Sums of scores per group (G,), events less those expected, their permutation variance (G, G), and the test.

    `p_value` is asymptotic; `permutation_p_value` that of the random permutations asked for, NaN without any.
    Without an estimable statistic `chi_squared` and the p values are NaN and `df` is 0.
    """

    score: Floats
    variance: Floats
    chi_squared: float
    df: int
    p_value: float
    permutation_p_value: float
    permutations: int
    scores: Scores

    def __post_init__(self) -> None:
        make_arrays_read_only(self)


def interval_scores(lower: ArrayLike, upper: ArrayLike, *, scores: Scores = "sun") -> Floats:
    """What each patient adds to an interval censored log-rank test: (n,), adding up to 0.

    Definition: [S(l) log S*(l) - S(u) log S*(u)] / [S(l) - S(u)] for a patient known to fail in (l, u], S the
    Turnbull curve of all; S* = S (Finkelstein), or log S* = -sum of mass / S just before (Sun), which for exact
    and right censored times is 1{event} - Nelson-Aalen hazard, the usual log-rank test.
    Source: Finkelstein 1986, Biometrics 42:845; Sun 1996, Stat Med 15:1387; in this form Fay and Shaw 2010,
    J Stat Softw 36(2), section 3 ("logrank2" and "logrank1").
    Raises EstimationError for unknown `scores` and where the curve could not be found.
    """
    if scores not in get_args(Scores):
        raise EstimationError(f"the scores '{scores}' are unknown; use sun or finkelstein.")
    intervals = CensoringIntervals.of(lower, upper, None)
    found = maximise_mixture(intervals, tolerance=_TOLERANCE)
    if not found.converged:
        raise EstimationError("the curve of all patients did not converge: there are no scores.")
    # Summed from the far end: the last value is exactly 0.
    survival = np.append(np.cumsum(found.mass[::-1])[::-1], 0.0)
    before, after = survival[intervals.first], survival[intervals.last + 1]
    term = _terms(survival, found.mass, scores)
    value = (term[intervals.first] - term[intervals.last + 1]) / (before - after)
    return np.asarray(value[intervals.row])


def interval_log_rank(
    sample: IntervalSample, *, scores: Scores = "sun", permutations: int = 0, seed: int = 0
) -> IntervalLogRankTest:
    """The k-sample log-rank test for interval censored times.

    Definition: U_g = sum of the scores of group g; under the hypothesis the scores are exchangeable, so that
    V = s^2 (diag(n_g) - n_g n_h / n), s^2 the sum of squared deviations of the scores over n - 1;
    chi squared = U' V^- U on one degree of freedom less than groups. Strata have curves and scores of their own,
    and add up. `permutations`: that many random relabellings within strata for a p value of
    (1 + those as extreme) / (1 + permutations), from `seed`.
    Source: as `interval_scores`; Fay 1996, Biometrics 52:811 (permutation form).
    Edges: valid where the examination times do not depend on the group; otherwise the asymptotic p is still
    nearly right in large samples (Fay and Shih 2012), the permutation p need not be.
    Raises EstimationError for unknown `scores` and a negative number of permutations.
    """
    if permutations < 0:
        raise EstimationError("the number of permutations cannot be negative.")
    stratum, group = np.asarray(sample.stratum), sample.group
    n_groups = int(group.max()) + 1
    value = np.zeros(group.size)
    variance = np.zeros((n_groups, n_groups))
    for place in np.unique(stratum):
        mine = stratum == place
        value[mine] = interval_scores(sample.lower[mine], sample.upper[mine], scores=scores)
        size = np.bincount(group[mine], minlength=n_groups).astype(np.float64)
        n = size.sum()
        spread = float(np.sum((value[mine] - value[mine].mean()) ** 2) / (n - 1)) if n > 1 else 0.0
        variance += spread * (np.diag(size) - np.outer(size, size) / n)
    score = np.bincount(group, weights=value, minlength=n_groups).astype(np.float64, copy=False)
    kept = np.flatnonzero(np.diag(variance) > 0)[1:]
    df = int(np.linalg.matrix_rank(variance[np.ix_(kept, kept)], hermitian=True)) if kept.size else 0
    if df == 0:
        return IntervalLogRankTest(score, variance, np.nan, 0, np.nan, np.nan, permutations, scores)
    from scipy.special import chdtrc

    inverse = np.asarray(np.linalg.pinv(variance[np.ix_(kept, kept)], hermitian=True), dtype=np.float64)
    chi_squared = float(score[kept] @ inverse @ score[kept])
    extreme = _as_extreme(sample, value, kept, inverse, (chi_squared, permutations, seed))
    return IntervalLogRankTest(
        score=score,
        variance=variance,
        chi_squared=chi_squared,
        df=df,
        p_value=float(chdtrc(df, chi_squared)),
        permutation_p_value=(1 + extreme) / (1 + permutations) if permutations else np.nan,
        permutations=permutations,
        scores=scores,
    )


def _terms(survival: Floats, mass: Floats, scores: Scores) -> Floats:
    """S log S* before each interval and at the end: (J + 1,), 0 where S = 0."""
    if scores == "finkelstein":
        logarithm = np.log(survival, out=np.zeros_like(survival), where=survival > 0)
    else:
        hazard = np.divide(mass, survival[:-1], out=np.zeros_like(mass), where=survival[:-1] > 0)
        logarithm = -np.append(0.0, np.cumsum(hazard))
    return np.asarray(survival * logarithm)


def _as_extreme(
    sample: IntervalSample, value: Floats, kept: Codes, inverse: Floats, asked: tuple[float, int, int]
) -> int:
    """How many random relabellings within strata give a statistic not below the observed one."""
    chi_squared, permutations, seed = asked
    random = np.random.default_rng(seed)
    strata = [np.flatnonzero(sample.stratum == place) for place in np.unique(np.asarray(sample.stratum))]
    member = (sample.group[:, None] == kept).astype(np.float64)
    extreme = 0
    for begin in range(0, permutations, _BLOCK):
        block = np.tile(value, (min(_BLOCK, permutations - begin), 1))
        for rows in strata:
            block[:, rows] = random.permuted(block[:, rows], axis=1)
        score = block @ member
        statistic = np.einsum("ij,jk,ik->i", score, inverse, score)
        extreme += int(np.sum(statistic >= chi_squared * (1 - _EQUAL)))
    return extreme
