"""What a check found: where, how grave, and what to do about it."""

from __future__ import annotations

from dataclasses import dataclass
from enum import StrEnum


class Severity(StrEnum):
    """``blocks`` stops the study, ``warns`` may bias it, ``informs`` is good to know."""

    BLOCKS = "blocks"
    WARNS = "warns"
    INFORMS = "informs"


@dataclass(frozen=True, slots=True, kw_only=True)
class Finding:
    """One problem in one place.

    ``message`` and ``remedy`` never contain a patient's value or identifier: they go to the terminal. ``key`` (the
    row's identifier) and ``value`` (the raw cell text) are shown only in the check report, which stays at the site.
    ``row`` is the line in the file (the header is line 1); None when the finding is about a column or a table.
    """

    rule: str
    severity: Severity
    table: str = ""
    file: str = ""
    row: int | None = None
    column: str = ""
    message: str
    remedy: str = ""
    key: str = ""
    value: str = ""

    @property
    def place(self) -> str:
        """File, row and column as far as they are known."""
        parts = [self.file or self.table]
        if self.row is not None:
            parts.append(f"row {self.row}")
        if self.column:
            parts.append(f"column {self.column}")
        return ", ".join(part for part in parts if part)


def blocking(findings: tuple[Finding, ...]) -> tuple[Finding, ...]:
    """The findings that stop the study."""
    return tuple(finding for finding in findings if finding.severity is Severity.BLOCKS)
