"""Net survival by hand, against a loop over patients and days, and its laws (against R: tests/verify)."""

from __future__ import annotations

import math

import numpy as np
import pytest

from atrisk.errors import EstimationError
from atrisk.estimate.relative_survival.expected_survival import expected_survival
from atrisk.estimate.relative_survival.net_survival import NetSurvivalOptions, net_survival, net_survival_at
from atrisk.estimate.relative_survival.rate_table import Demographics, RateTable
from atrisk.estimate.survival_curve.follow_up_rows import FollowUpRows
from atrisk.estimate.survival_curve.kaplan_meier import kaplan_meier
from atrisk.summary.event_counts import EventCounts

METHODS = ("pohar-perme", "ederer1", "ederer2")


def table_of(hazard: np.ndarray) -> RateTable:
    """Ages 0, 1, ... years, calendar years from 1970 on, strata by number."""
    ages, years = np.arange(hazard.shape[1]) * 365.25, np.arange(hazard.shape[2]) * 365.0
    return RateTable(hazard, ages, years, tuple(str(i) for i in range(hazard.shape[0])))


def cohort(n: int, seed: int) -> tuple[FollowUpRows, Demographics, RateTable]:
    random = np.random.Generator(np.random.PCG64(seed))
    rows = FollowUpRows.of(random.integers(1, 900, n), random.integers(0, 2, n))
    people = Demographics.of(random.integers(0, 1200, n), random.integers(-100, 900, n), random.integers(0, 2, n))
    return rows, people, table_of(random.uniform(1e-5, 2e-3, (2, 4, 3)))


def test_two_strata_of_constant_hazard_by_hand() -> None:
    """Hazards 0.1 and 0.2 a day; a (0.1) dies on day 1, b (0.2) on day 2. Ederer II: 1 - 1/2 + 0.15 = 0.65, then
    0.65 (1 - 1 + 0.2) = 0.13. Pohar Perme, day 1: w = e^0.1, e^0.2; a = w_a / (w_a + w_b); b the mean of 0.15 and
    (0.1 w_a + 0.2 w_b) / (w_a + w_b). Ederer I: 1/2 over (e^-0.1 + e^-0.2) / 2."""
    rows, people = FollowUpRows.of([1, 2], [1, 1]), Demographics.of([0, 0], [0, 0], [0, 1])
    table = table_of(np.array([0.1, 0.2]).reshape(2, 1, 1))
    found = {one: net_survival(rows, people, table, options=NetSurvivalOptions(method=one))[0] for one in METHODS}
    np.testing.assert_allclose(found["ederer2"].survival, [0.65, 0.13], rtol=1e-14)
    np.testing.assert_allclose(found["ederer2"].std_err, [0.65 * 0.5, 0.13 * math.sqrt(0.25 + 1)], rtol=1e-14)
    wa, wb = math.exp(0.1), math.exp(0.2)
    expected = (0.15 + (0.1 * wa + 0.2 * wb) / (wa + wb)) / 2
    assert found["pohar-perme"].survival[0] == pytest.approx(1 - wa / (wa + wb) + expected, rel=1e-14)
    assert found["pohar-perme"].survival[1] == pytest.approx(found["pohar-perme"].survival[0] * 0.2, rel=1e-14)
    assert found["ederer1"].survival[0] == pytest.approx(0.5 / ((math.exp(-0.1) + math.exp(-0.2)) / 2), rel=1e-14)


def slow(rows: FollowUpRows, people: Demographics, table: RateTable, *, weighted: bool, running: bool) -> list[float]:
    """One patient and one day after the other."""

    def rate(i: int, day: int) -> float:
        age = max(a for a, start in enumerate(table.age_from) if people.age[i] + day >= start)
        year = max((y for y, start in enumerate(table.year_from) if people.date[i] + day >= start), default=0)
        return float(table.hazard[people.stratum[i], age, year])

    cumulative, survival, values, last = [0.0] * rows.time.size, 1.0, [], 0
    for now in sorted(set(rows.time.astype(int).tolist())):
        still = [i for i in range(rows.time.size) if rows.time[i] >= now]
        expected, sums = 0.0, [[0.0, 0.0], [0.0, 0.0]]
        for day in range(last, now):
            rates = {i: rate(i, day) for i in still}
            if not running:
                sums = [[0.0, 0.0], [0.0, 0.0]]
            for side in (0, 1):
                for i in still:
                    weight = math.exp(cumulative[i] + side * rates[i]) if weighted else 1.0
                    sums[side][0] += weight * rates[i]
                    sums[side][1] += weight
                expected += sums[side][0] / sums[side][1] / 2
            for i in still:
                cumulative[i] += rates[i]
        weights = {i: math.exp(cumulative[i]) if weighted else 1.0 for i in still}
        dying = sum(weights[i] for i in still if rows.time[i] == now and rows.event[i])
        survival *= 1 - dying / sum(weights.values()) + expected
        values.append(survival)
        last = now
    return values


@pytest.mark.parametrize("running", [False, True])
@pytest.mark.parametrize("method", ["pohar-perme", "ederer2"])
def test_equals_a_loop_over_patients_and_days(method: str, running: bool) -> None:
    rows, people, table = cohort(12, 3)
    options = NetSurvivalOptions(method=method, integration="running" if running else "daily")
    (curve,) = net_survival(rows, people, table, options=options)
    weighted = method == "pohar-perme"
    expected = slow(rows, people, table, weighted=weighted, running=running and weighted)
    np.testing.assert_allclose(curve.survival, expected, rtol=1e-11)


def test_expected_survival_steps_at_the_fraction_of_a_day() -> None:
    """Hazard 0.1 to the first birthday, 0.3 after it: 0.25 of a day and 0.75 of the second day."""
    table = table_of(np.array([0.1, 0.3]).reshape(1, 2, 1))
    found = expected_survival(table, Demographics.of([364], [0], [0]), [1, 2])
    np.testing.assert_allclose(found, np.exp([-0.1, -(0.1 * 1.25 + 0.3 * 0.75)]), rtol=1e-14)


@pytest.mark.parametrize("method", METHODS)
def test_without_population_mortality_it_is_kaplan_meier(method: str) -> None:
    rows, people, table = cohort(40, 5)
    free = RateTable(np.zeros_like(table.hazard), table.age_from, table.year_from, table.strata)
    (curve,) = net_survival(rows, people, free, options=NetSurvivalOptions(method=method))
    (km,) = kaplan_meier(EventCounts.of(rows.time, rows.event))
    np.testing.assert_allclose(curve.survival, km.survival, rtol=1e-12, atol=1e-15)


@pytest.mark.parametrize("method", METHODS)
def test_the_order_of_rows_changes_nothing(method: str) -> None:
    rows, people, table = cohort(40, 7)
    order = np.random.Generator(np.random.PCG64(8)).permutation(40)
    moved = FollowUpRows.of(rows.time[order], rows.event[order])
    others = Demographics.of(people.age[order], people.date[order], people.stratum[order])
    options = NetSurvivalOptions(method=method)
    (one,), (two,) = (net_survival(r, p, table, options=options) for r, p in ((rows, people), (moved, others)))
    np.testing.assert_array_equal(one.survival, two.survival)
    np.testing.assert_array_equal(one.std_err[one.survival > 0], two.std_err[two.survival > 0])


def test_equal_people_have_equal_weights() -> None:
    """With one hazard for all, weights cancel: Pohar Perme is Ederer II, under either rule of integration."""
    rows, people, _ = cohort(30, 9)
    table = table_of(np.full((2, 4, 3), 4e-4))
    (ederer,) = net_survival(rows, people, table, options=NetSurvivalOptions(method="ederer2"))
    for rule in ("daily", "running"):
        (curve,) = net_survival(rows, people, table, options=NetSurvivalOptions(integration=rule))
        np.testing.assert_allclose(curve.survival, ederer.survival, rtol=1e-12)


def test_refuses_what_it_cannot_take() -> None:
    rows, people, table = cohort(10, 11)
    with pytest.raises(EstimationError, match="calendar years"):
        net_survival(rows, people, table, options=NetSurvivalOptions(refuse_outside=True))
    with pytest.raises(EstimationError, match="exactly once"):
        RateTable.of([0, 0, 1], ["f", "f", "f"], [1970, 1970, 1970], [0.1, 0.1, 0.2])
    with pytest.raises(EstimationError, match="finite and not negative"):
        table_of(np.array([[[np.nan]]]))
    with pytest.raises(EstimationError, match="delayed entry"):
        net_survival(FollowUpRows.of([2], [1], entry=[1]), people, table)


def test_beyond_the_last_follow_up_is_not_estimable() -> None:
    rows, people, table = cohort(10, 13)
    (curve,) = net_survival(rows, people, table)
    marks = net_survival_at(curve, [0, 5_000])
    assert marks.estimable.tolist() == [True, False]
    assert marks.estimate[0] == 1.0
    assert np.isnan(marks.estimate[1])
