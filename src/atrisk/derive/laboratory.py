"""Laboratory values in the unit a formula is written in."""

from __future__ import annotations

from types import MappingProxyType

from atrisk.derive.compiled import Breach, RowQuestion
from atrisk.derive.patient_question import patient_question
from atrisk.derive.patients import Patients, Visible
from atrisk.read.table import ColumnType
from atrisk.result.finding import Severity
from atrisk.result.remark import Remark

# umol/L in 1 mg/dL, from the molar masses (584.66 and 113.12 g/mol) rounded as laboratories use them.
BILIRUBIN = MappingProxyType({"umol/L": 1.0, "mg/dL": 17.1})
CREATININE = MappingProxyType({"umol/L": 1.0, "mg/dL": 88.4})
# g/L in 1 g/dL.
ALBUMIN = MappingProxyType({"g/L": 1.0, "g/dL": 10.0})
# Values as they occur in living patients, in umol/L, g/L and as ratio: what lies outside has another unit.
PLAUSIBLE = MappingProxyType(
    {"bilirubin": (1.0, 1500.0), "creatinine": (10.0, 3000.0), "albumin": (5.0, 70.0), "inr": (0.5, 20.0)}
)


def measured(field: str, name: str, patients: Patients) -> Visible:
    """The column of a laboratory value; raises MisfitError where it is no number."""
    return patients.resolve(field, name, ColumnType.INTEGER, ColumnType.NUMBER)


def exact(item: Visible) -> str:
    """SQL text of a positive value; NULL where only a limit is known."""
    known = f"{item.sql} > 0" + (f" AND {item.limit} IS NULL" if item.limit is not None else "")
    return f"(CASE WHEN {known} THEN {item.sql} END)"


def implausible(field: str, item: Visible, factor: float, patients: Patients) -> RowQuestion:
    """Patients whose value, in the declared unit, no living patient has."""
    low, high = PLAUSIBLE[field]
    breach = Breach(
        rule="implausible-unit",
        message=Remark("implausible-unit", {"value": "INR" if field == "inr" else field}),
        remedy=Remark("implausible-unit.remedy"),
        severity=Severity.WARNS,
    )
    condition = f"{item.sql} * {factor!r} NOT BETWEEN {low!r} AND {high!r}"
    return patient_question(item, condition, patients, breach)
