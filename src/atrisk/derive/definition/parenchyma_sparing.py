"""Parenchyma-sparing resection from a list of resection codes."""

from __future__ import annotations

from atrisk.derive.compiled import Compiled, one_value
from atrisk.derive.definition.major_hepatectomy import (
    SEGMENTS,
    code_list,
    has_unknown_code,
    resections_of,
    unknown_codes,
)
from atrisk.derive.patients import Patients
from atrisk.read.session import literal
from atrisk.read.table import ColumnType
from atrisk.study.definition import ParenchymaSparing

# Codes of at most one segment each.
_SPARING = tuple(code for code, segments in SEGMENTS.items() if segments <= 1)


def parenchyma_sparing(resections: str) -> str:
    """Whether the resections are nothing but enucleations, wedges and single segments, however many.

    Ablation beside them changes nothing. The term has no one definition; this is the widest in use, and it is not the
    opposite of a major hepatectomy: four segments one by one are sparing and, under SEG3, major. Unknown (NULL) where
    nothing is recorded or a code is not known. SQL text in, SQL text of a truth value out.
    """
    codes = code_list(resections)
    sparing = f"[{', '.join(literal(code) for code in _SPARING)}]"
    known = f"len({codes}) > 0 AND NOT {has_unknown_code(resections)}"
    return f"(CASE WHEN {known} THEN list_has_all({sparing}, {codes}) END)"


def named(declared: ParenchymaSparing) -> tuple[str | None, ...]:
    """The names it takes from the patient's row."""
    return (declared.resections,)


def compiled(declared: ParenchymaSparing, patients: Patients) -> Compiled:
    """Whether these patients' resections were sparing; an unknown code blocks."""
    resections = resections_of(declared.resections, patients)
    return one_value(parenchyma_sparing(resections.sql), ColumnType.BOOLEAN, unknown_codes(resections, patients))
