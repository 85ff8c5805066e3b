"""The day on which each patient's exposure begins."""

# ruff: noqa: S608 (only quoted names are put into SQL)

from __future__ import annotations

import numpy as np
from numpy.typing import NDArray

from atrisk.derive.misfit import MisfitError
from atrisk.derive.patients import ALIAS, PATIENT
from atrisk.derive.variable import OfPatients
from atrisk.errors import StudyError
from atrisk.read.session import Session
from atrisk.read.table import ColumnType
from atrisk.study.load import LoadedStudy
from atrisk.study.outcome import OutcomeFromDates


def exposure_day(name: str, cohort: OfPatients, loaded: LoadedStudy, session: Session) -> NDArray[np.float64]:
    """Days (n,) from the origin of the outcome's time to the date of the exposure, NaN for the never exposed.

    Raises StudyError, with the line, for a date that is not there and a column that holds no dates.
    """
    declared = loaded.study.time_dependent[name]
    outcome = loaded.study.outcomes[declared.outcome]
    try:
        date = cohort.patients.resolve("", declared.date, ColumnType.DATE).sql
        zero = str(cohort.patients.time_zero)
        if isinstance(outcome, OutcomeFromDates) and outcome.from_ is not None:
            zero = cohort.patients.resolve("", outcome.from_, ColumnType.DATE).sql
    except MisfitError as misfit:
        raise StudyError([loaded.problem(("time_dependent", name, "date"), misfit.message, misfit.hint)]) from None
    days = session.arrays(
        f"SELECT CAST(date_diff('day', {zero}, {date}) AS DOUBLE) AS days FROM {cohort.patients.relation} {ALIAS}"
        f" ORDER BY {ALIAS}.{PATIENT}"
    )["days"]
    days.setflags(write=False)
    return days
