"""Tumour burden score: size and number of liver metastases in one figure."""

from __future__ import annotations

from atrisk.derive.compiled import Compiled, one_value
from atrisk.derive.laboratory import exact, measured
from atrisk.derive.patients import Patients
from atrisk.read.table import ColumnType
from atrisk.study.definition import TumourBurdenScore


def tumour_burden_score(size_cm: str, number: str) -> str:
    """The square root of (largest size in cm)² + (number of lesions)².

    Source: Sasaki et al., Ann Surg 2018;267:132-41. Unknown (NULL) where one is missing or only a limit is known, as
    for ">=10" lesions. SQL texts of numbers in and out.
    """
    return f"sqrt({size_cm} * {size_cm} + {number} * {number})"


def named(declared: TumourBurdenScore) -> tuple[str | None, ...]:
    """The names it takes from the patient's row."""
    return declared.size, declared.number


def compiled(declared: TumourBurdenScore, patients: Patients) -> Compiled:
    """The score of these patients."""
    size = exact(measured("size", declared.size, patients))
    number = exact(measured("number", declared.number, patients))
    cm = f"({size} / 10.0)" if declared.size_unit == "mm" else size
    return one_value(tumour_burden_score(cm, number), ColumnType.NUMBER)
