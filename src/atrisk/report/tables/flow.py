"""Every step of the cohort: who entered, who left and why, who could not be judged, who remained."""

from __future__ import annotations

from collections.abc import Iterator, Mapping

from atrisk.report.table_model import Cell, Column, Line, Piece, Table, line, plain_row
from atrisk.report.view import View
from atrisk.result.flow import FlowStep
from atrisk.result.row import Row


def flow_table(view: View) -> Table | None:
    """The flow as a table; None where the study file has no step."""
    steps = view.result.flow
    if not steps:
        return None
    rows = {(row.term, row.statistic): row for row in view.rows.rows if row.analysis == "flow"}
    return Table(
        name="flow",
        title=view.say("Every step from the data to the patients compared"),
        stub=view.say("Step"),
        columns=tuple(
            Column(heading=heading)
            for heading in (
                view.say("Counted"),
                view.say("Entered"),
                view.say("Excluded"),
                view.say("Unknown"),
                view.say("Remaining"),
                view.say("Patients remaining"),
            )
        ),
        rows=tuple(
            plain_row(
                step_words(view, step),
                (Cell.of(unit_words(view, step.unit)), *_numbers(view, step, rows)),
            )
            for step in steps
        ),
        notes=(
            line(view.say("Unknown: the criterion could not be judged; the study file says whether such rows stay.")),
            *_left_out_notes(view, rows),
            *_course_notes(view, rows),
        ),
    )


def _left_out_notes(view: View, rows: Mapping[tuple[str, str], Row]) -> Iterator[Line]:
    """The rows of the patients' file that were never counted, because the study file leaves them out."""
    for step in view.result.flow:
        row = rows.get((str(step.number), "left_out"))
        if row is None:
            continue
        before, _, after = left_out_words(view, step).partition("{count}")
        yield line(before, Piece(view.words.count(step.left_out), row.row_id), f"{after}.")


def left_out_words(view: View, step: FlowStep) -> str:
    """Words for the rows that ``where:`` leaves out, with ``{count}`` for their number."""
    return view.say("Left out before by 'where:': {count} of {n} rows of the file").format(
        count="{count}", n=view.words.count(step.left_out_of)
    )


def _course_notes(view: View, rows: Mapping[tuple[str, str], Row]) -> Iterator[Line]:
    """Which of the rows that are not the index row are part of its course of treatment."""
    for step in view.result.flow:
        row = rows.get((str(step.number), "same_course"))
        if row is None or step.same_course is None:
            continue
        stages, others = leaving_the_index(view, step)
        before, _, after = stages.partition("{count}")
        yield line(
            f"{step_words(view, step)}: {before}",
            Piece(view.words.count(step.same_course), row.row_id),
            f"{after}; {others}.",
        )


def leaving_the_index(view: View, step: FlowStep) -> tuple[str, str]:
    """Words for later stages of the index course, with ``{count}`` for their number, and for all other rows."""
    index = view.result.study.index
    same, total = step.same_course or 0, step.excluded
    within = index.one_course_within if index is not None else None
    stages = view.say("later stages of the same course of treatment, within {time}: {count} {unit}").format(
        time=within, count="{count}", unit=unit_words(view, step.unit, same)
    )
    others = (
        view.say("earlier ones: {count} {unit}")
        if index is not None and index.which == "last"
        else view.say("later ones: {count} {unit}")
    )
    return stages, others.format(count=view.words.count(total - same), unit=unit_words(view, step.unit, total - same))


def step_words(view: View, step: FlowStep) -> str:
    """What a step does, as its reason or its rule."""
    label = view.text(step.label)
    if step.kind == "start":
        return label or view.say("In the data")
    return label


def _numbers(view: View, step: FlowStep, rows: Mapping[tuple[str, str], Row]) -> list[Cell]:
    """The numbers of a step, each pointing at its result row; the rule for unknowns stands beside their number."""
    cells = []
    for statistic, count in (
        ("entered", step.entered),
        ("excluded", step.excluded),
        ("unknown", step.unknown),
        ("remaining", step.remaining),
        ("patients_remaining", step.patients_remaining),
    ):
        row = rows.get((str(step.number), statistic))
        rule = ""
        if statistic == "unknown" and count:
            rule = {"exclude": view.say(" (excluded)"), "include": view.say(" (kept)")}.get(step.unknown_rule, "")
        cells.append(Cell.of(Piece(view.words.count(count), row.row_id if row is not None else ""), rule))
    return cells


def unit_words(view: View, unit: str, count: int = 2) -> str:
    """What is counted: patients, or the rows of a table by its name."""
    if unit == "patient":
        return view.words.language.say_count("patient", "patients", count)
    if unit == "operation":
        return view.words.language.say_count("operation", "operations", count)
    return view.words.language.say_count("row of {table}", "rows of {table}", count).format(table=unit)
