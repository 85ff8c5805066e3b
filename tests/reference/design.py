"""The design matrix of a reference case: treatment contrasts, reference first, products of main effects."""

from __future__ import annotations

import numpy as np

from tests.reference.loader import Case, Rows, same


def design(case: Case, rows: Rows) -> tuple[np.ndarray, list[str], list[str]]:
    """The columns (n, p), their names as in `coef_names`, and the term of each."""
    blocks: dict[str, list[tuple[str, np.ndarray]]] = {}
    for covariate in case.options["covariates"]:
        name = covariate["name"]
        if covariate["type"] == "numeric":
            blocks[name] = [(name, rows.number(name))]
            continue
        levels = [level for level in covariate["levels"] if not same(str(level), covariate["reference"])]
        blocks[name] = [
            (f"{name}[{level}]", np.array([same(cell, level) for cell in rows.columns[name]], dtype=float))
            for level in levels
        ]
    columns: list[np.ndarray] = []
    names: list[str] = []
    terms: list[str] = []
    for term in case.options["terms"]:
        block = blocks[term.split(":")[0]]
        for other in term.split(":")[1:]:
            # R lets the first factor's levels vary fastest.
            block = [(f"{a}:{b}", x * y) for b, y in blocks[other] for a, x in block]
        for name, column in block:
            columns.append(column)
            names.append(name)
            terms.append(term)
    return np.column_stack(columns), names, terms
