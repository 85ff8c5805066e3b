"""How many findings of one kind are listed: a thousand rows with one problem are a problem of the column."""

from __future__ import annotations

from collections import Counter
from collections.abc import Iterable
from dataclasses import replace

from atrisk.result.finding import Finding
from atrisk.result.remark import Remark

# A list of a million serves nobody, and takes the check report minutes to write.
MOST_ROWS = 1000
_Kind = tuple[str, str, str, str]


def limited(findings: Iterable[Finding]) -> tuple[Finding, ...]:
    """The findings, of each rule the first ``MOST_ROWS`` rows of a column, then one that says how many there are.

    Findings about no row are never left out. What stands in one thousand rows and more is then told once more, without
    a row, a key or a value, after the last one listed; doing it twice changes nothing.
    """
    findings = tuple(findings)
    total = Counter(_kind(finding) for finding in findings if finding.row is not None)
    if not any(count > MOST_ROWS for count in total.values()):
        return findings
    seen: Counter[_Kind] = Counter()
    kept: list[Finding] = []
    for finding in findings:
        kind = _kind(finding)
        if finding.row is None or total[kind] <= MOST_ROWS:
            kept.append(finding)
            continue
        seen[kind] += 1
        if seen[kind] <= MOST_ROWS:
            kept.append(finding)
        if seen[kind] == MOST_ROWS:
            message = Remark("rows-listed", {"total": total[kind], "listed": MOST_ROWS})
            kept.append(replace(finding, row=None, key="", value="", message=message))
    return tuple(kept)


def _kind(finding: Finding) -> _Kind:
    return finding.rule, finding.severity, finding.table, finding.column
