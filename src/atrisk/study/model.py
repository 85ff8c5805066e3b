"""The declared study: what is asked, of whom, and how; frozen and validated, so that nothing later must check it.

This is the grammar of the study file. Names of columns are written ``table.column``, or bare where only one table has
them. Durations are words ("90 days", "10 years"). A text is one string or one per language. Expressions are scalar SQL
(see ``atrisk.study.expression``).
"""

from __future__ import annotations

import datetime as dt
import re
from typing import Annotated, Any, Literal, Self

from pydantic import (
    AfterValidator,
    BaseModel,
    BeforeValidator,
    ConfigDict,
    Discriminator,
    Field,
    Tag,
    field_validator,
    model_validator,
)

from atrisk.study.derivation import Derivation
from atrisk.study.quantity import Code, Duration, Quantity, TimeUnit
from atrisk.study.text import ReaderText

FORMAT_VERSION = 1

_NAME = re.compile(r"[A-Za-z_][A-Za-z0-9_]*")


def _is_name(value: str) -> str:
    if not _NAME.fullmatch(value) or value.startswith("__"):
        raise ValueError("a name starts with a letter and has only letters, digits and underscores")
    return value


Name = Annotated[str, AfterValidator(_is_name)]
Multiplicity = Literal["holm", "benjamini-hochberg", "bonferroni", "none"]


class Part(BaseModel):
    """A part of the study: frozen, and strict about keys it does not know."""

    model_config = ConfigDict(frozen=True, extra="forbid", populate_by_name=True)


class About(Part):
    """What the study is and what it asks."""

    id: Annotated[str, Field(pattern=r"^[A-Za-z0-9][A-Za-z0-9_-]*$", description="Names the results folder.")]
    title: ReaderText
    question: ReaderText | None = None
    source: ReaderText | None = Field(None, description="Where the data come from, with licence; shown in the report.")
    data_cut: dt.date | None = Field(None, description="No date in the data may be later.")
    synthetic: ReaderText | None = Field(None, description="Says that no real patients stand behind the data.")


class DataTable(Part):
    """A table and where it lies; the only place that names files."""

    file: str = Field(description="Path below the study file's folder (or below --data-root).")
    key: str | None = Field(None, description="The column that identifies a row.")
    parent: Name | None = Field(None, description="The table each row belongs to.")
    parent_key: str | None = Field(None, description="The column that holds the parent's key, if named otherwise.")
    one_to_one: bool = Field(
        False, description="At most one row per parent row: its columns can be used like the parent's."
    )
    where: str | None = Field(None, description="Only these rows (SQL expression over the table's own columns).")
    encoding: Literal["utf-8", "utf-16", "windows-1252", "gb18030"] | None = None
    delimiter: Literal[",", ";", "\t", "|"] | None = None


class PartialDate(Part):
    """What to put in for the part of a date that was not recorded."""

    day: Annotated[int, Field(ge=1, le=28)]
    month: Annotated[int, Field(ge=1, le=12)]


class Variable(Part):
    """What a column's own values do not say."""

    label: ReaderText | None = None
    type: Literal["text", "category", "integer", "number", "date", "boolean"] | None = None
    unit: str | None = None
    range: tuple[float, float] | None = Field(None, description="Smallest and largest plausible value.")
    levels: dict[Code, ReaderText] | None = Field(
        None, description="Codes in order, with labels; no other value is allowed."
    )
    missing: tuple[Code, ...] = Field((), description="Codes that mean 'not recorded'.")
    censored: bool = Field(False, description="Values such as '<1' and '>=10' are limits, not mistakes.")
    bands: tuple[str, ...] | None = Field(None, description="Bands for tables: 1, 2-4, 5-9, '>=10'.")
    partial: PartialDate | None = Field(None, description="Dates such as 2009-05 are allowed and completed so.")
    format: (
        Literal["YYYY-MM-DD", "DD/MM/YYYY", "MM/DD/YYYY", "DD.MM.YYYY", "DD-MM-YYYY", "YYYY/MM/DD", "YYYYMMDD"] | None
    ) = Field(None, description="How dates are written, where not YYYY-MM-DD.")

    @field_validator("bands", mode="before")
    @classmethod
    def _bands_are_text(cls, value: Any) -> Any:
        return [str(band) for band in value] if isinstance(value, list | tuple) else value

    @model_validator(mode="after")
    def _consistent(self) -> Self:
        if self.range is not None and self.range[0] > self.range[1]:
            raise ValueError("range: the smallest value comes first")
        if self.range is not None and self.type not in (None, "integer", "number"):
            raise ValueError(f"a {self.type} has no range")
        if self.levels is not None and self.type not in (None, "category"):
            raise ValueError(f"a {self.type} has no levels")
        if (self.partial or self.format) and self.type not in (None, "date"):
            raise ValueError(f"a {self.type} is not a date")
        return self


class Keep(Part):
    """An eligibility criterion: a box of the flow diagram."""

    keep: str = Field(description="SQL expression; rows where it is true stay.")
    otherwise: ReaderText = Field(description="Why the others leave, as printed in the flow.")
    per: Name | None = Field(
        None, description="The unit counted: the table of rows before 'index', its patients after."
    )
    unknown: Literal["include", "exclude"] | None = Field(
        None,
        description="What happens to rows for which the criterion is unknown; without this they stop the run.",
    )


_INDEX = re.compile(r"(first|last)\s+([A-Za-z_]\w*)\s+by\s+([A-Za-z_]\w*)")


class Index(Part):
    """From here on one row a patient: the first (or last) eligible row of a table."""

    index: str = Field(description="Such as: first operation by op_date.")
    time_zero: str = Field(description="The date from which follow-up counts.")
    one_course_within: Duration | None = Field(
        None,
        description="Later rows up to so long after the index row belong to the same course of treatment.",
    )

    @field_validator("index")
    @classmethod
    def _words(cls, value: str) -> str:
        if _INDEX.fullmatch(value.strip()) is None:
            raise ValueError("expected 'first TABLE by DATE COLUMN', such as 'first operation by op_date'")
        return " ".join(value.split())

    @property
    def which(self) -> str:
        """``first`` or ``last``."""
        return self.index.split()[0]

    @property
    def table(self) -> str:
        """The table the index row is chosen from."""
        return self.index.split()[1]

    @property
    def by(self) -> str:
        """The date column that orders the rows."""
        return self.index.split()[3]


class TimeZero(Part):
    """The date from which follow-up counts, where every patient has one row to begin with."""

    time_zero: str


def _step(value: Any) -> str | None:
    if isinstance(value, Part):
        return {"Keep": "keep", "Index": "index", "TimeZero": "time_zero"}.get(type(value).__name__)
    if isinstance(value, dict):
        for key in ("keep", "index", "time_zero"):
            if key in value:
                return key
    return None


CohortStep = Annotated[
    Annotated[Keep, Tag("keep")] | Annotated[Index, Tag("index")] | Annotated[TimeZero, Tag("time_zero")],
    Discriminator(
        _step,
        custom_error_type="cohort_step",
        custom_error_message="a step of the cohort needs one of 'keep:', 'index:' or 'time_zero:'",
    ),
]


class SqlGroups(Part):
    """Groups made by an expression."""

    sql: str
    levels: dict[Code, ReaderText] = Field(min_length=2, description="The expression's values in order, with labels.")


_PAIR = re.compile(r"(\S(?:.*\S)?)\s+vs\s+(\S(?:.*\S)?)")


class Pair(BaseModel):
    """A contrast "A vs B": A compared with B; ratios and differences are A over or minus B."""

    model_config = ConfigDict(frozen=True)
    group: str
    against: str

    def __str__(self) -> str:
        return f"{self.group} vs {self.against}"


def _pair(value: Any) -> Any:
    if isinstance(value, str):
        match = _PAIR.fullmatch(value.strip())
        if match is None:
            raise ValueError("expected a pair such as 'SI vs UP'")
        return {"group": match[1], "against": match[2]}
    return value


class Groups(Part):
    """The groups compared."""

    by: str | SqlGroups = Field(description="A column or derived variable, or an expression with its levels.")
    order: tuple[Code, ...] | None = Field(None, description="The groups in the order shown.")
    reference: Code | None = Field(None, description="The group the others are compared with (the first, if not said).")
    pairs: tuple[Annotated[Pair, BeforeValidator(_pair)], ...] | None = Field(
        None, description="The contrasts; without them, every other group against the reference."
    )
    multiplicity: Multiplicity = Field("holm", description="How p values of several pairs are adjusted.")

    @property
    def codes(self) -> tuple[str, ...] | None:
        """The groups in order where the study file says them, else None (the column's levels decide)."""
        if self.order is not None:
            return self.order
        return tuple(self.by.levels) if isinstance(self.by, SqlGroups) else None

    @model_validator(mode="after")
    def _known(self) -> Self:
        codes = self.codes
        if codes is None:
            return self
        if len(set(codes)) != len(codes):
            raise ValueError("a group stands twice in 'order'")
        if len(codes) < 2:
            raise ValueError("a comparison needs at least two groups")
        named = [self.reference] if self.reference is not None else []
        for pair in self.pairs or ():
            if pair.group == pair.against:
                raise ValueError(f"'{pair}' compares a group with itself")
            named += [pair.group, pair.against]
        for code in named:
            if code not in codes:
                raise ValueError(f"'{code}' is not one of the groups {', '.join(codes)}")
        return self


class FirstOf(Part):
    """The earliest of several dates."""

    first_of: tuple[str, ...] = Field(min_length=2)


class OutcomeWords(Part):
    """What every time-to-event outcome may say."""

    label: ReaderText
    event_label: ReaderText | None = Field(None, description="What the event is, such as 'Death'.")
    at: tuple[Duration, ...] = Field((), description="Landmark times at which the estimate is printed.")
    show_until: Duration | None = Field(None, description="Where the figure's time axis ends.")
    time_unit: TimeUnit = Field("months", description="Unit of times in tables and figures.")


class OutcomeFromDates(OutcomeWords):
    """Time from time zero to a date."""

    event: str | FirstOf
    censor: str = Field(description="The last date at which the patient was known to be free of the event.")
    competing: dict[Name, str] = Field(default_factory=dict, description="Events that make this one impossible.")


class TimeColumn(Part):
    """A column that holds a time already counted."""

    column: str
    unit: TimeUnit = "days"


class StatusColumn(Part):
    """A column that says how follow-up ended."""

    column: str
    event: Code
    censored: tuple[Code, ...] = Field(("0",), min_length=1)
    competing: dict[Name, Code] = Field(default_factory=dict)

    @field_validator("censored", mode="before")
    @classmethod
    def _one_or_more(cls, value: Any) -> Any:
        return value if isinstance(value, list | tuple) else (value,)

    @model_validator(mode="after")
    def _distinct(self) -> Self:
        codes = [self.event, *self.censored, *self.competing.values()]
        if len(set(codes)) != len(codes):
            raise ValueError("a status code can mean only one thing; one stands twice here")
        return self


class OutcomeFromStatus(OutcomeWords):
    """A time and a status code that the data already hold."""

    time: TimeColumn
    status: StatusColumn

    @property
    def competing(self) -> dict[str, str]:
        """Competing events by name."""
        return self.status.competing


def _outcome(value: Any) -> str | None:
    if isinstance(value, OutcomeFromDates):
        return "dates"
    if isinstance(value, OutcomeFromStatus):
        return "status"
    if isinstance(value, dict):
        if "time" in value or "status" in value:
            return "status"
        if "event" in value or "censor" in value:
            return "dates"
    return None


Outcome = Annotated[
    Annotated[OutcomeFromDates, Tag("dates")] | Annotated[OutcomeFromStatus, Tag("status")],
    Discriminator(
        _outcome,
        custom_error_type="outcome",
        custom_error_message="an outcome needs 'event:' and 'censor:' (dates), or 'time:' and 'status:' (columns)",
    ),
]


class Baseline(Part):
    """Table 1."""

    show: tuple[str, ...] = Field(min_length=1)
    p_values: bool = Field(False, description="STROBE discourages them; some journals still print them.")


class Comparison(Groups):
    """A further comparison of the same patients on another grouping."""

    label: ReaderText
    restrict: str | None = Field(None, description="Only these patients (SQL expression).")
    restrict_reason: ReaderText | None = None
    strata: str | None = Field(
        None,
        description="Compare within these strata; those in which a group is empty are left out and named.",
    )
    outcomes: tuple[str, ...] = Field(min_length=1, description="Outcomes and derived variables compared.")
    baseline: bool = Field(False, description="Also a baseline table for this grouping.")


class Published(Part):
    """A figure from a publication, to be set beside the computed one."""

    what: ReaderText
    row: dict[str, Code] = Field(
        min_length=1, description="Selects the result row: outcome, statistic, group, time, ..."
    )
    value: Quantity
    within: Quantity | None = Field(None, description="How far the computed figure may lie from the published one.")
    factor: Annotated[float, Field(gt=1)] | None = Field(
        None, description="For p values: at most so many times larger or smaller."
    )
    same_side_of: Annotated[float, Field(gt=0, lt=1)] | None = Field(
        None, description="For p values: on the same side of it."
    )

    @model_validator(mode="after")
    def _judged(self) -> Self:
        if self.value.comparison == "" and self.within is None and self.factor is None and self.same_side_of is None:
            raise ValueError("needs a tolerance: 'within:', 'factor:' or 'same_side_of:'")
        if self.within is not None and (self.within.unit == "%"):
            raise ValueError("a tolerance in percent is ambiguous: write 'points' for percentage points")
        return self


class Settings(Part):
    """Conventions of the analysis; each is printed with the results."""

    conf_level: Annotated[float, Field(gt=0.5, lt=1)] = 0.95
    conf_type: Literal["plain", "log", "log-log", "logit", "arcsin"] = "log-log"


class Study(Part):
    """A whole study file."""

    atrisk: Literal[1] = Field(description="Version of this format.")
    study: About
    data: dict[Name, DataTable] = Field(min_length=1)
    variables: dict[str, Variable] = Field(default_factory=dict, description="By table.column.")
    dates_in_order: tuple[str, ...] = Field((), description="Such as: birth_date <= op_date <= death_date.")
    cohort: tuple[CohortStep, ...] = ()
    groups: Groups
    derive: dict[Name, Derivation] = Field(default_factory=dict)
    outcomes: dict[Name, Outcome] = Field(default_factory=dict)
    surgical_outcomes: tuple[str, ...] = ()
    baseline: Baseline | None = None
    comparisons: dict[Name, Comparison] = Field(default_factory=dict)
    published: tuple[Published, ...] = ()
    settings: Settings = Settings()

    @field_validator("data")
    @classmethod
    def _one_root(cls, value: dict[str, DataTable]) -> dict[str, DataTable]:
        for name, table in value.items():
            if table.parent is not None and table.parent not in value:
                raise ValueError(f"table '{name}' names the parent '{table.parent}', which is not declared")
            seen = {name}
            parent = table.parent
            while parent is not None:
                if parent in seen:
                    raise ValueError(f"table '{name}' is its own ancestor")
                seen.add(parent)
                parent = value[parent].parent
        for name, table in value.items():
            if table.parent is not None and value[table.parent].key is None:
                raise ValueError(f"table '{table.parent}' needs a 'key:', because '{name}' belongs to it")
        roots = [name for name, table in value.items() if table.parent is None]
        if len(roots) != 1:
            raise ValueError(f"exactly one table has no 'parent:' (the patients); here: {', '.join(roots) or 'none'}")
        if value[roots[0]].key is None:
            raise ValueError(f"table '{roots[0]}' (the patients) needs a 'key:'")
        return value

    @model_validator(mode="after")
    def _steps_in_order(self) -> Self:
        zeros = [step for step in self.cohort if isinstance(step, Index | TimeZero)]
        if len(zeros) > 1:
            raise ValueError("cohort: only one step sets time zero ('index:' or 'time_zero:')")
        index = self.index
        if index is not None and index.table not in self.data:
            raise ValueError(f"cohort: 'index: {index.index}' names a table that is not declared under 'data:'")
        if not zeros and any(isinstance(outcome, OutcomeFromDates) for outcome in self.outcomes.values()):
            raise ValueError("cohort: outcomes from dates need a step that sets time zero ('index:' or 'time_zero:')")
        unit = index.table if index is not None else self.root
        for step in self.cohort:
            if isinstance(step, Index):
                unit = self.root
            elif isinstance(step, Keep) and step.per is not None and step.per != unit:
                raise ValueError(f"cohort: 'per: {step.per}' stands where rows are counted per {unit}")
        return self

    @property
    def root(self) -> str:
        """The table of patients."""
        return next(name for name, table in self.data.items() if table.parent is None)

    @property
    def index(self) -> Index | None:
        """The step that chooses one row a patient, if there is one."""
        return next((step for step in self.cohort if isinstance(step, Index)), None)

    @property
    def time_zero(self) -> str | None:
        """The column of dates from which follow-up counts, if any."""
        return next((step.time_zero for step in self.cohort if isinstance(step, Index | TimeZero)), None)
