"""The laws of event counts, and what they count."""

from __future__ import annotations

import itertools
from collections import Counter

import numpy as np
import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from atrisk.errors import EstimationError
from atrisk.summary import counts_by_time
from atrisk.summary.event_counts import EventCounts, Shape, snap_times

SHAPE = Shape(n_groups=3, n_strata=2, n_causes=2)
PARTS = ("time", "entered_before", "entries", "events", "censored")

patient = st.tuples(
    st.integers(0, 12),  # follow-up in days beyond the entry
    st.integers(0, 2),  # cause
    st.integers(0, 2),  # group
    st.integers(0, 1),  # stratum
    st.integers(0, 5),  # entry
)
patients = st.lists(patient, max_size=25)


def table(rows: list, *, delayed: bool = False, weighted: bool = False) -> EventCounts:
    length, cause, group, stratum, entry = np.array(rows, dtype=int).reshape(-1, 5).T
    return EventCounts.of(
        entry + length + 1 if delayed else length,
        cause,
        group=group,
        stratum=stratum,
        entry=entry if delayed else None,
        # Halves add without rounding, so that the laws hold exactly for weights too.
        weight=(entry + 1) / 2 if weighted else None,
        shape=SHAPE,
    )


def assert_same(left: EventCounts, right: EventCounts) -> None:
    for part in PARTS:
        np.testing.assert_array_equal(getattr(left, part), getattr(right, part), err_msg=part)


@given(patients, st.booleans(), st.booleans())
@settings(deadline=None)
def test_zero_is_neutral_on_both_sides(rows: list, delayed: bool, weighted: bool) -> None:
    counts = table(rows, delayed=delayed, weighted=weighted)
    assert_same(counts + EventCounts.zero(SHAPE), counts)
    assert_same(EventCounts.zero(SHAPE) + counts, counts)


@given(patients, patients, st.booleans(), st.booleans())
@settings(deadline=None)
def test_addition_commutes_and_equals_the_table_of_all_rows(
    left: list, right: list, delayed: bool, weighted: bool
) -> None:
    a, b = (table(rows, delayed=delayed, weighted=weighted) for rows in (left, right))
    assert_same(a + b, b + a)
    assert_same(a + b, table(left + right, delayed=delayed, weighted=weighted))


@given(patients, patients, patients)
@settings(deadline=None)
def test_addition_is_associative(first: list, second: list, third: list) -> None:
    # One part with entries from the start and two with delayed entry: mixtures add as well.
    a, b, c = table(first), table(second, delayed=True), table(third, delayed=True)
    assert_same((a + b) + c, a + (b + c))


@given(patients, st.randoms())
@settings(deadline=None)
def test_the_order_of_the_rows_changes_nothing(rows: list, random) -> None:
    shuffled = list(rows)
    random.shuffle(shuffled)
    assert_same(table(rows), table(shuffled))


@given(patients, st.booleans())
@settings(deadline=None)
def test_counts_against_counting_by_hand(rows: list, delayed: bool) -> None:
    counts = table(rows, delayed=delayed)
    for s in range(2):
        for g in range(3):
            mine = [row for row in rows if row[2] == g and row[3] == s]
            span = [(row[4], row[4] + row[0] + 1) if delayed else (-1, row[0]) for row in mine]
            assert counts.n[s, g] == len(mine)
            for i, t in enumerate(counts.time):
                assert counts.at_risk[s, g, i] == sum(entry < t <= leave for entry, leave in span)
                at_t = [row[1] for row, (_, leave) in zip(mine, span, strict=True) if leave == t]
                assert counts.censored[s, g, i] == at_t.count(0)
                assert [counts.events[c, s, g, i] for c in range(2)] == [at_t.count(1), at_t.count(2)]


def test_six_patients() -> None:
    """Times 2, 3, 3, 5, 5, 8; the event at 2, 3 and 5, so 6, 5, 3, 1 are at risk just before 2, 3, 5, 8."""
    counts = EventCounts.of([2, 3, 3, 5, 5, 8], [1, 1, 0, 1, 0, 0])
    np.testing.assert_array_equal(counts.time, [2, 3, 5, 8])
    np.testing.assert_array_equal(counts.at_risk[0, 0], [6, 5, 3, 1])
    np.testing.assert_array_equal(counts.events[0, 0, 0], [1, 1, 1, 0])
    np.testing.assert_array_equal(counts.censored[0, 0], [0, 1, 1, 1])
    assert counts.events.dtype == np.int64


def test_person_time_is_from_entry_to_exit() -> None:
    """Group 0: 0 to 4 and 2 to 5, so 4 + 3 = 7; group 1: 1 to 9, so 8; without delayed entry 9 and 9."""
    times = {"time": [4, 5, 9], "cause": [1, 0, 0], "group": [0, 0, 1]}
    np.testing.assert_array_equal(EventCounts.of(**times, entry=[-0.0, 2, 1]).person_time, [[7, 8]])
    np.testing.assert_array_equal(EventCounts.of(**times).person_time, [[9, 9]])


def test_views_of_the_table() -> None:
    counts = EventCounts.of([1, 2, 3, 4], [0, 1, 2, 1], group=[0, 1, 1, 0], stratum=[0, 0, 1, 1])
    np.testing.assert_array_equal(counts.any_cause().events[0].sum(axis=(0, 1)), [0, 1, 1, 1])
    np.testing.assert_array_equal(counts.of_cause(2).events[0].sum(axis=(0, 1)), [0, 0, 1, 0])
    np.testing.assert_array_equal(counts.of_cause(2).censored.sum(axis=(0, 1)), [1, 1, 0, 1])
    np.testing.assert_array_equal(counts.reversed().events[0].sum(axis=(0, 1)), [1, 0, 0, 0])
    np.testing.assert_array_equal(counts.over_strata().n, [[2, 2]])
    np.testing.assert_array_equal(counts.over_groups().n, [[2], [2]])
    np.testing.assert_array_equal(counts.over_groups().events[:, :, 0].sum(axis=1), [[0, 1, 0, 1], [0, 0, 1, 0]])
    np.testing.assert_array_equal(counts.of_groups(1, 0).n, [[1, 1], [1, 1]])
    np.testing.assert_array_equal(counts.of_stratum(1).exits[0].sum(axis=0), [0, 0, 1, 1])


def test_whole_and_fractional_times_are_binned_alike() -> None:
    """A far outlier takes the sorting path, the rest the counting path: the tables must not differ."""
    days = np.array([5, 3, 5, 0, 9])
    near = EventCounts.of(days, [1, 1, 0, 1, 0])
    far = EventCounts.of(np.append(days, 10_000_000), [1, 1, 0, 1, 0, 0])
    np.testing.assert_array_equal(far.time[:-1], near.time)
    np.testing.assert_array_equal(far.events[..., :-1], near.events)
    fractional = EventCounts.of(days / 8, [1, 1, 0, 1, 0])
    np.testing.assert_array_equal(fractional.time * 8, near.time)
    np.testing.assert_array_equal(fractional.events, near.events)


def test_arrays_cannot_be_written_and_arguments_stay_writable() -> None:
    time = np.array([1.0, 2.0])
    counts = EventCounts.of(time, [1, 0])
    with pytest.raises(ValueError, match="read-only"):
        counts.events[0, 0, 0, 0] = 7
    time[0] = 3.0
    assert counts.time[0] == 1.0


@pytest.mark.parametrize(
    "arguments",
    [
        {"time": [-1.0], "cause": [1]},
        {"time": [np.nan], "cause": [1]},
        {"time": [1.0, 2.0], "cause": [1]},
        {"time": [1.0], "cause": [-1]},
        {"time": [1.0], "cause": [0.5]},
        {"time": [1.0], "cause": [1], "entry": [1.0]},
        {"time": [1.0], "cause": [1], "weight": [-1.0]},
        {"time": [1.0], "cause": [1], "group": [3], "shape": Shape(n_groups=2)},
        {"time": [[1.0]], "cause": [1]},
        {"time": ["1", "2"], "cause": [1, 0]},
        {"time": [1.0, None], "cause": [1, 0]},
        {"time": np.array(["2024-01-01"], dtype="datetime64[D]"), "cause": [1]},
        {"time": [1.0], "cause": ["1"]},
        {"time": [1.0], "cause": [np.nan]},
        {"time": [1.0], "cause": [1], "entry": ["0"]},
        {"time": [1.0], "cause": [1], "weight": ["2"]},
    ],
)
def test_impossible_patients_are_refused(arguments: dict) -> None:
    with pytest.raises(EstimationError):
        EventCounts.of(**arguments)


def test_tables_of_different_shapes_do_not_add() -> None:
    with pytest.raises(EstimationError, match="shape"):
        EventCounts.of([1], [1]) + EventCounts.of([1], [2])


def test_snapping_joins_times_that_differ_by_rounding() -> None:
    """By R's rule: 0.1 + 0.2 and 0.3 are tied (gap 5.6e-17); 1 and 1 + 1e-6 are not."""
    snapped = snap_times([0.3, 0.1 + 0.2, 1.0, 1.0 + 1e-6])
    np.testing.assert_array_equal(snapped, [0.3, 0.3, 1.0, 1.0 + 1e-6])
    # The mean absolute time sets the scale: at 1e6 a gap of 0.001 is within 1.49e-8 x 1e6.
    np.testing.assert_array_equal(snap_times([1e6, 1e6 + 0.001]), [1e6, 1e6])
    # Whole numbers are 1 apart, which is within the tolerance of 1.49e-8 times their mean from 7e7 on.
    np.testing.assert_array_equal(snap_times([1e8, 1e8 + 1]), [1e8, 1e8])
    np.testing.assert_array_equal(snap_times([6e7, 6e7 + 1, 3.0]), [6e7, 6e7 + 1, 3.0])
    # A run of ties takes its lowest time, and all values of a stack are compared with each other.
    np.testing.assert_array_equal(snap_times([[1.0, 2.0], [1.0 + 1e-9, 1.0 + 2e-9]]), [[1.0, 2.0], [1.0, 1.0]])


@given(
    n=st.integers(1, 60),
    seed=st.integers(0, 1000),
    at_a_time=st.integers(1, 70),
    few=st.sampled_from([0, 1_000_000]),
    late=st.booleans(),
)
def test_counting_by_day_is_counting(n: int, seed: int, at_a_time: int, few: int, late: bool) -> None:
    """Whole days are counted in parts into bins; a dictionary counts the same patients one by one."""
    stream = np.random.default_rng(seed)
    entry = stream.integers(0, 30, n)
    time = entry + stream.integers(1, 300 if few else 10**7, n)
    cause, group, stratum = stream.integers(0, 3, n), stream.integers(0, 2, n), stream.integers(0, 3, n)
    with pytest.MonkeyPatch.context() as patch:
        patch.setattr(counts_by_time, "_AT_A_TIME", at_a_time)
        patch.setattr(counts_by_time, "_FEW_CELLS", few)
        shape = Shape(n_groups=2, n_strata=3, n_causes=2)
        found = EventCounts.of(time, cause, group=group, stratum=stratum, entry=entry if late else None, shape=shape)
    exits = Counter(zip(time.tolist(), cause.tolist(), stratum.tolist(), group.tolist(), strict=True))
    entries = Counter(zip(entry.tolist(), stratum.tolist(), group.tolist(), strict=True)) if late else Counter()
    assert found.time.tolist() == sorted({key[0] for key in (*exits, *entries)})
    for t, s, g in itertools.product(range(found.time.size), range(3), range(2)):
        at = int(found.time[t])
        assert found.censored[s, g, t] == exits[at, 0, s, g]
        assert [found.events[k, s, g, t] for k in (0, 1)] == [exits[at, k, s, g] for k in (1, 2)]
        assert found.entries[s, g, t] == entries[at, s, g]
    if not late:
        assert found.entered_before.sum() == n
