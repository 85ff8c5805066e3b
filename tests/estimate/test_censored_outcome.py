"""Events imputed after censoring: a slow oracle, laws, and what delta 0 must give back."""

from __future__ import annotations

import math
from dataclasses import replace

import numpy as np
import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from atrisk.errors import EstimationError
from atrisk.estimate.imputation.censored_outcome import AfterCensoring, impute_after_censoring
from atrisk.estimate.imputation.rubin import pool
from atrisk.estimate.random_stream import streams
from atrisk.estimate.survival_curve.follow_up_rows import FollowUpRows
from atrisk.estimate.survival_curve.kaplan_meier import kaplan_meier, survival_at
from atrisk.summary.event_counts import EventCounts

patients = st.lists(
    st.tuples(st.integers(1, 8), st.booleans(), st.integers(0, 1), st.booleans()), min_size=1, max_size=14
)


def rows_of(listed: list[tuple[int, bool, int, bool]]) -> tuple[FollowUpRows, np.ndarray]:
    time, event, group, moved = (np.array(column) for column in zip(*listed, strict=True))
    return FollowUpRows.of(time.astype(float), event, group=group), moved


def slow(rows: FollowUpRows, assumed: AfterCensoring, number: int) -> list[tuple[float, int]]:
    """One data set by the definition, patient by patient, from the same stream (oracle: ourselves, slowly)."""
    stream = streams(assumed.seed, assumed.m)[number]
    draws: dict[int, list[int]] = {}
    for code in sorted(set(rows.group.tolist())):
        own = [i for i in range(rows.time.size) if rows.group[i] == code]
        draws[code] = [own[math.floor(u * len(own))] for u in stream.uniform(len(own))]
    luck = stream.uniform(rows.time.size)
    found = []
    for i in range(rows.time.size):
        c, own = float(rows.time[i]), draws[int(rows.group[i])]
        if rows.event[i] or not assumed.moved[i] or c >= assumed.until:
            found.append((c, int(rows.event[i])))
            continue

        def survival(t: float, own: list[int] = own) -> float:
            s = 1.0
            for step in sorted({float(rows.time[j]) for j in own if rows.event[j] and rows.time[j] <= t}):
                n = sum(rows.time[j] >= step for j in own)
                s *= 1 - sum(rows.time[j] == step and rows.event[j] for j in own) / n
            return s

        end = min(assumed.until, max(float(rows.time[j]) for j in own))
        there = survival(c)
        later = [
            t
            for t in sorted({float(rows.time[j]) for j in own})
            if c < t <= end and there > 0 and (survival(t) / there) ** math.exp(assumed.delta) <= luck[i]
        ]
        found.append((later[0], 1) if later else (max(c, end), 0))
    return found


@settings(max_examples=150, deadline=None)
@given(patients, st.integers(0, 100), st.sampled_from([-1.0, 0.0, 0.7]), st.sampled_from([3.0, 6.0, 20.0]))
def test_against_the_definition(
    listed: list[tuple[int, bool, int, bool]], seed: int, delta: float, until: float
) -> None:
    rows, moved = rows_of(listed)
    assumed = AfterCensoring(moved, until, seed, delta=delta, m=2)
    found = impute_after_censoring(rows, assumed)
    for number in range(2):
        expected = slow(rows, assumed, number)
        assert list(zip(found.time[number].tolist(), found.event[number].tolist(), strict=True)) == expected
    assert np.array_equal(found.n_imputed, found.event.sum(axis=1) - rows.event.sum())


@settings(max_examples=100, deadline=None)
@given(patients, st.integers(0, 100))
def test_what_holds_of_every_imputation(listed: list[tuple[int, bool, int, bool]], seed: int) -> None:
    """What was observed stays, follow-up only grows, and a higher delta brings events forward."""
    rows, moved = rows_of(listed)
    assumed = AfterCensoring(moved, 6.0, seed, m=3)
    low, high = (impute_after_censoring(rows, replace(assumed, delta=delta)) for delta in (-0.5, 1.0))
    for found in (low, high):
        seen = (rows.event == 1) | ~moved
        assert np.all(found.time[:, seen] == rows.time[seen])
        assert np.all(found.event[:, seen] == rows.event[seen])
        assert np.all(found.time >= rows.time)
    assert np.all(high.time <= low.time)
    assert np.all(high.event >= low.event)
    longer = impute_after_censoring(rows, replace(assumed, m=5))
    assert longer.time[:3].tobytes() == impute_after_censoring(rows, assumed).time.tobytes()


def simulated(seed: int, n: int) -> FollowUpRows:
    source = np.random.Generator(np.random.PCG64(seed))
    time, lost = source.exponential(1.0, n), 2 * source.random(n)
    return FollowUpRows.of(np.minimum(time, lost), (time <= lost).astype(int))


def test_delta_0_gives_back_the_kaplan_meier_curve_and_its_error() -> None:
    """Survival pooled over 200 data sets of 300 patients: the estimate within four Monte Carlo errors, B / m."""
    rows = simulated(2, 300)
    everyone = np.ones(300, dtype=bool)
    found = impute_after_censoring(rows, AfterCensoring(everyone, 1.0, 5, m=200))
    marks = [
        survival_at(kaplan_meier(EventCounts.of(time, event))[0], [0.5, 1.0])
        for time, event in zip(found.time, found.event, strict=True)
    ]
    pooled = pool([mark.estimate for mark in marks], [mark.std_err**2 for mark in marks])
    plain = survival_at(kaplan_meier(rows.counts(weighted=False))[0], [0.5, 1.0])
    assert np.all(np.abs(pooled.estimate - plain.estimate) < 4 * np.sqrt(pooled.between / 200))
    assert pooled.std_err == pytest.approx(plain.std_err, rel=0.1)


def test_delta_multiplies_the_hazard() -> None:
    """4,000 patients with hazard 1 up to loss at u; afterwards 2: survival to 1 given loss at u is exp(-2 (1 - u))."""
    rows = simulated(7, 4000)
    everyone = np.ones(4000, dtype=bool)
    found = impute_after_censoring(rows, AfterCensoring(everyone, 1.0, 1, delta=math.log(2), m=2))
    lost = (rows.event == 0) & (rows.time < 1.0)
    expected = np.exp(-2 * (1 - rows.time[lost])).mean()
    # 700 patients twice, and a curve drawn twice: a standard error of about 0.025.
    assert (1 - found.event[:, lost]).mean() == pytest.approx(expected, abs=0.08)


def test_a_cox_model_imputes_by_covariates() -> None:
    """Hazard exp(x), x 0 or 1, groups alike: those with x = 1 survive their loss at u to 1 with exp(-e (1 - u))."""
    source = np.random.Generator(np.random.PCG64(9))
    x = source.integers(0, 2, 4000).astype(float)
    time, lost = source.exponential(1.0, 4000) / np.exp(x), 2 * source.random(4000)
    group = source.integers(0, 2, 4000)
    rows = FollowUpRows.of(np.minimum(time, lost), (time <= lost).astype(int), group=group)
    everyone = np.ones(4000, dtype=bool)
    found = impute_after_censoring(rows, AfterCensoring(everyone, 1.0, 1, m=2), covariates=x[:, None])
    for level in (0.0, 1.0):
        of = (rows.event == 0) & (rows.time < 1.0) & (x == level)
        expected = np.exp(-np.exp(level) * (1 - rows.time[of])).mean()
        assert (1 - found.event[:, of]).mean() == pytest.approx(expected, abs=0.08)


def test_delayed_entry_counts_in_the_curve() -> None:
    """All who are drawn enter at 2 and one of two dies at 3, or nobody is there: nothing happens before 2."""
    rows = FollowUpRows.of([3.0, 4.0, 1.0], [1, 0, 0], entry=[2.0, 2.0, 0.5])
    moved = np.array([False, False, True])
    found = impute_after_censoring(rows, AfterCensoring(moved, 5.0, 3, m=50))
    assert set(found.time[:, 2]) <= {1.0, 3.0, 4.0}
    assert set(found.time[found.event[:, 2] == 1, 2]) == {3.0}


def test_bad_questions_are_refused() -> None:
    rows = FollowUpRows.of([1.0, 2.0], [1, 0])
    flags = np.ones(2, dtype=bool)
    for bad, words in (
        ({"moved": np.ones(2)}, "true or false"),
        ({"moved": flags, "until": 0.0}, "above 0"),
        ({"moved": flags, "delta": math.inf}, "finite"),
        ({"moved": flags, "m": 0}, "whole number"),
    ):
        with pytest.raises(EstimationError, match=words):
            AfterCensoring(**{"until": 1.0, "seed": 1, **bad})
    with pytest.raises(EstimationError, match="every patient"):
        impute_after_censoring(rows, AfterCensoring(flags[:1], 1.0, 1))
    weighted = FollowUpRows.of([1.0, 2.0], [1, 0], weight=[1.0, 2.0])
    with pytest.raises(EstimationError, match="without weights"):
        impute_after_censoring(weighted, AfterCensoring(flags, 1.0, 1))
    with pytest.raises(EstimationError, match="no finite coefficients"):
        impute_after_censoring(rows, AfterCensoring(flags, 1.0, 1), covariates=[[1.0], [1.0]])
