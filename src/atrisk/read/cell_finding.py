"""Findings about cells that do not say what their column is made of.

No message holds a cell's text: it stands in the finding's ``value``, which only the check report shows.
"""

# ruff: noqa: S608 (only quoted names and constants are put into SQL)

from __future__ import annotations

from collections.abc import Sequence

from atrisk.read import cell
from atrisk.read.declared import Declared
from atrisk.read.inference import Inferred, Profile
from atrisk.read.session import Session, literal, quote
from atrisk.read.source import Source
from atrisk.read.table import ROW, ColumnType
from atrisk.result.finding import Finding, Severity
from atrisk.result.remark import Remark

# Days since 1900 as spreadsheets store dates: from 1927 to 2173.
SERIAL_DAY = r"[1-9]\d{4}(\.\d+)?"
_REMEDIES = {
    "limit": "wrong-type.limit",
    "comma": "wrong-type.comma",
    "point": "wrong-type.point",
    "span": "wrong-type.span",
    "fraction": "wrong-type.fraction",
    "partial": "wrong-type.partial",
    "format": "wrong-type.format",
    "other-format": "wrong-type.other-format",
    "no-such-day": "wrong-type.no-such-day",
    "serial": "wrong-type.serial",
    "impossible": "wrong-type.impossible",
    "missing": "wrong-type.missing",
    "other": "wrong-type.other",
}
_OF_FORMAT = ("other-format", "no-such-day")
_EXPECTED = {
    ColumnType.INTEGER: "type-integer",
    ColumnType.NUMBER: "type-number",
    ColumnType.DATE: "type-date",
    ColumnType.BOOLEAN: "type-boolean",
}


def wrong_type(
    session: Session,
    declared: Declared,
    column: str,
    *,
    kind: ColumnType,
    decimal_comma: bool,
    cells: str,
    typed: str,
) -> list[Finding]:
    """One blocking finding for every recorded cell of ``cells`` that has no value in ``typed``."""
    message = "wrong-type.stated" if declared.states_type(column) else "wrong-type"
    name, row = quote(column), quote(ROW)
    text = f"c.{name}"
    read = cell.without_limit(text) if declared.variable(column).censored else text
    form = declared.variable(column).format
    reason = _reason(read, kind, decimal_comma=decimal_comma, form=form)
    found = session.rows(
        f"SELECT c.{row}, {declared.identifier_sql('c')}, {text}, {reason} "
        f"FROM {cells} c JOIN {typed} t USING ({row}) "
        f"WHERE c.{name} IS NOT NULL AND t.{name} IS NULL ORDER BY c.{row}"
    )
    return [
        Finding(
            rule="wrong-type",
            severity=Severity.BLOCKS,
            table=declared.name,
            file=declared.file,
            row=line,
            column=column,
            message=Remark(message, {"expected": Remark(_EXPECTED[kind])}),
            remedy=Remark(_REMEDIES[reason], {"format": form} if reason in _OF_FORMAT and form else {}),
            key=key or "",
            value=text,
        )
        for line, key, text, reason in found
    ]


def bare_na(session: Session, source: Source, declared: Declared, doubtful: Sequence[str]) -> list[Finding]:
    """For every ``doubtful`` column in which a bare NA was read as missing without being declared: how many."""
    columns = [
        column for column in doubtful if "NA" in cell.missing_codes(declared.variable(column), undeclared_only=True)
    ]
    if not columns:
        return []
    counts = ", ".join(f"count(*) FILTER (WHERE {cell.trimmed(quote(column))} = {literal('NA')})" for column in columns)
    row = session.rows(f"SELECT {counts} FROM {source.relation}")[0]
    return [
        declared.column_finding(
            "na-is-missing",
            Severity.INFORMS,
            column,
            Remark("na-is-missing", {"count": count}),
            Remark("na-is-missing.remedy"),
        )
        for column, count in zip(columns, row, strict=True)
        if count
    ]


def spreadsheet_errors(session: Session, source: Source, declared: Declared, doubtful: Sequence[str]) -> list[Finding]:
    """A blocking finding for every cell of the ``doubtful`` columns with an error that a spreadsheet put there.

    Not for errors declared as missing.
    """
    findings = []
    for column in doubtful:
        known = cell.missing_codes(declared.variable(column))
        errors = [error for error in cell.SPREADSHEET_ERRORS if error not in known]
        if not errors:
            continue
        name = quote(column)
        text = cell.trimmed(name)
        found = session.rows(
            f"SELECT {quote(ROW)}, {declared.identifier_sql('s')}, {text} FROM {source.relation} s "
            f"WHERE contains({name}, '#') AND {text} IN ({', '.join(literal(error) for error in errors)}) "
            f"ORDER BY {quote(ROW)}"
        )
        findings += [
            Finding(
                rule="spreadsheet-error",
                severity=Severity.BLOCKS,
                table=declared.name,
                file=declared.file,
                row=line,
                column=column,
                message=Remark("spreadsheet-error"),
                remedy=Remark("spreadsheet-error.remedy"),
                key=key or "",
                value=error,
            )
            for line, key, error in found
        ]
    return findings


def about_column(
    declared: Declared, column: str, *, kind: ColumnType, found: Profile, guess: Inferred, decimal_comma: bool
) -> list[Finding]:
    """What a reader of a column's results should know of how it was read."""
    findings = []
    if guess.mixed and kind in (ColumnType.TEXT, ColumnType.CATEGORY):
        of_dates = found.date + found.other_date > found.number + found.limit
        remedy = Remark("mixed-column.remedy-dates" if of_dates else "mixed-column.remedy")
        findings.append(declared.column_finding("mixed-column", Severity.WARNS, column, Remark("mixed-column"), remedy))
    if kind is ColumnType.DATE and found.with_time:
        findings.append(
            declared.column_finding(
                "time-of-day", Severity.INFORMS, column, Remark("time-of-day", {"count": found.with_time})
            )
        )
    if decimal_comma and kind is ColumnType.NUMBER:
        findings.append(
            declared.column_finding(
                "decimal-comma",
                Severity.INFORMS,
                column,
                Remark("decimal-comma"),
                Remark("decimal-comma.remedy"),
            )
        )
    return findings


def date_format(declared: Declared, column: str, fitting: Sequence[str], *, short_years: bool) -> Finding:
    """The blocking finding for a column of dates whose order of day, month and year nobody declared."""
    if not fitting and short_years:
        return declared.column_finding(
            "date-format",
            Severity.BLOCKS,
            column,
            Remark("date-format.short-years"),
            Remark("date-format.short-years.remedy"),
        )
    if not fitting:
        return declared.column_finding(
            "date-format",
            Severity.BLOCKS,
            column,
            Remark("date-format.none"),
            Remark("date-format.none.remedy"),
        )
    return declared.column_finding(
        "date-format",
        Severity.BLOCKS,
        column,
        Remark("date-format", {"count": len(fitting), "formats": tuple(fitting)}),
        Remark("date-format.remedy", {"count": len(fitting), "format": fitting[0]}),
    )


def _reason(text: str, kind: ColumnType, *, decimal_comma: bool, form: str | None) -> str:
    cases = f"WHEN {cell.is_missing_word(text)} THEN 'missing'"
    if kind in (ColumnType.INTEGER, ColumnType.NUMBER):
        point = "point" if decimal_comma and kind is ColumnType.NUMBER else "fraction"
        cases += (
            f" WHEN {cell.matches(text, f'{cell.LIMIT}({cell.NUMBER}|{cell.COMMA_NUMBER})')} THEN 'limit'"
            f" WHEN {cell.matches(text, cell.COMMA_NUMBER)} THEN 'comma'"
            f" WHEN {cell.number(text)} IS NOT NULL THEN '{point}'"
            f" WHEN {cell.matches(text, cell.SPAN)} THEN 'span'"
        )
    if kind is ColumnType.DATE:
        impossible, other = ("no-such-day", "other-format") if form else ("impossible", "format")
        cases += (
            f" WHEN {cell.matches(text, cell.PARTIAL_DATE)} THEN 'partial'"
            f" WHEN {cell.matches(text, cell.date_shape(form or cell.ISO))} THEN '{impossible}'"
            f" WHEN {cell.matches(text, f'{cell.ISO_SHAPE}|{cell.OTHER_DATE}')} THEN '{other}'"
            rf" WHEN {cell.matches(text, SERIAL_DAY)} THEN 'serial'"
        )
    return f"CASE {cases} ELSE 'other' END"
