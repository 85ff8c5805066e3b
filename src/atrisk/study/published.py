"""Figures from a publication, set beside the computed ones."""

from __future__ import annotations

from typing import Annotated, Self

from pydantic import Field, model_validator

from atrisk.study.part import Part
from atrisk.study.quantity import Code, Quantity
from atrisk.study.text import ReaderText


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
