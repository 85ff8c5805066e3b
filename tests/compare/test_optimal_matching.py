"""Optimal matching against every possible matching, by its invariants, and what is done with the pairs."""

from __future__ import annotations

import math

import numpy as np
import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from atrisk.compare.balance.matching import (
    Matching,
    MatchingRule,
    caliper_width,
    matched_sets,
    nearest_neighbours,
    paired_counts,
)
from atrisk.compare.balance.optimal_matching import optimal_pairs
from atrisk.compare.proportions.paired_difference import newcombe_paired_difference
from atrisk.errors import EstimationError
from atrisk.estimate.proportional_hazards.cox import cox
from atrisk.estimate.proportional_hazards.cox_sample import CoxSample

# Quarters, so that sums are exact; few distinct ones, so that ties are common.
row = st.tuples(st.integers(-6, 6).map(lambda k: k / 4), st.booleans(), st.integers(0, 1))
few = st.lists(row, min_size=2, max_size=8).filter(lambda rows: 0 < sum(one[1] for one in rows) < len(rows))
many = st.lists(row, min_size=2, max_size=40).filter(lambda rows: 0 < sum(one[1] for one in rows) < len(rows))
rules = st.builds(MatchingRule, ratio=st.integers(1, 3), caliper=st.sampled_from([None, 0.0, 0.25, 0.6]))


def distance_of(matching: Matching, measure: np.ndarray) -> float:
    return float(np.abs(measure[matching.pairs[:, 0]] - measure[matching.pairs[:, 1]]).sum())


def best_of_all(
    measure: np.ndarray, treated: np.ndarray, stratum: np.ndarray, rule: MatchingRule
) -> tuple[int, int, float]:
    """Pairs, treated without a control and sum of distances of the best matching: every one is looked at."""
    takers = [i for i in range(measure.size) if treated[i]]
    controls = [i for i in range(measure.size) if not treated[i]]
    best = (0, len(takers), 0.0)

    def go(place: int, used: dict[int, int], total: float) -> None:
        nonlocal best
        if place == len(controls):
            found = (-sum(used.values()), sum(used[i] == 0 for i in takers), total)
            best = min(best, found)
            return
        go(place + 1, used, total)
        control = controls[place]
        for i in takers:
            gap = abs(measure[i] - measure[control])
            near = rule.caliper is None or gap <= rule.caliper
            if near and stratum[i] == stratum[control] and used[i] < rule.ratio:
                go(place + 1, {**used, i: used[i] + 1}, total + gap)

    go(0, dict.fromkeys(takers, 0), 0.0)
    return best


@settings(max_examples=300, deadline=None)
@given(few, rules)
def test_no_matching_is_better(rows: list[tuple[float, bool, int]], rule: MatchingRule) -> None:
    measure, treated, stratum = (np.array(column) for column in zip(*rows, strict=True))
    matching = optimal_pairs(measure, treated, rule=rule, exact=stratum)
    found = (-len(matching.pairs), matching.unmatched.size, distance_of(matching, measure))
    assert found == best_of_all(measure, treated, stratum, rule)


@settings(max_examples=300, deadline=None)
@given(many, rules)
def test_what_holds_of_every_matching(rows: list[tuple[float, bool, int]], rule: MatchingRule) -> None:
    measure, treated, stratum = (np.array(column) for column in zip(*rows, strict=True))
    matching = optimal_pairs(measure, treated, rule=rule, exact=stratum)
    first, second = matching.pairs.T
    assert treated[first].all()
    assert not treated[second].any()
    assert np.array_equal(stratum[first], stratum[second])
    assert np.unique(second).size == second.size
    if rule.caliper is not None:
        assert np.all(np.abs(measure[first] - measure[second]) <= rule.caliper)
    own = np.bincount(first, minlength=treated.size)[treated]
    assert own.max(initial=0) <= rule.ratio
    assert matching.unmatched.tolist() == np.flatnonzero(treated)[own == 0].tolist()
    greedy = nearest_neighbours(measure, treated, rule=rule, exact=stratum)
    assert len(matching.pairs) >= len(greedy.pairs)
    assert matching.unmatched.size <= greedy.unmatched.size
    if len(matching.pairs) == len(greedy.pairs) and matching.unmatched.size == greedy.unmatched.size:
        assert distance_of(matching, measure) <= distance_of(greedy, measure)


def test_greedy_is_not_optimal_by_hand() -> None:
    """Treated 5 and 4, controls 4.4 and 1 within 3.3: greedy gives 4.4 to 5 and 1 to 4, 0.6 + 3 = 3.6.

    The other way, 0.4 + 4 = 4.4, is worse and forbidden. With controls 4.4 and 6, greedy (smallest first) gives 4.4 to
    4 and 6 to 5: 1.4, optimal as well; with the caliper 0.7 one treated patient must go without, and 4 is nearer.
    """
    measure, treated = np.array([5, 4, 4.4, 1]), np.array([1, 1, 0, 0])
    assert optimal_pairs(measure, treated, rule=MatchingRule(caliper=3.3)).pairs.tolist() == [[0, 2], [1, 3]]
    measure = np.array([5, 4, 4.4, 6])
    assert optimal_pairs(measure, treated).pairs.tolist() == [[0, 3], [1, 2]]
    alone = optimal_pairs(measure, treated, rule=MatchingRule(caliper=0.7))
    assert alone.pairs.tolist() == [[1, 2]]
    assert alone.unmatched.tolist() == [0]


def test_greedy_leaves_someone_out_who_could_be_matched() -> None:
    """Treated at 1 and 0, controls at 0.6 and 1.5, caliper 0.6: 1 takes 0.6 (nearer), and 0 is left without."""
    measure, treated, rule = np.array([1, 0, 0.6, 1.5]), np.array([1, 1, 0, 0]), MatchingRule(caliper=0.6)
    assert nearest_neighbours(measure, treated, rule=rule).unmatched.tolist() == [1]
    assert optimal_pairs(measure, treated, rule=rule).pairs.tolist() == [[0, 3], [1, 2]]


def test_the_caliper_of_the_logit_does_not_depend_on_who_is_matched() -> None:
    source = np.random.Generator(np.random.PCG64(1))
    treated = source.random(400) < 0.25
    logit = source.normal(size=400) + treated
    width = caliper_width(logit, treated, of="pooled")
    spread = math.sqrt((np.var(logit[treated], ddof=1) + np.var(logit[~treated], ddof=1)) / 2)
    assert width == pytest.approx(0.2 * spread, rel=1e-12)
    matching = optimal_pairs(logit, treated, rule=MatchingRule(ratio=2, caliper=width))
    assert np.abs(logit[matching.pairs[:, 0]] - logit[matching.pairs[:, 1]]).max() <= width
    assert matching.rule.caliper == width


def test_pairs_as_strata_of_a_cox_model_by_hand() -> None:
    """Without censoring a pair tells who goes first: the hazard ratio is 3 pairs over 1."""
    measure, treated = np.array([1.0, 2, 3, 4, 1, 2, 3, 4]), np.repeat([1, 0], 4)
    time = np.array([1.0, 1, 1, 9, 2, 2, 2, 2])
    rows, sets = matched_sets(optimal_pairs(measure, treated))
    assert rows.tolist() == [0, 4, 1, 5, 2, 6, 3, 7]
    assert sets.tolist() == [0, 0, 1, 1, 2, 2, 3, 3]
    sample = CoxSample(time[rows], np.ones(8, dtype=bool), treated[rows, None].astype(float), stratum=sets)
    assert cox(sample).hazard_ratio[0] == pytest.approx(3.0, rel=1e-9)


def test_pairs_counted_by_hand() -> None:
    measure, treated = np.array([1.0, 2, 3, 4, 1, 2, 3, 4]), np.repeat([1, 0], 4)
    event = np.array([1, 1, 1, 0, 1, 0, 0, 1])
    counts = paired_counts(optimal_pairs(measure, treated), event)
    assert counts == (1, 2, 1, 0)
    assert newcombe_paired_difference(*counts).estimate == pytest.approx(0.25)
    several = optimal_pairs(np.zeros(5), np.array([1, 0, 0, 0, 0]), rule=MatchingRule(ratio=2))
    with pytest.raises(EstimationError, match="one control"):
        paired_counts(several, np.zeros(5))
    with pytest.raises(EstimationError, match="true or false"):
        paired_counts(several, np.full(5, 2))


def test_bad_questions_are_refused() -> None:
    measure, treated = np.array([0.0, 1.0]), np.array([1, 0])
    with pytest.raises(EstimationError, match="without replacement"):
        optimal_pairs(measure, treated, rule=MatchingRule(replace=True))
    with pytest.raises(EstimationError, match="without replacement"):
        optimal_pairs(measure, treated, rule=MatchingRule(comparison="whole"))
    wide = np.zeros(16_000)
    with pytest.raises(EstimationError, match="too much memory"):
        optimal_pairs(wide, np.arange(16_000) < 8_000)
