"""The declared study: what is asked, of whom, and how; frozen and validated, so that nothing later must check it.

This is the grammar of the study file. Names of columns are written ``table.column``, or bare where only one table has
them. Durations are words ("90 days", "10 years"). A text is one string or one per language. Expressions are scalar SQL
(see ``atrisk.study.expression``).
"""

from __future__ import annotations

import datetime as dt
from typing import Annotated, Literal, Self

from pydantic import Field, field_validator, model_validator

from atrisk.study.cohort import CohortStep, Index, Keep, TimeZero
from atrisk.study.derivation import Derivation
from atrisk.study.grouping import Comparison, Groups, Multiplicity, Pair, SqlGroups
from atrisk.study.outcome import (
    FirstOf,
    Outcome,
    OutcomeFromDates,
    OutcomeFromStatus,
    OutcomeWords,
    StatusColumn,
    TimeColumn,
)
from atrisk.study.part import Name, Part
from atrisk.study.published import Published
from atrisk.study.table import DataTable, PartialDate, Variable
from atrisk.study.text import ReaderText

# The whole grammar can be imported from here.
__all__ = [
    "FORMAT_VERSION",
    "About",
    "Baseline",
    "CohortStep",
    "Comparison",
    "DataTable",
    "FirstOf",
    "Groups",
    "Index",
    "Keep",
    "Multiplicity",
    "Name",
    "Outcome",
    "OutcomeFromDates",
    "OutcomeFromStatus",
    "OutcomeWords",
    "Pair",
    "Part",
    "PartialDate",
    "Published",
    "Settings",
    "SqlGroups",
    "StatusColumn",
    "Study",
    "TimeColumn",
    "TimeZero",
    "Variable",
]

FORMAT_VERSION = 1


class About(Part):
    """What the study is and what it asks."""

    id: Annotated[str, Field(pattern=r"^[A-Za-z0-9][A-Za-z0-9_-]*$", description="Names the results folder.")]
    title: ReaderText
    question: ReaderText | None = None
    source: ReaderText | None = Field(None, description="Where the data come from, with licence; shown in the report.")
    data_cut: dt.date | None = Field(None, description="No date in the data may be later.")
    synthetic: ReaderText | None = Field(None, description="Says that no real patients stand behind the data.")


class Baseline(Part):
    """Table 1."""

    show: tuple[str, ...] = Field(min_length=1)
    p_values: bool = Field(False, description="STROBE discourages them; some journals still print them.")


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
