"""What tables and sections say in the same words: names of files, limits, methods, adjustment."""

from __future__ import annotations

from collections.abc import Sequence

from atrisk.report.row_cells import method_words, p_cell
from atrisk.report.table_model import Cell, Line, Piece, line
from atrisk.report.view import View
from atrisk.result.row import Row
from atrisk.result.run_result import ComparisonFrame


def table_name(frame: ComparisonFrame, kind: str, outcome: str) -> str:
    """The name of a table's file: its kind and outcome, after the comparison where that is not the main one."""
    return f"{kind}-{outcome}" if frame.name == "main" else f"{frame.name}-{kind}-{outcome}"


def limits_heading(view: View, rows: Sequence[Row]) -> str:
    """The heading above limits, with their confidence level."""
    level = next((row.conf_level for row in rows if row.conf_level is not None), None)
    if level is None:
        return view.say("CI")
    return view.say("{level} CI").format(level=view.words.conf_level(level))


def without_number(view: View, row: Row) -> Cell:
    """A cell that says in words why there is no number."""
    return Cell.of(Piece(view.remark(row.error) if row.error else view.say("not estimable"), row.row_id))


def method_notes(view: View, rows: Sequence[Row]) -> tuple[Line, ...]:
    """A note that names every method, with its convention, by which these rows were computed."""
    parts = dict.fromkeys((row.method, row.convention) for row in rows if row.method)
    named = [
        ", ".join(part for part in (method_words(view, method), view.remark(kept)) if part) for method, kept in parts
    ]
    return (line(view.say("Method: {methods}.").format(methods="; ".join(named))),) if named else ()


MARKS = "ᵃᵇᶜᵈᵉᶠ"


def marked_p_cell(view: View, row: Row | None, methods: Sequence[str]) -> Cell:
    """A p value with the mark of its test where a column holds several tests."""
    cell = p_cell(view, row)
    if row is None or row.value is None or len(methods) < 2:
        return cell
    return Cell.of(*cell.lines[0], MARKS[methods.index(row.method)])


def marked_methods(view: View, methods: Sequence[str]) -> str:
    """The tests of a column, each after its mark."""
    return ", ".join(f"{mark} {method_words(view, method)}" for mark, method in zip(MARKS, methods, strict=False))


def p_statement(view: View, row: Row) -> Line:
    """``p = 0.463`` or ``p < 0.001``, for a sentence."""
    if row.value is None:
        return line(view.say("p not estimable"))
    text = view.words.p_value(row.value)
    sign, digits = (text[0], text[1:]) if text[0] in "<>" else ("=", text)
    return line(f"p {sign} ", Piece(digits, row.row_id))


def time_unit(view: View, outcome: str) -> str:
    """The unit in which an outcome's times are shown."""
    timed = view.names.timed(outcome)
    return timed.time_unit if timed is not None else "months"


def adjustment_note(view: View, frame: ComparisonFrame, count: int) -> str:
    """Which rule adjusted the p values, and for how many contrasts."""
    study = view.result.study
    rule = study.groups.multiplicity if frame.name == "main" else study.comparisons[frame.name].multiplicity
    names = {
        "holm": view.say("Holm"),
        "benjamini-hochberg": view.say("Benjamini-Hochberg"),
        "bonferroni": view.say("Bonferroni"),
        "none": view.say("no rule: left as they are"),
    }
    words = view.words.language.say_count(
        "Adjusted for {count} contrast of this outcome ({rule}).",
        "Adjusted for {count} contrasts of this outcome ({rule}).",
        count,
    )
    return words.format(count=count, rule=names[rule])
