"""Tables of binary, ordinal and numeric outcomes: by group, and each contrast with its estimate before its p value."""

from __future__ import annotations

from collections.abc import Iterator, Sequence

from atrisk.report.row_cells import (
    adjusted_cell,
    count_cell,
    limits,
    limits_cell,
    method_words,
    number,
    number_cell,
    p_cell,
)
from atrisk.report.row_index import Key
from atrisk.report.table_model import (
    EMPTY,
    Cell,
    Column,
    Line,
    Table,
    TableRow,
    heading_row,
    level_row,
    line,
    plain_row,
)
from atrisk.report.tables.baseline_block import Block
from atrisk.report.tables.group_columns import group_codes, group_columns
from atrisk.report.tables.table_words import adjustment_note, limits_heading, method_notes
from atrisk.report.view import View
from atrisk.result.row import Row
from atrisk.result.run_result import ComparisonFrame

SURGICAL = ("binary", "ordinal", "numeric")


def surgical_outcomes(view: View, frame: ComparisonFrame, analysis: str) -> tuple[str, ...]:
    """The outcomes of one kind (``binary``, ``ordinal``, ``numeric``) in the order of their rows."""
    return tuple(
        dict.fromkeys(
            row.outcome for row in view.result.rows if (row.comparison, row.analysis) == (frame.name, analysis)
        )
    )


def binary_table(view: View, frame: ComparisonFrame) -> Table | None:
    """n/N and per cent with exact limits by group; strata below each outcome where the comparison has them."""
    outcomes = surgical_outcomes(view, frame, "binary")
    if not outcomes:
        return None
    codes = group_codes(frame, everyone=True)
    lines: list[TableRow] = []
    shown: list[Row] = []
    for outcome in outcomes:
        label = view.names.outcome(outcome)
        strata = _strata(view, frame, "binary", outcome)
        if len(strata) > 1:
            lines.append(heading_row(label))
        for stratum in strata:
            rows = view.rows.family(frame.name, "binary", outcome, stratum)
            shown += [row for row in rows if row.statistic == "proportion"]
            places = {(row.statistic, row.group): row for row in rows}
            cells = [_share_cell(view, places.get(("count", code)), places.get(("proportion", code))) for code in codes]
            if len(strata) > 1:
                lines.append(level_row(_stratum_label(view, frame, stratum), cells))
            else:
                lines.append(plain_row(label, cells))
            if any(row.statistic == "missing" and row.value for row in rows):
                missing = [number_cell(places.get(("missing", code)), view.words.count, muted=True) for code in codes]
                lines.append(level_row(view.say("Missing"), missing))
    heading = view.say("n/N (%), below it {limits}.").format(limits=limits_heading(view, shown))
    return Table(
        name=_name(frame, "binary-outcomes"),
        title=view.say("Binary outcomes by group"),
        stub=view.say("Outcome"),
        columns=group_columns(view, frame, everyone=True),
        rows=tuple(lines),
        notes=(line(heading), *method_notes(view, shown)),
    )


def _name(frame: ComparisonFrame, kind: str) -> str:
    return kind if frame.name == "main" else f"{frame.name}-{kind}"


def _strata(view: View, frame: ComparisonFrame, analysis: str, outcome: str) -> tuple[str, ...]:
    return ("", *(code for code in frame.strata if view.rows.family(frame.name, analysis, outcome, code)))


def _stratum_label(view: View, frame: ComparisonFrame, stratum: str) -> str:
    return view.names.stratum(frame.name, stratum) if stratum else view.say("All strata together")


def _share_cell(view: View, count: Row | None, share: Row | None) -> Cell:
    if count is None or count.value is None or count.denominator is None:
        return EMPTY
    fraction = line(number(count, view.words.count), "/", *_denominator(view, count))
    if share is None or share.value is None:
        return Cell((fraction,))
    both = limits(view, share, view.words.percent)
    return Cell((line(*fraction, " (", number(share, view.words.percent), ")"), *([both] if both else [])))


def _denominator(view: View, count: Row) -> Line:
    total = count_cell(view, count, None, with_total=True).lines[0]
    return total[2:]


def difference_table(view: View, frame: ComparisonFrame) -> Table | None:
    """Risk differences with limits, then Fisher's test, for each contrast and for all groups; strata apart."""
    lines: list[TableRow] = []
    tests: list[Row] = []
    differences: list[Row] = []
    for outcome in surgical_outcomes(view, frame, "binary"):
        own = list(_difference_rows(view, frame, outcome))
        if own:
            lines += [heading_row(view.names.outcome(outcome)), *own]
        for stratum in _strata(view, frame, "binary", outcome):
            rows = view.rows.family(frame.name, "binary", outcome, stratum)
            tests += [row for row in rows if row.statistic == "p"]
            differences += [row for row in rows if row.statistic == "risk_difference"]
    if not lines:
        return None
    adjusted = any(row.p_adjusted is not None for row in tests)
    columns = [
        Column(heading=view.say("Risk difference, percentage points")),
        Column(heading=limits_heading(view, differences)),
        Column(heading=view.say("p")),
        *([Column(heading=view.say("p, adjusted"))] if adjusted else []),
    ]
    if not adjusted:
        lines = [_without_adjusted(each) for each in lines]
    notes = [line(view.say("Differences are the first group minus the second, taking patients as independent."))]
    notes += method_notes(view, [*differences, *_stratified(view, frame), *tests])
    first = next((row for row in tests if row.p_adjusted is not None), None)
    if first is not None:
        family = sum(row.family == first.family for row in tests)
        notes.append(line(adjustment_note(view, frame, family)))
    return Table(
        name=_name(frame, "risk-differences"),
        title=view.say("Differences in risk between groups"),
        stub=view.say("Outcome and contrast"),
        columns=tuple(columns),
        rows=tuple(lines),
        notes=tuple(notes),
    )


def _without_adjusted(row: TableRow) -> TableRow:
    return TableRow(header=row.header, cells=row.cells[:-1], kind=row.kind)


def _stratified(view: View, frame: ComparisonFrame) -> list[Row]:
    return [
        row
        for row in view.result.rows
        if (row.comparison, row.analysis) == (frame.name, "stratified") and row.statistic in ("risk_difference", "p")
    ]


def _difference_rows(view: View, frame: ComparisonFrame, outcome: str) -> Iterator[TableRow]:
    everyone = " / ".join(frame.groups)
    for stratum in _strata(view, frame, "binary", outcome):
        places = {
            (row.statistic, row.contrast): row for row in view.rows.family(frame.name, "binary", outcome, stratum)
        }
        for contrast in (*frame.contrasts, everyone):
            difference, test = places.get(("risk_difference", contrast)), places.get(("p", contrast))
            if len(frame.groups) == 2 and contrast != everyone:
                test = places.get(("p", everyone))
            if (difference is None and test is None) or (len(frame.groups) == 2 and contrast == everyone):
                continue
            label = view.names.contrast(frame.name, contrast)
            if contrast == everyone:
                label = view.say("All groups: {groups}").format(groups=label)
            if frame.strata:
                label = f"{_stratum_label(view, frame, stratum)}: {label}"
            yield level_row(label, _difference_cells(view, difference, test))
    for contrast in frame.contrasts:
        pooled, test = (
            view.rows.find(
                Key(
                    analysis="stratified",
                    statistic=statistic,
                    comparison=frame.name,
                    outcome=outcome,
                    contrast=contrast,
                )
            )
            for statistic in ("risk_difference", "p")
        )
        if pooled is not None:
            label = view.say("Stratified (Mantel-Haenszel): {contrast}")
            named = label.format(contrast=view.names.contrast(frame.name, contrast))
            yield level_row(named, _difference_cells(view, pooled, test))


def _difference_cells(view: View, difference: Row | None, test: Row | None) -> tuple[Cell, ...]:
    return (
        number_cell(difference, view.words.points),
        limits_cell(view, difference, view.words.points),
        p_cell(view, test),
        adjusted_cell(view, test),
    )


def distribution_table(view: View, frame: ComparisonFrame) -> Table | None:
    """Levels of ordered outcomes and quantiles of numeric ones by group; strata apart."""
    lines: list[TableRow] = []
    kinds: set[str] = set()
    for analysis in ("ordinal", "numeric"):
        for outcome in surgical_outcomes(view, frame, analysis):
            kinds.add(analysis)
            for stratum in _strata(view, frame, analysis, outcome):
                label = view.names.outcome(outcome)
                if frame.strata:
                    label = f"{label}: {_stratum_label(view, frame, stratum)}"
                block = Block(
                    view=view,
                    label=label,
                    variable=outcome,
                    own=view.rows.family(frame.name, analysis, outcome, stratum),
                    codes=group_codes(frame, everyone=True),
                    beside=lambda _kind: (),
                )
                lines += block.rows()
    if not lines:
        return None
    notes = []
    if "ordinal" in kinds:
        notes.append(line(view.say("Levels are n (%) of those recorded; n/N (%) where values are missing.")))
    if "numeric" in kinds:
        notes.append(line(view.say("IQR: first to third quartile.")))
    return Table(
        name=_name(frame, "distributions"),
        title=view.say("Ordered and numeric outcomes by group"),
        stub=view.say("Outcome"),
        columns=group_columns(view, frame, everyone=True),
        rows=tuple(lines),
        notes=tuple(notes),
    )


def rank_table(view: View, frame: ComparisonFrame) -> Table | None:
    """Tests of ranks of the ordinal and numeric outcomes, for each contrast and for all groups."""
    lines: list[TableRow] = []
    tests: list[Row] = []
    for analysis in ("ordinal", "numeric"):
        for outcome in surgical_outcomes(view, frame, analysis):
            lines.append(heading_row(view.names.outcome(outcome)))
            for stratum in _strata(view, frame, analysis, outcome):
                own = [r for r in view.rows.family(frame.name, analysis, outcome, stratum) if r.statistic == "p"]
                tests += own
                lines += [level_row(_test_label(view, frame, row, stratum), _rank_cells(view, row)) for row in own]
    if not tests:
        return None
    notes: list[Line] = [line(view.say("Ranks: ordered levels are taken in their declared order."))]
    first = next((row for row in tests if row.p_adjusted is not None), None)
    if first is not None:
        notes.append(line(adjustment_note(view, frame, sum(row.family == first.family for row in tests))))
    return Table(
        name=_name(frame, "rank-tests"),
        title=view.say("Tests of ranks for ordered and numeric outcomes"),
        stub=view.say("Outcome and contrast"),
        columns=(
            Column(heading=view.say("Test")),
            Column(heading=view.say("Patients")),
            Column(heading=view.say("p")),
            Column(heading=view.say("p, adjusted")),
        ),
        rows=tuple(lines),
        notes=tuple(notes),
    )


def _test_label(view: View, frame: ComparisonFrame, row: Row, stratum: str) -> str:
    label = view.names.contrast(frame.name, row.contrast)
    if row.contrast == " / ".join(frame.groups) and len(frame.groups) > 2:
        label = view.say("All groups: {groups}").format(groups=label)
    return f"{_stratum_label(view, frame, stratum)}: {label}" if frame.strata else label


def _rank_cells(view: View, row: Row) -> Sequence[Cell]:
    patients = Cell.of(view.words.count(row.n)) if row.n is not None else EMPTY
    return (Cell.of(method_words(view, row.method)), patients, p_cell(view, row), adjusted_cell(view, row))


def odds_ratio_table(view: View, frame: ComparisonFrame) -> Table | None:
    """Odds ratios over the strata with limits, and the test of no association in any stratum."""
    rows = [row for row in view.rows.rows if (row.comparison, row.analysis) == (frame.name, "stratified")]
    ratios = [row for row in rows if row.statistic == "odds_ratio"]
    if not ratios:
        return None
    tests = {(row.outcome, row.contrast): row for row in rows if row.statistic == "p"}
    lines = [
        plain_row(
            f"{view.names.outcome(row.outcome)}: {view.names.contrast(frame.name, row.contrast)}",
            (
                number_cell(row, view.words.ratio),
                limits_cell(view, row, view.words.ratio),
                p_cell(view, tests.get((row.outcome, row.contrast))),
            ),
        )
        for row in ratios
    ]
    return Table(
        name=_name(frame, "odds-ratios"),
        title=view.say("Odds ratios within strata, combined"),
        stub=view.say("Outcome and contrast"),
        columns=(
            Column(heading=view.say("Odds ratio")),
            Column(heading=limits_heading(view, ratios)),
            Column(heading=view.say("p")),
        ),
        rows=tuple(lines),
        notes=method_notes(view, [*ratios, *tests.values()]),
    )
