"""Dates outside a patient's life: after death, or before birth."""

from __future__ import annotations

import re
from collections.abc import Iterable, Iterator, Mapping

from atrisk.check.cells import Rule
from atrisk.check.date_order import DateColumn, inversions, lines_of, related
from atrisk.check.dates import is_partial
from atrisk.check.events import death_columns
from atrisk.check.roles import words_of
from atrisk.read.session import Session
from atrisk.read.table import ColumnType, Table
from atrisk.result.finding import Finding, Severity
from atrisk.result.remark import Remark
from atrisk.study.load import LoadedStudy
from atrisk.study.model import Study

_REMEDY = Remark("life-span.remedy")
_AFTER_DEATH = Rule("after-death", Severity.WARNS, _REMEDY)
_BEFORE_BIRTH = Rule("before-birth", Severity.WARNS, _REMEDY)
_DEATH = re.compile(r"death|died|deceased|\bdod\b|todes|tod\b|gestorben|verstorben|d[ée]c[èe]s|muerte|死亡|去世")
_BIRTH = re.compile(r"birth|\bdob\b|geburt|geb_?dat|naissance|nacimiento|出生")
# Dates of paperwork come after a death without anybody's mistake.
_PAPERWORK = re.compile(r"entry|entered|export|report|autops|obdukt|updat|creat|record|eingabe|erfass|录入|登记|尸检")


def check_life_span(loaded: LoadedStudy, tables: Mapping[str, Table], session: Session) -> list[Finding]:
    """Dates after the death, or before the birth, of the patient to whom they belong.

    A column holds deaths (births) if the study uses it so or its name says it; rows belong together as for
    ``dates_in_order:``, and pairs that stand in order on a line there are left to it. Partial dates are compared only
    as far as they go.
    """
    study = loaded.study
    dates = [date for table in tables.values() for date in date_columns(study, table)]
    deaths = deaths_among(dates, study, tables)
    births = births_among(dates)
    ordered = set(_ordered(loaded, tables))
    pairs = [(_AFTER_DEATH, date, death) for death in deaths for date in dates if date not in deaths]
    pairs += [(_BEFORE_BIRTH, birth, date) for birth in births for date in dates if date not in births]
    findings: list[Finding] = []
    for rule, first, second in pairs:
        event = first if rule is _AFTER_DEATH else second
        if (first, second) in ordered or not related(first, second, tables) or _says(event, _PAPERWORK):
            continue
        findings += inversions(session, first, second, rule=rule, tables=tables)
    return findings


def deaths_among(dates: Iterable[DateColumn], study: Study, tables: Mapping[str, Table]) -> list[DateColumn]:
    """The dates that hold deaths: a definition of the study takes them so, or their name says it."""
    used = death_columns(study, tables)
    return [date for date in dates if (date.table.name, date.column) in used or _says(date, _DEATH)]


def births_among(dates: Iterable[DateColumn]) -> list[DateColumn]:
    """The dates that hold births, by their name."""
    return [date for date in dates if _says(date, _BIRTH)]


def date_columns(study: Study, table: Table) -> Iterator[DateColumn]:
    """The columns of dates of a table."""
    for column in table.columns:
        if column.type is ColumnType.DATE:
            yield DateColumn(table, column.name, is_partial(study, table, column.name))


def _ordered(loaded: LoadedStudy, tables: Mapping[str, Table]) -> Iterator[tuple[DateColumn, DateColumn]]:
    for line in lines_of(loaded, tables):
        for later in range(1, len(line)):
            yield from ((line[earlier], line[later]) for earlier in range(later))


def _says(date: DateColumn, words: re.Pattern[str]) -> bool:
    return words.search(words_of(date.column)) is not None
