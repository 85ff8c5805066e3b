"""One table in several formats gives one set of results."""

from __future__ import annotations

import csv
import sqlite3
from pathlib import Path

import duckdb
import pytest

from atrisk.run.study import run_study
from atrisk.study.load import load_study
from tests.read.workbooks import xlsx

COLON = Path(__file__).parents[2] / "examples" / "colon"


def _typed(cell: str) -> str | float | None:
    """A cell as a spreadsheet would hold it: R writes NA where nothing was recorded."""
    if cell in ("", "NA"):
        return None
    try:
        return float(cell)
    except ValueError:
        return cell


@pytest.mark.parametrize("kind", ["xlsx", "sqlite", "duckdb"])
def test_a_study_has_the_same_rows_from_every_format(tmp_path: Path, kind: str) -> None:
    text = (COLON / "study.yaml").read_text(encoding="utf-8")
    assert text.count("file: data/colon.csv") == 2
    with (COLON / "data" / "colon.csv").open(encoding="utf-8", newline="") as stream:
        header, *rows = list(csv.reader(stream))
    cells = [[_typed(cell) for cell in row] for row in rows]
    path, within = tmp_path / f"colon.{kind}", "table: colon"
    if kind == "xlsx":
        path.write_bytes(xlsx({"Trial": [header, *cells], "Notes": [["x"], ["y"]]}))
        within = "sheet: Trial"
    elif kind == "sqlite":
        connection = sqlite3.connect(path)
        names = ", ".join(f'"{name}"' for name in header)
        connection.execute(f"CREATE TABLE colon ({names})")
        connection.executemany(f"INSERT INTO colon VALUES ({', '.join('?' * len(header))})", cells)  # noqa: S608
        connection.commit()
        connection.close()
    else:
        with duckdb.connect(str(path)) as engine:
            source = f"read_csv('{COLON / 'data' / 'colon.csv'}', nullstr = 'NA')"
            engine.execute(f"CREATE TABLE colon AS SELECT * FROM {source}")  # noqa: S608
    study = tmp_path / "study.yaml"
    study.write_text(text.replace("file: data/colon.csv", f"file: colon.{kind}, {within}"), encoding="utf-8")
    expected = run_study(load_study(COLON / "study.yaml"), lambda _stage: None)
    found = run_study(load_study(study), lambda _stage: None)
    assert found.rows == expected.rows
    assert len(found.rows) > 100
