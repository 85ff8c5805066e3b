"""The patient and the calendar: age, era, other diseases."""

from __future__ import annotations

from collections.abc import Iterator
from itertools import pairwise
from typing import Literal

from pydantic import Field, model_validator

from atrisk.study.definition.derived import Derived
from atrisk.study.part import wrong

Condition = Literal[
    "myocardial_infarction",
    "congestive_heart_failure",
    "peripheral_vascular_disease",
    "cerebrovascular_disease",
    "dementia",
    "chronic_pulmonary_disease",
    "rheumatic_disease",
    "peptic_ulcer_disease",
    "mild_liver_disease",
    "severe_liver_disease",
    "diabetes",
    "diabetes_with_organ_damage",
    "hemiplegia",
    "renal_disease",
    "other_cancer",
    "other_metastatic_cancer",
    "aids",
]


class AgeAt(Derived):
    """Age in years (365.25 days) at time zero."""

    COLUMNS = ("birth",)
    DATES = ("birth",)

    definition: Literal["age"]
    birth: str = "birth_date"


class Era(Derived):
    """Calendar period of time zero, or of another date."""

    COLUMNS = ("date",)
    DATES = ("date",)

    definition: Literal["era"]
    starts: tuple[int, ...] = Field(min_length=1, description="The first year of each era, in order.")
    until: int = Field(description="The last year of the last era.")
    date: str | None = Field(None, description="Another date than time zero.")

    @model_validator(mode="after")
    def _in_order(self) -> Era:
        years = (*self.starts, self.until + 1)
        if any(later <= earlier for earlier, later in pairwise(years)):
            raise wrong("the first years of eras must rise, and 'until' not lie before the last of them", "starts")
        return self


class CharlsonIndex(Derived):
    """Charlson comorbidity index without the index cancer, from true/false columns of the conditions recorded."""

    definition: Literal["charlson"]
    conditions: dict[Condition, str] = Field(min_length=1, description="The column of each condition recorded.")
    age: str | None = Field(None, description="Adds a point a decade from 50 years, at most 4.")

    def columns(self) -> Iterator[tuple[tuple[str, ...], str]]:
        """The columns of the conditions, and age."""
        yield from ((("conditions", condition), column) for condition, column in self.conditions.items())
        if self.age is not None:
            yield ("age",), self.age

    def truths(self) -> tuple[str, ...]:
        """The columns of the conditions."""
        return tuple(self.conditions.values())
