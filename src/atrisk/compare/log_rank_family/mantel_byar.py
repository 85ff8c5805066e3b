"""The log-rank test for an exposure that begins during follow-up."""

from __future__ import annotations

from typing import Final

from numpy.typing import ArrayLike

from atrisk.compare.log_rank_family.log_rank import LogRankTest, log_rank
from atrisk.estimate.exposure.exposure_spans import ExposureSpans
from atrisk.summary.execution import Execution

EXECUTION: Final[Execution] = "mergeable"


def mantel_byar(spans: ExposureSpans, *, start: float | None = None, stratum: ArrayLike | None = None) -> LogRankTest:
    """The test that the hazard of the exposed is that of the unexposed, everybody counted as they are at each event.

    Definition: the log-rank test of the risk sets n_0(s), n_1(s) of the unexposed and the exposed at each event time s
    (after `start`, if one is given): O_j - E_j with the hypergeometric variance. Without ties it is the score test of
    the start-stop Cox model. Entry 0 of the result is the unexposed, entry 1 the exposed; `n` counts whoever is in the
    risk set at some time, so that a patient who changes counts in both.
    Source: Mantel and Byar 1974, J Am Stat Assoc 69:81.
    Edges: as in `log_rank`: NaN with df 0 where one of the two is never at risk at an event. `stratum` (n,): codes of
    the patients; sums over strata.
    """
    return log_rank(spans.counts(after=start, stratum=stratum))
