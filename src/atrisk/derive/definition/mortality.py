"""Death from any cause within so many days of time zero, or in hospital."""

from __future__ import annotations

from atrisk.derive.compiled import Compiled, one_value
from atrisk.derive.definition.length_of_stay import negative_stay
from atrisk.derive.patients import Patients
from atrisk.read.table import ColumnType
from atrisk.study.definition import Mortality

FOLLOWED = "followed"


def mortality(death: str, last_contact: str, *, time_zero: str, within_days: float) -> str:
    """Whether the patient died within ``within_days`` days of time zero (day 0 included).

    True where the date of death lies 0 to ``within_days`` days after time zero. False where death came later, or where
    no death is recorded and the patient was known to be alive on the last day of the window. Unknown (NULL) where no
    death is recorded and follow-up ended earlier: such patients leave the denominator and are counted, never taken for
    survivors. Also unknown for a death before time zero, which the check of the order of dates reports.

    The arguments are SQL texts of dates; the answer is SQL text of a truth value.
    """
    died = f"date_diff('day', {time_zero}, {death})"
    seen = f"date_diff('day', {time_zero}, {last_contact})"
    return (
        f"(CASE WHEN {died} BETWEEN 0 AND {within_days!r} THEN TRUE WHEN {died} > {within_days!r} THEN FALSE"
        f" WHEN {death} IS NULL AND {seen} >= {within_days!r} THEN FALSE END)"
    )


def followed_days(died: str, death: str, last_contact: str, *, time_zero: str, within_days: float) -> str:
    """SQL text of the days for which survival within the window is known: to death, to its end, or to the last contact.

    ``died`` is the answer of ``mortality``. Where it is unknown, a missing or earlier last contact counts as day 0.
    """
    seen = f"date_diff('day', {time_zero}, {last_contact})"
    return (
        f"(CASE WHEN {died} THEN date_diff('day', {time_zero}, {death}) WHEN NOT {died} THEN {within_days!r}"
        f" ELSE least(greatest(coalesce({seen}, 0), 0), {within_days!r}) END)"
    )


def in_hospital_mortality(death: str, discharge: str, *, time_zero: str) -> str:
    """Whether the patient died from time zero on and not after the day of discharge.

    Dead on the recorded day of discharge counts as died in hospital, because many hospitals record the death as the
    discharge. False where a discharge is recorded and no death up to its day; unknown (NULL) without a discharge, where
    a death may have come in hospital or after it, and for a death before time zero. SQL texts of dates; the answer is
    SQL text of a truth value.
    """
    return (
        f"(CASE WHEN {discharge} < {time_zero} OR {death} < {time_zero} THEN NULL"
        f" WHEN {death} <= {discharge} THEN TRUE WHEN {discharge} IS NOT NULL THEN FALSE END)"
    )


def named(declared: Mortality) -> tuple[str | None, ...]:
    """The names it takes from the patient's row."""
    return (declared.death, declared.discharge) if declared.in_hospital else (declared.death, declared.last_contact)


def compiled(declared: Mortality, patients: Patients) -> Compiled:
    """Death of these patients within the declared time, or in hospital; a discharge before time zero blocks."""
    death = patients.resolve("death", declared.death, ColumnType.DATE).sql
    zero = patients.zero("definition")
    if declared.within is None:
        discharge = patients.resolve("discharge", declared.discharge, ColumnType.DATE)
        sql = in_hospital_mortality(death, discharge.sql, time_zero=zero)
        return one_value(sql, ColumnType.BOOLEAN, negative_stay(discharge, zero, patients))
    last_contact = patients.resolve("last_contact", declared.last_contact, ColumnType.DATE).sql
    sql = mortality(death, last_contact, time_zero=zero, within_days=declared.within.days)
    followed = followed_days(sql, death, last_contact, time_zero=zero, within_days=declared.within.days)
    return Compiled(fields={"": sql, FOLLOWED: followed}, types={"": ColumnType.BOOLEAN, FOLLOWED: ColumnType.NUMBER})
