"""What stands beside a hazard ratio in words: whether it is one number, the last landmark, and adjusted ratios."""

from __future__ import annotations

from collections.abc import Sequence

from atrisk.report.row_cells import number
from atrisk.report.row_index import Key
from atrisk.report.sentence import Filling, filled
from atrisk.report.table_model import Line, Piece
from atrisk.report.tables.adjusted import SAME_PATIENTS, adjusted_effects
from atrisk.report.tables.table_words import p_statement, time_unit
from atrisk.report.view import View
from atrisk.result.row import Row
from atrisk.result.run_result import ComparisonFrame
from atrisk.study.contrast import all_groups, parsed

# Below this p value of the test of proportional hazards a ratio averages what changes with time.
_DOUBTFUL = 0.05


def proportionality_sentence(view: View, frame: ComparisonFrame, outcome: str) -> Line:
    """That hazards are not proportional, where the test says so; else nothing, since a large p value shows nothing."""
    row = view.rows.find(
        Key(
            analysis="cox", statistic="proportional_hazards_p", comparison=frame.name, outcome=outcome,
            contrast=all_groups(frame.groups), cause=view.cause(frame, outcome),
        )
    )  # fmt: skip
    if row is None or row.value is None or row.value >= _DOUBTFUL:
        return ()
    message = view.say(
        "The test of proportional hazards over all groups has {p}: a hazard ratio averages an effect that changes with "
        "time, and the differences at set times say more."
    )
    return filled(message, {"p": p_statement(view, row)})


def difference_sentence(view: View, frame: ComparisonFrame, outcome: str, contrast: str) -> Line:
    """The difference of survival, or of cumulative incidence, at the last landmark; empty without landmarks."""
    cause = view.cause(frame, outcome)
    analysis, statistic = (
        ("cumulative_incidence", "incidence_difference") if cause else ("survival", "survival_difference")
    )
    rows = [
        row
        for row in view.rows.family(frame.name, analysis, outcome)
        if (row.statistic, row.contrast, row.cause) == (statistic, contrast, cause) and row.time is not None
    ]
    if not rows:
        return ()
    last = max(rows, key=lambda row: row.time or 0.0)
    low, high = view.rows.companion(last, "conf_low"), view.rows.companion(last, "conf_high")
    fillings: dict[str, Filling] = {
        **_names(view, frame, contrast),
        "time": view.words.time_point(last.time or 0.0, time_unit(view, outcome)),
    }
    if last.value is None or low is None or high is None or low.value is None or high.value is None:
        message = view.say("At {time} their difference cannot be estimated ({reason}).")
        return filled(
            message, {**fillings, "reason": view.remark(last.error or (low.error if low is not None else ""))}
        )
    message = (
        view.say(
            "At {time} the cumulative incidence, {first} minus {second}, differed by {value} percentage points "
            "({level} CI {low} to {high})."
        )
        if cause
        else view.say(
            "At {time} the share free of the event, {first} minus {second}, differed by {value} percentage points "
            "({level} CI {low} to {high})."
        )
    )
    return filled(
        message,
        {
            **fillings,
            "value": number(last, view.words.points),
            "low": number(low, view.words.points),
            "high": number(high, view.words.points),
            "level": view.words.conf_level(last.conf_level or 0.95),
        },
    )


def adjusted_sentence(view: View, frame: ComparisonFrame, crude: Row) -> Line:
    """On which side of 1 the adjusted ratios of a contrast lie; it says nothing of how sure they are."""
    rows = [
        row
        for row in adjusted_effects(view, frame, crude.outcome)
        if (row.contrast, row.statistic) == (crude.contrast, crude.statistic)
        and row.adjustment_set != SAME_PATIENTS
        and row.value is not None
    ]
    if not rows or crude.value is None:
        return ()
    low, high = _ends(rows)
    against = (
        sum((row.value or 0.0) < 1 for row in rows) if crude.value > 1 else sum((row.value or 0.0) > 1 for row in rows)
    )
    fillings: dict[str, Filling] = {
        "low": number(low, view.words.ratio),
        "high": number(high, view.words.ratio),
        "count": view.words.count(len(rows)),
        "against": view.words.count(against),
    }
    if len(rows) == 1:
        message = (
            view.say("Adjusted, the hazard ratio is {low}, on the other side of 1.")
            if against
            else view.say("Adjusted, the hazard ratio is {low}, on the same side of 1.")
        )
    elif against:
        message = view.say(
            "Of {count} adjusted hazard ratios, from {low} to {high}, on the other side of 1 than the unadjusted one: "
            "{against}."
        )
    else:
        message = view.say(
            "All {count} adjusted hazard ratios, from {low} to {high}, lie on the same side of 1 as the unadjusted one."
        )
    return filled(message, fillings)


def _ends(rows: Sequence[Row]) -> tuple[Row, Row]:
    return min(rows, key=lambda row: row.value or 0.0), max(rows, key=lambda row: row.value or 0.0)


def _names(view: View, frame: ComparisonFrame, contrast: str) -> dict[str, Filling]:
    first, second = parsed(contrast) or (contrast, "")
    return {"first": view.names.group(frame.name, first), "second": view.names.group(frame.name, second)}


def run_in(text: str) -> Piece:
    """A run-in heading at the head of a paragraph."""
    return Piece(text, strong=True)
