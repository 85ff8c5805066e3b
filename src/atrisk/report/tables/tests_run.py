"""The register of tests: every p value of the run, whatever came out, so that readers can count them."""

from __future__ import annotations

from collections.abc import Iterator

from atrisk.report.row_cells import adjusted_cell, method_words, p_cell, patients_cell
from atrisk.report.table_model import Cell, Column, Table, TableRow, line, plain_row, without_empty_columns
from atrisk.report.tables.adjusted import BY_SCORE
from atrisk.report.tables.methods import analysis_words
from atrisk.report.tables.surgical_words import contrast_label
from atrisk.report.view import View
from atrisk.result.row import MAIN, Row

# Statistics that are p values, beside `p` itself.
P_VALUES = (
    "p",
    "exact_p",
    "proportional_hazards_p",
    "proportional_odds_p",
    "interaction_p",
    "homogeneity_p",
    "equal_periods_p",
)


def tests_table(view: View) -> Table | None:
    """Every test of the main analysis and of the alternatives, with its contrast, its patients and both p values."""
    rows = [row for row in view.result.rows if row.statistic in P_VALUES]
    if not rows:
        return None
    words = view.words.language.say_count("{count} test was run.", "{count} tests were run.", len(rows))
    main = sum(row.specification == MAIN for row in rows)
    split = view.say("{main} belong to the main analysis, {other} to alternatives.").format(
        main=view.words.count(main), other=view.words.count(len(rows) - main)
    )
    chance = view.say(
        "If nothing differed anywhere, about one in twenty independent tests would still give a p value below 0.05."
    )
    table = Table(
        name="tests",
        title=view.say("Every test of this run"),
        stub=view.say("What is tested, and the contrast"),
        columns=(
            Column(heading=view.say("Test"), align="start"),
            Column(heading=view.say("Alternative")),
            Column(heading=view.say("Patients (events)")),
            Column(heading=view.say("p")),
            Column(heading=view.say("p, adjusted")),
        ),
        rows=tuple(_lines(view, rows)),
        notes=(line(f"{words.format(count=view.words.count(len(rows)))} {split} {chance}"),),
    )
    return without_empty_columns(table)


def _lines(view: View, rows: list[Row]) -> Iterator[TableRow]:
    declared = view.result.study.alternatives
    for row in rows:
        named = view.names.outcome(row.outcome) if row.outcome else view.names.variable(row.variable)
        if row.analysis == "subgroup":
            named = view.say("{outcome} by {variable}").format(
                outcome=named, variable=view.names.variable(row.variable)
            )
        alternative = view.text(declared[row.specification].label) if row.specification in declared else ""
        within = f" ({view.names.stratum(row.comparison, row.stratum)})" if row.stratum else ""
        yield plain_row(
            f"{analysis_words(view, row.analysis)}: {named}; {_contrast(view, row)}{within}",
            (
                Cell.of(_test_words(view, row)),
                Cell.of(alternative),
                patients_cell(view, row, events=True),
                p_cell(view, row),
                adjusted_cell(view, row),
            ),
        )


def _test_words(view: View, row: Row) -> str:
    """The test, after whom it is about where groups were weighted or matched."""
    method = method_words(view, row.method)
    return f"{method} ({row.estimand})" if row.estimand in BY_SCORE else method


def _contrast(view: View, row: Row) -> str:
    """The contrast in labels; of two groups there is only one, also for a test of all."""
    frame = view.names.frame(row.comparison)
    if frame is None:
        return row.contrast
    of_two = len(frame.groups) == 2 and len(frame.contrasts) == 1
    return contrast_label(view, frame, frame.contrasts[0] if of_two else row.contrast)
