"""Nearest neighbour matching: a slow greedy oracle, invariants, by hand, bad input."""

from __future__ import annotations

import math

import numpy as np
import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from atrisk.compare.balance.matching import Matching, MatchingRule, caliper_width, nearest_neighbours
from atrisk.errors import EstimationError

# Few distinct measures, so that ties are common.
patients = st.lists(
    st.tuples(st.integers(-6, 6).map(lambda k: k / 4), st.booleans(), st.integers(0, 2)), min_size=2, max_size=30
).filter(lambda rows: 0 < sum(row[1] for row in rows) < len(rows))
rules = st.builds(
    MatchingRule,
    ratio=st.integers(1, 3),
    replace=st.booleans(),
    order=st.sampled_from(["largest", "smallest", "data"]),
    caliper=st.sampled_from([None, 0.0, 0.25, 0.6]),
)


def slow_pairs(
    measure: np.ndarray, treated: np.ndarray, stratum: np.ndarray, rule: MatchingRule
) -> dict[int, list[int]]:
    """Greedy matching by looking at every control for every choice (oracle: ourselves, slowly)."""
    rows = [row for row in range(measure.size) if treated[row]]
    key = {"largest": lambda row: -measure[row], "smallest": lambda row: measure[row], "data": lambda row: 0}[
        rule.order
    ]
    chosen: dict[int, list[int]] = {row: [] for row in rows}
    taken: set[int] = set()
    for _ in range(rule.ratio):
        for row in sorted(rows, key=key):
            # Of equally near controls: those before the patient in the order of measure and row first, the last of
            # them; else the first after.
            best = None
            for control in range(measure.size):
                used = control in (chosen[row] if rule.replace else taken)
                if treated[control] or used or stratum[control] != stratum[row]:
                    continue
                gap = abs(measure[control] - measure[row])
                if rule.caliper is not None and gap > rule.caliper:
                    continue
                before = (measure[control], control) < (measure[row], row)
                rank = (gap, not before, -control if before else control)
                if best is None or rank < best[0]:
                    best = rank, control
            if best is not None:
                chosen[row].append(best[1])
                taken.add(best[1])
    return chosen


@settings(max_examples=300, deadline=None)
@given(patients, rules)
def test_against_the_slow_oracle(rows: list[tuple[float, bool, int]], rule: MatchingRule) -> None:
    measure, treated, stratum = (np.array(column) for column in zip(*rows, strict=True))
    matching = nearest_neighbours(measure, treated, rule=rule, exact=stratum)
    expected = [(row, control) for row, own in slow_pairs(measure, treated, stratum, rule).items() for control in own]
    assert [tuple(pair) for pair in matching.pairs.tolist()] == expected


@settings(max_examples=200, deadline=None)
@given(patients, rules)
def test_what_holds_of_every_matching(rows: list[tuple[float, bool, int]], rule: MatchingRule) -> None:
    measure, treated, stratum = (np.array(column) for column in zip(*rows, strict=True))
    matching = nearest_neighbours(measure, treated, rule=rule, exact=stratum)
    first, second = matching.pairs[:, 0], matching.pairs[:, 1]
    assert treated[first].all()
    assert not treated[second].any()
    assert np.array_equal(stratum[first], stratum[second])
    if rule.caliper is not None:
        assert np.all(np.abs(measure[first] - measure[second]) <= rule.caliper)
    if not rule.replace:
        assert np.unique(second).size == second.size
    # Nobody has one control twice, or more than asked for; who has none or too few is named.
    assert len({tuple(pair) for pair in matching.pairs.tolist()}) == len(matching.pairs)
    own = np.bincount(first, minlength=treated.size)[treated]
    assert own.max(initial=0) <= rule.ratio
    everyone = np.flatnonzero(treated)
    assert matching.unmatched.tolist() == everyone[own == 0].tolist()
    assert matching.short.tolist() == everyone[(own > 0) & (own < rule.ratio)].tolist()
    assert (matching.warning is None) == (own.min(initial=rule.ratio) == rule.ratio)
    weight = matching.weight
    assert weight[treated].tolist() == (own > 0).astype(float).tolist()
    assert np.array_equal(np.flatnonzero(weight[~treated]), np.flatnonzero(np.isin(np.flatnonzero(~treated), second)))
    assert weight[~treated].sum() == pytest.approx(matching.n_control)
    assert matching.n_treated == int((own > 0).sum())


def test_greedy_by_hand() -> None:
    """Treated at 5 and 4, controls at 4.4 and 1. Largest first: 5 takes 4.4, leaving 1 for 4; smallest first: 4
    takes 4.4, leaving 1 for 5. With replacement both take 4.4, which then weighs as the one control it is.
    """
    measure, treated = np.array([5, 4, 4.4, 1]), np.array([1, 1, 0, 0])

    def pairs(rule: MatchingRule) -> list[list[int]]:
        return nearest_neighbours(measure, treated, rule=rule).pairs.tolist()

    assert pairs(MatchingRule()) == [[0, 2], [1, 3]]
    assert pairs(MatchingRule(order="smallest")) == [[0, 3], [1, 2]]
    assert pairs(MatchingRule(caliper=1.0)) == [[0, 2]]
    both: Matching = nearest_neighbours(measure, treated, rule=MatchingRule(replace=True))
    assert both.pairs.tolist() == [[0, 2], [1, 2]]
    assert both.weight.tolist() == [1, 1, 1, 0]
    lonely = nearest_neighbours(measure, treated, rule=MatchingRule(caliper=0.1))
    assert lonely.pairs.shape == (0, 2)
    assert lonely.unmatched.tolist() == [0, 1]
    assert lonely.warning == "2 treated patients have no control left"


def test_weights_of_several_controls_by_hand() -> None:
    """Treated 0 with controls 2 and 3, treated 1 with 4 alone: shares 1/2, 1/2, 1, scaled to sum to 3 controls."""
    measure, treated = np.array([0.0, 10.0, 0.1, -0.1, 10.2]), np.array([1, 1, 0, 0, 0])
    matching = nearest_neighbours(measure, treated, rule=MatchingRule(ratio=2, caliper=1.0))
    assert matching.pairs.tolist() == [[0, 2], [0, 3], [1, 4]] or matching.pairs.tolist() == [[0, 3], [0, 2], [1, 4]]
    np.testing.assert_allclose(matching.weight, [1, 1, 0.75, 0.75, 1.5])
    assert matching.short.tolist() == [1]


def test_the_caliper_is_fixed_before_matching() -> None:
    """Measures 0, 2 (treated) and 1, 3, 5 (controls): variance of all 3.7; of the groups 2 and 4, pooled 3."""
    measure, treated = np.array([0.0, 2, 1, 3, 5]), np.array([1, 1, 0, 0, 0])
    assert caliper_width(measure, treated, sds=0.5) == pytest.approx(0.5 * math.sqrt(3.7))
    assert caliper_width(measure, treated, of="pooled") == pytest.approx(0.2 * math.sqrt(3.0))
    # It does not depend on who gets matched: a matching with it leaves it as it is.
    rule = MatchingRule(caliper=caliper_width(measure, treated, sds=0.5))
    nearest_neighbours(measure, treated, rule=rule)
    assert rule.caliper == caliper_width(measure, treated, sds=0.5)


def test_whole_parts_of_distances_are_compared_only_when_asked() -> None:
    """A control 0.9 below and one 0.1 above: the nearer one; by whole parts, both 0, the lower one. The caliper holds
    either way, and from 1 on the whole parts tell them apart.
    """
    measure, treated = np.array([0.0, -0.9, 0.1]), np.array([1, 0, 0])

    def partner(below: float, **options: object) -> int:
        moved = np.array([measure[0], below, measure[2]])
        rule = MatchingRule(**options)  # type: ignore[arg-type]
        return int(nearest_neighbours(moved, treated, rule=rule).pairs[0, 1])

    assert partner(-0.9) == 2
    assert partner(-0.9, comparison="whole") == 1
    assert partner(-1.1, comparison="whole") == 2
    assert partner(-0.9, comparison="whole", caliper=0.5) == 2


def test_many_patients_quickly() -> None:
    """20,000 treated and 60,000 controls: sorted once, free neighbours found by shortened paths."""
    stream = np.random.default_rng(1)
    treated = np.arange(80_000) < 20_000
    measure = np.where(treated, stream.normal(0.5, 1, 80_000), stream.normal(0, 1, 80_000))
    matching = nearest_neighbours(measure, treated, rule=MatchingRule(caliper=0.2))
    assert matching.n_treated > 19_000
    assert np.unique(matching.pairs[:, 1]).size == len(matching.pairs)


def test_refuses_bad_input() -> None:
    measure, treated = np.arange(4.0), np.array([1, 0, 1, 0])
    for options in ({"ratio": 0}, {"ratio": 1.5}, {"order": "random"}, {"caliper": -1.0}, {"comparison": "near"}):
        with pytest.raises(EstimationError):
            MatchingRule(**options)
    with pytest.raises(EstimationError, match="must be finite"):
        nearest_neighbours([0, 1, math.nan, 2], treated)
    with pytest.raises(EstimationError, match="both with and without"):
        nearest_neighbours(measure, np.ones(4, dtype=bool))
    with pytest.raises(EstimationError, match="one distance measure"):
        nearest_neighbours(measure[:3], treated)
    with pytest.raises(EstimationError, match="strata"):
        nearest_neighbours(measure, treated, exact=["a", "b", "a", "b"])
    with pytest.raises(EstimationError, match="not negative"):
        caliper_width(measure, treated, sds=-1)
    with pytest.raises(EstimationError, match="unknown"):
        caliper_width(measure, treated, of="controls")  # type: ignore[arg-type]
    with pytest.raises(EstimationError, match="group of one"):
        caliper_width(measure, [1, 0, 0, 0], of="pooled")
