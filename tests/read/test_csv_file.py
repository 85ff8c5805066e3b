"""Delimited files: every row keeps its line, and what is broken is reported where it stands."""

from __future__ import annotations

import os
from pathlib import Path

import pytest

from atrisk.errors import DataError
from atrisk.read.csv_file import read_csv
from atrisk.read.delimiter import sniff
from atrisk.read.session import Session
from atrisk.result.finding import Severity
from tests.read.small_study import PATIENT, read_patients, read_study, write_study


@pytest.mark.parametrize("end", ["\n", "\r\n", "\r"])
def test_lines_are_physical_lines_of_the_file(tmp_path: Path, end: str) -> None:
    """The note of the second patient has a line break, so the third one stands in line 5, the fourth in line 7."""
    content = end.join(["id,arm,note", '1,A,"a ""b"""', '2,B,"two', 'lines"', '3,A,"x,y"', "", "4,B,", ""])
    with read_patients(tmp_path, content) as read:
        rows = read.session.rows("SELECT __row, id FROM patient ORDER BY __row")
        assert rows == [(2, "1"), (3, "2"), (5, "3"), (7, "4")]
        assert read.values("note") == ['a "b"', f"two{end}lines", "x,y", None]
        assert read.raw("note") == ['a "b"', f"two{end}lines", "x,y", ""]


def test_a_last_line_without_end_counts(tmp_path: Path) -> None:
    with read_patients(tmp_path, "id,arm\n1,A\n2,B") as read:
        assert read.values("id") == ["1", "2"]


@pytest.mark.parametrize(
    ("text", "delimiter"),
    [
        ("a,b\n1,2\n", ","),
        ("a;b;c\n1,5;2,5;3,5\n", ";"),
        ("a\tb\n1, 2, 3\t4\n", "\t"),
        ("a|b\n1|2\n", "|"),
        ('"a,x";"b,y"\n"1,1";"2,2"\n', ";"),
        ("a,b;c,d\n1,2,3\n4,5,6\n", ","),
        ("only\n1\n2\n", ","),
        ('a;b\n"x;y;z";2\n', ";"),
    ],
)
def test_the_delimiter_is_recognised(text: str, delimiter: str) -> None:
    assert sniff(text) == delimiter


def test_the_delimiter_taken_is_said_unless_it_is_a_comma_or_declared(tmp_path: Path) -> None:
    with read_patients(tmp_path, "id;arm\n1;A\n") as read:
        assert [(f.severity, f.message) for f in read.of("delimiter")] == [
            (Severity.INFORMS, "cells are separated by a semicolon")
        ]
    with read_patients(tmp_path, "id;arm\n1;A\n", layout=", delimiter: ';'") as read:
        assert read.of("delimiter") == []
        assert read.table().names == ("id", "arm")


def test_excels_line_that_names_the_delimiter_is_obeyed(tmp_path: Path) -> None:
    with read_patients(tmp_path, "sep=;\r\nid;arm\r\n1;A\r\n") as read:
        assert read.session.rows("SELECT __row, id, arm FROM patient") == [(3, "1", "A")]


def test_ragged_rows_block_where_they_stand(tmp_path: Path) -> None:
    with read_patients(tmp_path, "id,arm,age\n1,A,50\n2,B\n3,A,60,x\n4,B,70\n") as read:
        assert read.places("ragged-row") == [("patient.csv", 3, ""), ("patient.csv", 4, "")]
        few, many = read.of("ragged-row")
        assert few.severity is many.severity is Severity.BLOCKS
        assert few.message == "the row has 2 cells, the header has 3"
        assert many.message == "the row has 4 cells, the header has 3"
        # The rows stay, so that rows of other tables that belong to them are not reported as well.
        assert read.values("id") == ["1", "2", "3", "4"]


def test_empty_cells_beyond_the_header_are_ignored_and_said(tmp_path: Path) -> None:
    with read_patients(tmp_path, "id,arm\n1,A,,\n2,B\n,,\n") as read:
        assert read.of("ragged-row") == []
        assert [f.message for f in read.of("surplus-cells")] == [
            "1 row has empty cells beyond the last column; these were ignored"
        ]
        assert [f.message for f in read.of("empty-rows")] == ["1 row without any value was passed over"]
        assert read.values("id") == ["1", "2"]


def test_a_quote_never_closed_blocks_at_the_row_that_opens_it(tmp_path: Path) -> None:
    with read_patients(tmp_path, 'id,arm,note\n1,A,x\n2,B,"open\n3,A,y\n4,B,z\n') as read:
        (finding,) = read.of("broken-quotes")
        assert (finding.row, finding.severity) == (3, Severity.BLOCKS)
        assert "never closed" in finding.message
        assert read.values("id") == ["1"]


def test_text_after_a_closing_quote_blocks_and_reading_goes_on(tmp_path: Path) -> None:
    with read_patients(tmp_path, 'id,arm,note\n1,A,"x" y\n2,B,z\n') as read:
        assert read.places("broken-quotes") == [("patient.csv", 2, "")]
        assert read.values("id") == ["2"]


def test_a_quote_within_an_unquoted_cell_is_a_character(tmp_path: Path) -> None:
    with read_patients(tmp_path, 'id,arm,note\n1,A,5" tube\n') as read:
        assert read.values("note") == ['5" tube']
        assert read.of("broken-quotes") == []


def test_a_cell_of_many_thousand_characters_blocks(tmp_path: Path) -> None:
    with read_patients(tmp_path, f"id,arm,note\n1,A,{'x' * 200_000}\n2,B,y\n") as read:
        assert read.places("broken-quotes") == [("patient.csv", 2, "")]
        assert read.values("id") == ["2"]


def test_nul_characters_block_where_they_stand(tmp_path: Path) -> None:
    with read_patients(tmp_path, b"id,arm\n1,A\n2,\x00B\n") as read:
        assert read.places("nul-character") == [("patient.csv", 3, "")]
        assert read.values("arm") == ["A", "B"]


@pytest.mark.parametrize(
    ("content", "message"),
    [
        (b"", "patient.csv is empty"),
        (b"\xef\xbb\xbf", "patient.csv is empty"),
        (b"\n \r\n\t\n", "patient.csv is empty"),
        (b",,\n,,\n", "patient.csv is empty"),
        (b"id,arm,arm\n1,A,B\n", r"row 1: columns 2 and 3 have the same name \('arm'\)"),
        (b"id,arm,Arm \n1,A,B\n", r"row 1: columns 2 and 3 have the same name \('Arm'\)"),
        (b"1,50,50\n2,51,52\n", r"columns 2 and 3 have the same name; .*add the header"),
        (b"id,__row\n1,2\n", "column 2 has a name that begins with two underscores"),
        (b'"id,arm\n1,A\n', "patient.csv, row 1: the header cannot be read"),
        (b"PK\x03\x04rest", "Excel workbook.*Save the table as 'CSV UTF-8'"),
        (b"PAR1rest", "name it '.parquet'"),
    ],
)
def test_files_without_a_usable_table_are_refused(tmp_path: Path, content: bytes, message: str) -> None:
    with pytest.raises(DataError, match=message), read_patients(tmp_path, content):
        pass


@pytest.mark.parametrize(
    ("content", "row"),
    [
        ("Our patients\nid,arm,x\n1,A,3\n", 2),
        ("Our patients,,\nid,arm,x\n1,A,3\n", 2),
        ("Our patients;;\n;;\nid;arm;x\n1;A;3\n", 3),
        ("\nOur patients\nof 2020\n\nid\tarm\tx\n1\tA\t3\n", 5),
    ],
)
def test_a_title_above_the_header_is_named_with_its_row_and_not_shown(tmp_path: Path, content: str, row: int) -> None:
    words = f"patient.csv, row [12]: .* row {row} has 3: a title"
    with pytest.raises(DataError, match=words) as caught, read_patients(tmp_path, content):
        pass
    assert "Our patients" not in str(caught.value)


def test_one_name_over_two_columns_is_no_title(tmp_path: Path) -> None:
    (tmp_path / "one.csv").write_text("id\n1\n2\n", encoding="utf-8")
    (tmp_path / "two.csv").write_text(",x\n1,5\n2,6\n", encoding="utf-8")
    with Session.open([tmp_path]) as session:
        assert read_csv(tmp_path / "one.csv", file="one.csv", session=session, name="s").columns == ("id",)
        assert read_csv(tmp_path / "two.csv", file="two.csv", session=session, name="t").columns == ("column_1", "x")


def test_a_header_alone_blocks_for_the_patients_and_warns_for_others(tmp_path: Path) -> None:
    data = f"{PATIENT}\ncomplication: {{file: complication.csv, parent: patient}}"
    loaded = write_study(tmp_path, {"patient.csv": "id,arm\n", "complication.csv": "id,grade\n"}, data=data)
    with read_study(loaded) as read:
        assert [(f.table, f.severity) for f in read.of("no-rows")] == [
            ("patient", Severity.BLOCKS),
            ("complication", Severity.WARNS),
        ]


def test_a_column_without_a_name_is_called_by_its_position(tmp_path: Path) -> None:
    """R writes the names of rows as a first column without a name; a trailing delimiter makes an empty last one."""
    with read_patients(tmp_path, '"","id","arm",""\n"1",7,A,\n"2",8,B,\n') as read:
        assert read.table().names == ("column_1", "id", "arm")
        assert read.places("unnamed-column") == [("patient.csv", 1, "column_1")]
        assert read.of("unnamed-column")[0].severity is Severity.WARNS


def test_an_unreadable_file_is_an_error_in_words(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    def refuse(self: Path) -> bytes:
        raise PermissionError(13, "Permission denied", os.fspath(self))

    loaded = write_study(tmp_path, {"patient.csv": "id,arm\n1,A\n"})
    monkeypatch.setattr(Path, "read_bytes", refuse)
    with pytest.raises(DataError, match=r"patient.csv cannot be read. Check the rights"), read_study(loaded):
        pass
