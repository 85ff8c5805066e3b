"""Margins: how much worse, or how far apart, groups may be and still be called non-inferior or equivalent."""

from __future__ import annotations

import math
from dataclasses import dataclass
from typing import Annotated, Literal, Self

from pydantic import Field, model_validator

from atrisk.study.contrast import contrast
from atrisk.study.part import Part, wrong
from atrisk.study.quantity import Code, Duration, Quantity
from atrisk.study.text import ReaderText

Claim = Literal["non-inferiority", "equivalence"]
Worse = Literal["higher", "lower"]
MeasureName = Literal[
    "survival difference",
    "restricted mean difference",
    "restricted mean ratio",
    "hazard ratio",
    "incidence difference",
    "risk difference",
]


@dataclass(frozen=True, slots=True)
class Measure:
    """What a margin is of: the analyses and statistic whose rows give it, its scale, and which side is worse.

    ``timed``: whether a time must be said at which it is measured. ``units``: those in which its margin is written.
    """

    analyses: tuple[str, ...]
    statistic: str
    scale: Literal["difference", "ratio"]
    worse: Worse
    units: tuple[str, ...]
    timed: bool = False


_POINTS = ("points", "%")
_TIME = ("days", "weeks", "months", "years")
MEASURES: dict[str, Measure] = {
    "survival difference": Measure(("survival",), "survival_difference", "difference", "lower", _POINTS, timed=True),
    "restricted mean difference": Measure(
        ("restricted_mean",), "restricted_mean_difference", "difference", "lower", _TIME
    ),
    "restricted mean ratio": Measure(("restricted_mean",), "restricted_mean_ratio", "ratio", "lower", ("",)),
    "hazard ratio": Measure(("cox",), "hazard_ratio", "ratio", "higher", ("",)),
    "incidence difference": Measure(
        ("cumulative_incidence",), "incidence_difference", "difference", "higher", _POINTS, timed=True
    ),
    # Deaths by a day are of all patients (1 - Kaplan-Meier); of any other event, of those of whom it is known.
    "risk difference": Measure(("mortality", "binary"), "risk_difference", "difference", "higher", _POINTS),
}


class Margin(Part):
    """A margin for one measure of one outcome: one group shall be no worse than another, or both alike, within it."""

    outcome: str
    claim: Claim = "non-inferiority"
    measure: MeasureName
    at: Duration | None = Field(None, description="The time of a difference of survival or of cumulative incidence.")
    margin: Quantity = Field(description="Such as '15 points', '6 months' or, for a ratio, 1.33.")
    of: Code = Field(description="The group that shall be no worse.")
    against: Code = Field(description="The group with which it is compared.")
    comparison: str = Field("main", description="The comparison it belongs to, if not that of the study's own groups.")
    worse: Worse | None = Field(None, description="Which side is worse, where the event is something good.")
    because: ReaderText | None = Field(
        None, description="Why this margin: what patients would accept, and who said so."
    )

    @property
    def what(self) -> Measure:
        """The measure with its scale."""
        return MEASURES[self.measure]

    @property
    def contrast(self) -> str:
        """The words for who is compared with whom."""
        return contrast(self.of, self.against)

    @property
    def worse_side(self) -> Worse:
        """Whether higher or lower values are worse for the group named first."""
        return self.worse or self.what.worse

    @property
    def limits(self) -> tuple[float, float]:
        """The margins as values of a result row: what must not be passed below and above; infinite where nothing is."""
        size = self.margin.value
        if self.what.scale == "ratio":
            away = max(size, 1 / size)
            low, high = 1 / away, away
        else:
            low, high = -abs(size), abs(size)
        if self.claim == "equivalence":
            return low, high
        return (low, math.inf) if self.worse_side == "lower" else (-math.inf, high)

    @model_validator(mode="after")
    def _sensible(self) -> Self:
        measure = self.what
        if self.of == self.against:
            raise wrong("compares a group with itself", "against")
        if measure.timed and self.at is None:
            raise wrong(f"a {self.measure} needs the time of it", hint="Add 'at:', one of the outcome's own times.")
        if not measure.timed and self.at is not None:
            raise wrong(f"a {self.measure} has no time of its own", "at", at_key=True)
        if self.margin.comparison:
            raise wrong("a margin is a number without a sign of comparison", "margin")
        if self.margin.unit not in measure.units:
            examples = {"points": "'15 points'", "days": "'6 months'", "": "1.33"}
            raise wrong(f"the margin of a {self.measure} is written such as {examples[measure.units[0]]}", "margin")
        if measure.scale == "ratio" and (self.margin.value <= 0 or self.margin.value == 1):
            raise wrong("the margin of a ratio is above 0 and not 1", "margin")
        if measure.scale == "difference" and not self.margin.value:
            raise wrong("a margin of 0 leaves no room", "margin")
        self._right_side()
        return self

    def _right_side(self) -> None:
        """A ratio's margin lies on the worse side of 1; of an equivalence either side says the same."""
        if self.what.scale != "ratio" or self.claim == "equivalence":
            return
        size = self.margin.value
        if (size < 1) != (self.worse_side == "lower"):
            side = "below" if self.worse_side == "lower" else "above"
            raise wrong(f"the margin must lie {side} 1, where the group named first is worse", "margin")


Power = Annotated[float, Field(gt=0.5, lt=1)]


class Detectable(Part):
    """For which effects the power is said that the events observed give."""

    power: Power = Field(0.8, description="The power wanted.")
    hazard_ratios: tuple[Annotated[float, Field(gt=0)], ...] = Field(
        (1.25, 1.5, 2.0), description="The hazard ratios for which power and events needed are printed."
    )

    @model_validator(mode="after")
    def _away_from_one(self) -> Self:
        for position, ratio in enumerate(self.hazard_ratios):
            if ratio == 1:
                raise wrong("a hazard ratio of 1 is no effect", "hazard_ratios", position)
        return self
