"""Reads a file of SPSS, Stata or SAS in a process of its own.

The reader (pyreadstat) is written in C, and a damaged file can make it fall, and with it the program that calls it. So
another interpreter does the reading; it is told the file in JSON on its standard input, and answers in JSON.
"""

from __future__ import annotations

import json
import sys
from collections.abc import Callable, Mapping, Sequence
from typing import Any

from atrisk.read.workbook.cell_text import cell_text

MOST_CELLS = 200_000_000


def main() -> None:
    """Answer with the cases of one file, or with why it cannot be read.

    That is ``damaged``, ``catalogue`` (it is that which is damaged), ``encoding`` or ``size``.
    """
    asked = json.load(sys.stdin)
    json.dump(_answer(asked["path"], asked["kind"], asked["encoding"], asked["catalogue"]), sys.stdout)


def _answer(path: str, kind: str, encoding: str | None, catalogue: str | None) -> dict[str, Any]:
    try:
        labels = _catalogued(catalogue, encoding) if catalogue is not None else {}
    except Exception:  # noqa: BLE001 - as below
        return {"error": "catalogue"}
    try:
        columns, about = _read(path, kind, encoding)
    except UnicodeDecodeError:
        return {"error": "encoding"}
    except OverflowError:
        return {"error": "size"}
    except Exception:  # noqa: BLE001 - its own errors, and Python's about dates beyond the calendar; they quote values
        return {"error": "damaged"}
    for name, written in about.original_variable_types.items() if labels else ():
        if named := labels.get(_format_name(written)):
            about.variable_value_labels[name] = named
    answer = []
    for name, values in columns.items():
        numeric = about.readstat_variable_types.get(name) != "string"
        cells = [_text(value, numeric=numeric) for value in values]
        words, unlabelled = _described(name, cells, about)
        answer.append({"name": name or "", "cells": cells, "words": words, "unlabelled": unlabelled})
    return {"columns": answer}


def _read(path: str, kind: str, encoding: str | None) -> tuple[Mapping[str, Sequence[Any]], Any]:
    import pyreadstat

    readers: dict[str, Callable[..., tuple[Any, Any]]] = {
        ".sav": pyreadstat.read_sav,
        ".zsav": pyreadstat.read_sav,
        ".dta": pyreadstat.read_dta,
        ".sas7bdat": pyreadstat.read_sas7bdat,
        ".xpt": pyreadstat.read_xport,
    }
    options = {} if kind == ".xpt" else {"user_missing": True}
    _, about = readers[kind](path, encoding=encoding, metadataonly=True)
    if (about.number_rows or 0) * (about.number_columns or 0) > MOST_CELLS:
        raise OverflowError
    columns: Mapping[str, Sequence[Any]]
    columns, about = readers[kind](path, encoding=encoding, output_format="dict", **options)
    return columns, about


def _catalogued(path: str, encoding: str | None) -> dict[str, dict[Any, str]]:
    """The labels of values that a SAS catalogue holds, by the name of the format."""
    import pyreadstat

    _, about = pyreadstat.read_sas7bcat(path, encoding=encoding, output_format="dict")
    return {_format_name(name): labels for name, labels in about.value_labels.items()}


def _format_name(written: str | None) -> str:
    """A format without its width: ``SEXF8.`` is ``SEXF``, since no name of a format ends in a digit."""
    return (written or "").rstrip("0123456789.").upper()


def _text(value: Any, *, numeric: bool) -> str:
    if isinstance(value, float) and value != value:
        return ""
    if numeric and isinstance(value, str):
        return f".{value.lower()}"
    return cell_text(value)


def _described(column: str, cells: Sequence[str], about: Any) -> tuple[dict[str, Any], int]:
    """What the file says of a column, and how many recorded values have no label where others have one."""
    labels = {
        _text(value, numeric=about.readstat_variable_types.get(column) != "string"): str(label).strip()
        for value, label in (about.variable_value_labels.get(column) or {}).items()
    }
    found = set(cells) - {""}
    missing = {code: labels.get(code) or "no reason given" for code in _missing_codes(column, found, about)}
    levels = {code: label or code for code, label in labels.items() if code not in missing and code}
    unlabelled = len(found - set(levels) - set(missing)) if levels else 0
    words: dict[str, Any] = {}
    if label := (about.column_names_to_labels.get(column) or "").strip():
        words["label"] = label
    if levels and not unlabelled:
        words["levels"] = dict(sorted(levels.items(), key=lambda item: _order(item[0])))
    if missing:
        words["missing"] = dict(sorted(missing.items(), key=lambda item: _order(item[0])))
    return words, unlabelled


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


if __name__ == "__main__":
    main()
