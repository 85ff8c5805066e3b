"""An outcome of one comparison as arrays of the whole cohort, of which parts are taken; and its account by part."""

from __future__ import annotations

from collections.abc import Iterator
from dataclasses import dataclass, replace

import numpy as np
from numpy.typing import NDArray

from atrisk.derive.follow_up import FollowUp
from atrisk.derive.variable import Values
from atrisk.estimate.proportional_hazards.cox_sample import CoxSample
from atrisk.result.row import Row
from atrisk.run.frame import Frame
from atrisk.run.row_building import single

Floats = NDArray[np.float64]
Flags = NDArray[np.bool_]
Codes = NDArray[np.int64]


@dataclass(frozen=True, slots=True, eq=False, kw_only=True)
class Observed:
    """Who of a comparison was followed for an outcome, or of whom it is known, and what happened; (n of the cohort).

    ``time`` and ``entry`` are those of an outcome that takes time, None otherwise; ``cause`` names the event where
    others compete.
    """

    frame: Frame
    outcome: str
    used: Flags
    happened: Flags
    time: Floats | None = None
    entry: Floats | None = None
    cause: str = ""

    @classmethod
    def of(cls, frame: Frame, outcome: FollowUp | Values) -> Observed:
        """The outcome of the patients of a comparison; of levels or numbers there is none."""
        if isinstance(outcome, FollowUp):
            return cls(
                frame=frame,
                outcome=outcome.name,
                used=frame.inside & ~np.isnan(outcome.time),
                happened=outcome.cause == 1,
                time=outcome.time,
                entry=outcome.entry,
                cause=outcome.causes[0] if len(outcome.causes) > 1 else "",
            )
        known = frame.inside & (outcome.level >= 0)
        return cls(
            frame=frame,
            outcome=outcome.name,
            used=known,
            happened=known & (outcome.level == outcome.levels.index("true")),
        )

    @property
    def timed(self) -> bool:
        """Whether the outcome takes time."""
        return self.time is not None

    @property
    def hazard_method(self) -> str:
        """The name of its hazard model in result rows."""
        return ("stratified " if self.frame.stratified else "") + ("cause-specific cox" if self.cause else "cox")

    def sample(self, among: Flags, reference: int) -> CoxSample:
        """Patients of an outcome that takes time, with an indicator for every group but ``reference``."""
        assert self.time is not None  # noqa: S101 - asked for only of follow-up; for the type checker
        group = self.frame.group[among]
        return CoxSample(
            time=self.time[among],
            event=self.happened[among],
            covariates=np.column_stack(
                [(group == position).astype(np.float64) for position in self.columns(reference)]
            ),
            stratum=self.frame.stratum[among] if self.frame.stratified else None,
            entry=None if self.entry is None else self.entry[among],
        )

    def columns(self, reference: int) -> list[int]:
        """The groups that have a column of `sample`."""
        return [position for position in range(len(self.frame.groups)) if position != reference]

    def row(self, analysis: str, variable: str) -> Row:
        """What all rows of a division have in common."""
        return replace(self.frame.row(analysis), outcome=self.outcome, cause=self.cause, variable=variable)


def account_rows(observed: Observed, template: Row, among: Flags, *, of: Flags | None = None) -> Iterator[Row]:
    """How many of each group are among those divided, how many of ``of`` are not, and how many have the event."""
    for code, members in observed.frame.members():
        own = members & among
        of_group = replace(template, group=code)
        yield single(of_group, "n", int(own.sum()))
        if of is not None:
            yield single(of_group, "n_excluded", int((members & of & ~among).sum()))
        yield single(of_group, "n_event", int((own & observed.happened).sum()))
