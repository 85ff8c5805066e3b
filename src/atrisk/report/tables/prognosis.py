"""The prognostic model: every variable alone and together, and how well its predictions hold."""

from __future__ import annotations

from collections.abc import Iterator, Sequence

from atrisk.report.row_cells import Format, limits_cell, number, number_cell, p_cell
from atrisk.report.sentence import filled
from atrisk.report.table_model import (
    EMPTY,
    Cell,
    Column,
    Line,
    Piece,
    Table,
    TableRow,
    heading_row,
    level_row,
    line,
    plain_row,
    without_empty_columns,
)
from atrisk.report.tables.methods import statistic_words
from atrisk.report.tables.table_words import limits_heading, time_unit
from atrisk.report.view import View
from atrisk.result.row import Row, is_companion

PROGNOSIS = "prognosis"
_PERFORMANCE = (
    "concordance", "calibration_slope", "brier", "scaled_brier", "observed_over_predicted", "calibration_index",
)  # fmt: skip


def prognosis_rows(view: View) -> list[Row]:
    """Every row of the prognostic model but limits."""
    return [row for row in view.rows.rows if row.analysis == PROGNOSIS and not is_companion(row)]


def variables_table(view: View) -> Table | None:
    """Each variable's hazard ratio alone and together with all others, of the same patients."""
    rows = [row for row in prognosis_rows(view) if row.variable]
    if not rows:
        return None
    ratio, limits = view.say("Hazard ratio"), limits_heading(view, rows)
    alone, together = view.say("Alone"), view.say("Together")
    columns = tuple(
        Column(heading=heading, group=group)
        for group in (alone, together)
        for heading in (ratio, limits, view.say("p (spline)"))
    )
    outcome = view.names.outcome(rows[0].outcome)
    lines = (each for name in dict.fromkeys(row.variable for row in rows) for each in _lines(view, name, rows))
    table = Table(
        name="prognosis",
        title=view.say("{outcome}: prognostic model").format(outcome=outcome),
        stub=view.say("Variable"),
        columns=columns,
        rows=tuple(lines),
        notes=tuple(_notes(view)),
    )
    return without_empty_columns(table)


def _lines(view: View, variable: str, rows: Sequence[Row]) -> Iterator[TableRow]:
    own = [row for row in rows if row.variable == variable]
    label = view.names.variable(variable)
    levels = dict.fromkeys(row.level for row in own if row.level)
    if not levels:
        spline = all(row.statistic == "p" for row in own)
        words = view.say("{variable} (spline)") if spline else view.say("{variable}, per unit")
        yield plain_row(words.format(variable=label), _cells(view, own, ""))
        return
    reference = view.names.level(variable, next(row.term for row in own if row.level))
    yield heading_row(view.say("{variable}, against {reference}").format(variable=label, reference=reference))
    for level in levels:
        yield level_row(view.names.level(variable, level), _cells(view, own, level))


def _cells(view: View, own: Sequence[Row], level: str) -> tuple[Cell, ...]:
    found: list[Cell] = []
    for method in dict.fromkeys(row.method for row in own):
        mine = {row.statistic: row for row in own if (row.method, row.level) == (method, level)}
        ratio, test = mine.get("hazard_ratio"), mine.get("p")
        found += [
            number_cell(ratio, view.words.ratio),
            limits_cell(view, ratio, view.words.ratio),
            p_cell(view, test) if test is not None else EMPTY,
        ]
    return tuple(found)


def _notes(view: View) -> Iterator[Line]:
    by_name = {row.statistic: row for row in prognosis_rows(view) if not row.group and not row.variable}
    n, events, left = (by_name.get(name) for name in ("n", "n_event", "n_excluded"))
    if n is not None and events is not None:
        message = view.say("Complete cases: {n} patients with {events} events; {left} are left out ({why}).")
        left_number = number(left, view.words.count)
        if left is not None and not left.value:
            message = view.say("{n} patients with {events} events; of nobody is a variable missing.")
        yield filled(
            message,
            {
                "n": number(n, view.words.count),
                "events": number(events, view.words.count),
                "left": left_number,
                "why": view.remark(left.note) if left is not None and left.note else "",
            },
        )
    per = by_name.get("events_per_parameter")
    if per is not None:
        words = view.say("Events for each coefficient: {number}.")
        yield filled(words, {"number": number(per, lambda value: view.words.number(value, 1))})
        if per.warning:
            yield line(view.say("Warning: "), Piece(view.remark(per.warning), per.row_id, "warning"), ".")
    yield line(view.say("The variables were declared; none was chosen by its p value, and a ratio is no effect."))


def performance_table(view: View) -> Table | None:
    """Concordance, calibration and Brier scores: of the model's own patients, and corrected for optimism."""
    rows = [row for row in prognosis_rows(view) if row.statistic in _PERFORMANCE]
    if not rows:
        return None
    lines: list[TableRow] = []
    for statistic in dict.fromkeys(row.statistic for row in rows):
        own = {row.method: row for row in rows if row.statistic == statistic}
        apparent = own.get("apparent")
        corrected = own.get("corrected for optimism") or own.get("bootstrap")
        form = three_decimals(view)
        first = apparent or corrected
        words = statistic_words(view, statistic)
        if first is not None and first.time is not None:
            at = view.words.time_point(first.time, time_unit(view, first.outcome))
            words = view.say("{measure} at {time}").format(measure=words, time=at)
        cells = [cell for row in (apparent, corrected) for cell in (number_cell(row, form), _limits(view, row, form))]
        lines.append(plain_row(words, cells))
    limits = limits_heading(view, rows)
    own_patients, others = view.say("In its own patients"), view.say("Corrected for optimism")
    table = Table(
        name="prognosis-performance",
        title=view.say("How well the model predicts"),
        stub=view.say("Measure"),
        columns=(
            Column(heading=view.say("Estimate"), group=own_patients),
            Column(heading=limits, group=own_patients),
            Column(heading=view.say("Estimate"), group=others),
            Column(heading=limits, group=others),
        ),
        rows=tuple(lines),
        notes=tuple(_meanings(view, rows)),
    )
    return without_empty_columns(table)


def _limits(view: View, row: Row | None, form: Format) -> Cell:
    """Limits where the measure has any: of a mean over replicates there are none."""
    return limits_cell(view, row, form) if row is not None and row.conf_level is not None else EMPTY


def three_decimals(view: View) -> Format:
    """How concordance and scores are printed."""
    return lambda value: view.words.number(value, 3)


def _meanings(view: View, rows: Sequence[Row]) -> Iterator[Line]:
    declared = view.result.study.prognosis
    if declared is not None:
        words = view.say(
            "Optimism by {replicates} bootstrap samples, in each of which the whole model was fitted anew (Harrell; "
            "seed {seed})."
        )
        yield line(words.format(replicates=view.words.count(declared.replicates), seed=str(declared.seed)))
    yield line(
        view.say(
            "Concordance: how often of two patients the one with the higher predicted risk has the event first; 0.5 is "
            "chance. Slope: by how much the coefficients are to be shrunk in new patients; 1 is not at all. Brier "
            "score: mean squared distance of prediction and outcome; scaled: 0 knows nothing of the patients, 1 is "
            "perfect."
        )
    )
    warned = dict.fromkeys(row.warning for row in rows if row.warning)
    yield from (line(view.say("Warning: {warning}.").format(warning=view.remark(text))) for text in warned)
