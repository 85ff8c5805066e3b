"""Optimal matching: the pairs whose distances are smallest in sum."""

from __future__ import annotations

from typing import Final

import numpy as np
from numpy.typing import ArrayLike, NDArray

from atrisk.compare.balance.matching import Matching, MatchingRule, matching_of, measured_patients, strata_of
from atrisk.errors import EstimationError
from atrisk.summary.execution import Execution

Floats = NDArray[np.float64]
Codes = NDArray[np.int64]

# Patients are compared one with another.
EXECUTION: Final[Execution] = "rows"

# Distances of one stratum held at once: 400 MB.
_MOST_CELLS = 50_000_000


def optimal_pairs(
    measure: ArrayLike, treated: ArrayLike, *, rule: MatchingRule | None = None, exact: ArrayLike | None = None
) -> Matching:
    """Match treated patients with controls so that the distances within all pairs together are smallest.

    Definition: of all matchings without replacement within the caliper and the strata, first those with the most pairs,
    of these those that leave the fewest treated patients without any control, and of these one whose sum of
    |measure_i - measure_j| is smallest: a linear assignment problem, solved by shortest augmenting paths. Matching of
    the most pairs and of the most treated patients are possible together.
    Source: Rosenbaum 1989, J Am Stat Assoc 84:1024; Crouse 2016, IEEE Trans Aerosp Electron Syst 52:1679 (algorithm, as
    in scipy). As `nearest_neighbours` otherwise; the rule's `order` has no meaning here.
    Ties: of several matchings with the same sum the one that the algorithm finds; nothing is random. A treated
    patient's controls stand in the order of their distance, then of their rows.
    Edges: a greedy matching may leave patients unmatched for whom there is room; this one does so only where no
    rearrangement helps. Memory grows with treated times ratio times controls of a part within which calipers chain.
    Raises EstimationError for replacement (then the nearest control is optimal), the comparison of whole parts, too
    many patients for the memory, missing measures and unequal lengths.
    """
    rule = MatchingRule() if rule is None else rule
    if rule.replace or rule.comparison != "exact":
        raise EstimationError(
            "optimal matching is without replacement, and compares distances exactly; nearest_neighbours does the rest."
        )
    values, flags = measured_patients(measure, treated)
    strata = np.zeros(values.size, dtype=np.int64) if exact is None else strata_of(exact, values.size)
    chosen: dict[int, list[int]] = {int(row): [] for row in np.flatnonzero(flags)}
    for stratum in np.unique(strata[flags]):
        for part in _parts(values, np.flatnonzero(strata == stratum), rule):
            own, controls = part[flags[part]], part[~flags[part]]
            if own.size and controls.size:
                _assign(values, own, controls, rule, chosen)
    return matching_of(values.size, chosen, rule)


def _parts(values: Floats, rows: Codes, rule: MatchingRule) -> list[Codes]:
    """Patients of a stratum, cut apart in the order of measure wherever a gap is wider than the caliper."""
    if rule.caliper is None:
        return [rows]
    ordered = rows[np.argsort(values[rows], kind="stable")]
    return [np.sort(part) for part in np.split(ordered, np.flatnonzero(np.diff(values[ordered]) > rule.caliper) + 1)]


def _assign(values: Floats, treated: Codes, controls: Codes, rule: MatchingRule, chosen: dict[int, list[int]]) -> None:
    """Fill in the controls of the treated of one part."""
    from scipy.optimize import linear_sum_assignment

    if treated.size * rule.ratio * controls.size > _MOST_CELLS:
        raise EstimationError(
            f"optimal matching of {treated.size} treated patients with {controls.size} controls takes too much memory: "
            "set a caliper, match within strata, or use nearest_neighbours."
        )
    distance = np.abs(values[treated, None] - values[controls])
    allowed = np.ones(distance.shape, dtype=bool) if rule.caliper is None else distance <= rule.caliper
    # Any pair outside the caliper costs more than all pairs inside together; a first control missing costs twice.
    dear = 1.0 + rule.ratio * float(np.where(allowed, distance, 0.0).max(axis=1).sum())
    first = np.where(allowed, distance, 2 * dear)
    further = np.where(allowed, distance, dear)
    # Controls that nobody is: with fewer controls than places, who goes without is then part of the choice.
    short = max(treated.size * rule.ratio - controls.size, 0)
    costs = [np.pad(first, ((0, 0), (0, short)), constant_values=2 * dear)]
    costs += [np.pad(further, ((0, 0), (0, short)), constant_values=dear)] * (rule.ratio - 1)
    taker, taken = linear_sum_assignment(np.concatenate(costs))
    for place, control in zip(taker % treated.size, taken, strict=True):
        if control < controls.size and allowed[place, control]:
            chosen[int(treated[place])].append(int(controls[control]))
    for row in treated:
        chosen[int(row)].sort(key=lambda control: (abs(values[control] - values[row]), control))
