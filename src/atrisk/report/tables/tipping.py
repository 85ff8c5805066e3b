"""Hazard ratios where patients of one group fare otherwise after censoring, and the factor at which the limits turn."""

from __future__ import annotations

from collections.abc import Iterator, Sequence

from atrisk.report.row_cells import number
from atrisk.report.sentence import filled
from atrisk.report.table_model import Line, Table, line
from atrisk.report.tables.estimates import EstimateLine, estimate_table
from atrisk.report.view import View
from atrisk.result.row import Row, is_companion
from atrisk.study.tipping_point import TippingPoint


def tipping_of(view: View, name: str) -> list[Row]:
    """The rows of one tipping point, companions aside."""
    kinds = ("tipping_point", "censoring_bounds")
    return [row for row in view.rows.rows if row.analysis in kinds and row.term == name and not is_companion(row)]


def factor_words(view: View, declared: TippingPoint, row: Row) -> str:
    """What is assumed in a row."""
    if row.analysis == "censoring_bounds":
        worst = view.say("Survival difference, all censored of the first group die at once, none of the other")
        best = view.say("Survival difference, all censored of the other group die at once, none of the first")
        return worst if row.level == "lowest" else best
    if row.level == "1":
        return view.say("Hazard after censoring as before it")
    group = view.names.group("main", declared.moved)
    return view.say("Hazard after censoring × {factor} in {group}").format(factor=row.level, group=group)


def tipping_table(view: View, name: str) -> Table | None:
    """The ratio along the declared factors, then the worst and best case."""
    declared = view.result.study.tipping_points[name]
    rows = tipping_of(view, name)
    lines = [
        EstimateLine(label=factor_words(view, declared, row), row=row)
        for row in rows
        if row.statistic != "turning_factor"
    ]
    outcome, pair = view.names.outcome(declared.outcome), view.names.contrast("main", str(declared.pair))
    return estimate_table(
        view,
        lines,
        name=f"tipping-{name}",
        title=view.say("{outcome}, {pair}: if patients fare otherwise after censoring").format(
            outcome=outcome, pair=pair
        ),
        stub=view.say("Assumption"),
        notes=tuple(_notes(view, declared, rows)),
    )


def _notes(view: View, declared: TippingPoint, rows: Sequence[Row]) -> Iterator[Line]:
    yield line(
        view.say(
            "After censoring, events are imputed under a hazard of this many times that of the patients of the same "
            "group still followed, {m} times (seed {seed}), and pooled. Patients and events are those observed."
        ).format(m=view.words.count(declared.m), seed=declared.seed)
    )
    for row in rows:
        if row.statistic == "turning_factor" and row.value is not None:
            words = view.say(
                "From a factor of {factor} on, what the limits say of a ratio of 1 is another. Whether patients "
                "lost to follow-up can fare so is for those who know them."
            )
            yield filled(words, {"factor": number(row, view.words.ratio)})
        elif row.statistic == "turning_factor":
            yield line(view.say("No turning point: {reason}.").format(reason=view.remark(row.error)))
