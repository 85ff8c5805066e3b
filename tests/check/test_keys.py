"""Keys and parents: missing, standing twice, belonging to nobody."""

from __future__ import annotations

from pathlib import Path

import pytest

from atrisk.result.finding import Severity
from tests.read.small_study import PATIENT, read_patients, read_study, write_study

OPERATION = f"{PATIENT}\noperation: {{file: op.csv, key: op, parent: patient}}"
PATIENTS = "id,arm\n1,A\n2,B\n3,A\n"


def test_a_key_missing_or_standing_twice_blocks(tmp_path: Path) -> None:
    """Key 1 stands in rows 2, 4 and 6; row 5 has none."""
    with read_patients(tmp_path, "id,arm\n1,A\n2,B\n1 ,B\n,A\n1,A\n") as read:
        assert [(f.row, f.column, f.key, f.value, f.message) for f in read.of("duplicate-key")] == [
            (4, "id", "1 ", "1 ", "the same key as in row 2"),
            (6, "id", "1", "1", "the same key as in row 2"),
        ]
        assert read.places("missing-key") == [("patient.csv", 5, "id")]
        assert {f.severity for f in (*read.of("duplicate-key"), *read.of("missing-key"))} == {Severity.BLOCKS}


def test_rows_that_belong_to_nobody_block(tmp_path: Path) -> None:
    files = {"patient.csv": PATIENTS, "op.csv": "op,id\na,1\nb,4\nc,\nd,3\n"}
    with read_study(write_study(tmp_path, files, data=OPERATION)) as read:
        (orphan,) = read.of("orphan-row")
        assert (orphan.severity, orphan.file, orphan.row, orphan.column) == (Severity.BLOCKS, "op.csv", 3, "id")
        assert (orphan.key, orphan.value) == ("b", "4")
        assert orphan.message == "'patient' has no row with this key"
        assert read.places("missing-parent-key") == [("op.csv", 4, "id")]


@pytest.mark.parametrize("written", ["1.0", "01"])
def test_an_orphan_by_spelling_is_told_so(tmp_path: Path, written: str) -> None:
    files = {"patient.csv": PATIENTS, "op.csv": f"op,id\na,{written}\nb,2\n"}
    with read_study(write_study(tmp_path, files, data=OPERATION)) as read:
        (orphan,) = read.of("orphan-row")
        assert orphan.row == 2
        assert "differently" in orphan.remedy


def test_rows_of_a_parent_left_out_by_where_are_counted_not_orphans(tmp_path: Path) -> None:
    data = (
        "patient: {file: patient.csv, key: id, where: arm = 'A'}\noperation: {file: op.csv, key: op, parent: patient}"
    )
    files = {"patient.csv": PATIENTS, "op.csv": "op,id\na,1\nb,2\nc,9\nd,2\n"}
    with read_study(write_study(tmp_path, files, data=data)) as read:
        assert read.places("orphan-row") == [("op.csv", 4, "id")]
        (left_out,) = read.of("parent-left-out")
        assert left_out.severity is Severity.INFORMS
        assert left_out.message.startswith("2 rows belong to rows that the 'where:' of 'patient' leaves out")


def test_rows_that_where_leaves_out_are_said_of_any_table(tmp_path: Path) -> None:
    """Two of three patients have arm A; the operations have no 'where:' and no such finding."""
    data = (
        "patient: {file: patient.csv, key: id, where: arm = 'A'}\noperation: {file: op.csv, key: op, parent: patient}"
    )
    files = {"patient.csv": "id,arm\n1,A\n2,B\n3,A\n", "op.csv": "op,id\na,1\n"}
    with read_study(write_study(tmp_path, files, data=data)) as read:
        (found,) = read.of("rows-left-out")
        assert (found.severity, found.table, found.file) == (Severity.INFORMS, "patient", "patient.csv")
        assert found.message == "the 'where:' of this table leaves out 1 of 3 rows of the file"


def test_a_second_row_where_one_is_declared_blocks(tmp_path: Path) -> None:
    data = f"{PATIENT}\nend: {{file: end.csv, parent: patient, one_to_one: true}}"
    files = {"patient.csv": PATIENTS, "end.csv": "id,x\n1,a\n2,b\n1,c\n"}
    with read_study(write_study(tmp_path, files, data=data)) as read:
        (finding,) = read.of("one-to-one")
        assert (finding.severity, finding.row, finding.key) == (Severity.BLOCKS, 4, "1")
        assert finding.message == "a second row for the same row of 'patient'; the first is row 2"


def test_several_rows_are_fine_where_one_is_not_declared(tmp_path: Path) -> None:
    files = {"patient.csv": PATIENTS, "op.csv": "op,id\na,1\nb,1\n"}
    with read_study(write_study(tmp_path, files, data=OPERATION)) as read:
        assert [f for f in read.findings if f.severity is Severity.BLOCKS] == []
