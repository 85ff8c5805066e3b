"""Findings as lines for the terminal: severity, rule, file, column and rows, never a patient's value."""

from __future__ import annotations

from collections.abc import Iterable, Iterator, Sequence

from atrisk.result.counted import counted
from atrisk.result.finding import Finding, Severity

_ROWS_SHOWN = 8


def finding_lines(findings: Iterable[Finding]) -> Iterator[str]:
    """The findings, gravest first; those that differ only in their row are one entry with the rows listed."""
    groups: dict[tuple[str, ...], list[Finding]] = {}
    for finding in findings:
        place = finding.file or finding.table
        key = (finding.severity, finding.rule, place, finding.column, finding.message, finding.remedy)
        groups.setdefault(key, []).append(finding)
    order = {severity: number for number, severity in enumerate(Severity)}
    for group in sorted(groups.values(), key=lambda group: order[group[0].severity]):
        first = group[0]
        place = ", ".join(
            part
            for part in (first.file or first.table, first.column and f"column {first.column}", _rows(group))
            if part
        )
        yield f"{first.severity.value:8}{first.rule}: {place}" if place else f"{first.severity.value:8}{first.rule}"
        yield f"        {first.message}"
        if first.remedy:
            yield f"        {first.remedy}"


def warning_lines(findings: Iterable[Finding]) -> Iterator[str]:
    """A line for each rule and column that warns, with its number of rows: what a reader of the results must know.

    A finding that belongs to no file says what it is about in its message.
    """
    groups: dict[tuple[str, str, str], list[Finding]] = {}
    for finding in findings:
        if finding.severity is Severity.WARNS:
            place = ", ".join(part for part in (finding.file, finding.column and f"column {finding.column}") if part)
            groups.setdefault((finding.rule, place, "" if place else finding.message), []).append(finding)
    for (rule, place, message), group in groups.items():
        rows = len({finding.row for finding in group if finding.row is not None})
        count = f", {counted(rows, 'row', 'rows')}" if rows else ""
        yield f"{rule}: {place}{count}" if place else f"{rule}: {message}"


def count_words(findings: Sequence[Finding]) -> str:
    """How many findings of each severity: ``2 that block, 1 that warns, 3 that inform``."""
    verbs = {Severity.BLOCKS: "block", Severity.WARNS: "warn", Severity.INFORMS: "inform"}
    counts = {severity: sum(finding.severity is severity for finding in findings) for severity in Severity}
    parts = [f"{n} that {verbs[severity]}{'s' if n == 1 else ''}" for severity, n in counts.items() if n]
    return ", ".join(parts) if parts else "none"


def _rows(group: Sequence[Finding]) -> str:
    rows = sorted({finding.row for finding in group if finding.row is not None})
    if not rows:
        return ""
    shown = ", ".join(str(row) for row in rows[:_ROWS_SHOWN])
    more = f" and {len(rows) - _ROWS_SHOWN} more" if len(rows) > _ROWS_SHOWN else ""
    return f"row{'s' if len(rows) > 1 else ''} {shown}{more}"
