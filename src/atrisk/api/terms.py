"""The covariates of a model: numbers as they are, factors against a reference, splines, products."""

from __future__ import annotations

import re
from collections.abc import Mapping, Sequence
from dataclasses import dataclass, field

import numpy as np
from numpy.typing import NDArray

from atrisk.api.complete_rows import CompleteRows, complete_rows
from atrisk.api.level import Level, level_text
from atrisk.errors import EstimationError
from atrisk.summary.read_only import make_arrays_read_only

Floats = NDArray[np.float64]
Codes = NDArray[np.int64]
Block = list[tuple[str, Floats]]


@dataclass(frozen=True, slots=True)
class Factor:
    """A categorical covariate: one column of 0 and 1 for each level but the reference (treatment contrasts).

    `levels`: in the order of the coefficients; None takes those of the data. By R's rule a value outside declared
    levels counts as missing. Raises EstimationError for a reference that is none of the levels.
    """

    name: str
    reference: Level
    levels: tuple[Level, ...] | None = None

    def __post_init__(self) -> None:
        if self.levels is not None and level_text(self.reference) not in map(level_text, self.levels):
            raise EstimationError(f"the reference of '{self.name}' is none of its levels.")


@dataclass(frozen=True, slots=True)
class Spline:
    """A numeric covariate as a restricted cubic spline: `n_knots` knots at Harrell's quantiles, or `knots`."""

    name: str
    n_knots: int = 4
    knots: tuple[float, ...] | None = None


Term = str | Factor | Spline


@dataclass(frozen=True, slots=True, eq=False)
class Design:
    """The covariates of a model: `matrix` (n, p) without an intercept, a name for each column, the term it is of."""

    matrix: Floats
    names: tuple[str, ...]
    terms: tuple[str, ...]
    blocks: tuple[Term, ...] = field(default=())
    order: tuple[str, ...] = field(default=())

    def __post_init__(self) -> None:
        make_arrays_read_only(self)

    @property
    def term_names(self) -> tuple[str, ...]:
        """The terms in order, each once."""
        return tuple(dict.fromkeys(self.terms))

    @property
    def term_of_column(self) -> Codes:
        """The number of the term that each column belongs to: (p,)."""
        return np.array([self.term_names.index(term) for term in self.terms], dtype=np.int64)

    def named(self, text: str) -> str:
        """A message that counts columns from 1, with their names in place of the numbers."""

        def names(found: re.Match[str]) -> str:
            return ", ".join(self.names[int(number) - 1] for number in found[1].split(", "))

        # The regressions of an outcome say "covariate 2", those of follow-up "columns 2, 3".
        return re.sub(r"\b(?:columns?|covariate) ((?:\d+, )*\d+)", names, text)

    def of_new(self, data: object) -> Floats:
        """The design of other patients' rows, coded as this one; refuses rows with a missing value."""
        factors = {block.name: block.levels for block in self.blocks if isinstance(block, Factor) and block.levels}
        rows = complete_rows(data, {"covariates": columns_of(self.blocks)})
        if rows.account.n_left_out:
            lacking = ", ".join(f"'{name}'" for name, _ in rows.account.missing)
            raise EstimationError(f"new patients need every covariate; values are missing in column {lacking}.")
        for name, levels in factors.items():
            known = rows.columns[name].any_of(rows.at, levels)
            rows.refuse_where(~known, name, "a level that the model does not know.")
        return _assembled(rows, self.blocks, self.order).matrix


def columns_of(terms: Sequence[Term]) -> tuple[str, ...]:
    """The columns that some terms read; products read those of their parts, which stand in the list themselves."""
    return tuple(dict.fromkeys(_name(term) for term in terms if not _is_product(term)))


def declared_levels(terms: Sequence[Term]) -> Mapping[str, Sequence[Level]]:
    """The levels that factors declare."""
    return {term.name: term.levels for term in terms if isinstance(term, Factor) and term.levels is not None}


def design(rows: CompleteRows, terms: Sequence[Term]) -> Design:
    """The design of some complete rows.

    A name is a number or a truth value; texts need a `Factor` with its reference. `"a:b"` is the product of all
    columns of a and b, which must stand in the list themselves. Coefficients are named `age`, `sex[2]`,
    `age:sex[2]`, `age[spline 1]`. Raises EstimationError for anything else, naming the column.
    """
    if not terms:
        raise EstimationError("covariates: name at least one column.")
    blocks = tuple(_settled(rows, term) for term in terms if not _is_product(term))
    names = [_name(term) for term in blocks]
    twice = next((name for name in names if names.count(name) > 1), None)
    if twice is not None:
        raise EstimationError(f"covariates: '{twice}' stands in the list twice.")
    order = tuple(_name(term) for term in terms)
    return _assembled(rows, blocks, order)


def _assembled(rows: CompleteRows, blocks: tuple[Term, ...], order: tuple[str, ...]) -> Design:
    of_name = {_name(block): _columns(rows, block) for block in blocks}
    columns: list[Floats] = []
    names: list[str] = []
    owners: list[str] = []
    for term in order:
        for name, column in of_name[term] if term in of_name else _product(of_name, term):
            columns.append(column)
            names.append(name)
            owners.append(term)
    if not columns:
        raise EstimationError("covariates: every factor has one level only, so that there is nothing to estimate.")
    return Design(np.column_stack(columns), tuple(names), tuple(owners), blocks, order)


def _product(of_name: Mapping[str, Block], term: str) -> Block:
    parts = [part.strip() for part in term.split(":")]
    for part in parts:
        if part not in of_name:
            raise EstimationError(f"covariates: the product '{term}' needs '{part}' in the list as well.")
    block = of_name[parts[0]]
    for other in parts[1:]:
        block = [(f"{a}:{b}", x * y) for b, y in of_name[other] for a, x in block]
    return block


def _settled(rows: CompleteRows, term: Term) -> Term:
    """A term with what is taken from the data written into it: levels of a factor, knots of a spline."""
    if isinstance(term, Factor):
        rows.columns[term.name].any_of(rows.at[:0], ())
        levels = term.levels if term.levels is not None else rows.columns[term.name].coded(rows.at)[1]
        if level_text(term.reference) not in map(level_text, levels):
            raise EstimationError(f"covariates: the reference of '{term.name}' is no level of the column.")
        return Factor(term.name, term.reference, tuple(levels))
    if isinstance(term, Spline):
        from atrisk.estimate.spline.restricted_cubic_spline import default_knots

        values = rows.numbers(term.name, "a covariate with a spline")
        knots = default_knots(values, term.n_knots) if term.knots is None else np.asarray(term.knots, dtype=np.float64)
        return Spline(term.name, knots.size, tuple(float(knot) for knot in knots))
    column = rows.columns[term]
    if column.kind == "text":
        column.refuse(
            int(rows.at[0]),
            f"a covariate of texts needs its reference: atrisk.Factor('{term}', reference=...) in place of '{term}'.",
        )
    return term


def _columns(rows: CompleteRows, term: Term) -> Block:
    name = _name(term)
    if isinstance(term, Factor):
        return [
            (f"{name}[{level_text(level)}]", rows.equals(name, level).astype(np.float64))
            for level in term.levels or ()
            if level_text(level) != level_text(term.reference)
        ]
    values = rows.numbers(name, "a covariate")
    if isinstance(term, Spline):
        from atrisk.estimate.spline.restricted_cubic_spline import restricted_cubic_spline

        basis = restricted_cubic_spline(values, term.knots or ())
        return [(f"{name}[spline {j + 1}]", basis[:, j]) for j in range(basis.shape[1])]
    return [(name, values)]


def _is_product(term: Term) -> bool:
    return isinstance(term, str) and ":" in term


def _name(term: Term) -> str:
    return term if isinstance(term, str) else term.name
