"""Exposures that begin during follow-up, such as a later operation: analysed as unexposed until the day they begin."""

from __future__ import annotations

from typing import Self

from pydantic import Field, model_validator

from atrisk.study.part import Part, wrong
from atrisk.study.quantity import Duration
from atrisk.study.text import ReaderText


class TimeDependent(Part):
    """One exposure with the outcome it is related to."""

    label: ReaderText
    outcome: str = Field(description="A time-to-event outcome from dates, without competing events.")
    date: str = Field(description="The date on which the exposure begins; a patient without it is never exposed.")
    landmarks: tuple[Duration, ...] = Field(
        (), description="Days at which a landmark analysis compares those exposed by then with the others."
    )

    @model_validator(mode="after")
    def _above_zero(self) -> Self:
        for position, landmark in enumerate(self.landmarks):
            if landmark.days <= 0:
                raise wrong("a landmark must be above 0", "landmarks", position)
        return self
