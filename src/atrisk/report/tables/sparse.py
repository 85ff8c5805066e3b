"""Where a group has few events: penalised ratios and permutation tests beside the usual ones."""

from __future__ import annotations

from collections.abc import Iterator, Sequence

from atrisk.report.row_cells import number
from atrisk.report.row_index import Key
from atrisk.report.table_model import Line, Piece, Table, line
from atrisk.report.tables.estimates import EstimateLine, estimate_table
from atrisk.report.tables.surgical_words import contrast_label, row_label, stratum_label, with_contrast
from atrisk.report.tables.table_words import adjustment_note, table_name
from atrisk.report.view import View
from atrisk.result.row import Row
from atrisk.result.run_result import ComparisonFrame
from atrisk.study.contrast import all_groups


def sparse_table(view: View, frame: ComparisonFrame, outcome: str) -> Table | None:
    """The usual and the penalised ratio of each contrast, the usual and the permutation test; also within strata."""
    strata = [code for code in ("", *frame.strata) if view.rows.family(frame.name, "sparse", outcome, code)]
    lines = [each for stratum in strata for each in _lines(view, frame, outcome, stratum)]
    if not lines:
        return None
    notes: list[Line] = [
        line(
            view.say(
                "Why this table is here: a group has fewer than 10 events for the parameter that the model spends on "
                "it. The usual limits and tests rest on large samples; the penalised ratio is less biased and finite "
                "even where a group has no event, and the permutation test needs no large sample."
            )
        )
    ]
    notes += [_events(view, frame, outcome, stratum) for stratum in strata]
    adjusted = sum(line.p is not None and line.p.p_adjusted is not None for line in lines)
    if adjusted:
        notes.append(line(adjustment_note(view, frame, len(frame.contrasts))))
    title = view.say("{outcome}: groups with few events").format(outcome=view.names.outcome(outcome))
    return estimate_table(
        view,
        lines,
        name=table_name(frame, "few-events", outcome),
        title=with_contrast(view, frame, title),
        stub=view.say("Contrast and method"),
        notes=notes,
    )


def _lines(view: View, frame: ComparisonFrame, outcome: str, stratum: str) -> Iterator[EstimateLine]:
    cause = view.cause(frame, outcome)
    where = stratum_label(view, frame, stratum) if frame.strata else ""

    def row_of(analysis: str, statistic: str, contrast: str) -> Row | None:
        return view.rows.find(
            Key(
                analysis=analysis, statistic=statistic, comparison=frame.name, outcome=outcome, contrast=contrast,
                stratum=stratum, cause=cause,
            )
        )  # fmt: skip

    everyone = all_groups(frame.groups)
    two = len(frame.groups) == 2
    for contrast in frame.contrasts if two else (*frame.contrasts, everyone):
        yield EstimateLine(label=row_label(view, frame, contrast, where) or contrast_label(view, frame, contrast))
        for analysis, words in (
            ("cox", view.say("Hazard ratio, Cox model")),
            ("sparse", view.say("Hazard ratio, with Firth's penalty")),
        ):
            row = row_of(analysis, "hazard_ratio", contrast)
            if row is not None:
                yield EstimateLine(label=words, row=row, p=row_of(analysis, "p", contrast))
        for analysis, words in (
            ("log_rank", view.say("Log-rank test")),
            ("permutation_log_rank", view.say("Log-rank test by permutation")),
        ):
            test = row_of(analysis, "p", everyone if two else contrast)
            if test is not None:
                yield EstimateLine(label=words, p=test)


def _events(view: View, frame: ComparisonFrame, outcome: str, stratum: str) -> Line:
    rows: Sequence[Row] = view.rows.family(frame.name, "sparse", outcome, stratum)
    pieces: list[Piece | str] = []
    for row in rows:
        if row.statistic == "events_per_parameter":
            name = view.names.group(frame.name, row.group)
            pieces += ["; " if pieces else "", f"{name} ", number(row, view.words.count)]
    where = f"{stratum_label(view, frame, stratum)}: " if stratum else ""
    return line(where, view.say("Events for each parameter: "), *pieces, ".")
