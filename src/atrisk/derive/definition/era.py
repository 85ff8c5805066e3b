"""Calendar period of the operation."""

from __future__ import annotations

from atrisk.derive.compiled import Compiled, one_value
from atrisk.derive.patients import Patients
from atrisk.read.session import literal
from atrisk.read.table import ColumnType
from atrisk.study.definition import Era


def levels(starts: tuple[int, ...], until: int) -> tuple[str, ...]:
    """The names of the eras: 2000-04 for the years 2000 to 2004, 1998-2003 across a century, 2010 for one year."""
    ends = (*(start - 1 for start in starts[1:]), until)
    return tuple(_level(start, end) for start, end in zip(starts, ends, strict=True))


def era(date: str, *, starts: tuple[int, ...], until: int) -> str:
    """The era in whose years a date lies; unknown (NULL) before the first, after the last, and without a date.

    ``date`` is SQL text of a date; the answer is SQL text of one of ``levels``.
    """
    first_years = (*starts, until + 1)
    cases = " ".join(
        f"WHEN year({date}) >= {start} AND year({date}) < {following} THEN {literal(level)}"
        for start, following, level in zip(starts, first_years[1:], levels(starts, until), strict=True)
    )
    return f"(CASE {cases} END)"


def named(declared: Era) -> tuple[str | None, ...]:
    """The names it takes from the patient's row."""
    return (declared.date,)


def compiled(declared: Era, patients: Patients) -> Compiled:
    """The era of these patients' time zero, or of another date."""
    date = (
        patients.zero("definition")
        if declared.date is None
        else patients.resolve("date", declared.date, ColumnType.DATE).sql
    )
    sql = era(date, starts=declared.starts, until=declared.until)
    return one_value(sql, ColumnType.CATEGORY, levels=levels(declared.starts, declared.until))


def _level(start: int, end: int) -> str:
    if start == end:
        return str(start)
    return f"{start}-{end % 100:02d}" if start // 100 == end // 100 else f"{start}-{end}"
