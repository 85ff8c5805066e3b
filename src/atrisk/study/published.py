"""Figures from a publication, set beside the computed ones."""

from __future__ import annotations

import re
from typing import Annotated, Self

from pydantic import Field, field_validator, model_validator

from atrisk.study.part import Part, wrong
from atrisk.study.quantity import Code, Duration, Quantity
from atrisk.study.scope import did_you_mean
from atrisk.study.text import ReaderText

# The columns of a result row that a selector may name: all that say what a row is of, none that say what came out.
SELECTORS = (
    "comparison", "analysis", "outcome", "contrast", "group", "stratum", "subgroup", "variable", "level", "term",
    "cause", "adjustment_set", "time", "statistic", "of", "method", "specification", "population", "estimand",
    "alternative",
)  # fmt: skip


class Published(Part):
    """A figure from a publication, to be set beside the computed one."""

    what: ReaderText
    row: dict[str, Code] = Field(
        min_length=1,
        json_schema_extra={"propertyNames": {"enum": list(SELECTORS)}},
        description="Selects the result row: outcome, statistic, group, time, ...",
    )
    value: Quantity
    reading: ReaderText | None = Field(
        None, description="Where the publication has words and no number: the words, of which 'value' is your reading."
    )
    within: Quantity | None = Field(None, description="How far the computed figure may lie from the published one.")
    factor: Annotated[float, Field(gt=1)] | None = Field(
        None, description="For p values: at most so many times larger or smaller."
    )
    same_side_of: Annotated[float, Field(gt=0, lt=1)] | None = Field(
        None, description="For p values: on the same side of it."
    )

    @field_validator("row")
    @classmethod
    def _selects(cls, value: dict[str, str]) -> dict[str, str]:
        for key in value:
            if key not in SELECTORS:
                hint = did_you_mean(key, SELECTORS) or f"Possible are {', '.join(SELECTORS)}."
                raise wrong(f"a result row is not selected by '{key}'", key, hint=hint, at_key=True)
        if "time" in value and not re.fullmatch(r"\d+(\.\d+)?", value["time"]):
            try:
                Duration.parse(value["time"])
            except ValueError as error:
                raise wrong(str(error), "time") from None
        return value

    @model_validator(mode="after")
    def _judged(self) -> Self:
        if self.value.comparison == "" and self.within is None and self.factor is None and self.same_side_of is None:
            raise wrong("needs a tolerance: 'within:', 'factor:' or 'same_side_of:'")
        if self.within is not None and (self.within.unit == "%"):
            raise wrong("a tolerance in percent is ambiguous: write 'points' for percentage points", "within")
        return self
