"""The patients of an adjusted comparison: those followed, or recorded, of whom every confounder is known."""

from __future__ import annotations

from collections.abc import Iterator, Sequence
from dataclasses import dataclass, replace

import numpy as np
from numpy.typing import NDArray

from atrisk.derive.follow_up import FollowUp
from atrisk.derive.variable import Values
from atrisk.result.remark import Remark
from atrisk.result.row import Row
from atrisk.run.adjusted.covariates import Covariate, Design, complete, design
from atrisk.run.frame import Frame
from atrisk.run.row_building import single
from atrisk.study.outcome import Outcome

Flags = NDArray[np.bool_]

ADJUSTED = "adjusted"
# Adjustment sets, as result rows name them.
CONFOUNDERS, SAME_PATIENTS, IMPUTED = "confounders", "none, same patients", "confounders, imputed"


@dataclass(frozen=True, slots=True, eq=False, kw_only=True)
class AnalysisSet:
    """Who is in an adjusted comparison of one outcome, and what is known of them.

    ``used`` (n of the cohort): the patients. Of these, in order: ``group`` codes, ``stratum`` codes, ``happened`` (the
    event of interest), and with follow-up ``time``, ``entry`` and ``ending`` (0 censored, 1 the event, 2 and more the
    events that compete). ``cause`` names the event where others compete; ``landmarks`` and ``tau``: in days, as the
    outcome declares them. Of an outcome with ordered levels ``level`` is the position of each patient's, and nothing
    has happened.
    """

    frame: Frame
    outcome: str
    used: Flags
    group: NDArray[np.int64]
    stratum: NDArray[np.int64]
    happened: Flags
    covariates: tuple[Covariate, ...]
    time: NDArray[np.float64] | None = None
    entry: NDArray[np.float64] | None = None
    ending: NDArray[np.int64] | None = None
    cause: str = ""
    level: NDArray[np.int64] | None = None
    landmarks: tuple[float, ...] = ()
    tau: float | None = None

    @property
    def timed(self) -> bool:
        """Whether the outcome takes time."""
        return self.time is not None

    @property
    def n_event(self) -> int | None:
        """How many had the event; None of ordered levels."""
        return int(self.happened.sum()) if self.level is None else None

    def narrowed(self, inside: Flags) -> AnalysisSet:
        """The set of those of its patients that are ``inside``."""
        used = self.used.copy()
        used[self.used] = inside
        parts = ("group", "stratum", "happened", "time", "entry", "ending", "level")
        kept = {name: getattr(self, name)[inside] for name in parts if getattr(self, name) is not None}
        return replace(self, used=used, **kept)

    def design(self) -> Design:
        """The confounders of these patients as columns."""
        return design(self.covariates, self.used)

    def indicators(self, reference: int) -> tuple[NDArray[np.float64], dict[int, int]]:
        """A column for every group but ``reference``, and the column of each."""
        others = [position for position in range(len(self.frame.groups)) if position != reference]
        columns = np.column_stack([(self.group == position).astype(np.float64) for position in others])
        return columns, {position: column for column, position in enumerate(others)}

    def row(self, adjustment_set: str) -> Row:
        """What all rows of this set share."""
        return replace(
            self.frame.row(ADJUSTED),
            outcome=self.outcome,
            cause=self.cause,
            adjustment_set=adjustment_set,
            n=int(self.group.size),
            n_event=self.n_event,
            conf_level=self.frame.settings.conf_level,
        )


def of_follow_up(
    frame: Frame, outcome: FollowUp, of: Sequence[Covariate], *, declared: Outcome | None = None
) -> AnalysisSet:
    """The patients followed for a time-to-event outcome of whom every confounder is known.

    ``declared``: the outcome as the study has it, for its times; without it there are none.
    """
    used = frame.inside & ~np.isnan(outcome.time) & complete(of)
    return AnalysisSet(
        frame=frame,
        outcome=outcome.name,
        used=used,
        group=frame.group[used],
        stratum=frame.stratum[used],
        happened=outcome.cause[used] == 1,
        covariates=tuple(of),
        time=outcome.time[used],
        entry=None if outcome.entry is None else outcome.entry[used],
        ending=outcome.cause[used],
        cause=outcome.causes[0] if len(outcome.causes) > 1 else "",
        landmarks=tuple(duration.days for duration in declared.at) if declared is not None else (),
        tau=declared.restricted_mean.days if declared is not None and declared.restricted_mean is not None else None,
    )


def of_values(frame: Frame, values: Values, of: Sequence[Covariate]) -> AnalysisSet:
    """The patients of whom a true/false outcome, or one with ordered levels, and every confounder are known."""
    used = frame.inside & (values.level >= 0) & complete(of)
    binary = values.kind == "boolean"
    return AnalysisSet(
        frame=frame,
        outcome=values.name,
        used=used,
        group=frame.group[used],
        stratum=frame.stratum[used],
        happened=values.level[used] == (values.levels.index("true") if binary else len(values.levels)),
        covariates=tuple(of),
        level=None if binary else values.level[used],
    )


def account_rows(found: AnalysisSet, adjustment_set: str, why_not: str = "") -> Iterator[Row]:
    """How many of each group are in the set, how many are not (incomplete unless said), and how many have the event."""
    frame = found.frame
    inside = np.zeros(frame.group.size, dtype=np.int64) - 1
    inside[found.used] = found.group
    for code, members in frame.members():
        template = replace(found.row(adjustment_set), group=code, n=None, n_event=None, conf_level=None)
        own = members & found.used
        n = int(own.sum())
        yield single(template, "n", n)
        left = int(members.sum()) - n
        why = (why_not or Remark("incomplete-for-adjustment")) if left else ""
        yield replace(single(template, "n_excluded", left), note=why)
        if found.n_event is not None:
            yield single(template, "n_event", int(found.happened[members[found.used]].sum()))
