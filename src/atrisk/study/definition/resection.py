"""The resection: its extent, and what of the tumour it removed or left."""

from __future__ import annotations

from typing import Literal

from pydantic import Field, model_validator

from atrisk.study.definition.derived import Derived
from atrisk.study.part import wrong


class MajorHepatectomy(Derived):
    """Major hepatectomy from a list of resection codes, under a named rule."""

    COLUMNS = ("resections",)

    definition: Literal["major_hepatectomy"]
    rule: Literal["SEG3", "MAYO", "HEMI"]
    resections: str = "resections"


class ParenchymaSparing(Derived):
    """Nothing but enucleations, wedges and single segments, from a list of resection codes."""

    COLUMNS = ("resections",)

    definition: Literal["parenchyma_sparing"]
    resections: str = "resections"


class Cytoreduction(Derived):
    """Share of the tumour that was removed, in percent, or whether it reached a threshold."""

    COLUMNS = ("percent", "before", "residual")

    definition: Literal["cytoreduction"]
    basis: Literal["volume", "lesion count", "surgeon's estimate"] = Field(description="What was measured; printed.")
    percent: str | None = Field(None, description="A column that holds the percentage.")
    before: str | None = Field(None, description="Tumour before the operation, as volume or number.")
    residual: str | None = Field(None, description="Tumour left after it, in the same unit.")
    at_least: float | None = Field(None, gt=0, le=100, description="Gives true/false; without it, the percentage.")

    @model_validator(mode="after")
    def _one_way(self) -> Cytoreduction:
        if (self.percent is None) == (self.before is None) or (self.before is None) != (self.residual is None):
            raise wrong("cytoreduction needs either 'percent:' or both 'before:' and 'residual:'")
        return self


class ResidualTumour(Derived):
    """R status: R2 with gross residual tumour anywhere, else that of the resection margin."""

    COLUMNS = ("margin", "gross_residual")
    TRUTHS = ("gross_residual",)

    definition: Literal["residual_tumour"]
    margin: str = Field("r_status", description="The margin as recorded: R0, R1, R2 or RX.")
    gross_residual: str | None = Field(None, description="A true/false column: tumour was left behind anywhere.")
