"""Subgroups: variables known beforehand, within whose levels the groups are compared again."""

from __future__ import annotations

from typing import Self

from pydantic import Field, model_validator

from atrisk.study.part import Part, wrong


class Subgroups(Part):
    """Which variables divide the patients, and of which outcomes the effect is shown in each part."""

    by: tuple[str, ...] = Field(
        min_length=1, description="Columns and derived variables with levels, or numbers with declared bands."
    )
    outcomes: tuple[str, ...] = Field(
        (), description="Outcomes shown; without it all that take time, and all that are true or false."
    )
    comparison: str = Field("main", description="The comparison divided, if not that of the study's own groups.")

    @model_validator(mode="after")
    def _once(self) -> Self:
        for key in ("by", "outcomes"):
            names = getattr(self, key)
            for position, name in enumerate(names):
                if name in names[:position]:
                    raise wrong(f"'{name}' stands twice here", key, position)
        return self
