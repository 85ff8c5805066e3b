"""Data tables and the variables in them, as a study file declares them."""

from __future__ import annotations

from typing import Annotated, Any, Literal, Self

from pydantic import Field, FiniteFloat, Tag, model_validator

from atrisk.study.expression import SqlText
from atrisk.study.part import TAG, Name, Part, one_of, wrong
from atrisk.study.quantity import Code
from atrisk.study.text import ReaderText

Encoding = Literal[
    "utf-8",
    "utf-16",
    "windows-1252",
    "gb18030",
    "iso-8859-1",
    "iso-8859-2",
    "iso-8859-15",
    "windows-1250",
    "windows-1251",
    "shift-jis",
    "euc-jp",
    "euc-kr",
    "big5",
    "mac-roman",
]
# Which words belong to which place of a table.
_BELONGS = {
    ("file",): ("sheet", "header_row", "catalogue"),
    ("file", "database"): ("table",),
    ("redcap",): ("dictionary", "instrument"),
    ("file", "redcap"): ("encoding", "delimiter"),
}


def _codes_or_reasons(value: Any) -> str:
    return "reasons" if isinstance(value, dict) else "codes"


MissingCodes = Annotated[
    Annotated[tuple[Code, ...], Tag(TAG + "codes")] | Annotated[dict[Code, ReaderText], Tag(TAG + "reasons")],
    one_of(_codes_or_reasons, "expected codes, such as [9, 99], or codes with reasons, such as {9: not done}"),
]


class PartialDate(Part):
    """What to put in for the part of a date that was not recorded."""

    day: Annotated[int, Field(ge=1, le=28)]
    month: Annotated[int, Field(ge=1, le=12)]


def _day_or_extreme(value: Any) -> str | None:
    if isinstance(value, str):
        return "extreme"
    return "day" if isinstance(value, dict | PartialDate) else None


# How a date without day or month is completed: with a day and month, or as early or as late as it can be.
Completion = Annotated[
    Annotated[PartialDate, Tag(TAG + "day")] | Annotated[Literal["earliest", "latest"], Tag(TAG + "extreme")],
    one_of(_day_or_extreme, "expected a day and a month, such as {day: 15, month: 7}, or earliest or latest"),
]


class DataTable(Part):
    """A table and where it lies; the only place that names files.

    It lies in a file (one sheet of a workbook, one table of a database file), in a database whose address the user
    gives under a name, or in a REDCap export with its data dictionary.
    """

    file: str | None = Field(None, description="Path below the study file's folder (or below --data-root).")
    sheet: str | None = Field(None, min_length=1, description="The sheet of a workbook, where it has several.")
    header_row: Annotated[int, Field(ge=1)] | None = Field(
        None, description="The row of a sheet with the names of the columns, where it is not the first with cells."
    )
    catalogue: str | None = Field(None, description="The SAS catalogue (.sas7bcat) with the labels of its values.")
    table: str | None = Field(None, min_length=1, description="The table of a database or database file: schema.table.")
    database: Name | None = Field(
        None, description="A database by the name under which --database or the user's profile gives its address."
    )
    redcap: str | None = Field(None, description="The data (CSV) of a REDCap export.")
    dictionary: str | None = Field(None, description="The data dictionary (CSV) of that REDCap project.")
    instrument: str | None = Field(None, min_length=1, description="The repeating instrument whose rows these are.")
    key: str | None = Field(None, description="The column that identifies a row.")
    parent: Name | None = Field(None, description="The table each row belongs to.")
    parent_key: str | None = Field(None, description="The column that holds the parent's key, if named otherwise.")
    one_to_one: bool = Field(
        False, description="At most one row per parent row: its columns can be used like the parent's."
    )
    where: SqlText | None = Field(None, description="Only these rows (SQL expression over the table's own columns).")
    missing: MissingCodes = Field(
        (), description="Codes that mean 'not recorded' in every column of the table, alone or each with its reason."
    )
    encoding: Encoding | None = Field(None, description="Of a text or statistics file; without it, found out.")
    delimiter: Literal[",", ";", "\t", "|"] | None = None

    @model_validator(mode="after")
    def _one_place(self) -> Self:
        places = [word for word in ("file", "database", "redcap") if getattr(self, word) is not None]
        if not places:
            hint = "Path below the study file's folder; or 'database:' or 'redcap:', where the table lies in one."
            raise wrong("'file:' is missing here", hint=hint, at_key=True)
        if len(places) > 1:
            raise wrong(f"a table lies in one place, not in '{places[0]}' and '{places[1]}'", places[1], at_key=True)
        for place, words in _BELONGS.items():
            for word in words:
                if getattr(self, word) is not None and places[0] not in place:
                    raise wrong(f"'{word}' belongs to '{place[0]}:', not to '{places[0]}:'", word, at_key=True)
        if self.database is not None and self.table is None:
            raise wrong("needs the name of a 'table:'", "database", hint="Write 'table: schema.table'.")
        if self.redcap is not None and self.dictionary is None:
            raise wrong("needs the project's data dictionary", "redcap", hint="Write 'dictionary: FILE.csv'.")
        return self

    @property
    def place(self) -> str:
        """Where the table lies, as findings and messages name it."""
        if self.database is not None:
            return f"database {self.database}, table {self.table}"
        if self.sheet is not None:
            return f"{self.file}, sheet {self.sheet}"
        if self.table is not None:
            return f"{self.file}, table {self.table}"
        return self.file or self.redcap or ""

    @property
    def files(self) -> tuple[str, ...]:
        """The files it is read from; none for a database."""
        return tuple(file for file in (self.file, self.catalogue, self.redcap, self.dictionary) if file is not None)


class Variable(Part):
    """What a column's own values do not say."""

    label: ReaderText | None = None
    type: Literal["text", "category", "integer", "number", "date", "boolean"] | None = None
    unit: str | None = None
    range: tuple[FiniteFloat, FiniteFloat] | None = Field(None, description="Smallest and largest plausible value.")
    levels: dict[Code, ReaderText] | None = Field(
        None, description="Codes in order, with labels; no other value is allowed."
    )
    missing: MissingCodes = Field((), description="Codes that mean 'not recorded', alone or each with its reason.")
    identifier: bool = Field(False, description="It tells who a patient is: no table of the report may show it.")
    censored: bool = Field(False, description="Values such as '<1' and '>=10' are limits, not mistakes.")
    bands: tuple[Code, ...] | None = Field(None, description="Bands for tables: 1, 2-4, 5-9, '>=10'.")
    partial: Completion | None = Field(None, description="Dates such as 2009-05 are allowed and completed so.")
    format: (
        Literal[
            "YYYY-MM-DD",
            "DD/MM/YYYY",
            "MM/DD/YYYY",
            "DD.MM.YYYY",
            "DD-MM-YYYY",
            "YYYY/MM/DD",
            "YYYY.MM.DD",
            "YYYY年M月D日",
            "YYYYMMDD",
        ]
        | None
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
