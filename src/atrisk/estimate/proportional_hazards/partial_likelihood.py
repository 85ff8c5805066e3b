"""The Cox partial likelihood, its score and its information, from sums over risk sets."""

from __future__ import annotations

import itertools
from dataclasses import dataclass
from typing import Literal

import numpy as np
from numpy.typing import NDArray

from atrisk.summary.risk_sums import RiskSums, cross_product

Floats = NDArray[np.float64]
Codes = NDArray[np.int64]
Ties = Literal["efron", "breslow", "exact"]

# Steps of ties taken at a time.
_BLOCK = 65_536


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
        mixed = cross_product(self.s1, h * self.c2f, self.d1)
        squares = cross_product(self.s1, h * self.c2, self.s1)
        return np.asarray(squares - mixed - mixed.T + cross_product(self.d1, h * self.c2ff, self.d1))


def time_terms(sums: RiskSums, *, ties: Ties) -> TimeTerms:
    """The terms of every cell, under Efron's or Breslow's treatment of ties (Breslow's for exact ties).

    Source: Cox 1972; Breslow 1974; Efron 1977, eq. 2.6; case weights as in R's coxph: the weights of tied
    events enter through their mean (Therneau and Grambsch 2000, section 7.1).
    """
    totals = _step_sums(sums.events, sums.risk, sums.failing, sums.event_weight, ties)
    return TimeTerms(
        events=sums.events,
        event_weight=sums.event_weight,
        at_risk=sums.risk,
        failing=sums.failing,
        c1=totals[0],
        c1f=totals[1],
        c2=totals[2],
        c2f=totals[3],
        c2ff=totals[4],
        log_den=totals[5],
        s1=sums.risk_x,
        d1=sums.failing_x,
        event_x=sums.event_x,
        event_log_risk=sums.event_log_risk,
        ties=ties,
    )


def _step_sums(events: Codes, at_risk: Floats, failing: Floats, event_weight: Floats, ties: Ties) -> Floats:
    """c1, c1f, c2, c2f, c2ff and log_den of every cell: (6, K)."""
    total = np.zeros((6, events.size))
    cells = np.flatnonzero(events)
    with np.errstate(divide="ignore", invalid="ignore"):
        alone = cells if ties != "efron" else cells[events[cells] == 1]
        weight, den = event_weight[alone], at_risk[alone]
        total[0, alone], total[2, alone], total[5, alone] = weight / den, weight / den**2, weight * np.log(den)
        if ties != "efron":
            return total
        tied = cells[events[cells] > 1]
        # Some cells at a time: the steps of all ties together would take more memory than a column of the data.
        blocks = np.cumsum(events[tied]) // _BLOCK
        for low, high in itertools.pairwise(np.searchsorted(blocks, np.arange(int(blocks.max(initial=-1)) + 2))):
            some = tied[low:high]
            if some.size:
                total[:, some] = _tied_sums(events[some], at_risk[some], failing[some], event_weight[some])
    return total


def _tied_sums(events: Codes, at_risk: Floats, failing: Floats, event_weight: Floats) -> Floats:
    _, share, den, _ = _steps(events, at_risk, failing, event_weight, "efron")
    first = np.cumsum(events) - events
    total = np.empty((6, events.size))
    inverse = 1 / den
    for row, values in ((0, inverse), (5, np.log(den)), (2, inverse * inverse)):
        total[row] = np.add.reduceat(values, first)
    for row in (1, 3, 4):
        inverse = inverse * (share if row != 3 else 1 / den)
        total[row] = np.add.reduceat(inverse, first)
    return total * (event_weight / events)


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
