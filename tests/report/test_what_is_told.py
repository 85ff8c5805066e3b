"""What a reader must be told beside the numbers: pairs left out, events expected, thin risk sets, what is adjusted."""

from __future__ import annotations

from dataclasses import replace

import pytest

from atrisk.report.figures.forest_figure import hazard_forest, risk_forest
from atrisk.report.sections.closing import methods_section
from atrisk.report.sections.outcomes import time_to_event_part
from atrisk.report.tables.follow_up import follow_up_table
from atrisk.report.tables.hazard import hazard_table
from atrisk.report.tables.landmarks import landmark_table
from atrisk.report.view import View
from atrisk.result.remark import Remark
from atrisk.result.run_result import RunResult
from atrisk.study.text import Text
from tests.report.example_result import example_result


@pytest.fixture(scope="module")
def result() -> RunResult:
    return example_result()


def notes(table: object) -> list[str]:
    return ["".join(piece.text for piece in note) for note in table.notes]  # type: ignore[attr-defined]


def test_pairs_left_out_of_the_contrasts_are_named(result: RunResult) -> None:
    view = View.of(result)
    said = " ".join(notes(hazard_table(view, view.main, "os")))
    compared = {frozenset(contrast.split(" vs ")) for contrast in view.main.contrasts}
    groups = view.main.groups
    left = [(a, b) for i, a in enumerate(groups) for b in groups[i + 1 :] if frozenset((a, b)) not in compared]
    assert left, "the example compares all pairs, and this test nothing"
    for first, second in left:
        label = view.names.group("main", first), view.names.group("main", second)
        assert f"pairs that are not compared: {label[0]} vs {label[1]}" in said


def test_two_groups_have_no_pair_left(result: RunResult) -> None:
    view = View.of(result)
    (frame,) = [frame for frame in view.further if len(frame.groups) == 2][:1]
    timed = [name for name in frame.outcomes if view.names.timed(name) is not None]
    for outcome in timed:
        assert "pairs that are not compared" not in " ".join(notes(hazard_table(view, frame, outcome)))


def test_estimates_on_few_at_risk_are_marked_and_others_are_not(result: RunResult) -> None:
    view = View.of(result)
    table = landmark_table(view, view.main, "os")
    assert table is not None
    at_risk = [column.heading for column in table.columns].index("At risk")
    marked = [
        (row.cells[0].text, int(row.cells[at_risk].text)) for row in table.rows if row.cells and row.cells[0].text
    ]
    assert marked
    for text, n in marked:
        assert text.endswith("†") == (n < 10 and text[:1].isdigit()), (text, n)


def test_forests_say_unadjusted_and_on_how_many_events(result: RunResult) -> None:
    """Hazard ratios of one model have its events once, above them; each difference has those of its own two groups."""
    hazards = hazard_forest(View.of(result))
    assert hazards is not None
    ratio = next(row for row in result.rows if row.statistic == "hazard_ratio" and row.comparison == "main")
    assert hazards.x_label.startswith("Unadjusted")
    assert hazards.lines[0].counts == f"{ratio.n_event} events in {ratio.n} patients"
    rows = [
        replace(row, n=100 + place, n_event=place) if row.statistic == "risk_difference" else row
        for place, row in enumerate(result.rows)
    ]
    risks = risk_forest(View.of(replace(result, rows=tuple(rows))))
    assert risks is not None
    assert risks.x_label.startswith("Unadjusted")
    assert risks.words_heading.endswith("events/patients")
    by_id = {row.row_id: row for row in rows}
    shown = [line for line in risks.lines if line.row_id]
    assert shown
    for line in shown:
        assert line.words.endswith(f"; {by_id[line.row_id].n_event}/{by_id[line.row_id].n}")


def test_methods_say_what_is_adjusted_and_what_stands_for_the_missing(result: RunResult) -> None:
    texts = [text for block in methods_section(View.of(result)).blocks for text in getattr(block, "items", ())]
    said = " ".join(str(text) for text in texts)
    assert "p values are adjusted for the pairs of one outcome" in said
    assert "Nothing is imputed but grades that rest on one index where the other is missing." in said


def test_an_outcome_says_what_its_time_means(result: RunResult) -> None:
    outcome = result.study.outcomes["os"].model_copy(update={"note": Text("Time counts from randomisation.")})
    study = result.study.model_copy(update={"outcomes": {**result.study.outcomes, "os": outcome}})
    view = View.of(replace(result, study=study))
    first = time_to_event_part(view, view.main, "os").blocks[0]
    assert "".join(piece.text for piece in first.content) == "Time counts from randomisation."  # type: ignore[union-attr]


def test_a_warning_of_late_events_names_the_date_as_the_table_does(result: RunResult) -> None:
    warning = Remark("late-events", {"count": 9, "events": 20, "date": "last_contact_date"})
    rows = [
        replace(row, warning=warning) if (row.statistic, row.group) == ("n_after_censoring", "") else row
        for row in result.rows
    ]
    view = View.of(replace(result, rows=tuple(rows)))
    (said,) = [note for note in notes(follow_up_table(view, view.main, "os")) if note.startswith("Warning")]
    assert said.startswith("Warning: 9 of 20 events are dated after the patients' own last contact date, ")
