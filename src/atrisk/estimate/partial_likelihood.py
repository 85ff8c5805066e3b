"""The Cox partial likelihood, its score and its information, from sums over risk sets."""

from __future__ import annotations

from dataclasses import dataclass
from typing import Literal

import numpy as np
from numpy.typing import NDArray

from atrisk.summary.risk_sums import RiskSums

Floats = NDArray[np.float64]
Ties = Literal["efron", "breslow"]


@dataclass(frozen=True, slots=True, eq=False)
class TimeTerms:
    """What each (stratum, time) cell with events contributes.

    With m the mean weight of the d events of a cell, f = l/d for l = 0..d-1 (0 under Breslow) and
    den = S0 - f D0: `c1` = m sum 1/den, `c1f` = m sum f/den, `c2`, `c2f`, `c2ff` = m sum of 1, f, f^2 over
    den^2, `log_den` = m sum log den. `s1` and `d1` (K, p) are the sums of r x at risk and failing, `event_x`
    (K, p) that of w x over the events. Every array has K rows, 0 in cells without events.
    """

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

    def log_likelihood(self) -> float:
        """The log partial likelihood, up to the constant that R leaves out too."""
        return float(self.event_log_risk - self.log_den.sum())

    def score(self, multiplier: Floats | None = None) -> Floats:
        """Sum over cells of h (x of the events less their expectation), h = `multiplier` (K,) or 1: (p,)."""
        per_cell = self.event_x - self.c1[:, None] * self.s1 + self.c1f[:, None] * self.d1
        return np.asarray(per_cell.sum(axis=0) if multiplier is None else multiplier @ per_cell)

    def between(self, multiplier: Floats | None = None) -> Floats:
        """The part of the information to be taken from `weighted_gram`, cells weighted by h: (p, p)."""
        h = np.ones_like(self.c1) if multiplier is None else multiplier
        mixed = self.s1.T @ (self.d1 * (h * self.c2f)[:, None])
        squares = self.s1.T @ (self.s1 * (h * self.c2)[:, None])
        return np.asarray(squares - mixed - mixed.T + self.d1.T @ (self.d1 * (h * self.c2ff)[:, None]))


def time_terms(sums: RiskSums, *, ties: Ties) -> TimeTerms:
    """The terms of every cell, under Efron's or Breslow's treatment of ties.

    Source: Cox 1972; Breslow 1974; Efron 1977, eq. 2.6; case weights as in R's coxph: the weights of tied
    events enter through their mean (Therneau and Grambsch 2000, section 7.1).
    """
    spans = sums.spans
    at_risk = spans.at_risk(np.column_stack((sums.risk, sums.risk_x)))
    s0, s1 = at_risk[:, 0], at_risk[:, 1:]
    ending = spans.ending(np.column_stack((sums.events, sums.event_weight, sums.failing)))
    cells = np.flatnonzero(ending[:, 0])
    d = ending[cells, 0].astype(np.int64)
    owner = np.repeat(cells, d)
    place = np.arange(owner.size) - np.repeat(np.cumsum(d) - d, d)
    share = place / np.repeat(d, d) if ties == "efron" else np.zeros(owner.size)
    den = s0[owner] - share * ending[owner, 2]
    mean_weight = np.repeat(ending[cells, 1] / d, d)

    def total(values: Floats) -> Floats:
        return np.bincount(owner, weights=mean_weight * values, minlength=s0.size).astype(np.float64, copy=False)

    with np.errstate(divide="ignore", invalid="ignore"):
        return TimeTerms(
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
        )
