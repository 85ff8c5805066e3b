"""Comparisons adjusted for declared confounders, beside the unadjusted ones; and what each confounder contributes."""

from __future__ import annotations

from collections.abc import Iterator, Sequence

from atrisk.report.number_form import unit_words
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
from atrisk.report.tables.imputation import missing_information
from atrisk.report.tables.methods import statistic_words
from atrisk.report.tables.surgical_words import contrast_label
from atrisk.report.tables.table_words import limits_heading, table_name, time_unit
from atrisk.report.view import View
from atrisk.result.remark import has_code
from atrisk.result.row import Row, is_companion
from atrisk.result.run_result import ComparisonFrame
from atrisk.study.adjustment import Adjustment
from atrisk.study.contrast import parsed

# Families of adjusted estimates of a contrast, in the order shown.
ADJUSTED_ANALYSES = ("regression", "weighted", "matched", "standardised", "doubly_robust")
CONFOUNDERS, SAME_PATIENTS, IMPUTED = "confounders", "none, same patients", "confounders, imputed"
# Whom estimates by a propensity score are about; those of a model have an estimand of their own words.
BY_SCORE = ("ATE", "ATT", "ATO", "matched")
# Effects in the order shown, and the analysis of which the unadjusted one is.
_EFFECTS = {
    "hazard_ratio": "cox",
    "odds_ratio": "proportional_odds",
    "risk_difference": "binary",
    "survival_difference": "survival",
    "incidence_difference": "cumulative_incidence",
    "restricted_mean_difference": "restricted_mean",
}


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
        for statistic in _EFFECTS:
            for time in sorted({row.time for row in own if row.statistic == statistic}, key=lambda at: at or 0.0):
                alike = [row for row in own if (row.statistic, row.time) == (statistic, time)]
                lines += _lines_of_effect(view, frame, alike)
            if statistic == "hazard_ratio":
                # Tests of equal hazards, which belong to no estimate of their own.
                tests = _tests(view, frame, outcome, contrast)
                lines += [EstimateLine(label=effect_label(view, row), p=row) for row in tests]
    return estimate_table(
        view,
        lines,
        name=table_name(frame, "adjusted", outcome),
        title=view.say("{outcome}: unadjusted and adjusted").format(outcome=view.names.outcome(outcome)),
        stub=view.say("Contrast and model"),
        notes=tuple(_notes(view, frame, outcome)),
    )


def _lines_of_effect(view: View, frame: ComparisonFrame, alike: Sequence[Row]) -> Iterator[EstimateLine]:
    """One effect of one contrast: under its heading unadjusted, then by every method."""
    first = alike[0]
    words, unit = statistic_words(view, first.statistic), unit_words(view, first)
    if first.time is not None:
        words = view.say("{effect}, {time}").format(
            effect=words, time=view.words.time_point(first.time, time_unit(view, first.outcome))
        )
    label = view.say("{contrast}: {effect}").format(contrast=contrast_label(view, frame, first.contrast), effect=words)
    yield EstimateLine(label=f"{label} ({unit})" if unit else label)
    crude = _crude(view, first)
    if crude is not None:
        yield EstimateLine(label=view.say("Unadjusted, all patients"), row=crude, p=_p_of(view, crude))
    for row in alike:
        yield EstimateLine(label=effect_label(view, row), row=row, p=_p_of(view, row))


def adjusted_effects(view: View, frame: ComparisonFrame, outcome: str) -> list[Row]:
    """Every effect of an adjusted model, and those of its patients unadjusted, in the order of their methods."""
    return [
        row
        for analysis in ADJUSTED_ANALYSES
        for row in view.rows.family(frame.name, analysis, outcome)
        if row.statistic in _EFFECTS and row.contrast and not is_companion(row)
    ]


def _tests(view: View, frame: ComparisonFrame, outcome: str, contrast: str) -> list[Row]:
    """Tests that belong to no estimate of their own, such as the weighted log-rank test."""
    return [
        row
        for analysis in ADJUSTED_ANALYSES
        for row in view.rows.family(frame.name, analysis, outcome)
        if (row.statistic, row.contrast, row.of) == ("p", contrast, "")
    ]


def _crude(view: View, effect: Row) -> Row | None:
    """The main analysis's own estimate of the same effect."""
    analysis = _EFFECTS[effect.statistic]
    if not analysis:
        return None
    # Of ordered outcomes the odds ratio is that of the proportional odds.
    key = Key(
        analysis=analysis, statistic=effect.statistic, comparison=effect.comparison, outcome=effect.outcome,
        contrast=effect.contrast, cause=effect.cause, time=effect.time,
    )  # fmt: skip
    return view.rows.find(key)


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
    """What an effect is adjusted for and how, and by whom it is about; that it fails its gate, where it does."""
    method = method_words(view, row.method)
    if row.estimand in BY_SCORE:
        words = view.say("{estimand}: {method}").format(estimand=estimand_words(view, row), method=method)
    elif row.adjustment_set == SAME_PATIENTS:
        words = view.say("Unadjusted, the adjusted model's patients: {method}").format(method=method)
    elif row.adjustment_set == IMPUTED:
        words = view.say("Adjusted, missing values imputed: {method}").format(method=method)
    else:
        words = view.say("Adjusted: {method}").format(method=method)
    failed = has_code(row.warning, "fails-its-gate")
    return f"{words} \N{EM DASH} {view.remark(row.warning)}" if failed else words


def estimand_words(view: View, row: Row) -> str:
    """Whom an estimate is about, in words."""
    pair = parsed(row.contrast)
    group = view.names.group(row.comparison, pair[0]) if pair is not None else ""
    return {
        "ATE": view.say("All patients (ATE)"),
        "ATT": view.say("{group} (ATT)").format(group=group),
        "ATO": view.say("The overlap (ATO)"),
        "matched": view.say("Matched patients"),
    }.get(row.estimand, row.estimand)


def _notes(view: View, frame: ComparisonFrame, outcome: str) -> Iterator[Line]:
    adjustment = declared_adjustment(view, frame)
    if adjustment is not None:
        names = "; ".join(view.names.variable(name) for name in adjustment.confounders)
        yield line(view.say("Adjusted for: {names}.").format(names=names))
    yield from _left_out(view, frame, outcome)
    yield from missing_information(view, frame, outcome)
    yield from _matched(view, frame, outcome)
    for row in view.rows.family(frame.name, "regression", outcome):
        if row.statistic == "events_per_parameter" and row.value is not None:
            words = view.say("Events for each coefficient of the adjusted model: {number}.")
            yield filled(words, {"number": number(row, lambda value: view.words.number(value, 1))})
            if row.warning:
                yield line(view.say("Warning: "), Piece(view.remark(row.warning), row.row_id, "warning"), ".")
    effects = adjusted_effects(view, frame, outcome)
    warned = dict.fromkeys(
        row.warning for row in effects if row.warning and not has_code(row.warning, "fails-its-gate")
    )
    for warning in warned:
        yield line(view.say("Warning: {warning}.").format(warning=view.remark(warning)))
    for reason in dict.fromkeys(row.error for row in effects if row.error and row.estimand in BY_SCORE):
        yield line(view.say("Not estimable: {reason}.").format(reason=view.remark(reason)))


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
        {"count": number(everyone, view.words.count), "groups": line(*pieces), "reason": view.remark(everyone.note)},
    )


def _matched(view: View, frame: ComparisonFrame, outcome: str) -> Iterator[Line]:
    """How many of each group of a pair are matched."""
    rows = [
        row
        for row in view.rows.family(frame.name, "adjusted", outcome)
        if row.statistic == "n" and row.group and row.value and row.adjustment_set.startswith("matched, ")
    ]
    for name in dict.fromkeys(row.adjustment_set for row in rows):
        pieces: list[Piece | str] = []
        for row in rows:
            if row.adjustment_set == name:
                pieces += ["; " if pieces else "", f"{view.names.group(frame.name, row.group)} "]
                pieces.append(number(row, view.words.count))
        yield filled(view.say("Matched: {groups}."), {"groups": line(*pieces)})


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
