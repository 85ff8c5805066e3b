"""Centres: the column that says where patients were treated, and what is asked of it."""

from __future__ import annotations

from pydantic import Field

from atrisk.study.part import Part


class Centre(Part):
    """Where patients come from: effects within centres, by clusters, and without each centre in turn."""

    by: str = Field(description="The column or derived variable that names the centre.")
    outcomes: tuple[str, ...] = Field(
        (), description="Outcomes shown; without it all that take time, and all that are true or false."
    )
    comparison: str = Field("main", description="The comparison looked at, if not that of the study's own groups.")
