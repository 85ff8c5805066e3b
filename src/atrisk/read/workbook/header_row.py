"""Which row of a sheet holds the names of the columns."""

from __future__ import annotations

from collections.abc import Sequence

from atrisk.errors import DataError

_LOOKED_AT = 20


def header_position(rows: Sequence[Sequence[str]], *, place: str, first_row: int, declared: int | None) -> int:
    """The position of the header among ``rows``, whose first stands on row ``first_row`` of the sheet.

    It is the declared row, else the first with a cell. But where that row has half as many cells as a later one of the
    first 20, or fewer, it is a title or a heading over groups of columns, and nothing is guessed.
    Raises DataError, naming the row that looks like the header, or a declared row without cells.
    """
    if declared is not None:
        position = declared - first_row
        if not 0 <= position < len(rows) or not any(cell.strip() for cell in rows[position]):
            raise DataError(f"{place}: row {declared}, which 'header_row:' names, is empty.")
        return position
    filled = [sum(bool(cell.strip()) for cell in row) for row in rows[:_LOOKED_AT]]
    position = next((position for position, count in enumerate(filled) if count), -1)
    if position < 0:
        raise DataError(f"{place} has no cells in its first {_LOOKED_AT} rows. Name the header with 'header_row:'.")
    most = max(filled[position:])
    if most > 1 and 2 * filled[position] <= most:
        likely = next(later for later, count in enumerate(filled) if later > position and 5 * count >= 4 * most)
        raise DataError(
            f"{place}, row {position + first_row}: this row has fewer cells than the rows below it, like a title above "
            f"a table. If the names of the columns stand in row {likely + first_row}, write 'header_row: "
            f"{likely + first_row}' (with 'atrisk new': --header-row {likely + first_row})."
        )
    return position
