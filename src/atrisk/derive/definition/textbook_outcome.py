"""Textbook outcome in liver surgery: an operation after which nothing of a list went wrong."""

from __future__ import annotations

from collections.abc import Iterable

from atrisk.derive.compiled import Compiled, one_value
from atrisk.derive.patients import Patients
from atrisk.read.table import ColumnType
from atrisk.study.definition import TextbookOutcome

_MISHAPS = ("intraoperative_incident", "bile_leak", "liver_failure", "severe_morbidity", "readmission", "mortality")


def textbook_outcome(mishaps: Iterable[str], r0: str | None) -> str:
    """Whether none of the mishaps happened and, where ``r0`` is given, the margin was clear.

    Definition: survey 2021 (Gorgec et al., Ann Surg 2021;274:837-45): no intraoperative incident of grade 2 or worse,
    no bile leak B or C, no severe complication, no readmission within 30 days, no death in hospital, R0. delphi 2022
    adds liver failure B or C and looks at 90 days. R0 is no aim of cytoreduction, so that it can be left out; the
    outcome is then textbook outcome without R0. So can intraoperative incidents, which are rarely recorded: without
    them the outcome is more frequent than as defined. Windows are those of the variables named.

    One known mishap makes it false; it is true only where everything is known; else unknown (NULL). SQL texts of truth
    values in and out.
    """
    parts = [f"NOT {mishap}" for mishap in mishaps] + ([r0] if r0 is not None else [])
    return f"({' AND '.join(parts)})"


def named(declared: TextbookOutcome) -> tuple[str | None, ...]:
    """The names it takes from the patient's row."""
    return (*(getattr(declared, key) for key in _MISHAPS), declared.r0)


def compiled(declared: TextbookOutcome, patients: Patients) -> Compiled:
    """Textbook outcome of these patients."""
    asked = {key: name for key in _MISHAPS if (name := getattr(declared, key)) is not None}
    mishaps = [patients.resolve(key, name, ColumnType.BOOLEAN).sql for key, name in asked.items()]
    r0 = patients.resolve("r0", declared.r0, ColumnType.BOOLEAN).sql if declared.r0 is not None else None
    return one_value(textbook_outcome(mishaps, r0), ColumnType.BOOLEAN)
