"""An outcome watched operation by operation and by unit: what was expected, signals, and what chance alone allows."""

from __future__ import annotations

from collections.abc import Callable, Iterator, Sequence

from atrisk.report.row_cells import number, number_cell
from atrisk.report.table_model import EMPTY, Cell, Column, Line, Piece, Table, TableRow, line, plain_row
from atrisk.report.tables.table_words import method_notes
from atrisk.report.view import View
from atrisk.result.row import Row
from atrisk.study.monitoring import Monitoring

MONITORING = "monitoring"


def monitoring_table(view: View, declared: Monitoring) -> Table | None:
    """The chart in numbers: operations, events, limit, how long it runs, signals."""
    rows = [row for row in view.rows.rows if row.analysis == MONITORING and not row.level]
    if not rows:
        return None
    return Table(
        name="monitoring",
        title=view.say("{outcome}, operation by operation").format(outcome=view.names.outcome(declared.outcome)),
        stub=view.say("Chart"),
        columns=(Column(heading=view.say("Value")),),
        rows=tuple(_lines(view, declared, rows)),
        notes=tuple(_notes(view, declared, rows)),
    )


def _lines(view: View, declared: Monitoring, rows: Sequence[Row]) -> Iterator[TableRow]:
    say, count = view.say, view.words.count
    ratio = f"{declared.odds_ratio:g}"

    def one(decimals: int) -> Callable[[float], str]:
        return lambda value: view.words.number(value, decimals)

    for statistic, term, words, form in (
        ("n", "", say("Operations watched"), count),
        ("n_excluded", "", say("Operations not watched"), count),
        ("n_event", "", say("With the outcome"), count),
        ("expected", "", say("Expected from patients' risks"), one(1)),
        ("discrimination", "", say("How well risks tell those with the outcome (area under the curve)"), one(2)),
        ("cusum_limit", "", say("Limit of the CUSUM"), one(2)),
        ("run_length", "1", say("Operations until a false alarm, on average"), one(0)),
        ("run_length", ratio, say("Until odds {ratio} times as high are found out").format(ratio=ratio), one(0)),
        ("signals", "", say("Signals"), count),
    ):  # fmt: skip
        found = [row for row in rows if (row.statistic, row.term) == (statistic, term)]
        if found:
            yield plain_row(words, (number_cell(found[0], form),))
    for row in rows:
        if row.statistic == "signal_at":
            words = say("Signal {number}: at operation").format(number=row.term)
            cell = Cell.of(number(row, count), " (", Piece(row.text_value, row.row_id, "text_value"), ")")
            yield plain_row(words, (cell,))


def _notes(view: View, declared: Monitoring, rows: Sequence[Row]) -> Iterator[Line]:
    adjusted = "; ".join(view.names.variable(name) for name in declared.adjust_for)
    if adjusted:
        yield line(view.say("Patients' risks rest on: {names}.").format(names=adjusted))
    else:
        yield line(view.say("The risk of all is taken to be the same."))
    yield from method_notes(view, rows)
    for row in rows:
        if row.note:
            yield line(Piece(view.remark(row.note), row.row_id, "note"), ".")
    yield line(
        view.say(
            "The CUSUM adds up the evidence that the odds of the outcome have become {ratio} times what patients' "
            "risks say, never below 0; where it reaches the limit it signals and starts again. A signal asks for a "
            "look at the patients; it is not a finding about anybody's work."
        ).format(ratio=f"{declared.odds_ratio:g}")
    )


def units_table(view: View, declared: Monitoring) -> Table | None:
    """Each unit's observed and expected events, and between which limits chance alone keeps their ratio."""
    rows = [row for row in view.rows.rows if row.analysis == MONITORING and row.variable]
    units = tuple(dict.fromkeys(row.level for row in rows if row.level))
    if not units or declared.units is None:
        return None
    levels = tuple(dict.fromkeys(row.conf_level for row in rows if row.conf_level is not None))
    widened = any(row.statistic == "widened_low" for row in rows)
    columns = [
        Column(heading=view.say("Operations")),
        Column(heading=view.say("Observed")),
        Column(heading=view.say("Expected")),
        Column(heading=view.say("Observed / expected")),
        *(Column(heading=view.words.conf_level(level), group=view.say("Chance alone")) for level in levels),
    ]
    if widened:
        columns += [
            Column(heading=view.words.conf_level(level), group=view.say("Chance and differences between units"))
            for level in levels
        ]
    kinds = ("chance", "widened") if widened else ("chance",)
    lines = tuple(
        plain_row(
            view.names.level(declared.units, unit),
            _unit_cells(view, [row for row in rows if row.level == unit], levels, kinds),
        )
        for unit in units
    )
    return Table(
        name="monitoring-units",
        title=view.say("{outcome} by unit").format(outcome=view.names.outcome(declared.outcome)),
        stub=view.names.variable(declared.units),
        columns=tuple(columns),
        rows=lines,
        notes=tuple(_unit_notes(view, rows)),
    )


def _unit_cells(view: View, own: Sequence[Row], levels: Sequence[float], kinds: Sequence[str]) -> tuple[Cell, ...]:
    def find(statistic: str, level: float | None = None) -> Row | None:
        return next((row for row in own if (row.statistic, row.conf_level) == (statistic, level)), None)

    def between(kind: str, level: float) -> Cell:
        low, high = find(f"{kind}_low", level), find(f"{kind}_high", level)
        if low is None or high is None:
            return EMPTY
        return Cell.of(number(low, view.words.ratio), view.words.style.between, number(high, view.words.ratio))

    return (
        number_cell(find("n"), view.words.count),
        number_cell(find("n_event"), view.words.count),
        number_cell(find("expected"), lambda value: view.words.number(value, 1)),
        number_cell(find("observed_over_expected"), view.words.ratio),
        *(between(kind, level) for kind in kinds for level in levels),
    )


def _unit_notes(view: View, rows: Sequence[Row]) -> Iterator[Line]:
    yield line(
        view.say(
            "Chance alone: between these limits lies the ratio of observed to expected in so many of all units whose "
            "patients fare as their risks say. Of twenty such units one is expected outside the narrower limits. Units "
            "are not ranked: places say little where limits overlap."
        )
    )
    for row in rows:
        if row.statistic == "overdispersion":
            words = view.say("Scatter of the units beyond chance (1: none): ")
            yield line(words, number(row, lambda value: view.words.number(value, 2)), ".")
