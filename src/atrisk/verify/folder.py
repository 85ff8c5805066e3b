"""Reads a folder of reference cases: `cases/*.json` with the answers, `data/*.csv` with the data."""

from __future__ import annotations

import csv
import json
import math
from collections.abc import Mapping
from dataclasses import dataclass
from pathlib import Path
from typing import Any, Final

import numpy as np

from atrisk.errors import DataError
from atrisk.verify.case import Case, Tolerance, UnusableCase
from atrisk.verify.option import Options, check_kinds
from atrisk.verify.question import Question

Columns = Mapping[str, tuple[str, ...]]

_OF_THE_QUESTION: Final = ("time", "design_rows")


def read_cases(folder: Path) -> tuple[Case, ...]:
    """Every case of a folder, all of which must be usable.

    Raises DataError with the reason of the first that is not; see `read_folder`.
    """
    cases = []
    for case in read_folder(folder):
        if isinstance(case, UnusableCase):
            raise DataError(case.reason)
        cases.append(case)
    return tuple(cases)


def read_folder(folder: Path) -> tuple[Case | UnusableCase, ...]:
    """Every case of a folder, the files in the order of their names, those that cannot be asked with the reason.

    Raises DataError for a folder without `cases/*.json`, or without a case in them.
    """
    files = sorted((folder / "cases").glob("*.json")) if (folder / "cases").is_dir() else []
    if not files:
        raise DataError(f"{folder}: no reference cases here; expected files cases/*.json and data/*.csv.")
    tables = _Tables(folder, {})
    found: list[Case | UnusableCase] = []
    ids: set[str] = set()
    for file in files:
        try:
            listed = _case_list(file)
        except DataError as error:
            found.append(UnusableCase(file.name, "", file.name, str(error)))
            continue
        for number, raw in enumerate(listed, start=1):
            place = f"{file.name}, case {number}"
            try:
                case = _case(raw, place, tables)
                if case.id in ids:
                    raise DataError(f"{place}: the id '{case.id}' is used twice.")
                ids.add(case.id)
                found.append(case)
            except DataError as error:
                found.append(UnusableCase(_text(raw, "id") or place, _text(raw, "method"), place, str(error)))
    if not found:
        raise DataError(f"{folder}: the files of cases hold no case.")
    return tuple(found)


@dataclass(frozen=True, slots=True)
class _Tables:
    """The data sets of a folder, each read once."""

    folder: Path
    known: dict[str, tuple[Columns, frozenset[str]]]

    def table(self, name: str | None) -> tuple[Columns, frozenset[str]]:
        """The columns of a data set and the names of those that are numbers; nothing where a case has no data set."""
        if name is None:
            return {}, frozenset()
        if name not in self.known:
            self.known[name] = _table(self.folder, name)
        return self.known[name]


def _text(raw: Any, key: str) -> str:
    """A text of an entry that may be anything; "" where there is none."""
    value = raw.get(key) if isinstance(raw, dict) else None
    return value if isinstance(value, str) else ""


def _case_list(file: Path) -> list[Any]:
    try:
        cases = json.loads(file.read_text(encoding="utf-8"))
    except (OSError, UnicodeDecodeError) as error:
        raise DataError(f"{file}: cannot be read ({type(error).__name__}).") from None
    except RecursionError:
        raise DataError(f"{file}: not JSON that can be read: it is nested too deeply.") from None
    except json.JSONDecodeError as error:
        raise DataError(f"{file}:{error.lineno}:{error.colno}: not JSON: {error.msg}.") from None
    if not isinstance(cases, list):
        raise DataError(f"{file}: expected a list of cases.")
    return cases


def _case(raw: Any, where: str, tables: _Tables) -> Case:
    if not isinstance(raw, dict):
        raise DataError(f"{where}: expected an object with id, method, dataset, options, expected, tolerance_hint.")
    kinds = {"id": str, "method": str, "options": dict, "expected": dict, "tolerance_hint": dict}
    for key, kind in kinds.items():
        # R writes an empty named list as [].
        if not isinstance(raw.get(key), kind) and not (kind is dict and raw.get(key) == []):
            raise DataError(f"{where}: '{key}' is missing or of the wrong type.")
    if not isinstance(raw.get("dataset"), str | None):
        raise DataError(f"{where}: 'dataset' must be the name of a file in data/, or null.")
    hint = dict(raw["tolerance_hint"])
    try:
        tolerance = Tolerance(float(hint["rtol"]), float(hint["atol"]), str(hint.get("note", "")))
    except (KeyError, TypeError, ValueError, OverflowError):
        raise DataError(f"{where}: 'tolerance_hint' needs the numbers rtol and atol.") from None
    if not all(math.isfinite(size) and size >= 0 for size in (tolerance.rtol, tolerance.atol)):
        raise DataError(f"{where}: rtol and atol must be finite and not negative.")
    options, expected = _asked_and_answered(raw)
    check_kinds(options, where)
    columns, numeric = tables.table(raw.get("dataset"))
    question = Question(
        id=raw["id"],
        method=raw["method"],
        dataset=raw.get("dataset"),
        options=Options(options, where=where),
        columns=columns,
        data_row=np.arange(1, len(next(iter(columns.values()), ())) + 1),
        numeric=numeric,
        rate_table=tables.table(options.get("rate_table"))[0],
    )
    return Case(question, expected, tolerance, where, str(raw.get("r_call", "")), str(raw.get("note", "")))


def _asked_and_answered(raw: Mapping[str, Any]) -> tuple[dict[str, Any], dict[str, Any]]:
    """A case's options and answer; the format keeps the subjects of crr's predictions, a question, with the answer."""
    options, expected = dict(raw["options"]), dict(raw["expected"])
    predicted = expected.get("predicted")
    if raw["method"] == "finegray.crr" and isinstance(predicted, dict):
        options["predicted_at"] = {key: predicted.get(key) for key in _OF_THE_QUESTION}
        expected["predicted"] = {key: value for key, value in predicted.items() if key not in _OF_THE_QUESTION}
    return options, expected


def _table(folder: Path, name: str) -> tuple[Columns, frozenset[str]]:
    if not name or Path(name).name != name:
        raise DataError(f"{folder}: a data set must be named by the plain name of its file in data/.")
    file = folder / "data" / f"{name}.csv"
    try:
        with file.open(encoding="utf-8-sig", newline="") as stream:
            rows = [row for row in csv.reader(stream) if row]
    except FileNotFoundError:
        raise DataError(f"{file}: there is no such data set.") from None
    except (OSError, UnicodeDecodeError, csv.Error) as error:
        raise DataError(f"{file}: the data set cannot be read ({type(error).__name__}).") from None
    if not rows:
        raise DataError(f"{file}: the data set is empty; expected a header.")
    header = rows[0]
    for line, row in enumerate(rows, start=1):
        if len(row) != len(header):
            raise DataError(f"{file}: row {line} has {len(row)} fields, the header {len(header)}.")
    columns = {column: tuple(row[i] for row in rows[1:]) for i, column in enumerate(header)}
    if len(columns) != len(header):
        raise DataError(f"{file}: two columns have the same name.")
    return columns, frozenset(column for column, cells in columns.items() if _all_numbers(cells))


def _all_numbers(cells: tuple[str, ...]) -> bool:
    try:
        return all(np.isfinite(float(cell)) for cell in cells if cell)
    except ValueError:
        return False
