"""Numbers with their basis: the pieces that a specification is made of."""

from __future__ import annotations

import datetime
from typing import Annotated, Generic, Literal, TypeVar

from pydantic import BaseModel, BeforeValidator, ConfigDict, Field, model_validator

Probability = Annotated[float, Field(ge=0, le=1)]
Positive = Annotated[float, Field(gt=0, le=10_000)]
OpenProbability = Annotated[float, Field(ge=0.001, le=0.999)]
Ratio = Annotated[float, Field(ge=0.05, le=20)]
WeibullShape = Annotated[float, Field(ge=0.3, le=10)]
Months = Annotated[float, Field(ge=1, le=24)]
Count = Annotated[int, Field(ge=0, le=10_000)]
GroupSize = Annotated[int, Field(ge=8, le=10_000)]
Name = TypeVar("Name", bound=str)


def _date(text: object) -> datetime.date:
    try:
        return datetime.date.fromisoformat(str(text))
    except ValueError:
        raise ValueError("expected a date such as 2000-01-31") from None


Day = Annotated[
    datetime.date, BeforeValidator(_date), Field(ge=datetime.date(1950, 1, 1), le=datetime.date(2100, 1, 1))
]

# A piece of the specification: unknown keys are errors, no value is converted, none changes.
STRICT = ConfigDict(extra="forbid", frozen=True, strict=True)


class ByGroup(BaseModel):
    model_config = STRICT

    UP: Positive
    SI: Positive
    P: Positive

    def each(self) -> tuple[float, float, float]:
        """The values in the order UP, SI, P."""
        return self.UP, self.SI, self.P


class MonthsByGroup(BaseModel):
    model_config = STRICT

    UP: Months
    SI: Months
    P: Months

    def each(self) -> tuple[float, float, float]:
        """The values in the order UP, SI, P."""
        return self.UP, self.SI, self.P


class Stated(BaseModel):
    """A block of numbers with their basis: published (where), assumed (why), or invented."""

    model_config = STRICT

    basis: Literal["published", "assumed", "invented"]
    source: str = ""
    note: str = ""

    @model_validator(mode="after")
    def _published_names_its_source(self) -> Stated:
        if self.basis == "published" and not self.source:
            raise ValueError("a published number needs its source")
        return self


class Chance(Stated):
    probability: Probability


class Shares(Stated, Generic[Name]):
    shares: dict[Name, Probability]

    @model_validator(mode="after")
    def _sums_to_one(self) -> Shares[Name]:
        if abs(sum(self.shares.values()) - 1) > 1e-9:
            raise ValueError("shares must add up to 1")
        return self


class Eras(Stated):
    before_2010: Probability
    from_2010: Probability


class TruncatedNormal(Stated):
    mean: float
    sd: Positive
    low: Positive
    high: Positive

    @model_validator(mode="after")
    def _reaches_its_range(self) -> TruncatedNormal:
        if not self.low < self.high or self.low > self.mean + 4 * self.sd or self.high < self.mean - 4 * self.sd:
            raise ValueError("low must be below high, and the range within 4 sd of the mean")
        return self


class GroupChance(Stated):
    UP: Probability
    SI: Probability
    P: Probability

    def each(self) -> tuple[float, float, float]:
        """The values in the order UP, SI, P."""
        return self.UP, self.SI, self.P


class ChanceWithin(BaseModel):
    """Chances by group that leave room on both sides, because odds ratios shift them."""

    model_config = STRICT

    UP: OpenProbability
    SI: OpenProbability
    P: OpenProbability

    def each(self) -> tuple[float, float, float]:
        """The values in the order UP, SI, P."""
        return self.UP, self.SI, self.P
