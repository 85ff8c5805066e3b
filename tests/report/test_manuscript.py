"""The manuscript of a run: its headings, its numbers, what is left to the authors, what it must not say."""

from __future__ import annotations

import io
import re
from pathlib import Path

import docx

from atrisk.report.claims import GUARDED
from atrisk.report.document import Document, Paragraph, Section
from atrisk.report.manuscript.whole import manuscript
from atrisk.report.view import View
from atrisk.result.run_result import RunResult


def paragraphs(section: Section) -> list[str]:
    own = ["".join(p.text for p in b.content) for b in section.blocks if isinstance(b, Paragraph)]
    return [*own, *(text for part in section.parts for text in paragraphs(part))]


def section(written: Document, identifier: str) -> Section:
    return next(each for each in written.sections if each.identifier == identifier)


def test_headings_are_those_of_surgical_journals(result: RunResult) -> None:
    written = manuscript(View.of(result))
    assert [each.title for each in written.sections] == ["Abstract", "Background", "Methods", "Results", "Conclusions"]
    assert [part.title for part in section(written, "abstract").parts] == [
        "Background",
        "Methods",
        "Results",
        "Conclusions",
    ]


def test_no_gap_of_a_sentence_is_left_open(result: RunResult) -> None:
    """Neither a brace of a message nor an empty pair of brackets, nor two full stops."""
    for each in manuscript(View.of(result)).sections:
        for text in paragraphs(each):
            assert not re.search(r"[{}]|\(\)|\.\.|  |None|nan", text), text


def test_the_results_say_what_the_rows_say(result: RunResult) -> None:
    """The last landmark of the first outcome, group by group, against the rows' own values."""
    text = " ".join(paragraphs(section(manuscript(View.of(result)), "results")))
    rows = {row.row_id: row for row in result.rows}
    survival = [
        row
        for row in rows.values()
        if (row.comparison, row.analysis, row.statistic, row.outcome) == ("main", "survival", "survival", "os")
        and row.time == 10 * 365.25
        and not row.stratum
    ]
    assert len(survival) == 3
    for row in survival:
        assert row.value is not None
        assert f"{100 * row.value:.1f}%" in text


def test_what_only_authors_know_is_marked_as_theirs(result: RunResult) -> None:
    written = manuscript(View.of(result))
    marked = [text for each in written.sections for text in paragraphs(each) if text.startswith("[For the authors:")]
    assert len(marked) == 4


def test_the_conclusions_claim_no_more_than_the_limits_allow(result: RunResult) -> None:
    """Nothing was locked: no word of likeness stands in the manuscript."""
    for each in manuscript(View.of(result)).sections:
        for text in paragraphs(each):
            assert not GUARDED["en"].search(text), text


def test_the_design_is_not_called_what_nobody_declared(result: RunResult) -> None:
    """A trial is no cohort study; the study file does not say which it is."""
    text = " ".join(paragraphs(section(manuscript(View.of(result)), "methods")))
    assert "This study compares" in text
    assert "cohort study" not in text


def test_the_methods_name_nothing_that_was_not_run(result: RunResult) -> None:
    """The example has no adjustment, no margins, no alternatives."""
    text = " ".join(paragraphs(section(manuscript(View.of(result)), "methods")))
    assert "Kaplan and Meier" in text
    assert "log-rank" in text
    for word in ("confounders", "margin", "alternative", "restricted", "Firth"):
        assert word not in text


def test_the_file_lies_beside_the_report_and_opens(written: Path) -> None:
    file = docx.Document(io.BytesIO((written / "manuscript.docx").read_bytes()))
    assert len(file.tables) > 5
    assert len(file.inline_shapes) >= 2
