"""The patients of a Cox model laid out for its sums, and what one Newton step needs from them."""

from __future__ import annotations

from dataclasses import dataclass

import numpy as np
from numpy.typing import NDArray

from atrisk.estimate.cox_sample import CoxSample
from atrisk.estimate.exact_ties import exact_terms
from atrisk.estimate.partial_likelihood import Ties, TimeTerms, time_terms
from atrisk.summary.frozen_arrays import make_arrays_read_only
from atrisk.summary.risk_sums import RiskRows, RiskSums, weighted_gram
from atrisk.summary.spans import Spans

Floats = NDArray[np.float64]
Flags = NDArray[np.bool_]


@dataclass(frozen=True, slots=True, eq=False)
class CoxRows:
    """A sample made ready for the sums: weights above 0, columns less `center` (p,) and divided by `scale` (p,).

    `offset` (m,) is centred at `offset_center`; m <= n counts the rows with a weight above 0.
    """

    patients: RiskRows
    offset: Floats
    center: Floats
    scale: Floats
    offset_center: float

    def __post_init__(self) -> None:
        make_arrays_read_only(self)

    def log_risk(self, beta: Floats) -> Floats:
        """x'b + offset of every row at coefficients of the scaled columns: (m,)."""
        return np.asarray(self.patients.x @ beta + self.offset)


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

    def of(values: NDArray[np.generic] | None, default: float) -> NDArray[np.generic]:
        if values is None:
            return np.full(int(kept.sum()), default)
        return values if everyone else values[kept]

    x, center, scale = _standardised(sample.covariates if everyone else sample.covariates[kept])
    spans, span = Spans.of(
        np.asarray(of(sample.time, 0.0), dtype=np.float64),
        np.asarray(of(sample.stratum, 0), dtype=np.int64),
        None if sample.entry is None else np.asarray(of(sample.entry, 0.0), dtype=np.float64),
    )
    offset = np.asarray(of(sample.offset, 0.0), dtype=np.float64)
    # A common factor of all risks cancels; taking it out keeps the exponentials in range.
    middle = float(offset.mean()) if offset.size else 0.0
    return CoxRows(
        patients=RiskRows(
            spans,
            span,
            np.asarray(of(sample.event, 0), dtype=bool),
            x,
            np.asarray(of(sample.weight, 1.0), dtype=np.float64),
        ),
        offset=offset - middle,
        center=center,
        scale=scale,
        offset_center=middle,
    )


def summarise(rows: CoxRows, beta: Floats, *, ties: Ties) -> StepSums:
    """Log-likelihood, score and information at coefficients of the scaled columns."""
    with np.errstate(over="ignore", invalid="ignore"):
        log_risk = rows.log_risk(beta)
        sums = RiskSums.of(rows.patients, log_risk)
        terms = time_terms(sums, ties=ties)
        risk = rows.patients.weight * np.exp(log_risk)
        alone = None if ties != "exact" else (terms.events == 1).astype(np.float64)
        hazard = (terms.c1, terms.c1f) if alone is None else (terms.c1 * alone, terms.c1f * alone)
        information = weighted_gram(rows.patients, risk, hazard) - terms.between(alone)
        log_likelihood, score = terms.log_likelihood(), terms.score()
        if alone is not None:
            tied = exact_terms(rows.patients, log_risk)
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
    """The columns less their mean and divided by their standard deviation: one copy, worked on in place."""
    p = covariates.shape[1]
    if covariates.shape[0] == 0:
        return covariates, np.zeros(p), np.ones(p)
    center = covariates.mean(axis=0)
    constant = covariates.max(axis=0) == covariates.min(axis=0)
    x = covariates - center
    # What is left of a constant column after centring is rounding, not a covariate.
    x[:, constant] = 0.0
    scale = np.where(constant, 1.0, np.sqrt(np.einsum("ij,ij->j", x, x) / x.shape[0]))
    x /= scale
    return x, center, scale
