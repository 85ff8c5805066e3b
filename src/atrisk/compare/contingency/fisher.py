"""Fisher's exact test."""

from __future__ import annotations

import math
from dataclasses import dataclass
from typing import Final

from numpy.typing import ArrayLike

from atrisk.compare.contingency.conditional_odds_ratio import (
    conditional_odds_ratio,
    two_by_two_distribution,
    two_sided_p_value,
)
from atrisk.compare.contingency.contingency_table import contingency_table, nothing_to_compare, without_empty_margins
from atrisk.compare.contingency.exact_table import table_p_value
from atrisk.compare.interval import Interval
from atrisk.estimate.confidence_limits import require_conf_level
from atrisk.summary.execution import Execution

EXECUTION: Final[Execution] = "mergeable"

# Fillings that may be listed for one table; on an ordinary processor of 2020 a few seconds and half a gigabyte.
WORK_LIMIT = 2e7


@dataclass(frozen=True, slots=True)
class FisherTest:
    """Fisher's exact test of a table.

    p_value: two-sided. p_less, p_greater: one-sided p values for an odds ratio below and above 1, and
    odds_ratio: the conditional maximum likelihood estimate with exact limits; all three only for 2 x 2 tables,
    else NaN and None. reason: why p_value is NaN, or is empty.
    """

    p_value: float
    p_less: float = math.nan
    p_greater: float = math.nan
    odds_ratio: Interval | None = None
    reason: str = ""


def fisher_exact(table: ArrayLike, *, conf_level: float = 0.95, work_limit: float = WORK_LIMIT) -> FisherTest:
    """Return Fisher's exact test of an r x c table of counts.

    The two-sided p value is the probability, given both margins, of all tables no more probable than the observed
    one. Probabilities count as tied within a relative 1e-7 in 2 x 2 tables and 3.45254e-7 in larger ones, as in
    R's fisher.test. Rows: groups, columns: levels; for a 2 x 2 table [[a, b], [c, d]] the odds ratio is (a/b)/(c/d).
    Rows and columns of zeros are left out. With fewer than two left, or when the work (see exact_table) would
    exceed `work_limit`, p_value is NaN with a reason: no simulated p value takes its place.
    Raises EstimationError for a table that is not one of counts.
    """
    require_conf_level(conf_level)
    given = contingency_table(table)
    counts = without_empty_margins(given)
    p_value, reason = fisher_p_value(given, work_limit=work_limit)
    if nothing_to_compare(counts) or counts.shape != (2, 2):
        return FisherTest(p_value, reason=reason)
    distribution = two_by_two_distribution(counts)
    return FisherTest(
        p_value,
        min(1.0, math.exp(distribution.log_at_most(0.0))),
        min(1.0, math.exp(distribution.log_at_least(0.0))),
        # A larger table that has lost an empty column does not become a question about an odds ratio.
        conditional_odds_ratio(distribution, conf_level=conf_level) if given.shape == (2, 2) else None,
    )


def fisher_p_value(table: ArrayLike, *, work_limit: float = WORK_LIMIT) -> tuple[float, str]:
    """Return the two-sided p value of `fisher_exact` alone, and why it is NaN (or the empty text).

    A report of many tables needs no conditional odds ratios, and their root finder takes longer to import than to use.
    Raises EstimationError for a table that is not one of counts.
    """
    counts = without_empty_margins(contingency_table(table))
    reason = nothing_to_compare(counts)
    if reason:
        return math.nan, reason
    if counts.shape == (2, 2):
        return two_sided_p_value(two_by_two_distribution(counts)), ""
    p_value = table_p_value(counts, work_limit=work_limit)
    if p_value is None:
        return math.nan, f"the exact test would take more than {work_limit:.0e} steps"
    return p_value, ""
