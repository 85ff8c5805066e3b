"""Harrell's concordance of a risk with survival."""

from __future__ import annotations

import math
from dataclasses import dataclass
from typing import Final

import numpy as np
from numpy.typing import ArrayLike, NDArray

from atrisk.errors import EstimationError
from atrisk.estimate.proportional_hazards.cox_sample import CoxSample
from atrisk.summary.execution import Execution

EXECUTION: Final[Execution] = "rows"

Floats = NDArray[np.float64]
Codes = NDArray[np.int64]
Flags = NDArray[np.bool_]


@dataclass(frozen=True, slots=True)
class Concordance:
    """The share of comparable pairs in which the higher risk fails first, ties of risk counting one half.

    `concordant`, `discordant`, `tied_risk`: comparable pairs by what the risks say; `tied_time`: pairs failing
    at the same time with different risks; `tied_both`: with the same. Weighted sums where rows have weights.
    `estimate` and `std_err` are NaN without a comparable pair.
    """

    estimate: float
    std_err: float
    concordant: float
    discordant: float
    tied_risk: float
    tied_time: float
    tied_both: float


def concordance(sample: CoxSample, risk: ArrayLike) -> Concordance:
    """Concordance of `risk` (n,), for example a linear predictor, with the survival of a sample.

    Definition: a pair of one stratum is comparable when one fails while the other is under observation and
    lives longer (censored at the same time counts as longer; both fail at one time: not comparable); with
    delayed entry both are at risk then. C = (concordant + tied_risk / 2) / comparable, pairs weighted by the
    product of their case weights.
    Standard error by the infinitesimal jackknife: with c_i and n_i the pairs of row i (ties of risk as one half)
    and N all pairs, the influence of i is w_i (c_i - C n_i) / N; squares are summed over clusters if given.
    Source: Harrell 1982; Therneau and Watson 2017 (technical report 85, Mayo Clinic); conventions of R's
    concordance(reverse = TRUE). Cost O(n log T), T distinct times.
    Raises EstimationError for risks that are not finite or not one for each row.
    """
    x = np.asarray(risk, dtype=np.float64)
    if x.shape != sample.time.shape or not np.all(np.isfinite(x)):
        raise EstimationError("risks must be finite, one for each row of the sample.")
    kept = sample.counted
    if not np.any(kept & sample.event):
        return Concordance(math.nan, math.nan, 0.0, 0.0, 0.0, 0.0, 0.0)
    stratum, when, joined = _order_of_events(sample, kept)
    weight = np.ones(stratum.size) if sample.weight is None else sample.weight[kept]
    event, rank = sample.event[kept], np.unique(x[kept], return_inverse=True)[1]
    pairs = _pairs(stratum, when, joined, event, rank, weight)
    more, less, equal = pairs.T
    concordant, discordant, tied_risk = (float(weight @ column) / 2 for column in (more, less, equal))
    tied_time, tied_both = _ties(stratum, when, event, rank, weight)
    total = concordant + discordant + tied_risk
    if total == 0:
        return Concordance(math.nan, math.nan, 0.0, 0.0, 0.0, tied_time, tied_both)
    estimate = (concordant + tied_risk / 2) / total
    influence = weight * (more + equal / 2 - estimate * (more + less + equal)) / total
    if sample.cluster is not None:
        influence = np.bincount(sample.cluster[kept], weights=influence)
    std_err = math.sqrt(float(influence @ influence))
    return Concordance(estimate, std_err, concordant, discordant, tied_risk, tied_time, tied_both)


def _order_of_events(sample: CoxSample, kept: Flags) -> tuple[Codes, Codes, Codes | None]:
    """Stratum, and whole numbers that order the times: events of a time before its censorings, then its entries."""
    times, place = np.unique(sample.time[kept], return_inverse=True)
    stratum = np.zeros(place.size, dtype=np.int64) if sample.stratum is None else sample.stratum[kept]
    when = 2 * place + ~sample.event[kept]
    if sample.entry is None:
        return stratum, when, None
    # Who enters at t is not at risk for the events at t: of all events, those up to 2 (times <= t) - 1 are missed.
    return stratum, when, 2 * np.searchsorted(times, sample.entry[kept], side="right") - 1


def _pairs(stratum: Codes, when: Codes, joined: Codes | None, event: Flags, rank: Codes, weight: Floats) -> Floats:
    """For each row the weight of partners making concordant, discordant and tied comparable pairs: (n, 3).

    Row i, an event, is comparable with all that come after it in `when`, less those that had not yet joined:
    an entry is counted as a partner of negative weight.
    """
    n = when.size
    if joined is None:
        return _partners(stratum, when, rank, np.where(event, weight, 0.0), weight)
    late = joined >= 0
    both = _partners(
        np.concatenate((stratum, stratum[late])),
        np.concatenate((when, joined[late])),
        np.concatenate((rank, rank[late])),
        np.concatenate((np.where(event, weight, 0.0), np.zeros(int(late.sum())))),
        np.concatenate((weight, -weight[late])),
    )
    pairs = both[:n].copy()
    # What an entry met as the later partner is to be taken from what its patient met.
    pairs[late] -= both[n:]
    return pairs


def _partners(stratum: Codes, when: Codes, rank: Codes, leading: Floats, following: Floats) -> Floats:
    """Pairs (i, j) of one stratum with when_i < when_j, i leading with its weight and j following with its own.

    For each row, as i and as j together, the partner's weight by whether rank_i is above, below or equal to
    rank_j: (n, 3). Blocks of times are halved again and again: in a block, the pairs between its two halves are
    counted in order of rank by running sums.
    """
    n = when.size
    found = np.zeros((n, 3))
    bits = int(when.max(initial=0)).bit_length()
    block = stratum << bits | when
    order = np.argsort(rank, kind="stable")
    order = order[np.argsort(stratum[order], kind="stable")]
    for bit in range(bits - 1, -1, -1):
        b, r = block[order], rank[order]
        early = (b >> bit) & 1 == 0
        parent = b >> (bit + 1)
        new = np.empty(n, dtype=bool)
        new[0] = True
        new[1:] = (parent[1:] != parent[:-1]) | (r[1:] != r[:-1])
        edge = np.flatnonzero(new)
        run = np.cumsum(new) - 1
        fresh = np.empty(edge.size, dtype=bool)
        fresh[0] = True
        fresh[1:] = parent[edge[1:]] != parent[edge[:-1]]
        for mine, theirs, lower, upper in (
            (early & (leading[order] > 0), np.where(early, 0.0, following[order]), 0, 1),
            (~early, np.where(early, leading[order], 0.0), 1, 0),
        ):
            tied = np.add.reduceat(theirs, edge)
            below = np.cumsum(tied) - tied
            first = np.maximum.accumulate(np.where(fresh, np.arange(edge.size), 0))
            last = np.append(np.flatnonzero(fresh)[1:], edge.size) - 1
            whole = (np.cumsum(tied))[last][np.cumsum(fresh) - 1] - below[first]
            below = below - below[first]
            at = order[mine]
            place = run[mine]
            found[at, lower] += below[place]
            found[at, upper] += (whole - below - tied)[place]
            found[at, 2] += tied[place]
        # Within each parent: the early half first, both still in order of rank.
        order = order[np.argsort(b >> bit, kind="stable")]
    return found


def _ties(stratum: Codes, when: Codes, event: Flags, rank: Codes, weight: Floats) -> tuple[float, float]:
    """The weights of pairs failing at one time in one stratum, with different and with equal risks."""
    s, t, r, w = stratum[event], when[event], rank[event], weight[event]
    order = np.lexsort((r, t, s))
    s, t, r, w = s[order], t[order], r[order], w[order]

    def pairs(*keys: Codes) -> float:
        new = np.ones(s.size, dtype=bool)
        new[1:] = np.any([key[1:] != key[:-1] for key in keys], axis=0)
        edge = np.flatnonzero(new)
        return float((np.add.reduceat(w, edge) ** 2 - np.add.reduceat(w**2, edge)).sum() / 2)

    both = pairs(s, t, r)
    return pairs(s, t) - both, both
