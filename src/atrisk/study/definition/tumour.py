"""The tumour: timing of metastases, WHO grade, burden."""

from __future__ import annotations

from typing import Literal

from pydantic import Field, field_validator

from atrisk.study.definition.derived import Derived
from atrisk.study.quantity import Duration


class TimingOfMetastases(Derived):
    """Synchronous where primary tumour and metastases were diagnosed within a time of each other, else metachronous."""

    COLUMNS = ("primary", "metastases")
    DATES = ("primary", "metastases")

    definition: Literal["timing_of_metastases"]
    within: Duration = Field(description="How far apart both diagnoses may lie; 3, 6 and 12 months are in use.")
    primary: str = "date_dx_net"
    metastases: str = "date_dx_lm"


class WhoGrade(Derived):
    """WHO grade of a well-differentiated neuroendocrine tumour from Ki-67 and mitoses; the higher decides."""

    COLUMNS = ("ki67", "mitoses", "reported")

    definition: Literal["who_grade"]
    edition: Literal[2010, 2019, 2022] = 2022
    ki67: str = "ki67"
    mitoses: str | None = Field(
        "mitoses_2mm2", description="Mitoses per 2 square millimetres; 'none' where they were not counted."
    )
    if_one_missing: Literal["unknown", "other decides"] = Field(
        "unknown", description="The grade where only one of the two is recorded and does not settle it."
    )
    reported: str | None = Field(None, description="The grade as reported; where it differs is a finding.")

    def fields(self) -> tuple[str, ...]:
        """The grade and, where two indices can give it, whether one of them was missing."""
        return ("",) if self.mitoses is None else ("", "one_index")

    @field_validator("mitoses")
    @classmethod
    def _not_counted(cls, value: str | None) -> str | None:
        return None if value == "none" else value


class TumourBurden(Derived):
    """Share of the liver that is tumour, in the bands <10, 10-25, 25-50 and >50 %."""

    COLUMNS = ("percent",)

    definition: Literal["tumour_burden"]
    percent: str = "liver_burden_pct"


class TumourBurdenScore(Derived):
    """Tumour burden score (Sasaki 2018): the distance from the origin of largest size in cm and number."""

    COLUMNS = ("size", "number")

    definition: Literal["tumour_burden_score"]
    size: str = "lm_size_max"
    size_unit: Literal["mm", "cm"]
    number: str = "lm_number"
