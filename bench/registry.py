"""A registry of a million patients with five million scans, and how long it takes to check it and to derive from it.

The patients are those of the flagship study, each copied 1,645 times under a name of its own, with birth and all later
dates moved by a number of days that differs from copy to copy, so that the columns hold as many values as a real
register's. The study file is the flagship's. The tables are Parquet files with types, dates that may be partial and
numbers that may be limits as text.

The targets are 60 s and 4 GB for reading, checking and deriving together on two cores.
"""

# ruff: noqa: S608 (only names and constants of this file are put into SQL)

from __future__ import annotations

import json
import re
import subprocess
import sys
import tempfile
from pathlib import Path

import duckdb
from ruamel.yaml import YAML

from bench.flagship_study import STUDY, Measured, measure

TARGET_SECONDS, TARGET_MEGABYTES = 60.0, 4000.0
COPIES = 1645
_BIRTH_STEPS = 41
_SCANS_EACH = 6
_PARTIAL = ("date_dx_net", "date_dx_lm")


def write(folder: Path, copies: int = COPIES) -> Path:
    """Write the tables and the study file into ``folder``; returns the study file. The same files every time."""
    engine = duckdb.connect()
    engine.execute("SET threads = 1")
    engine.execute("SET enable_progress_bar = false")
    engine.execute(
        f"CREATE TABLE copy AS SELECT i AS copy, i % {_BIRTH_STEPS} AS birth_days, 9 * (i // {_BIRTH_STEPS}) AS days, "
        f"'-' || lpad(i::VARCHAR, 4, '0') AS suffix FROM range({copies}) t(i)"
    )
    for table in ("patient", "operation", "complication", "imaging", "treatment"):
        path = STUDY.parent / "data" / f"{table}.csv"
        few = (
            f" QUALIFY row_number() OVER (PARTITION BY patient_id ORDER BY row) <= {_SCANS_EACH}"
            if table == "imaging"
            else ""
        )
        numbered = f"SELECT row_number() OVER () AS row, * FROM read_csv('{path}')"
        engine.execute(f"CREATE TABLE {table} AS SELECT * FROM ({numbered}){few}")
        columns = engine.execute(f"DESCRIBE SELECT * EXCLUDE (row) FROM {table}").fetchall()
        cells = ", ".join(f"{_moved(name, kind)} AS {name}" for name, kind, *_ in columns)
        engine.execute(
            f"COPY (SELECT {cells} FROM copy, {table} o ORDER BY copy, row) "
            f"TO '{folder / table}.parquet' (FORMAT parquet)"
        )
    engine.close()
    declared = YAML(typ="safe").load(STUDY)
    # Each alternative is a study of its own; one is measured, with all else that it declares.
    kept = {key: value for key, value in declared.items() if key not in ("alternatives", "published")}
    kept["study"] = {key: value for key, value in kept["study"].items() if key != "simulation"}
    text = re.sub(r"data/(\w+)\.csv", r"\1.parquet", json.dumps(kept, default=str))
    (folder / "study.yaml").write_text(text + "\n", encoding="utf-8")
    return folder / "study.yaml"


def _moved(column: str, kind: str) -> str:
    """SQL of a column of a copy: names get the copy's suffix, dates move."""
    if column.endswith("_id"):
        return f"o.{column} || suffix"
    if column == "birth_date":
        return f"(o.{column} - birth_days::INTEGER)"
    if column in _PARTIAL:
        # A month cannot move by days and stay in order with the other dates: it is kept in the copies that do not move.
        moved = f"(try_cast(o.{column} AS DATE) - days::INTEGER)::VARCHAR"
        return f"CASE WHEN days = 0 THEN o.{column}::VARCHAR ELSE {moved} END"
    return f"(o.{column} - days::INTEGER)" if kind == "DATE" else f"o.{column}"


def table(*, copies: int = COPIES) -> tuple[list[tuple[str, str, str]], bool]:
    """Rows of part, figure and target, and whether both targets were met."""
    with tempfile.TemporaryDirectory() as name:
        folder = Path(name)
        study = write(folder, copies)
        rows = [(f"rows of {path.stem}", f"{_rows(path):,}", "") for path in sorted(folder.glob("*.parquet"))]
        stages = stages_of(study)
        whole = measure(["check", str(study), "--out", str(folder / "out")])
    rows += [(stage, f"{seconds:.1f} s, {busy:.1f} s", "") for stage, (seconds, busy) in stages.items()]
    rows.append(
        ("`atrisk check`", f"{whole.seconds:.1f} s, {whole.processor_seconds or 0:.1f} s", f"{TARGET_SECONDS:g} s")
    )
    if whole.megabytes is not None:
        rows.append(("peak memory", f"{whole.megabytes:.0f} MB", f"{TARGET_MEGABYTES:g} MB"))
    return rows, _met(whole)


def _met(whole: Measured) -> bool:
    return whole.seconds <= TARGET_SECONDS and (whole.megabytes or 0.0) <= TARGET_MEGABYTES


def _rows(path: Path) -> int:
    counted = duckdb.connect().execute(f"SELECT count(*) FROM read_parquet('{path}')").fetchone()
    return int(counted[0]) if counted else 0


def stages_of(study: Path) -> dict[str, tuple[float, float]]:
    """Wall and processor seconds of each stage, in a process of its own."""
    done = subprocess.run(
        [sys.executable, "-m", "bench.registry_worker", str(study)], capture_output=True, text=True, check=True
    )
    return {name: (seconds, busy) for name, seconds, busy in json.loads(done.stdout)}


def main() -> None:
    """Print the rows; exit with 1 when a target is missed."""
    rows, met = table()
    for cells in rows:
        print("| " + " | ".join(cells) + " |")
    raise SystemExit(0 if met else 1)


if __name__ == "__main__":
    main()
