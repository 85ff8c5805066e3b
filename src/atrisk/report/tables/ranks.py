"""Ordered and numeric outcomes: their distribution by group, then tests of ranks."""

from __future__ import annotations

from collections.abc import Iterator, Sequence

from atrisk.report.row_cells import (
    Format,
    adjusted_cell,
    limits_cell,
    method_words,
    number,
    p_cell,
    patients_cell,
)
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
    without_empty_columns,
)
from atrisk.report.tables.baseline_block import Block
from atrisk.report.tables.group_columns import group_codes, group_columns
from atrisk.report.tables.surgical_words import (
    row_label,
    strata,
    stratum_label,
    surgical_name,
    surgical_outcomes,
    with_contrast,
)
from atrisk.report.tables.table_words import adjustment_note, limits_heading
from atrisk.report.view import View
from atrisk.report.wording import decimals_needed
from atrisk.result.row import Row
from atrisk.result.run_result import ComparisonFrame


def distribution_table(view: View, frame: ComparisonFrame) -> Table | None:
    """Levels of ordered outcomes and quantiles of numeric ones by group; strata apart."""
    lines: list[TableRow] = []
    kinds: set[str] = set()
    for analysis in ("ordinal", "numeric"):
        for outcome in surgical_outcomes(view, frame, analysis):
            kinds.add(analysis)
            for stratum in strata(view, frame, analysis, outcome):
                label = view.names.outcome(outcome)
                if frame.strata:
                    label = f"{label}: {stratum_label(view, frame, stratum)}"
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
        notes.append(
            line(
                view.say(
                    "Levels are n (%) of those recorded, n/N (%) where values are missing; below them exact limits "
                    "(Clopper-Pearson)."
                )
            )
        )
    if "numeric" in kinds:
        notes.append(line(view.say("IQR: first to third quartile.")))
    return Table(
        name=surgical_name(frame, "distributions"),
        title=view.say("Ordered and numeric outcomes by group"),
        stub=view.say("Outcome"),
        columns=group_columns(view, frame, everyone=True),
        rows=tuple(lines),
        notes=tuple(notes),
    )


def rank_table(view: View, frame: ComparisonFrame) -> Table | None:
    """Shifts and probabilities with limits beside the tests of ranks, for each contrast; the test of all groups."""
    lines: list[TableRow] = []
    tests: list[Row] = []
    estimates: list[Row] = []
    for analysis in ("ordinal", "numeric"):
        for outcome in surgical_outcomes(view, frame, analysis):
            lines.append(heading_row(view.names.outcome(outcome)))
            for stratum in strata(view, frame, analysis, outcome):
                family = view.rows.family(frame.name, analysis, outcome, stratum)
                own = [row for row in family if row.statistic == "p"]
                found = {(row.statistic, row.contrast): row for row in family if row.statistic in _ESTIMATES}
                tests += own
                estimates += found.values()
                within = stratum_label(view, frame, stratum) if frame.strata else ""
                for row in own:
                    label = row_label(view, frame, row.contrast, within)
                    shift, effect = (found.get((statistic, row.contrast)) for statistic in _ESTIMATES)
                    lines.append(level_row(label, _rank_cells(view, row, shift or effect)))
                    if shift is not None and effect is not None:
                        words = view.say("{contrast}: probability of a higher value").format(contrast=label)
                        lines.append(level_row(words, _beside_shift(view, effect)))
    if not tests:
        return None
    table = Table(
        name=surgical_name(frame, "rank-tests"),
        title=with_contrast(view, frame, view.say("Ordered and numeric outcomes: groups compared")),
        stub=view.say("Outcome and contrast"),
        columns=(
            Column(heading=view.say("Shift, or probability of a higher level")),
            Column(heading=limits_heading(view, estimates)),
            Column(heading=view.say("Test")),
            Column(heading=view.say("Patients")),
            Column(heading=view.say("p")),
            Column(heading=view.say("p, adjusted")),
        ),
        rows=tuple(lines),
        notes=tuple(_rank_notes(view, frame, tests, estimates)),
    )
    return without_empty_columns(table)


_ESTIMATES = ("shift", "relative_effect")


def _rank_notes(view: View, frame: ComparisonFrame, tests: Sequence[Row], estimates: Sequence[Row]) -> Iterator[Line]:
    kinds = {row.statistic for row in estimates}
    if "shift" in kinds:
        yield line(
            view.say(
                "Shift (numeric outcomes, in their unit): the median of all differences between a patient of the first "
                "group and one of the second (Hodges-Lehmann); not the difference of the two medians."
            )
        )
    if "relative_effect" in kinds:
        yield line(
            view.say(
                "Probability of a higher level (ordered outcomes): how often a patient of the first group has a higher "
                "level than one of the second, ties counting one half; {half} means neither. Limits from the "
                "placements (Brunner and Munzel 2000) on the logit scale."
            ).format(half=view.words.percent(0.5))
        )
    yield line(view.say("Ranks: ordered levels are taken in their declared order."))
    for row in {row.warning: row for row in reversed(estimates) if row.warning}.values():
        yield line(view.say("Warning: "), Piece(view.remark(row.warning), row.row_id, "warning"), ".")
    first = next((row for row in tests if row.p_adjusted is not None), None)
    if first is not None:
        yield line(adjustment_note(view, frame, sum(row.family == first.family for row in tests)))


def _rank_cells(view: View, row: Row, beside: Row | None) -> Sequence[Cell]:
    form = _form(view, beside)
    return (
        Cell.of(number(beside, form)) if beside is not None else EMPTY,
        limits_cell(view, beside, form),
        Cell.of(method_words(view, row.method)),
        patients_cell(view, row),
        p_cell(view, row),
        adjusted_cell(view, row),
    )


def _beside_shift(view: View, effect: Row) -> Sequence[Cell]:
    """How often one group's values are higher, where so many are equal that a shift says little."""
    form = _form(view, effect)
    return (Cell.of(number(effect, form)), limits_cell(view, effect, form), *(EMPTY,) * 4)


def _form(view: View, row: Row | None) -> Format:
    """How an estimate and its limits are written: a probability in per cent, a shift with the decimals all need."""
    if row is None or row.statistic == "relative_effect":
        return view.words.percent
    around = [row, *(view.rows.companion(row, name) for name in ("conf_low", "conf_high"))]
    decimals = decimals_needed([each.value for each in around if each is not None and each.value is not None], 2)
    return lambda value: view.words.number(value, decimals)
