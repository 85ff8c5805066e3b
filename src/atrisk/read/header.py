"""The header of a data file: the names of its columns."""

from __future__ import annotations

import re
from collections.abc import Sequence

from atrisk.errors import DataError
from atrisk.result.finding import Finding, Severity
from atrisk.result.remark import Remark

_BLANK = " \t\r\n\u00a0\u3000\ufeff"
_LIKE_A_NAME = re.compile(r"[^\W\d]\w*([ ._/()%-]+\w+)*[)%.]*")


def column_names(cells: Sequence[str], *, file: str, row: int = 1) -> tuple[str, ...]:
    """The names in a header, without blanks around them; a column without a name is called ``column_<position>``.

    Two columns may not have the same name, nor names that differ only in upper and lower case, because expressions
    do not distinguish these; names that begin with two underscores are kept for the program.
    ``file`` and ``row`` are where messages say the header stands.
    Raises DataError naming both columns, and for NUL characters. A name is shown only if it looks like one, for in a
    file without a header the first row holds a patient's values.
    """
    if any("\x00" in cell for cell in cells):
        raise DataError(f"{file}, row {row}: the header has NUL characters; the file is damaged. Export it again.")
    stripped = [cell.strip(_BLANK) for cell in cells]
    names = tuple(name or f"column_{position}" for position, name in enumerate(stripped, start=1))
    seen: dict[str, int] = {}
    for position, name in enumerate(names, start=1):
        if name.startswith("__"):
            raise DataError(
                f"{file}: column {position} has a name that begins with two underscores, which are kept for the "
                "program. Rename it."
            )
        first = seen.setdefault(name.lower(), position)
        if first != position:
            shown = f" ('{name}')" if _LIKE_A_NAME.fullmatch(name) else ""
            raise DataError(
                f"{file}, row {row}: columns {first} and {position} have the same name{shown}; upper and lower case do "
                "not distinguish columns. Rename one of them, or add the header if the file has none."
            )
    return names


def unnamed(cells: Sequence[str]) -> tuple[int, ...]:
    """Positions (from 1) of the header's cells that are empty."""
    return tuple(position for position, cell in enumerate(cells, start=1) if not cell.strip(_BLANK))


def without_empty_columns(
    names: tuple[str, ...], rows: list[tuple[str | int, ...]], nameless: tuple[int, ...], *, file: str, header_row: int
) -> tuple[tuple[str, ...], list[tuple[str | int, ...]], list[Finding]]:
    """Leave out columns that have neither a name nor a cell, and say which of the others have no name.

    ``rows`` begin with their number; ``nameless`` are positions of columns, from 1.
    Raises DataError where no column is left.
    """
    empty = {position for position in nameless if not any(str(row[position]).strip() for row in rows)}
    findings = [
        Finding(
            rule="unnamed-column",
            severity=Severity.WARNS,
            file=file,
            row=header_row,
            column=f"column_{position}",
            message=Remark("unnamed-column", {"position": position}),
            remedy=Remark("unnamed-column.remedy"),
        )
        for position in nameless
        if position not in empty
    ]
    if empty:
        kept = [position for position in range(len(names) + 1) if position not in empty]
        rows = [tuple(row[position] for position in kept) for row in rows]
        names = tuple(names[position - 1] for position in kept[1:])
        if not names:
            raise DataError(f"{file}, row {header_row}: the header names no column.")
    return names, rows, findings
