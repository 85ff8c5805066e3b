"""Events after the date of censoring, grades from one index alone, and published figures that are our reading."""

from __future__ import annotations

from dataclasses import replace

import numpy as np

from atrisk.result.row import finish
from atrisk.run.baseline import baseline_rows
from atrisk.run.late_events import late_event_rows
from tests.run.test_result_rows import followed, frame, value
from tests.run.test_strata_and_estimates import levels


def test_late_events_are_counted_by_group_and_cause() -> None:
    """In A one own event is late, in B one competing event; an early event and a censored patient are not."""
    outcome = replace(
        followed([1, 2, 3, 4, 5], [1, 1, 0, 2, 1], ("event", "death")),
        after_censoring=np.array([True, False, False, True, False]),
    )
    rows = finish(late_event_rows(frame([0, 0, 0, 1, 1]), outcome, "last_scan"))
    found = {(row.group, row.cause): row.value for row in rows}
    assert found == {("", ""): 1, ("", "death"): 1, ("A", ""): 1, ("A", "death"): 0, ("B", ""): 0, ("B", "death"): 1}
    assert {row.convention for row in rows} == {"censored at last_scan"}


def test_an_outcome_without_a_date_of_censoring_has_no_late_events() -> None:
    assert list(late_event_rows(frame([0, 1]), followed([1, 2], [1, 0]), "")) == []


def test_grades_from_one_index_alone_are_counted_by_group() -> None:
    grade = replace(levels(("G1", "G2"), [0, 1, 0, -1]), one_index=np.array([True, False, True, False]))
    rows = finish(baseline_rows(frame([0, 0, 1, 1]), [grade], p_values=False))
    assert [value(rows, statistic="n_one_index", group=group).value for group in ("", "A", "B")] == [2, 1, 1]
    plain = finish(baseline_rows(frame([0, 0, 1, 1]), [levels(("G1", "G2"), [0, 1, 0, -1])], p_values=False))
    assert not [row for row in plain if row.statistic == "n_one_index"]
