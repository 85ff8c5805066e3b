"""Adjustment: for what groups are to be compared as if they were alike, by which methods, and for which outcomes."""

from __future__ import annotations

from typing import Annotated, Literal, Self

from pydantic import Field, model_validator

from atrisk.study.part import Part, wrong
from atrisk.study.text import ReaderText

AdjustmentMethod = Literal["regression", "firth"]


class Estimand(Part):
    """What the adjusted comparison is of, in the author's words."""

    population: ReaderText | None = Field(None, description="Of whom: such as 'all eligible'.")
    contrast: ReaderText | None = Field(None, description="Of what against what: such as 'as resected'.")
    intercurrent: dict[str, ReaderText] = Field(
        default_factory=dict,
        description="Events that come between, and what is done about each: 'transplant: ignored'.",
    )
    measure: ReaderText | None = Field(None, description="By which number: such as 'hazard ratio'.")


class Adjustment(Part):
    """Confounders declared beforehand; none is chosen by its p value."""

    estimand: Estimand | None = None
    confounders: tuple[str, ...] = Field(min_length=1, description="Columns and derived variables known at time zero.")
    splines: dict[str, Annotated[int, Field(ge=3, le=7)]] = Field(
        default_factory=dict, description="Numbers among them that enter as restricted cubic splines, with their knots."
    )
    never: tuple[str, ...] = Field((), description="What must not be adjusted for, such as mediators.")
    outcomes: tuple[str, ...] = Field((), description="The outcomes adjusted; without it all but numbers.")
    methods: tuple[AdjustmentMethod, ...] = Field(
        ("regression",),
        min_length=1,
        description="Cox, logistic or proportional odds regression; the first two also penalised (firth).",
    )

    @model_validator(mode="after")
    def _consistent(self) -> Self:
        for position, name in enumerate(self.confounders):
            if name in self.confounders[:position]:
                raise wrong(f"'{name}' stands twice here", "confounders", position)
            if name in self.never:
                raise wrong(f"'{name}' is among what must never be adjusted for", "confounders", position)
        for name in self.splines:
            if name not in self.confounders:
                raise wrong(f"'{name}' is not among the confounders", "splines", name, at_key=True)
        return self
