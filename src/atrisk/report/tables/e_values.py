"""E-values: how strong confounding by something not adjusted for would have to be."""

from __future__ import annotations

from atrisk.report.row_cells import number_cell
from atrisk.report.table_model import Column, Table, TableRow, heading_row, level_row, line
from atrisk.report.tables.adjusted import effect_label
from atrisk.report.tables.surgical_words import contrast_label
from atrisk.report.tables.table_words import table_name
from atrisk.report.view import View
from atrisk.result.run_result import ComparisonFrame


def e_value_table(view: View, frame: ComparisonFrame, outcome: str) -> Table | None:
    """How strong unmeasured confounding would have to be to explain each adjusted ratio away."""
    rows = [
        row
        for row in view.rows.rows
        if (row.comparison, row.outcome, row.stratum) == (frame.name, outcome, "")
        and row.statistic in ("e_value", "e_value_limit")
    ]
    if not rows:
        return None
    lines: list[TableRow] = []
    for contrast in frame.contrasts:
        own = [row for row in rows if row.contrast == contrast]
        if not own:
            continue
        lines.append(heading_row(contrast_label(view, frame, contrast)))
        keys = dict.fromkeys((row.analysis, row.estimand, row.method) for row in own)
        for key in keys:
            pair = {row.statistic: row for row in own if (row.analysis, row.estimand, row.method) == key}
            cells = tuple(number_cell(pair.get(name), view.words.ratio) for name in ("e_value", "e_value_limit"))
            lines.append(level_row(effect_label(view, pair["e_value"]), cells))
    return Table(
        name=table_name(frame, "e-values", outcome),
        title=view.say("{outcome}: what unmeasured confounding would have to be").format(
            outcome=view.names.outcome(outcome)
        ),
        stub=view.say("Contrast and model"),
        columns=(
            Column(heading=view.say("E-value of the estimate")),
            Column(heading=view.say("E-value of its limit nearer to 1")),
        ),
        rows=tuple(lines),
        notes=(
            line(
                view.say(
                    "E-value: the least risk ratio that something not adjusted for must have with both the group and "
                    "the outcome to move the estimate, or its limit, to 1. A limit that already includes 1 has the "
                    "E-value 1. It says nothing of how likely such confounding is."
                )
            ),
        ),
    )
