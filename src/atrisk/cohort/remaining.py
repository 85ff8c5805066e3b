"""The rows that are still in the cohort, and how many patients they are."""

# ruff: noqa: S608 (only quoted names are put into SQL)

from __future__ import annotations

from dataclasses import dataclass

from atrisk.derive.patients import ALIAS, UNIT, Patients, row_sql
from atrisk.read.session import Session


@dataclass(frozen=True, slots=True)
class Counts:
    """Rows, and the patients they belong to."""

    rows: int
    patients: int


def remaining_source(patients: Patients, kept: str) -> str:
    """FROM text of the rows whose ``__unit`` is in the relation ``kept``."""
    return f"{patients.relation} {ALIAS} JOIN {kept} k ON k.{UNIT} = {ALIAS}.{UNIT}"


def count(patients: Patients, kept: str, session: Session) -> Counts:
    """How many rows remain, and of how many patients."""
    row = session.rows(
        f"SELECT count(*), count(DISTINCT {row_sql(patients.root)}) FROM {remaining_source(patients, kept)}"
    )[0]
    return Counts(rows=int(row[0]), patients=int(row[1]))
