"""Decimal commas: which cells are numbers then, in text files and in workbooks, and which are named."""

from __future__ import annotations

from pathlib import Path

import pytest

from atrisk.read.table import ColumnType
from tests.read.small_study import read_patients, read_study, write_study
from tests.read.workbooks import xlsx

DATA = "patient: {file: p.xlsx, key: id}"


def workbook(cells: list[object]) -> bytes:
    rows = [("id", "arm", "x"), *((number, "A", cell) for number, cell in enumerate(cells, start=1))]
    return xlsx({"Patients": rows})


@pytest.mark.parametrize("variables", ["", "patient.x: {type: number}", "patient.x: {range: [0, 9]}"])
def test_text_with_commas_in_a_workbook_is_numbers_and_said(tmp_path: Path, variables: str) -> None:
    """Beside them stand the file's own numbers: 4.25 is one, whatever sign its user sees."""
    files = {"p.xlsx": workbook(["3,8", 4, "0,75", 4.25, None, " 2,5 "])}
    with read_study(write_study(tmp_path, files, data=DATA, variables=variables)) as read:
        assert (read.kind("x"), read.values("x")) == (ColumnType.NUMBER, [3.8, 4.0, 0.75, 4.25, None, 2.5])
        assert [finding.column for finding in read.of("decimal-comma")] == ["x"]
        assert read.of("wrong-type") == []


def test_in_a_workbook_the_few_cells_typed_otherwise_are_named(tmp_path: Path) -> None:
    """Of 60 cells, 57 fit: the point typed as text, the limit and the word are named, with what to do about each."""
    files = {"p.xlsx": workbook(["3,8"] * 57 + ["4.5", ">5", "groß"])}
    with read_study(write_study(tmp_path, files, data=DATA)) as read:
        assert read.kind("x") is ColumnType.NUMBER
        assert [(f.row, f.value) for f in read.of("wrong-type")] == [(59, "4.5"), (60, ">5"), (61, "groß")]
        remedies = [f.remedy for f in read.of("wrong-type")]
        assert "decimal comma" in remedies[0]
        assert "censored: true" in remedies[1]
        assert all("as this column's cells are" in f.message for f in read.of("wrong-type"))


def test_limits_with_commas_are_bounds_where_declared(tmp_path: Path) -> None:
    files = {"p.xlsx": workbook(["<0,5", "3,8", 4, ">5", "≥ 2,5", "<0.1"])}
    with read_study(write_study(tmp_path, files, data=DATA, variables="patient.x: {censored: true}")) as read:
        assert (read.kind("x"), read.values("x")) == (ColumnType.NUMBER, [0.5, 3.8, 4.0, 5.0, 2.5, None])
        assert read.values("x__limit")[:5] == ["<", None, None, ">", ">="]
        (finding,) = read.of("wrong-type")
        assert (finding.value, "decimal comma" in finding.remedy) == ("<0.1", True)
        assert "as the study file says" in finding.message


def test_thousands_in_a_workbook_are_not_taken_for_decimals(tmp_path: Path) -> None:
    """1,250 beside 950 may be more than a thousand, so it is named."""
    files = {"p.xlsx": workbook([950, "1,250", 700])}
    with read_study(write_study(tmp_path, files, data=DATA, variables="patient.x: {type: number}")) as read:
        assert read.values("x") == [950.0, None, 700.0]
        assert [(f.row, "thousands" in f.remedy) for f in read.of("wrong-type")] == [(3, True)]


def test_in_a_text_file_the_minority_with_points_is_named(tmp_path: Path) -> None:
    lines = "".join(f"{number};A;{cell}\n" for number, cell in enumerate(["3,8"] * 10 + ["4.5", "2,5"], start=1))
    with read_patients(tmp_path, f"id;arm;x\n{lines}", "patient.x: {type: number}") as read:
        assert read.values("x") == [3.8] * 10 + [None, 2.5]
        assert [(f.row, f.value) for f in read.of("wrong-type")] == [(12, "4.5")]
