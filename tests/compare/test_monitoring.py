"""CUSUM, run lengths, funnel limits and overdispersion: by hand, against exact chains, brute force and R."""

from __future__ import annotations

import itertools
import json
import math
from fractions import Fraction
from pathlib import Path
from typing import Any

import numpy as np
import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from atrisk.compare.monitoring.cusum import observed_less_expected, risk_adjusted_cusum
from atrisk.compare.monitoring.cusum_limit import (
    average_run_length,
    limit_for_false_alarms,
    limit_for_run_length,
    signal_probability,
)
from atrisk.compare.monitoring.funnel import binomial_funnel, event_distribution, funnel
from atrisk.compare.monitoring.overdispersion import overdispersion, widened_limits
from atrisk.errors import EstimationError

R: dict[str, Any] = json.loads((Path(__file__).parent / "r" / "monitoring.json").read_text(encoding="utf-8"))


def test_cusum_by_hand() -> None:
    """Risk 1/2, odds ratio 3: an event adds log(3 / 2), none takes log 2; two events reach 0.8."""
    found = risk_adjusted_cusum([0, 1, 1, 1, 0], [0.5] * 5, limit=0.8, odds_ratio=3)
    up, down = math.log(1.5), -math.log(2)
    assert found.score == pytest.approx([down, up, up, up, down])
    assert found.value == pytest.approx([0, up, 2 * up, up, 0])
    assert found.signals.tolist() == [2]


@given(
    st.lists(st.tuples(st.booleans(), st.floats(0.01, 0.9)), min_size=1, max_size=60), st.sampled_from([0.5, 2.0, 4.0])
)
def test_cusum_against_the_likelihoods(rows: list[tuple[bool, float]], odds_ratio: float) -> None:
    """Up to the first signal the chart is the largest log likelihood ratio of the last operations, 0 at least."""
    event, risk = [row[0] for row in rows], [row[1] for row in rows]
    found = risk_adjusted_cusum(event, risk, limit=1.0, odds_ratio=odds_ratio)

    def ratio(y: bool, p: float) -> float:
        worse = odds_ratio * p / (1 - p) / (1 + odds_ratio * p / (1 - p))
        return math.log(worse / p) if y else math.log((1 - worse) / (1 - p))

    each = [ratio(y, p) for y, p in rows]
    until = int(found.signals[0]) + 1 if found.signals.size else len(rows)
    for t in range(until):
        assert found.value[t] == pytest.approx(max(0.0, max(sum(each[s : t + 1]) for s in range(t + 1))), abs=1e-9)
    if found.signals.size:
        assert found.value[until - 1] >= 1.0


def test_observed_less_expected_by_hand() -> None:
    found = observed_less_expected([1, 0], [0.2, 0.5])
    assert found.difference == pytest.approx([0.8, 0.3])
    assert found.vlad == pytest.approx([-0.8, -0.3])
    assert found.std_dev == pytest.approx([0.4, math.sqrt(0.16 + 0.25)])


def lattice(steps: int, up: int, p: Fraction) -> Fraction:
    """Mean number of operations until a walk on 0, 1, 2 ..., up by `up` with p, else down by 1, reaches `steps`."""
    rows = [[Fraction(0)] * (steps + 1) for _ in range(steps)]
    for state in range(steps):
        rows[state][state] += 1
        rows[state][steps] = Fraction(1)
        rows[state][max(state - 1, 0)] -= 1 - p
        if state + up < steps:
            rows[state][state + up] -= p
    for place in range(steps):
        pivot = next(row for row in range(place, steps) if rows[row][place] != 0)
        rows[place], rows[pivot] = rows[pivot], rows[place]
        rows[place] = [value / rows[place][place] for value in rows[place]]
        for other in range(steps):
            if other != place and rows[other][place] != 0:
                factor = rows[other][place]
                rows[other] = [a - factor * b for a, b in zip(rows[other], rows[place], strict=True)]
    return rows[0][steps]


@pytest.mark.parametrize("steps", [3, 5, 12])
def test_run_lengths_on_a_lattice_are_exact(steps: int) -> None:
    """With R = q^4 and p = (q - 1) / (R - 1) an event adds 3 log q, none takes log q: a walk on whole steps."""
    q = Fraction(11, 10)
    p = (q - 1) / (q**4 - 1)
    limit = (steps - 0.5) * math.log(q)
    found = average_run_length(limit, [float(p)], odds_ratio=float(q**4), states=2 * steps - 1)
    assert found == pytest.approx(float(lattice(steps, 3, p)), rel=1e-9)
    worse = q**4 * p / (1 - p + q**4 * p)
    later = average_run_length(
        limit, [float(p)], odds_ratio=float(q**4), true_odds_ratio=float(q**4), states=2 * steps - 1
    )
    assert later == pytest.approx(float(lattice(steps, 3, worse)), rel=1e-9)


@pytest.mark.parametrize("case", R["run_length"])
def test_run_lengths_against_simulation_in_r(case: dict[str, Any]) -> None:
    """Within four Monte Carlo errors of thousands of charts simulated in R."""
    found = average_run_length(case["limit"], R["risk"], odds_ratio=case["odds_ratio"], true_odds_ratio=case["true"])
    assert abs(found - case["mean"]) < 4 * case["error"]
    within = signal_probability(
        case["limit"], R["risk"], n=100, odds_ratio=case["odds_ratio"], true_odds_ratio=case["true"]
    )
    share = case["within_100"]
    assert abs(within - share) < 4 * math.sqrt(share * (1 - share) / case["times"])


def test_more_states_change_little() -> None:
    few, many = (average_run_length(2.0, R["risk"], states=states) for states in (200, 1000))
    assert few == pytest.approx(many, rel=0.005)


def test_limits_give_what_they_are_asked_for() -> None:
    limit = limit_for_run_length(400.0, R["risk"])
    assert average_run_length(limit, R["risk"]) == pytest.approx(400.0, rel=1e-3)
    better = limit_for_run_length(400.0, R["risk"], odds_ratio=0.5)
    assert average_run_length(better, R["risk"], odds_ratio=0.5) == pytest.approx(400.0, rel=1e-3)
    rare = limit_for_false_alarms(0.05, R["risk"], n=300)
    assert signal_probability(rare, R["risk"], n=300) == pytest.approx(0.05, rel=1e-3)
    assert average_run_length(1.0, [0.0]) == math.inf


def test_bad_charts_are_refused() -> None:
    for call, words in (
        (lambda: risk_adjusted_cusum([1], [1.2], limit=1.0), "between 0 and 1"),
        (lambda: risk_adjusted_cusum([2], [0.2], limit=1.0), "true or false"),
        (lambda: risk_adjusted_cusum([1], [0.2], limit=0.0), "above 0"),
        (lambda: risk_adjusted_cusum([1], [0.2], limit=1.0, odds_ratio=1.0), "not 1"),
        (lambda: average_run_length(0.0, [0.2]), "above 0"),
        (lambda: average_run_length(1.0, []), "need risks"),
        (lambda: average_run_length(1.0, [0.2], states=0), "states"),
        (lambda: signal_probability(1.0, [0.2], n=0), "whole number"),
        (lambda: limit_for_run_length(1.0, [0.2]), "above 1"),
        (lambda: limit_for_false_alarms(1.0, [0.2], n=5), "strictly between"),
    ):
        with pytest.raises(EstimationError, match=words):
            call()


@settings(max_examples=60)
@given(st.lists(st.floats(0, 1), max_size=8))
def test_the_distribution_of_events_against_every_outcome(risks: list[float]) -> None:
    expected = [0.0] * (len(risks) + 1)
    for outcome in itertools.product((0, 1), repeat=len(risks)):
        expected[sum(outcome)] += math.prod(p if y else 1 - p for y, p in zip(outcome, risks, strict=True))
    assert event_distribution(np.array(risks)) == pytest.approx(expected, abs=1e-12)


@pytest.mark.parametrize("case", R["binomial"])
def test_binomial_limits_against_r(case: dict[str, Any]) -> None:
    lower, upper = binomial_funnel(case["proportion"], case["n"], coverage=case["coverage"])
    assert lower == pytest.approx(case["lower"], rel=1e-9, abs=1e-12)
    assert upper == pytest.approx(case["upper"], rel=1e-9)


def test_with_equal_risks_the_funnel_is_binomial() -> None:
    source = np.random.Generator(np.random.PCG64(2))
    unit = np.repeat([0, 1, 2], [40, 100, 7])
    event = (source.random(147) < 0.3).astype(float)
    rate = event.mean()
    found = funnel(event, np.full(147, rate), unit)
    assert found.observed.tolist() == [int(event[unit == code].sum()) for code in range(3)]
    assert found.expected == pytest.approx(np.array([40, 100, 7]) * rate)
    assert found.rate == pytest.approx(found.observed / found.n)
    for place, coverage in enumerate((0.95, 0.998)):
        lower, upper = binomial_funnel(float(rate), [40, 100, 7], coverage=coverage)
        assert found.lower[place] == pytest.approx(lower / rate, rel=1e-9)
        assert found.upper[place] == pytest.approx(upper / rate, rel=1e-9)


def test_a_funnel_by_hand() -> None:
    """Unit 0: risks 1/2 and 1/4, no event: P(0) 3/8, E 3/4, variance 7/16. Unit 1: risk 1/5 with the event: 1/5."""
    found = funnel([0, 0, 1], [0.5, 0.25, 0.2], [0, 0, 1])
    assert found.ratio.tolist() == [0.0, 5.0]
    assert found.p_low == pytest.approx([3 / 8, 1.0])
    assert found.p_high == pytest.approx([1.0, 1 / 5])
    assert found.std_err == pytest.approx([math.sqrt(7 / 16) / 0.75, math.sqrt(0.16) / 0.2])
    assert found.rate == pytest.approx([0.0, 5 / 3])
    # F of unit 1: 0.8, 1. The quantile 0.975 is 1 less (1 - 0.975) / 0.2 of a step.
    assert found.upper[0, 1] == pytest.approx((1 - 0.025 / 0.2) / 0.2)
    assert found.lower[0, 1] == 0.0


def test_a_unit_without_risk_has_no_ratio() -> None:
    found = funnel([0, 1], [0.0, 0.5], [0, 1])
    assert math.isnan(found.ratio[0])
    assert math.isnan(found.upper[0, 0])
    assert np.isfinite(found.upper[:, 1]).all()


@pytest.mark.parametrize("case", R["overdispersion"])
def test_overdispersion_against_r(case: dict[str, Any]) -> None:
    found = overdispersion(R["deviation"], R["std_err"], winsorise=case["winsorise"])
    assert (found.phi, found.tau, found.p_value) == pytest.approx((case["phi"], case["tau"], case["p"]), rel=1e-9)


def test_limits_widened_by_hand() -> None:
    """Deviations -2, -1, 1, 2 with error 1: phi 10/4, tau^2 = (10 - 3) / (4 - 1)."""
    found = overdispersion([-2.0, -1.0, 1.0, 2.0], np.ones(4), winsorise=0.0)
    assert (found.phi, found.tau**2) == (2.5, pytest.approx(7 / 3))
    assert widened_limits([1.0], found)[1] == pytest.approx([1.959963984540054 * math.sqrt(10 / 3)])
    assert widened_limits([1.0], found, additive=False)[0] == pytest.approx([-1.959963984540054 * math.sqrt(2.5)])
    calm = overdispersion([-0.1, 0.1], np.ones(2))
    assert calm.tau == 0
    assert widened_limits([1.0], calm, additive=False)[1] == pytest.approx([1.959963984540054])


def test_bad_units_are_refused() -> None:
    for call, words in (
        (lambda: overdispersion([1.0], [1.0]), "at least two"),
        (lambda: overdispersion([1.0, 2.0], [1.0, 0.0]), "above 0"),
        (lambda: overdispersion([1.0, np.nan], [1.0, 1.0]), "finite"),
        (lambda: overdispersion([1.0, 2.0], [1.0, 1.0], winsorise=0.5), "winsorised"),
        (lambda: funnel([], [], []), "needs patients"),
        (lambda: binomial_funnel(1.5, [3]), "between 0 and 1"),
        (lambda: binomial_funnel(0.5, [0]), "whole numbers from 1"),
    ):
        with pytest.raises(EstimationError, match=words):
            call()
