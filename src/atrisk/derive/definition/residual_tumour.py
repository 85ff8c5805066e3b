"""Residual tumour (R) status of the whole patient."""

from __future__ import annotations

from atrisk.derive.code import meant_code
from atrisk.derive.compiled import Breach, Compiled, one_value
from atrisk.derive.patient_question import patient_question
from atrisk.derive.patients import Patients
from atrisk.read.session import literal
from atrisk.read.table import ColumnType
from atrisk.result.remark import Remark
from atrisk.study.definition import ResidualTumour

LEVELS = ("R0", "R1", "R2")
_CODES = (*LEVELS, "RX")


def residual_tumour(margin: str, gross_residual: str | None) -> str:
    """R2 where gross tumour was left anywhere, else what the margin says: R0 clear, R1 microscopic tumour, R2 gross.

    Where gross residual is asked for and not recorded, the answer is R2 for a margin of R2 and unknown (NULL)
    otherwise. RX, the margin that could not be judged, is unknown unless gross tumour was left. Source: TNM
    Classification of Malignant Tumours, 8th ed. 2017 (R classification). SQL texts of a text and a truth value in, of
    a text out.
    """
    judged = f"(CASE trim({margin}) WHEN 'R0' THEN 'R0' WHEN 'R1' THEN 'R1' WHEN 'R2' THEN 'R2' END)"
    if gross_residual is None:
        return judged
    return (
        f"(CASE WHEN {gross_residual} OR trim({margin}) = 'R2' THEN 'R2' WHEN NOT {gross_residual} THEN {judged} END)"
    )


def named(declared: ResidualTumour) -> tuple[str | None, ...]:
    """The names it takes from the patient's row."""
    return declared.margin, declared.gross_residual


def compiled(declared: ResidualTumour, patients: Patients) -> Compiled:
    """The status of these patients; another code than R0, R1, R2 and RX blocks."""
    margin = patients.resolve("margin", declared.margin, ColumnType.TEXT, ColumnType.CATEGORY)
    coded = meant_code(f"trim({margin.sql})", margin, _CODES)
    gross = (
        patients.resolve("gross_residual", declared.gross_residual, ColumnType.BOOLEAN).sql
        if declared.gross_residual is not None
        else None
    )
    breach = Breach(
        rule="unknown-margin-code",
        message=Remark("unknown-margin-code"),
        remedy=Remark("unknown-margin-code.remedy", {"codes": LEVELS}),
    )
    known = ", ".join(literal(each) for each in _CODES)
    unknown = patient_question(margin, f"{coded} NOT IN ({known})", patients, breach)
    return one_value(residual_tumour(coded, gross), ColumnType.CATEGORY, unknown, levels=LEVELS)
