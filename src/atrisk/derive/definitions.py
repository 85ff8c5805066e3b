"""Which module computes which declared derivation."""

from __future__ import annotations

from collections.abc import Mapping
from types import MappingProxyType
from typing import Any, Protocol

from atrisk.derive.child_rows import compile_child_rows
from atrisk.derive.compiled import Compiled
from atrisk.derive.definition import (
    age,
    albi,
    charlson,
    clavien_dindo,
    comprehensive_complication_index,
    cytoreduction,
    era,
    isgls_grade,
    length_of_stay,
    major_hepatectomy,
    meld,
    mortality,
    parenchyma_sparing,
    progression_from_imaging,
    residual_tumour,
    textbook_outcome,
    timing_of_metastases,
    tumour_burden,
    tumour_burden_score,
    who_grade,
)
from atrisk.derive.patients import Patients
from atrisk.derive.sql_variable import compile_sql_variable
from atrisk.read.session import Session
from atrisk.study import definition as ask
from atrisk.study.definition import Derived, ProgressionFromImaging
from atrisk.study.derivation import Derivation, FromChildRows, SqlVariable
from atrisk.study.expression import Expression
from atrisk.study.expression_tree import ExpressionError


class _Module(Protocol):
    """A module of one definition; each takes its own kind of declaration, which the table below sees to."""

    def named(self, declared: Any) -> tuple[str | None, ...]: ...

    def compiled(self, declared: Any, patients: Patients) -> Compiled: ...


_MODULES: Mapping[type[Derived], _Module] = MappingProxyType(
    {
        ask.AgeAt: age,
        ask.Albi: albi,
        ask.CharlsonIndex: charlson,
        ask.ClavienDindo: clavien_dindo,
        ask.ComprehensiveComplicationIndex: comprehensive_complication_index,
        ask.Cytoreduction: cytoreduction,
        ask.Era: era,
        ask.IsglsGrade: isgls_grade,
        ask.LengthOfStay: length_of_stay,
        ask.MajorHepatectomy: major_hepatectomy,
        ask.Meld: meld,
        ask.Mortality: mortality,
        ask.ParenchymaSparing: parenchyma_sparing,
        ask.ResidualTumour: residual_tumour,
        ask.TextbookOutcome: textbook_outcome,
        ask.TimingOfMetastases: timing_of_metastases,
        ask.TumourBurden: tumour_burden,
        ask.TumourBurdenScore: tumour_burden_score,
        ask.WhoGrade: who_grade,
    }
)


def fields_of(declared: Derivation) -> tuple[str, ...]:
    """The fields a derivation yields: "" for the variable itself, else names such as ``date``."""
    return declared.fields()


def named(declared: Derivation) -> tuple[str, ...]:
    """The names a derivation may take from the patient's row, where another derived variable might stand.

    Names that are not there are left for ``compiled`` to report.
    """
    names: tuple[str | None, ...]
    match declared:
        case SqlVariable():
            names = expression_names(declared.sql)
        case FromChildRows():
            names = (*(expression_names(declared.where) if declared.where else ()), declared.searched)
        case ProgressionFromImaging():
            names = ()
        case _:
            names = _MODULES[type(declared)].named(declared)
    return tuple(name for name in names if name is not None)


def expression_names(text: str) -> tuple[str, ...]:
    """The names in an expression; none where it cannot be read, which is reported when it is compiled."""
    try:
        return tuple(str(name) for name in Expression.parse(text).names)
    except ExpressionError:
        return ()


def compiled(declared: Derivation, patients: Patients, session: Session) -> Compiled:
    """The SQL of a declared derivation over ``patients``; raises MisfitError for what does not fit the tables."""
    match declared:
        case SqlVariable():
            return compile_sql_variable(declared, patients, session)
        case FromChildRows():
            return compile_child_rows(declared, patients, session)
        case ProgressionFromImaging():
            return progression_from_imaging.compiled(declared, patients, session)
        case _:
            return _MODULES[type(declared)].compiled(declared, patients)
