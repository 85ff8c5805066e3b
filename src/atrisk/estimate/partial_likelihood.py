"""The Cox partial likelihood, its score and its information, from sums over risk sets."""

from __future__ import annotations

from dataclasses import dataclass
from typing import Literal

import numpy as np
from numpy.typing import NDArray

from atrisk.summary.risk_sums import RiskSums

Floats = NDArray[np.float64]
Codes = NDArray[np.int64]
Ties = Literal["efron", "breslow", "exact"]


@dataclass(frozen=True, slots=True, eq=False)
class TimeTerms:
    """What each (stratum, time) cell with events contributes.

    `events` counts its events, `event_weight` sums their weights; `at_risk` is S0, the sum of the risks r of
    those at risk, `failing` D0, that of the events. With m the mean weight of the d events of a cell, f = l/d for
    l = 0..d-1 (0 under Breslow) and den = S0 - f D0: `c1` = m sum 1/den, `c1f` = m sum f/den, `c2`, `c2f`,
    `c2ff` = m sum of 1, f, f^2 over den^2, `log_den` = m sum log den. `s1` and `d1` (K, p) are the sums of r x
    at risk and failing, `event_x` (K, p) that of w x over the events. Every array has K rows, those of events 0
    in cells without.
    """

    events: Codes
    event_weight: Floats
    at_risk: Floats
    failing: Floats
    c1: Floats
    c1f: Floats
    c2: Floats
    c2f: Floats
    c2ff: Floats
    log_den: Floats
    s1: Floats
    d1: Floats
    event_x: Floats
    event_log_risk: float
    ties: Ties

    def steps(self) -> tuple[Codes, Floats, Floats, Floats]:
        """The cell of every event, its share l/d of the tie, its den and its m: each (events,)."""
        return _steps(self.events, self.at_risk, self.failing, self.event_weight, self.ties)

    def log_likelihood(self) -> float:
        """The log partial likelihood, up to the constant that R leaves out too."""
        return float(self.event_log_risk - self.log_den.sum())

    def score(self, multiplier: Floats | None = None) -> Floats:
        """Sum over cells of h (x of the events less their expectation), h = `multiplier` (K,) or 1: (p,)."""
        per_cell = self.event_x - self.expected()
        return np.asarray(per_cell.sum(axis=0) if multiplier is None else multiplier @ per_cell)

    def expected(self) -> Floats:
        """What the events' weighted covariates are expected to sum to in each cell: (K, p)."""
        return self.c1[:, None] * self.s1 - self.c1f[:, None] * self.d1

    def mean(self) -> Floats:
        """The mean covariates at risk in each cell, averaged over its tied events; 0 without events: (K, p)."""
        weight = np.where(self.events > 0, self.event_weight, 1.0)
        return np.asarray(self.expected() / weight[:, None])

    def between(self, multiplier: Floats | None = None) -> Floats:
        """The part of the information to be taken from `weighted_gram`, cells weighted by h: (p, p)."""
        h = np.ones_like(self.c1) if multiplier is None else multiplier
        mixed = self.s1.T @ (self.d1 * (h * self.c2f)[:, None])
        squares = self.s1.T @ (self.s1 * (h * self.c2)[:, None])
        return np.asarray(squares - mixed - mixed.T + self.d1.T @ (self.d1 * (h * self.c2ff)[:, None]))


def time_terms(sums: RiskSums, *, ties: Ties) -> TimeTerms:
    """The terms of every cell, under Efron's or Breslow's treatment of ties (Breslow's for exact ties).

    Source: Cox 1972; Breslow 1974; Efron 1977, eq. 2.6; case weights as in R's coxph: the weights of tied
    events enter through their mean (Therneau and Grambsch 2000, section 7.1).
    """
    spans = sums.spans
    at_risk = spans.at_risk(np.column_stack((sums.risk, sums.risk_x)))
    s0, s1 = at_risk[:, 0], at_risk[:, 1:]
    ending = spans.ending(np.column_stack((sums.events, sums.event_weight, sums.failing)))
    events = ending[:, 0].astype(np.int64)
    owner, share, den, mean_weight = _steps(events, s0, ending[:, 2], ending[:, 1], ties)

    def total(values: Floats) -> Floats:
        return np.bincount(owner, weights=mean_weight * values, minlength=s0.size).astype(np.float64, copy=False)

    with np.errstate(divide="ignore", invalid="ignore"):
        return TimeTerms(
            events=events,
            event_weight=ending[:, 1],
            at_risk=s0,
            failing=ending[:, 2],
            c1=total(1 / den),
            c1f=total(share / den),
            c2=total(1 / den**2),
            c2f=total(share / den**2),
            c2ff=total(share**2 / den**2),
            log_den=total(np.log(den)),
            s1=s1,
            d1=spans.ending(sums.failing_x),
            event_x=spans.ending(sums.event_x),
            event_log_risk=sums.event_log_risk,
            ties=ties,
        )


def _steps(
    events: Codes, at_risk: Floats, failing: Floats, event_weight: Floats, ties: Ties
) -> tuple[Codes, Floats, Floats, Floats]:
    cells = np.flatnonzero(events)
    d = events[cells]
    owner = np.repeat(cells, d)
    place = np.arange(owner.size) - np.repeat(np.cumsum(d) - d, d)
    share = place / np.repeat(d, d) if ties == "efron" else np.zeros(owner.size)
    den = at_risk[owner] - share * failing[owner]
    return owner, share, den, np.repeat(event_weight[cells] / d, d)
