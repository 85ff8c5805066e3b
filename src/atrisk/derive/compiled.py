"""What a definition compiles to: SQL text for its value, and the questions that find rows it cannot use."""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass, field

from atrisk.read.table import ColumnType
from atrisk.result.finding import Finding, Severity

# The alias under which values gathered from child rows stand beside the patient's row.
GATHERED = "g"


@dataclass(frozen=True, slots=True, kw_only=True)
class Breach:
    """A rule that rows may break: its name, what is wrong, what to do, and how grave it is; no text holds a value."""

    rule: str
    message: str
    remedy: str
    severity: Severity = Severity.BLOCKS


@dataclass(frozen=True, slots=True, kw_only=True)
class RowQuestion:
    """Rows that a definition cannot use, as a finding each.

    ``select`` yields the line in the file, the row's key and the raw value, as text; ``message`` and ``remedy`` say
    what is wrong without any value.
    """

    rule: str
    severity: Severity
    table: str
    column: str
    select: str
    message: str
    remedy: str


@dataclass(frozen=True, slots=True, kw_only=True)
class Compiled:
    """A derived variable as SQL text over the patient's row ``p`` and, where needed, values gathered in ``g``.

    ``fields`` maps "" (the variable itself) or a field such as ``date`` to its SQL. ``gather`` is a query of one row
    a patient with ``__unit``; patients without a row in it have NULL throughout ``g``. ``guarded`` says that the SQL
    holds an expression from the study file, which may fail for a row.
    """

    fields: Mapping[str, str]
    types: Mapping[str, ColumnType]
    gather: str | None = None
    levels: tuple[str, ...] | None = None
    guarded: bool = False
    questions: tuple[RowQuestion, ...] = field(default=())
    findings: tuple[Finding, ...] = field(default=())


def one_value(sql: str, kind: ColumnType, *questions: RowQuestion, levels: tuple[str, ...] | None = None) -> Compiled:
    """A variable that is one expression over the patient's row."""
    return Compiled(fields={"": sql}, types={"": kind}, levels=levels, questions=questions)
