"""The groups compared: the main grouping and further comparisons of the same patients."""

from __future__ import annotations

from typing import Annotated, Any, Literal, Self

from pydantic import BaseModel, BeforeValidator, ConfigDict, Field, Tag, WithJsonSchema, model_validator

from atrisk.study.adjustment import Adjustment
from atrisk.study.contrast import contrast, parsed
from atrisk.study.expression import SqlText
from atrisk.study.part import TAG, Part, one_of, wrong
from atrisk.study.quantity import Code, Duration
from atrisk.study.scope import did_you_mean
from atrisk.study.text import ReaderText

Multiplicity = Literal["holm", "benjamini-hochberg", "bonferroni", "none"]
LAST_RECORD = "last record"


class SqlGroups(Part):
    """Groups made by an expression."""

    sql: SqlText
    levels: dict[Code, ReaderText] = Field(min_length=2, description="The expression's values in order, with labels.")


def _by(value: Any) -> str | None:
    if isinstance(value, str):
        return "column"
    return "sql" if isinstance(value, dict | SqlGroups) else None


class Pair(BaseModel):
    """A contrast "A vs B": A compared with B; ratios and differences are A over or minus B."""

    model_config = ConfigDict(frozen=True)
    group: str
    against: str

    def __str__(self) -> str:
        return contrast(self.group, self.against)


def _pair(value: Any) -> Any:
    if isinstance(value, str):
        codes = parsed(value)
        if codes is None:
            hint = 'A code that itself holds "vs" or "/" is put in double quotes: \'"A" vs "B vs C"\'.'
            raise wrong("expected a pair such as 'SI vs UP'", hint=hint if " vs " in value else "")
        return {"group": codes[0], "against": codes[1]}
    return value


PairWords = Annotated[
    Pair,
    BeforeValidator(_pair),
    WithJsonSchema({"type": "string", "pattern": r"\S\s+vs\s+\S", "examples": ["SI vs UP"]}),
]


def _as_of(value: Any) -> Any:
    return value if value == LAST_RECORD else Duration.parse(value)


class Frozen(Part):
    """The day on which groups are fixed, where a patient's group may be found out after time zero.

    A group found later than that day does not move a patient: it takes surviving to be found out, so that a group made
    of what was found later would owe its patients' survival to how it was made (immortal time).
    """

    as_of: Annotated[
        Duration | Literal["last record"],
        BeforeValidator(_as_of),
        WithJsonSchema({"type": "string", "examples": ["90 days", LAST_RECORD]}),
    ] = Field(description="So long after time zero, such as '90 days'; or 'last record', whenever it was found.")
    found: str = Field(description="The date on which the group was found out.")
    found_as: str | None = Field(None, description="The column of the group found, where 'by' holds the one before.")
    until_found: Code | None = Field(None, description="The group before, where 'by' holds the one found.")

    @property
    def days(self) -> float | None:
        """Days after time zero; None where the last record decides."""
        return self.as_of.days if isinstance(self.as_of, Duration) else None

    @model_validator(mode="after")
    def _one_way(self) -> Self:
        if (self.found_as is None) == (self.until_found is None):
            hint = "'found_as:' is the column of the group found; 'until_found:' the group until then."
            raise wrong("needs one of 'found_as:' and 'until_found:'", hint=hint)
        return self


class Groups(Part):
    """The groups compared."""

    by: Annotated[
        Annotated[str, Tag(TAG + "column")] | Annotated[SqlGroups, Tag(TAG + "sql")],
        one_of(_by, "expected a column or derived variable, or 'sql:' with 'levels:'", "sql", "levels"),
    ] = Field(description="A column or derived variable, or an expression with its levels.")
    order: tuple[Code, ...] | None = Field(None, description="The groups in the order shown.")
    reference: Code | None = Field(None, description="The group the others are compared with (the first, if not said).")
    pairs: tuple[PairWords, ...] | None = Field(
        None, description="The contrasts; without them, every other group against the reference."
    )
    frozen: Frozen | None = Field(None, description="The day on which groups are fixed.")
    multiplicity: Multiplicity = Field("holm", description="How p values of several pairs are adjusted.")

    @property
    def codes(self) -> tuple[str, ...] | None:
        """The groups in order where the study file says them, else None (the column's levels decide)."""
        if self.order is not None:
            return self.order
        return tuple(self.by.levels) if isinstance(self.by, SqlGroups) else None

    @model_validator(mode="after")
    def _known(self) -> Self:
        codes = self.codes
        if codes is None:
            return self
        if len(set(codes)) != len(codes):
            raise wrong("a group stands twice here", "order")
        if len(codes) < 2:
            raise wrong("a comparison needs at least two groups", "order")
        if self.reference is not None and self.reference not in codes:
            hint = did_you_mean(self.reference, codes)
            raise wrong(f"'{self.reference}' is not one of the groups {', '.join(codes)}", "reference", hint=hint)
        before = self.frozen.until_found if self.frozen is not None else None
        if before is not None and before not in codes:
            hint = did_you_mean(before, codes)
            raise wrong(f"'{before}' is not one of the groups {', '.join(codes)}", "frozen", "until_found", hint=hint)
        for number, pair in enumerate(self.pairs or ()):
            if pair.group == pair.against:
                raise wrong(f"'{pair}' compares a group with itself", "pairs", number)
            for code in (pair.group, pair.against):
                if code not in codes:
                    raise wrong(f"'{code}' is not one of the groups {', '.join(codes)}", "pairs", number)
        return self


class Comparison(Groups):
    """A further comparison of the same patients on another grouping."""

    label: ReaderText
    restrict: SqlText | None = Field(None, description="Only these patients (SQL expression).")
    restrict_reason: ReaderText | None = None
    strata: str | None = Field(
        None,
        description="Compare within these strata; those in which a group is empty are left out and named.",
    )
    outcomes: tuple[str, ...] = Field(min_length=1, description="Outcomes and derived variables compared.")
    adjustment: Adjustment | None = Field(None, description="For what this comparison is adjusted.")
    baseline: bool = Field(False, description="Also a baseline table for this grouping.")
