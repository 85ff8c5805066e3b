"""The patients of the comparison: three groups, ten covariates, whole days, from one seed."""

from __future__ import annotations

from dataclasses import dataclass
from pathlib import Path

import numpy as np
from numpy.typing import NDArray

COVARIATES = 10
NAMES = ("time", "entry", "event", "cause", "group", *(f"x{j}" for j in range(1, COVARIATES + 1)))
_LONGEST = 7300


@dataclass(frozen=True, slots=True, eq=False)
class Cohort:
    """Columns of n patients: days of follow-up and of delayed entry, event 0 or 1, cause 0 to 2, group 0 to 2."""

    time: NDArray[np.float64]
    entry: NDArray[np.float64]
    event: NDArray[np.int64]
    cause: NDArray[np.int64]
    group: NDArray[np.int64]
    x: NDArray[np.float64]

    def head(self, n: int) -> Cohort:
        """The first n patients."""
        return Cohort(*(getattr(self, name)[:n].copy() for name in self.__slots__))


def write(path: Path, n: int, seed: int = 20260101) -> None:
    """Draw n patients and write their columns one after another as doubles, which R and NumPy both read at once."""
    stream = np.random.Generator(np.random.PCG64(seed))
    x = stream.standard_normal((n, COVARIATES))
    x[:, :2] = x[:, :2] > 0
    group = stream.integers(0, 3, n)
    risk = np.exp(0.5 * x @ np.linspace(-0.5, 0.5, COVARIATES) + 0.1 * group)
    failing, lost = stream.exponential(2500.0, n) / risk, stream.uniform(0.0, _LONGEST, n)
    time = np.ceil(np.minimum(failing, lost))
    event = failing <= lost
    cause = event * (1 + (stream.random(n) < 0.4))
    entry = np.floor(time * stream.uniform(0.0, 0.9, n))
    np.column_stack((time, entry, event, cause, group, x)).astype(np.float64).T.tofile(path)


def read(path: Path) -> Cohort:
    """The patients of a file that `write` made."""
    columns = np.fromfile(path).reshape(len(NAMES), -1)
    event, cause, group = columns[2:5].astype(np.int64)
    return Cohort(columns[0].copy(), columns[1].copy(), event, cause, group, np.ascontiguousarray(columns[5:].T))
