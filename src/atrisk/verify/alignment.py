"""Brings an answer in full into the shape in which the reference recorded its own: thinned, shortened, listed."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from typing import Any, Final

import numpy as np

from atrisk.verify.comparison import as_numbers

# Of these vectors a case holds the first rows, beside a count or sums of all of them.
_FIRST_ROWS: Final = frozenset(
    {"first", "event_time", "data_row", "score_first", "fitted_first", "distance_first"}
    | {"subject_row", "start", "stop", "status", "weight"}
)
# R's summary of predicted curves keeps the first subject alone where there are strata.
_CHOSEN: Final[Mapping[str, tuple[str, ...]]] = {"predicted": ("stratum", "subject")}


def as_recorded(expected: Mapping[str, Any], got: Mapping[str, Any]) -> Mapping[str, Any]:
    """One block of an answer with the rows, intervals and subjects that the reference kept of its own.

    Rows are chosen by the numbers in the reference's `row`: a row that we do not have is NaN and fails. `n_rows_total`
    is counted here, and the last of `row` must be our last.
    """
    if "row" in expected and "time" in got:
        return _thinned(list(expected["row"]), got)
    if "interval_left" in expected and "interval_left" in got:
        return _on_intervals(expected, got)
    answer = dict(got)
    for name in expected:
        if name in _FIRST_ROWS and name in got and isinstance(expected[name], list):
            answer[name] = _shortened(got[name], len(expected[name]))
        elif name in _CHOSEN and _are_blocks(expected[name]) and _are_blocks(got.get(name)):
            answer[name] = _chosen(_CHOSEN[name], expected[name], got[name])
    return answer


def _thinned(row: Sequence[int], got: Mapping[str, Any]) -> Mapping[str, Any]:
    n = len(got["time"])
    there = np.array([1 <= number <= n for number in row], dtype=bool)
    place = np.where(there, np.asarray(row, dtype=np.int64) - 1, 0)

    def rows(value: Any) -> Any:
        if isinstance(value, Mapping):
            return {name: rows(part) for name, part in value.items()}
        numbers = as_numbers(value)
        if numbers is None or numbers.ndim != 1 or numbers.size != n:
            return value
        return np.where(there, numbers[place], np.nan) if n else np.full(len(row), np.nan)

    numbers = np.where(there, np.asarray(row, dtype=np.float64), np.nan)
    if numbers.size and n:
        # The first and the last row are never left out.
        numbers[0], numbers[-1] = 1, n
    return {**{name: rows(value) for name, value in got.items()}, "row": numbers, "n_rows_total": n}


def _on_intervals(expected: Mapping[str, Any], got: Mapping[str, Any]) -> Mapping[str, Any]:
    """Masses on the reference's intervals: its iteration leaves residues where ours has none.

    Where one of our intervals is not on its list, ours are left as they are and do not agree.
    """
    listed = _intervals(expected)
    own = _intervals(got)
    if not set(own) <= set(listed):
        return got
    mass, after, left = [], [], 1.0
    held = dict(zip(own, zip(got["mass"], got["surv_after"], strict=True), strict=True))
    for interval in listed:
        here, left = held.get(interval, (0.0, left))
        mass.append(here)
        after.append(left)
    ends = {"interval_left": [pair[0] for pair in listed], "interval_right": [pair[1] for pair in listed]}
    return {**got, **ends, "mass": mass, "surv_after": after}


def _intervals(block: Mapping[str, Any]) -> list[tuple[float, float]]:
    ends = [as_numbers(block[name]) for name in ("interval_left", "interval_right")]
    left, right = (np.empty(0) if end is None else end for end in ends)
    return list(zip(left.tolist(), right.tolist(), strict=True))


def _shortened(value: Any, n: int) -> Any:
    return value[:n] if isinstance(value, np.ndarray | list | tuple) else value


def _chosen(keys: tuple[str, ...], expected: Sequence[Mapping[str, Any]], got: Sequence[Mapping[str, Any]]) -> Any:
    wanted = {tuple(item.get(key) for key in keys) for item in expected}
    return [item for item in got if tuple(item.get(key) for key in keys) in wanted]


def _are_blocks(value: Any) -> bool:
    return isinstance(value, list | tuple) and bool(value) and all(isinstance(item, Mapping) for item in value)
