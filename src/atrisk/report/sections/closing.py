"""Sections 7 to 9: published against computed, methods and provenance, what could not be estimated."""

from __future__ import annotations

from atrisk.report.document import Block, Listing, Paragraph, Section
from atrisk.report.row_cells import number
from atrisk.report.table_model import Piece, line
from atrisk.report.tables.definitions import definitions_table
from atrisk.report.tables.estimands import estimands_table
from atrisk.report.tables.methods import methods_table, provenance_table
from atrisk.report.tables.not_estimated import not_estimated_table, warnings_table
from atrisk.report.tables.published import published_table
from atrisk.report.tables.tests_run import tests_table
from atrisk.report.view import View


def published_section(view: View) -> Section | None:
    """Figures from the publication beside the computed ones; None where none are declared."""
    table = published_table(view)
    if table is None:
        return None
    agree = [row for row in view.rows.rows if row.analysis == "published" and row.statistic == "agrees"]
    held = sum(row.value == 1 for row in agree)
    words = view.say("{held} of {total} figures lie within their tolerance.").format(held=held, total=len(agree))
    blocks: tuple[Block, ...] = (*_draws_tried(view), Paragraph(line(words)), table)
    title = view.say("Published against computed")
    if view.banner:
        heading = view.say("Selected to match the published figures: tests the software, not the finding")
        part = Section(identifier="published-selected", title=heading, blocks=blocks)
        return Section(identifier="published", title=title, parts=(part,))
    return Section(identifier="published", title=title, blocks=blocks)


def _draws_tried(view: View) -> tuple[Paragraph, ...]:
    """How many synthetic cohorts were drawn and thrown away until the published figures were met."""
    rows = [row for row in view.rows.rows if row.analysis == "simulation" and row.value is not None]
    if not rows:
        return ()
    pieces: list[Piece | str] = [view.say("Draws tried until the targets of each block were met, one kept of each: ")]
    for position, row in enumerate(rows):
        pieces += ["; " if position else "", f"{view.say(row.term)} ", number(row, view.words.count)]
    pieces.append(view.say(". Agreement below is what they were selected for."))
    return (Paragraph(line(*pieces), "warning"),)


def methods_section(view: View) -> Section:
    """Methods and conventions read from the rows, then what the run was made from."""
    notes = [
        view.say("Times are counted in whole days; a month is 365.25/12 days, a year 365.25 days."),
        view.say("Limits of curves are pointwise; limits and tests assume independent patients."),
        view.say(
            "p values are adjusted for the pairs of one outcome where a column says so, and for nothing else: not over "
            "outcomes, strata, baseline variables, comparisons or alternatives; hazard ratios and differences are not "
            "adjusted for covariates, and limits not for their number."
        ),
        view.say("Percentages are of patients for whom the value is recorded.") + " " + _imputed(view),
        view.say("Every number carries the identifier of its result row; results.csv holds it in full precision."),
    ]
    blocks: list[Block] = [Listing(tuple(notes))]
    tables = (
        estimands_table(view),
        definitions_table(view),
        methods_table(view),
        tests_table(view),
        provenance_table(view),
    )
    blocks += [table for table in tables if table is not None]
    return Section(identifier="methods", title=view.say("Methods and conventions"), blocks=tuple(blocks))


def _imputed(view: View) -> str:
    """Whether anything stands for what was not recorded: completed dates, grades from one index."""
    parts = []
    partial = sum(variable.partial is not None for variable in view.result.study.variables.values())
    if partial:
        parts.append(view.say("dates recorded without day or month, completed as declared (see the data check)"))
    if any(row.statistic == "n_one_index" and row.value for row in view.rows.rows):
        parts.append(view.say("grades that rest on one index where the other is missing"))
    if not parts:
        return view.say("Nothing is imputed.")
    return view.say("Nothing is imputed but {parts}.").format(parts=view.say(" and ").join(parts))


def not_estimated_section(view: View) -> Section:
    """Statistics without a number, and warnings."""
    tables = [table for table in (not_estimated_table(view), warnings_table(view)) if table is not None]
    blocks: tuple[Block, ...] = tuple(tables) or (Paragraph(line(view.say("Everything asked for was estimated."))),)
    return Section(identifier="not-estimated", title=view.say("What could not be estimated"), blocks=blocks)
