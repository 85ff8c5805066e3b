"""The MaxCombo test against R's mvtnorm (oracle: another program), its edges, and its size by simulation."""

from __future__ import annotations

import json
import math
from pathlib import Path

import numpy as np
import pytest

from atrisk.compare.log_rank_family.joint_normal_tail import any_beyond
from atrisk.compare.log_rank_family.log_rank import log_rank, weighted_log_rank
from atrisk.compare.log_rank_family.max_combo import FOUR_WEIGHTS, max_combo
from atrisk.compare.log_rank_family.rank_weight import LOG_RANK, RankWeight
from atrisk.errors import EstimationError
from atrisk.summary.event_counts import EventCounts
from tests.verify.agreeing import reference_cases

R = json.loads((Path(__file__).parent / "r" / "max_combo.json").read_text(encoding="utf-8"))


def counts_of(dataset: str, columns: tuple[str, ...], value: int, *, stratum: str = "") -> EventCounts:
    """The counts of a data set of the reference: columns for time, event and group."""
    case = next(case.question for case in reference_cases() if case.question.dataset == dataset)
    used = case.complete([*columns, "ph.ecog"] if dataset == "lung" else columns)
    return EventCounts.of(
        used.numbers(columns[0]),
        used.equals(columns[1], value).astype(int),
        group=used.codes(columns[2])[0],
        stratum=used.codes(stratum)[0] if stratum else None,
    )


@pytest.mark.parametrize(
    ("name", "counts"),
    [
        ("lung-sex", counts_of("lung", ("time", "status", "sex"), 2)),
        ("lung-sex-by-ecog", counts_of("lung", ("time", "status", "sex"), 2, stratum="ph.ecog")),
        ("veteran-trt", counts_of("veteran", ("time", "status", "trt"), 1)),
        ("ovarian-rx", counts_of("ovarian", ("futime", "fustat", "rx"), 1)),
    ],
)
def test_against_numerical_integration_in_r(name: str, counts: EventCounts) -> None:
    """pmvnorm states its own error, here some 1e-7."""
    test = max_combo(counts)
    np.testing.assert_allclose(test.z, R[name]["z"], rtol=1e-9)
    assert test.p_value == pytest.approx(R[name]["p"], abs=max(3 * R[name]["error"], 2e-6 * R[name]["p"]))


def test_each_z_is_that_of_its_own_test() -> None:
    counts = counts_of("veteran", ("time", "status", "trt"), 1)
    test = max_combo(counts)
    for weight, z in zip(FOUR_WEIGHTS, test.z, strict=True):
        assert z**2 == pytest.approx(weighted_log_rank(counts, weight).chi_squared, rel=1e-10)
    assert test.statistic == np.abs(test.z).max()
    assert abs(test.z[test.strongest]) == test.statistic


def test_one_weight_is_the_log_rank_test_and_saying_it_twice_changes_nothing() -> None:
    counts = counts_of("ovarian", ("futime", "fustat", "rx"), 1)
    single = max_combo(counts, weights=[LOG_RANK])
    assert single.p_value == pytest.approx(log_rank(counts).p_value, rel=1e-12)
    assert max_combo(counts, weights=[LOG_RANK, LOG_RANK]).p_value == pytest.approx(single.p_value, rel=1e-9)


def test_a_weight_without_variance_does_not_count() -> None:
    """One event, at S(t-) = 1: the weight 1 - S is 0 there."""
    counts = EventCounts.of([1, 2, 3, 4], [1, 0, 0, 0], group=[0, 1, 0, 1])
    test = max_combo(counts)
    np.testing.assert_array_equal(np.isnan(test.z), [False, True, True, False])
    assert test.p_value == pytest.approx(log_rank(counts).p_value, rel=1e-9)
    nothing = max_combo(EventCounts.of([1, 2], [0, 0], group=[0, 1]))
    assert math.isnan(nothing.p_value)
    assert nothing.strongest == -1


def test_joint_tails_that_are_known() -> None:
    """Independent variables multiply, equal ones are one; erfc(m / sqrt 2) is the tail of one."""
    for m in (0.3, 1.96, 4.0, 9.0):
        one = math.erfc(m / math.sqrt(2))
        assert any_beyond(np.eye(1), m) == pytest.approx(one, rel=1e-12)
        assert any_beyond(np.ones((4, 4)), m) == pytest.approx(one, rel=1e-9)
        assert any_beyond(np.eye(3), m) == pytest.approx(-math.expm1(3 * math.log1p(-one)), rel=1e-7)
    # P(|X| > m or |Y| > m) with Y = (X + Z) / sqrt 2, by a fine sum over X.
    x = (np.arange(400_000) + 0.5) / 400_000 * 20 - 10
    density = np.exp(-(x**2) / 2) / math.sqrt(2 * math.pi) * 20 / 400_000
    tail = np.array([math.erfc(v / math.sqrt(2)) / 2 for v in np.linspace(-40, 40, 80_001)])

    def upper(values: np.ndarray) -> np.ndarray:
        return np.interp(values, np.linspace(-40, 40, 80_001), tail)

    m = 1.7
    within = (np.abs(x) <= m) * (1 - upper(m * math.sqrt(2) - x) - upper(m * math.sqrt(2) + x))
    expected = 1 - float(density @ within)
    half = 1 / math.sqrt(2)
    assert any_beyond(np.array([[1, half], [half, 1]]), m) == pytest.approx(expected, rel=1e-4)


@pytest.mark.parametrize(
    "call",
    [
        lambda: max_combo(EventCounts.of([1, 2, 3], [1, 1, 1], group=[0, 1, 2])),
        lambda: max_combo(EventCounts.of([1, 2], [1, 1], group=[0, 1]), weights=[]),
        lambda: max_combo(EventCounts.of([1, 2], [1, 1], group=[0, 1]), weights=[LOG_RANK] * 5),
        lambda: max_combo(EventCounts.of([1, 2], [1, 1], group=[0, 1], weight=[0.5, 1])),
        lambda: any_beyond(np.eye(5), 1.0),
        lambda: any_beyond(np.eye(2), math.nan),
    ],
)
def test_arguments_outside_their_domain_are_refused(call) -> None:
    with pytest.raises(EstimationError):
        call()


@pytest.mark.slow
def test_size_under_no_difference() -> None:
    """1,000 trials of two groups of 100, exponential times with censoring: 5% within three Monte Carlo errors."""
    rng = np.random.Generator(np.random.PCG64(20250101))
    rejected = 0
    for _ in range(1000):
        time, censor = rng.exponential(10, 200), rng.uniform(2, 25, 200)
        counts = EventCounts.of(np.minimum(time, censor), (time <= censor).astype(int), group=np.arange(200) % 2)
        rejected += max_combo(counts).p_value <= 0.05
    assert abs(rejected / 1000 - 0.05) <= 3 * math.sqrt(0.05 * 0.95 / 1000)


def test_late_differences_are_found_by_the_late_weight() -> None:
    """Hazards equal up to time 10, then 0.02 against 0.2: exact quantiles of 200 patients a group."""
    u = (np.arange(200) + 0.5) / 200
    cumulative = -np.log(u)
    late, early = (np.where(cumulative < 0.5, cumulative / 0.05, 10 + (cumulative - 0.5) / h) for h in (0.02, 0.2))
    time = np.minimum(np.concatenate((late, early)), 40)
    counts = EventCounts.of(time, (time < 40).astype(int), group=np.repeat([0, 1], 200))
    test = max_combo(counts)
    assert test.weights[test.strongest] == RankWeight("fleming-harrington", gamma=1)
    assert test.p_value < log_rank(counts).p_value
