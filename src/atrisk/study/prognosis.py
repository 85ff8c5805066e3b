"""A prognostic model: which variables predict an outcome, up to when, and how its optimism is found."""

from __future__ import annotations

from typing import Annotated, Self

from pydantic import Field, model_validator

from atrisk.study.part import Part, wrong
from atrisk.study.quantity import Duration


class Prognosis(Part):
    """One Cox model of all patients compared, whose variables are declared and none chosen by its p value."""

    outcome: str = Field(description="An outcome that takes time, without competing events or delayed entry.")
    variables: tuple[str, ...] = Field(min_length=1, description="Columns and derived variables known at time zero.")
    splines: dict[str, Annotated[int, Field(ge=3, le=7)]] = Field(
        default_factory=dict, description="Numbers among them that enter as restricted cubic splines, with their knots."
    )
    at: Duration = Field(description="The time at which predicted and observed risks are compared.")
    replicates: int = Field(200, ge=20, le=10_000, description="Bootstrap samples by which optimism is found.")
    seed: int = Field(ge=0, description="The seed of the bootstrap.")

    @model_validator(mode="after")
    def _consistent(self) -> Self:
        for position, name in enumerate(self.variables):
            if name in self.variables[:position]:
                raise wrong(f"'{name}' stands twice here", "variables", position)
        for name in self.splines:
            if name not in self.variables:
                raise wrong(f"'{name}' is not among the variables", "splines", name, at_key=True)
        if self.at.days <= 0:
            raise wrong("the time must be above 0", "at")
        return self
