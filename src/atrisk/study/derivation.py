"""Derived variables as a study file declares them: an expression, child rows, or a published definition."""

from __future__ import annotations

from typing import Annotated, Any, Literal

from pydantic import Field, Tag, model_validator

from atrisk.study.definition import (
    DEFINITIONS,
    AgeAt,
    Albi,
    CharlsonIndex,
    ClavienDindo,
    ComprehensiveComplicationIndex,
    Cytoreduction,
    Derived,
    Era,
    IsglsGrade,
    LengthOfStay,
    MajorHepatectomy,
    Meld,
    Mortality,
    ParenchymaSparing,
    ProgressionFromImaging,
    ResidualTumour,
    TextbookOutcome,
    TimingOfMetastases,
    TumourBurden,
    TumourBurdenScore,
    WhoGrade,
)
from atrisk.study.expression import SqlText
from atrisk.study.part import TAG, first_key, one_of, wrong
from atrisk.study.quantity import Code, Duration


class SqlVariable(Derived):
    """A scalar SQL expression over the patient's row."""

    sql: SqlText = Field(description="Scalar SQL expression over an allow-list of operators and functions.")


class FromChildRows(Derived):
    """One value per patient taken from the rows of a child table."""

    COLUMNS = ("of", "date", "searched")
    DATES = ("date",)
    TRUTHS = ("searched",)

    from_: str = Field(alias="from", description="The child table.")
    where: SqlText | None = Field(None, description="Which of its rows count (SQL expression).")
    take: Literal["any", "count", "first", "last", "min", "max", "sum"] = Field(
        description="any: is there one; first and last: by date."
    )
    of: str | None = Field(None, description="The column taken (not for any and count).")
    date: str | None = Field(None, description="The child table's date column (for first, last, within).")
    within: Duration | None = Field(None, description="Only rows up to so long after the operation.")
    after: Duration | None = Field(
        None, description="Only rows later than so long after it; operations later than a course are events."
    )
    if_none: Code | None = Field(None, description="Value where no row counts; without it, unknown.")
    searched: str | None = Field(
        None,
        description="A true/false column: where it is not true, no row means unknown instead of if_none.",
    )

    @model_validator(mode="after")
    def _needs(self) -> FromChildRows:
        if self.take in ("first", "last", "min", "max", "sum") and self.of is None:
            raise wrong(f"take: {self.take} needs 'of:', the column to take", "take")
        if self.take in ("any", "count") and self.of is not None:
            raise wrong(f"take: {self.take} looks at rows, not at a column: remove 'of:'", "of")
        windowed = self.within is not None or self.after is not None
        if (self.take in ("first", "last") or windowed) and self.date is None:
            raise wrong("first, last, within and after need 'date:', the child table's date column")
        if self.within is not None and self.after is not None and self.within.days <= self.after.days:
            raise wrong("'within:' must be longer than 'after:'", "within")
        return self


def _kind(value: Any) -> str | None:
    if isinstance(value, Derived):
        return {"SqlVariable": "sql", "FromChildRows": "from"}.get(type(value).__name__) or _definition(value)
    kind = first_key(value, {"definition": "definition", "sql": "sql", "from": "from"})
    if kind == "definition":
        name = value["definition"]
        return name if isinstance(name, str) and name in DEFINITIONS else None
    return kind


def _definition(value: Derived) -> str | None:
    return next((name for name, definition in DEFINITIONS.items() if isinstance(value, definition)), None)


Derivation = Annotated[
    Annotated[SqlVariable, Tag(TAG + "sql")]
    | Annotated[FromChildRows, Tag(TAG + "from")]
    | Annotated[AgeAt, Tag(TAG + "age")]
    | Annotated[Era, Tag(TAG + "era")]
    | Annotated[TimingOfMetastases, Tag(TAG + "timing_of_metastases")]
    | Annotated[WhoGrade, Tag(TAG + "who_grade")]
    | Annotated[TumourBurden, Tag(TAG + "tumour_burden")]
    | Annotated[TumourBurdenScore, Tag(TAG + "tumour_burden_score")]
    | Annotated[MajorHepatectomy, Tag(TAG + "major_hepatectomy")]
    | Annotated[ParenchymaSparing, Tag(TAG + "parenchyma_sparing")]
    | Annotated[Cytoreduction, Tag(TAG + "cytoreduction")]
    | Annotated[ResidualTumour, Tag(TAG + "residual_tumour")]
    | Annotated[ClavienDindo, Tag(TAG + "clavien_dindo")]
    | Annotated[ComprehensiveComplicationIndex, Tag(TAG + "comprehensive_complication_index")]
    | Annotated[IsglsGrade, Tag(TAG + "isgls_grade")]
    | Annotated[Mortality, Tag(TAG + "mortality")]
    | Annotated[LengthOfStay, Tag(TAG + "length_of_stay")]
    | Annotated[TextbookOutcome, Tag(TAG + "textbook_outcome")]
    | Annotated[Albi, Tag(TAG + "albi")]
    | Annotated[Meld, Tag(TAG + "meld")]
    | Annotated[CharlsonIndex, Tag(TAG + "charlson")]
    | Annotated[ProgressionFromImaging, Tag(TAG + "progression_from_imaging")],
    one_of(_kind, "a derived variable needs one of 'definition:', 'sql:' or 'from:'", "definition", "sql", "from"),
]
