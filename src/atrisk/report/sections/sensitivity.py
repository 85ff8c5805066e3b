"""The section of alternatives: every declared one beside the main analysis, none selected."""

from __future__ import annotations

from atrisk.report.document import Paragraph, Section
from atrisk.report.table_model import line
from atrisk.report.tables.sensitivity import declared_table, sensitivity_tables
from atrisk.report.view import View


def sensitivity_section(view: View) -> Section | None:
    """A table of all alternatives for every comparison they bear on; None where none are declared."""
    tables = sensitivity_tables(view)
    declared = declared_table(view)
    if declared is None:
        return None
    words = view.say(
        "Each line takes one decision of the study otherwise, as its study file declares; all else is as in the main "
        "analysis. Every alternative declared is shown, whatever it gives, and none replaces the main analysis."
    )
    return Section(
        identifier="sensitivity",
        title=view.say("Alternative decisions"),
        blocks=(Paragraph(line(words)), *tables, declared),
    )
