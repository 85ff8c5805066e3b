"""Gray's test against its definition written out, the log-rank test, and its invariances (against R: tests/verify)."""

from __future__ import annotations

import numpy as np
import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from atrisk.compare.cumulative_incidence.gray import gray
from atrisk.compare.log_rank_family.log_rank import log_rank
from atrisk.errors import EstimationError
from atrisk.summary.event_counts import EventCounts, Shape

patients = st.lists(
    st.tuples(st.integers(1, 12), st.integers(0, 2), st.integers(0, 2)), min_size=6, max_size=40
).filter(lambda rows: len({group for *_, group in rows}) == 3)


def table(rows: list) -> EventCounts:
    time, cause, group = (np.array(column) for column in zip(*rows, strict=True))
    return EventCounts.of(time, cause, group=group, shape=Shape(n_groups=3, n_causes=2))


def slow_scores(time: np.ndarray, cause: np.ndarray, group: np.ndarray, rho: float) -> np.ndarray:
    """z_i = sum (1 - F(t-))^rho (d_i - d R_i / R), R_i = n_i (1 - F_i(t-)) / S_i(t-), group by group and time by
    time (Gray 1988, section 2)."""
    groups = int(group.max()) + 1
    survival, incidence, pooled, z = np.ones(groups), np.zeros(groups), 0.0, np.zeros(groups)
    for t in np.unique(time[cause > 0]):
        n = np.array([np.sum((time >= t) & (group == g)) for g in range(groups)])
        own = np.array([np.sum((time == t) & (cause == 1) & (group == g)) for g in range(groups)])
        other = np.array([np.sum((time == t) & (cause == 2) & (group == g)) for g in range(groups)])
        free = np.array([n[g] * (1 - incidence[g]) / survival[g] if n[g] else 0.0 for g in range(groups)])
        if free.sum() > 0:
            z += (1 - pooled) ** rho * (own - own.sum() * free / free.sum())
        pooled += own.sum() / sum(n[g] / survival[g] for g in range(groups) if n[g])
        for g in range(groups):
            if n[g]:
                incidence[g] += survival[g] * own[g] / n[g]
                survival[g] *= 1 - (own[g] + other[g]) / n[g]
    return z


@given(patients, st.sampled_from([0.0, 1.0]))
@settings(deadline=None)
def test_scores_are_those_of_the_definition(rows: list, rho: float) -> None:
    time, cause, group = (np.array(column) for column in zip(*rows, strict=True))
    found = gray(table(rows), 1, rho=rho)
    np.testing.assert_allclose(found.score, slow_scores(time, cause, group, rho), rtol=1e-9, atol=1e-9)
    assert abs(found.score.sum()) < 1e-9


def test_without_competing_events_the_scores_are_those_of_the_log_rank_test() -> None:
    """One cause: 1 - F_i = S_i, so R_i = n_i and z = O - E."""
    random = np.random.default_rng(3)
    time, group = random.integers(1, 30, 200), random.integers(0, 2, 200)
    cause = random.integers(0, 2, 200)
    counts = EventCounts.of(time, cause, group=group)
    ours, usual = gray(counts, 1), log_rank(counts)
    np.testing.assert_allclose(ours.score, usual.observed - usual.expected, rtol=1e-10)
    # The variances differ in how they treat ties; with 200 patients by a few per cent.
    assert ours.chi_squared == pytest.approx(usual.chi_squared, rel=0.1)


@given(patients)
@settings(deadline=None)
def test_relabelling_groups_permutes_the_scores_and_keeps_the_test(rows: list) -> None:
    one = gray(table(rows), 1)
    other = gray(table([(t, c, (g + 1) % 3) for t, c, g in rows]), 1)
    np.testing.assert_allclose(other.score[[1, 2, 0]], one.score, atol=1e-10)
    np.testing.assert_allclose(other.covariance[np.ix_([1, 2, 0], [1, 2, 0])], one.covariance, atol=1e-9)
    assert one.df == other.df
    if one.df == 2:
        assert other.chi_squared == pytest.approx(one.chi_squared, rel=1e-6)


def test_strata_add_up() -> None:
    random = np.random.default_rng(4)
    rows = [(int(t), int(c), int(g)) for t, c, g in random.integers((1, 0, 0), (20, 3, 3), (80, 3))]
    stratum = random.integers(0, 2, 80)
    whole = gray(_stratified(rows, stratum), 2)
    parts = [gray(table([row for row, s in zip(rows, stratum, strict=True) if s == k]), 2) for k in (0, 1)]
    np.testing.assert_allclose(whole.score, parts[0].score + parts[1].score, atol=1e-12)
    np.testing.assert_allclose(whole.covariance, parts[0].covariance + parts[1].covariance, atol=1e-12)


def _stratified(rows: list, stratum: np.ndarray) -> EventCounts:
    time, cause, group = (np.array(column) for column in zip(*rows, strict=True))
    shape = Shape(n_groups=3, n_causes=2, n_strata=2)
    return EventCounts.of(time, cause, group=group, stratum=stratum, shape=shape)


def test_nothing_to_compare() -> None:
    alone = gray(EventCounts.of([1.0, 2], [1, 2], shape=Shape(n_groups=2, n_causes=2)), 1)
    assert np.isnan(alone.p_value)
    assert alone.df == 0
    none = gray(EventCounts.of([1.0, 2], [0, 2], group=[0, 1], shape=Shape(n_groups=2, n_causes=2)), 1)
    assert np.isnan(none.p_value)
    empty = gray(EventCounts.zero(Shape(n_groups=2)), 1)
    assert np.isnan(empty.p_value)


def test_what_the_test_is_not_for() -> None:
    late = EventCounts.of([2.0, 3], [1, 1], group=[0, 1], entry=[0.0, 1])
    heavy = EventCounts.of([2.0, 3], [1, 1], group=[0, 1], weight=[0.5, 1])
    plain = EventCounts.of([2.0, 3], [1, 1], group=[0, 1])
    for counts, cause, rho in ((late, 1, 0.0), (heavy, 1, 0.0), (plain, 2, 0.0), (plain, 0, 0.0), (plain, 1, np.nan)):
        with pytest.raises(EstimationError):
            gray(counts, cause, rho=rho)


@pytest.mark.slow
def test_size_under_the_hypothesis() -> None:
    """5 % of 2,000 trials of two groups of 100 with 40 % competing events: within 4 Monte-Carlo errors (0.5 %)."""
    random = np.random.default_rng(8)
    rejected = 0
    for _ in range(2000):
        group = np.repeat([0, 1], 100)
        event, lost = random.exponential(1.0, 200), random.exponential(2.0, 200)
        cause = np.where(lost < event, 0, 1 + (random.random(200) < 0.4))
        rejected += gray(EventCounts.of(np.minimum(event, lost), cause, group=group), 1).p_value < 0.05
    assert abs(rejected / 2000 - 0.05) < 0.02
