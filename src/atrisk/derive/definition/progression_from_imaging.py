"""Progression seen on scans: the first positive scan, the last negative one before it, the last scan at all."""

# ruff: noqa: S608 (only quoted names and constants are put into SQL)

from __future__ import annotations

from collections.abc import Iterator

from atrisk.derive.child_rows import CHILD, ChildRows, child_rows
from atrisk.derive.code import meant_code
from atrisk.derive.compiled import GATHERED, Breach, Compiled
from atrisk.derive.complications import gather
from atrisk.derive.misfit import MisfitError
from atrisk.derive.patients import Patients
from atrisk.read.session import Session, literal, quote
from atrisk.read.table import Column, ColumnType
from atrisk.result.finding import Finding, Severity
from atrisk.result.remark import Remark
from atrisk.study.definition import ProgressionFromImaging
from atrisk.study.expression_tree import ExpressionError
from atrisk.study.scope import Scope


def gathered(date: str, positive: str, *, time_zero: str) -> str:
    """SQL text of the aggregates over a patient's scans.

    ``date``: the first scan after time zero that shows progression. ``last_scan``: the last scan after time zero
    whose status was recorded; outcomes of the organ are censored there, since a later contact says nothing of the
    organ. ``negatives``: the dates of the scans that did not show progression, from which ``last_negative`` takes the
    last one before ``date``. Progression happened in the interval from ``last_negative`` (time zero, where it is
    NULL) to ``date``.

    Only scans strictly after time zero count: one on the day itself was taken before the operation. A scan without a
    date or without a status says nothing and is left out (each is a finding). Of two scans on one day the positive one
    decides. ``date`` and ``time_zero`` are SQL texts of dates, ``positive`` of a truth value, NULL where no status was
    recorded.
    """
    after = f"{date} > {time_zero} AND {positive} IS NOT NULL"
    return (
        f'min({date}) FILTER (WHERE {after} AND {positive}) AS "date",'
        f" max({date}) FILTER (WHERE {after}) AS last_scan,"
        f" list({date}) FILTER (WHERE {after} AND NOT {positive}) AS negatives"
    )


def last_negative(negatives: str, first_positive: str) -> str:
    """SQL text of the last negative scan before the first positive one (of all negative ones, if none is positive)."""
    before = f"list_filter({negatives}, lambda scan: {first_positive} IS NULL OR scan < {first_positive})"
    return f"list_max({before})"


def midpoint(before: str, first_positive: str, *, time_zero: str) -> str:
    """SQL text of the day half way from the last negative scan to the first positive one, half days cut off.

    Without a negative scan the interval begins at time zero.
    """
    start = f"coalesce({before}, {time_zero})"
    return f"({start} + (date_diff('day', {start}, {first_positive}) // 2)::INTEGER)"


def named(declared: ProgressionFromImaging) -> tuple[str | None, ...]:
    """It takes no name from the patient's row."""
    del declared
    return ()


def compiled(declared: ProgressionFromImaging, patients: Patients, session: Session) -> Compiled:
    """The dates of these patients; scans without date or status warn, and so does a study nobody progresses in.

    Without ``negative`` every status that is not positive counts as no progression; with it, one that is neither is
    left out and warns, so that "not evaluable", or a progression written otherwise, is no scan free of it.
    """
    everything = Scope({name: {c.name: c.name for c in table.columns} for name, table in patients.tables.items()})
    try:
        found = everything.resolve(declared.of)
    except ExpressionError as error:
        raise MisfitError("of", error.message, error.hint) from None
    rows = child_rows("of", found.table, patients)
    status = rows.column("of", found.name)
    dated = rows.column("date", declared.date, ColumnType.DATE)
    known = (*declared.positive, *declared.negative)
    date, seen = f"{CHILD}.{quote(dated.name)}", meant_code(f"{CHILD}.{quote(status.name)}", status, known)
    positive = f"({seen} IN ({', '.join(map(literal, declared.positive))}))"
    unknown = f"{seen} NOT IN ({', '.join(map(literal, known))})" if declared.negative else "FALSE"
    positive = f"(CASE WHEN NOT ({unknown}) THEN {positive} END)" if declared.negative else positive
    zero = patients.zero("definition")
    undated = _left_out("scan-without-date")
    unread = _left_out("scan-without-status")
    first = f'{GATHERED}."date"'
    before = last_negative(f"{GATHERED}.negatives", first)
    return Compiled(
        fields={
            "date": first,
            "last_negative": before,
            "midpoint": midpoint(before, first, time_zero=zero),
            "last_scan": f"{GATHERED}.last_scan",
        },
        types=dict.fromkeys(declared.FIELDS, ColumnType.DATE),
        gather=gather(rows, gathered(date, positive, time_zero=zero)),
        questions=(
            rows.question(dated, f"{date} IS NULL", undated),
            rows.question(status, f"{seen} IS NULL", unread),
            rows.question(status, unknown, _left_out("unknown-scan-status")),
        ),
        findings=tuple(_never_positive(rows, status, positive, session)),
    )


def _left_out(rule: str) -> Breach:
    return Breach(rule=rule, message=Remark(rule), remedy=Remark(f"{rule}.remedy"), severity=Severity.WARNS)


def _never_positive(rows: ChildRows, status: Column, positive: str, session: Session) -> Iterator[Finding]:
    """A warning where no scan of any patient is positive: a misspelt code would otherwise look like perfect results."""
    if not session.value(f"SELECT coalesce(bool_or({positive}), FALSE) FROM {rows.source}"):
        yield Finding(
            rule="never-positive",
            severity=Severity.WARNS,
            table=rows.table.name,
            file=rows.table.file,
            column=status.name,
            message=Remark("never-positive"),
            remedy=Remark("never-positive.remedy"),
        )
