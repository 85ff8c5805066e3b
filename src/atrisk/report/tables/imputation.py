"""What was imputed, how it differs from what was recorded, whether the chains settled, and what the missing cost."""

from __future__ import annotations

from collections.abc import Iterator, Sequence

from atrisk.report.row_cells import number, number_cell
from atrisk.report.sentence import filled
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
from atrisk.report.tables.surgical_words import contrast_label
from atrisk.report.tables.table_words import table_name
from atrisk.report.view import View
from atrisk.result.row import Row
from atrisk.result.run_result import ComparisonFrame
from atrisk.study.adjustment import Imputation


def _declared(view: View, frame: ComparisonFrame) -> Imputation | None:
    study = view.result.study
    adjustment = study.adjustment if frame.name == "main" else study.comparisons[frame.name].adjustment
    return adjustment.imputation if adjustment is not None else None


def imputation_words(view: View, frame: ComparisonFrame) -> str:
    """How the missing values of a comparison were imputed."""
    how = _declared(view, frame)
    if how is None:
        return ""
    words = view.say(
        "Missing confounders were imputed {m} times by chained equations of {rounds} rounds (seed {seed}): numbers by "
        "predictive mean matching, or within their limits where only a limit is recorded, levels by logistic "
        "regression. The groups, every confounder and, of every adjusted outcome, the event and the Nelson-Aalen "
        "hazard, or the level, were in each equation. The regression was done in each data set and pooled by Rubin's "
        "rules; a penalised regression, whose limits are profile limits, cannot be pooled so and is of complete "
        "patients."
    ).format(m=view.words.count(how.m), rounds=view.words.count(how.iterations), seed=how.seed)
    if how.auxiliary:
        names = "; ".join(view.names.variable(name) for name in how.auxiliary)
        words += " " + view.say("To help to predict, without being adjusted for: {names}.").format(names=names)
    return words


def imputation_table(view: View, frame: ComparisonFrame) -> Table | None:
    """Recorded beside imputed values of every variable that lacks any; None where nothing was imputed."""
    rows = [row for row in view.rows.rows if (row.comparison, row.analysis) == (frame.name, "imputation")]
    lines: list[TableRow] = []
    for name in dict.fromkeys(row.variable for row in rows if row.variable):
        lines += _lines_of(view, name, [row for row in rows if row.variable == name])
    if not lines:
        return None
    warned = dict.fromkeys(row.warning for row in rows if row.warning)
    return Table(
        name=table_name(frame, "imputed", "values"),
        title=view.say("Recorded and imputed values"),
        stub=view.say("Variable"),
        columns=(
            Column(heading=view.say("Patients"), group=view.say("Recorded")),
            Column(heading=view.say("Mean (SD) or share"), group=view.say("Recorded")),
            Column(heading=view.say("Patients"), group=view.say("Imputed")),
            Column(heading=view.say("Mean (SD) or share"), group=view.say("Imputed")),
            Column(heading=view.say("Scale reduction")),
        ),
        rows=tuple(lines),
        notes=(
            line(
                view.say(
                    "Imputed: over all data sets. Where values are missing at random, but not completely, the two may "
                    "differ. Values recorded only as a limit are imputed within it. Scale reduction: of the means (and "
                    "of the spread) of the imputed values along the chains; near 1 where these have settled."
                )
            ),
            *(line(view.say("Warning: {warning}.").format(warning=view.remark(warning))) for warning in warned),
        ),
    )


def _lines_of(view: View, name: str, own: Sequence[Row]) -> Iterator[TableRow]:
    found = {(row.statistic, row.level): row for row in own}
    counts = [number_cell(found.get((statistic, "")), view.words.count) for statistic in ("n", "n_imputed")]
    ratios = [row for row in own if row.statistic == "scale_reduction"]
    label = view.names.variable(name)
    if ("observed_mean", "") in found:
        recorded, imputed = (
            _moments(view, found.get((f"{kind}_mean", "")), found.get((f"{kind}_sd", "")))
            for kind in ("observed", "imputed")
        )
        yield plain_row(label, (counts[0], recorded, counts[1], imputed, _ratio(view, ratios)))
        return
    yield heading_row(label, (counts[0], EMPTY, counts[1], EMPTY, _ratio(view, ratios)))
    for level in dict.fromkeys(level for _, level in found if level):
        shares = [
            number_cell(found.get((statistic, level)), view.words.percent)
            for statistic in ("observed_share", "imputed_share")
        ]
        yield level_row(view.names.level(name, level), (EMPTY, shares[0], EMPTY, shares[1], EMPTY))


def _moments(view: View, mean: Row | None, deviation: Row | None) -> Cell:
    def form(value: float) -> str:
        return view.words.number(value, 1)

    return Cell.of(number(mean, form), " (", number(deviation, form), ")")


def _ratio(view: View, ratios: Sequence[Row]) -> Cell:
    pieces = [number(row, view.words.ratio) for row in ratios]
    if not pieces:
        return EMPTY
    rest: list[Piece | str] = [" (", pieces[1], ")"] if len(pieces) > 1 else []
    return Cell.of(pieces[0], *rest)


def missing_information(view: View, frame: ComparisonFrame, outcome: str) -> Iterator[Line]:
    """The share of the information about each pair that the missing values took."""
    rows = [
        row
        for row in view.rows.family(frame.name, "regression", outcome)
        if row.statistic == "missing_information" and row.value is not None
    ]
    pieces: list[Piece | str] = []
    for row in rows:
        pieces += ["; " if pieces else "", f"{contrast_label(view, frame, row.contrast)} "]
        pieces.append(number(row, view.words.percent))
    if pieces:
        words = view.say("Of the information on each contrast the missing values took: {shares}.")
        yield filled(words, {"shares": line(*pieces)})
