"""How much of an effect rests on centres: within them, by clusters, and without each in turn."""

from __future__ import annotations

from collections.abc import Iterator, Sequence

from atrisk.report.number_form import form_of
from atrisk.report.row_cells import number
from atrisk.report.sentence import filled
from atrisk.report.table_model import Line, Table, line
from atrisk.report.tables.estimates import EstimateLine, estimate_table
from atrisk.report.tables.subgroups import effects, whole_effect
from atrisk.report.tables.surgical_words import contrast_label
from atrisk.report.tables.table_words import table_name
from atrisk.report.view import View
from atrisk.result.row import Row
from atrisk.result.run_result import ComparisonFrame

CENTRE = "centre"


def centre_label(view: View, row: Row) -> str:
    """What a row of centres is: its model, or who was left out."""
    if row.level:
        return view.say("Without {centre}").format(centre=view.names.level(row.variable, row.level))
    within = row.method.endswith("within centres")
    return view.say("Within centres") if within else view.say("Limits by clusters of centres")


def centre_table(view: View, frame: ComparisonFrame, outcome: str) -> Table | None:
    """Every contrast as in the main analysis, within centres, by clusters, and without each centre."""
    rows = effects(view, frame, CENTRE, outcome)
    lines: list[EstimateLine] = []
    for contrast in frame.contrasts:
        own = [row for row in rows if row.contrast == contrast]
        if not own:
            continue
        lines.append(EstimateLine(label=contrast_label(view, frame, contrast)))
        lines.append(EstimateLine(label=view.say("Main analysis"), row=whole_effect(view, frame, outcome, contrast)))
        lines += [EstimateLine(label=centre_label(view, row), row=row) for row in own]
    return estimate_table(
        view,
        lines,
        name=table_name(frame, "centres", outcome),
        title=view.say("{outcome}: centres").format(outcome=view.names.outcome(outcome)),
        stub=view.say("Contrast and centres"),
        notes=tuple(_notes(view, frame, outcome, rows)),
    )


def _notes(view: View, frame: ComparisonFrame, outcome: str, rows: Sequence[Row]) -> Iterator[Line]:
    for contrast in frame.contrasts:
        without = [row for row in rows if row.level and row.contrast == contrast and row.value is not None]
        if len(without) > 1:
            low = min(without, key=lambda row: row.value or 0.0)
            high = max(without, key=lambda row: row.value or 0.0)
            yield filled(
                view.say("{contrast}, without one centre in turn: from {low} to {high}."),
                {
                    "contrast": contrast_label(view, frame, contrast),
                    "low": number(low, form_of(view, low)),
                    "high": number(high, form_of(view, high)),
                },
            )
    for row in view.rows.family(frame.name, CENTRE, outcome):
        if row.statistic == "n_excluded" and not row.group and not row.level and row.value:
            message = view.say("{count} patients, whose centre is not recorded, are in none of these.")
            yield filled(message, {"count": number(row, view.words.count)})
    warned = dict.fromkeys(row.warning for row in rows if row.warning)
    yield from (line(view.say("Warning: {warning}.").format(warning=view.remark(text))) for text in warned)
