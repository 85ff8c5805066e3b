"""Which columns hold dates of events: empty for everybody who did not have them."""

from __future__ import annotations

from collections.abc import Collection, Iterable, Iterator, Mapping

from atrisk.read.table import Table
from atrisk.study.definition import LengthOfStay, Mortality
from atrisk.study.expression_tree import ExpressionError
from atrisk.study.model import Study
from atrisk.study.outcome import FirstOf, OutcomeFromDates
from atrisk.study.scope import Scope


def event_columns(study: Study, tables: Mapping[str, Table]) -> frozenset[tuple[str, str]]:
    """Table and column of every date that the study uses as an event or a competing event, and of dates of death.

    A name that stands for no column (a derived date) is passed over.
    """
    return _columns(_events(study), tables)


def death_columns(study: Study, tables: Mapping[str, Table]) -> frozenset[tuple[str, str]]:
    """Table and column of every date that a definition of the study takes for the patient's death."""
    return _columns(_deaths(study), tables)


def censoring_of(
    events: Collection[tuple[str, str]], study: Study, tables: Mapping[str, Table]
) -> frozenset[tuple[str, str]]:
    """Table and column of every date at which a patient was last known to be free of one of these events."""
    names = [
        outcome.censor
        for outcome in study.outcomes.values()
        if isinstance(outcome, OutcomeFromDates) and _columns(_events_of(outcome), tables) & set(events)
    ]
    names += [
        derivation.last_contact
        for derivation in study.derive.values()
        if isinstance(derivation, Mortality) and _columns([derivation.death], tables) & set(events)
    ]
    return _columns(names, tables)


def _columns(names: Iterable[str], tables: Mapping[str, Table]) -> frozenset[tuple[str, str]]:
    scope = Scope({table.name: {name: name for name in table.names} for table in tables.values()})
    found = set()
    for name in names:
        try:
            column = scope.resolve(name)
        except ExpressionError:
            continue
        found.add((column.table, column.column))
    return frozenset(found)


def _deaths(study: Study) -> Iterator[str]:
    for derivation in study.derive.values():
        if isinstance(derivation, Mortality | LengthOfStay) and derivation.death is not None:
            yield derivation.death


def _events(study: Study) -> Iterator[str]:
    for outcome in study.outcomes.values():
        if isinstance(outcome, OutcomeFromDates):
            yield from _events_of(outcome)
            yield from outcome.competing.values()
    yield from _deaths(study)


def _events_of(outcome: OutcomeFromDates) -> tuple[str, ...]:
    return outcome.event.first_of if isinstance(outcome.event, FirstOf) else (outcome.event,)
