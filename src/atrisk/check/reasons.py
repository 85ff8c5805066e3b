"""Why values are missing, where their codes say it."""

# ruff: noqa: S608 (only quoted names and constants are put into SQL)

from __future__ import annotations

from collections.abc import Mapping

from atrisk.check.cells import Rule, about_column
from atrisk.read import cell
from atrisk.read.session import Session, quote
from atrisk.read.table import Table
from atrisk.result.finding import Finding, Severity
from atrisk.study.table import Variable

_REASONS = Rule("missing-reasons", Severity.INFORMS)


def check_reasons(tables: Mapping[str, Table], variables: Mapping[str, Variable], session: Session) -> list[Finding]:
    """For every column whose missing codes have reasons: how many cells are missing for each reason."""
    findings = []
    for name, variable in variables.items():
        table, _, column = name.partition(".")
        if not isinstance(variable.missing, dict) or table not in tables or tables[table].column(column) is None:
            continue
        text = cell.trimmed(quote(column))
        counts = [
            f"count(*) FILTER (WHERE {text} IS NOT NULL AND {cell.without_missing(text, [code], numeric=True)} IS NULL)"
            for code in variable.missing
        ]
        found = session.rows(f"SELECT {', '.join(counts)} FROM {tables[table].raw_relation}")[0] if counts else ()
        shown = [f"{count} {reason}" for count, reason in zip(found, variable.missing.values(), strict=True) if count]
        if shown:
            findings.append(about_column(_REASONS, tables[table], column, f"not recorded: {'; '.join(shown)}"))
    return findings
