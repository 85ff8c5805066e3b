"""Charlson comorbidity index without the cancer under study."""

from __future__ import annotations

from types import MappingProxyType

from atrisk.derive.compiled import Compiled, one_value
from atrisk.derive.patients import Patients
from atrisk.read.table import ColumnType
from atrisk.study.definition import CharlsonIndex, Condition

WEIGHTS: MappingProxyType[Condition, int] = MappingProxyType(
    {
        "myocardial_infarction": 1,
        "congestive_heart_failure": 1,
        "peripheral_vascular_disease": 1,
        "cerebrovascular_disease": 1,
        "dementia": 1,
        "chronic_pulmonary_disease": 1,
        "rheumatic_disease": 1,
        "peptic_ulcer_disease": 1,
        "mild_liver_disease": 1,
        "severe_liver_disease": 3,
        "diabetes": 1,
        "diabetes_with_organ_damage": 2,
        "hemiplegia": 2,
        "renal_disease": 2,
        "other_cancer": 2,
        "other_metastatic_cancer": 6,
        "aids": 6,
    }
)
# The severe form of a disease counts in place of the mild one.
_SEVERE: MappingProxyType[Condition, Condition] = MappingProxyType(
    {
        "mild_liver_disease": "severe_liver_disease",
        "diabetes": "diabetes_with_organ_damage",
        "other_cancer": "other_metastatic_cancer",
    }
)


def charlson(conditions: dict[Condition, str], age: str | None) -> str:
    """The sum of the weights of a patient's conditions, the severe form of a disease in place of its mild one.

    Weights 1: infarction, heart failure, peripheral vascular and cerebrovascular disease, dementia, chronic pulmonary
    and rheumatic disease, ulcer, mild liver disease, diabetes; 2: diabetes with organ damage, hemiplegia, renal
    disease, another cancer; 3: severe liver disease; 6: another metastatic cancer, AIDS. Source: Charlson et al., J
    Chronic Dis 1987;40:373-83, with the conditions of Deyo, Cherkin and Ciol, J Clin Epidemiol 1992;45:613-9. With
    ``age`` a point a decade from 50 years, at most 4 (Charlson et al., J Clin Epidemiol 1994;47:1245-51).

    The cancer under study is left out: everyone has it. Conditions that the study does not name are not looked at,
    so that an index of few conditions is a lower one; the report lists which. Unknown (NULL) where a condition that
    would count is not recorded. SQL texts of truth values (``age``: of a number) in, of a whole number out.
    """
    terms = [_points(name, sql, conditions) for name, sql in conditions.items()]
    if age is not None:
        terms.append(f"(CASE WHEN {age} IS NOT NULL THEN least(greatest(floor(({age} - 40) / 10), 0), 4) END)")
    return f"CAST({' + '.join(terms)} AS INTEGER)"


def named(declared: CharlsonIndex) -> tuple[str | None, ...]:
    """The names it takes from the patient's row."""
    return (*declared.conditions.values(), declared.age)


def compiled(declared: CharlsonIndex, patients: Patients) -> Compiled:
    """The index of these patients."""
    conditions = {
        name: patients.resolve("conditions", column, ColumnType.BOOLEAN).sql
        for name, column in declared.conditions.items()
    }
    age = (
        patients.resolve("age", declared.age, ColumnType.INTEGER, ColumnType.NUMBER).sql
        if declared.age is not None
        else None
    )
    return one_value(charlson(conditions, age), ColumnType.INTEGER)


def _points(name: Condition, sql: str, conditions: dict[Condition, str]) -> str:
    severe = _SEVERE.get(name)
    superseded = f"WHEN {conditions[severe]} THEN 0 " if severe in conditions else ""
    return f"(CASE {superseded}WHEN {sql} THEN {WEIGHTS[name]} WHEN NOT {sql} THEN 0 END)"
