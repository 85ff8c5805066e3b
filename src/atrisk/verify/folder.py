"""Reads a folder of reference cases: `cases/*.json` with the answers, `data/*.csv` with the data."""

from __future__ import annotations

import csv
import json
from collections.abc import Mapping
from dataclasses import replace
from pathlib import Path
from typing import Any, Final

import numpy as np

from atrisk.errors import DataError
from atrisk.verify.case import Case, Tolerance
from atrisk.verify.question import Question

Columns = Mapping[str, tuple[str, ...]]

_OF_THE_QUESTION: Final = ("time", "design_rows")


def read_cases(folder: Path) -> tuple[Case, ...]:
    """Every case of a folder, the files in the order of their names.

    Raises DataError for a folder without `cases/*.json`, a file that is not what it should be, a data set that
    is not there, and two cases of one id.
    """
    files = sorted((folder / "cases").glob("*.json")) if (folder / "cases").is_dir() else []
    if not files:
        raise DataError(f"{folder}: no reference cases here; expected files cases/*.json and data/*.csv.")
    tables: dict[str, tuple[Columns, frozenset[str]]] = {}
    cases: dict[str, Case] = {}
    for file in files:
        for place, raw in enumerate(_case_list(file), start=1):
            name = raw.get("dataset") if isinstance(raw, dict) else None
            if isinstance(name, str) and name not in tables:
                tables[name] = _table(folder, name)
            columns, numeric = tables.get(str(name), ({}, frozenset()))
            case = _with_rate_table(_case(raw, f"{file.name}, case {place}", columns, numeric), folder, tables)
            if case.id in cases:
                raise DataError(f"{file.name}, case {place}: the id '{case.id}' is used twice.")
            cases[case.id] = case
    return tuple(cases.values())


def _with_rate_table(case: Case, folder: Path, tables: dict[str, tuple[Columns, frozenset[str]]]) -> Case:
    name = case.question.options.get("rate_table")
    if not isinstance(name, str):
        return case
    if name not in tables:
        tables[name] = _table(folder, name)
    return replace(case, question=replace(case.question, rate_table=tables[name][0]))


def _case_list(file: Path) -> list[Any]:
    try:
        cases = json.loads(file.read_text(encoding="utf-8"))
    except (OSError, UnicodeDecodeError) as error:
        raise DataError(f"{file}: cannot be read ({type(error).__name__}).") from None
    except json.JSONDecodeError as error:
        raise DataError(f"{file}:{error.lineno}:{error.colno}: not JSON: {error.msg}.") from None
    if not isinstance(cases, list):
        raise DataError(f"{file}: expected a list of cases.")
    return cases


def _case(raw: Any, where: str, columns: Columns, numeric: frozenset[str]) -> Case:
    if not isinstance(raw, dict):
        raise DataError(f"{where}: expected an object with id, method, dataset, options, expected, tolerance_hint.")
    kinds = {"id": str, "method": str, "options": dict, "expected": dict, "tolerance_hint": dict}
    for key, kind in kinds.items():
        # R writes an empty named list as [].
        if not isinstance(raw.get(key), kind) and not (kind is dict and raw.get(key) == []):
            raise DataError(f"{where}: '{key}' is missing or of the wrong type.")
    hint = dict(raw["tolerance_hint"])
    try:
        tolerance = Tolerance(float(hint["rtol"]), float(hint["atol"]), str(hint.get("note", "")))
    except (KeyError, TypeError, ValueError):
        raise DataError(f"{where}: 'tolerance_hint' needs the numbers rtol and atol.") from None
    n = len(next(iter(columns.values()), ()))
    options, expected = _asked_and_answered(raw)
    question = Question(
        id=raw["id"],
        method=raw["method"],
        dataset=raw.get("dataset"),
        options=options,
        columns=columns,
        data_row=np.arange(1, n + 1),
        numeric=numeric,
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
