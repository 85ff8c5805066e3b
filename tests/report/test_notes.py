"""What stands below and beside numbers: whose n, dashes, limits at the edges, readings, draws, late events."""

from __future__ import annotations

import re
from dataclasses import replace

import pytest

from atrisk.report.html.page import style_sheet
from atrisk.report.sections.closing import published_section
from atrisk.report.sections.whole import document
from atrisk.report.table_model import Table
from atrisk.report.tables.baseline import baseline_table
from atrisk.report.tables.hazard import hazard_table, strata_hazard_table
from atrisk.report.tables.landmarks import landmark_table
from atrisk.report.tables.not_estimated import not_estimated_table
from atrisk.report.view import View
from atrisk.result.row import Row, finish
from atrisk.result.run_result import RunResult
from atrisk.study.contrast import contrast
from atrisk.study.text import Text
from tests.report.example_result import example_result
from tests.report.page_reader import Node


def notes(table: Table | None) -> str:
    assert table is not None
    return "\n".join("".join(piece.text for piece in note) for note in table.notes)


def rows_changed(result: RunResult, **values: object) -> RunResult:
    """The run with the value of a statistic changed wherever it is an estimate of survival."""
    changed: list[Row] = []
    touched = {row.estimate_id for row in result.rows if row.analysis == "survival" and row.statistic == "survival"}
    for row in result.rows:
        if row.estimate_id in touched and row.statistic in values:
            given = values[row.statistic]
            changed.append(replace(row, value=given, error="" if given is not None else "no variation"))  # type: ignore[arg-type]
        else:
            changed.append(row)
    return replace(result, rows=tuple(changed))


def test_whose_patients_the_numbers_beside_a_contrast_are(result: RunResult) -> None:
    """The Cox model's 522 with all 242 events, the log-rank test's 317 with 151, each under its own heading."""
    view = View.of(result)
    table = hazard_table(view, view.main, "os")
    assert table is not None
    of_pair = {
        (column.group, column.heading): cell.text
        for column, cell in zip(table.columns, table.rows[0].cells, strict=True)
    }
    assert of_pair["Cox model", "Patients (events)"] == "522 (242)"
    assert of_pair["Log-rank test", "Patients (events)"] == "317 (151)"
    assert "one unadjusted Cox model of all groups" in notes(table)
    assert "two groups alone" in notes(table)


def test_a_warning_on_a_hazard_ratio_stands_below_its_table(result: RunResult) -> None:
    """The words are those of the row; within strata the strata they belong to are named."""
    view = View.of(result)
    assert "Warning: the ratio averages an effect that changes with time." in notes(hazard_table(view, view.main, "os"))
    within = strata_hazard_table(view, view.further[0], "os")
    assert "Warning, Small intestine, Pancreas: the ratio averages" in notes(within)
    assert "same in all strata" in notes(within)
    assert strata_hazard_table(view, view.main, "os") is None


def test_a_dash_is_explained_below_the_table_that_has_one(result: RunResult) -> None:
    """Every table with a dash says what it means, and no other does."""
    with_dash = without = 0
    for table in document(View.of(result)).tables():
        dash = any(
            piece.text == "–" for row in table.rows for cell in row.cells for each in cell.lines for piece in each
        )
        assert ("–: could not be estimated" in notes(table)) == dash, table.name
        with_dash += dash
        without += not dash
    assert with_dash
    assert without


def test_limits_before_the_first_event_are_explained(result: RunResult) -> None:
    """Survival of 1 with limits of 1 and 1 is R's convention; a table without one has no such note."""
    plain = View.of(result)
    assert "Before the first event" not in notes(landmark_table(plain, plain.main, "os"))
    whole = View.of(rows_changed(result, survival=1.0, conf_low=1.0, conf_high=1.0))
    said = notes(landmark_table(whole, whole.main, "os"))
    assert "Before the first event survival is 100.0%, its standard error 0" in said


def test_limits_that_fail_alone_are_said_below_and_in_the_last_section(result: RunResult) -> None:
    view = View.of(rows_changed(result, conf_low=None, conf_high=None))
    assert "do not exist where the estimate is 0.0% or 100.0%" in notes(landmark_table(view, view.main, "os"))
    table = not_estimated_table(view)
    assert table is not None
    lines = [row.header for row in table.rows if "lower limit, upper limit" in row.header]
    assert lines


def test_figures_that_are_our_reading_say_so(page: Node) -> None:
    """The words of the publication stand below the figure that we take them for; other figures have none."""
    (table,) = [node for node in page.all("table") if node.attributes["id"] == "table-published"]
    readings = [line for line in table.all("tr") if "our reading of" in line.text]
    assert [line.children[0].text for line in readings if isinstance(line.children[0], Node)] == ["Ki-67: p"]
    assert "our reading of “Ki-67 is called balanced”" in readings[0].text


def test_draws_tried_stand_beside_what_was_selected(page: Node) -> None:
    section = next(node for node in page.all("section") if node.attributes["id"] == "published-selected")
    assert "baseline 6; survival 1337." in section.text
    real = published_section(View.of(example_result(synthetic=False)))
    assert real is not None
    assert real.parts == ()


def test_those_outside_a_comparison_stand_under_its_heading(page: Node) -> None:
    section = next(node for node in page.all("section") if node.attributes["id"] == "comparison-procedure")
    assert "Of the cohort, not compared here: 32 (in a stratum in which a group has nobody)." in section.text
    flow = next(node for node in page.all("section") if node.attributes["id"] == "flow")
    assert "not compared here" not in flow.text


def test_values_in_none_of_the_bands_have_a_line_of_their_own(result: RunResult) -> None:
    """Three of all, two of the first group and one of the second; the third has no row and so none."""
    counted = Row(analysis="baseline", variable="ki67", statistic="n_in_no_band")
    bands = [
        replace(counted, statistic=name, group=group, level="3-20", value=value, numerator=7.0, denominator=9.0)
        for group in ("", "UP", "SI", "P")
        for name, value in (("count", 7.0), ("proportion", 7 / 9))
    ]
    outside = [replace(counted, group=group, value=value) for group, value in (("", 3.0), ("UP", 2.0), ("SI", 1.0))]
    view = View.of(replace(result, rows=finish([*result.rows, *bands, *outside])))
    table = baseline_table(view, view.main)
    assert table is not None
    (line,) = [row for row in table.rows if row.header == "In none of the bands"]
    assert [cell.text for cell in line.cells[:4]] == ["3", "2", "1", "0"]
    assert any("in none of the declared bands" in piece.text for note in table.notes for piece in note)
    plain = baseline_table(View.of(result), view.main)
    assert plain is not None
    assert "In none of the bands" not in {row.header for row in plain.rows}


def test_late_events_and_their_date_of_censoring_are_named(page: Node) -> None:
    (table,) = [node for node in page.all("table") if node.attributes["id"] == "table-follow-up-os"]
    (line,) = [line for line in table.all("tr") if "dated after last contact date" in line.text]
    assert [cell.text for cell in line.all("td")] == ["9", "4", "3", "2"]
    assert "An event dated later counts all the same" in page.text


@pytest.mark.parametrize(
    ("codes", "labels", "words"),
    [
        (("A", "a vs b"), ("A", "a vs b"), "A vs “a vs b”"),
        (("A vs a", "b"), ("A vs a", "b"), "“A vs a” vs b"),
        (("x / y", "z"), ("Both", "One"), "Both vs One"),
    ],
)
def test_contrasts_of_groups_whose_names_hold_vs(
    result: RunResult, codes: tuple[str, str], labels: tuple[str, str], words: str
) -> None:
    named = {code: Text(label) for code, label in zip(codes, labels, strict=True)}
    frame = replace(result.comparisons[0], groups=codes, group_labels=named)
    view = View.of(replace(result, comparisons=(frame,)))
    assert view.names.contrast("main", contrast(*codes)) == words


def test_words_of_figures_are_legible_on_a_phone_and_whole_on_paper(page: Node) -> None:
    """The smallest words of a drawing, 7.2 of its 493.2 points in width, are 8 pixels high or more on a phone.

    The drawing is then wider than the phone and scrolls in its frame; on paper it takes the width there is.
    """
    phone, paper = (
        re.search(rf"@media {medium} \{{\n(.*?)\n\}}", style_sheet(), re.DOTALL)
        for medium in (r"\(max-width: 40rem\)", "print")
    )
    assert phone is not None
    assert paper is not None
    least = re.search(r"figure svg \{ min-width: (\d+)rem; \}", phone[1])
    assert least is not None
    assert 7.2 / 493.2 * int(least[1]) * 16 >= 8
    assert "figure svg { min-width: 0;" in paper[1]
    frames = [node for node in page.all("div") if node.attributes.get("class") == "scroll"]
    assert sum(len(frame.all("svg")) for frame in frames) == len(page.all("svg")) > 0
    assert ".scroll { overflow-x: auto;" in style_sheet()
