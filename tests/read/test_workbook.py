"""Workbooks are read with the types, the rows and the names that their users see, and nothing is lost in silence."""

from __future__ import annotations

import datetime as dt
import io
import re
import zipfile
from pathlib import Path

import pytest

from atrisk.errors import DataError
from atrisk.read.workbook.scan import MOST_CELLS
from tests.read.small_study import read_study, write_study
from tests.read.workbooks import ods, ods_row, xls, xlsx

HEADER = ("id", "arm", "seen", "ki67")
PATIENTS = [
    HEADER,
    (1, "A", dt.date(2010, 1, 31), "<5"),
    (2, "B", dt.datetime(2010, 2, 1, 13, 5), 43900.0),  # noqa: DTZ001 (a spreadsheet knows no time zones)
    (3, "A", "31.12.2010", 2.5),
    (4, "B", 40179, "3-5%"),
]
NAMED = "patient: {file: p.xlsx, sheet: Patients, key: id}"
VARIABLES = "patient.seen: {format: DD.MM.YYYY}\npatient.ki67: {censored: true}"


def refusal(folder: Path, content: bytes, data: str = NAMED, name: str = "p.xlsx") -> str:
    with pytest.raises(DataError) as caught, read_study(write_study(folder, {name: content}, data=data)):
        pass
    return str(caught.value)


def test_cells_keep_their_types_and_their_text(tmp_path: Path) -> None:
    files = {"p.xlsx": xlsx({"Patients": PATIENTS, "Codes": [["x"]]})}
    with read_study(write_study(tmp_path, files, data=NAMED, variables=VARIABLES)) as read:
        assert read.values("seen") == [dt.date(2010, 1, 31), dt.date(2010, 2, 1), dt.date(2010, 12, 31), None]
        assert read.values("ki67") == [5.0, 43900.0, 2.5, None]
        assert read.raw("ki67") == ["<5", "43900", "2.5", "3-5%"]
        assert read.raw("seen") == ["2010-01-31", "2010-02-01 13:05:00", "31.12.2010", "40179"]
        assert read.places("wrong-type") == [
            ("p.xlsx, sheet Patients", 5, "seen"),
            ("p.xlsx, sheet Patients", 5, "ki67"),
        ]
        assert [finding.value for finding in read.of("wrong-type")] == ["40179", "3-5%"]
        assert "number of days" in read.of("wrong-type")[0].remedy


def test_dates_of_the_1904_system_are_the_same_days(tmp_path: Path) -> None:
    """The file holds other numbers (1462 days fewer), and the same dates come out."""
    files = {"p.xlsx": xlsx({"Patients": PATIENTS[:3]}, since_1904=True)}
    with zipfile.ZipFile(io.BytesIO(files["p.xlsx"])) as package:
        assert b"<v>38747</v>" in package.read("xl/worksheets/sheet1.xml")
    with read_study(write_study(tmp_path, files, data=NAMED, variables=VARIABLES)) as read:
        assert read.values("seen") == [dt.date(2010, 1, 31), dt.date(2010, 2, 1)]


def test_errors_are_findings_unless_declared(tmp_path: Path) -> None:
    rows = [HEADER, (1, "A", "2010-01-01", "#N/A"), (2, "B", "#DIV/0!", 3), ("#REF!", "A", "2010-01-01", 4)]
    files = {"p.xlsx": xlsx({"Patients": rows})}
    with read_study(write_study(tmp_path, files, data=NAMED)) as read:
        found = [(finding.row, finding.column, finding.value) for finding in read.of("spreadsheet-error")]
        assert found == [(4, "id", "#REF!"), (3, "seen", "#DIV/0!"), (2, "ki67", "#N/A")]
        assert read.values("ki67") == [None, 3, 4]
    with read_study(write_study(tmp_path, files, data=NAMED, variables='patient.ki67: {missing: ["#N/A"]}')) as read:
        assert [finding.column for finding in read.of("spreadsheet-error")] == ["id", "seen"]


def test_a_formula_is_its_value_and_one_never_computed_is_a_finding(tmp_path: Path) -> None:
    """A formula without a value in the file would be read as an empty cell; one with a link is only its text."""
    rows = [HEADER, (1, "A", "2010-01-01", "=1+1"), (2, "B", "2010-01-02", '=HYPERLINK("http://x.example","7")')]
    content = xlsx({"Patients": rows})
    parts = io.BytesIO()
    with zipfile.ZipFile(io.BytesIO(content)) as old, zipfile.ZipFile(parts, "w") as new:
        for entry in old.namelist():
            text = old.read(entry)
            # openpyxl writes an empty element in one of three ways, with lxml or without.
            new.writestr(entry, re.sub(rb"<f>1\+1</f><v ?(/>|></v>)", b"<f>1+1</f><v>2</v>", text))
    assert parts.getvalue() != content
    with read_study(write_study(tmp_path, {"p.xlsx": parts.getvalue()}, data=NAMED)) as read:
        assert read.raw("ki67") == ["2", ""]
        assert read.places("formula-without-value") == [("p.xlsx, sheet Patients", 3, "ki67")]


def test_several_sheets_are_named_and_none_is_chosen(tmp_path: Path) -> None:
    two = xlsx({"Patients": PATIENTS, "Operations": PATIENTS})
    unnamed = refusal(tmp_path, two, "patient: {file: p.xlsx, key: id}")
    assert "p.xlsx has several sheets: 'Patients', 'Operations'." in unnamed
    assert "Did you mean 'Patients'?" in refusal(tmp_path, two, "patient: {file: p.xlsx, sheet: Patient, key: id}")


def test_the_only_sheet_with_cells_needs_no_name(tmp_path: Path) -> None:
    files = {"p.xlsx": xlsx({"Patients": PATIENTS, "Sheet2": [], "Sheet3": []})}
    with read_study(write_study(tmp_path, files, data="patient: {file: p.xlsx, key: id}")) as read:
        assert read.values("id") == ["1", "2", "3", "4"]


def test_titles_above_the_header_are_answered_and_then_passed_over(tmp_path: Path) -> None:
    content = xlsx({"Patients": [("Cohort of the department",), (), *PATIENTS]})
    assert "write 'header_row: 3'" in refusal(tmp_path, content)
    data = "patient: {file: p.xlsx, sheet: Patients, header_row: 3, key: id}"
    with read_study(write_study(tmp_path, {"p.xlsx": content}, data=data)) as read:
        assert read.values("id") == ["1", "2", "3", "4"]
        assert [finding.row for finding in read.of("wrong-type")] == []
        assert read.table().n_rows == 4
        assert len(read.of("rows-above-header")) == 1
    empty = "patient: {file: p.xlsx, sheet: Patients, header_row: 2, key: id}"
    assert "row 2, which 'header_row:' names, is empty" in refusal(tmp_path, content, empty)


def test_merged_cells_below_the_header_block(tmp_path: Path) -> None:
    files = {"p.xlsx": xlsx({"Patients": PATIENTS}, merged="B3:B4")}
    with read_study(write_study(tmp_path, files, data=NAMED)) as read:
        assert read.places("merged-cells") == [("p.xlsx, sheet Patients", 3, "arm")]
        assert "to row 4, column arm" in read.of("merged-cells")[0].message
    files = {"p.xlsx": xlsx({"Patients": [("Title", None, None, None), *PATIENTS]}, merged="A1:D1")}
    data = "patient: {file: p.xlsx, sheet: Patients, header_row: 2, key: id}"
    with read_study(write_study(tmp_path, files, data=data)) as read:
        assert read.of("merged-cells") == []


def test_percentages_and_hidden_rows_are_told(tmp_path: Path) -> None:
    import openpyxl

    content = xlsx({"Patients": [*PATIENTS[:2], (2, "B", dt.date(2010, 2, 1), 0.15)]}, formats=[("D3", "0.0%")])
    book = openpyxl.load_workbook(io.BytesIO(content))
    book["Patients"].row_dimensions[2].hidden = True
    out = io.BytesIO()
    book.save(out)
    with read_study(write_study(tmp_path, {"p.xlsx": out.getvalue()}, data=NAMED)) as read:
        assert read.places("shown-as-percentage") == [("p.xlsx, sheet Patients", None, "ki67")]
        assert len(read.of("hidden-rows")) == 1
        assert read.raw("ki67") == ["<5", "0.15"]


def test_old_workbooks_are_read_and_say_what_they_cannot(tmp_path: Path) -> None:
    rows = [HEADER, (1, "A", dt.date(2010, 1, 31), "<5"), (2, "B", dt.date(2010, 2, 1), 2.5)]
    data = "patient: {file: p.xls, key: id}"
    with read_study(write_study(tmp_path, {"p.xls": xls(rows)}, data=data)) as read:
        assert read.values("seen") == [dt.date(2010, 1, 31), dt.date(2010, 2, 1)]
        assert read.raw("ki67") == ["<5", "2.5"]
        assert read.raw("id") == ["1", "2"]
        assert len(read.of("old-workbook")) == 1


def test_ods_workbooks_keep_types_errors_and_merged_cells(tmp_path: Path) -> None:
    repeated = ' table:number-rows-repeated="3"'
    merged = ods_row("4", "B", "2010-01-04", "1").replace(
        "<table:table-cell", '<table:table-cell table:number-rows-spanned="2"', 1
    )
    cells = "".join(
        [
            ods_row(*HEADER),
            ods_row("1", "A", "2010-01-31", "#N/A"),
            ods_row("", "", "", "", attributes=repeated),
            ods_row("2", "B", "2010-02-01", "<5"),
            merged,
        ]
    )
    data = "patient: {file: p.ods, key: id}"
    with read_study(write_study(tmp_path, {"p.ods": ods(cells)}, data=data)) as read:
        assert read.values("seen") == [dt.date(2010, 1, 31), dt.date(2010, 2, 1), dt.date(2010, 1, 4)]
        assert [(f.row, f.column, f.value) for f in read.of("spreadsheet-error")] == [(2, "ki67", "#N/A")]
        assert read.places("merged-cells") == [("p.ods", 7, "id")]
        rows = read.session.rows(f"SELECT __row FROM {read.table().relation} ORDER BY __row")  # noqa: S608
        assert rows == [(2,), (6,), (7,)]


def test_absurd_sizes_are_refused(tmp_path: Path) -> None:
    """One cell in the last corner would make the reader fill the memory; so would repeated cells, and a zip bomb."""
    content = xlsx({"Patients": PATIENTS})
    far = io.BytesIO()
    with zipfile.ZipFile(io.BytesIO(content)) as old, zipfile.ZipFile(far, "w") as new:
        for entry in old.namelist():
            new.writestr(entry, old.read(entry).replace(b'r="D5"', b'r="XFD1048576"'))
    assert "1,048,576 rows and 16,384 columns" in refusal(tmp_path, far.getvalue())
    wide = ods_row("1", "A", attributes=f' table:number-rows-repeated="{MOST_CELLS}"')
    data = "patient: {file: p.ods, key: id}"
    assert "rows and 2 columns" in refusal(tmp_path, ods(ods_row("id", "arm") + wide), data, "p.ods")
    bomb = io.BytesIO()
    with (
        zipfile.ZipFile(bomb, "w", zipfile.ZIP_DEFLATED) as package,
        package.open("xl/x", "w", force_zip64=True) as part,
    ):
        for _ in range(2100):
            part.write(b"\x00" * 1_000_000)
    assert "unpacks to more than 2 GB" in refusal(tmp_path, bomb.getvalue())


@pytest.mark.parametrize("word", ["sheet: Patients", "header_row: 2", "table: x"])
def test_words_of_other_kinds_of_file_are_refused(tmp_path: Path, word: str) -> None:
    data = f"patient: {{file: p.csv, key: id, {word}}}"
    assert f"'{word.split(':')[0]}:' means nothing for it" in refusal(tmp_path, b"id,arm\n1,A\n", data, "p.csv")


def test_a_workbook_has_no_encoding(tmp_path: Path) -> None:
    data = "patient: {file: p.xlsx, key: id, encoding: utf-8}"
    assert "p.xlsx is not a text file" in refusal(tmp_path, xlsx({"Patients": PATIENTS}), data)
