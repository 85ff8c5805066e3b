"""Days from time zero to discharge."""

from __future__ import annotations

from atrisk.derive.compiled import Breach, Compiled, RowQuestion, one_value
from atrisk.derive.patient_question import patient_question
from atrisk.derive.patients import Patients, Visible
from atrisk.read.table import ColumnType
from atrisk.result.remark import Remark
from atrisk.study.definition import LengthOfStay

ENDED, DIED = "ended", "died"


def length_of_stay(discharge: str, death: str | None, *, time_zero: str) -> str:
    """Whole days from time zero to discharge.

    Unknown (NULL) where no discharge is recorded, and for patients who died in hospital: a stay that ended by death is
    censored, not short. Dead on the recorded day of discharge or before it counts as died in hospital, because many
    hospitals record the death as the discharge. A negative stay is reported as a finding that blocks
    (``compiled``). The arguments are SQL texts of dates; the answer is SQL text of a whole number.
    """
    days = f"date_diff('day', {time_zero}, {discharge})"
    if death is None:
        return f"({days})"
    return f"(CASE WHEN {death} <= {discharge} THEN NULL ELSE {days} END)"


def ended(discharge: str, death: str, *, time_zero: str) -> str:
    """Whole days from time zero to the end of the stay: discharge alive, or death in hospital.

    Unknown (NULL) without a discharge, where a death may have come in hospital or after it, and for a death before time
    zero. SQL texts of dates; the answer is SQL text of a whole number.
    """
    return (
        f"(CASE WHEN {discharge} IS NULL OR {death} < {time_zero} THEN NULL"
        f" WHEN {death} <= {discharge} THEN date_diff('day', {time_zero}, {death})"
        f" ELSE date_diff('day', {time_zero}, {discharge}) END)"
    )


def named(declared: LengthOfStay) -> tuple[str | None, ...]:
    """The names it takes from the patient's row."""
    return declared.discharge, declared.death


def compiled(declared: LengthOfStay, patients: Patients) -> Compiled:
    """Length of stay of these patients; a discharge before time zero blocks."""
    discharge = patients.resolve("discharge", declared.discharge, ColumnType.DATE)
    death = patients.resolve("death", declared.death, ColumnType.DATE).sql if declared.death else None
    zero = patients.zero("definition")
    value, negative = length_of_stay(discharge.sql, death, time_zero=zero), negative_stay(discharge, zero, patients)
    if death is None:
        return one_value(value, ColumnType.INTEGER, negative)
    died = f"coalesce({death} <= {discharge.sql}, FALSE)"
    return Compiled(
        fields={"": value, ENDED: ended(discharge.sql, death, time_zero=zero), DIED: died},
        types={"": ColumnType.INTEGER, ENDED: ColumnType.INTEGER, DIED: ColumnType.BOOLEAN},
        questions=(negative,),
    )


def negative_stay(discharge: Visible, time_zero: str, patients: Patients) -> RowQuestion:
    """Patients discharged before time zero; ``time_zero`` is SQL text of a date."""
    breach = Breach(
        rule="negative-stay",
        message=Remark("negative-stay"),
        remedy=Remark("before-time-zero.remedy"),
    )
    return patient_question(discharge, f"{discharge.sql} < {time_zero}", patients, breach)
