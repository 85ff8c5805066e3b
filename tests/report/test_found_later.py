"""Patients whose group was found out after time zero are named where the groups are."""

from __future__ import annotations

from dataclasses import replace

from atrisk.report.sections.not_compared import found_later
from atrisk.report.view import View
from atrisk.result.finding import Finding, Severity
from atrisk.result.remark import Remark
from tests.report.example_result import example_result


def test_groups_found_later_are_told_under_the_flow_of_their_own_comparison() -> None:
    result = example_result()
    values = {"comparison": "main", "count": 4, "moved": 1, "as_of": "90 days"}
    finding = Finding(
        rule="group-found-later",
        severity=Severity.INFORMS,
        message=Remark("group-found-later", values),
        remedy=Remark("group-found-later.remedy"),
    )
    view = View.of(replace(result, findings=(finding,)))
    (paragraph,) = found_later(view, view.main)
    words = "".join(piece.text for piece in paragraph.content)
    assert words.startswith("The groups of 4 patients were found out after time zero; 1 of them within 90 days")
    assert [found_later(view, frame) for frame in view.further] == [()] * len(view.further)
    assert found_later(View.of(result), view.main) == ()
