"""What the data check found, counted by rule, table and column; values stand only in the check report."""

from __future__ import annotations

from atrisk.report.table_model import Cell, Column, Table, line, plain_row
from atrisk.report.view import View
from atrisk.result.finding import Finding, Severity
from atrisk.result.remark import Remark
from atrisk.result.remark_templates import TEMPLATES

_ORDER = tuple(Severity)


def findings_table(view: View) -> Table | None:
    """Counts of findings; None where nothing was found."""
    groups: dict[tuple[Severity, str, str, str], list[Finding]] = {}
    for finding in view.result.findings:
        groups.setdefault((finding.severity, finding.rule, finding.table, finding.column), []).append(finding)
    if not groups:
        return None
    ordered = sorted(groups.items(), key=lambda item: (_ORDER.index(item[0][0]), item[0][1:]))
    return Table(
        name="findings",
        title=view.say("Findings of the data check"),
        stub=view.say("Rule"),
        columns=(
            Column(heading=view.say("What it is"), align="start"),
            Column(heading=view.say("Severity")),
            Column(heading=view.say("Table")),
            Column(heading=view.say("Column")),
            Column(heading=view.say("Findings")),
        ),
        rows=tuple(
            plain_row(
                rule.replace("_", " "),
                (
                    Cell.of(view.remark(_shared_message(found))),
                    Cell.of(severity_words(view, severity)),
                    Cell.of(table),
                    Cell.of(column),
                    Cell.of(view.words.count(len(found))),
                ),
            )
            for (severity, rule, table, column), found in ordered
        ),
        notes=(
            line(
                view.say(
                    "Rows, identifiers and values are listed in the check report (atrisk check), which stays at the "
                    "site."
                )
            ),
        ),
    )


def _shared_message(found: list[Finding]) -> str:
    """The message where all findings of a line share it, else a sentence on the rule; nothing where there is none."""
    messages = {finding.message for finding in found}
    if len(messages) == 1:
        return messages.pop()
    general = f"{found[0].rule}.general"
    return Remark(general) if general in TEMPLATES else ""


def severity_words(view: View, severity: Severity) -> str:
    """A severity as readers see it."""
    return {
        Severity.BLOCKS: view.say("blocks"),
        Severity.WARNS: view.say("warns"),
        Severity.INFORMS: view.say("informs"),
    }[severity]
