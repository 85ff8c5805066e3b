"""A declared time-to-event outcome in one comparison: all its rows and curves, of the main analysis or another."""

from __future__ import annotations

from atrisk.derive.follow_up import FollowUp
from atrisk.run.frame import Frame
from atrisk.run.interval_censored import interval_curves, interval_rows
from atrisk.run.late_events import completeness_rows, late_event_rows
from atrisk.run.margins import power_rows
from atrisk.run.non_proportional import hazard_over_time, non_proportional_rows, not_proportional
from atrisk.run.sparse import sparse_rows
from atrisk.run.time_to_event import TimeToEvent, time_to_event
from atrisk.run.within_strata import time_to_event_within_strata
from atrisk.study.outcome import Outcome, OutcomeFromDates


def timed_outcome(frame: Frame, declared: Outcome, followed: FollowUp) -> TimeToEvent:
    """The outcome for all compared, what it could have shown, how far follow-up reached, then it in each stratum."""
    landmarks = tuple(duration.days for duration in declared.at)
    tau = declared.restricted_mean.days if declared.restricted_mean is not None else None
    found = time_to_event(frame, followed, landmarks, tau=tau)
    flagged = not_proportional(found.rows)
    periods = tuple(duration.days for duration in declared.periods)
    late = late_event_rows(frame, followed, declared.censor) if isinstance(declared, OutcomeFromDates) else ()
    within = time_to_event_within_strata(frame, followed, landmarks, tau=tau)
    return TimeToEvent(
        rows=(
            *found.rows,
            *power_rows(frame, followed.name, found.rows),
            *(non_proportional_rows(frame, followed, periods, landmarks, tau=tau) if flagged else ()),
            *sparse_rows(frame, followed),
            *interval_rows(frame, followed, landmarks),
            *late,
            *completeness_rows(frame, followed),
            *within.rows,
            *(row for stratum in frame.strata for row in sparse_rows(frame.of_stratum(stratum), followed)),
        ),
        curves=(
            *found.curves,
            *(hazard_over_time(frame, followed) if flagged else ()),
            *interval_curves(frame, followed),
            *within.curves,
        ),
    )
