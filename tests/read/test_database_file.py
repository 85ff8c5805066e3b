"""Tables of DuckDB and SQLite files: read-only, below the study's folder, rows and types as stored."""

from __future__ import annotations

import datetime as dt
import sqlite3
from pathlib import Path

import duckdb
import pytest

from atrisk.errors import DataError
from tests.read.small_study import read_study, write_study

ENDLESS = "WITH RECURSIVE n(i) AS (SELECT 1 UNION ALL SELECT i FROM n) SELECT i FROM n WHERE i > 1"


def registry(path: Path) -> None:
    with duckdb.connect(str(path)) as connection:
        connection.execute("CREATE SCHEMA clinic")
        connection.execute("CREATE TABLE clinic.patients (id INTEGER, arm VARCHAR, seen DATE, ki67 DOUBLE, ok BOOLEAN)")
        connection.execute("INSERT INTO clinic.patients VALUES (1, 'A', '2010-01-31', 2.5, true)")
        connection.execute("INSERT INTO clinic.patients VALUES (2, 'B', NULL, 'NaN', NULL)")
        connection.execute("CREATE TABLE other (x INTEGER)")
        connection.execute("CREATE VIEW passwords AS SELECT * FROM read_csv('/etc/passwd', header = false)")


def sqlite(path: Path) -> None:
    with sqlite3.connect(path) as connection:
        connection.execute('CREATE TABLE "The Patients" (id, arm TEXT, seen TEXT, ki67, photo BLOB)')
        rows = [(1, "A", "2010-01-31", "<1", b"\x00"), (2, "B", None, 2.5, None), (3, "A", "2011-02-30", 43900.0, None)]
        connection.executemany('INSERT INTO "The Patients" VALUES (?, ?, ?, ?, ?)', rows)
        connection.execute(f"CREATE VIEW forever AS {ENDLESS}")
    connection.close()


def refusal(folder: Path, data: str) -> str:
    with pytest.raises(DataError) as caught, read_study(write_study(folder, {}, data=data)):
        pass
    return str(caught.value)


def test_a_duckdb_table_keeps_its_types(tmp_path: Path) -> None:
    registry(tmp_path / "r.duckdb")
    before = (tmp_path / "r.duckdb").read_bytes()
    data = "patient: {file: r.duckdb, table: clinic.patients, key: id}"
    with read_study(write_study(tmp_path, {}, data=data)) as read:
        assert read.values("id") == ["1", "2"]
        assert read.values("seen") == [dt.date(2010, 1, 31), None]
        assert read.values("ki67") == [2.5, None]
        assert read.values("ok") == [True, None]
        assert read.table().file == "r.duckdb, table clinic.patients"
    assert (tmp_path / "r.duckdb").read_bytes() == before


def test_an_sqlite_table_has_types_by_the_cell(tmp_path: Path) -> None:
    sqlite(tmp_path / "r.sqlite")
    data = "patient: {file: r.sqlite, table: the patients, key: id}"
    variables = "patient.ki67: {censored: true}\npatient.seen: {type: date}"
    with read_study(write_study(tmp_path, {}, data=data, variables=variables)) as read:
        assert read.raw("ki67") == ["<1", "2.5", "43900"]
        assert read.values("ki67") == [1.0, 2.5, 43900.0]
        assert read.places("wrong-type") == [("r.sqlite, table the patients", 3, "seen")]
        assert [finding.column for finding in read.of("binary-cells")] == ["photo"]


def test_tables_are_named_where_none_or_a_wrong_one_is(tmp_path: Path) -> None:
    registry(tmp_path / "r.duckdb")
    sqlite(tmp_path / "r.db")
    assert "'clinic.patients', 'other', 'passwords'" in refusal(tmp_path, "patient: {file: r.duckdb, key: id}")
    assert "Did you mean 'clinic.patients'?" in refusal(
        tmp_path, "patient: {file: r.duckdb, table: clinic.patient, key: id}"
    )
    assert "has no table 'patients'" in refusal(tmp_path, "patient: {file: r.db, table: patients, key: id}")


def test_a_view_reaches_no_other_file_and_ends(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    registry(tmp_path / "r.duckdb")
    sqlite(tmp_path / "r.db")
    words = refusal(tmp_path, "patient: {file: r.duckdb, table: passwords, key: id}")
    assert "root" not in words
    monkeypatch.setattr("atrisk.read.database_file._MOST_CALLS", 20)
    assert "takes too long" in refusal(tmp_path, "patient: {file: r.db, table: forever, key: id}")


def test_a_database_outside_the_folder_is_out_of_reach(tmp_path: Path) -> None:
    registry(tmp_path / "r.duckdb")
    (tmp_path / "study").mkdir()
    data = "patient: {file: ../r.duckdb, table: clinic.patients, key: id}"
    assert "lies outside the study file's folder" in refusal(tmp_path / "study", data)
    (tmp_path / "study" / "r.duckdb").symlink_to(tmp_path / "r.duckdb")
    data = "patient: {file: r.duckdb, table: clinic.patients, key: id}"
    assert "lies outside the study file's folder" in refusal(tmp_path / "study", data)


@pytest.mark.parametrize("name", ["r.duckdb", "r.sqlite"])
def test_a_damaged_database_is_answered(tmp_path: Path, name: str) -> None:
    (registry if name == "r.duckdb" else sqlite)(tmp_path / name)
    whole = (tmp_path / name).read_bytes()
    (tmp_path / name).write_bytes(whole[: len(whole) // 2])
    table = "clinic.patients" if name == "r.duckdb" else "The Patients"
    assert name in refusal(tmp_path, f"patient: {{file: {name}, table: {table}, key: id}}")
