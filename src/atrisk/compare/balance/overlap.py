"""How far two groups overlap on the propensity score: equipoise, common support, how far the score parts them."""

from __future__ import annotations

from dataclasses import dataclass
from typing import Final

import numpy as np
from numpy.typing import ArrayLike, NDArray

from atrisk.compare.balance.propensity import PropensityScore, treated_flags
from atrisk.compare.location.relative_effect import relative_effect
from atrisk.errors import EstimationError
from atrisk.summary.execution import Execution
from atrisk.summary.read_only import make_arrays_read_only
from atrisk.summary.value_counts import ValueCounts

Floats = NDArray[np.float64]
Flags = NDArray[np.bool_]

# The c-statistic ranks the patients' scores.
EXECUTION: Final[Execution] = "rows"

# The preference scores between which either treatment is a fair choice (Walker 2013).
EQUIPOISE: Final = (0.3, 0.7)


@dataclass(frozen=True, slots=True, eq=False)
class Overlap:
    """Overlap of two groups; arrays (2,) are of the treated and the untreated, `preference` is (n,).

    `in_equipoise`: shares of patients with a preference score from 0.3 to 0.7; `outside_support`: numbers of patients
    whose score lies outside the range in which both groups have scores. `c_statistic`: the probability that a treated
    patient has the higher score, ties counting one half. `separated`: covariates predict the treatment of some
    patients perfectly, whose score is then 0 or 1; `n_certain` (2,) counts them.
    """

    preference: Floats
    in_equipoise: Floats
    outside_support: Floats
    n: Floats
    c_statistic: float
    separated: bool
    n_certain: Floats

    def __post_init__(self) -> None:
        make_arrays_read_only(self)

    @property
    def equipoise(self) -> float:
        """The smaller of the two groups' shares in equipoise: Walker's rule asks for one half in each."""
        return float(self.in_equipoise.min())

    @property
    def share_outside_support(self) -> Floats:
        """The shares of the treated and the untreated outside the common support: (2,)."""
        return np.asarray(self.outside_support / self.n)


def preference_score(score: ArrayLike, treated: ArrayLike) -> Floats:
    """The propensity score e freed of how many are treated: logit F = logit e - logit P, P the share treated: (n,).

    Source: Walker et al. 2013, Comp Eff Res 3:11-20. F = 1/2 means a patient treated as often as the average.
    Edges: a score of 0 or 1 stays what it is. Raises EstimationError for scores outside [0, 1], unequal lengths, and
    an empty group.
    """
    e, flags = np.asarray(score, dtype=np.float64), treated_flags(treated)
    if e.shape != flags.shape or not np.all((e >= 0) & (e <= 1)):
        raise EstimationError("there must be one propensity score from 0 to 1 for each patient.")
    odds = float(flags.mean()) / (1.0 - float(flags.mean()))
    return e / (e + odds * (1.0 - e))


def overlap(score: PropensityScore, treated: ArrayLike) -> Overlap:
    """Overlap of the treated and the untreated on a fitted propensity score.

    Source: Walker et al. 2013 (equipoise); Stuart 2010, Stat Sci 25:1-21 (common support).
    A high c-statistic is no merit here: it says that few patients could have had either treatment.
    Raises EstimationError as `preference_score` does.
    """
    preference, flags = preference_score(score.score, treated), treated_flags(treated)
    fair = (preference >= EQUIPOISE[0]) & (preference <= EQUIPOISE[1])
    certain = (score.score <= 0) | (score.score >= 1)
    sizes = np.array([flags.sum(), (~flags).sum()], dtype=np.float64)

    def of_groups(which: Flags) -> Floats:
        return np.array([which[flags].sum(), which[~flags].sum()], dtype=np.float64)

    return Overlap(
        preference=preference,
        in_equipoise=of_groups(fair) / sizes,
        outside_support=of_groups(score.outside_support),
        n=sizes,
        c_statistic=relative_effect(ValueCounts.of(score.score, flags.astype(np.int64), 2), first=1, second=0).estimate,
        separated=score.fit.separated,
        n_certain=of_groups(certain),
    )
