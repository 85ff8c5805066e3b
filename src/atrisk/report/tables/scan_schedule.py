"""How often patients were scanned, by group and era."""

from __future__ import annotations

from atrisk.report.row_cells import count_cell, number, number_cell
from atrisk.report.table_model import Column, Piece, Table, TableRow, heading_row, level_row, line, plain_row
from atrisk.report.view import View
from atrisk.result.row import Row


def scan_schedule_table(view: View) -> Table | None:
    """Median interval between scans and patients with a long gap, of all, by group and by era; None without scans."""
    rows = [row for row in view.rows.rows if row.analysis == "scan_schedule" and row.comparison == "main"]
    if not rows:
        return None
    places: dict[tuple[str, str, str], dict[str, Row]] = {}
    for row in rows:
        if row.time_start is None:
            places.setdefault((row.subgroup, row.level, row.group), {})[row.statistic] = row
    lines: list[TableRow] = []

    def days(value: float) -> str:
        return view.words.number(value, 0)

    headed = ""
    for (subgroup, level, group), found in places.items():
        if subgroup != headed:
            lines.append(heading_row(view.names.variable(subgroup)))
            headed = subgroup
        label = view.names.level(subgroup, level) if subgroup else view.names.group("main", group)
        cells = (
            number_cell(found.get("n"), view.words.count),
            number_cell(found.get("missing"), view.words.count, muted=True),
            number_cell(found.get("median"), days),
            count_cell(view, found.get("count"), found.get("proportion"), with_total=False),
        )
        row_of = level_row if subgroup else plain_row
        lines.append(row_of(label or view.say("Not known"), cells))
    usual = [row for row in rows if row.statistic == "usual_interval"]
    pieces: list[Piece | str] = []
    for row, words in zip(
        usual,
        (view.say("up to two years"), view.say("up to the fifth year"), view.say("later")),
        strict=True,
    ):
        pieces += ["; " if pieces else "", f"{words} ", number(row, days)]
    return Table(
        name="scan-schedule",
        title=view.say("Intervals between scans"),
        stub=view.say("Patients"),
        columns=(
            Column(heading=view.say("With two scans or more")),
            Column(heading=view.say("With fewer")),
            Column(heading=view.say("Median interval, days")),
            Column(heading=view.say("With a gap of more than two usual intervals, n (%)")),
        ),
        rows=tuple(lines),
        notes=(
            line(view.say("Usual interval, days, by time from time zero: "), *pieces, "."),
            line(
                view.say(
                    "The interval of a group is the median of its patients' own medians. Who is scanned less often is "
                    "seen to progress later: unequal intervals shift medians of progression dated by scans."
                )
            ),
        ),
    )
