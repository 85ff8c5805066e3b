"""The text of a spreadsheet's cell: what its value is, not how it happens to be formatted."""

from __future__ import annotations

import datetime as dt

Cell = str | int | float | bool | dt.datetime | dt.date | dt.time | dt.timedelta | None

# Whole numbers beyond this are not exact in a spreadsheet, so no digits are invented for them.
_EXACT = 1e15


def cell_text(value: Cell) -> str:
    """A number as digits with a decimal point (no point where it is whole), a date as YYYY-MM-DD, true or false.

    A date with a time other than midnight keeps it; a time alone is HH:MM:SS, and a length of time is hours:MM:SS.
    """
    match value:
        case None:
            return ""
        case bool():
            return "true" if value else "false"
        case str():
            return value
        case int():
            return str(value)
        case float():
            return str(int(value)) if value == int(value) and abs(value) < _EXACT else repr(value)
        case dt.datetime():
            text = value.isoformat(sep=" ", timespec="seconds")
            return text.removesuffix(" 00:00:00")
        case dt.date() | dt.time():
            return value.isoformat()
        case dt.timedelta():
            seconds = round(value.total_seconds())
            sign, seconds = ("-", -seconds) if seconds < 0 else ("", seconds)
            return f"{sign}{seconds // 3600:02d}:{seconds // 60 % 60:02d}:{seconds % 60:02d}"
