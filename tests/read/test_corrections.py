"""Corrections declared in the study file: applied before types, listed, and refused where they do not fit the data."""

from __future__ import annotations

from pathlib import Path

import duckdb
import pytest

from atrisk.errors import StudyError
from atrisk.result.finding import Severity
from atrisk.study.load import LoadedStudy
from tests.read.small_study import read_patients, read_study, write_study

CONTENT = "id,arm,ki67,seen\n1,A, 3-5% ,2010-05-03\n2,A,4,2011-05-03\n3,B,,2012-05-03\n007,B,7,2013-05-03\n"


def corrections(*lines: str) -> str:
    return "corrections:\n" + "".join(f"  - {{{line}}}\n" for line in lines)


def problem_of(loaded: LoadedStudy) -> tuple[str, ...]:
    with pytest.raises(StudyError) as caught, read_study(loaded):
        pass
    return tuple(str(problem) for problem in caught.value.problems)


def test_a_cell_is_corrected_before_its_type_is_looked_at(tmp_path: Path) -> None:
    extra = corrections(
        'column: patient.ki67, key: 1, from: "3-5%", to: 5, reason: upper bound of a range',
        'column: ki67, key: 3, from: "", to: 2.5, reason: found in the pathology report',
        'column: seen, key: "007", from: 2013-05-03, to: "", reason: not this patient',
    )
    with read_patients(tmp_path, CONTENT, extra=extra) as read:
        assert read.values("ki67") == [5.0, 4.0, 2.5, 7.0]
        assert [str(day) for day in read.values("seen")] == ["2010-05-03", "2011-05-03", "2012-05-03", "None"]
        assert read.raw("ki67") == ["5", "4", "2.5", "7"]
        found = read.of("declared-correction")
        assert [(f.severity, f.row, f.column, f.key, f.value) for f in found] == [
            (Severity.INFORMS, 2, "ki67", "1", "3-5% -> 5"),
            (Severity.INFORMS, 4, "ki67", "3", "empty -> 2.5"),
            (Severity.INFORMS, 5, "seen", "007", "2013-05-03 -> not recorded"),
        ]
        assert found[0].message == "corrected as the study file declares: upper bound of a range"
        assert read.of("wrong-type") == []


def test_without_it_the_same_cell_blocks(tmp_path: Path) -> None:
    with read_patients(tmp_path, CONTENT, "patient.ki67: {type: number}") as read:
        assert [f.row for f in read.of("wrong-type")] == [2]


def test_a_column_with_types_of_its_own_is_corrected(tmp_path: Path) -> None:
    """Whole numbers and dates of a Parquet file; a corrected column may then hold a limit."""
    with duckdb.connect() as connection:
        connection.execute(
            "COPY (SELECT '1' AS id, 'A' AS arm, 9 AS n, DATE '2010-01-02' AS d UNION ALL SELECT '2', 'B', 12, "
            f"DATE '2011-01-02' ORDER BY 1) TO '{tmp_path / 'patient.parquet'}' (FORMAT parquet)"
        )
    extra = corrections(
        'column: n, key: 1, from: 9, to: "<1", reason: a code',
        "column: d, key: 2, from: 2011-01-02, to: 2012-01-02, reason: x",
    )
    data = "patient: {file: patient.parquet, key: id}"
    with read_study(write_study(tmp_path, {}, data=data, variables="patient.n: {censored: true}", extra=extra)) as read:
        assert read.values("n") == [1, 12]
        assert read.values("n__limit") == ["<", None]
        assert [str(day) for day in read.values("d")] == ["2010-01-02", "2012-01-02"]


def test_only_the_table_named_is_corrected_where_two_share_a_file(tmp_path: Path) -> None:
    data = "patient: {file: patient.csv, key: id}\nagain: {file: patient.csv, key: id, parent: patient}"
    extra = corrections("column: again.ki67, key: 2, from: 4, to: 40, reason: x")
    with read_study(write_study(tmp_path, {"patient.csv": CONTENT}, data=data, extra=extra)) as read:
        assert (read.raw("ki67")[1], read.raw("ki67", "again")[1]) == ("4", "40")


def test_a_corrected_parent_key_finds_its_row(tmp_path: Path) -> None:
    data = "patient: {file: patient.csv, key: id}\nop: {file: op.csv, key: op, parent: patient}"
    files = {"patient.csv": CONTENT, "op.csv": "op,id\na,1\nb,22\n"}
    extra = corrections("column: op.id, key: b, from: 22, to: 2, reason: typing error")
    with read_study(write_study(tmp_path, files, data=data, extra=extra)) as read:
        assert read.of("orphan-row") == []
        assert read.values("id", "op") == ["1", "2"]


@pytest.mark.parametrize(
    ("line", "place", "words"),
    [
        (
            "column: ki67, key: 2, from: 5, to: 6, reason: x",
            "corrections[1].from",
            "patient.csv, row 3, column 'ki67' holds something else",
        ),
        (
            "column: ki67, key: 22, from: 5, to: 6, reason: x",
            "corrections[1].key",
            "patient.csv has no row with this key",
        ),
        ("column: ki76, key: 2, from: 4, to: 6, reason: x", "corrections[1].column", "Did you mean 'ki67'?"),
    ],
)
def test_one_that_does_not_fit_names_both_lines_and_no_value(tmp_path: Path, line: str, place: str, words: str) -> None:
    loaded = write_study(tmp_path, {"patient.csv": CONTENT}, extra=corrections(line))
    (problem,) = problem_of(loaded)
    number = loaded.text.decode().splitlines().index(f"  - {{{line}}}") + 1
    assert f"study.yaml:{number}:" in problem
    assert place in problem
    assert words in problem


def test_a_key_of_two_rows_is_refused_with_both(tmp_path: Path) -> None:
    extra = corrections("column: x, key: 1, from: 5, to: 6, reason: x")
    loaded = write_study(tmp_path, {"patient.csv": "id,arm,x\n1,A,5\n1,B,5\n"}, extra=extra)
    (problem,) = problem_of(loaded)
    assert "patient.csv has 2 rows with this key: 2, 3" in problem


def test_a_table_without_key_says_so(tmp_path: Path) -> None:
    data = "patient: {file: patient.csv, key: id}\nop: {file: op.csv, parent: patient}"
    files = {"patient.csv": CONTENT, "op.csv": "id,x\n1,2\n"}
    extra = corrections("column: op.x, key: 1, from: 2, to: 3, reason: x")
    (problem,) = problem_of(write_study(tmp_path, files, data=data, extra=extra))
    assert "table 'op' has no 'key:'" in problem


@pytest.mark.parametrize(
    ("lines", "words"),
    [
        (["column: x, key: 1, from: 5, to: 5, reason: x"], "'from:' and 'to:' are the same"),
        (["column: x, key: 1, from: 5, to: 6"], "'reason:' is missing here"),
        (["column: x, key: 1, from: 5, to: 6, reason: x"] * 2, "already corrected by number 1 of this list"),
        (["column: x, key: '', from: 5, to: 6, reason: x"], "a row without a key cannot be corrected here"),
        (["colunm: x, key: 1, from: 5, to: 6, reason: x"], "Did you mean 'column'?"),
    ],
)
def test_mistakes_in_the_study_file(tmp_path: Path, lines: list[str], words: str) -> None:
    with pytest.raises(StudyError, match=words.replace("'", ".").replace("?", ".")):
        write_study(tmp_path, {"patient.csv": CONTENT}, extra=corrections(*lines))


def test_the_same_cell_by_two_names_is_refused(tmp_path: Path) -> None:
    extra = corrections(
        "column: ki67, key: 2, from: 4, to: 5, reason: x", "column: patient.ki67, key: 2, from: 4, to: 6, reason: x"
    )
    (problem,) = problem_of(write_study(tmp_path, {"patient.csv": CONTENT}, extra=extra))
    assert "corrections[2].column: this cell is already corrected by number 1 of this list" in problem
