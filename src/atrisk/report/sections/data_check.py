"""What the data check found, in counts."""

from __future__ import annotations

from collections import Counter

from atrisk.report.document import Block, Paragraph, Section
from atrisk.report.table_model import line
from atrisk.report.tables.corrections import corrections_table
from atrisk.report.tables.findings import findings_table
from atrisk.report.view import View
from atrisk.result.finding import Severity


def data_check_section(view: View) -> Section:
    """Counts of findings; no value and no identifier stands here."""
    blocks: tuple[Block, ...] = (Paragraph(line(f"{found_in_words(view)}.")),)
    table = findings_table(view) if view.result.findings else None
    if table is not None:
        blocks = (*blocks, table)
    corrections = corrections_table(view)
    if corrections is not None:
        blocks = (*blocks, corrections)
    return Section(identifier="data-check", title=view.say("Data check"), blocks=blocks)


def found_in_words(view: View) -> str:
    """How many findings of each severity there are."""
    counts = Counter(finding.severity for finding in view.result.findings)
    if not counts:
        return view.say("The data check found nothing")
    say_count = view.words.language.say_count
    parts = [
        (Severity.BLOCKS, "{count} finding that blocks", "{count} findings that block"),
        (Severity.WARNS, "{count} warning", "{count} warnings"),
        (Severity.INFORMS, "{count} finding for information", "{count} findings for information"),
    ]
    return "; ".join(
        say_count(one, many, counts[severity]).format(count=view.words.count(counts[severity]))
        for severity, one, many in parts
        if counts[severity]
    )
