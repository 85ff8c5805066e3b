"""Length of stay with death in hospital competing, beside the median of those who went home alive."""

from __future__ import annotations

from collections.abc import Callable, Iterator, Sequence

from atrisk.report.number_form import form_of
from atrisk.report.row_cells import limits, number, number_cell
from atrisk.report.table_model import EMPTY, Cell, Table, TableRow, level_row, line
from atrisk.report.tables.estimates import EstimateLine, estimate_table
from atrisk.report.tables.group_columns import group_codes, group_columns
from atrisk.report.tables.surgical_words import contrast_label, surgical_name, surgical_outcomes
from atrisk.report.tables.table_words import adjustment_note, limits_heading, method_notes
from atrisk.report.view import View
from atrisk.result.row import Row, is_companion
from atrisk.result.run_result import ComparisonFrame

# As rows name the two ends of a stay.
_ALIVE, _DEAD = "discharged alive", "died in hospital"


def stay_tables(view: View, frame: ComparisonFrame) -> Iterator[Table]:
    """Of every length of stay: by group, then each contrast."""
    for outcome in surgical_outcomes(view, frame, "stay"):
        own = [row for row in view.rows.family(frame.name, "stay", outcome) if not is_companion(row)]
        yield _by_group(view, frame, outcome, own)
        compared = _compared(view, frame, outcome, own)
        if compared is not None:
            yield compared


def _by_group(view: View, frame: ComparisonFrame, outcome: str, own: Sequence[Row]) -> Table:
    codes = group_codes(frame, everyone=True)
    numeric = view.rows.family(frame.name, "numeric", outcome)

    def cells(rows: Sequence[Row], wanted: Callable[[Row], bool]) -> list[Cell]:
        found = {row.group: row for row in rows if wanted(row) and not row.contrast}
        return [_estimate_cell(view, found.get(code)) for code in codes]

    lines: list[TableRow] = [
        level_row(view.say("Stays known"), _counts(view, own, codes, "n", "")),
        level_row(view.say("End of the stay not recorded"), _counts(view, own, codes, "n_excluded", "")),
        level_row(view.say("Discharged alive"), _counts(view, own, codes, "n_event", _ALIVE)),
        level_row(view.say("Died in hospital"), _counts(view, own, codes, "n_competing", _DEAD)),
    ]
    for cause, words in (
        (_ALIVE, view.say("Discharged alive by day {day}")),
        (_DEAD, view.say("Died in hospital by day {day}")),
    ):
        for day in _days(own, "cumulative_incidence"):
            shown = cells(own, lambda row, day=day, cause=cause: _is(row, "cumulative_incidence", cause, day))  # type: ignore[misc]
            lines.append(level_row(words.format(day=f"{day:g}"), shown))
    lines += [
        level_row(
            view.say("Median day, of all: half have been discharged alive"),
            cells(own, lambda row: _is(row, "median", _ALIVE)),
        ),
        level_row(
            view.say("Median day of those discharged alive: deaths left out"),
            [number_cell(_naive(numeric, code), _days_form(view)) for code in codes],
        ),
    ]
    for statistic, cause, words in (
        ("restricted_mean", "", view.say("Mean days in hospital, of the first {day}")),
        ("restricted_time_lost", _ALIVE, view.say("Mean days after discharge alive, of the first {day}")),
        ("restricted_time_lost", _DEAD, view.say("Mean days lost to death in hospital, of the first {day}")),
    ):
        for day in _days(own, statistic):
            shown = cells(own, lambda row, day=day, s=statistic, c=cause: _is(row, s, c, day))  # type: ignore[misc]
            lines.append(level_row(words.format(day=f"{day:g}"), shown))
    estimates = [row for row in own if row.group and row.conf_level is not None]
    note = view.say(
        "A stay that ended by death is not a short one. The median of those discharged alive leaves the dead out; here "
        "they count as never discharged (Aalen-Johansen). Days after discharge count readmissions as at home. In "
        "brackets: {limits}."
    ).format(limits=limits_heading(view, estimates))
    return Table(
        name=surgical_name(frame, f"stay-{outcome}"),
        title=view.say("{outcome}, with death in hospital competing").format(outcome=view.names.outcome(outcome)),
        stub=view.say("Stay"),
        columns=group_columns(view, frame, everyone=True),
        rows=tuple(lines),
        notes=(line(note), *method_notes(view, estimates)),
    )


def _is(row: Row, statistic: str, cause: str, day: float | None = None) -> bool:
    return (row.statistic, row.cause) == (statistic, cause) and (day is None or row.time == day)


def _days(rows: Sequence[Row], statistic: str) -> tuple[float, ...]:
    return tuple(dict.fromkeys(row.time for row in rows if row.statistic == statistic and row.time is not None))


def _naive(numeric: Sequence[Row], code: str) -> Row | None:
    return next((row for row in numeric if row.statistic == "median" and row.group == code), None)


def _days_form(view: View) -> Callable[[float], str]:
    return lambda value: view.words.number(value, 0 if value == round(value) else 1)


def _counts(view: View, own: Sequence[Row], codes: Sequence[str], statistic: str, cause: str) -> list[Cell]:
    found = {row.group: row for row in own if (row.statistic, row.cause) == (statistic, cause)}
    return [number_cell(found.get(code), view.words.count, muted=True) for code in codes]


def _estimate_cell(view: View, row: Row | None) -> Cell:
    if row is None:
        return EMPTY
    form = form_of(view, row)
    both = limits(view, row, form)
    return Cell((line(number(row, form)), *([line("(", *both, ")")] if both else [])))


def _compared(view: View, frame: ComparisonFrame, outcome: str, own: Sequence[Row]) -> Table | None:
    lines: list[EstimateLine] = []
    tests = {row.contrast: row for row in own if row.statistic == "p"}
    for contrast in frame.contrasts:
        lines.append(EstimateLine(label=contrast_label(view, frame, contrast)))
        mine = [row for row in own if row.contrast == contrast]
        for row in mine:
            day = f"{row.time:g}" if row.time is not None else ""
            if row.statistic == "incidence_difference":
                words = view.say("Discharged alive by day {day}, percentage points").format(day=day)
                lines.append(EstimateLine(label=words, row=row))
        for row in mine:
            if row.statistic == "restricted_mean_difference":
                words = view.say("Mean days in hospital, of the first {day}").format(day=f"{row.time:g}")
                lines.append(EstimateLine(label=words, row=row))
        if contrast in tests:
            lines.append(EstimateLine(label=view.say("Incidence of discharge alive"), p=tests.pop(contrast)))
    lines += [
        EstimateLine(
            label=view.say("{groups}: incidence of discharge alive").format(
                groups=contrast_label(view, frame, contrast)
            ),
            p=row,
        )
        for contrast, row in tests.items()
    ]
    family = [row for row in own if row.statistic == "p" and row.p_adjusted is not None]
    return estimate_table(
        view,
        lines,
        name=surgical_name(frame, f"stay-compared-{outcome}"),
        title=view.say("{outcome}, with death in hospital competing: groups compared").format(
            outcome=view.names.outcome(outcome)
        ),
        stub=view.say("Contrast"),
        notes=(
            line(view.say("The first group less the second; fewer days in hospital are a lower number.")),
            *([line(adjustment_note(view, frame, len(family)))] if family else []),
        ),
    )
