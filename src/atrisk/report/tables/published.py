"""Figures from the publication beside the computed ones."""

from __future__ import annotations

from collections.abc import Callable

from atrisk.report.table_model import Cell, Column, Line, Piece, Table, TableRow, line, plain_row
from atrisk.report.view import View
from atrisk.result.row import Row


def published_table(view: View) -> Table | None:
    """What was published, how near the computed figure must come, and whether it does."""
    by_term: dict[str, dict[str, Row]] = {}
    for row in view.rows.rows:
        if row.analysis == "published":
            by_term.setdefault(row.term, {})[row.statistic] = row
    if not by_term:
        return None
    return Table(
        name="published",
        title=view.say("Published and computed figures"),
        stub=view.say("Figure"),
        columns=(
            Column(heading=view.say("Published"), align="start"),
            Column(heading=view.say("Computed"), align="start"),
            Column(heading=view.say("Tolerance"), align="start"),
            Column(heading=view.say("Agrees")),
        ),
        rows=tuple(_row(view, term, own) for term, own in by_term.items()),
        notes=_notes(view),
    )


def _notes(view: View) -> tuple[Line, ...]:
    notes = [line(view.say("The study file states each tolerance; agreement within it is no test of a hypothesis."))]
    if any(figure.reading is not None for figure in view.result.study.published):
        words = view.say(
            "Our reading: the publication has these words, which leave open what number is meant or what was counted; "
            "the figure is what we take them to mean."
        )
        notes.append(line(words))
    return tuple(notes)


def _row(view: View, term: str, own: dict[str, Row]) -> TableRow:
    figures = view.result.study.published
    position = int(term) - 1 if term.isdigit() else -1
    figure = figures[position] if 0 <= position < len(figures) else None
    what = view.text(figure.what) if figure is not None else term
    published, computed, agrees = own.get("published"), own.get("computed"), own.get("agrees")
    given = published.text_value if published is not None else ""
    shown = line(Piece(given, published.row_id, "text_value") if published is not None else given)
    reading = figure.reading if figure is not None else None
    words = line(view.say("our reading of “{words}”").format(words=view.text(reading))) if reading is not None else ()
    return plain_row(
        what,
        (
            Cell((shown, words) if words else (shown,)),
            _computed(view, computed),
            Cell.of(Piece(view.remark(agrees.text_value), agrees.row_id, "text_value") if agrees is not None else ""),
            _agreement(view, agrees),
        ),
    )


def _agreement(view: View, row: Row | None) -> Cell:
    if row is None:
        return Cell()
    held = row.value == 1
    return Cell((line(Piece(view.say("yes") if held else view.say("no"), row.row_id)),), "" if held else "strong")


def _computed(view: View, row: Row | None) -> Cell:
    if row is None:
        return Cell()
    if row.value is None:
        return Cell.of(Piece(view.remark(row.error) or view.say("not estimable"), row.row_id))
    form, unit = _form(view, row)
    return Cell.of(Piece(form(row.value), row.row_id), f"\N{NO-BREAK SPACE}{unit}" if unit else "")


def _form(view: View, row: Row) -> tuple[Callable[[float], str], str]:
    """How a computed figure is written: as the published one was, by its unit and by the statistic it is."""
    words = view.words
    if row.unit == "%":
        return words.percent, ""
    if row.unit == "points":
        return words.points, view.say("points")
    if row.unit in ("days", "weeks", "months", "years"):
        return (lambda days: words.duration(days, row.unit)), words.unit_of_time(row.unit)
    if row.note.endswith(": p") or row.note.endswith("_p"):
        return words.p_value, ""
    return words.ratio, ""
