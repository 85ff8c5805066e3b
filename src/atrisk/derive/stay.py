"""Stays of patients as they ended, by discharge or by death in hospital."""

# ruff: noqa: S608 (only quoted names are put into SQL)

from __future__ import annotations

from dataclasses import dataclass

import numpy as np
from numpy.typing import NDArray

from atrisk.derive.definition.length_of_stay import DIED, ENDED
from atrisk.derive.patients import ALIAS, PATIENT, Patients, Visible
from atrisk.read.session import Session
from atrisk.study.definition import LengthOfStay


@dataclass(frozen=True, slots=True, eq=False, kw_only=True)
class Stay:
    """When and how the stay of every patient of a cohort ended, in their order; arrays are read-only.

    ``days`` to its end, NaN where that is not known; ``died``: it ended by death. ``at``: the days at which shares are
    declared to be printed, ``up_to`` the day up to which the mean stay counts.
    """

    days: NDArray[np.float64]
    died: NDArray[np.bool_]
    at: tuple[float, ...]
    up_to: float


def stay_of(item: Visible, declared: LengthOfStay, patients: Patients, session: Session) -> Stay | None:
    """The stays behind a declared length of stay; None where deaths are declared not to be known."""
    if declared.death is None:
        return None
    days, died = (patients.visible[f"{item.column}.{field}"].sql for field in (ENDED, DIED))
    found = session.arrays(
        f"SELECT CAST({days} AS DOUBLE) AS days, CAST({died} AS DOUBLE) AS died"
        f" FROM {patients.relation} {ALIAS} ORDER BY {ALIAS}.{PATIENT}"
    )
    dead = found["died"] == 1
    dead.setflags(write=False)
    return Stay(
        days=found["days"], died=dead, at=tuple(each.days for each in declared.at), up_to=float(declared.up_to.days)
    )
