"""Time-to-event outcomes, from dates or from a time and a status code that the data already hold."""

from __future__ import annotations

from collections.abc import Iterator
from itertools import pairwise
from typing import Annotated, Any, Self

from pydantic import Field, Tag, WithJsonSchema, field_validator, model_validator

from atrisk.study.part import TAG, Name, Part, first_key, one_of, wrong
from atrisk.study.places import Path
from atrisk.study.quantity import Code, Duration, TimeUnit
from atrisk.study.text import ReaderText


def _labels_of_causes(labels: dict[str, ReaderText], competing: dict[str, str]) -> None:
    for name in labels:
        if name not in competing:
            raise wrong(f"'competing_labels:' names '{name}', which is no competing event of this outcome")


def _no_restricted_mean(tau: Duration | None, competing: dict[str, str]) -> None:
    """The area above a cumulative incidence is no mean time to an event that some can never have."""
    if tau is None:
        return
    if competing:
        hint = "Declare it for an outcome in which these events count too, such as progression or death."
        raise wrong("an outcome with competing events has no restricted mean", "restricted_mean", hint=hint)
    if tau.days <= 0:
        raise wrong("the horizon must be above 0", "restricted_mean")


class FirstOf(Part):
    """The earliest of several dates."""

    first_of: tuple[str, ...] = Field(min_length=2)


def _event(value: Any) -> str | None:
    if isinstance(value, str):
        return "column"
    return "first_of" if isinstance(value, dict | FirstOf) else None


class OutcomeWords(Part):
    """What every time-to-event outcome may say."""

    label: ReaderText
    event_label: ReaderText | None = Field(None, description="What the event is, such as 'Death'.")
    at: tuple[Duration, ...] = Field((), description="Landmark times at which the estimate is printed.")
    restricted_mean: Duration | None = Field(
        None, description="The horizon up to which the mean time free of the event is compared."
    )
    periods: tuple[Duration, ...] = Field(
        (), description="Where follow-up is cut for hazard ratios within periods, if hazards prove not proportional."
    )
    show_until: Duration | None = Field(None, description="Where the figure's time axis ends.")
    note: ReaderText | None = Field(
        None, description="What readers must know of it: from when time counts, what is censored."
    )
    intercurrent: dict[str, ReaderText] = Field(
        default_factory=dict,
        description="Events that come between, beside those declared above, and what is done about each, in words.",
    )
    time_unit: TimeUnit = Field("months", description="Unit of times in tables and figures.")
    competing_labels: dict[Name, ReaderText] = Field(
        default_factory=dict, description="What competing events are called, by name; else '... without ...'."
    )

    @field_validator("periods")
    @classmethod
    def _periods_in_order(cls, value: tuple[Duration, ...]) -> tuple[Duration, ...]:
        days = [0.0, *(duration.days for duration in value)]
        for position, (earlier, later) in enumerate(pairwise(days)):
            if later <= earlier:
                raise wrong("each must be later than the one before, the first above 0", position)
        return value


class OutcomeFromDates(OutcomeWords):
    """Time from time zero to a date."""

    event: Annotated[
        Annotated[str, Tag(TAG + "column")] | Annotated[FirstOf, Tag(TAG + "first_of")],
        one_of(_event, "expected a date column, or 'first_of:' with a list of them", "first_of"),
    ]
    censor: str = Field(description="The last date at which the patient was known to be free of the event.")
    from_: str | None = Field(None, alias="from", description="The date from which time counts, if not time zero.")
    entry: str | None = Field(
        None, description="The date from which the patient was under observation, if not that of the cohort."
    )
    censored_by: tuple[str, ...] = Field(
        (), description="Dates after time zero that end follow-up, whatever comes later."
    )
    until: Duration | None = Field(None, description="Follow-up ends so long after time zero, whatever comes later.")
    competing: dict[Name, str] = Field(default_factory=dict, description="Events that make this one impossible.")
    interval: Name | None = Field(
        None,
        description="The progression_from_imaging whose scans the event lies between: adds interval-censored rows.",
    )

    @model_validator(mode="after")
    def _known_causes(self) -> Self:
        _labels_of_causes(self.competing_labels, self.competing)
        _no_restricted_mean(self.restricted_mean, self.competing)
        return self

    @model_validator(mode="after")
    def _interval_fits(self) -> Self:
        if self.interval is None:
            return self
        if self.competing:
            hint = "Declare it for the first of progression and death: 'event: {first_of: [...]}'."
            raise wrong("an interval-censored outcome cannot have competing events here", "interval", hint=hint)
        if self.from_ is not None or self.entry is not None:
            raise wrong("an interval-censored outcome cannot have delayed entry", "interval")
        seen = {f"{self.interval}.{field}" for field in ("date", "midpoint")}
        if not seen & set(self.event_dates):
            raise wrong(f"the event must be '{self.interval}.date', or the first of that and others", "interval")
        return self

    @property
    def event_dates(self) -> tuple[str, ...]:
        """The dates of which the earliest is the event."""
        return self.event.first_of if isinstance(self.event, FirstOf) else (self.event,)

    def columns(self) -> Iterator[tuple[Path, str]]:
        """Every name of a column or derived variable, with the path of keys under which it stands."""
        if isinstance(self.event, FirstOf):
            yield from ((("event", "first_of", position), name) for position, name in enumerate(self.event.first_of))
        else:
            yield ("event",), self.event
        yield ("censor",), self.censor
        yield from (((key,), name) for key, name in (("from", self.from_), ("entry", self.entry)) if name is not None)
        yield from ((("censored_by", position), name) for position, name in enumerate(self.censored_by))
        yield from ((("competing", other), name) for other, name in self.competing.items())
        if self.interval is not None:
            yield ("interval",), f"{self.interval}.last_negative"


class TimeColumn(Part):
    """A column that holds a time already counted."""

    column: str
    unit: TimeUnit = "days"
    entry: str | None = Field(
        None, description="A column of the time, in the same unit, from which the patient was under observation."
    )


_CODE: dict[str, Any] = {"type": ["string", "number", "boolean"]}
_ONE_OR_MORE_CODES: dict[str, Any] = {"anyOf": [_CODE, {"type": "array", "items": _CODE, "minItems": 1}]}


class StatusColumn(Part):
    """A column that says how follow-up ended."""

    column: str
    event: Code
    censored: Annotated[tuple[Code, ...], WithJsonSchema(_ONE_OR_MORE_CODES)] = Field(
        ("0",), min_length=1, description="The code, or a list of codes, of patients without an event."
    )
    competing: dict[Name, Code] = Field(default_factory=dict)

    @field_validator("censored", mode="before")
    @classmethod
    def _one_or_more(cls, value: Any) -> Any:
        return value if isinstance(value, list | tuple) else (value,)

    @model_validator(mode="after")
    def _distinct(self) -> Self:
        codes = [self.event, *self.censored, *self.competing.values()]
        if len(set(codes)) != len(codes):
            raise wrong("a status code can mean only one thing; one stands twice here")
        return self


class OutcomeFromStatus(OutcomeWords):
    """A time and a status code that the data already hold."""

    time: TimeColumn
    status: StatusColumn

    @model_validator(mode="after")
    def _known_causes(self) -> Self:
        _labels_of_causes(self.competing_labels, self.competing)
        _no_restricted_mean(self.restricted_mean, self.competing)
        return self

    @property
    def competing(self) -> dict[str, str]:
        """Competing events by name."""
        return self.status.competing

    def columns(self) -> Iterator[tuple[Path, str]]:
        """Every name of a column or derived variable, with the path of keys under which it stands."""
        yield ("time", "column"), self.time.column
        if self.time.entry is not None:
            yield ("time", "entry"), self.time.entry
        yield ("status", "column"), self.status.column


def _outcome(value: Any) -> str | None:
    if isinstance(value, OutcomeWords):
        return "status" if isinstance(value, OutcomeFromStatus) else "dates"
    return first_key(value, {"time": "status", "status": "status", "event": "dates", "censor": "dates"})


Outcome = Annotated[
    Annotated[OutcomeFromDates, Tag(TAG + "dates")] | Annotated[OutcomeFromStatus, Tag(TAG + "status")],
    one_of(
        _outcome,
        "an outcome needs 'event:' and 'censor:' (dates), or 'time:' and 'status:' (columns)",
        "event",
        "censor",
        "time",
        "status",
    ),
]
