"""Monitoring: an outcome watched operation by operation, and unit by unit, against what patients' risks let expect."""

from __future__ import annotations

from datetime import date
from typing import Self

from pydantic import Field, model_validator

from atrisk.study.part import Part, wrong


class Monitoring(Part):
    """A risk-adjusted CUSUM and a VLAD over the operations in their order, and a funnel plot over units."""

    outcome: str = Field(description="A true/false outcome of the study.")
    order: str = Field(description="The date by which operations are put in order.")
    units: str | None = Field(None, description="The column that names surgeons or centres, for the funnel plot.")
    adjust_for: tuple[str, ...] = Field(
        (), description="What was known before the operation; without it the risk of all is the same."
    )
    learned_before: date | None = Field(
        None,
        description="Risks are learned from the operations before this day and watched from it on; without it they are "
        "learned from the operations watched.",
    )
    odds_ratio: float = Field(
        2.0, gt=0, description="The change that the CUSUM is to find out: odds so many times as high."
    )
    false_alarms: float = Field(
        0.05, gt=0, lt=1, description="The probability of a false alarm within the operations watched."
    )

    @model_validator(mode="after")
    def _consistent(self) -> Self:
        if self.odds_ratio == 1:
            raise wrong("an odds ratio of 1 is no change that could be found out", "odds_ratio")
        for position, name in enumerate(self.adjust_for):
            if name in self.adjust_for[:position]:
                raise wrong(f"'{name}' stands twice here", "adjust_for", position)
            if name in (self.outcome, self.units):
                raise wrong(f"'{name}' is what is watched: patients' risks cannot rest on it", "adjust_for", position)
        return self
