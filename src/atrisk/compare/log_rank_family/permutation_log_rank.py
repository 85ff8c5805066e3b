"""The log-rank test by permutation, for groups too small for chi squared."""

from __future__ import annotations

import itertools
import math
from collections.abc import Iterator
from dataclasses import dataclass
from typing import Final

import numpy as np
from numpy.typing import NDArray

from atrisk.compare.log_rank_family.log_rank import weighted_log_rank
from atrisk.compare.log_rank_family.rank_weight import LOG_RANK, RankWeight
from atrisk.errors import EstimationError
from atrisk.summary.event_counts import EventCounts
from atrisk.summary.execution import Execution

Floats = NDArray[np.float64]
Codes = NDArray[np.int64]

EXECUTION: Final[Execution] = "mergeable"

# Up to so many arrangements of the patients among the groups, all are looked at.
MOST_ARRANGEMENTS = 50_000
# Labels of patients held at a time (patients times replicates).
_AT_A_TIME = 4_000_000
# Statistics that are equal in exact arithmetic differ in their last bits.
_TIE = 1e-9


@dataclass(frozen=True, slots=True)
class PermutationTest:
    """A permutation test: `p_value` is exact where all arrangements were looked at, else from `replicates` shuffles.

    `std_error` is the Monte Carlo error of the p value, 0 where exact. `reason` says why the p value is NaN.
    """

    chi_squared: float
    p_value: float
    std_error: float
    replicates: int
    exact: bool
    seed: int
    reason: str = ""


def permutation_log_rank(
    counts: EventCounts, *, seed: int, replicates: int = 10_000, weight: RankWeight = LOG_RANK
) -> PermutationTest:
    """The k-sample log-rank test with a permutation p value.

    Definition: the share of all arrangements of the patients among groups of the same sizes, within strata, whose
    chi squared is at least the observed one. Up to 50,000 arrangements all are counted; otherwise
    (1 + number among random shuffles) / (1 + replicates), which never is too small (Phipson and Smyth 2010, Stat
    Appl Genet Mol Biol 9:39).
    Source: Heinze, Gnant and Schemper 2003, Biometrics 59:1151. It holds where the groups are censored alike:
    exchanging patients exchanges their follow-up too.
    Shuffles come from the raw 64-bit numbers of PCG64 with Fisher and Yates' algorithm, so that a seed gives the
    same p value under every version of NumPy.
    Edges: without an estimable statistic the p value is NaN with a reason.
    Raises EstimationError for counts with delayed entry (whom to exchange would be a matter of taste) or of
    fractional weights, a negative seed and fewer than one replicate.
    """
    if counts.entries.any():
        raise EstimationError("a permutation test needs follow-up from the start, not delayed entry.")
    if seed < 0 or replicates < 1:
        raise EstimationError("a permutation test needs a seed of 0 or more and at least one replicate.")
    observed = weighted_log_rank(counts, weight)
    if observed.df == 0:
        nan, reason = math.nan, "no two groups with an expected event are at risk together"
        return PermutationTest(nan, nan, nan, 0, False, seed, reason)
    strata = [_Stratum(counts.any_cause().of_stratum(i), weight) for i in range(counts.shape.n_strata)]
    arrangements = math.prod(stratum.arrangements for stratum in strata)
    exact = arrangements <= MOST_ARRANGEMENTS
    shuffles = _every(strata) if exact else _shuffled(strata, seed, replicates)
    limit = observed.chi_squared * (1 - _TIE)
    reached = sum(int((_chi_squared(strata, labels) >= limit).sum()) for labels in shuffles)
    if exact:
        return PermutationTest(observed.chi_squared, reached / arrangements, 0.0, arrangements, True, seed)
    p_value = (1 + reached) / (1 + replicates)
    std_error = math.sqrt(p_value * (1 - p_value) / replicates)
    return PermutationTest(observed.chi_squared, p_value, std_error, replicates, False, seed)


class _Stratum:
    """One stratum's patients in order of their times, and what does not change when they change groups."""

    def __init__(self, counts: EventCounts, weight: RankWeight) -> None:
        failing, lost = counts.events[0, 0].astype(np.int64), counts.censored[0].astype(np.int64)
        leaving = failing + lost
        # Patients from the last time to the first, so that sums from the start count who is at risk.
        per_time = leaving.sum(axis=0)[::-1]
        place = np.repeat(np.arange(per_time.size), per_time)
        cells = np.stack([lost, failing], axis=-1)[:, ::-1].transpose(1, 0, 2).reshape(-1)
        groups = counts.shape.n_groups
        kinds = np.tile(np.array([(g, e) for g in range(groups) for e in (0, 1)]), (per_time.size, 1))
        self.label: Codes = np.repeat(kinds[:, 0], cells)
        event = np.repeat(kinds[:, 1], cells)
        self.sizes: list[int] = np.bincount(self.label, minlength=groups).tolist()
        d = np.bincount(place[event == 1], minlength=per_time.size).astype(np.float64)
        at = np.flatnonzero(d > 0)
        self.last: Codes = np.cumsum(per_time)[at] - 1
        self.d: Floats = d[at]
        self.n: Floats = (self.last + 1).astype(np.float64)
        self.w: Floats = np.asarray(weight.at(self.d[::-1], self.n[::-1])[::-1])
        spread = self.w**2 * self.d * (self.n - self.d) / np.maximum(self.n - 1, 1) / self.n
        self.spread: Floats = np.asarray(spread, dtype=np.float64)
        # The weighted events and expectations of a patient are one score, summed over the patients of a group.
        own = np.zeros(per_time.size)
        own[at] = self.w
        expected = np.zeros(per_time.size)
        expected[at] = self.w * self.d / self.n
        still = np.cumsum(expected[::-1])[::-1]
        self.score: Floats = event * own[place] - still[place]

    @property
    def arrangements(self) -> int:
        """In how many ways the patients can be divided among groups of these sizes."""
        left, ways = sum(self.sizes), 1
        for size in self.sizes:
            ways *= math.comb(left, size)
            left -= size
        return ways


def _chi_squared(strata: list[_Stratum], labels: list[Codes]) -> Floats:
    """The statistic of each arrangement (R,) of labels (patients, R) in every stratum."""
    groups, replicates = len(strata[0].sizes), labels[0].shape[1]
    difference = np.zeros((replicates, groups - 1))
    variance = np.zeros((replicates, groups - 1, groups - 1))
    for stratum, label in zip(strata, labels, strict=True):
        # At risk in each group but the first (times, R); float32 holds whole numbers below 2^24 exactly.
        at_risk = []
        for group in range(1, groups):
            mine = label == group
            difference[:, group - 1] += stratum.score @ mine
            at_risk.append(np.cumsum(mine, axis=0, dtype=np.float32)[stratum.last].astype(np.float64))
        for j in range(groups - 1):
            variance[:, j, j] += stratum.spread @ at_risk[j]
            for k in range(j + 1):
                product = (stratum.spread / stratum.n) @ (at_risk[j] * at_risk[k])
                variance[:, j, k] -= product
                if k < j:
                    variance[:, k, j] -= product
    inverse = np.linalg.pinv(variance, rcond=1e-12, hermitian=True)
    return np.asarray(np.einsum("ri,rij,rj->r", difference, inverse, difference))


def _shuffled(strata: list[_Stratum], seed: int, replicates: int) -> Iterator[list[Codes]]:
    """Random arrangements, some replicates at a time."""
    stream = np.random.PCG64(seed)
    patients = sum(stratum.label.size for stratum in strata)
    done = 0
    while done < replicates:
        size = min(replicates - done, max(1, _AT_A_TIME // max(patients, 1)))
        yield [shuffled_labels(stratum.label, stream, size) for stratum in strata]
        done += size


def shuffled_labels(label: Codes, stream: np.random.PCG64, replicates: int) -> Codes:
    """Shuffles (patients, R) of the labels; the remainder of 64 random bits is off by less than 1e-13."""
    shuffled = np.repeat(label.astype(np.int8 if label.max(initial=0) < 128 else np.int64)[:, None], replicates, axis=1)
    column = np.arange(replicates)
    for i in range(label.size - 1, 0, -1):
        other = (stream.random_raw(replicates) % np.uint64(i + 1)).astype(np.int64)
        here = shuffled[i].copy()
        shuffled[i] = shuffled[other, column]
        shuffled[other, column] = here
    return shuffled


def _every(strata: list[_Stratum]) -> Iterator[list[Codes]]:
    """Every arrangement, those of one stratum with those of the others."""
    tables = [np.array(list(_arrangements(stratum.sizes)), dtype=np.int64).T for stratum in strata]
    counts = [table.shape[1] for table in tables]
    places = np.array(list(itertools.product(*(range(count) for count in counts))), dtype=np.int64)
    step = max(1, _AT_A_TIME // max(sum(table.shape[0] for table in tables), 1))
    for start in range(0, len(places), step):
        chosen = places[start : start + step]
        yield [table[:, chosen[:, i]] for i, table in enumerate(tables)]


def _arrangements(sizes: list[int]) -> Iterator[tuple[int, ...]]:
    """Every way to label patients so that each group has its size."""
    label = [0] * sum(sizes)

    def fill(group: int, free: tuple[int, ...]) -> Iterator[tuple[int, ...]]:
        if group == len(sizes) - 1:
            for place in free:
                label[place] = group
            yield tuple(label)
            return
        for chosen in itertools.combinations(free, sizes[group]):
            for place in chosen:
                label[place] = group
            taken = set(chosen)
            yield from fill(group + 1, tuple(place for place in free if place not in taken))

    yield from fill(0, tuple(range(len(label))))
