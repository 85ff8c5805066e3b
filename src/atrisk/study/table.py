"""Data tables and the variables in them, as a study file declares them."""

from __future__ import annotations

from typing import Annotated, Literal, Self

from pydantic import Field, FiniteFloat, model_validator

from atrisk.study.expression import SqlText
from atrisk.study.part import Name, Part, wrong
from atrisk.study.quantity import Code
from atrisk.study.text import ReaderText


class DataTable(Part):
    """A table and where it lies; the only place that names files."""

    file: str = Field(description="Path below the study file's folder (or below --data-root).")
    key: str | None = Field(None, description="The column that identifies a row.")
    parent: Name | None = Field(None, description="The table each row belongs to.")
    parent_key: str | None = Field(None, description="The column that holds the parent's key, if named otherwise.")
    one_to_one: bool = Field(
        False, description="At most one row per parent row: its columns can be used like the parent's."
    )
    where: SqlText | None = Field(None, description="Only these rows (SQL expression over the table's own columns).")
    encoding: Literal["utf-8", "utf-16", "windows-1252", "gb18030"] | None = None
    delimiter: Literal[",", ";", "\t", "|"] | None = None


class PartialDate(Part):
    """What to put in for the part of a date that was not recorded."""

    day: Annotated[int, Field(ge=1, le=28)]
    month: Annotated[int, Field(ge=1, le=12)]


class Variable(Part):
    """What a column's own values do not say."""

    label: ReaderText | None = None
    type: Literal["text", "category", "integer", "number", "date", "boolean"] | None = None
    unit: str | None = None
    range: tuple[FiniteFloat, FiniteFloat] | None = Field(None, description="Smallest and largest plausible value.")
    levels: dict[Code, ReaderText] | None = Field(
        None, description="Codes in order, with labels; no other value is allowed."
    )
    missing: tuple[Code, ...] = Field((), description="Codes that mean 'not recorded'.")
    censored: bool = Field(False, description="Values such as '<1' and '>=10' are limits, not mistakes.")
    bands: tuple[Code, ...] | None = Field(None, description="Bands for tables: 1, 2-4, 5-9, '>=10'.")
    partial: PartialDate | None = Field(None, description="Dates such as 2009-05 are allowed and completed so.")
    format: (
        Literal["YYYY-MM-DD", "DD/MM/YYYY", "MM/DD/YYYY", "DD.MM.YYYY", "DD-MM-YYYY", "YYYY/MM/DD", "YYYYMMDD"] | None
    ) = Field(None, description="How dates are written, where not YYYY-MM-DD.")

    @model_validator(mode="after")
    def _consistent(self) -> Self:
        if self.range is not None and self.range[0] > self.range[1]:
            raise wrong("the smallest value comes first", "range")
        if self.range is not None and self.type not in (None, "integer", "number"):
            raise wrong(f"a {self.type} has no range", "range")
        if self.levels is not None and self.type not in (None, "category"):
            raise wrong(f"a {self.type} has no levels", "levels")
        if (self.partial or self.format) and self.type not in (None, "date"):
            raise wrong(f"a {self.type} is not a date", "partial" if self.partial else "format")
        return self
