"""Columns known by what the study uses them for, or by what their name says in one of five languages."""

from __future__ import annotations

import re
from collections.abc import Mapping

from atrisk.read.table import ColumnType, Table
from atrisk.study.expression_tree import ExpressionError
from atrisk.study.model import Study
from atrisk.study.scope import Resolved, Scope

_SEX = re.compile(r"\bsex\b|gender|geschlecht|\bsexe\b|\bsexo\b|性别")
# "site" alone is as often where a tumour is.
_CENTRE = re.compile(r"cent(er|re)|hospital|institution|klinik|zentrum|study site|h[ôo]pital|中心|医院")
_BIRTH_YEAR = re.compile(r"birth ?year|year of birth|\byob\b|geburtsjahr|ann[ée]e.*naissance|出生年")


def words_of(name: str) -> str:
    """A column's name as words: an underscore is a letter to a regular expression, and none in a name."""
    return name.casefold().replace("_", " ")


def sex_column(table: Table) -> str | None:
    """The column that holds the sex, by its name."""
    return _first(table, _SEX)


def centre_column(table: Table) -> str | None:
    """The column that says at which centre a patient was treated, by its name."""
    found = [c.name for c in table.columns if _CENTRE.search(words_of(c.name))]
    kinds = (ColumnType.CATEGORY, ColumnType.TEXT, ColumnType.INTEGER)
    return next((name for name in found if (column := table.column(name)) and column.type in kinds), None)


def birth_year_columns(table: Table) -> list[str]:
    """Columns of numbers that hold years of birth, by their name."""
    numbers = (ColumnType.INTEGER, ColumnType.NUMBER)
    return [c.name for c in table.columns if c.type in numbers and _BIRTH_YEAR.search(words_of(c.name))]


def start_column(study: Study, tables: Mapping[str, Table]) -> Resolved | None:
    """The column of dates from which follow-up counts, where the study names one that the data have."""
    if study.time_zero is None:
        return None
    scope = Scope({table.name: {name: name for name in table.names} for table in tables.values()})
    try:
        return scope.resolve(study.time_zero)
    except ExpressionError:
        return None


def _first(table: Table, words: re.Pattern[str]) -> str | None:
    return next((column.name for column in table.columns if words.search(words_of(column.name))), None)
