"""Declared confounders as columns of a model: numbers, indicators of levels, splines; and whose values are complete."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from dataclasses import dataclass

import numpy as np
from numpy.typing import NDArray

from atrisk.derive.variable import Values
from atrisk.estimate.spline.restricted_cubic_spline import default_knots, restricted_cubic_spline
from atrisk.study.adjustment import Adjustment

Floats = NDArray[np.float64]
Flags = NDArray[np.bool_]


@dataclass(frozen=True, slots=True, eq=False)
class Covariate:
    """A confounder of all patients of a cohort, in the form in which it enters a model.

    A number enters as it is, or as a spline of ``knots``; one of which values are recorded only as limits in its
    declared bands, if it has any, else at the limit. ``at``: the places of the knots where they are fixed, so that
    imputed data sets share them; else those of the patients used. Levels enter as indicators against the first one that
    anybody has.
    """

    values: Values
    knots: int | None = None
    at: Floats | None = None

    @property
    def name(self) -> str:
        """The variable's name in the study file."""
        return self.values.name

    @property
    def in_bands(self) -> bool:
        """Whether declared bands stand for numbers that are partly known only as limits."""
        return self.values.kind == "number" and self.values.bands is not None and bool((self.values.limit != "").any())

    @property
    def as_number(self) -> bool:
        """Whether it enters as a number (or a spline of it)."""
        return self.values.kind == "number" and not self.in_bands

    @property
    def levels(self) -> tuple[str, ...]:
        """The levels, or bands, of a variable that enters by indicators."""
        return (self.values.bands or ()) if self.in_bands else self.values.levels

    @property
    def level(self) -> NDArray[np.int64]:
        """The position in ``levels`` of every patient; -1 where it is not known."""
        if self.in_bands and self.values.band is not None:
            return self.values.band
        return self.values.level

    @property
    def known(self) -> Flags:
        """Of which patients it is known."""
        return ~np.isnan(self.values.numbers) if self.as_number else self.level >= 0


@dataclass(frozen=True, slots=True)
class Term:
    """One column, or the columns of one spline, of a covariate: an indicator of ``level`` against ``reference``."""

    variable: str
    columns: tuple[int, ...]
    level: str = ""
    reference: str = ""


@dataclass(frozen=True, slots=True, eq=False)
class Design:
    """The columns of some covariates for some patients (n, p), and what each column is."""

    matrix: Floats
    terms: tuple[Term, ...]


def covariates(adjustment: Adjustment, values: Mapping[str, Values]) -> tuple[Covariate, ...]:
    """The declared confounders."""
    return tuple(Covariate(values[name], adjustment.splines.get(name)) for name in adjustment.confounders)


def _spline(covariate: Covariate, numbers: Floats) -> Floats:
    at = default_knots(numbers, covariate.knots or 4) if covariate.at is None else covariate.at
    return restricted_cubic_spline(numbers, at)


def complete(of: Sequence[Covariate]) -> Flags:
    """Of which patients every covariate is known."""
    known = [covariate.known for covariate in of]
    return np.logical_and.reduce(known) if known else np.ones(0, dtype=np.bool_)


def design(of: Sequence[Covariate], patients: Flags) -> Design:
    """The covariates of these patients, of whom all must be known, as columns.

    A level that none of them has gets no column. Knots of a spline are Harrell's quantiles among them.
    """
    columns: list[Floats] = []
    terms: list[Term] = []
    for covariate in of:
        if covariate.as_number:
            numbers = covariate.values.numbers[patients]
            block = numbers if covariate.knots is None else _spline(covariate, numbers)
            block = block if block.ndim == 2 else block[:, None]
            first = len(columns)
            columns += list(block.T)
            terms.append(Term(covariate.name, tuple(range(first, len(columns)))))
            continue
        level = covariate.level[patients]
        found = [position for position in range(len(covariate.levels)) if (level == position).any()]
        for position in found[1:]:
            terms.append(Term(covariate.name, (len(columns),), covariate.levels[position], covariate.levels[found[0]]))
            columns.append((level == position).astype(np.float64))
    n = int(patients.sum())
    matrix = np.column_stack(columns) if columns else np.empty((n, 0))
    return Design(matrix, tuple(terms))


@dataclass(frozen=True, slots=True, eq=False)
class BalanceColumns:
    """What balance is measured on (n, p): numbers as they are, levels one by one; ``names``: variable and level."""

    matrix: Floats
    names: tuple[tuple[str, str], ...]


def balance_columns(of: Sequence[Covariate], patients: Flags) -> BalanceColumns:
    """The covariates of these patients, of whom all must be known, one by one: no splines, and every level.

    Of two levels the second says it all; a level that none of the patients has is left out.
    """
    columns: list[Floats] = []
    names: list[tuple[str, str]] = []
    for covariate in of:
        if covariate.as_number:
            columns.append(covariate.values.numbers[patients])
            names.append((covariate.name, ""))
            continue
        level = covariate.level[patients]
        found = [position for position in range(len(covariate.levels)) if (level == position).any()]
        for position in found[1:] if len(found) == 2 else found:
            columns.append((level == position).astype(np.float64))
            names.append((covariate.name, covariate.levels[position]))
    matrix = np.column_stack(columns) if columns else np.empty((int(patients.sum()), 0))
    return BalanceColumns(matrix, tuple(names))
