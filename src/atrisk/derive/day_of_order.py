"""The day by which operations are put in order."""

# ruff: noqa: S608 (only quoted names are put into SQL)

from __future__ import annotations

from datetime import date

import numpy as np
from numpy.typing import NDArray

from atrisk.derive.misfit import MisfitError
from atrisk.derive.patients import ALIAS, PATIENT
from atrisk.derive.variable import OfPatients
from atrisk.errors import StudyError
from atrisk.read.session import Session
from atrisk.read.table import ColumnType
from atrisk.study.load import LoadedStudy
from atrisk.study.places import Path

_FIRST = date(1970, 1, 1)


def day_of_order(
    name: str, where: Path, cohort: OfPatients, loaded: LoadedStudy, session: Session
) -> NDArray[np.float64]:
    """Days (n,) from 1970-01-01 to a date of every patient, NaN where it is not recorded.

    Raises StudyError, with the line of ``where``, for a date that is not there and a column that holds no dates.
    """
    try:
        sql = cohort.patients.resolve("", name, ColumnType.DATE).sql
    except MisfitError as misfit:
        raise StudyError([loaded.problem(where, misfit.message, misfit.hint)]) from None
    days: NDArray[np.float64] = session.arrays(
        f"SELECT CAST(date_diff('day', DATE '{_FIRST}', {sql}) AS DOUBLE) AS days"
        f" FROM {cohort.patients.relation} {ALIAS} ORDER BY {ALIAS}.{PATIENT}"
    )["days"]
    days.setflags(write=False)
    return days


def day_number(day: date) -> int:
    """The number of a day on the same scale."""
    return (day - _FIRST).days


def year_of(number: float) -> int:
    """The year of a day on the same scale."""
    return date.fromordinal(_FIRST.toordinal() + int(number)).year
