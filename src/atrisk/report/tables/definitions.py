"""What the study file defines: time zero, groups, outcomes and derived variables, in its own words."""

from __future__ import annotations

from collections.abc import Iterator

from atrisk.report.table_model import Cell, Column, Table, TableRow, line, plain_row
from atrisk.report.view import View
from atrisk.study.cohort import Index
from atrisk.study.definition import Derived
from atrisk.study.derivation import FromChildRows, SqlVariable
from atrisk.study.grouping import Groups, SqlGroups
from atrisk.study.outcome import FirstOf, OutcomeFromDates, OutcomeFromStatus

# What a reader sees elsewhere, or what only says how a variable is shown.
_WORDS = {"label", "unit", "levels", "definition"}


def definitions_table(view: View) -> Table | None:
    """Every definition the numbers of the report rest on, read from the study and so never at odds with the run."""
    rows = [plain_row(term, (Cell.of(meaning),)) for term, meaning in _definitions(view) if meaning]
    if not rows:
        return None
    return Table(
        name="definitions",
        title=view.say("Definitions, from the study file"),
        stub=view.say("Term"),
        columns=(Column(heading=view.say("Definition"), align="start"),),
        rows=tuple[TableRow, ...](rows),
        notes=(
            line(
                view.say(
                    "Names are those of columns and derived variables; each definition's rules stand in "
                    "docs/methods/definitions.md."
                )
            ),
        ),
    )


def _definitions(view: View) -> Iterator[tuple[str, str]]:
    study, say = view.result.study, view.say
    if study.time_zero is not None:
        yield say("Time zero"), study.time_zero
    if isinstance(study.index, Index):
        course = study.index.one_course_within
        yield say("Index row"), study.index.index
        if course is not None:
            yield say("One course of treatment"), say("rows within {time} of the index row").format(time=course)
    yield say("Groups"), _grouping(study.groups) + _frozen(view, study.groups)
    for name, comparison in study.comparisons.items():
        yield view.text(comparison.label), _comparison(view, name)
    for name, outcome in study.outcomes.items():
        yield view.names.outcome(name), _outcome(view, outcome)
    for name, derived in study.derive.items():
        yield view.text(derived.label) or name, _derived(name, derived)


def _frozen(view: View, groups: Groups) -> str:
    """The day on which groups are fixed, in words."""
    frozen = groups.frozen
    if frozen is None:
        return ""
    if frozen.days is None:
        return "; " + view.say("as found out by the last record ({found})").format(found=frozen.found)
    words = view.say("as known {time} after time zero; a group found out later ({found}) moves nobody")
    return "; " + words.format(time=frozen.as_of, found=frozen.found)


def _grouping(groups: Groups) -> str:
    return groups.by.sql if isinstance(groups.by, SqlGroups) else groups.by


def _comparison(view: View, name: str) -> str:
    comparison = view.result.study.comparisons[name]
    parts = [_grouping(comparison)]
    if comparison.restrict is not None:
        parts.append(view.say("only where {condition}").format(condition=comparison.restrict))
    if comparison.strata is not None:
        parts.append(view.say("within strata of {name}").format(name=comparison.strata))
    return "; ".join(parts)


def _outcome(view: View, outcome: OutcomeFromDates | OutcomeFromStatus) -> str:
    say = view.say
    if isinstance(outcome, OutcomeFromStatus):
        status = outcome.status
        parts = [
            say("time {column} ({unit})").format(column=outcome.time.column, unit=outcome.time.unit),
            say("event where {column} is {code}").format(column=status.column, code=status.event),
            say("censored where it is {codes}").format(codes=", ".join(status.censored)),
        ]
        parts += [say("competing: {cause} ({code})").format(cause=k, code=v) for k, v in status.competing.items()]
        return "; ".join(parts)
    event = outcome.event
    dates = say("first of {dates}").format(dates=", ".join(event.first_of)) if isinstance(event, FirstOf) else event
    start = say("from time zero to {event}") if outcome.from_ is None else say("from {origin} to {event}")
    entry = view.result.study.entry_of(outcome)
    parts = [
        start.format(event=dates, origin=outcome.from_),
        *([say("at risk from {entry} on (delayed entry)").format(entry=entry)] if entry is not None else []),
        say("else censored at {date}; an event recorded later counts").format(date=outcome.censor),
    ]
    if outcome.censored_by:
        parts.append(say("censored at {dates} after time zero").format(dates=", ".join(outcome.censored_by)))
    if outcome.until is not None:
        parts.append(say("followed for {time} at most").format(time=outcome.until))
    parts += [say("competing: {cause} ({code})").format(cause=k, code=v) for k, v in outcome.competing.items()]
    return "; ".join(parts)


def _derived(name: str, derived: Derived) -> str:
    if isinstance(derived, SqlVariable):
        return f"{name} = {derived.sql}"
    dumped = derived.model_dump(mode="json", by_alias=True, exclude_none=True, exclude=_WORDS)
    settings = ", ".join(f"{key.replace('_', ' ')}: {_plain(value)}" for key, value in dumped.items())
    kind = "" if isinstance(derived, FromChildRows) else str(getattr(derived, "definition", "")).replace("_", " ")
    return "; ".join(part for part in (kind, settings) if part)


def _plain(value: object) -> str:
    return ", ".join(str(item) for item in value) if isinstance(value, list | tuple) else str(value)
