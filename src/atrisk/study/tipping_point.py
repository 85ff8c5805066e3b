"""Tipping points: how much worse patients would have to fare after censoring until a conclusion turns."""

from __future__ import annotations

import math
from itertools import pairwise
from typing import Annotated, Self

from pydantic import Field, model_validator

from atrisk.study.grouping import PairWords
from atrisk.study.part import Part, wrong
from atrisk.study.quantity import Code, Duration


class TippingPoint(Part):
    """One outcome and pair, and who is assumed to fare otherwise than those still followed."""

    outcome: str
    pair: PairWords = Field(description="One of the declared pairs, such as 'SI vs UP'.")
    moved: Code = Field(description="The group of the pair whose patients fare otherwise after censoring.")
    hazard_times: tuple[Annotated[float, Field(gt=0, le=1000)], ...] = Field(
        min_length=1, description="By what their hazard after censoring is multiplied, ever further from 1."
    )
    at: Duration | None = Field(None, description="The time at which survival has its worst and best case.")
    m: Annotated[int, Field(ge=2, le=1000)] = Field(20, description="How many imputed data sets for each.")
    seed: Annotated[int, Field(ge=0, lt=2**63)] = Field(description="Of the random numbers; stands in run.json.")

    @property
    def deltas(self) -> tuple[float, ...]:
        """Logarithms of the factors, 0 (as it stands) first."""
        return (0.0, *(math.log(factor) for factor in self.hazard_times))

    @model_validator(mode="after")
    def _sensible(self) -> Self:
        if self.moved not in (self.pair.group, self.pair.against):
            raise wrong(f"'{self.moved}' is neither of the groups of the pair", "moved")
        steps = self.deltas
        rising = all(a < b for a, b in pairwise(steps))
        falling = all(a > b for a, b in pairwise(steps))
        if not (rising or falling):
            raise wrong("factors lead away from 1 in one direction, such as [1.5, 2, 3]", "hazard_times")
        return self
