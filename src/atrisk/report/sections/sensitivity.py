"""The section of alternatives: every declared one beside the main analysis, none selected."""

from __future__ import annotations

from atrisk.report.document import Paragraph, Section
from atrisk.report.table_model import line
from atrisk.report.tables.sensitivity import declared_table, sensitivity_table
from atrisk.report.view import View


def sensitivity_section(view: View) -> Section | None:
    """One table of all alternatives; None where none are declared."""
    table = sensitivity_table(view)
    if table is None:
        return None
    words = view.say(
        "Each line takes one decision of the study otherwise, as its study file declares; all else is as in the main "
        "analysis. Every alternative declared is shown, whatever it gives, and none replaces the main analysis."
    )
    tables = tuple(found for found in (table, declared_table(view)) if found is not None)
    return Section(
        identifier="sensitivity", title=view.say("Alternative decisions"), blocks=(Paragraph(line(words)), *tables)
    )
