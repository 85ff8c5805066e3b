"""Cells corrected as the study file declares: how many, in which column, and why; never which patient's."""

from __future__ import annotations

from atrisk.report.row_cells import number
from atrisk.report.table_model import Cell, Column, Table, line, plain_row
from atrisk.report.view import View


def corrections_table(view: View) -> Table | None:
    """Counts of corrections by column and reason; None where none are declared."""
    rows = [row for row in view.rows.rows if row.analysis == "corrections"]
    if not rows:
        return None
    reasons = {str(each.reason): each.reason for each in view.result.study.corrections}
    return Table(
        name="corrections",
        title=view.say("Corrections declared in the study file"),
        stub=view.say("Column"),
        columns=(
            Column(heading=view.say("Cells corrected")),
            Column(heading=view.say("Reason"), align="start"),
        ),
        rows=tuple(
            plain_row(
                row.variable,
                (Cell.of(number(row, view.words.count)), Cell.of(view.text(reasons.get(row.term)) or row.term)),
            )
            for row in rows
        ),
        notes=(
            line(
                view.say(
                    "Applied to the cells before anything was read from them; nothing else in the data was changed. "
                    "Each is listed in the check report, which stays at the site."
                )
            ),
        ),
    )
