"""What the study file says of a table, before its cells are looked at."""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass, field

from atrisk.read.expected_type import EventUse
from atrisk.read.session import quote
from atrisk.read.table import ColumnType
from atrisk.result.finding import Finding, Severity
from atrisk.study.table import Variable

_NOTHING = Variable()


@dataclass(frozen=True, slots=True)
class Declared:
    """A table's name and file, the columns that hold keys, and what is declared or implied of its columns.

    ``identifier`` is the column by which a finding names its row: the key, or the parent's key where there is none.
    ``expected`` holds the types that the study's own words imply, ``events`` the columns used as dates of events.
    """

    name: str
    file: str
    keys: frozenset[str]
    identifier: str | None
    variables: Mapping[str, Variable]
    expected: Mapping[str, ColumnType]
    events: Mapping[str, EventUse] = field(default_factory=dict)

    def variable(self, column: str) -> Variable:
        """What the study file declares of a column."""
        return self.variables.get(column, _NOTHING)

    def states_type(self, column: str) -> bool:
        """Whether the study file, by a declaration or by its use of a column, says what its cells are."""
        said = self.variable(column)
        declared = said.type or said.format or said.partial or said.censored or said.range or said.bands
        return bool(declared) or column in self.expected

    def identifier_sql(self, alias: str) -> str:
        """SQL text of the row's identifier in a relation with the table's text cells; NULL where it has none."""
        return f"{alias}.{quote(self.identifier)}" if self.identifier else "NULL"

    def column_finding(self, rule: str, severity: Severity, column: str, message: str, remedy: str = "") -> Finding:
        """A finding about a whole column."""
        return Finding(
            rule=rule,
            severity=severity,
            table=self.name,
            file=self.file,
            column=column,
            message=message,
            remedy=remedy,
        )
