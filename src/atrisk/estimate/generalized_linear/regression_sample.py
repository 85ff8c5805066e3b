"""The patients of a regression on an outcome without follow-up, made ready for the sums of its steps."""

from __future__ import annotations

from dataclasses import dataclass
from typing import Any

import numpy as np
from numpy.typing import NDArray

from atrisk.errors import EstimationError
from atrisk.summary.read_only import make_arrays_read_only

Floats = NDArray[np.float64]
Codes = NDArray[np.int64]
Flags = NDArray[np.bool_]

# Shares of a column's own sum of squares: below the first, the Gram matrix has lost half of the digits and the
# columns are made orthogonal one by one; what is then left below the second share of the length is rounding,
# and the column has no coefficient (the rule and the value of R's glm).
_ILL_CONDITIONED = 1e-8
_REDUNDANT = 1e-11


@dataclass(frozen=True, slots=True, eq=False)
class RegressionSample:
    """The patients of a logistic, Poisson or proportional odds regression.

    `outcome` (n,): numbers; which ones a model takes is its own affair. `covariates` (n, p): finite, without an
    intercept, which every model adds; p may be 0. `weight` (n,): case weights, not negative; a row of weight 0
    counts nowhere. `offset` (n,): a known part of the linear predictor. `cluster` (n,): codes of what the rows
    belong to, for a robust variance.
    Raises EstimationError for values outside these domains: texts, dates, missing values, unequal lengths.
    """

    outcome: Floats
    covariates: Floats
    weight: Floats | None = None
    offset: Floats | None = None
    cluster: Codes | None = None

    def __post_init__(self) -> None:
        outcome = finite_numbers("the outcome", self.outcome)
        if outcome.ndim != 1:
            raise EstimationError("the outcome must be one number for each patient.")
        x = finite_numbers("covariates", self.covariates)
        if x.ndim != 2 or x.shape[0] != outcome.size:
            raise EstimationError("covariates must have one row for each patient and one column for each covariate.")
        given: dict[str, Any] = {"outcome": outcome, "covariates": x}
        for name in ("weight", "offset"):
            if getattr(self, name) is not None:
                given[name] = finite_numbers(f"the {name}", getattr(self, name))
                if given[name].shape != outcome.shape:
                    raise EstimationError(f"the {name} must be one number for each patient.")
        if "weight" in given and np.any(given["weight"] < 0):
            raise EstimationError("weights must not be negative.")
        if self.cluster is not None:
            cluster = np.asarray(self.cluster)
            if cluster.shape != outcome.shape or cluster.dtype.kind not in "bui":
                raise EstimationError("clusters must be whole-number codes, one for each patient.")
            given["cluster"] = cluster.astype(np.int64)
        for name, value in given.items():
            object.__setattr__(self, name, value)
        make_arrays_read_only(self)

    @property
    def counted(self) -> Flags:
        """Which rows carry a weight above 0: (n,)."""
        return np.ones(self.outcome.size, dtype=bool) if self.weight is None else np.asarray(self.weight > 0)


@dataclass(frozen=True, slots=True, eq=False)
class RegressionRows:
    """A sample made ready: the rows that count, with a basis of well-conditioned columns.

    `columns` (m, q): an intercept and the basis; `kept` (1 + p,): which coefficients (intercept first) the q
    columns stand for; `back` (q, q): coefficients of the kept covariates = back @ coefficients of the basis.
    """

    outcome: Floats
    columns: Floats
    weight: Floats
    offset: Floats
    kept: Flags
    back: Floats

    @classmethod
    def of(cls, sample: RegressionSample) -> RegressionRows:
        """Centre, scale and, where columns are nearly collinear, orthogonalise; the fit stays what it is.

        Raises EstimationError for a sample in which nobody counts.
        """
        counted = sample.counted
        n = int(counted.sum())
        if n == 0:
            raise EstimationError("a regression needs at least one patient with a weight above 0.")
        x = sample.covariates if n == counted.size else sample.covariates[counted]
        kept, basis, back = _basis(x)
        columns = np.empty((n, 1 + basis.shape[1]), order="F")
        columns[:, 0] = 1.0
        columns[:, 1:] = basis
        return cls(
            outcome=sample.outcome[counted],
            columns=columns,
            weight=np.ones(n) if sample.weight is None else sample.weight[counted],
            offset=np.zeros(n) if sample.offset is None else sample.offset[counted],
            kept=np.concatenate(([True], kept)),
            back=back,
        )

    def coefficients(self, beta: Floats) -> Floats:
        """Coefficients (1 + p,) of intercept and covariates, NaN for a redundant column."""
        full = np.full(self.kept.size, np.nan)
        full[self.kept] = self.back @ beta
        return full

    def matrix(self, of_basis: Floats) -> Floats:
        """A covariance (1 + p, 1 + p) of intercept and covariates from that of the basis; NaN where redundant."""
        full = np.full((self.kept.size, self.kept.size), np.nan)
        full[np.ix_(self.kept, self.kept)] = self.back @ of_basis @ self.back.T
        return full


def finite_numbers(name: str, values: Any) -> Floats:
    """An array of finite numbers; EstimationError for texts, dates and missing values."""
    given = np.asarray(values)
    if given.dtype.kind in "Mm":
        raise EstimationError(f"{name} must be numbers, not dates: take differences in days first.")
    try:
        numbers = np.asarray(given, dtype=np.float64)
    except (TypeError, ValueError):
        raise EstimationError(f"{name} must be numbers; code texts and levels as columns of 0 and 1.") from None
    if not np.all(np.isfinite(numbers)):
        raise EstimationError(f"{name} must be finite: leave rows with a missing value out, or fill them in.")
    return numbers


def _basis(x: Floats) -> tuple[Flags, Floats, Floats]:
    """Which columns are kept, a basis of them beside the intercept (m, q - 1), and `back` (q, q)."""
    m = x.shape[0]
    centre = x.mean(axis=0)
    z = np.subtract(x, centre, order="F")
    # What is left of a constant column after centring is rounding, not a covariate.
    varies = np.ptp(z, axis=0) > 0
    scale = np.sqrt(np.einsum("ij,ij->j", z, z) / m)
    # A spread below the smallest number counts as none.
    varies &= scale > 0
    scale[~varies] = 1.0
    z[:, ~varies] = 0.0
    z /= scale
    shares = _own_shares(z.T @ z / m, varies)
    if np.all(shares[varies] > _ILL_CONDITIONED):
        kept, basis, triangle = varies, z[:, varies] if not np.all(varies) else z, np.eye(int(varies.sum()))
    else:
        length = np.sqrt(np.mean(x**2, axis=0)) / scale
        kept, basis, triangle = _orthogonal(z, _REDUNDANT * length, varies)
    slopes = np.linalg.inv(triangle) / scale[kept][:, None]
    back = np.eye(1 + int(kept.sum()))
    back[1:, 1:] = slopes
    back[0, 1:] = -centre[kept] @ slopes
    return kept, basis, back


def _own_shares(gram: Floats, varies: Flags) -> Floats:
    """The share of each column's squares that the columns before it do not explain."""
    reduced, shares = gram.copy(), np.zeros(len(gram))
    for j in np.flatnonzero(varies):
        shares[j] = reduced[j, j]
        if shares[j] > _ILL_CONDITIONED:
            reduced = reduced - np.outer(reduced[:, j], reduced[j]) / reduced[j, j]
    return shares


def _orthogonal(z: Floats, least: Floats, varies: Flags) -> tuple[Flags, Floats, Floats]:
    """Gram and Schmidt, each projection done twice: kept columns, basis, and R in kept columns = basis @ R."""
    m, p = z.shape
    kept, basis, triangle = np.zeros(p, dtype=bool), np.empty((m, p)), np.zeros((p, p))
    q = 0
    for j in np.flatnonzero(varies):
        rest, shares = z[:, j].copy(), np.zeros(q)
        for _ in range(2):
            again = basis[:, :q].T @ rest / m
            rest -= basis[:, :q] @ again
            rest -= rest.mean()
            shares += again
        length = float(np.sqrt(np.mean(rest**2)))
        if length > least[j]:
            kept[j] = True
            triangle[:q, q], triangle[q, q] = shares, length
            basis[:, q] = rest / length
            q += 1
    return kept, basis[:, :q], triangle[:q, :q]
