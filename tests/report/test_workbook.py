"""The workbook of the check report: read back by two other programs, text that stays text, the same bytes each time."""

from __future__ import annotations

import io
import zipfile
from pathlib import Path
from xml.etree import ElementTree

import openpyxl
from hypothesis import given
from hypothesis import strategies as st
from python_calamine import CalamineWorkbook

from atrisk.report.check_report import write_check_report
from atrisk.report.workbook import workbook
from atrisk.result.finding import Finding, Severity
from tests.report.example_result import findings, study

HOSTILE = ["=1+1", "+1", "-1", "@SUM(A1)", "\t=1", "<b>&\"'</b>", "_x0041_", "a\nb", "   ", "≥10", "患者"]


def test_read_back_by_openpyxl_and_calamine() -> None:
    rows = [[text, number] for number, text in enumerate(HOSTILE, start=1)]
    content = workbook("Findings", ["Text", "Number"], rows, "Stays here")
    sheet = openpyxl.load_workbook(io.BytesIO(content)).active
    assert sheet.title == "Findings"
    assert sheet["A1"].value == "Stays here"
    # Excel reads the escape of an underscore in inline strings; these two programs show it as it is written.
    written = [[cell.value for cell in row] for row in sheet.iter_rows(min_row=3)]
    assert [[text.replace("_x005F_", "_"), number] for text, number in written] == rows
    assert {cell.data_type for row in sheet.iter_rows(min_row=3, max_col=1) for cell in row} <= {"s", "inlineStr"}
    assert all(row[0].quotePrefix for row in sheet.iter_rows(min_row=3, max_col=1))
    assert sheet.freeze_panes == "A3"
    assert sheet.auto_filter.ref == f"A2:B{len(rows) + 2}"
    other = CalamineWorkbook.from_filelike(io.BytesIO(content)).get_sheet_by_index(0).to_python()
    assert [row[0].replace("_x005F_", "_") for row in other[2:]] == HOSTILE
    assert [row[1] for row in other[2:]] == list(range(1, len(HOSTILE) + 1))


def test_no_cell_is_a_formula() -> None:
    content = workbook("F", ["x"], [[text] for text in HOSTILE], "n")
    with zipfile.ZipFile(io.BytesIO(content)) as archive:
        tree = ElementTree.fromstring(archive.read("xl/worksheets/sheet1.xml"))  # noqa: S314 (our own bytes)
    assert not [element for element in tree.iter() if element.tag.endswith("}f")]


@given(st.lists(st.text(), min_size=1, max_size=4), st.text())
def test_any_text_makes_a_workbook_that_opens(cells: list[str], title: str) -> None:
    content = workbook(title, ["a"] * len(cells), [cells], "n")
    assert content == workbook(title, ["a"] * len(cells), [cells], "n")
    sheet = openpyxl.load_workbook(io.BytesIO(content)).active
    assert sheet.max_row == 3 or not any(cells)


def test_the_check_report_has_one_with_every_finding(tmp_path: Path) -> None:
    formula = Finding(rule="x-y", severity=Severity.WARNS, row=9, message="m", key="=HYPERLINK()", value="=1+1")
    write_check_report(study(), (*findings(), formula), tmp_path)
    sheet = openpyxl.load_workbook(tmp_path / "check.xlsx").active
    assert "stays at the site" in sheet["A1"].value
    lines = [[cell.value for cell in row] for row in sheet.iter_rows(min_row=3)]
    assert len(lines) == len(findings()) + 1
    (line,) = [line for line in lines if line[1] == "x-y"]
    assert line[3] == 9
    assert line[5:7] == ["=HYPERLINK()", "=1+1"]
    assert sheet.max_column == 9


def test_a_page_of_many_findings_lists_the_first_and_says_so(tmp_path: Path) -> None:
    many = [Finding(rule="x-y", severity=Severity.WARNS, row=n, message="m") for n in range(10_001)]
    page = write_check_report(study(), many, tmp_path).read_text(encoding="utf-8")
    assert page.count("<tr>") == 10_001  # the header and ten thousand lines
    assert "The first 10,000 are listed here, all of them in check.csv and check.xlsx." in page
    assert openpyxl.load_workbook(tmp_path / "check.xlsx", read_only=True).active.max_row in (None, 10_003)
