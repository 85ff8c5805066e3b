"""Ordered outcomes as odds ratios: one for all thresholds beside each threshold's own, and the test that they agree."""

from __future__ import annotations

from collections.abc import Iterator

from atrisk.report.table_model import Line, Piece, Table, line
from atrisk.report.tables.estimates import EstimateLine, estimate_table
from atrisk.report.tables.surgical_words import row_label, stratum_label, surgical_name
from atrisk.report.view import View
from atrisk.result.row import Row, is_companion
from atrisk.result.run_result import ComparisonFrame


def ordered_odds_tables(view: View, frame: ComparisonFrame) -> Iterator[Table]:
    """One table an ordered outcome."""
    outcomes = dict.fromkeys(
        row.outcome for row in view.rows.rows if (row.comparison, row.analysis) == (frame.name, "proportional_odds")
    )
    for outcome in outcomes:
        table = _table(view, frame, outcome)
        if table is not None:
            yield table


def _table(view: View, frame: ComparisonFrame, outcome: str) -> Table | None:
    lines: list[EstimateLine] = []
    rows: list[Row] = []
    for stratum in ("", *frame.strata):
        own = view.rows.family(frame.name, "proportional_odds", outcome, stratum)
        rows += own
        within = stratum_label(view, frame, stratum) if frame.strata else ""
        for row in own:
            if row.statistic == "odds_ratio":
                lines.append(EstimateLine(label=row_label(view, frame, row.contrast, within)))
                lines.append(EstimateLine(label=view.say("Of a higher level, whatever the threshold"), row=row))
                lines += _thresholds(view, frame, outcome, row)
        for row in own:
            if row.statistic == "proportional_odds_p":
                label = row_label(view, frame, row.contrast, within)
                words = view.say("{groups}: is it the same at every threshold?")
                lines.append(EstimateLine(label=words.format(groups=label), p=row))
    return estimate_table(
        view,
        lines,
        name=surgical_name(frame, f"ordered-odds-{outcome}"),
        title=view.say("{outcome}: odds ratios").format(outcome=view.names.outcome(outcome)),
        stub=view.say("Contrast and threshold"),
        notes=tuple(_notes(view, rows)),
    )


def _thresholds(view: View, frame: ComparisonFrame, outcome: str, of: Row) -> Iterator[EstimateLine]:
    """Each threshold's own ratio of the same contrast; where there is only one it is the ratio above."""
    for row in view.rows.family(frame.name, "threshold_odds", outcome, of.stratum):
        if row.contrast == of.contrast and not is_companion(row):
            words = view.say("{level} or higher").format(level=view.names.level(outcome, row.level))
            yield EstimateLine(label=words, row=row)


def _notes(view: View, rows: list[Row]) -> Iterator[Line]:
    yield line(
        view.say(
            "Above 1: higher levels in the group named first. The one ratio supposes the same ratio at every "
            "threshold; the ratio of the pair at each threshold shows how far that is so. The rank tests above are of "
            "the same question as the one ratio, which has no p value of its own."
        )
    )
    for note in dict.fromkeys(row.note for row in rows if row.note):
        first = next(row for row in rows if row.note == note)
        yield line(Piece(view.remark(note), first.row_id, "note"), ".")
    for warning in dict.fromkeys(row.warning for row in rows if row.warning):
        first = next(row for row in rows if row.warning == warning)
        yield line(view.say("Warning: "), Piece(view.remark(warning), first.row_id, "warning"), ".")
