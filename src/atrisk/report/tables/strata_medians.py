"""Patients, events and median times of one time-to-event outcome by group within each stratum."""

from __future__ import annotations

from atrisk.report.row_cells import number_cell
from atrisk.report.row_index import Key
from atrisk.report.table_model import EMPTY, Cell, Column, Table, heading_row, level_row, without_empty_columns
from atrisk.report.tables.follow_up import censored_at, mean_heading, median_cell, restricted_means
from atrisk.report.tables.table_words import limits_heading, table_name, time_unit
from atrisk.report.view import View
from atrisk.result.row import Row
from atrisk.result.run_result import ComparisonFrame


def strata_median_table(view: View, frame: ComparisonFrame, outcome: str) -> Table | None:
    """How many were followed and had the event, the median time to it and the follow-up; None without strata."""
    unit = time_unit(view, outcome)
    medians: list[Row] = []
    means = {stratum: restricted_means(view, frame, outcome, stratum) for stratum in frame.strata}
    every_mean = [row for by_group in means.values() for row in by_group.values()]

    def row_of(analysis: str, statistic: str, group: str, stratum: str) -> Row | None:
        return view.rows.find(
            Key(
                analysis=analysis,
                statistic=statistic,
                comparison=frame.name,
                outcome=outcome,
                group=group,
                stratum=stratum,
            )
        )

    def cells(group: str, stratum: str) -> tuple[Cell, ...]:
        to_event = row_of("survival", "median", group, stratum)
        follow_up = row_of("follow_up", "median", group, stratum)
        medians.extend(row for row in (to_event, follow_up) if row is not None)
        return (
            number_cell(row_of("follow_up", "n", group, stratum), view.words.count),
            number_cell(row_of("follow_up", "n_event", group, stratum), view.words.count),
            number_cell(row_of("follow_up", "n_after_censoring", group, stratum), view.words.count),
            median_cell(view, to_event, unit) if to_event is not None else EMPTY,
            median_cell(view, means[stratum].get(group), unit),
            median_cell(view, follow_up, unit),
            number_cell(row_of("follow_up", "completeness", group, stratum), view.words.percent),
        )

    lines = []
    for stratum in frame.strata:
        if not view.rows.family(frame.name, "follow_up", outcome, stratum):
            continue
        label = view.names.stratum(frame.name, stratum)
        lines.append(heading_row(label))
        lines += [
            level_row(f"{label}: {view.names.group(frame.name, group)}", cells(group, stratum))
            for group in ("", *frame.groups)
        ]
    if not lines:
        return None
    in_unit, limits_words = view.words.unit_of_time(unit), limits_heading(view, medians)
    table = Table(
        name=table_name(frame, "strata-follow-up", outcome),
        title=view.say("{outcome}: events and follow-up, by stratum").format(outcome=view.names.outcome(outcome)),
        stub=view.say("Stratum and group"),
        columns=(
            Column(heading=view.say("Patients")),
            Column(heading=view.names.event(outcome)),
            Column(heading=view.say("Of these, dated after {censor}").format(censor=censored_at(view, outcome))),
            Column(
                heading=view.say("Median time to the event, {unit} ({limits})").format(
                    unit=in_unit, limits=limits_words
                )
            ),
            Column(heading=mean_heading(view, every_mean) if every_mean else ""),
            Column(heading=view.say("Median follow-up, {unit} ({limits})").format(unit=in_unit, limits=limits_words)),
            Column(heading=view.say("Completeness of follow-up")),
        ),
        rows=tuple(lines),
    )
    return without_empty_columns(table)
