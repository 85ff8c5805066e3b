"""One sheet of a workbook (.xlsx, .xls, .ods), read with the types of its cells and its own row numbers."""

from __future__ import annotations

import contextlib
import io
import os
import re
import sys
from collections.abc import Iterator, Mapping, Sequence
from dataclasses import dataclass
from pathlib import Path
from typing import TYPE_CHECKING

from atrisk.errors import DataError
from atrisk.read.cell import BLANKS, INTEGER, NUMBER
from atrisk.read.contents import Contents
from atrisk.read.header import column_names, unnamed, without_empty_columns
from atrisk.read.session import Session
from atrisk.read.source import Source
from atrisk.read.table import ROW
from atrisk.read.workbook.cell_text import cell_text
from atrisk.read.workbook.header_row import header_position
from atrisk.read.workbook.package import damaged
from atrisk.read.workbook.scan import Place, SheetScan, check_extent, scan_ods, scan_xlsx
from atrisk.result.finding import Finding, Severity
from atrisk.result.remark import Remark
from atrisk.study.scope import nearest

if TYPE_CHECKING:
    from python_calamine import CalamineWorkbook

_MOST_BYTES = 500_000_000
_SHOWN = 12


@dataclass(frozen=True, slots=True)
class Sheet:
    """What the study file declares of a sheet; None is to be found out."""

    name: str | None = None
    header_row: int | None = None


def read_sheet(path: Path, *, file: str, sheet: Sheet, session: Session, name: str) -> Source:
    """The cells of a sheet, as text, in the relation ``name``; ``__row`` is the row as the spreadsheet shows it.

    Formulas are read by the value last computed, links and comments are passed over, hidden rows are read. A cell with
    an error keeps its text (#N/A), a formula that was never computed is a blocking finding, and so are merged cells
    below the header, of which only the first has the value. ``file`` is the name shown.
    Raises DataError where there is nothing to read: damaged, no such sheet, several sheets and none named, no header.
    """
    content = _content(path, file)
    scans = _scans(content, path.suffix.lower(), file)
    for each, scan in scans.items():
        check_extent(scan, f"{file}, sheet {each}")
    with _words_for_failures(file), _workbook(content) as book:
        chosen = _sheet_name(book, scans, file=file, declared=sheet.name)
        place = file if sheet.name is None else f"{file}, sheet {chosen}"
        scan = scans.get(chosen, SheetScan())
        opened = book.get_sheet_by_name(chosen)
        values = opened.to_python(skip_empty_area=False)
        rows = [[cell_text(cell) for cell in row] for row in values]
        ranges = scan.merged if scan.merged is not None else _from_one(opened.merged_cell_ranges)
    _put_back(rows, scan.errors)
    if not any(cell.strip() for row in rows for cell in row):
        raise DataError(f"{file}, sheet {chosen} is empty.")
    header = header_position(rows, place=place, first_row=1, declared=sheet.header_row)
    cells = rows[header]
    names = column_names(cells, file=place, row=header + 1)
    table: list[tuple[str | int, ...]] = [
        (number, *row) for number, row in enumerate(rows[header + 1 :], start=header + 2) if any(c.strip() for c in row)
    ]
    points = _typed_points(values, header=header, names=names)
    findings = _about_sheet(scan, ranges, place=place, header=header, names=names)
    findings += _about_workbook(path, place, above=sum(any(row) for row in rows[:header]))
    names, table, more = without_empty_columns(names, table, unnamed(cells), file=place, header_row=header + 1)
    relation = session.load(name, {ROW: "BIGINT", **dict.fromkeys(names, "VARCHAR")}, table)
    return Source(
        name,
        relation,
        names,
        len(table),
        Contents.of(content),
        findings=(*findings, *more),
        decimal_comma=True,
        iso_dates=True,
        typed_points=points,
    )


def _typed_points(
    values: Sequence[Sequence[object]], *, header: int, names: Sequence[str]
) -> dict[str, frozenset[int]]:
    """For columns with a comma in a text cell: the rows in which a number with a point is text, as was typed."""
    found = {}
    for place, name in enumerate(names):
        texts = {
            number: text
            for number, row in enumerate(values[header + 1 :], start=header + 2)
            if place < len(row) and isinstance(text := row[place], str)
        }
        if any("," in text for text in texts.values()):
            found[name] = frozenset(number for number, text in texts.items() if _has_point(text.strip(BLANKS)))
    return found


def _has_point(text: str) -> bool:
    return re.fullmatch(NUMBER, text) is not None and re.fullmatch(INTEGER, text) is None


def _content(path: Path, file: str) -> bytes:
    try:
        if path.stat().st_size > _MOST_BYTES:
            raise DataError(f"{file} is larger than {_MOST_BYTES / 1e9:g} GB. Save the table as CSV or Parquet.")
        return path.read_bytes()
    except OSError:
        raise DataError(f"{file} cannot be read. Check the rights on it, and that no other program holds it.") from None


def _scans(content: bytes, kind: str, file: str) -> Mapping[str, SheetScan]:
    if kind == ".xls":
        return {}
    return scan_ods(content, file=file) if kind == ".ods" else scan_xlsx(content, file=file)


def _workbook(content: bytes) -> CalamineWorkbook:
    from python_calamine import CalamineWorkbook

    return CalamineWorkbook.from_filelike(io.BytesIO(content))


@contextlib.contextmanager
def _silenced() -> Iterator[None]:
    """Nothing on the standard error within the block: a panic of foreign code writes its trace there by itself."""
    with contextlib.suppress(OSError, ValueError):
        sys.stderr.flush()
    kept = os.dup(2)
    try:
        with open(os.devnull, "wb") as nothing:
            os.dup2(nothing.fileno(), 2)
        yield
    finally:
        os.dup2(kept, 2)
        os.close(kept)


@contextlib.contextmanager
def _words_for_failures(file: str) -> Iterator[None]:
    """Whatever the reader raises becomes words: its own errors, Python's, and the failures of its foreign code."""
    try:
        with _silenced():
            yield
    except (DataError, KeyboardInterrupt, SystemExit, GeneratorExit, MemoryError):
        raise
    except BaseException:  # noqa: BLE001 - a panic of foreign code is no Exception; its words may quote a cell
        raise damaged(file) from None


def _sheet_name(book: CalamineWorkbook, scans: Mapping[str, SheetScan], *, file: str, declared: str | None) -> str:
    names = book.sheet_names
    shown = ", ".join(f"'{name}'" for name in names[:_SHOWN]) + (" and others" if len(names) > _SHOWN else "")
    if declared is not None:
        if declared in names:
            return declared
        near = nearest(declared, tuple(names))
        hint = f"Did you mean '{near}'?" if near else f"It has {shown}."
        raise DataError(f"{file} has no sheet '{declared}'. {hint}")
    if not names:
        raise DataError(f"{file} has no sheets.")
    filled = [name for name in names if name not in scans or scans[name].last_row]
    if len(names) > 1 and len(filled) != 1:
        raise DataError(
            f"{file} has several sheets: {shown}. Say which one holds the table, such as 'sheet: {names[0]}' "
            f"(with 'atrisk new': --sheet \"{names[0]}\")."
        )
    return filled[0] if len(filled) == 1 else names[0]


def _from_one(ranges: Sequence[tuple[Place, Place]] | None) -> list[tuple[Place, Place]]:
    return [((a + 1, b + 1), (c + 1, d + 1)) for (a, b), (c, d) in ranges or ()]


def _put_back(rows: list[list[str]], errors: Mapping[Place, str]) -> None:
    """Write errors into the cells that the reader left empty; the sheet ends before an error with nothing after it."""
    for (row, column), text in errors.items():
        while len(rows) < row:
            rows.append([])
        rows[row - 1] += [""] * (column - len(rows[row - 1]))
        rows[row - 1][column - 1] = text
    width = max((len(row) for row in rows), default=0)
    for cells in rows:
        cells += [""] * (width - len(cells))


def _about_sheet(
    scan: SheetScan, merged: Sequence[tuple[Place, Place]], *, place: str, header: int, names: Sequence[str]
) -> list[Finding]:
    findings = [
        Finding(
            rule="merged-cells",
            severity=Severity.BLOCKS,
            file=place,
            row=first[0],
            column=_name(names, first[1]),
            message=Remark("merged-cells", {"row": last[0], "column": _name(names, last[1])}),
            remedy=Remark("merged-cells.remedy"),
        )
        for first, last in sorted(merged)
        if last[0] > header + 1
    ]
    findings += [
        Finding(
            rule="formula-without-value",
            severity=Severity.BLOCKS,
            file=place,
            row=row,
            column=_name(names, column),
            message=Remark("formula-without-value"),
            remedy=Remark("formula-without-value.remedy"),
        )
        for row, column in scan.uncomputed
        if row > header
    ]
    findings += _percentages(scan, place=place, header=header, names=names)
    if scan.hidden_rows:
        findings.append(_informs("hidden-rows", place, Remark("hidden-rows", {"count": scan.hidden_rows})))
    return findings


def _percentages(scan: SheetScan, *, place: str, header: int, names: Sequence[str]) -> Iterator[Finding]:
    for position, rows in sorted(scan.percent.items()):
        count = sum(row > header + 1 for row in rows)
        if count:
            yield Finding(
                rule="shown-as-percentage",
                severity=Severity.WARNS,
                file=place,
                column=_name(names, position),
                message=Remark("shown-as-percentage", {"rows": count}),
                remedy=Remark("shown-as-percentage.remedy"),
            )


def _about_workbook(path: Path, place: str, *, above: int) -> Iterator[Finding]:
    if above:
        yield _informs("rows-above-header", place, Remark("rows-above-header", {"count": above}))
    if path.suffix.lower() == ".xls":
        yield _informs("old-workbook", place, Remark("old-workbook"), Remark("old-workbook.remedy"))


def _name(names: Sequence[str], column: int) -> str:
    return names[column - 1] if column <= len(names) else f"column_{column}"


def _informs(rule: str, place: str, message: str, remedy: str = "") -> Finding:
    return Finding(rule=rule, severity=Severity.INFORMS, file=place, message=message, remedy=remedy)
