"""What every analysis estimates: of whom, of what against what, what is done about events between, by which number."""

from __future__ import annotations

from collections.abc import Iterator, Mapping
from typing import Any

from atrisk.report.table_model import Cell, Column, Table, TableRow, heading_row, level_row, line
from atrisk.report.tables.adjusted import CONFOUNDERS, SAME_PATIENTS, adjusted_effects, declared_adjustment
from atrisk.report.tables.methods import statistic_words
from atrisk.report.view import View
from atrisk.result.row import Row, is_companion
from atrisk.result.run_result import ComparisonFrame
from atrisk.study.outcome import FirstOf, OutcomeFromDates

# Effects of a contrast, by which an analysis says what it measures; other analyses' rows are no estimands of their own.
_MEASURES = (
    "survival_difference", "incidence_difference", "restricted_mean_difference", "restricted_mean_ratio",
    "hazard_ratio", "subdistribution_hazard_ratio", "risk_difference", "odds_ratio", "shift", "relative_effect",
)  # fmt: skip
_OTHER = ("margin", "subgroup", "centre", "interval_hazard", "dating", "baseline")
ESTIMAND_WORDS = {
    "conditional": "conditional on the confounders",
    "unadjusted": "unadjusted",
    "ATE": "average over all patients of the pair",
    "ATT": "average over the patients of the first group",
    "ATO": "average over those who could be in either group",
    "matched": "average over the matched patients",
    "standardised": "average over all patients of the model",
}


def estimands_table(view: View) -> Table | None:
    """A line an outcome, and one for each way in which it is adjusted, under the comparison."""
    lines: list[TableRow] = []
    for frame in view.result.comparisons:
        own = list(_lines(view, frame))
        if own:
            title = view.say("Groups of the study") if frame.name == "main" else view.text(frame.label)
            contrasts = "; ".join(view.names.contrast(frame.name, contrast) for contrast in frame.contrasts)
            heading = view.say("{comparison} ({contrasts})").format(comparison=title, contrasts=contrasts)
            lines += [heading_row(heading), *own]
    if not lines:
        return None
    words = view.say(
        "Events that come between time zero and the outcome, and what is done about them: composite, they count as the "
        "outcome; while free of it, they end the chance of it and compete; hypothetical, follow-up ends at them as if "
        "they told nothing of what would have come. Whatever is not named is ignored, as it happens in practice."
    )
    return Table(
        name="estimands",
        title=view.say("What each analysis estimates"),
        stub=view.say("Comparison and outcome"),
        columns=tuple(
            Column(heading=heading, align="start")
            for heading in (
                view.say("Population"),
                view.say("Events between"),
                view.say("Measures"),
                view.say("Adjustment"),
            )
        ),
        rows=tuple(lines),
        notes=(line(words),),
    )


def _lines(view: View, frame: ComparisonFrame) -> Iterator[TableRow]:
    for outcome in frame.outcomes:
        rows = [row for row in _effects(view, frame, outcome) if not row.adjustment_set]
        if rows:
            between = "; ".join(_between(view, outcome)) or view.say("none named")
            cells = (_population(view, rows[0]), between, _measures(view, rows))
            none = view.say("none")
            if frame.strata:
                none = view.say("none; within strata where an analysis allows it")
            yield level_row(view.names.outcome(outcome), tuple(Cell.of(text) for text in (*cells, none)))
        yield from _adjusted(view, frame, outcome)
        yield from _alternatives(view, frame, outcome)


def _effects(view: View, frame: ComparisonFrame, outcome: str) -> list[Row]:
    return [
        row
        for row in view.rows.rows
        if (row.comparison, row.outcome, row.stratum) == (frame.name, outcome, "")
        and row.statistic in _MEASURES
        and row.contrast
        and row.analysis not in _OTHER
        and not is_companion(row)
    ]


def _population(view: View, row: Row) -> str:
    return view.remark(row.population)


def _measures(view: View, rows: list[Row]) -> str:
    return "; ".join(dict.fromkeys(statistic_words(view, row.statistic) for row in rows))


def _between(view: View, outcome: str) -> Iterator[str]:
    """Every event between that the study file names, with its strategy."""
    declared = view.result.study.outcomes.get(outcome)
    if declared is None:
        return
    if isinstance(declared, OutcomeFromDates):
        if isinstance(declared.event, FirstOf):
            yield _composite(view, declared.event.first_of)
        yield from _hypothetical(view, declared.censored_by)
    for cause in declared.competing:
        yield view.say("{event}: while free of it").format(event=view.names.cause(outcome, cause))
    for event, strategy in declared.intercurrent.items():
        yield view.say("{event}: {strategy}").format(event=event, strategy=view.text(strategy))


def _composite(view: View, names: tuple[str, ...]) -> str:
    events = view.say(", ").join(view.names.column(name) for name in names)
    return view.say("first of {events}: composite").format(events=events)


def _hypothetical(view: View, names: tuple[str, ...]) -> Iterator[str]:
    for name in names:
        yield view.say("{event}: hypothetical (censored)").format(event=view.names.column(name))


def _adjusted(view: View, frame: ComparisonFrame, outcome: str) -> Iterator[TableRow]:
    adjustment = declared_adjustment(view, frame)
    if adjustment is None:
        return
    found: dict[tuple[str, str], list[Row]] = {}
    for row in adjusted_effects(view, frame, outcome):
        if row.adjustment_set != SAME_PATIENTS:
            found.setdefault((row.estimand, row.adjustment_set), []).append(row)
    declared = adjustment.estimand
    timed = view.names.timed(outcome)
    own = timed.intercurrent if timed is not None else {}
    # What the outcome itself says of an event is said once.
    given = (
        []
        if declared is None
        else [(event, view.text(text)) for event, text in declared.intercurrent.items() if event not in own]
    )
    between = [*_between(view, outcome), *(f"{event}: {strategy}" for event, strategy in given)]
    names = "; ".join(view.names.variable(name) for name in adjustment.confounders)
    for (estimand, adjustment_set), rows in found.items():
        kind = view.say(ESTIMAND_WORDS.get(estimand, estimand.replace("_", " ")))
        words = view.say("{names} ({kind})") if kind else view.say("{names}")
        population = _population(view, rows[0])
        if adjustment_set == CONFOUNDERS:
            population = view.say("{population}, every confounder recorded").format(population=population)
        cells = (
            population,
            "; ".join(between) or view.say("none named"),
            _measures(view, rows),
            words.format(names=names, kind=kind),
        )
        label = view.say("{outcome}, adjusted").format(outcome=view.names.outcome(outcome))
        yield level_row(label, tuple(Cell.of(text) for text in cells))


def _alternatives(view: View, frame: ComparisonFrame, outcome: str) -> Iterator[TableRow]:
    """Alternatives that treat events between otherwise are estimands of their own."""
    for name in view.alternatives:
        changed = view.result.study.alternatives[name].outcomes.get(outcome)
        rows = [] if changed is None else _effects(view.of_alternative(name), frame, outcome)
        if not rows or changed is None or not set(changed) & {"event", "censored_by", "competing"}:
            continue
        between = "; ".join(_between_anew(view, outcome, changed)) or view.say("none named")
        unadjusted = [row for row in rows if not row.adjustment_set]
        label = view.text(view.result.study.alternatives[name].label)
        cells = (_population(view, rows[0]), between, _measures(view, unadjusted or rows), view.say("none"))
        words = view.say("{outcome}, alternative: {label}").format(outcome=view.names.outcome(outcome), label=label)
        yield level_row(words, tuple(Cell.of(text) for text in cells))


def _between_anew(view: View, outcome: str, changed: Mapping[str, Any]) -> Iterator[str]:
    """What becomes of events between under an alternative; what it does not declare anew is as in the main analysis."""
    declared = view.result.study.outcomes[outcome]
    event = changed.get("event")
    if isinstance(event, Mapping):
        yield _composite(view, tuple(str(name) for name in event.get("first_of", ())))
    elif event is None and isinstance(declared, OutcomeFromDates) and isinstance(declared.event, FirstOf):
        yield _composite(view, declared.event.first_of)
    kept = declared.censored_by if isinstance(declared, OutcomeFromDates) else ()
    yield from _hypothetical(view, tuple(str(name) for name in changed.get("censored_by", kept)))
    for cause in changed.get("competing", declared.competing):
        yield view.say("{event}: while free of it").format(event=view.names.cause(outcome, str(cause)))
