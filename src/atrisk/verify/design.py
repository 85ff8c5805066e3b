"""The design matrix of a reference case: treatment contrasts, reference first, products of main effects."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from dataclasses import dataclass

import numpy as np
from numpy.typing import NDArray

from atrisk.errors import DataError
from atrisk.summary.read_only import make_arrays_read_only
from atrisk.verify.question import Question, level_text, same

Floats = NDArray[np.float64]


@dataclass(frozen=True, slots=True, eq=False)
class Design:
    """`matrix` (n, p); the name of each column as in `coef_names` (`age`, `sex[2]`, `age:sex[2]`); its term."""

    matrix: Floats
    names: tuple[str, ...]
    terms: tuple[str, ...]

    def __post_init__(self) -> None:
        make_arrays_read_only(self)


def design(question: Question, *, subjects: Mapping[str, Sequence[object]] | None = None) -> Design:
    """The design of a case's rows, or of `subjects` given as columns of values (a case's `new_subjects`).

    No intercept. Main effects come before products of two, these before products of three, as R's formulas order
    them, and in each order as listed; a term twice counts once. A product `a:b` holds the products of all columns
    of a and b, those of a varying fastest.
    """
    listed = dict.fromkeys(str(term) for term in question.options.get("terms", ()) if str(term) != "1")
    terms = sorted(listed, key=lambda term: term.count(":"))
    covariates = {covariate["name"]: covariate for covariate in question.options.get("covariates", ())}
    blocks = {name: _block(question, covariate, subjects) for name, covariate in covariates.items()}
    n = question.n if subjects is None else len(next(iter(subjects.values())))
    columns: list[Floats] = []
    names: list[str] = []
    owners: list[str] = []
    for term in terms:
        parts = term.split(":")
        unknown = [part for part in parts if part not in blocks]
        if unknown:
            raise DataError(f"case {question.id}: the term '{term}' names no covariate.")
        block = blocks[parts[0]]
        for other in parts[1:]:
            block = [(f"{a}:{b}", x * y) for b, y in blocks[other] for a, x in block]
        for name, column in block:
            columns.append(column)
            names.append(name)
            owners.append(term)
    matrix = np.column_stack(columns) if columns else np.empty((n, 0))
    return Design(matrix=matrix, names=tuple(names), terms=tuple(owners))


def _block(
    question: Question, covariate: Mapping[str, object], subjects: Mapping[str, Sequence[object]] | None
) -> list[tuple[str, Floats]]:
    name = str(covariate["name"])
    if covariate["type"] == "numeric":
        if subjects is None:
            return [(name, question.numbers(name))]
        return [(name, np.array([float(str(value)) for value in subjects[name]]))]
    levels, reference = covariate["levels"], covariate["reference"]
    if not isinstance(levels, list):
        raise DataError(f"case {question.id}: the factor '{name}' needs a list of levels.")
    cells = question.text(name) if subjects is None else [_cell(value) for value in subjects[name]]
    return [
        (f"{name}[{level}]", np.array([same(cell, level) for cell in cells], dtype=np.float64))
        for level in levels
        if not same(str(level), reference)
    ]


def _cell(value: object) -> str:
    return level_text(float(value)) if isinstance(value, int | float) else str(value)
