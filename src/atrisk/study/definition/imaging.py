"""Progression from scans."""

from __future__ import annotations

from typing import Literal

from pydantic import Field

from atrisk.study.definition.derived import Derived
from atrisk.study.quantity import Code


class ProgressionFromImaging(Derived):
    """First scan after time zero that shows progression, with the last scan before it that did not.

    Gives four dates: ``name.date`` (the first positive scan), ``name.last_negative``, ``name.midpoint`` (half way
    from the last negative scan, or time zero, to the first positive one) and ``name.last_scan``.
    """

    FIELDS = ("date", "last_negative", "midpoint", "last_scan")
    COLUMNS = ("of", "date")
    DATES = ("date",)

    definition: Literal["progression_from_imaging"]
    of: str = Field(description="The child table's status column, such as imaging.hepatic_status.")
    date: str = "scan_date"
    positive: tuple[Code, ...] = Field(("progression", "new lesion"), min_length=1)
    negative: tuple[Code, ...] = Field(
        (), description="Codes of scans that showed none; where they are named, any other code is left out and warns."
    )
