"""What the study's own words ask of a column: the dates it counts from and to, the flags it looks at."""

from __future__ import annotations

from collections.abc import Iterator
from dataclasses import dataclass

from atrisk.read.table import ColumnType
from atrisk.study.cohort import Index, TimeZero
from atrisk.study.date_order import dates_in
from atrisk.study.model import Study
from atrisk.study.outcome import FirstOf, OutcomeFromDates


def expected_types(study: Study) -> dict[str, ColumnType]:
    """Type by name as written in the study file (``column`` or ``table.column``), where the study implies one.

    Names of derived variables are among them and stand for no column.
    """
    expected = dict.fromkeys(_dates(study), ColumnType.DATE)
    for derivation in study.derive.values():
        for name in derivation.truths():
            expected.setdefault(name, ColumnType.BOOLEAN)
    return expected


@dataclass(frozen=True, slots=True)
class EventUse:
    """A name that the study uses as the date of an event: the outcome, and the date that censors it."""

    outcome: str
    censor: str


def event_uses(study: Study) -> dict[str, EventUse]:
    """Use by name as written in the study file, of every event and competing event that an outcome dates."""
    uses: dict[str, EventUse] = {}
    for name, outcome in study.outcomes.items():
        if isinstance(outcome, OutcomeFromDates):
            for event in (*event_names(outcome), *outcome.competing.values()):
                uses.setdefault(event, EventUse(name, outcome.censor))
    return uses


def event_names(outcome: OutcomeFromDates) -> tuple[str, ...]:
    """The one date, or the several, of an outcome's own event."""
    return outcome.event.first_of if isinstance(outcome.event, FirstOf) else (outcome.event,)


def _dates(study: Study) -> Iterator[str]:
    for step in study.cohort:
        if isinstance(step, Index):
            yield f"{step.table}.{step.by}"
        if isinstance(step, Index | TimeZero):
            yield step.time_zero
    for outcome in study.outcomes.values():
        if isinstance(outcome, OutcomeFromDates):
            yield from event_names(outcome)
            yield outcome.censor
            yield from outcome.competing.values()
            yield from (name for name in (outcome.from_, outcome.entry) if name is not None)
            yield from outcome.censored_by
    for groups in (study.groups, *study.comparisons.values()):
        if groups.frozen is not None:
            yield groups.frozen.found
    for derivation in study.derive.values():
        yield from derivation.dates()
    for line in study.dates_in_order:
        yield from dates_in(line)
