"""Comparisons adjusted for declared confounders, beside the unadjusted ones; and what each confounder contributes."""

from __future__ import annotations

from collections.abc import Iterator, Sequence
from dataclasses import replace

from atrisk.report.row_cells import limits_cell, method_words, number, number_cell, p_cell
from atrisk.report.row_index import Key
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
from atrisk.report.tables.estimates import EstimateLine, estimate_table
from atrisk.report.tables.surgical_words import contrast_label
from atrisk.report.tables.table_words import limits_heading, table_name
from atrisk.report.view import View
from atrisk.result.row import Row, is_companion
from atrisk.result.run_result import ComparisonFrame
from atrisk.study.adjustment import Adjustment

# Families of adjusted estimates of a contrast, in the order shown.
ADJUSTED_ANALYSES = ("regression",)
CONFOUNDERS, SAME_PATIENTS = "confounders", "none, same patients"
_EFFECTS = ("hazard_ratio", "odds_ratio", "risk_difference", "survival_difference", "restricted_mean_difference")


def adjusted_outcomes(view: View, frame: ComparisonFrame) -> tuple[str, ...]:
    """The outcomes of a comparison that have adjusted estimates."""
    rows = (row for row in view.rows.rows if row.comparison == frame.name and row.analysis == "adjusted")
    return tuple(dict.fromkeys(row.outcome for row in rows))


def adjusted_table(view: View, frame: ComparisonFrame, outcome: str) -> Table | None:
    """Every estimate of each contrast: unadjusted, of all and of those with complete values; then adjusted."""
    rows = adjusted_effects(view, frame, outcome)
    lines: list[EstimateLine] = []
    for contrast in frame.contrasts:
        own = [row for row in rows if row.contrast == contrast]
        lines.append(EstimateLine(label=contrast_label(view, frame, contrast)))
        crude = _crude(view, frame, outcome, contrast)
        if crude is not None:
            lines.append(EstimateLine(label=view.say("Unadjusted, all patients"), row=crude, p=_p_of(view, crude)))
        lines += [EstimateLine(label=effect_label(view, row), row=row, p=_p_of(view, row)) for row in own]
    return estimate_table(
        view,
        lines,
        name=table_name(frame, "adjusted", outcome),
        title=view.say("{outcome}: unadjusted and adjusted").format(outcome=view.names.outcome(outcome)),
        stub=view.say("Contrast and model"),
        notes=tuple(_notes(view, frame, outcome)),
    )


def adjusted_effects(view: View, frame: ComparisonFrame, outcome: str) -> list[Row]:
    """Every effect of an adjusted model, and those of its patients unadjusted, in the order of their methods."""
    return [
        row
        for analysis in ADJUSTED_ANALYSES
        for row in view.rows.family(frame.name, analysis, outcome)
        if row.statistic in _EFFECTS and row.contrast and not is_companion(row)
    ]


def _crude(view: View, frame: ComparisonFrame, outcome: str, contrast: str) -> Row | None:
    """The main analysis's own hazard ratio, or proportional odds ratio."""
    cause = view.cause(frame, outcome)
    hazard = Key(
        analysis="cox", statistic="hazard_ratio", comparison=frame.name, outcome=outcome, contrast=contrast, cause=cause
    )
    odds = replace(hazard, analysis="proportional_odds", statistic="odds_ratio", cause="")
    return view.rows.find(hazard) or view.rows.find(odds)


def _p_of(view: View, effect: Row) -> Row | None:
    """The test that belongs to an estimate."""
    for row in view.rows.family(effect.comparison, effect.analysis, effect.outcome, effect.stratum):
        same = (row.contrast, row.adjustment_set, row.estimand, row.method, row.time, row.variable) == (
            effect.contrast, effect.adjustment_set, effect.estimand, effect.method, effect.time, effect.variable,
        )  # fmt: skip
        if row.statistic == "p" and same and row.of in ("", effect.statistic):
            return row
    return None


def effect_label(view: View, row: Row) -> str:
    """What an effect is adjusted for and how, in words."""
    method = method_words(view, row.method)
    if row.adjustment_set == SAME_PATIENTS:
        return view.say("Unadjusted, the adjusted model's patients: {method}").format(method=method)
    return view.say("Adjusted: {method}").format(method=method)


def _notes(view: View, frame: ComparisonFrame, outcome: str) -> Iterator[Line]:
    adjustment = declared_adjustment(view, frame)
    if adjustment is not None:
        names = "; ".join(view.names.variable(name) for name in adjustment.confounders)
        yield line(view.say("Adjusted for: {names}.").format(names=names))
    yield from _left_out(view, frame, outcome)
    for row in view.rows.family(frame.name, "regression", outcome):
        if row.statistic == "events_per_parameter" and row.value is not None:
            words = view.say("Events for each coefficient of the adjusted model: {number}.")
            yield filled(words, number=number(row, lambda value: view.words.number(value, 1)))
            if row.warning:
                yield line(view.say("Warning: "), Piece(view.remark(row.warning), row.row_id, "warning"), ".")
    warned = dict.fromkeys(row.warning for row in adjusted_effects(view, frame, outcome) if row.warning)
    for warning in warned:
        yield line(view.say("Warning: {warning}.").format(warning=view.remark(warning)))


def declared_adjustment(view: View, frame: ComparisonFrame) -> Adjustment | None:
    """What the study declares to be adjusted for in this comparison."""
    study = view.result.study
    return study.adjustment if frame.name == "main" else study.comparisons[frame.name].adjustment


def _left_out(view: View, frame: ComparisonFrame, outcome: str) -> Iterator[Line]:
    """How many patients of each group are not in the adjusted model."""
    rows = {
        row.group: row
        for row in view.rows.family(frame.name, "adjusted", outcome)
        if row.statistic == "n_excluded" and row.adjustment_set == CONFOUNDERS
    }
    everyone = rows.get("")
    if everyone is None or not everyone.value:
        return
    pieces: list[Piece | str] = []
    for group in frame.groups:
        if group in rows:
            pieces += ["; " if pieces else "", f"{view.names.group(frame.name, group)} "]
            pieces.append(number(rows[group], view.words.count))
    message = view.say("{count} patients are not in the adjusted model ({groups}): {reason}.")
    yield filled(
        message,
        count=number(everyone, view.words.count),
        groups=line(*pieces),
        reason=view.remark(everyone.note),
    )


def covariate_table(view: View, frame: ComparisonFrame, outcome: str) -> Table | None:
    """Each confounder's ratio alone and in the adjusted model, side by side; levels against the first one."""
    rows = view.rows.family(frame.name, "covariate", outcome)
    if not rows:
        return None
    lines: list[TableRow] = []
    for variable in dict.fromkeys(row.variable for row in rows):
        own = [row for row in rows if row.variable == variable]
        lines += _lines_of(view, variable, own)
    ratio = view.say("Hazard ratio") if any(row.statistic == "hazard_ratio" for row in rows) else view.say("Odds ratio")
    limits = limits_heading(view, rows)
    alone, together = view.say("Alone"), view.say("In the adjusted model")
    table = Table(
        name=table_name(frame, "covariates", outcome),
        title=view.say("{outcome}: what each confounder contributes").format(outcome=view.names.outcome(outcome)),
        stub=view.say("Confounder"),
        columns=(
            Column(heading=ratio, group=alone),
            Column(heading=limits, group=alone),
            Column(heading=view.say("p"), group=alone),
            Column(heading=ratio, group=together),
            Column(heading=limits, group=together),
            Column(heading=view.say("p"), group=together),
        ),
        rows=tuple(lines),
        notes=(
            line(
                view.say(
                    "A confounder's ratio in the adjusted model is not its effect: the model was made for the groups, "
                    "and what confounds the confounder is not in it. None was chosen by its p value. Of a spline there "
                    "is no one ratio; its p value tests all its terms."
                )
            ),
        ),
    )
    return without_empty_columns(table)


def _lines_of(view: View, variable: str, own: Sequence[Row]) -> Iterator[TableRow]:
    label = view.names.variable(variable)

    def cells(level: str) -> tuple[Cell, ...]:
        found: list[Cell] = []
        for name in (SAME_PATIENTS, CONFOUNDERS):
            mine = [row for row in own if row.adjustment_set == name and row.level == level]
            ratio = next((row for row in mine if row.statistic in ("hazard_ratio", "odds_ratio")), None)
            test = next((row for row in mine if row.statistic == "p"), None)
            found += [
                number_cell(ratio, view.words.ratio),
                limits_cell(view, ratio, view.words.ratio),
                p_cell(view, test) if test is not None else EMPTY,
            ]
        return tuple(found)

    levels = [row for row in own if row.level]
    if not levels:
        spline = all(row.statistic == "p" for row in own if not is_companion(row))
        words = view.say("{variable} (spline)") if spline else view.say("{variable}, per unit")
        yield plain_row(words.format(variable=label), cells(""))
        return
    reference = view.names.level(variable, levels[0].term)
    yield heading_row(view.say("{variable}, against {reference}").format(variable=label, reference=reference))
    for level in dict.fromkeys(row.level for row in levels):
        yield level_row(view.names.level(variable, level), cells(level))
