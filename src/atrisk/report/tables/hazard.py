"""Hazard ratios and log-rank tests of one time-to-event outcome."""

from __future__ import annotations

from collections.abc import Iterator, Sequence
from dataclasses import replace
from itertools import combinations, product

from atrisk.report.row_cells import (
    adjusted_cell,
    limits_cell,
    method_words,
    number,
    number_cell,
    p_cell,
    patients_cell,
)
from atrisk.report.row_index import Key
from atrisk.report.table_model import (
    EMPTY,
    Cell,
    Column,
    Line,
    Piece,
    Table,
    line,
    plain_row,
    without_empty_columns,
)
from atrisk.report.tables.surgical_words import contrast_label, row_label, stratum_label, with_contrast
from atrisk.report.tables.table_words import (
    adjustment_note,
    limits_heading,
    method_notes,
    p_statement,
    table_name,
)
from atrisk.report.view import View
from atrisk.result.row import Row
from atrisk.result.run_result import ComparisonFrame
from atrisk.study.contrast import all_groups
from atrisk.study.contrast import contrast as words_of_contrast


def hazard_table(view: View, frame: ComparisonFrame, outcome: str) -> Table | None:
    """Hazard ratios with limits first, then the log-rank test of each contrast and of all groups."""
    tests, ratios = _tests(view, frame, outcome), _ratios(view, frame, outcome)
    if not tests and not ratios:
        return None
    lines = [
        plain_row(contrast_label(view, frame, contrast), cells)
        for contrast, cells in _contrast_cells(view, frame, outcome, "")
    ]
    table = Table(
        name=table_name(frame, "comparison", outcome),
        title=view.say("{outcome}: groups compared").format(outcome=view.names.outcome(outcome)),
        stub=view.say("Contrast"),
        columns=_columns(view, ratios, pairs=len(frame.groups) > 2),
        rows=tuple(lines),
        notes=tuple(_comparison_notes(view, frame, outcome, tests)),
    )
    return without_empty_columns(table)


def strata_hazard_table(view: View, frame: ComparisonFrame, outcome: str) -> Table | None:
    """The same within each stratum, then the test whether hazard ratios differ between strata; None without strata."""
    ratios = [row for stratum in frame.strata for row in _ratios(view, frame, outcome, stratum)]
    tests = [row for stratum in frame.strata for row in _tests(view, frame, outcome, stratum)]
    if not tests and not ratios:
        return None
    lines = [
        plain_row(row_label(view, frame, contrast, stratum_label(view, frame, stratum)), cells)
        for stratum in frame.strata
        for contrast, cells in _contrast_cells(view, frame, outcome, stratum)
    ]
    cause = view.cause(frame, outcome)
    everyone = all_groups(frame.groups)
    key = Key(analysis="cox", statistic="interaction_p", comparison=frame.name, outcome=outcome, contrast=everyone)
    interaction = view.rows.find(replace(key, cause=cause))
    notes = [*method_notes(view, [*_distinct(ratios), *_distinct(tests)])]
    if interaction is not None:
        words = view.say("p for interaction")
        if len(frame.groups) > 2:
            words = f"{words}: {contrast_label(view, frame, everyone)}"
        cells = (EMPTY, EMPTY, p_cell(view, interaction), patients_cell(view, interaction, events=True), *(EMPTY,) * 3)
        lines.append(plain_row(words, cells))
        notes.append(
            line(
                view.say(
                    "The last line tests whether the hazard ratio is the same in all strata ({method}). With few "
                    "events in a stratum it can miss a difference: read the ratios and their limits."
                ).format(method=method_words(view, interaction.method))
            )
        )
    for stratum in frame.strata:
        notes += _proportionality(view, frame, outcome, stratum)
    title = view.say("{outcome}: groups compared within each stratum").format(outcome=view.names.outcome(outcome))
    table = Table(
        name=table_name(frame, "strata", outcome),
        title=with_contrast(view, frame, title),
        stub=view.say("Stratum and contrast"),
        columns=_columns(view, ratios, pairs=True),
        rows=tuple(lines),
        notes=(*notes, *_warnings(view, ratios)),
    )
    return without_empty_columns(table)


def _columns(view: View, ratios: Sequence[Row], *, pairs: bool) -> tuple[Column, ...]:
    """``pairs``: whether several p values stand side by side, so that each must say that it is not adjusted."""
    cox, log_rank = view.say("Cox model"), view.say("Log-rank test")
    patients = view.say("Patients (events)")
    raw = view.say("p, unadjusted") if pairs else view.say("p")
    return (
        Column(heading=view.say("Hazard ratio"), group=cox),
        Column(heading=limits_heading(view, ratios), group=cox),
        Column(heading=raw, group=cox),
        Column(heading=patients, group=cox),
        Column(heading=raw, group=log_rank),
        Column(heading=view.say("p, adjusted"), group=log_rank),
        Column(heading=patients, group=log_rank),
    )


def _tests(view: View, frame: ComparisonFrame, outcome: str, stratum: str = "") -> list[Row]:
    return [row for row in view.rows.family(frame.name, "log_rank", outcome, stratum) if row.statistic == "p"]


def _ratios(view: View, frame: ComparisonFrame, outcome: str, stratum: str = "") -> list[Row]:
    return [row for row in view.rows.family(frame.name, "cox", outcome, stratum) if row.statistic == "hazard_ratio"]


def _contrast_cells(
    view: View, frame: ComparisonFrame, outcome: str, stratum: str
) -> Iterator[tuple[str, tuple[Cell, ...]]]:
    """Each contrast with the cells of its row."""
    cause = view.cause(frame, outcome)

    def row_of(analysis: str, statistic: str, contrast: str) -> Row | None:
        return view.rows.find(
            Key(
                analysis=analysis,
                statistic=statistic,
                comparison=frame.name,
                outcome=outcome,
                contrast=contrast,
                stratum=stratum,
                cause=cause,
            )
        )

    everyone = all_groups(frame.groups)
    two = len(frame.groups) == 2
    # Of two groups there is one contrast, and the test of all groups is the test of that contrast.
    for contrast in frame.contrasts if two else (*frame.contrasts, everyone):
        ratio, test = row_of("cox", "hazard_ratio", contrast), row_of("log_rank", "p", everyone if two else contrast)
        if ratio is None and test is None:
            continue
        yield (
            contrast,
            (
                number_cell(ratio, view.words.ratio),
                limits_cell(view, ratio, view.words.ratio),
                p_cell(view, row_of("cox", "p", contrast)),
                patients_cell(view, ratio, events=True),
                p_cell(view, test),
                adjusted_cell(view, test),
                patients_cell(view, test, events=True),
            ),
        )


def _comparison_notes(view: View, frame: ComparisonFrame, outcome: str, tests: Sequence[Row]) -> Iterator[Line]:
    ratios = _ratios(view, frame, outcome)
    yield line(view.say("A hazard ratio above 1 means more events per time in the group named first."))
    yield from method_notes(view, [*_distinct(tests), *_distinct(ratios)])
    if ratios and len(frame.groups) > 2:
        yield line(
            view.say(
                "All hazard ratios come from one unadjusted Cox model of all groups: its patients and events are those "
                "of the whole model. The log-rank test of a pair has the patients of these two groups alone."
            )
        )
    yield from _pairs_left(view, frame)
    yield from _observed_and_expected(view, frame, outcome)
    n_adjusted = sum(row.p_adjusted is not None for row in tests)
    if n_adjusted:
        yield line(adjustment_note(view, frame, n_adjusted))
    yield from _proportionality(view, frame, outcome, "")
    yield from _warnings(view, ratios)


def _proportionality(view: View, frame: ComparisonFrame, outcome: str, stratum: str) -> Iterator[Line]:
    for row in view.rows.family(frame.name, "cox", outcome, stratum):
        if row.statistic == "proportional_hazards_p" and row.value is not None:
            where = f"{stratum_label(view, frame, stratum)}: " if stratum else ""
            words = view.say("Proportional hazards over all groups, {method}").format(
                method=method_words(view, row.method)
            )
            yield line(f"{where}{words}: ", *p_statement(view, row), ".")


def _pairs_left(view: View, frame: ComparisonFrame) -> Iterator[Line]:
    """The pairs of groups that are not among the declared contrasts."""
    shown = {frozenset(pair) for pair in product(frame.groups, repeat=2) if words_of_contrast(*pair) in frame.contrasts}
    left = [pair for pair in combinations(frame.groups, 2) if frozenset(pair) not in shown]
    if left:
        named = "; ".join(view.names.contrast(frame.name, words_of_contrast(*pair)) for pair in left)
        yield line(
            view.say("The test of all groups also bears on pairs that are not compared: {pairs}.").format(pairs=named)
        )


def _observed_and_expected(view: View, frame: ComparisonFrame, outcome: str) -> Iterator[Line]:
    """Events of each group beside those the log-rank test expects if the groups do not differ."""
    rows = view.rows.family(frame.name, "log_rank", outcome)
    places = {(row.statistic, row.group): row for row in rows if row.statistic in ("observed", "expected")}
    pieces: list[Piece | str] = []
    for group in frame.groups:
        observed, expected = places.get(("observed", group)), places.get(("expected", group))
        if observed is None or expected is None:
            return
        pieces += ["; " if pieces else "", f"{view.names.group(frame.name, group)} "]
        pieces += [
            number(observed, view.words.count),
            " / ",
            number(expected, lambda value: view.words.number(value, 1)),
        ]
    yield line(view.say("Events observed / expected by the log-rank test of all groups: "), *pieces, ".")


def _warnings(view: View, ratios: Sequence[Row]) -> Iterator[Line]:
    """What the rows of the hazard ratios themselves warn of, once each, with the strata in which they do."""
    for row in {row.warning: row for row in reversed(ratios) if row.warning}.values():
        warned = dict.fromkeys(each.stratum for each in ratios if each.warning == row.warning and each.stratum)
        where = ", ".join(view.names.stratum(row.comparison, stratum) for stratum in warned)
        opening = view.say("Warning, {strata}: ").format(strata=where) if where else view.say("Warning: ")
        yield line(opening, Piece(view.remark(row.warning), row.row_id, "warning"), ".")


def _distinct(rows: Sequence[Row]) -> list[Row]:
    return list({(row.method, row.convention): row for row in reversed(rows)}.values())
