"""Reads the reference cases made with R (FORMAT.md) and lays their data out as the estimators want them."""

from __future__ import annotations

import csv
import functools
import itertools
import json
from dataclasses import dataclass
from pathlib import Path
from typing import Any

import numpy as np

HERE = Path(__file__).parent
FILES = ("km", "logrank", "cox", "competing", "parametric", "tables", "logistic_propensity", "relsurv")


@dataclass(frozen=True)
class Case:
    """One reference case: what was asked, on which data, and what R answered."""

    id: str
    method: str
    dataset: str | None
    options: dict[str, Any]
    expected: Any
    rtol: float
    atol: float

    def close(self, computed: Any, expected: Any, what: str, *, rtol: float | None = None) -> None:
        """Assert agreement to the case's tolerance; R's NA must meet a NaN."""
        np.testing.assert_allclose(
            np.asarray(computed, dtype=float),
            numbers(expected),
            rtol=self.rtol if rtol is None else rtol,
            atol=self.atol,
            equal_nan=True,
            err_msg=f"{self.id}: {what}",
        )


def numbers(value: Any) -> np.ndarray:
    """JSON numbers as floats: null is NaN, "Inf" and "-Inf" are infinite."""

    def one(item: Any) -> Any:
        if isinstance(item, list):
            return [one(part) for part in item]
        return float("nan") if item is None else float(item)

    return np.asarray(one(value), dtype=float)


@functools.cache
def _all_cases() -> tuple[Case, ...]:
    cases = []
    for name in FILES:
        for raw in json.loads((HERE / "cases" / f"{name}.json").read_text(encoding="utf-8")):
            hint = raw["tolerance_hint"]
            cases.append(
                Case(
                    id=raw["id"],
                    method=raw["method"],
                    dataset=raw["dataset"],
                    options=raw["options"],
                    expected=raw["expected"],
                    rtol=hint["rtol"],
                    atol=hint["atol"],
                )
            )
    return tuple(cases)


def cases_of(*methods: str) -> list[Case]:
    """All cases of some methods; refuses a name under which there is none."""
    found = [case for case in _all_cases() if case.method in methods]
    missing = set(methods) - {case.method for case in found}
    if missing:
        raise LookupError(f"no reference case of {sorted(missing)}")
    return found


@functools.cache
def dataset(name: str) -> dict[str, list[str]]:
    """A data set as columns of text; an empty text is a missing value."""
    with (HERE / "data" / f"{name}.csv").open(encoding="utf-8", newline="") as file:
        rows = list(csv.reader(file))
    return {column: [row[i] for row in rows[1:]] for i, column in enumerate(rows[0])}


def same(cell: str, value: Any) -> bool:
    """Whether a cell holds a value named in a case's options ("2", 2 and 2.0 are the same)."""
    try:
        return float(cell) == float(value)
    except ValueError:
        return cell == str(value)


@dataclass(frozen=True)
class Rows:
    """The complete rows of a case: text columns, and the arrays that every survival method needs."""

    columns: dict[str, np.ndarray]
    time: np.ndarray
    cause: np.ndarray
    entry: np.ndarray | None
    weight: np.ndarray | None
    group: np.ndarray
    group_levels: tuple[tuple[str, ...], ...]
    stratum: np.ndarray
    n_strata: int

    def number(self, column: str) -> np.ndarray:
        """A column of text as numbers."""
        return self.columns[column].astype(float)


def rows_of(case: Case) -> Rows:
    """The rows of a case without a missing value in any column that it uses, in R's order of the groups."""
    options = case.options
    table = dataset(str(case.dataset))
    used = [options["time"], options["event"]]
    used += [options[key] for key in ("entry", "weights", "cluster", "offset") if key in options]
    used += [*options.get("group", []), *options.get("strata", [])]
    covariates = options.get("covariates", [])
    used += [covariate["name"] for covariate in covariates]
    keep = [i for i in range(len(table[used[0]])) if all(table[name][i] != "" for name in used)]
    for covariate in covariates:
        if covariate["type"] == "factor":
            cells = table[covariate["name"]]
            keep = [i for i in keep if any(same(cells[i], level) for level in covariate["levels"])]
    columns = {name: np.array([table[name][i] for i in keep]) for name in dict.fromkeys(used)}
    group, levels = _crossed([columns[name] for name in options.get("group", [])], len(keep))
    stratum, strata = _crossed([columns[name] for name in options.get("strata", [])], len(keep))
    return Rows(
        columns=columns,
        time=columns[options["time"]].astype(float),
        cause=_causes(columns[options["event"]], options),
        entry=columns[options["entry"]].astype(float) if "entry" in options else None,
        weight=columns[options["weights"]].astype(float) if "weights" in options else None,
        group=group,
        group_levels=levels,
        stratum=stratum,
        n_strata=len(strata),
    )


def _causes(cells: np.ndarray, options: dict[str, Any]) -> np.ndarray:
    if "event_map" not in options:
        return np.array([int(same(cell, options["event_value"])) for cell in cells])
    order = list(options["event_map"])
    if "cause" in options:
        order = [key for key in order if options["event_map"][key] == options["cause"]]
        return np.array([int(any(same(cell, key) for key in order)) for cell in cells])
    return np.array([next(i for i, key in enumerate(order) if same(cell, key)) for cell in cells])


def _crossed(columns: list[np.ndarray], n: int) -> tuple[np.ndarray, tuple[tuple[str, ...], ...]]:
    """Codes of the combinations that occur, the first column varying slowest, levels sorted as R sorts them."""
    if not columns:
        return np.zeros(n, dtype=int), ((),)

    def rank(level: str) -> tuple[int, float, str]:
        try:
            return (0, float(level), "")
        except ValueError:
            return (1, 0.0, level)

    per_column = [sorted(set(column), key=rank) for column in columns]
    present = set(zip(*columns, strict=True))
    levels = tuple(combination for combination in itertools.product(*per_column) if combination in present)
    code = {level: i for i, level in enumerate(levels)}
    return np.array([code[row] for row in zip(*columns, strict=True)], dtype=int), levels
