"""The tables of alternatives: by comparison and outcome, as declared first, then each alternative that bears on it."""

from __future__ import annotations

from collections.abc import Iterator, Mapping
from dataclasses import dataclass

from atrisk.report.row_cells import DASH, Format, limits, number, number_cell, p_cell
from atrisk.report.table_model import (
    EMPTY,
    Cell,
    Column,
    Line,
    Piece,
    Table,
    TableRow,
    heading_row,
    level_row,
    line,
    plain_row,
)
from atrisk.report.tables.surgical_words import surgical_name, surgical_outcomes
from atrisk.report.tables.table_words import limits_heading, method_notes
from atrisk.report.view import View
from atrisk.report.wording import decimals_for
from atrisk.result.row import MAIN, Row
from atrisk.result.run_result import ComparisonFrame
from atrisk.study.alternative import Alternative
from atrisk.study.contrast import all_groups


@dataclass(frozen=True, slots=True, kw_only=True)
class _Kind:
    """How the rows of one kind of outcome are found: its estimate, its test, and what counts its patients."""

    analysis: str
    estimate: str
    test: str
    words: str
    counted: str = ""


_KINDS = {
    "timed": _Kind(
        analysis="cox", estimate="hazard_ratio", test="log_rank", words="{outcome}: hazard ratio", counted="follow_up"
    ),
    "binary": _Kind(
        analysis="binary",
        estimate="risk_difference",
        test="binary",
        words="{outcome}: difference in risk, percentage points",
    ),
    "mortality": _Kind(
        analysis="mortality",
        estimate="risk_difference",
        test="binary",
        words="{outcome}: difference in risk (1 − Kaplan-Meier), percentage points",
    ),
    "stratified": _Kind(
        analysis="stratified",
        estimate="risk_difference",
        test="stratified",
        words="{outcome}: difference in risk over the strata (Mantel-Haenszel), percentage points",
    ),
    "ordinal": _Kind(
        analysis="ordinal", estimate="relative_effect", test="ordinal", words="{outcome}: probability of a higher level"
    ),
    "numeric": _Kind(analysis="numeric", estimate="shift", test="numeric", words="{outcome}: shift"),
    # Where so many values are equal that every shift is nothing.
    "tied": _Kind(
        analysis="numeric", estimate="relative_effect", test="numeric", words="{outcome}: probability of a higher value"
    ),
    "baseline": _Kind(analysis="baseline", estimate="smd", test="baseline", words="{outcome}: standardised difference"),
}


def sensitivity_tables(view: View) -> tuple[Table, ...]:
    """Patients, events, estimate with limits and p of every contrast, as declared and for each alternative.

    One table a comparison that any alternative bears on, the main one first.
    """
    frames = (view.main, *view.further) if view.alternatives else ()
    return tuple(_table(view, frame, things) for frame in frames if (things := _things(view, frame)))


def _table(view: View, frame: ComparisonFrame, things: tuple[str, ...]) -> Table:
    lines: list[TableRow] = []
    shown: list[Row] = []
    for name in things:
        kind = _kind(view, frame, name)
        views = _views(view, frame, name, kind)
        if kind is _KINDS["numeric"] and all(_tied(seen, frame, name) for seen in views.values()):
            kind = _KINDS["tied"]
        lines.append(heading_row(view.say(kind.words).format(outcome=view.names.outcome(name))))
        for specification, seen in views.items():
            places = dict(_rows(seen, frame, name, kind))
            shown += [row for row in places.values() if row.statistic in (kind.estimate, "p")]
            lines.append(level_row(_label(view, specification), tuple(_cells(seen, frame, places, kind))))
    columns = [Column(heading=view.say("Patients")), Column(heading=view.say("Events"))]
    for contrast in frame.contrasts:
        group = view.names.contrast(frame.name, contrast)
        columns += [
            Column(heading=view.say("Estimate ({limits})").format(limits=limits_heading(view, shown)), group=group),
            Column(heading=view.say("p"), group=group),
        ]
    if len(frame.groups) > 2:
        columns.append(Column(heading=view.say("p, all groups")))
    words = view.say(
        "p values are those of the contrast alone, not adjusted: the table shows how far a decision moves a result and "
        "is no further set of tests. A hazard ratio stands beside the p value of the log-rank test."
    )
    title = view.say("Every alternative beside the main analysis")
    if frame.name != MAIN:
        title = view.say("{comparison}: every alternative that bears on it").format(comparison=view.text(frame.label))
    return Table(
        name=surgical_name(frame, "alternatives"),
        title=title,
        stub=view.say("Outcome and alternative"),
        columns=tuple(columns),
        rows=tuple(lines),
        notes=(line(words), *method_notes(view, shown), *_reasons(view, shown)),
    )


def declared_table(view: View) -> Table | None:
    """What each alternative says in place of the study, in the keys of the study file."""
    if not view.alternatives:
        return None
    rows = [
        plain_row(_label(view, name), (Cell.of("; ".join(_keys(view.result.study.alternatives[name]))),))
        for name in view.alternatives
    ]
    return Table(
        name="alternatives-declared",
        title=view.say("What each alternative declares in place of the study"),
        stub=view.say("Alternative"),
        columns=(Column(heading=view.say("Declared"), align="start"),),
        rows=tuple(rows),
    )


def _keys(alternative: Alternative) -> Iterator[str]:
    """Every key an alternative replaces, with its value, as they stand in the study file."""
    for part in ("variables", "derive", "outcomes", "groups"):
        yield from _flat(part, getattr(alternative, part))
    for step in alternative.cohort or ():
        yield "cohort: " + ", ".join(_flat("", step))
    if alternative.restrict is not None:
        yield f"restrict: {alternative.restrict}"
    if alternative.unknown is not None:
        yield f"unknown: {alternative.unknown}"


def _flat(path: str, value: object) -> Iterator[str]:
    if isinstance(value, dict):
        for key, below in value.items():
            yield from _flat(f"{path}.{key}" if path else str(key), below)
    else:
        words = ", ".join(map(str, value)) if isinstance(value, list | tuple) else str(value)
        yield f"{path}: {words}"


def _things(view: View, frame: ComparisonFrame) -> tuple[str, ...]:
    """The outcomes and variables of a comparison that any alternative bears on, in the order of the report."""
    touched = {
        row.outcome or row.variable
        for index in view.alternatives.values()
        for row in index.rows
        # Adjusted models under an alternative stand in the tables of specifications.
        if row.comparison == frame.name and not row.adjustment_set
    } - {""}
    study = view.result.study
    shown = study.baseline.show if study.baseline is not None else ()
    return tuple(name for name in dict.fromkeys((*frame.outcomes, *shown)) if name in touched)


def _kind(view: View, frame: ComparisonFrame, name: str) -> _Kind:
    """How an outcome is shown; with strata, differences in risk over all of them, as in the comparison's own table."""
    if view.names.timed(name) is not None:
        return _KINDS["timed"]
    kinds = ("stratified" if frame.strata else "mortality", "binary", "ordinal", "numeric")
    found = (kind for kind in kinds if name in surgical_outcomes(view, frame, kind))
    return _KINDS[next(found, "baseline")]


def _tied(view: View, frame: ComparisonFrame, name: str) -> bool:
    """Whether every contrast of a numeric outcome has the estimate that stands in for a shift of equal values."""
    rows = view.rows.family(frame.name, "numeric", name)
    return {row.contrast for row in rows if row.statistic == "relative_effect"} >= set(frame.contrasts)


def _views(view: View, frame: ComparisonFrame, name: str, kind: _Kind) -> Mapping[str, View]:
    """The comparison as declared, and every alternative with rows of the outcome in it."""
    views = {MAIN: view}
    for specification in view.alternatives:
        seen = view.of_alternative(specification)
        if any(
            name in (row.outcome, row.variable) and (row.comparison, row.analysis) == (frame.name, kind.analysis)
            for row in seen.rows.rows
        ):
            views[specification] = seen
    return views


def _label(view: View, specification: str) -> str:
    if specification == MAIN:
        return view.say("As declared (main analysis)")
    return view.text(view.result.study.alternatives[specification].label)


def _rows(view: View, frame: ComparisonFrame, name: str, kind: _Kind) -> Iterator[tuple[tuple[str, str], Row]]:
    """The rows of the outcome in a whole comparison, by statistic and contrast."""
    wanted = {kind.analysis, kind.test, kind.counted}
    for row in view.rows.rows:
        if row.comparison == frame.name and row.analysis in wanted and name in (row.outcome, row.variable):
            if row.stratum or row.group or row.term or row.cause not in ("", view.cause(frame, name)):
                continue
            if row.statistic == "p" and row.analysis != kind.test:
                continue
            if row.statistic == kind.estimate and row.analysis != kind.analysis:
                continue
            if row.level not in ("", "true"):
                continue
            yield (row.statistic, row.contrast), row


def _cells(view: View, frame: ComparisonFrame, rows: Mapping[tuple[str, str], Row], kind: _Kind) -> Iterator[Cell]:
    form = _form(view, kind, [row for (statistic, _), row in rows.items() if statistic == kind.estimate])
    everyone = rows.get(("p", all_groups(frame.groups)))
    if everyone is None and len(frame.groups) == 2:
        everyone = rows.get(("p", frame.contrasts[0]))
    count = rows.get(("lowest", "")) or rows.get(("count", ""))
    n = rows.get(("n", ""))
    if n is not None:
        yield number_cell(n, view.words.count)
    else:
        yield _field_cell(view, count if count is not None else everyone, "denominator" if count is not None else "n")
    events = rows.get(("n_event", ""))
    if events is not None:
        yield number_cell(events, view.words.count)
    else:
        yield _field_cell(view, everyone if count is None else count, "n_event" if count is None else "numerator")
    for contrast in frame.contrasts:
        estimate = rows.get((kind.estimate, contrast))
        yield _estimate_cell(view, estimate, form)
        yield p_cell(view, everyone if len(frame.groups) == 2 else rows.get(("p", contrast)))
    if len(frame.groups) > 2:
        yield p_cell(view, everyone)


def _form(view: View, kind: _Kind, estimates: list[Row]) -> Format:
    if kind.estimate == "risk_difference":
        return view.words.points
    if kind.estimate == "hazard_ratio":
        return view.words.ratio
    decimals = (
        decimals_for([row.value for row in estimates if row.value is not None]) if kind.estimate == "shift" else 2
    )
    return lambda value: view.words.number(value, decimals)


def _estimate_cell(view: View, row: Row | None, form: Format) -> Cell:
    if row is None:
        return EMPTY
    both = limits(view, row, form)
    return Cell((line(number(row, form), *(line(" (", *both, ")") if both else ())),))


def _field_cell(view: View, row: Row | None, field: str) -> Cell:
    value = getattr(row, field) if row is not None else None
    if row is None or value is None:
        return EMPTY
    return Cell.of(Piece(view.words.count(value), row.row_id, field))


def _reasons(view: View, rows: list[Row]) -> tuple[Line, ...]:
    """Why an estimate or p value of an alternative is missing, each reason once."""
    reasons = dict.fromkeys(view.remark(row.error) for row in rows if row.error)
    if not reasons:
        return ()
    return (line(view.say("{dash}: not estimated: {reasons}.").format(dash=DASH, reasons="; ".join(reasons))),)
