"""What everybody would have had in each group, by the adjusted model, and how the groups then stand to each other."""

from __future__ import annotations

from collections.abc import Sequence

from atrisk.report.number_form import unit_words
from atrisk.report.table_model import Table, line
from atrisk.report.tables.estimates import EstimateLine, estimate_table
from atrisk.report.tables.methods import statistic_words
from atrisk.report.tables.surgical_words import contrast_label
from atrisk.report.tables.table_words import table_name, time_unit
from atrisk.report.view import View
from atrisk.result.row import Row
from atrisk.result.run_result import ComparisonFrame

_OF_GROUPS = ("survival", "cumulative_incidence", "restricted_mean", "risk")
_RATIOS = ("survival_ratio", "incidence_ratio", "restricted_mean_ratio")


def standardised_table(view: View, frame: ComparisonFrame, outcome: str) -> Table | None:
    """Every group's standardised value at each time, then the ratio of each pair; differences stand with the others."""
    rows = view.rows.family(frame.name, "standardised", outcome)
    lines: list[EstimateLine] = []
    for statistic in _OF_GROUPS:
        lines += _lines(view, [row for row in rows if row.statistic == statistic and row.group], frame)
    for statistic in _RATIOS:
        lines += _lines(view, [row for row in rows if row.statistic == statistic], frame)
    words = view.say(
        "What all patients of the adjusted model would have had in each group, as the model predicts from their "
        "confounders. It is an effect of the group only if there are no other confounders, and the model holds."
    )
    return estimate_table(
        view,
        lines,
        name=table_name(frame, "standardised", outcome),
        title=view.say("{outcome}: standardised over the patients of the model").format(
            outcome=view.names.outcome(outcome)
        ),
        stub=view.say("Time and group"),
        notes=(line(words),),
    )


def _lines(view: View, rows: Sequence[Row], frame: ComparisonFrame) -> list[EstimateLine]:
    """Under a heading for each statistic and time, the groups or the pairs."""
    lines: list[EstimateLine] = []
    for time in dict.fromkeys(row.time for row in rows):
        own = [row for row in rows if row.time == time]
        words, unit = statistic_words(view, own[0].statistic), unit_words(view, own[0])
        if time is not None:
            words = view.say("{effect}, {time}").format(
                effect=words, time=view.words.time_point(time, time_unit(view, own[0].outcome))
            )
        lines.append(EstimateLine(label=f"{words} ({unit})" if unit else words))
        lines += [
            EstimateLine(
                label=view.names.group(frame.name, row.group)
                if row.group
                else contrast_label(view, frame, row.contrast),
                row=row,
            )
            for row in own
        ]
    return lines
