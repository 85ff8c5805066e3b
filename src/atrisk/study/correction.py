"""A correction of one cell, declared in the study file so that nothing is ever changed silently."""

from __future__ import annotations

from pydantic import Field, model_validator

from atrisk.study.part import Part, wrong
from atrisk.study.quantity import Code
from atrisk.study.text import ReaderText


class Correction(Part):
    """One cell of the data, by its row's key and its column: what stands there, what is to stand there, and why."""

    column: str = Field(description="The column, as table.column.")
    key: Code = Field(description="The key of the row, as it stands in the data.")
    from_: Code = Field(alias="from", description='What the cell holds now, as it stands in the data; "" if empty.')
    to: Code = Field(description='What it is to hold; "" for "not recorded".')
    reason: ReaderText = Field(description="Why; shown in the report, so it names no patient.")

    @model_validator(mode="after")
    def _changes(self) -> Correction:
        if self.from_ == self.to:
            raise wrong("'from:' and 'to:' are the same", "to")
        if not self.key.strip():
            raise wrong("a row without a key cannot be corrected here", "key", hint="Correct it in the file.")
        return self
