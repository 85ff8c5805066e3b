"""Albumin-bilirubin (ALBI) score and grade of liver function."""

from __future__ import annotations

from atrisk.derive.compiled import Compiled, one_value
from atrisk.derive.laboratory import ALBUMIN, BILIRUBIN, exact, implausible, measured
from atrisk.derive.patients import Patients
from atrisk.read.table import ColumnType
from atrisk.study.definition import Albi

GRADES = ("1", "2", "3")


def albi_score(bilirubin_umol: str, albumin_g: str) -> str:
    """0.66 log10(bilirubin in umol/L) - 0.085 albumin in g/L; lower is better.

    Source: Johnson et al., J Clin Oncol 2015;33:550-8. SQL texts of positive numbers in, of a number out; NULL where
    one is missing.
    """
    return f"(0.66 * log10({bilirubin_umol}) - 0.085 * {albumin_g})"


def albi_grade(score: str) -> str:
    """Grade 1 up to -2.60, 2 above it and up to -1.39, 3 above that (same source)."""
    return f"(CASE WHEN {score} <= -2.60 THEN '1' WHEN {score} <= -1.39 THEN '2' WHEN {score} > -1.39 THEN '3' END)"


def named(declared: Albi) -> tuple[str | None, ...]:
    """The names it takes from the patient's row."""
    return declared.bilirubin, declared.albumin


def compiled(declared: Albi, patients: Patients) -> Compiled:
    """Score or grade of these patients; values no unit of measurement explains warn."""
    bilirubin = measured("bilirubin", declared.bilirubin, patients)
    albumin = measured("albumin", declared.albumin, patients)
    of_bilirubin, of_albumin = BILIRUBIN[declared.bilirubin_unit], ALBUMIN[declared.albumin_unit]
    score = albi_score(f"({exact(bilirubin)} * {of_bilirubin!r})", f"({exact(albumin)} * {of_albumin!r})")
    questions = (
        implausible("bilirubin", bilirubin, of_bilirubin, patients),
        implausible("albumin", albumin, of_albumin, patients),
    )
    if declared.gives == "grade":
        return one_value(albi_grade(score), ColumnType.CATEGORY, *questions, levels=GRADES)
    return one_value(score, ColumnType.NUMBER, *questions)
