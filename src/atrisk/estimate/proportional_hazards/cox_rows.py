"""The patients of a Cox model laid out for its sums, and what one Newton step needs from them."""

from __future__ import annotations

from dataclasses import dataclass
from typing import Any

import numpy as np
from numpy.typing import NDArray

from atrisk.estimate.proportional_hazards.cox_sample import CoxSample
from atrisk.estimate.proportional_hazards.exact_ties import exact_terms
from atrisk.estimate.proportional_hazards.partial_likelihood import Ties, TimeTerms, time_terms
from atrisk.summary.read_only import make_arrays_read_only
from atrisk.summary.risk_sets import RiskSets
from atrisk.summary.risk_sums import RiskRows, RiskSums, weighted_gram

Floats = NDArray[np.float64]
Flags = NDArray[np.bool_]

# A column that varies less than this, relative to its mean, may be constant.
_ROUNDING = 1e-9
# Rows taken at a time, so that they stay in the processor's cache.
_BLOCK = 4096


@dataclass(frozen=True, slots=True, eq=False)
class CoxRows:
    """A sample made ready for the sums: weights above 0, columns less `center` (p,) and divided by `scale` (p,).

    `offset` (m,) is centred at `offset_center`, and `event_offset` is its weighted sum over the events; m <= n
    counts the rows with a weight above 0.
    """

    patients: RiskRows
    offset: Floats
    center: Floats
    scale: Floats
    offset_center: float
    event_offset: float

    def __post_init__(self) -> None:
        make_arrays_read_only(self)

    def log_risk(self, beta: Floats) -> Floats:
        """x'b + offset of every row at coefficients of the scaled columns: (m,)."""
        if not beta.any():
            return self.offset.copy()
        total = np.einsum("ij,j->i", self.patients.x, beta)
        total += self.offset
        return np.asarray(total)


@dataclass(frozen=True, slots=True, eq=False)
class StepSums:
    """What one Newton step needs at a coefficient vector, and the terms it was made from.

    With exact ties the `terms` are Breslow's: the exact likelihood has no hazard of its own.
    """

    beta: Floats
    terms: TimeTerms
    log_likelihood: float
    score: Floats
    information: Floats

    def __post_init__(self) -> None:
        make_arrays_read_only(self)


def start(sample: CoxSample) -> CoxRows:
    """Rows ready for the sums; centring and scaling leave the likelihood as it is and steady the arithmetic."""
    kept = sample.counted
    everyone = bool(np.all(kept))
    n = kept.size if everyone else int(kept.sum())

    def of(values: NDArray[Any] | None, default: float) -> NDArray[Any]:
        if values is None:
            return np.broadcast_to(np.asarray(default), (n,))
        return values if everyone else values[kept]

    sets = RiskSets.of(
        of(sample.time, 0.0),
        None if sample.stratum is None else of(sample.stratum, 0),
        None if sample.entry is None else of(sample.entry, 0.0),
    )
    x, center, scale = _standardised(sample.covariates if everyone else sample.covariates[kept])
    offset = of(sample.offset, 0.0)
    # A common factor of all risks cancels; taking it out keeps the exponentials in range.
    middle = float(offset.mean()) if sample.offset is not None and n else 0.0
    weight, event = of(sample.weight, 1.0), of(sample.event, 0)
    offset = offset - middle if middle else offset
    return CoxRows(
        patients=RiskRows(sets, event, x, weight),
        offset=offset,
        center=center,
        scale=scale,
        offset_center=middle,
        event_offset=float(weight[event] @ offset[event]) if sample.offset is not None else 0.0,
    )


def summarise(rows: CoxRows, beta: Floats, *, ties: Ties) -> StepSums:
    """Log-likelihood, score and information at coefficients of the scaled columns."""
    with np.errstate(over="ignore", invalid="ignore"):
        risk = rows.log_risk(beta)
        tied = exact_terms(rows.patients, risk) if ties == "exact" else None
        np.exp(risk, out=risk)
        risk *= rows.patients.weight
        event_log_risk = float(rows.patients.event_sums.event_x.sum(axis=0) @ beta) + rows.event_offset
        terms = time_terms(RiskSums.of(rows.patients, risk, event_log_risk), ties=ties)
        alone = None if tied is None else (terms.events == 1).astype(np.float64)
        hazard = (terms.c1, terms.c1f) if alone is None else (terms.c1 * alone, terms.c1f * alone)
        information = weighted_gram(rows.patients, risk, hazard) - terms.between(alone)
        log_likelihood, score = terms.log_likelihood(), terms.score()
        if tied is not None and alone is not None:
            left = 1.0 - alone
            log_likelihood += float(left @ terms.log_den) - tied.log_likelihood
            score = terms.score() + left @ terms.expected() - tied.expected
            information = information + tied.information
    return StepSums(beta, terms, float(log_likelihood), score, information)


def step(sums: StepSums, kept: Flags) -> Floats:
    """The Newton step for the kept columns; 0 for the others."""
    change = np.zeros_like(sums.beta)
    inside = np.ix_(kept, kept)
    try:
        change[kept] = np.linalg.solve(sums.information[inside], sums.score[kept])
    except np.linalg.LinAlgError:
        change[kept] = np.linalg.pinv(sums.information[inside], hermitian=True) @ sums.score[kept]
    return change


def _standardised(covariates: Floats) -> tuple[Floats, Floats, Floats]:
    """The columns less their mean and divided by their standard deviation: one copy, made some rows at a time."""
    n, p = covariates.shape
    if n == 0:
        return covariates, np.zeros(p), np.ones(p)
    parts = [slice(low, low + _BLOCK) for low in range(0, n, _BLOCK)]
    # Not `sum`, which takes rows of few columns one by one and needs twice the time.
    center = np.sum([np.einsum("ij->j", covariates[part]) for part in parts], axis=0) / n
    x, squares = np.empty((n, p)), np.zeros(p)
    for part in parts:
        np.subtract(covariates[part], center, out=x[part])
        squares += np.einsum("ij,ij->j", x[part], x[part])
    scale = np.sqrt(squares / n)
    # What is left of a constant column after centring is rounding, not a covariate.
    for j in np.flatnonzero(scale <= _ROUNDING * np.abs(center)):
        if covariates[:, j].min() == covariates[:, j].max():
            x[:, j], scale[j] = 0.0, 1.0
    x /= scale
    return x, center, scale
