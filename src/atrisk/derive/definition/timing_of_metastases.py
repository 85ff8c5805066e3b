"""Synchronous or metachronous metastases."""

from __future__ import annotations

from atrisk.derive.compiled import Compiled, one_value
from atrisk.derive.patients import Patients
from atrisk.read.table import ColumnType
from atrisk.study.definition import TimingOfMetastases

LEVELS = ("synchronous", "metachronous")


def timing_of_metastases(primary: str, metastases: str, *, within_days: float) -> str:
    """Synchronous where the primary tumour and its metastases were found at most so many days apart, else metachronous.

    Whichever was found first: metastases that lead to the primary tumour a year later are metachronous too. Unknown
    (NULL) where a date is missing, as for a primary tumour that was never found. There is no agreed window; 3, 6 and 12
    months are in use, so that the study must name one. The arguments are SQL texts of dates.
    """
    apart = f"abs(date_diff('day', {primary}, {metastases}))"
    return f"(CASE WHEN {apart} <= {within_days!r} THEN 'synchronous' WHEN {apart} IS NOT NULL THEN 'metachronous' END)"


def named(declared: TimingOfMetastases) -> tuple[str | None, ...]:
    """The names it takes from the patient's row."""
    return declared.primary, declared.metastases


def compiled(declared: TimingOfMetastases, patients: Patients) -> Compiled:
    """The timing in these patients."""
    primary = patients.resolve("primary", declared.primary, ColumnType.DATE).sql
    metastases = patients.resolve("metastases", declared.metastases, ColumnType.DATE).sql
    sql = timing_of_metastases(primary, metastases, within_days=declared.within.days)
    return one_value(sql, ColumnType.CATEGORY, levels=LEVELS)
