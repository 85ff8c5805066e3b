"""Durations, margins and published values as people write them: "90 days", "15 points", "< 0.001"."""

from __future__ import annotations

import re
from dataclasses import dataclass
from typing import Annotated, Any, Literal

from pydantic import BeforeValidator, GetCoreSchemaHandler, GetJsonSchemaHandler, WithJsonSchema
from pydantic.json_schema import JsonSchemaValue
from pydantic_core import CoreSchema, core_schema

# Months and years exist only in a study file's words and in the report; everything computed is in days.
DAYS_PER_YEAR = 365.25
DAYS_PER_MONTH = DAYS_PER_YEAR / 12

_DAYS = {"day": 1.0, "week": 7.0, "month": DAYS_PER_MONTH, "year": DAYS_PER_YEAR}
_NUMBER = r"[+-]?\d+(?:\.\d+)?(?:[eE][+-]?\d+)?"
_DURATION = re.compile(rf"({_NUMBER})\s*(day|week|month|year)s?")
_QUANTITY = re.compile(
    rf"(<|<=|>|>=)?\s*({_NUMBER})\s*(%|points?|days?|weeks?|months?|years?)?",
)

TimeUnit = Literal["days", "weeks", "months", "years"]


def days_per(unit: str) -> float:
    """Days in one ``unit`` (days, weeks, months of 365.25/12 days, years of 365.25 days)."""
    return _DAYS[unit.removesuffix("s")]


@dataclass(frozen=True, slots=True, order=True)
class Duration:
    """A length of time; ``days`` is what is computed with, ``amount`` and ``unit`` are how it was written."""

    days: float
    amount: float
    unit: str

    @classmethod
    def parse(cls, text: object) -> Duration:
        """A duration from words such as ``90 days`` or ``10 years``.

        Raises ValueError for anything else, with an example of what is expected.
        """
        if isinstance(text, Duration):
            return text
        match = _DURATION.fullmatch(text.strip()) if isinstance(text, str) else None
        if match is None:
            raise ValueError("expected a duration such as '90 days', '6 months' or '10 years'")
        amount, unit = float(match[1]), match[2]
        if amount < 0:
            raise ValueError("a duration cannot be negative")
        return cls(days=amount * _DAYS[unit], amount=amount, unit=unit)

    def __str__(self) -> str:
        return f"{self.amount:g} {self.unit}{'' if self.amount == 1 else 's'}"

    @classmethod
    def __get_pydantic_core_schema__(cls, _source: Any, _handler: GetCoreSchemaHandler) -> CoreSchema:
        return core_schema.no_info_plain_validator_function(cls.parse, serialization=core_schema.to_string_ser_schema())

    @classmethod
    def __get_pydantic_json_schema__(cls, _schema: CoreSchema, _handler: GetJsonSchemaHandler) -> JsonSchemaValue:
        return {
            "type": "string",
            "pattern": r"^\d+(\.\d+)? (day|week|month|year)s?$",
            "examples": ["90 days", "10 years"],
        }


@dataclass(frozen=True, slots=True)
class Quantity:
    """A number with an optional sign of comparison and unit, in the unit of a result row.

    ``value`` is a proportion for ``%`` and ``points`` (53 % is 0.53), days for times, the bare number otherwise.
    """

    value: float
    unit: Literal["", "%", "points", "days", "weeks", "months", "years"]
    comparison: Literal["", "<", "<=", ">", ">="]
    text: str

    @classmethod
    def parse(cls, given: object) -> Quantity:
        """A quantity from words such as ``53 %``, ``12 months``, ``0.463``, ``< 0.001`` or ``15 points``."""
        if isinstance(given, Quantity):
            return given
        text = str(given) if isinstance(given, int | float) and not isinstance(given, bool) else given
        match = _QUANTITY.fullmatch(text.strip()) if isinstance(text, str) else None
        if match is None or not isinstance(text, str):
            raise ValueError(
                "expected a number, with a unit if it has one: '53 %', '12 months', '0.463', '< 0.001', '15 points'"
            )
        number, unit = float(match[2]), match[3] or ""
        if unit not in ("", "%"):
            unit = unit.removesuffix("s") + "s"
        scale = 0.01 if unit in ("%", "points") else days_per(unit) if unit else 1.0
        return cls(value=number * scale, unit=unit, comparison=match[1] or "", text=text.strip())  # type: ignore[arg-type]

    def __str__(self) -> str:
        return self.text

    @classmethod
    def __get_pydantic_core_schema__(cls, _source: Any, _handler: GetCoreSchemaHandler) -> CoreSchema:
        return core_schema.no_info_plain_validator_function(cls.parse, serialization=core_schema.to_string_ser_schema())

    @classmethod
    def __get_pydantic_json_schema__(cls, _schema: CoreSchema, _handler: GetJsonSchemaHandler) -> JsonSchemaValue:
        return {
            "type": ["string", "number"],
            "examples": ["53 %", "12 months", 0.463, "< 0.001", "15 points"],
        }


def _code(value: object) -> str:
    """A code in the data as text: YAML gives 2, true and 'UP'; the cell says "2", "true" and "UP"."""
    if isinstance(value, bool):
        return "true" if value else "false"
    if isinstance(value, int | str):
        return str(value)
    if isinstance(value, float):
        return f"{value:.15g}"
    raise ValueError("expected a code as it stands in the data, such as UP or 2")


Code = Annotated[str, BeforeValidator(_code), WithJsonSchema({"type": ["string", "number", "boolean"]})]
