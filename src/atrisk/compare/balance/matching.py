"""Greedy nearest neighbour matching of treated to untreated patients."""

from __future__ import annotations

import math
from dataclasses import dataclass
from typing import Final, Literal, get_args

import numpy as np
from numpy.typing import ArrayLike, NDArray

from atrisk.compare.balance.propensity import treated_flags
from atrisk.errors import EstimationError
from atrisk.estimate.generalized_linear.regression_sample import finite_numbers
from atrisk.summary.execution import Execution
from atrisk.summary.read_only import make_arrays_read_only

Floats = NDArray[np.float64]
Codes = NDArray[np.int64]
Flags = NDArray[np.bool_]

# Patients are compared one with another.
EXECUTION: Final[Execution] = "rows"

# In which order the treated choose: largest or smallest distance measure first, or as in the data.
Order = Literal["largest", "smallest", "data"]
Spread = Literal["all", "pooled"]
Comparison = Literal["exact", "whole"]


@dataclass(frozen=True, slots=True)
class MatchingRule:
    """How patients are matched.

    `ratio`: so many controls for each treated patient, the first ones for all before the second for any.
    `replace`: whether a control may serve several treated patients. `order`: in which the treated choose.
    `caliper`: the widest distance within a pair (inclusive), in units of the measure; None: any. Fix it before
    matching, by `caliper_width`. `comparison`: how the distances to the two candidates (see `nearest_neighbours`)
    are compared: exact; or whole, their whole parts only, as MatchIt 4.5.1 in R does by a mistake that later
    versions mend: of two controls less than 1 away the lower one is then taken, however far. For repeating figures
    made with that version, and nothing else.
    """

    ratio: int = 1
    replace: bool = False
    order: Order = "largest"
    caliper: float | None = None
    comparison: Comparison = "exact"

    def __post_init__(self) -> None:
        if isinstance(self.ratio, bool) or self.ratio != int(self.ratio) or self.ratio < 1:
            raise EstimationError("the number of controls for each treated patient must be a whole number from 1.")
        if self.order not in get_args(Order):
            raise EstimationError(f"the order '{self.order}' is unknown; use {', '.join(get_args(Order))}.")
        if self.comparison not in get_args(Comparison):
            raise EstimationError(f"the comparison '{self.comparison}' is unknown; use exact or whole.")
        if self.caliper is not None and not (math.isfinite(self.caliper) and self.caliper >= 0):
            raise EstimationError("a caliper must be finite and not negative.")


@dataclass(frozen=True, slots=True, eq=False)
class Matching:
    """Who is matched with whom, by the rows' positions from 0.

    `pairs` (m, 2): treated and control, in the order of the treated's rows and, for each, of choice. `weight`
    (n,): 1 for a matched treated patient; for a control, the sum over its pairs of 1 / (controls of that treated
    patient), scaled so that the controls' weights sum to the number of distinct controls; 0 for the unmatched.
    `unmatched` (k,): treated patients without a control; `short` (s,): those with fewer than asked for.
    """

    pairs: Codes
    weight: Floats
    unmatched: Codes
    short: Codes
    rule: MatchingRule

    def __post_init__(self) -> None:
        make_arrays_read_only(self)

    @property
    def warning(self) -> str | None:
        """How many treated patients have no control, or fewer than asked for; None if there are none."""
        texts = []
        if self.unmatched.size:
            texts.append(f"{self.unmatched.size} treated patients have no control left")
        if self.short.size:
            texts.append(f"{self.short.size} treated patients have fewer than {self.rule.ratio} controls")
        return "; ".join(texts) or None

    @property
    def n_treated(self) -> int:
        """Treated patients with a control."""
        return np.unique(self.pairs[:, 0]).size

    @property
    def n_control(self) -> int:
        """Distinct controls with a treated patient."""
        return np.unique(self.pairs[:, 1]).size


def caliper_width(measure: ArrayLike, treated: ArrayLike, *, sds: float = 0.2, of: Spread = "all") -> float:
    """A caliper of so many standard deviations of the distance measure, over all patients, matched or not.

    `of` all: the sample standard deviation of treated and controls together (as MatchIt in R); pooled: the root
    of the mean of the two groups' variances (Austin 2011, Pharm Stat 10:150-61, who recommends 0.2 of the logit
    of the propensity score). It is computed before any matching, so that it does not depend on its result.
    Raises EstimationError for missing measures, negative `sds`, a group of one, or an unknown `of`.
    """
    values, flags = measured_patients(measure, treated)
    if of not in get_args(Spread):
        raise EstimationError(f"the spread '{of}' is unknown; use {' or '.join(get_args(Spread))}.")
    if not (math.isfinite(sds) and sds >= 0):
        raise EstimationError("a caliper must be finite and not negative.")
    if of == "all":
        return sds * float(values.std(ddof=1))
    if min(int(flags.sum()), int((~flags).sum())) < 2:
        raise EstimationError("a group of one patient has no standard deviation.")
    return sds * math.sqrt((float(values[flags].var(ddof=1)) + float(values[~flags].var(ddof=1))) / 2.0)


def matched_sets(matching: Matching) -> tuple[Codes, Codes]:
    """The rows (r,) of matched patients, and the code (r,) of the set to which each belongs, set by set.

    For analyses that keep the sets together: as strata or clusters of a Cox model of these rows. Each treated patient
    with its controls is a set, numbered in the order of the rows, the treated first. With replacement a control comes
    once for each set that it is in.
    """
    treated, place = np.unique(matching.pairs[:, 0], return_inverse=True)
    place = place.reshape(-1)
    rows = np.concatenate((treated, matching.pairs[:, 1]))
    sets = np.concatenate((np.arange(treated.size), place)).astype(np.int64)
    order = np.argsort(sets, kind="stable")
    return rows[order], sets[order]


def paired_counts(matching: Matching, event: ArrayLike) -> tuple[int, int, int, int]:
    """Pairs in which both, the treated only, the control only or neither has an event: a `newcombe_paired_difference`.

    `event` (n,): true or 1 for patients with the event, of all patients. Raises EstimationError unless every treated
    patient has one control, used once: sets of several are no pairs.
    """
    happened = np.asarray(event)
    if happened.shape != matching.weight.shape or np.any((happened != 0) & (happened != 1)):
        raise EstimationError("events must be true or false (1 or 0), one for each patient.")
    first, second = matching.pairs.T
    if np.unique(first).size != first.size or np.unique(second).size != second.size:
        raise EstimationError("pairs need one control for each treated patient, and none of them twice.")
    one, other = happened[first].astype(bool), happened[second].astype(bool)
    both, neither = int((one & other).sum()), int((~one & ~other).sum())
    return both, int((one & ~other).sum()), int((~one & other).sum()), neither


def nearest_neighbours(
    measure: ArrayLike, treated: ArrayLike, *, rule: MatchingRule | None = None, exact: ArrayLike | None = None
) -> Matching:
    """Match every treated patient, in turn, with the nearest control still free.

    Definition: greedy nearest neighbour matching on |measure_i - measure_j| (Rosenbaum and Rubin 1985, Am Stat
    39:33-8; Stuart 2010, Stat Sci 25:1-21). No pair is looked at twice: earlier choices stand.
    `measure` (n,): the distance measure, usually the logit of the propensity score; `treated` (n,); `exact`
    (n,): codes of strata, pairs only within one. None of the `rule`: one control, without replacement, largest
    first, no caliper.
    Ties: of treated patients with equal measures the first in the data chooses first. Patients are sorted by
    measure and then by row; the candidates are the nearest free controls before and after, and of two equally
    near the one before is taken. Nothing is random.
    Edges: without a control left (in the stratum, within the caliper) a treated patient stays unmatched, and is
    named. Raises EstimationError for missing or infinite measures and unequal lengths.
    """
    rule = MatchingRule() if rule is None else rule
    values, flags = measured_patients(measure, treated)
    strata = np.zeros(values.size, dtype=np.int64) if exact is None else strata_of(exact, values.size)
    chosen: dict[int, list[int]] = {int(row): [] for row in np.flatnonzero(flags)}
    for stratum in np.unique(strata[flags]):
        inside = strata == stratum
        _match(values, np.flatnonzero(inside & flags), np.flatnonzero(inside & ~flags), rule, chosen)
    return matching_of(values.size, chosen, rule)


def matching_of(n: int, chosen: dict[int, list[int]], rule: MatchingRule) -> Matching:
    """The matching of n patients from the controls of each treated row, in the order of the rows and of choice."""
    pairs = np.array([(row, control) for row, own in chosen.items() for control in own], dtype=np.int64)
    pairs = pairs.reshape(-1, 2)
    counts = np.array([len(own) for own in chosen.values()])
    rows = np.array(list(chosen))
    return Matching(
        pairs=pairs,
        weight=_weights(n, pairs),
        unmatched=rows[counts == 0],
        short=rows[(counts > 0) & (counts < rule.ratio)],
        rule=rule,
    )


def _match(values: Floats, treated: Codes, controls: Codes, rule: MatchingRule, chosen: dict[int, list[int]]) -> None:
    """Fill in the controls chosen by the treated of one stratum."""
    pool = _Pool(values, controls, rule)
    if rule.replace:
        for row in treated:
            chosen[int(row)].extend(pool.nearest(int(row)))
        return
    sign = {"largest": -1.0, "smallest": 1.0, "data": 0.0}[rule.order]
    queue = treated[np.argsort(sign * values[treated], kind="stable")]
    for _ in range(rule.ratio):
        for row in queue:
            control = pool.take_nearest(int(row))
            if control is not None:
                chosen[int(row)].append(control)


class _Pool:
    """Controls sorted by measure and then row, and which of them are still free.

    `_next[i]` leads to the first free place from i upwards; `_previous[i]` to one more than the first free place
    below i, 0 standing for none. Paths are shortened as they are walked.
    """

    def __init__(self, values: Floats, controls: Codes, rule: MatchingRule) -> None:
        self._rows = controls[np.argsort(values[controls], kind="stable")]
        self._controls, self._values, self._rule = values[self._rows], values, rule
        self._next = list(range(controls.size + 1))
        self._previous = list(range(controls.size + 1))

    def nearest(self, row: int) -> list[int]:
        """The rows of the nearest controls, taken or not, as many as the rule asks for within its caliper."""
        found: list[int] = []
        above = self._place(row)
        below = above - 1
        while len(found) < self._rule.ratio:
            place = self._nearer(row, below, above)
            if place is None:
                break
            found.append(int(self._rows[place]))
            below, above = (below - 1, above) if place == below else (below, above + 1)
        return found

    def take_nearest(self, row: int) -> int | None:
        """The row of the nearest free control, which is then taken; None if there is none so near."""
        middle = self._place(row)
        place = self._nearer(row, _free(self._previous, middle) - 1, _free(self._next, middle))
        if place is None:
            return None
        self._next[place] = place + 1
        self._previous[place + 1] = place
        return int(self._rows[place])

    def _place(self, row: int) -> int:
        """How many controls come before a patient in the order of measure and row."""
        value = self._values[row]
        first, last = np.searchsorted(self._controls, value), np.searchsorted(self._controls, value, side="right")
        return int(first + np.searchsorted(self._rows[first:last], row))

    def _nearer(self, row: int, below: int, above: int) -> int | None:
        """Of the places below and above a patient the nearer one within the caliper; below if equally near."""
        value = float(self._values[row])
        gap_below = value - float(self._controls[below]) if below >= 0 else math.inf
        gap_above = float(self._controls[above]) - value if above < self._rows.size else math.inf
        widest = math.inf if self._rule.caliper is None else self._rule.caliper
        gap_below, gap_above = (gap if gap <= widest else math.inf for gap in (gap_below, gap_above))
        if math.isinf(gap_below) and math.isinf(gap_above):
            return None
        if self._rule.comparison == "whole" and math.isfinite(gap_below) and math.isfinite(gap_above):
            gap_below, gap_above = math.floor(gap_below), math.floor(gap_above)
        return below if gap_below <= gap_above else above


def _free(leads: list[int], place: int) -> int:
    """Where the leads from a place end; every lead walked then points there."""
    end = place
    while leads[end] != end:
        end = leads[end]
    while leads[place] != end:
        leads[place], place = end, leads[place]
    return end


def _weights(n: int, pairs: Codes) -> Floats:
    """1 for matched treated; for controls shares of their treated patients, summing to the controls' number."""
    weight = np.zeros(n)
    treated, controls = pairs[:, 0], pairs[:, 1]
    weight[treated] = 1.0
    shares = np.bincount(controls, weights=1.0 / np.bincount(treated, minlength=n)[treated], minlength=n)
    used = shares > 0
    if np.any(used):
        weight[used] = shares[used] * (used.sum() / shares[used].sum())
    return weight


def measured_patients(measure: ArrayLike, treated: ArrayLike) -> tuple[Floats, Flags]:
    """Distance measures and who is treated, checked."""
    values, flags = finite_numbers("distance measures", measure), treated_flags(treated)
    if values.shape != flags.shape:
        raise EstimationError("there must be one distance measure for each patient.")
    return values, flags


def strata_of(exact: ArrayLike, n: int) -> Codes:
    """Codes of strata, checked."""
    strata = np.asarray(exact)
    if strata.shape != (n,) or strata.dtype.kind not in "bui":
        raise EstimationError("strata for exact matching must be whole-number codes, one for each patient.")
    return strata.astype(np.int64)
