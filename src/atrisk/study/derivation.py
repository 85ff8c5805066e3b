"""Derived variables as a study file declares them; how each is computed lives in ``atrisk.derive``."""

from __future__ import annotations

from typing import Annotated, Any, Literal

from pydantic import Field, Tag, field_validator, model_validator

from atrisk.study.expression import SqlText
from atrisk.study.part import TAG, Part, first_key, one_of, wrong
from atrisk.study.quantity import Code, Duration
from atrisk.study.text import ReaderText

ClavienDindoGrade = Literal["I", "II", "IIIa", "IIIb", "IVa", "IVb", "V"]


class Derived(Part):
    """What every derived variable may say about itself."""

    label: ReaderText | None = Field(None, description="What readers see.")
    unit: str | None = Field(None, description="Unit shown with the label.")
    levels: dict[Code, ReaderText] | None = Field(None, description="Order and labels of the levels.")


class SqlVariable(Derived):
    """A scalar SQL expression over the patient's row."""

    sql: SqlText = Field(description="Scalar SQL expression over an allow-list of operators and functions.")


class FromChildRows(Derived):
    """One value per patient taken from the rows of a child table."""

    from_: str = Field(alias="from", description="The child table.")
    where: SqlText | None = Field(None, description="Which of its rows count (SQL expression).")
    take: Literal["any", "count", "first", "last", "min", "max", "sum"] = Field(
        description="any: is there one; first and last: by date."
    )
    of: str | None = Field(None, description="The column taken (not for any and count).")
    date: str | None = Field(None, description="The child table's date column (for first, last, within).")
    within: Duration | None = Field(None, description="Only rows up to so long after the operation.")
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
        if (self.take in ("first", "last") or self.within is not None) and self.date is None:
            raise wrong("first, last and within need 'date:', the child table's date column")
        return self


class WhoGrade(Derived):
    """WHO grade of a well-differentiated neuroendocrine tumour from Ki-67 and mitoses; the higher decides."""

    definition: Literal["who_grade"]
    edition: Literal[2010, 2019, 2022] = 2022
    ki67: str = "ki67"
    mitoses: str | None = Field(
        "mitoses_2mm2", description="Mitoses per 2 square millimetres; 'none' where they were not counted."
    )
    if_one_missing: Literal["unknown", "other decides"] = Field(
        "unknown", description="The grade where only one of the two is recorded and does not settle it."
    )

    @field_validator("mitoses")
    @classmethod
    def _not_counted(cls, value: str | None) -> str | None:
        return None if value == "none" else value


class MajorHepatectomy(Derived):
    """Major hepatectomy from a list of resection codes, under a named rule."""

    definition: Literal["major_hepatectomy"]
    rule: Literal["SEG3", "MAYO", "HEMI"]
    resections: str = "resections"


class ClavienDindo(Derived):
    """Worst Clavien-Dindo grade within a time of the operation, or whether it reached a grade."""

    definition: Literal["clavien_dindo"]
    at_least: ClavienDindoGrade | None = Field(None, description="Gives true/false; without it, the worst grade.")
    within: Duration = Field(Duration.parse("90 days"), validate_default=True)
    from_: str = Field("complication", alias="from")
    grade: str = "cd_grade"
    date: str = "cd_date"
    searched: str | None = Field(None, description="A true/false column: complications were looked for.")


class ComprehensiveComplicationIndex(Derived):
    """Comprehensive Complication Index (Slankamenac 2013), 0 to 100, from every complication's grade."""

    definition: Literal["comprehensive_complication_index"]
    within: Duration = Field(Duration.parse("90 days"), validate_default=True)
    from_: str = Field("complication", alias="from")
    grade: str = "cd_grade"
    date: str = "cd_date"
    searched: str | None = None


class Mortality(Derived):
    """Death from any cause within a time of time zero; unknown where follow-up is shorter."""

    definition: Literal["mortality"]
    within: Duration
    death: str = "death_date"
    last_contact: str = "last_contact_date"


class LengthOfStay(Derived):
    """Days from time zero to discharge; unknown for patients who died before discharge."""

    definition: Literal["length_of_stay"]
    discharge: str = "discharge_date"
    death: str | None = "death_date"


class AgeAt(Derived):
    """Age in years (365.25 days) at time zero."""

    definition: Literal["age"]
    birth: str = "birth_date"


class ProgressionFromImaging(Derived):
    """First scan after time zero that shows progression, with the last scan before it that did not.

    Gives three dates: ``name.date`` (the first positive scan), ``name.last_negative`` and ``name.last_scan``.
    """

    definition: Literal["progression_from_imaging"]
    of: str = Field(description="The child table's status column, such as imaging.hepatic_status.")
    date: str = "scan_date"
    positive: tuple[Code, ...] = Field(("progression", "new lesion"), min_length=1)


DEFINITIONS: dict[str, type[Derived]] = {
    "who_grade": WhoGrade,
    "major_hepatectomy": MajorHepatectomy,
    "clavien_dindo": ClavienDindo,
    "comprehensive_complication_index": ComprehensiveComplicationIndex,
    "mortality": Mortality,
    "length_of_stay": LengthOfStay,
    "age": AgeAt,
    "progression_from_imaging": ProgressionFromImaging,
}


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
    | Annotated[WhoGrade, Tag(TAG + "who_grade")]
    | Annotated[MajorHepatectomy, Tag(TAG + "major_hepatectomy")]
    | Annotated[ClavienDindo, Tag(TAG + "clavien_dindo")]
    | Annotated[ComprehensiveComplicationIndex, Tag(TAG + "comprehensive_complication_index")]
    | Annotated[Mortality, Tag(TAG + "mortality")]
    | Annotated[LengthOfStay, Tag(TAG + "length_of_stay")]
    | Annotated[AgeAt, Tag(TAG + "age")]
    | Annotated[ProgressionFromImaging, Tag(TAG + "progression_from_imaging")],
    one_of(_kind, "a derived variable needs one of 'definition:', 'sql:' or 'from:'", "definition", "sql", "from"),
]

# The dates a definition yields under its own name, for ``name.field`` in an outcome or expression.
FIELDS: dict[str, tuple[str, ...]] = {"progression_from_imaging": ("date", "last_negative", "last_scan")}
