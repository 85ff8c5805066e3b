"""Age at time zero."""

from __future__ import annotations

from atrisk.derive.compiled import Breach, Compiled, one_value
from atrisk.derive.patient_question import patient_question
from atrisk.derive.patients import Patients
from atrisk.read.table import ColumnType
from atrisk.result.remark import Remark
from atrisk.study.definition import AgeAt
from atrisk.study.quantity import DAYS_PER_YEAR


def age(birth: str, time_zero: str) -> str:
    """Age in years at time zero: whole days since birth divided by 365.25.

    ``birth`` and ``time_zero`` are SQL texts of dates; so is the answer of a number, never rounded. Unknown (NULL)
    where either date is. A birth after time zero gives a negative age, which ``compiled`` reports as a finding that
    blocks.
    """
    return f"(date_diff('day', {birth}, {time_zero}) / {DAYS_PER_YEAR!r})"


def named(declared: AgeAt) -> tuple[str | None, ...]:
    """The names it takes from the patient's row."""
    return (declared.birth,)


def compiled(declared: AgeAt, patients: Patients) -> Compiled:
    """Age of these patients; a birth after time zero blocks."""
    birth, zero = patients.resolve("birth", declared.birth, ColumnType.DATE), patients.zero("definition")
    breach = Breach(
        rule="negative-age",
        message=Remark("negative-age"),
        remedy=Remark("before-time-zero.remedy"),
    )
    negative = patient_question(birth, f"{birth.sql} > {zero}", patients, breach)
    return one_value(age(birth.sql, zero), ColumnType.NUMBER, negative)
