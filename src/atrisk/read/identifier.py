"""Values that tell who a patient is, kept out of every finding."""

from __future__ import annotations

from collections.abc import Iterable, Mapping
from dataclasses import replace

from atrisk.result.finding import Finding
from atrisk.study.table import Variable


def without_identifiers(findings: Iterable[Finding], variables: Mapping[str, Variable]) -> tuple[Finding, ...]:
    """The findings, without the cell's text where its column is marked as an identifier: not even the check report,
    which is sent to a data manager, shows a name or an address. The row's key, by which it is found, stays.
    """
    hidden = {name for name, variable in variables.items() if variable.identifier}
    return tuple(
        replace(finding, value="") if f"{finding.table}.{finding.column}" in hidden else finding for finding in findings
    )
