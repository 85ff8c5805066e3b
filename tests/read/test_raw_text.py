"""Every reader keeps the text of a cell as it stands, so that a finding shows row, column and text."""

from __future__ import annotations

import io
import sqlite3
from collections.abc import Callable
from pathlib import Path

import duckdb
import pandas as pd
import pyarrow as pa
import pyarrow.parquet as pq
import pyreadstat
import pytest

from tests.read.small_study import read_study, write_study
from tests.read.workbooks import xls, xlsx

COLUMNS = ("id", "arm", "ki67", "size")
ROWS = (("a", "A", "2.50", 12), ("b", "B", " 3-5% ", 7), ("c", "A", "<1", 30), ("d", "B", "", 4))


def _text(path: Path) -> None:
    lines = [",".join(COLUMNS), *(",".join(map(str, row)) for row in ROWS)]
    path.write_text("\n".join(lines) + "\n", encoding="utf-8")


def _utf16(path: Path) -> None:
    lines = ["\t".join(COLUMNS), *("\t".join(map(str, row)) for row in ROWS)]
    path.write_text("\n".join(lines) + "\n", encoding="utf-16")


def _workbook(path: Path) -> None:
    path.write_bytes(xlsx({"Patients": [COLUMNS, *ROWS]}))


def _old_workbook(path: Path) -> None:
    path.write_bytes(xls([COLUMNS, *ROWS]))


def _parquet(path: Path) -> None:
    columns = [list(column) for column in zip(*ROWS, strict=True)]
    out = io.BytesIO()
    pq.write_table(pa.table(dict(zip(COLUMNS, columns, strict=True))), out)
    path.write_bytes(out.getvalue())


def _duckdb(path: Path) -> None:
    with duckdb.connect(str(path)) as connection:
        connection.execute("CREATE TABLE patient (id VARCHAR, arm VARCHAR, ki67 VARCHAR, size INTEGER)")
        connection.executemany("INSERT INTO patient VALUES (?, ?, ?, ?)", [list(row) for row in ROWS])


def _sqlite(path: Path) -> None:
    connection = sqlite3.connect(path)
    connection.execute("CREATE TABLE patient (id TEXT, arm TEXT, ki67 TEXT, size INTEGER)")
    connection.executemany("INSERT INTO patient VALUES (?, ?, ?, ?)", ROWS)
    connection.commit()
    connection.close()


def _statistics(write: Callable[..., None]) -> Callable[[Path], None]:
    return lambda path: write(pd.DataFrame(list(ROWS), columns=list(COLUMNS)), str(path))


# File, how it is written, further words of its table, and the row that a finding about the second patient names.
READERS = {
    "csv": ("p.csv", _text, "", 3),
    "utf-16": ("p.tsv", _utf16, "", 3),
    "xlsx": ("p.xlsx", _workbook, "", 3),
    "xls": ("p.xls", _old_workbook, "", 3),
    "parquet": ("p.parquet", _parquet, "", 3),
    "duckdb": ("p.duckdb", _duckdb, ", table: patient", 2),
    "sqlite": ("p.sqlite", _sqlite, ", table: patient", 2),
    "sav": ("p.sav", _statistics(pyreadstat.write_sav), "", 2),
    "dta": ("p.dta", _statistics(pyreadstat.write_dta), "", 2),
    "xpt": ("p.xpt", _statistics(pyreadstat.write_xport), "", 2),
}


@pytest.mark.parametrize("reader", READERS)
def test_a_finding_shows_row_column_and_text_and_every_cell_keeps_its_own(tmp_path: Path, reader: str) -> None:
    file, write, words, row = READERS[reader]
    write(tmp_path / file)
    data = f"patient: {{file: {file}, key: id{words}}}"
    loaded = write_study(tmp_path, {}, data=data, variables="patient.ki67: {censored: true}")
    with read_study(loaded) as read:
        (found,) = read.of("wrong-type")
        assert (found.file.partition(" ")[0].partition(",")[0], found.row, found.column) == (file, row, "ki67")
        assert (found.key, found.value) == ("b", "3-5%")
        assert [(text or "").strip() for text in read.raw("ki67")] == ["2.50", "3-5%", "<1", ""]
        assert read.raw("size") == ["12", "7", "30", "4"]
        assert read.values("ki67") == [2.5, None, 1.0, None]
