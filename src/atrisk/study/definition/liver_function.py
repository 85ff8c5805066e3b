"""Liver function before the operation: ALBI, MELD."""

from __future__ import annotations

from typing import Literal

from pydantic import Field, field_validator, model_validator

from atrisk.study.definition.derived import Derived
from atrisk.study.part import wrong
from atrisk.study.quantity import Code

BilirubinUnit = Literal["umol/L", "mg/dL"]


CreatinineUnit = Literal["umol/L", "mg/dL"]


AlbuminUnit = Literal["g/L", "g/dL"]


class Albi(Derived):
    """Albumin-bilirubin score of liver function, or its grade 1 to 3."""

    COLUMNS = ("bilirubin", "albumin")

    definition: Literal["albi"]
    gives: Literal["score", "grade"] = "score"
    bilirubin: str = "bilirubin"
    bilirubin_unit: BilirubinUnit
    albumin: str = "albumin"
    albumin_unit: AlbuminUnit


class Meld(Derived):
    """Model for End-stage Liver Disease: the score of 2002 (6 to 40), or MELD 3.0 of 2022."""

    COLUMNS = ("bilirubin", "creatinine", "inr", "dialysis", "sodium", "albumin", "sex")
    TRUTHS = ("dialysis",)

    definition: Literal["meld"]
    version: Literal["2002", "3.0"]
    bilirubin: str = "bilirubin"
    bilirubin_unit: BilirubinUnit
    creatinine: str = "creatinine"
    creatinine_unit: CreatinineUnit
    inr: str = "inr"
    dialysis: str | None = Field(None, description="A true/false column: twice or more in the week before.")
    sodium: str | None = Field(None, description="In mmol/L; MELD 3.0.")
    albumin: str | None = Field(None, description="MELD 3.0.")
    albumin_unit: AlbuminUnit | None = None
    sex: str | None = Field(None, description="MELD 3.0.")
    female: Code = "F"
    male: Code = "M"

    @field_validator("version", mode="before")
    @classmethod
    def _as_written(cls, value: object) -> object:
        """2002 and 3.0 are numbers to YAML."""
        return str(value) if isinstance(value, int | float) and not isinstance(value, bool) else value

    @model_validator(mode="after")
    def _third(self) -> Meld:
        third = (self.sodium, self.albumin, self.albumin_unit, self.sex)
        if self.version == "3.0" and None in third:
            raise wrong("MELD 3.0 needs 'sodium:', 'albumin:', 'albumin_unit:' and 'sex:'", "version")
        if self.version == "2002" and any(part is not None for part in third):
            raise wrong("sodium, albumin and sex belong to version 3.0 of MELD", "version")
        return self
