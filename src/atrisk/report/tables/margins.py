"""Effects against their margins, and what the events observed could have shown."""

from __future__ import annotations

from dataclasses import replace

from atrisk.report.claims import Verdict, judged_margins, margin_words
from atrisk.report.number_form import form_of, unit_words
from atrisk.report.row_cells import limits_cell, number_cell, p_cell
from atrisk.report.row_index import Key
from atrisk.report.table_model import (
    EMPTY,
    Cell,
    Column,
    Piece,
    Table,
    heading_row,
    level_row,
    line,
    plain_row,
    without_empty_columns,
)
from atrisk.report.tables.surgical_words import surgical_name
from atrisk.report.tables.table_words import limits_heading, method_notes
from atrisk.report.view import View
from atrisk.result.run_result import ComparisonFrame


def margin_table(view: View, frame: ComparisonFrame) -> Table | None:
    """Every declared margin: the effect with its limits, whether they keep within it, when it was declared, and why."""
    found = judged_margins(view, frame.name)
    if not found:
        return None
    words = {
        Verdict.SHOWN: view.say("kept"),
        Verdict.WITHIN_BUT_NOT_PRE_SPECIFIED: view.say("within; no conclusion"),
        Verdict.NOT_SHOWN: view.say("not kept"),
        Verdict.NOT_ESTIMABLE: view.say("not estimable"),
    }
    lines = []
    for judged in found:
        row = judged.effect
        form, unit = form_of(view, row), unit_words(view, row)
        label = view.say("{outcome}, {contrast}: {margin}").format(
            outcome=view.names.outcome(judged.margin.outcome),
            contrast=view.names.contrast(frame.name, judged.margin.contrast),
            margin=margin_words(view, judged),
        )
        lines.append(
            plain_row(
                label,
                (
                    Cell.of(view.say(judged.margin.claim)),
                    number_cell(row, form),
                    limits_cell(view, row, form),
                    Cell.of(unit),
                    Cell.of(Piece(words[judged.verdict], judged.met.row_id)),
                    p_cell(view, judged.p) if judged.p is not None else EMPTY,
                    Cell.of(view.say(judged.met.status)),
                    Cell.of(view.text(judged.margin.because)),
                ),
            )
        )
    rows = [judged.effect for judged in found]
    notes = [
        line(
            view.say(
                "Kept: the limits lie within the margin. The one-sided p value is of the hypothesis that the effect "
                "lies at the margin or beyond; its level is half of what the limits leave out."
            )
        )
    ]
    if any(judged.verdict is not Verdict.SHOWN for judged in found):
        notes.append(
            line(
                view.say(
                    "A margin counts as pre-specified only if 'atrisk lock' recorded it, with all that it rests on, "
                    "before there were results. From any other margin nothing is concluded."
                )
            )
        )
    table = Table(
        name=surgical_name(frame, "margins"),
        title=view.say("Effects against declared margins"),
        stub=view.say("Outcome, contrast and margin"),
        columns=(
            Column(heading=view.say("Claim")),
            Column(heading=view.say("Effect")),
            Column(heading=limits_heading(view, rows)),
            Column(heading=view.say("Unit")),
            Column(heading=view.say("Margin")),
            Column(heading=view.say("p, one-sided")),
            Column(heading=view.say("Declared")),
            Column(heading=view.say("Why this margin"), align="start"),
        ),
        rows=tuple(lines),
        notes=(*method_notes(view, rows), *notes),
    )
    return without_empty_columns(table)


def power_table(view: View, frame: ComparisonFrame) -> Table | None:
    """Of every outcome and contrast: events, the hazard ratio detectable with them, and power for declared ratios."""
    rows = [row for row in view.rows.rows if (row.comparison, row.analysis) == (frame.name, "power")]
    if not rows:
        return None
    declared = view.result.study.settings.detectable
    ratios = [f"{ratio:g}" for ratio in declared.hazard_ratios]
    lines = []
    for outcome in dict.fromkeys(row.outcome for row in rows):
        lines.append(heading_row(view.names.outcome(outcome)))
        of_outcome = [row for row in rows if row.outcome == outcome]
        for contrast in dict.fromkeys(row.contrast for row in of_outcome):
            first = next(row for row in of_outcome if row.contrast == contrast)
            key = Key(
                analysis="power",
                statistic="power",
                comparison=frame.name,
                outcome=outcome,
                contrast=contrast,
                cause=first.cause,
            )
            found = view.rows.find(replace(key, statistic="detectable_hazard_ratio"))
            lines.append(
                level_row(
                    view.names.contrast(frame.name, contrast),
                    (
                        Cell.of(Piece(view.words.count(first.n_event or 0), first.row_id, "n_event")),
                        number_cell(found, view.words.ratio),
                        *(number_cell(view.rows.find(replace(key, term=term)), view.words.percent) for term in ratios),
                        *(
                            number_cell(
                                view.rows.find(replace(key, term=term, statistic="events_needed")), view.words.count
                            )
                            for term in ratios
                        ),
                    ),
                )
            )
    power = view.words.conf_level(declared.power)
    return Table(
        name=surgical_name(frame, "power"),
        title=view.say("What the events observed could have shown"),
        stub=view.say("Outcome and contrast"),
        columns=(
            Column(heading=view.say("Events")),
            Column(heading=view.say("Hazard ratio detectable with {power} power").format(power=power)),
            *(Column(heading=term, group=view.say("Power for a hazard ratio of")) for term in ratios),
            *(
                Column(heading=term, group=view.say("Events needed for {power} power").format(power=power))
                for term in ratios
            ),
        ),
        rows=tuple(lines),
        notes=(
            *method_notes(view, rows),
            line(
                view.say(
                    "Of declared hazard ratios, never of the one observed. A hazard ratio between the detectable one "
                    "and its inverse could have been missed."
                )
            ),
        ),
    )
