"""Verification of the verification: an estimator that is wrong on purpose is reported, whatever the method."""

from __future__ import annotations

from collections.abc import Callable, Mapping
from typing import Any

import numpy as np
import pytest

from atrisk.verify.agreement import CaseAgreement
from atrisk.verify.case import Case
from atrisk.verify.methods import adapters
from atrisk.verify.verification import compare_answer
from tests.verify.agreeing import reference_cases

METHODS = tuple(sorted({case.method for case in reference_cases()} & set(adapters())))


def numbers_changed(value: Any, change: Callable[[np.ndarray], np.ndarray]) -> Any:
    """An answer, all its numbers changed; texts, yes and no, and what the estimators say are left."""
    if isinstance(value, Mapping):
        return {key: part if key == "notes" else numbers_changed(part, change) for key, part in value.items()}
    if isinstance(value, list | tuple) and value and isinstance(value[0], Mapping):
        return [numbers_changed(part, change) for part in value]
    if isinstance(value, bool | np.bool_ | str) or value is None:
        return value
    try:
        changed = change(np.asarray(value, dtype=np.float64))
        return changed if changed.ndim else changed.item()
    except (TypeError, ValueError):
        return value


def n_close(agreement: CaseAgreement) -> int:
    return sum(line.n_close for line in agreement.lines)


def row_dropped(values: np.ndarray) -> np.ndarray:
    return values[1:] if values.ndim else values


def wide(case: Case) -> float:
    """A relative error beyond what the case itself tolerates."""
    return max(1e-6, 10 * case.tolerance.rtol)


@pytest.mark.parametrize("method", METHODS)
def test_a_wrong_estimator_is_reported(method: str) -> None:
    for case in (one for one in reference_cases() if one.method == method):
        answer = dict(adapters()[method](case.question))
        right = compare_answer(case, answer)
        assert right.verdict in ("passed", "kept"), case.id
        # An error that a case tolerates by its own hint still lowers the count of numbers that agree to 1e-9.
        slightly = compare_answer(case, numbers_changed(answer, lambda values: values * (1 + 1e-6)))
        if n_close(right) == 0:
            continue  # R stopped with an error, and there is no number to be wrong
        assert n_close(slightly) < n_close(right), case.id
        factor = 1 + wide(case)
        for name, change in {
            "another size": lambda values, factor=factor: values * factor,
            "another sign": np.negative,
        }.items():
            assert compare_answer(case, numbers_changed(answer, change)).verdict == "failed", f"{case.id}: {name}"


@pytest.mark.parametrize("method", ["km.curve", "cif.aalen_johansen", "finegray.crr", "finegray.expand", "cox.predict"])
def test_a_row_dropped_or_a_time_shifted_is_reported(method: str) -> None:
    def shifted(value: Any) -> Any:
        if isinstance(value, Mapping):
            return {
                key: np.asarray(part, dtype=float) + 1.0 if key in ("time", "start") else shifted(part)
                for key, part in value.items()
            }
        return [shifted(part) for part in value] if isinstance(value, list) and value else value

    for case in (one for one in reference_cases() if one.method == method):
        answer = dict(adapters()[method](case.question))
        assert compare_answer(case, numbers_changed(answer, row_dropped)).verdict == "failed", case.id
        assert compare_answer(case, shifted(answer)).verdict == "failed", case.id
