"""Values against what the study file declares of their column: levels and ranges."""

from __future__ import annotations

import re
from collections.abc import Mapping

from atrisk.check.cells import Rule, about_cell, cells_where
from atrisk.read.session import Session, literal, quote
from atrisk.read.table import ColumnType, Table
from atrisk.result.finding import Finding, Severity
from atrisk.result.remark import Remark
from atrisk.study.model import Study
from atrisk.study.outcome import OutcomeFromStatus
from atrisk.study.table import Variable

_NUMBERS = (ColumnType.INTEGER, ColumnType.NUMBER)
_RANGE = Rule("out-of-range", Severity.WARNS, Remark("out-of-range.remedy"))

_NEGATIVE = Rule("negative-age-or-duration", Severity.WARNS, Remark("negative-age-or-duration.remedy"))
_TIME_WORDS = frozenset(
    (
        *("age", "alter", "edad", "duration", "dauer", "liegedauer", "los", "stay", "followup", "futime", "survival"),
        *("time", "zeit", "hours", "minutes", "days", "weeks", "months", "years"),
        *("stunden", "minuten", "tage", "wochen", "monate", "jahre"),
    )
)
_CHINESE = ("年龄", "天数", "时间", "时长", "月数", "住院日")


def check_levels(tables: Mapping[str, Table], variables: Mapping[str, Variable], session: Session) -> list[Finding]:
    """Values of a column with declared levels that are none of them."""
    findings = []
    for table, column, variable in _declared(tables, variables):
        if not variable.levels:
            continue
        name = f"t.{quote(column)}"
        codes = ", ".join(literal(code) for code in variable.levels)
        unknown = f"{name} IS NOT NULL AND {name} NOT IN ({codes})"
        cells = cells_where(session, table, column, unknown)
        if not cells:
            continue
        folded = ", ".join(f"lower({literal(code)})" for code in variable.levels)
        near = {cell.row for cell in cells_where(session, table, column, f"{unknown} AND lower({name}) IN ({folded})")}
        listed = Rule(
            "unknown-level",
            Severity.BLOCKS,
            Remark("unknown-level.remedy", {"levels": tuple(variable.levels)}),
        )
        other_case = Rule("unknown-level", Severity.BLOCKS, Remark("unknown-level.other-case"))
        for cell in cells:
            rule = other_case if cell.row in near else listed
            findings.append(about_cell(rule, table, column, cell, Remark("unknown-level")))
    return findings


def check_ranges(tables: Mapping[str, Table], variables: Mapping[str, Variable], session: Session) -> list[Finding]:
    """Numbers outside the declared range; its ends belong to it."""
    findings = []
    for table, column, variable in _declared(tables, variables):
        kind = table.column(column)
        if variable.range is None or kind is None or kind.type not in _NUMBERS:
            continue
        low, high = variable.range
        unit = f" {variable.unit}" if variable.unit else ""
        for cell in cells_where(session, table, column, f"t.{quote(column)} < {literal(float(low))}"):
            message = Remark("below-range", {"low": low, "high": high, "unit": unit})
            findings.append(about_cell(_RANGE, table, column, cell, message))
        for cell in cells_where(session, table, column, f"t.{quote(column)} > {literal(float(high))}"):
            message = Remark("above-range", {"low": low, "high": high, "unit": unit})
            findings.append(about_cell(_RANGE, table, column, cell, message))
    return findings


def check_negative(tables: Mapping[str, Table], study: Study, session: Session) -> list[Finding]:
    """Ages and durations below zero, in columns whose name, label or unit says that they are one.

    Columns with a declared range and the times of outcomes have rules of their own.
    """
    findings = []
    times = {outcome.time.column for outcome in study.outcomes.values() if isinstance(outcome, OutcomeFromStatus)}
    for table in tables.values():
        for column in table.columns:
            written = f"{table.name}.{column.name}"
            variable = study.variables.get(written, Variable())
            if column.type not in _NUMBERS or variable.range is not None or {column.name, written} & times:
                continue
            words = f"{column.name} {variable.label or ''} {variable.unit or ''}"
            if is_age_or_duration(words):
                cells = cells_where(session, table, column.name, f"t.{quote(column.name)} < 0")
                message = Remark("negative-age-or-duration")
                findings += [about_cell(_NEGATIVE, table, column.name, cell, message) for cell in cells]
    return findings


def is_age_or_duration(words: str) -> bool:
    """Whether a name, label or unit speaks of an age or a length of time."""
    folded = words.casefold()
    return bool(set(re.findall(r"[^\W\d_]+", folded)) & _TIME_WORDS) or any(word in folded for word in _CHINESE)


def _declared(tables: Mapping[str, Table], variables: Mapping[str, Variable]) -> list[tuple[Table, str, Variable]]:
    found = []
    for written, variable in variables.items():
        name, _, column = written.partition(".")
        if name in tables and tables[name].column(column) is not None:
            found.append((tables[name], column, variable))
    return found
