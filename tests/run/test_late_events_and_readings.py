"""Events after the date of censoring, grades from one index alone, and published figures that are our reading."""

from __future__ import annotations

from dataclasses import replace

import numpy as np

from atrisk.result.row import finish
from atrisk.run.baseline import baseline_rows
from atrisk.run.late_events import completeness_rows, late_event_rows
from tests.run.test_result_rows import followed, frame, value
from tests.run.test_strata_and_estimates import levels


def test_late_events_are_counted_by_group_and_cause() -> None:
    """In A one own event is late, in B one competing event; an early event and a censored patient are not."""
    outcome = replace(
        followed([1, 2, 3, 4, 5], [1, 1, 0, 2, 1], ("event", "death")),
        after_censoring=np.array([True, False, False, True, False]),
        no_censoring=np.array([False, True, True, False, False]),
    )
    rows = finish(late_event_rows(frame([0, 0, 0, 1, 1]), outcome, "last_scan"))
    found = {(row.group, row.cause): row.value for row in rows if row.statistic == "n_after_censoring"}
    assert found == {("", ""): 1, ("", "death"): 1, ("A", ""): 1, ("A", "death"): 0, ("B", ""): 0, ("B", "death"): 1}
    assert {row.convention for row in rows} == {"censored at last_scan"}
    alone = {row.group: row.value for row in rows if row.statistic == "n_without_censoring_date"}
    assert alone == {"": 1, "A": 1, "B": 0}, "the censored patient without a date is excluded, not counted"


def test_many_late_events_are_a_warning_once() -> None:
    """2 of 20 events are a tenth and no warning; 3 of 20 are one, on the row of everybody's own event."""
    early = followed([1] * 20, [1] * 20)
    for n_late in (2, 3):
        late = np.arange(20) < n_late
        outcome = replace(early, after_censoring=late, no_censoring=np.zeros(20, dtype=bool))
        rows = finish(late_event_rows(frame([0, 1] * 10), outcome, "last_contact"))
        warned = [(row.group, row.statistic) for row in rows if row.warning]
        assert warned == ([("", "n_after_censoring")] if n_late == 3 else [])
    (row,) = [row for row in rows if row.warning]
    assert row.warning.startswith("3 of 20 events")
    assert row.warning.endswith("survival lower than they are")


def test_late_events_within_strata() -> None:
    outcome = replace(
        followed([1, 2, 3, 4], [1, 1, 1, 1]),
        after_censoring=np.array([True, False, True, True]),
        no_censoring=np.zeros(4, dtype=bool),
    )
    parts = replace(frame([0, 1, 0, 1], strata=("X", "Y")), stratum=np.array([0, 0, 1, 1]))
    rows = finish(late_event_rows(parts, outcome, "seen"))
    found = {(row.stratum, row.group): row.value for row in rows if row.statistic == "n_after_censoring"}
    assert {place: count for place, count in found.items() if place[0]} == {
        ("X", ""): 1, ("X", "A"): 1, ("X", "B"): 0, ("Y", ""): 2, ("Y", "A"): 1, ("Y", "B"): 1,
    }  # fmt: skip


def test_completeness_by_hand() -> None:
    """A: died at 4, lost at 6 of 10: (4 + 6) / (4 + 10). B: followed to the cut at 10; entered at 2, lost at 5 of 10:
    (10 + 3) / (10 + 8). The fifth patient has no follow-up."""
    outcome = replace(
        followed([4, 6, 10, 5, np.nan], [1, 0, 0, 0, 0]),
        potential=np.array([4.0, 10, 10, 10, np.nan]),
        entry=np.array([0.0, 0, 0, 2, 0]),
    )
    rows = finish(completeness_rows(frame([0, 0, 1, 1, 1]), outcome))
    found = {(row.statistic, row.group): row.value for row in rows}
    assert found == {
        ("potential_person_time", ""): 32, ("potential_person_time", "A"): 14, ("potential_person_time", "B"): 18,
        ("completeness", ""): 23 / 32, ("completeness", "A"): 10 / 14, ("completeness", "B"): 13 / 18,
    }  # fmt: skip
    assert list(completeness_rows(frame([0, 1]), followed([1, 2], [1, 0]))) == []


def test_an_outcome_without_a_date_of_censoring_has_no_late_events() -> None:
    assert list(late_event_rows(frame([0, 1]), followed([1, 2], [1, 0]), "")) == []


def test_grades_from_one_index_alone_are_counted_by_group() -> None:
    grade = replace(levels(("G1", "G2"), [0, 1, 0, -1]), one_index=np.array([True, False, True, False]))
    rows = finish(baseline_rows(frame([0, 0, 1, 1]), [grade], p_values=False))
    assert [value(rows, statistic="n_one_index", group=group).value for group in ("", "A", "B")] == [2, 1, 1]
    plain = finish(baseline_rows(frame([0, 0, 1, 1]), [levels(("G1", "G2"), [0, 1, 0, -1])], p_values=False))
    assert not [row for row in plain if row.statistic == "n_one_index"]
