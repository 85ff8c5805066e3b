"""Runs reference cases through the adapters, for the tests of every family of methods."""

from __future__ import annotations

import functools
from pathlib import Path
from typing import Any

import pytest

from atrisk.verify.case import Case
from atrisk.verify.folder import read_cases
from atrisk.verify.verification import verify_case

REFERENCE = Path(__file__).parents[1] / "reference"


@functools.cache
def reference_cases() -> tuple[Case, ...]:
    """Every reference case, read once a process."""
    return read_cases(REFERENCE)


def cases_of(*methods: str) -> list[Any]:
    """The cases of some methods as parameters of a test; refuses a method under which there is none."""
    found = [case for case in reference_cases() if case.method in methods]
    missing = set(methods) - {case.method for case in found}
    if missing:
        raise LookupError(f"no reference case of {sorted(missing)}")
    return [pytest.param(case, id=case.id) for case in found]


def assert_agrees(case: Case, *, not_to_1e9: int = 0) -> None:
    """Assert that nothing of a case fails, and that at most so many of its numbers are off by more than 1e-9."""
    agreement = verify_case(case)
    wrong = [line for line in agreement.lines if line.verdict in ("failed", "not implemented")]
    assert not wrong, wrong[0]
    off = [line for line in agreement.lines if line.verdict == "passed" and line.n_close < line.n_values]
    assert sum(line.n_values - line.n_close for line in off) <= not_to_1e9, off[0]
