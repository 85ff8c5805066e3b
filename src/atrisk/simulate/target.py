"""What a draw must reach."""

from __future__ import annotations

from typing import Annotated, Literal

from pydantic import Field, model_validator

from atrisk.simulate.stated import Positive, Stated

Quantity = Literal[
    "lm_number_p",
    "lm_number_difference",
    "lm_size_p",
    "lm_size_difference",
    "ki67_p",
    "mortality_90",
    "survival_10_years_UP",
    "survival_10_years_SI",
    "survival_10_years_P",
    "survival_p_SI_UP",
    "survival_p_P_UP",
    "hepatic_pfs_median_UP",
    "hepatic_pfs_median_SI",
    "hepatic_pfs_median_P",
    "hepatic_pfs_p",
    "major_p",
    "major_difference",
    "severe_morbidity",
    "severe_morbidity_p",
]


class Target(Stated):
    """What a draw must reach: a published figure within a distance or a factor, or a bound."""

    quantity: Quantity
    published: float | None = None
    within: Positive | None = None
    within_factor: Annotated[float, Field(gt=1)] | None = None
    below: float | None = None
    above: float | None = None

    @model_validator(mode="after")
    def _one_rule(self) -> Target:
        rules = (self.within, self.within_factor, self.below, self.above)
        if sum(rule is not None for rule in rules) != 1:
            raise ValueError("needs exactly one of within, within_factor, below, above")
        around = self.within is not None or self.within_factor is not None
        if around != (self.published is not None):
            raise ValueError("within and within_factor need published; below and above stand without it")
        return self
