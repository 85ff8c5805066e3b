"""What the groups differ by, before any test: survival or incidence at set times, and mean times up to a horizon."""

from __future__ import annotations

from collections.abc import Iterator

from atrisk.report.number_form import unit_words
from atrisk.report.table_model import Table, line
from atrisk.report.tables.estimates import EstimateLine, estimate_table
from atrisk.report.tables.surgical_words import row_label, stratum_label, with_contrast
from atrisk.report.tables.table_words import table_name, time_unit
from atrisk.report.view import View
from atrisk.result.row import Row
from atrisk.result.run_result import ComparisonFrame

_OF_CURVES = ("survival_difference", "incidence_difference")
_OF_MEANS = ("restricted_mean_difference", "restricted_mean_ratio")


def difference_of_curves_table(view: View, frame: ComparisonFrame, outcome: str) -> Table | None:
    """The differences of every contrast at each time, first group minus second, with limits; also by stratum."""
    strata = ("", *(code for code in frame.strata if _rows(view, frame, outcome, code)))
    lines: list[EstimateLine] = []
    for stratum in strata:
        words = stratum_label(view, frame, stratum) if frame.strata else ""
        rows = _rows(view, frame, outcome, stratum)
        for contrast in dict.fromkeys(row.contrast for row in rows):
            lines.append(EstimateLine(label=row_label(view, frame, contrast, words)))
            lines += _lines(view, [row for row in rows if row.contrast == contrast])
    horizon = any(line.row is not None and line.row.statistic in _OF_MEANS for line in lines)
    notes = [
        line(
            view.say("The group named first minus the other: above 0, the estimate is higher in the group named first.")
        )
    ]
    if horizon:
        notes.append(
            line(
                view.say(
                    "The mean time free of the event is the area under the curve up to the declared time; it needs no "
                    "proportional hazards."
                )
            )
        )
    title = view.say("{outcome}: differences between groups").format(outcome=view.names.outcome(outcome))
    return estimate_table(
        view,
        lines,
        name=table_name(frame, "differences", outcome),
        title=with_contrast(view, frame, title),
        stub=view.say("Contrast and measure"),
        notes=notes,
    )


def _rows(view: View, frame: ComparisonFrame, outcome: str, stratum: str) -> list[Row]:
    return [
        row
        for analysis in ("survival", "cumulative_incidence", "restricted_mean")
        for row in view.rows.family(frame.name, analysis, outcome, stratum)
        if row.contrast
    ]


def _lines(view: View, rows: list[Row]) -> Iterator[EstimateLine]:
    tests = {(row.of, row.time): row for row in rows if row.statistic == "p"}
    for row in rows:
        if row.statistic in (*_OF_CURVES, *_OF_MEANS):
            yield EstimateLine(label=_measure(view, row), row=row, p=tests.get((row.statistic, row.time)))


def _measure(view: View, row: Row) -> str:
    at = view.words.time_point(row.time or 0.0, time_unit(view, row.outcome))
    unit = unit_words(view, row)
    if row.statistic == "survival_difference":
        return view.say("At {time}, {unit}").format(time=at, unit=unit)
    if row.statistic == "incidence_difference":
        cause = view.names.cause(row.outcome, row.cause)
        return view.say("{cause} by {time}, {unit}").format(cause=cause, time=at, unit=unit)
    if row.statistic == "restricted_mean_difference":
        return view.say("Mean time free of the event up to {time}, {unit}").format(time=at, unit=unit)
    return view.say("Mean time free of the event up to {time}, ratio").format(time=at)
