"""Files of SPSS (.sav, .zsav), Stata (.dta) and SAS (.sas7bdat, .xpt), with what they say of their columns."""

from __future__ import annotations

import os
from collections.abc import Mapping, Sequence
from pathlib import Path
from typing import TYPE_CHECKING, Any

from atrisk.errors import DataError
from atrisk.read.contents import unchanged
from atrisk.read.header import column_names
from atrisk.read.session import Session
from atrisk.read.source import Source
from atrisk.read.table import ROW
from atrisk.read.workbook.cell_text import cell_text
from atrisk.result.finding import Finding, Severity
from atrisk.study.table import Variable

if TYPE_CHECKING:
    from collections.abc import Callable

MOST_BYTES = 2_000_000_000
MOST_CELLS = 200_000_000
# What iconv calls the encodings that have another name there.
_ICONV = {"mac-roman": "MACINTOSH", "shift-jis": "SHIFT_JIS"}


def read_statistics_file(path: Path, *, file: str, encoding: str | None, session: Session, name: str) -> Source:
    """The cases of a file of SPSS, Stata or SAS in the relation ``name``; ``__row`` is the case's number, from 1.

    Cells are text: a number in full precision, a date as YYYY-MM-DD. What the file says of a column is kept beside it:
    its label; its value labels as levels, where every recorded value has one; its codes for "not recorded" with their
    labels as reasons. The special missing values of Stata and SAS read .a, .b and so on, and are such codes.
    ``encoding`` overrides what the file says of its own; ``file`` is the name shown.
    Raises DataError where the file is damaged, of another kind, or larger than ``MOST_CELLS`` cells.
    """
    with unchanged(path, file) as contents:
        if contents.n_bytes > MOST_BYTES:
            raise DataError(f"{file} is larger than {MOST_BYTES / 1e9:g} GB. Save the table as Parquet.")
        columns, about = _read(path, file, encoding)
    names = column_names(list(columns), file=file)
    cells: dict[str, list[str]] = {}
    described, findings = {}, []
    for old, new in zip(columns, names, strict=True):
        numeric = about.readstat_variable_types.get(old) != "string"
        cells[new] = [_text(value, numeric=numeric) for value in columns[old]]
        described[new], partly = _described(old, cells[new], about)
        if partly:
            findings.append(_partly_labelled(file, new, partly))
    rows = list(zip(range(1, len(next(iter(cells.values()), [])) + 1), *cells.values(), strict=True))
    relation = session.load(name, {ROW: "BIGINT", **dict.fromkeys(names, "VARCHAR")}, rows)
    return Source(
        name,
        relation,
        names,
        len(rows),
        contents,
        findings=tuple(findings),
        described={column: variable for column, variable in described.items() if variable.model_fields_set},
        iso_dates=True,
    )


def _read(path: Path, file: str, encoding: str | None) -> tuple[Mapping[str, Sequence[Any]], Any]:
    import pyreadstat

    kind = path.suffix.lower()
    readers: dict[str, Callable[..., tuple[Any, Any]]] = {
        ".sav": pyreadstat.read_sav,
        ".zsav": pyreadstat.read_sav,
        ".dta": pyreadstat.read_dta,
        ".sas7bdat": pyreadstat.read_sas7bdat,
        ".xpt": pyreadstat.read_xport,
    }
    options = {} if kind == ".xpt" else {"user_missing": True}
    iconv = None if encoding is None else _ICONV.get(encoding, encoding.upper())
    try:
        _, about = readers[kind](os.fspath(path), encoding=iconv, metadataonly=True)
        n_cells = (about.number_rows or 0) * (about.number_columns or 0)
        if n_cells > MOST_CELLS:
            raise DataError(f"{file} has more than {MOST_CELLS:,} cells. Save the table as Parquet.")
        columns, about = readers[kind](os.fspath(path), encoding=iconv, output_format="dict", **options)
    except (DataError, MemoryError):
        raise
    except UnicodeDecodeError:
        raise DataError(
            f"{file}: its texts are not in the encoding it names. Declare 'encoding:', such as 'windows-1252'."
        ) from None
    except Exception:  # noqa: BLE001 - its own errors, and Python's about dates beyond the calendar; they quote values
        raise DataError(
            f"{file} cannot be read: it is damaged, of another kind, or not in the encoding declared. Save it again."
        ) from None
    if not columns:
        raise DataError(f"{file} has no columns.")
    return columns, about


def _text(value: Any, *, numeric: bool) -> str:
    if isinstance(value, float) and value != value:
        return ""
    if numeric and isinstance(value, str):
        return f".{value.lower()}"
    return cell_text(value)


def _described(column: str, cells: Sequence[str], about: Any) -> tuple[Variable, int]:
    """What the file says of a column, and how many recorded values have no label where others have one."""
    labels = {
        _text(value, numeric=about.readstat_variable_types.get(column) != "string"): str(label).strip()
        for value, label in (about.variable_value_labels.get(column) or {}).items()
    }
    found = set(cells) - {""}
    missing = {code: labels.get(code) or code for code in _missing_codes(column, found, about)}
    levels = {code: label or code for code, label in labels.items() if code not in missing and code}
    unlabelled = len(found - set(levels) - set(missing)) if levels else 0
    words: dict[str, Any] = {}
    if label := (about.column_names_to_labels.get(column) or "").strip():
        words["label"] = label
    if levels and not unlabelled:
        words["levels"] = dict(sorted(levels.items(), key=lambda item: _order(item[0])))
    if missing:
        words["missing"] = dict(sorted(missing.items(), key=lambda item: _order(item[0])))
    try:
        return Variable.model_validate(words), unlabelled
    except ValueError:  # a label that no study file could hold
        return Variable(), unlabelled


def _missing_codes(column: str, found: set[str], about: Any) -> set[str]:
    """The codes that the file declares missing; of a range, those that occur."""
    codes = {f".{letter.lower()}" for letter in about.missing_user_values.get(column) or ()}
    for span in about.missing_ranges.get(column) or ():
        low, high = span["lo"], span["hi"]
        if low == high:
            codes.add(cell_text(low))
        elif not isinstance(low, str):
            codes |= {code for code in found if (number := _number(code)) is not None and low <= number <= high}
    return {code for code in codes if code}


def _number(text: str) -> float | None:
    try:
        return float(text)
    except ValueError:
        return None


def _order(code: str) -> tuple[bool, float, str]:
    number = _number(code)
    return number is None, number or 0.0, code


def _partly_labelled(file: str, column: str, count: int) -> Finding:
    words = "1 value has" if count == 1 else f"{count} values have"
    return Finding(
        rule="partly-labelled",
        severity=Severity.INFORMS,
        file=file,
        column=column,
        message=f"{words} no label in the file, so its value labels were not taken as the column's levels",
        remedy="Declare 'levels:' if it is a category, and codes for 'not recorded' under 'missing:'.",
    )
