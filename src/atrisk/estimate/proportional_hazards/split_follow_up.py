"""Follow-up cut at chosen times, so that covariates may change there."""

from __future__ import annotations

from dataclasses import dataclass, replace
from typing import Final

import numpy as np
from numpy.typing import ArrayLike, NDArray

from atrisk.errors import EstimationError
from atrisk.estimate.proportional_hazards.cox_sample import CoxSample
from atrisk.summary.execution import Execution
from atrisk.summary.read_only import make_arrays_read_only

# Each patient is cut by themselves.
EXECUTION: Final[Execution] = "mergeable"

Floats = NDArray[np.float64]
Codes = NDArray[np.int64]

# With entries for all, those under observation from the start enter before day 0, so that events on it count.
FROM_THE_START = -1.0
_MOST_SPANS = 20_000_000


@dataclass(frozen=True, slots=True, eq=False)
class SplitFollowUp:
    """The spans (m,) of a sample's rows: `row` is the row each comes from, `period` the number of its period."""

    sample: CoxSample
    row: Codes
    period: Codes

    def __post_init__(self) -> None:
        make_arrays_read_only(self)


def split_follow_up(sample: CoxSample, cuts: ArrayLike) -> SplitFollowUp:
    """Every row cut at the times c_1 < ... < c_K into its spans in the periods (0, c_1], (c_1, c_2], ..., (c_K, inf).

    Definition: a row at risk on (entry, time] becomes one row for each period that this meets, with the event in the
    last; an event on the day of a cut belongs to the period that ends there, day 0 to the first period. The partial
    likelihood of unchanged covariates is that of the uncut rows.
    Source: Therneau and Grambsch 2000, section 3.7 (R's survSplit).
    Edges: rows keep their strata, weights, offsets and clusters; where the uncut rows call for a robust variance
    because of their weights, the spans of a row form a cluster.
    Raises EstimationError for cuts that are not finite, negative or not increasing, and for more than 20 million spans.
    """
    at = np.atleast_1d(np.asarray(cuts, dtype=np.float64))
    if at.ndim != 1 or not np.all(np.isfinite(at)) or np.any(at < 0) or not np.all(np.diff(at) > 0):
        raise EstimationError("the times at which follow-up is cut must be finite, not negative and increasing.")
    entry = np.full(sample.time.size, FROM_THE_START) if sample.entry is None else sample.entry
    first, last = np.searchsorted(at, entry, side="right"), np.searchsorted(at, sample.time, side="left")
    spans = last - first + 1
    if spans.sum() > _MOST_SPANS:
        raise EstimationError("cutting follow-up at so many times gives more than 20 million spans: use fewer times.")
    row = np.repeat(np.arange(spans.size), spans)
    period = np.arange(row.size) - np.repeat(np.cumsum(spans) - spans - first, spans)
    begins, ends = period == first[row], period == last[row]
    start = np.where(begins, entry[row], np.concatenate(([0.0], at))[period])
    stop = np.where(ends, sample.time[row], np.concatenate((at, [0.0]))[period])
    cluster = sample.cluster
    if cluster is None and sample.weight is not None and np.any(sample.weight != np.floor(sample.weight)):
        cluster = np.arange(sample.time.size)
    spans_of = replace(sample, entry=None, cluster=cluster).take(row)
    return SplitFollowUp(replace(spans_of, time=stop, entry=start, event=sample.event[row] & ends), row, period)
