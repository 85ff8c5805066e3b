"""The finding about a column of codes or numbers that stands where the day of something is needed."""

from __future__ import annotations

from atrisk.read.declared import Declared
from atrisk.read.inference import Inferred, Profile
from atrisk.read.table import ColumnType
from atrisk.result.finding import Finding, Severity
from atrisk.result.remark import Remark

# A flag or a status has few codes.
MOST_CODES = 6


def flag_for_date(declared: Declared, column: str, *, found: Profile, guess: Inferred) -> Finding:
    """One blocking finding for the whole column, with what to write instead.

    The remedy for an event is the outcome's other form (a time and a status), or a date derived from the flag and the
    date of last contact. It shows no code of the column: these are patients' values.
    """
    use = declared.events.get(column)
    if guess.type in (ColumnType.INTEGER, ColumnType.NUMBER) and found.distinct > MOST_CODES:
        numbers = Remark("numbers-for-date", {"count": found.recorded})
        remedy = Remark("flag-for-date.remedy")
        return declared.column_finding("flag-for-date", Severity.BLOCKS, column, numbers, remedy)
    if use is None:
        remedy = Remark("flag-for-date.remedy")
    else:
        name = column if column.isidentifier() else f'"{column}"'
        happened = {ColumnType.BOOLEAN: name, ColumnType.INTEGER: f"{name} = 1", ColumnType.NUMBER: f"{name} = 1"}
        remedy = Remark(
            "flag-for-event.remedy",
            {
                "outcome": use.outcome,
                "column": column,
                "censor": use.censor,
                "happened": happened.get(guess.type, f"{name} = 'yes'"),
            },
        )
    return declared.column_finding(
        "flag-for-date", Severity.BLOCKS, column, Remark("flag-for-date", {"count": found.distinct}), remedy
    )
