"""Follow-up divided at the day on which an exposure begins."""

from __future__ import annotations

from dataclasses import dataclass
from typing import Final

import numpy as np
from numpy.typing import ArrayLike, NDArray

from atrisk.errors import EstimationError
from atrisk.estimate.proportional_hazards.cox_sample import CoxSample
from atrisk.estimate.proportional_hazards.split_follow_up import FROM_THE_START
from atrisk.summary.codes import codes
from atrisk.summary.event_counts import EventCounts, Shape, entry_times, follow_up_times
from atrisk.summary.execution import Execution
from atrisk.summary.read_only import make_arrays_read_only

# Each patient is divided by themselves.
EXECUTION: Final[Execution] = "mergeable"

Floats = NDArray[np.float64]
Codes = NDArray[np.int64]
Flags = NDArray[np.bool_]


@dataclass(frozen=True, slots=True, eq=False)
class ExposureSpans:
    """One row a span (m,): at risk on (entry, time], `exposed` or not throughout; `row` is the patient it comes from.

    `entry` is below 0 for who is followed from the start, so that day 0 counts. Of the n patients, `n_always` are
    exposed from the start of their follow-up, `n_changed` begin while at risk, `n_too_late` only on or after the last
    day of it (they count as never exposed), `n_never` never.
    """

    row: Codes
    entry: Floats
    time: Floats
    event: Flags
    exposed: Flags
    n_always: int
    n_changed: int
    n_too_late: int
    n_never: int

    def __post_init__(self) -> None:
        make_arrays_read_only(self)

    @property
    def n_patients(self) -> int:
        """How many patients the spans come from, n."""
        return self.n_always + self.n_changed + self.n_too_late + self.n_never

    def counts(self, *, after: float | None = None, stratum: ArrayLike | None = None) -> EventCounts:
        """The table of events, the unexposed as group 0 and the exposed as group 1, who come and go as they change.

        A change is a censoring among the unexposed. `after`: only what happens after that time, to those then at risk.
        `stratum` (n,): codes of the patients.
        """
        own = None if stratum is None else codes("stratum", stratum, self.n_patients)[self.row]
        shape = Shape(n_groups=2, n_strata=1 if own is None or not own.size else int(own.max()) + 1)
        kept = self.time >= 0 if after is None else self.time > after
        late = self.entry > (FROM_THE_START if after is None else after)

        def table(rows: Flags, entry: Floats | None) -> EventCounts:
            return EventCounts.of(
                self.time[rows],
                self.event[rows].astype(np.int64),
                group=self.exposed[rows].astype(np.int64),
                stratum=None if own is None else own[rows],
                entry=None if entry is None else entry[rows],
                shape=shape,
            )

        return table(kept & ~late, None) + table(kept & late, self.entry)

    def cox_sample(self, covariates: ArrayLike | None = None, *, stratum: ArrayLike | None = None) -> CoxSample:
        """The start-stop sample whose column 0 is the exposure, then the patients' `covariates` (n, p) at time zero."""
        columns: list[Floats] = [self.exposed[:, None].astype(np.float64)]
        if covariates is not None:
            given = np.asarray(covariates, dtype=np.float64)
            if given.ndim != 2 or given.shape[0] != self.n_patients:
                raise EstimationError("covariates must have one row for each patient.")
            columns.append(given[self.row])
        own = None if stratum is None else codes("stratum", stratum, self.n_patients)[self.row]
        return CoxSample(self.time, self.event, np.column_stack(columns), stratum=own, entry=self.entry)


def exposure_spans(
    time: ArrayLike, event: ArrayLike, exposed_at: ArrayLike, *, entry: ArrayLike | None = None
) -> ExposureSpans:
    """Each patient's follow-up as unexposed time up to the day of exposure, and exposed time from just after it.

    Definition: with u = `exposed_at`, unexposed on (entry, u] and exposed on (u, time]. What happens on day u, an event
    included, happens to the unexposed; exposed at or before time zero (or the entry): exposed throughout; u on or after
    the last day of follow-up: never exposed.
    Source: Mantel and Byar 1974, J Am Stat Assoc 69:81; Therneau and Grambsch 2000, section 3.7 (R's tmerge).
    Shapes: all (n,), in one unit of time; `exposed_at` NaN for the never exposed, negative before time zero.
    Why not by group: a patient must live until the exposure to be exposed, and the time before it would be counted as
    exposed time in which nobody can die (immortal time; Suissa 2008, Am J Epidemiol 167:492).
    Raises EstimationError for follow-up outside its domain, infinite exposure times, and other lengths.
    """
    times = follow_up_times(time)
    happened = codes("event", event, times.size)
    if happened.size and happened.max() > 1:
        raise EstimationError("'event' must be true or false (1 or 0).")
    entered = entry_times(entry, times)
    start = np.full(times.size, FROM_THE_START) if entered is None else entered
    begins = exposure_times(exposed_at, times.size)
    never = np.isnan(begins)
    always = begins <= np.maximum(start, 0.0) if entered is None else begins <= start
    too_late = ~never & ~always & (begins >= times)
    changed = ~never & ~always & ~too_late
    rows = np.arange(times.size)
    row = np.concatenate((rows, rows[changed]))
    order = np.argsort(row, kind="stable")
    return ExposureSpans(
        row=row[order],
        entry=np.concatenate((start, begins[changed]))[order],
        time=np.concatenate((np.where(changed, begins, times), times[changed]))[order],
        event=np.concatenate((np.where(changed, 0, happened), happened[changed])).astype(bool)[order],
        exposed=np.concatenate((always, np.ones(int(changed.sum()), dtype=bool)))[order],
        n_always=int(always.sum()),
        n_changed=int(changed.sum()),
        n_too_late=int(too_late.sum()),
        n_never=int(never.sum()),
    )


def exposure_times(exposed_at: ArrayLike, n: int) -> Floats:
    """Times of exposure as a checked vector, NaN where there is none."""
    begins = np.asarray(exposed_at, dtype=np.float64)
    if begins.shape != (n,) or np.any(np.isinf(begins)):
        raise EstimationError("times of exposure must be numbers, one for each patient, missing for the never exposed.")
    return begins
