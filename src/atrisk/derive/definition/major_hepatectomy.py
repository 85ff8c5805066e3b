"""Major hepatectomy from a list of resection codes, under a named rule."""

from __future__ import annotations

from dataclasses import replace
from types import MappingProxyType
from typing import Literal

from atrisk.derive.code import meant_code
from atrisk.derive.compiled import Breach, Compiled, RowQuestion, one_value
from atrisk.derive.patient_question import patient_question
from atrisk.derive.patients import Patients, Visible
from atrisk.read.session import literal
from atrisk.read.table import ColumnType
from atrisk.result.remark import Remark
from atrisk.study.definition import MajorHepatectomy

# Liver segments each code takes. A wedge counts one; the named segments are counted once each however often they stand.
SEGMENTS = MappingProxyType(
    {
        "enucleation": 0,
        "wedge": 1,
        **{f"seg{number}": 1 for number in range(1, 9)},
        "sectionectomy": 2,
        "LH": 3,
        "RH": 4,
        "extended_LH": 5,
        "extended_RH": 5,
        "trisection": 5,
    }
)
_MAYO = ("RH", "extended_RH", "trisection")
_HEMI = ("LH", "RH", "extended_LH", "extended_RH", "trisection")


def major_hepatectomy(resections: str, *, rule: Literal["SEG3", "MAYO", "HEMI"]) -> str:
    """Whether the resections, a list of codes separated by ";", amount to a major hepatectomy.

    - ``SEG3``: three or more segments in all. Enucleation 0, wedge or segment 1, sectionectomy 2, left hepatectomy 3,
      right 4, extended or trisection 5; a segment named twice counts once, every wedge counts.
    - ``MAYO``: a right hepatectomy or trisegmentectomy (codes RH, extended_RH, trisection); a left hepatectomy is
      minor, and so is an extended left one unless it is coded as a trisection. Gudmundsdottir et al., Ann Surg Oncol
      2022;29:6949-6957.
    - ``HEMI``: a hemihepatectomy or more (LH, RH, extended_LH, extended_RH, trisection).

    Unknown (NULL) where nothing is recorded or any code is not one of ``SEGMENTS``: such a code blocks the study, for
    its extent would otherwise be taken for none. ``resections`` is SQL text of a text; the answer is SQL text of a
    truth value.
    """
    codes = code_list(resections)
    if rule == "SEG3":
        # Named segments are sets, everything else is a number of pieces.
        named = f"list_unique(list_filter({codes}, lambda code: starts_with(code, 'seg')))"
        pieces = "CASE code " + " ".join(
            f"WHEN {literal(code)} THEN {segments}"
            for code, segments in SEGMENTS.items()
            if segments and not code.startswith("seg")
        )
        others = f"coalesce(list_sum(list_transform({codes}, lambda code: {pieces} ELSE 0 END)), 0)"
        judged = f"({named} + {others} >= 3)"
    else:
        judged = f"list_has_any({codes}, {_list(_MAYO if rule == 'MAYO' else _HEMI)})"
    return f"(CASE WHEN len({codes}) > 0 AND NOT {has_unknown_code(resections)} THEN {judged} END)"


def code_list(resections: str) -> str:
    """SQL text of the codes as a list, without spaces and empty places; NULL where nothing is recorded."""
    trimmed = f"list_transform(string_split({resections}, ';'), lambda code: trim(code))"
    return f"list_filter({trimmed}, lambda code: code <> '')"


def has_unknown_code(resections: str) -> str:
    """SQL text: whether some code is none of ``SEGMENTS``."""
    return f"NOT list_has_all({_list(tuple(SEGMENTS))}, {code_list(resections)})"


def _list(codes: tuple[str, ...]) -> str:
    return f"[{', '.join(literal(code) for code in codes)}]"


def named(declared: MajorHepatectomy) -> tuple[str | None, ...]:
    """The names it takes from the patient's row."""
    return (declared.resections,)


def compiled(declared: MajorHepatectomy, patients: Patients) -> Compiled:
    """Major hepatectomy of these patients; an unknown code blocks."""
    resections = resections_of(declared.resections, patients)
    sql = major_hepatectomy(resections.sql, rule=declared.rule)
    return one_value(sql, ColumnType.BOOLEAN, unknown_codes(resections, patients))


def resections_of(name: str, patients: Patients) -> Visible:
    """The column of resection codes, or of their labels; raises MisfitError where it is no text."""
    found = patients.resolve("resections", name, ColumnType.TEXT, ColumnType.CATEGORY)
    return replace(found, sql=meant_code(found.sql, found, SEGMENTS))


def unknown_codes(resections: Visible, patients: Patients) -> RowQuestion:
    """Patients with a resection code that is not known."""
    breach = Breach(
        rule="unknown-resection-code",
        message=Remark("unknown-resection-code"),
        remedy=Remark("unknown-resection-code.remedy", {"codes": tuple(SEGMENTS)}),
    )
    return patient_question(resections, has_unknown_code(resections.sql), patients, breach)
