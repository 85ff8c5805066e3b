"""The declared study: what is asked, of whom, and how; frozen and validated, so that nothing later must check it.

This is the grammar of the study file. Names of columns are written ``table.column``, or bare where only one table has
them. Durations are words ("90 days", "10 years"). A text is one string or one per language. Expressions are scalar SQL
(see ``atrisk.study.expression``).
"""

from __future__ import annotations

import datetime as dt
import re
from typing import Annotated, Any, Literal, Self

from pydantic import BeforeValidator, Field, field_validator, model_validator

from atrisk.study.adjustment import Adjustment
from atrisk.study.alternative import Alternative
from atrisk.study.centre import Centre
from atrisk.study.cohort import CohortStep, Index, Keep, TimeZero
from atrisk.study.correction import Correction
from atrisk.study.date_order import DateOrder
from atrisk.study.derivation import Derivation
from atrisk.study.grouping import Comparison, Groups, Multiplicity, Pair, SqlGroups
from atrisk.study.impossible import Impossible
from atrisk.study.margin import Detectable, Margin
from atrisk.study.monitoring import Monitoring
from atrisk.study.outcome import (
    FirstOf,
    Outcome,
    OutcomeFromDates,
    OutcomeFromStatus,
    OutcomeWords,
    StatusColumn,
    TimeColumn,
)
from atrisk.study.part import Name, Part, wrong
from atrisk.study.prognosis import Prognosis
from atrisk.study.published import Published
from atrisk.study.scope import did_you_mean
from atrisk.study.subgroups import Subgroups
from atrisk.study.table import DataTable, PartialDate, Variable
from atrisk.study.text import ReaderText, Text
from atrisk.study.time_dependent import TimeDependent
from atrisk.study.tipping_point import TippingPoint

# The whole grammar can be imported from here.
__all__ = [
    "FORMAT_VERSION",
    "About",
    "Adjustment",
    "Alternative",
    "Baseline",
    "Centre",
    "CohortStep",
    "Comparison",
    "Correction",
    "DataTable",
    "Detectable",
    "FirstOf",
    "Groups",
    "Impossible",
    "Index",
    "Keep",
    "Margin",
    "Multiplicity",
    "Name",
    "Outcome",
    "OutcomeFromDates",
    "OutcomeFromStatus",
    "OutcomeWords",
    "Pair",
    "Part",
    "PartialDate",
    "Prognosis",
    "Published",
    "Settings",
    "SqlGroups",
    "StatusColumn",
    "Study",
    "Subgroups",
    "TimeColumn",
    "TimeZero",
    "Variable",
]

FORMAT_VERSION = 1


def _format_version(value: Any) -> Any:
    if isinstance(value, bool) or value != FORMAT_VERSION:
        raise wrong(f"expected {FORMAT_VERSION}, the version of the format this program reads")
    return int(value)


def _iso_date(value: Any) -> Any:
    """Only a date written out: pydantic alone would take the number 2022 for a count of seconds since 1970."""
    if isinstance(value, dt.date) and not isinstance(value, dt.datetime):
        return value
    if isinstance(value, str) and re.fullmatch(r"\d{4}-\d{2}-\d{2}", value):
        try:
            return dt.date.fromisoformat(value)
        except ValueError:
            pass
    raise wrong("expected a date such as 2022-06-30")


# What a starter file has in place of a title; a study that still bears it would be published under it.
TITLE_TO_WRITE = "Title of the study, as readers see it"


class About(Part):
    """What the study is and what it asks."""

    id: Annotated[str, Field(pattern=r"^[A-Za-z0-9][A-Za-z0-9_-]*$", description="Names the results folder.")]
    title: ReaderText
    question: ReaderText | None = None
    source: ReaderText | None = Field(None, description="Where the data come from, with licence; shown in the report.")
    data_cut: Annotated[dt.date, BeforeValidator(_iso_date)] | None = Field(
        None, description="No date in the data may be later."
    )
    synthetic: ReaderText | None = Field(None, description="Says that no real patients stand behind the data.")
    simulation: str | None = Field(
        None,
        description="The record of 'atrisk simulate' beside synthetic data; the report says how many draws it tried.",
    )

    @field_validator("title")
    @classmethod
    def _own_title(cls, value: Text) -> Text:
        if str(value).strip() == TITLE_TO_WRITE:
            raise wrong("the title is still the one 'atrisk new' put here", hint="Write the title of your study.")
        return value


class Baseline(Part):
    """Table 1."""

    show: tuple[str, ...] = Field(min_length=1)
    p_values: bool = Field(False, description="STROBE discourages them; some journals still print them.")


def _no_percentage(value: Any) -> Any:
    """A confidence level as most people say it is answered with how it is written here."""
    said = re.fullmatch(r"(\d{2}(\.\d+)?)\s*%?", str(value).strip())
    if said and 50 < float(said[1]) < 100:
        raise wrong("expected a number less than 1", hint=f"Write {float(said[1]) / 100:g}: a share, not a percentage.")
    return value


class Settings(Part):
    """Conventions of the analysis; each is printed with the results."""

    conf_level: Annotated[float, Field(gt=0.5, lt=1), BeforeValidator(_no_percentage)] = 0.95
    conf_type: Literal["plain", "log", "log-log", "logit", "arcsin"] = "log-log"
    detectable: Detectable = Detectable()


class Study(Part):
    """A whole study file."""

    atrisk: Annotated[Literal[1], BeforeValidator(_format_version)] = Field(description="Version of this format.")
    study: About
    data: dict[Name, DataTable] = Field(min_length=1)
    variables: dict[str, Variable] = Field(default_factory=dict, description="By table.column.")
    corrections: tuple[Correction, ...] = Field((), description="Cells put right, each with its reason; listed.")
    dates_in_order: tuple[DateOrder, ...] = Field((), description="Such as: birth_date <= op_date <= death_date.")
    impossible: tuple[Impossible, ...] = Field((), description="Conditions that no row of the data may meet.")
    cohort: tuple[CohortStep, ...] = ()
    groups: Groups
    derive: dict[Name, Derivation] = Field(default_factory=dict)
    outcomes: dict[Name, Outcome] = Field(default_factory=dict)
    surgical_outcomes: tuple[str, ...] = ()
    baseline: Baseline | None = None
    comparisons: dict[Name, Comparison] = Field(default_factory=dict)
    adjustment: Adjustment | None = Field(None, description="For what the study's own groups are compared adjusted.")
    margins: dict[Name, Margin] = Field(
        default_factory=dict, description="How much worse a group may be and still count as no worse, by name."
    )
    time_dependent: dict[Name, TimeDependent] = Field(
        default_factory=dict, description="Exposures that begin during follow-up, by name."
    )
    subgroups: Subgroups | None = Field(None, description="Variables within whose levels groups are compared again.")
    centre: Centre | None = Field(None, description="Where patients were treated, and how much rests on one place.")
    prognosis: Prognosis | None = Field(None, description="A prognostic model of declared variables.")
    tipping_points: dict[Name, TippingPoint] = Field(
        default_factory=dict, description="How otherwise censored patients would have to fare, by name."
    )
    monitoring: Monitoring | None = Field(None, description="An outcome watched operation by operation, and by unit.")
    alternatives: dict[Name, Alternative] = Field(default_factory=dict, description="Sensitivity analyses by name.")
    published: tuple[Published, ...] = ()
    settings: Settings = Settings()

    @field_validator("data")
    @classmethod
    def _one_root(cls, value: dict[str, DataTable]) -> dict[str, DataTable]:
        for name, table in value.items():
            if table.parent is not None and table.parent not in value:
                raise wrong(
                    f"there is no table '{table.parent}' under 'data:'",
                    name,
                    "parent",
                    hint=did_you_mean(table.parent, tuple(value)),
                )
            seen = {name}
            parent = table.parent
            while parent is not None:
                if parent in seen:
                    raise wrong(f"table '{name}' is its own ancestor", name, "parent")
                seen.add(parent)
                parent = value[parent].parent
        for name, table in value.items():
            if table.parent is not None and value[table.parent].key is None:
                raise wrong(f"needs a 'key:', because '{name}' belongs to it", table.parent)
        roots = [name for name, table in value.items() if table.parent is None]
        if len(roots) != 1:
            raise wrong(f"exactly one table has no 'parent:' (the patients); here: {', '.join(roots) or 'none'}")
        if value[roots[0]].key is None:
            raise wrong("the table of patients needs a 'key:'", roots[0])
        return value

    @field_validator("corrections")
    @classmethod
    def _each_cell_once(cls, value: tuple[Correction, ...]) -> tuple[Correction, ...]:
        seen: dict[tuple[str, str], int] = {}
        for number, correction in enumerate(value):
            first = seen.setdefault((correction.column.casefold(), correction.key), number)
            if first != number:
                raise wrong(f"this cell is already corrected by number {first + 1} of this list", number)
        return value

    @model_validator(mode="after")
    def _steps_in_order(self) -> Self:
        zeros = [number for number, step in enumerate(self.cohort) if isinstance(step, Index | TimeZero)]
        if len(zeros) > 1:
            raise wrong("only one step sets time zero ('index:' or 'time_zero:')", "cohort", zeros[1])
        index = self.index
        if index is not None and index.table not in self.data:
            raise wrong(
                f"there is no table '{index.table}' under 'data:'",
                "cohort",
                zeros[0],
                "index",
                hint=did_you_mean(index.table, tuple(self.data)),
            )
        if not zeros:
            for name, outcome in self.outcomes.items():
                if isinstance(outcome, OutcomeFromDates):
                    raise wrong(
                        "an outcome from dates needs a step of the cohort that sets time zero", "outcomes", name,
                        hint="Add 'index:' or 'time_zero:' under 'cohort:'.",
                    )  # fmt: skip
        unit = index.table if index is not None else self.root
        for number, step in enumerate(self.cohort):
            if isinstance(step, Index):
                unit = self.root
            elif isinstance(step, Keep) and step.per is not None and step.per != unit:
                raise wrong(f"rows are counted per '{unit}' here, not per '{step.per}'", "cohort", number, "per")
        return self

    @model_validator(mode="after")
    def _exposures(self) -> Self:
        for name, exposure in self.time_dependent.items():
            outcome = self.outcomes.get(exposure.outcome)
            if outcome is not None and (not isinstance(outcome, OutcomeFromDates) or outcome.competing):
                hint = "With competing events, take the first of all of them as the outcome."
                message = f"'{exposure.outcome}' is not an outcome from dates without competing events"
                raise wrong(message, "time_dependent", name, "outcome", hint=hint)
        return self

    @model_validator(mode="after")
    def _alternatives(self) -> Self:
        shown = (*self.outcomes, *self.surgical_outcomes, *(self.baseline.show if self.baseline is not None else ()))
        for part in ("comparisons", "alternatives"):
            if "main" in getattr(self, part):
                raise wrong("'main' is the name of the main analysis", part, "main", at_key=True)
        for name, alternative in self.alternatives.items():
            for part, declared in (("derive", tuple(self.derive)), ("outcomes", tuple(self.outcomes))):
                for entry in getattr(alternative, part):
                    if entry not in declared:
                        hint = did_you_mean(entry, declared)
                        message = f"the study declares nothing of this name under '{part}:' that could be replaced"
                        raise wrong(message, "alternatives", name, part, entry, hint=hint, at_key=True)
            for key in ("order", "reference", "pairs", "multiplicity"):
                if key in alternative.groups:
                    message = "an alternative compares the same groups, with which it stands in one table"
                    raise wrong(message, "alternatives", name, "groups", key, at_key=True)
            for position, entry in enumerate(alternative.show):
                if entry not in shown:
                    hint = did_you_mean(entry, shown)
                    message = f"'{entry}' is neither an outcome nor in the baseline table"
                    raise wrong(message, "alternatives", name, "show", position, hint=hint)
        return self

    @property
    def root(self) -> str:
        """The table of patients."""
        return next(name for name, table in self.data.items() if table.parent is None)

    @property
    def index(self) -> Index | None:
        """The step that chooses one row a patient, if there is one."""
        return next((step for step in self.cohort if isinstance(step, Index)), None)

    def entry_of(self, outcome: OutcomeFromDates) -> str | None:
        """The date at which patients come under observation for an outcome; None where that is time zero itself.

        As declared; else, where time counts from another date than that which made the patient eligible (the index
        row's, or time zero), that date: patients had to live to it.
        """
        if outcome.entry is not None:
            return outcome.entry
        index = self.index
        eligible = f"{index.table}.{index.by}" if index is not None else str(self.time_zero)
        origin = outcome.from_ or str(self.time_zero)
        return None if origin in (eligible, eligible.partition(".")[2]) else eligible

    @property
    def time_zero(self) -> str | None:
        """The column of dates from which follow-up counts, if any."""
        return next((step.time_zero for step in self.cohort if isinstance(step, Index | TimeZero)), None)
