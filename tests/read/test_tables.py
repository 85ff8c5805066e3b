"""Tables as the study file declares them: names that do not exist, rows chosen by where, files shared, Parquet."""

from __future__ import annotations

import datetime as dt
from pathlib import Path

import duckdb
import pytest

from atrisk.errors import DataError, StudyError
from atrisk.read.session import Session
from atrisk.read.table import ColumnType
from atrisk.read.tables import read_tables
from atrisk.result.finding import Severity
from atrisk.study.load import LoadedStudy, load_study
from tests.read.small_study import PATIENT, read_patients, read_study, write_study

EXAMPLES = Path(__file__).parents[2] / "examples"
CHILD = f"{PATIENT}\nop: {{file: op.csv, key: op_id, parent: patient, parent_key: patient_id}}"


def problems(loaded: LoadedStudy) -> list[tuple[int | None, str, str, str]]:
    with Session.open([loaded.folder]) as session, pytest.raises(StudyError) as caught:
        read_tables(loaded, session)
    return [
        (problem.line, problem.where, problem.message.rstrip("."), problem.hint) for problem in caught.value.problems
    ]


def test_names_of_columns_that_do_not_exist_point_at_their_lines(tmp_path: Path) -> None:
    """Lines 1 to 5 are atrisk, study, id, title, data; the tables stand in 6 and 7, the variables from 9."""
    loaded = write_study(
        tmp_path,
        {"patient.csv": "ident,arm,age\n1,A,50\n", "op.csv": "op_id,patient\n1,1\n"},
        data=CHILD,
        variables="patient.agee: {label: Age}\npatient.arm: {label: Arm}\nop.xyzzy: {label: X}",
    )
    found = problems(loaded)
    assert [(line, where) for line, where, _, _ in found] == [
        (6, "data.patient.key"),
        (7, "data.op.parent_key"),
        (9, "variables.patient.agee"),
        (11, "variables.op.xyzzy"),
    ]
    assert [message for _, _, message, _ in found] == [
        "patient.csv has no column 'id'",
        "op.csv has no column 'patient_id'",
        "patient.csv has no column 'agee'",
        "op.csv has no column 'xyzzy'",
    ]
    assert found[1][3] == "Did you mean 'patient'?"
    assert found[2][3] == "Did you mean 'patient.age'?"


def test_a_child_without_its_parents_column_is_told_what_to_declare(tmp_path: Path) -> None:
    loaded = write_study(
        tmp_path,
        {"patient.csv": "id,arm\n1,A\n", "op.csv": "person,day\n1,2\n"},
        data=f"{PATIENT}\nop: {{file: op.csv, parent: patient}}",
    )
    ((line, _, message, hint),) = problems(loaded)
    assert (line, message) == (7, "op.csv has no column 'id'")
    assert "parent_key" in hint


def test_where_keeps_the_rows_for_which_it_is_true_in_both_relations(tmp_path: Path) -> None:
    with read_patients(tmp_path, "id,arm,kind\n1,A,1\n2,B,2\n3,A,1\n", layout=", where: kind = 1") as read:
        assert read.values("id") == read.raw("id") == ["1", "3"]
        assert read.table().n_rows == 2
        assert read.session.rows("SELECT __row FROM raw_patient ORDER BY __row") == [(2,), (4,)]


def test_a_row_for_which_where_is_unknown_blocks(tmp_path: Path) -> None:
    with read_patients(tmp_path, "id,arm,kind\n1,A,1\n2,B,\n", layout=", where: kind = 1") as read:
        (finding,) = read.of("where-unknown")
        assert (finding.severity, finding.row, finding.key) == (Severity.BLOCKS, 3, "2")


def test_cells_of_rows_left_out_are_not_reported(tmp_path: Path) -> None:
    content = "id,arm,kind,age\n1,A,1,50\n2,B,2,old\n3,B,1,young\n"
    with read_patients(tmp_path, content, "patient.age: {type: number}", layout=", where: kind = 1") as read:
        assert read.places("wrong-type") == [("patient.csv", 4, "age")]


@pytest.mark.parametrize(
    ("where", "message"),
    [
        ("knd = 1", "knd"),
        ("kind = ", "patient"),
        ("op.kind = 1", "op"),
        ("birth > 5", "types"),
    ],
)
def test_a_where_that_cannot_be_evaluated_points_at_its_line(tmp_path: Path, where: str, message: str) -> None:
    files = {"patient.csv": "id,arm,kind,birth\n1,A,1,2000-01-01\n"}

    def run() -> None:
        with read_study(
            write_study(tmp_path, files, data=f'patient: {{file: patient.csv, key: id, where: "{where}"}}')
        ):
            pass

    with pytest.raises(StudyError, match=message) as caught:
        run()
    assert caught.value.problems[0].line == 6


def test_a_file_shared_by_two_tables_is_read_once_and_described_once(tmp_path: Path) -> None:
    content = "\ufeffid,arm,kind\n1,A,1\n1,A,2\n"
    data = (
        "patient: {file: both.csv, key: id, where: kind = 1}\n"
        "event: {file: both.csv, parent: patient, parent_key: id, where: kind = 2, one_to_one: true}"
    )
    with read_study(write_study(tmp_path, {"both.csv": content}, data=data)) as read:
        assert [f.table for f in read.of("encoding")] == ["patient"]
        assert [read.table(name).n_rows for name in ("patient", "event")] == [1, 1]
        assert read.table("event").parent_key == "id"
        assert [name for (name,) in read.session.rows("SELECT table_name FROM duckdb_tables() ORDER BY 1")] == [
            "__file_0",
            "__left_out_patient",
            "event",
            "patient",
        ]


@pytest.mark.parametrize("name", ["Patient", "raw_patient"])
def test_names_that_the_engine_takes_for_the_same_are_refused(tmp_path: Path, name: str) -> None:
    data = f"{PATIENT}\n{name}: {{file: patient.csv, parent: patient}}"
    loaded = write_study(tmp_path, {"patient.csv": "id,arm\n1,A\n"}, data=data)
    ((line, _, message, _),) = problems(loaded)
    assert line == 7
    assert "too like" in message


def test_a_column_in_the_way_of_a_companion_is_refused(tmp_path: Path) -> None:
    loaded = write_study(
        tmp_path, {"patient.csv": "id,arm,x,x__limit\n1,A,2,3\n"}, variables="patient.x: {censored: true}"
    )
    ((_, where, message, _),) = problems(loaded)
    assert where == "variables.patient.x"
    assert "x__limit" in message


def parquet(path: Path, select: str) -> None:
    duckdb.sql(select).write_parquet(str(path))


def test_parquet_keeps_its_types_and_gives_the_text_of_cells(tmp_path: Path) -> None:
    parquet(
        tmp_path / "patient.parquet",
        "SELECT * FROM (VALUES (1::DOUBLE, 'A', 1.5::DOUBLE, DATE '2010-05-03', TRUE, 3::SMALLINT, "
        "TIMESTAMP '2011-01-02 10:00:00', '2012-01-01'), (2, ' B ', 'NaN'::DOUBLE, NULL, FALSE, NULL, NULL, 'x')) "
        "t(id, arm, x, day, flag, n, stamp, words)",
    )
    data = "patient: {file: patient.parquet, key: id}"
    with read_study(write_study(tmp_path, {}, data=data, variables="patient.words: {type: date}")) as read:
        kinds = {name: read.kind(name).value for name in read.table().names}
        assert kinds == {
            "id": "text",
            "arm": "text",
            "x": "number",
            "day": "date",
            "flag": "boolean",
            "n": "integer",
            "stamp": "date",
            "words": "date",
        }
        assert read.values("id") == ["1", "2"]
        assert read.values("arm") == ["A", "B"]
        assert read.values("x") == [1.5, None]
        assert read.values("day") == [dt.date(2010, 5, 3), None]
        assert read.values("flag") == [True, False]
        assert read.values("n") == [3, None]
        assert read.values("stamp") == [dt.date(2011, 1, 2), None]
        assert read.values("words") == [dt.date(2012, 1, 1), None]
        assert read.raw("x") == ["1.5", None]
        assert read.raw("arm") == ["A", " B "]
        assert read.places("wrong-type") == [("patient.parquet", 3, "words")]


def test_parquet_and_csv_of_the_same_table_read_the_same(tmp_path: Path) -> None:
    source = EXAMPLES / "colon" / "data" / "colon.csv"
    duckdb.read_csv(str(source), all_varchar=True).write_parquet(str(tmp_path / "text.parquet"))
    duckdb.read_csv(str(source)).write_parquet(str(tmp_path / "typed.parquet"))
    text = (EXAMPLES / "colon" / "study.yaml").read_text(encoding="utf-8")
    (tmp_path / "data").mkdir()
    (tmp_path / "data" / "colon.csv").write_bytes(source.read_bytes())
    tables = []
    for file in ("data/colon.csv", "text.parquet", "typed.parquet"):
        (tmp_path / "study.yaml").write_text(text.replace("data/colon.csv", file), encoding="utf-8")
        with read_study(load_study(tmp_path / "study.yaml")) as read:
            columns = read.table().columns
            tables.append((columns, read.session.rows("SELECT * FROM patient ORDER BY __row")))
    assert tables[0] == tables[1] == tables[2]


def test_infinite_and_very_wide_numbers_of_parquet_are_not_dropped_in_silence(tmp_path: Path) -> None:
    rows = ", ".join(f"('{n}', 'A', {n}.5::DOUBLE, {n}::UBIGINT)" for n in range(1, 20))
    wide = "18446744073709551615::UBIGINT"
    parquet(
        tmp_path / "patient.parquet",
        f"SELECT * FROM (VALUES {rows}, ('20', 'B', 'Infinity'::DOUBLE, {wide})) t(id, arm, x, n)",  # noqa: S608
    )
    data = "patient: {file: patient.parquet, key: id}"
    with read_study(write_study(tmp_path, {}, data=data, variables="patient.n: {type: integer}")) as read:
        assert read.values("x")[:2] == [1.5, 2.5]
        assert read.values("n")[:2] == [1, 2]
        assert read.places("wrong-type") == [("patient.parquet", 21, "x"), ("patient.parquet", 21, "n")]


@pytest.mark.parametrize("content", [b"", b"PAR1", b"id,arm\n1,A\n", b"PAR1" + bytes(200) + b"PAR1"])
def test_what_is_not_parquet_is_refused(tmp_path: Path, content: bytes) -> None:
    loaded = write_study(tmp_path, {"p.parquet": content}, data="patient: {file: p.parquet, key: id}")
    with pytest.raises(DataError, match=r"p.parquet cannot be read as Parquet"), read_study(loaded):
        pass


def test_a_parquet_name_is_never_a_pattern(tmp_path: Path) -> None:
    for name in ("p1.parquet", "p[1].parquet"):
        parquet(tmp_path / name, "SELECT '1' AS id, 'A' AS arm")
    loaded = write_study(tmp_path, {}, data="patient: {file: 'p[1].parquet', key: id}")
    with pytest.raises(DataError, match="cannot hold"), read_study(loaded):
        pass


def test_the_colon_trial_reads_without_a_blocking_finding() -> None:
    """What R's survival 3.5-3 says of subset(colon, etype == 2): table(rx) and colSums(is.na())."""
    with read_study(load_study(EXAMPLES / "colon" / "study.yaml")) as read:
        assert [(table.name, table.n_rows) for table in read.reading.tables.values()] == [
            ("patient", 929),
            ("recurrence", 929),
        ]
        assert [f for f in read.findings if f.severity is Severity.BLOCKS] == []
        assert sum(value is None for value in read.values("nodes")) == 18
        assert sum(value is None for value in read.values("differ")) == 23
        assert read.kind("time") is ColumnType.INTEGER
        assert read.session.rows("SELECT rx, count(*) FROM patient GROUP BY rx ORDER BY rx") == [
            ("Lev", 310),
            ("Lev+5FU", 304),
            ("Obs", 315),
        ]


def test_the_synthetic_cohort_reads_without_a_blocking_finding() -> None:
    with read_study(load_study(EXAMPLES / "netlm" / "study.yaml")) as read:
        assert set(read.reading.tables) == {"patient", "operation", "complication", "imaging", "treatment"}
        assert [f for f in read.findings if f.severity is Severity.BLOCKS] == []
        limits = read.session.rows(
            "SELECT DISTINCT lm_number__limit, lm_number FROM operation WHERE lm_number__limit IS NOT NULL"
        )
        assert limits == [(">=", 10)]
        assert set(read.values("date_dx_net__precision")) <= {"day", "month", "year", None}
