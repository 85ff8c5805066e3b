"""The steps that make the cohort: criteria in order, and the step that sets time zero."""

from __future__ import annotations

import re
from typing import Annotated, Any, Literal

from pydantic import Field, Tag, field_validator

from atrisk.study.expression import SqlText
from atrisk.study.part import TAG, Name, Part, first_key, one_of, wrong
from atrisk.study.quantity import Duration
from atrisk.study.text import ReaderText


class Keep(Part):
    """An eligibility criterion: a box of the flow diagram."""

    keep: SqlText = Field(description="SQL expression; rows where it is true stay.")
    otherwise: ReaderText = Field(description="Why the others leave, as printed in the flow.")
    per: Name | None = Field(
        None, description="The unit counted: the table of rows before 'index', its patients after."
    )
    unknown: Literal["include", "exclude"] | None = Field(
        None,
        description="What happens to rows for which the criterion is unknown; without this they stop the run.",
    )


# A table's name is the study file's own; a column's is whatever the header says, in any script and with spaces.
_INDEX = re.compile(r"(?P<which>first|last)\s+(?P<table>[A-Za-z_][A-Za-z0-9_]*)\s+by\s+(?P<by>\S(?:.*\S)?)")


class Index(Part):
    """From here on one row a patient: the first (or last) eligible row of a table."""

    index: str = Field(description="Such as: first operation by op_date.")
    time_zero: str = Field(description="The date from which follow-up counts.")
    one_course_within: Duration | None = Field(
        None,
        description="Later rows up to so long after the index row belong to the same course of treatment.",
    )

    @field_validator("index")
    @classmethod
    def _words(cls, value: str) -> str:
        found = _INDEX.fullmatch(value.strip())
        if found is None:
            raise wrong("expected 'first TABLE by DATE COLUMN', such as 'first operation by op_date'")
        return f"{found['which']} {found['table']} by {found['by']}"

    @property
    def which(self) -> str:
        """``first`` or ``last``."""
        return self.index.split(" ", 3)[0]

    @property
    def table(self) -> str:
        """The table the index row is chosen from."""
        return self.index.split(" ", 3)[1]

    @property
    def by(self) -> str:
        """The date column that orders the rows."""
        return self.index.split(" ", 3)[3]


class TimeZero(Part):
    """The date from which follow-up counts, where every patient has one row to begin with."""

    time_zero: str


def _step(value: Any) -> str | None:
    if isinstance(value, Part):
        return {"Keep": "keep", "Index": "index", "TimeZero": "time_zero"}.get(type(value).__name__)
    return first_key(value, {"keep": "keep", "index": "index", "time_zero": "time_zero"})


CohortStep = Annotated[
    Annotated[Keep, Tag(TAG + "keep")]
    | Annotated[Index, Tag(TAG + "index")]
    | Annotated[TimeZero, Tag(TAG + "time_zero")],
    one_of(_step, "a step of the cohort needs one of 'keep:', 'index:' or 'time_zero:'", "keep", "index", "time_zero"),
]
