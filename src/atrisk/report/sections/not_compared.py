"""The patients of the cohort whom a comparison leaves out, by reason, and those whose group was found out later."""

from __future__ import annotations

from atrisk.report.document import Paragraph
from atrisk.report.row_cells import number
from atrisk.report.table_model import Piece, line
from atrisk.report.view import View
from atrisk.result.remark import Remark
from atrisk.result.run_result import ComparisonFrame


def not_compared_paragraph(view: View, frame: ComparisonFrame) -> Paragraph | None:
    """How many are in none of the comparison's groups and strata, and why; None where everybody is compared."""
    rows = view.rows.family(frame.name, "not_compared", "")
    if not rows:
        return None
    pieces: list[Piece | str] = [view.say("Of the cohort, not compared here: ")]
    for position, row in enumerate(rows):
        reason = view.say(" ({reason})").format(reason=view.remark(row.note))
        pieces += ["; " if position else "", number(row, view.words.count), reason]
    return Paragraph(line(*pieces, "."), "note")


def found_later(view: View, frame: ComparisonFrame) -> tuple[Paragraph, ...]:
    """How many patients' groups were found out after time zero, and as of which day they are compared."""
    codes = {"group-found-later": "group-found-later.here", "group-of-last-record": "group-of-last-record.here"}
    return tuple(
        Paragraph(line(view.remark(Remark(codes[message.code], message.values))), "note")
        for message in (found.message for found in view.result.findings)
        if isinstance(message, Remark) and message.code in codes and message.values.get("comparison") == frame.name
    )
