"""What stands beside a hazard ratio where the test of proportional hazards speaks against one ratio for all times."""

from __future__ import annotations

from collections.abc import Iterator, Sequence

from atrisk.report.row_cells import number
from atrisk.report.row_index import Key
from atrisk.report.table_model import Line, Piece, Table, line
from atrisk.report.tables.estimates import EstimateLine, estimate_table
from atrisk.report.tables.surgical_words import contrast_label
from atrisk.report.tables.table_words import adjustment_note, p_statement, table_name, time_unit
from atrisk.report.view import View
from atrisk.result.row import Row
from atrisk.result.run_result import ComparisonFrame
from atrisk.study.contrast import all_groups


def non_proportional_table(view: View, frame: ComparisonFrame, outcome: str) -> Table | None:
    """Hazard ratios within periods and weighted log-rank tests, with the reason why they are there."""
    periods = view.rows.family(frame.name, "piecewise_cox", outcome)
    tests = [row for row in view.rows.family(frame.name, "weighted_log_rank", outcome) if row.statistic == "p"]
    if not periods and not tests:
        return None
    lines = [*_periods(view, frame, periods), *_tests(view, frame, tests)]
    notes = [*_why(view, frame, outcome), *_events(view, periods)]
    adjusted = sum(row.p_adjusted is not None for row in tests)
    if adjusted:
        notes.append(line(adjustment_note(view, frame, adjusted)))
    return estimate_table(
        view,
        lines,
        name=table_name(frame, "not-proportional", outcome),
        title=view.say("{outcome}: where hazards are not proportional").format(outcome=view.names.outcome(outcome)),
        stub=view.say("Contrast and period or test"),
        notes=notes,
    )


def _why(view: View, frame: ComparisonFrame, outcome: str) -> Iterator[Line]:
    key = Key(
        analysis="cox", statistic="proportional_hazards_p", comparison=frame.name, outcome=outcome,
        contrast=all_groups(frame.groups), cause=view.cause(frame, outcome),
    )  # fmt: skip
    test = view.rows.find(key)
    if test is not None:
        yield line(
            view.say("Why this table is here: the test of proportional hazards over all groups gave "),
            *p_statement(view, test),
            view.say(
                ". All of it was computed because of that test and none of it was chosen by its own result; it does "
                "not replace the declared analysis. An effect that changes with time is not told by one hazard ratio."
            ),
        )


def _periods(view: View, frame: ComparisonFrame, rows: Sequence[Row]) -> Iterator[EstimateLine]:
    for contrast in frame.contrasts:
        own = [row for row in rows if (row.statistic, row.contrast) == ("hazard_ratio", contrast)]
        if own:
            label = view.say("Hazard ratio: {contrast}").format(contrast=contrast_label(view, frame, contrast))
            yield EstimateLine(label=label)
            yield from (EstimateLine(label=period_words(view, row), row=row) for row in own)
    equal = next((row for row in rows if row.statistic == "equal_periods_p"), None)
    if equal is not None:
        yield EstimateLine(label=view.say("The same ratio in all periods?"))
        yield EstimateLine(label=view.say("Likelihood ratio test"), p=equal)


def period_words(view: View, row: Row) -> str:
    """The period of a row in the unit of its outcome."""
    unit = time_unit(view, row.outcome)
    if not row.time_start:
        return view.say("Up to {time}").format(time=view.words.time_point(row.time or 0.0, unit))
    start = view.words.time_point(row.time_start, unit)
    if row.time is None:
        return view.say("After {time}").format(time=start)
    return view.say("After {start}, up to {end}").format(start=start, end=view.words.time_point(row.time, unit))


def _tests(view: View, frame: ComparisonFrame, tests: Sequence[Row]) -> Iterator[EstimateLine]:
    everyone = all_groups(frame.groups)
    titles = {"early": view.say("Weighted towards early events"), "late": view.say("Weighted towards late events")}
    # Of two groups there is one contrast, and the test of all groups is the test of that contrast.
    alone = frame.contrasts[0] if len(frame.groups) == 2 else everyone
    named = [(alone if row.contrast == everyone else row.contrast, row) for row in tests]
    for contrast in dict.fromkeys(contrast for contrast, _ in named):
        label = contrast_label(view, frame, contrast)
        yield EstimateLine(label=view.say("Log-rank family: {contrast}").format(contrast=label))
        for of, row in named:
            if of == contrast:
                yield EstimateLine(label=titles.get(row.term) or view.say("The strongest of four weights"), p=row)


def _events(view: View, rows: Sequence[Row]) -> Iterator[Line]:
    pieces: list[Piece | str] = []
    for row in rows:
        if row.statistic == "events_in_period":
            pieces += ["; " if pieces else "", f"{period_words(view, row)} ", number(row, view.words.count)]
    if pieces:
        yield line(view.say("Events of all groups by period: "), *pieces, ".")
