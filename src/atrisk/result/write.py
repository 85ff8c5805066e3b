"""The files of a run that machines read: result rows, curves, published figures, and what the run was made from."""

from __future__ import annotations

import csv
import io
import json
from collections.abc import Iterable, Mapping, Sequence
from dataclasses import fields
from functools import cache
from importlib.resources import files
from pathlib import Path
from typing import TYPE_CHECKING, Any

from atrisk.errors import OutputError
from atrisk.result.curve import Curve
from atrisk.result.formula import without_formula
from atrisk.result.row import COLUMNS, Row
from atrisk.result.run_result import RunResult
from atrisk.study.published import Published
from atrisk.study.quantity import days_per

if TYPE_CHECKING:
    import numpy as np
    from numpy.typing import NDArray

TIMINGS = "timings.json"

_SQL_TYPES = {"text": "VARCHAR", "number": "DOUBLE", "integer": "BIGINT", "boolean": "BOOLEAN"}
_CURVE_ARRAYS = ("time", "n_at_risk", "n_event", "n_censored", "estimate", "std_error", "conf_low", "conf_high")


def write_rows(result: RunResult, out: Path) -> None:
    """Write ``results.csv``, ``results.parquet``, ``curves.parquet``, ``published.csv`` and ``run.json`` into ``out``.

    The same result gives the same bytes. Raises OutputError when the disk refuses.
    """
    _text(out / "results.csv", rows_csv(result.rows))
    _text(out / "published.csv", published_csv(result.rows, result.study.published))
    _text(out / "run.json", json.dumps(result.provenance, indent=1, ensure_ascii=False, allow_nan=False) + "\n")
    _parquet(out / "results.parquet", _columns(result.rows))
    _parquet(out / "curves.parquet", _curve_columns(result.curves))


def write_timings(durations: Mapping[str, float], out: Path) -> None:
    """Write ``timings.json``: seconds by stage, the one file that differs between two runs of the same study."""
    content = {"unit": "seconds", "stages": {name: round(seconds, 4) for name, seconds in durations.items()}}
    _text(out / TIMINGS, json.dumps(content, indent=1) + "\n")


@cache
def column_types() -> Mapping[str, str]:
    """Column of the result row to its type (text, number, integer, boolean), as ``model.csv`` documents it."""
    text = files("atrisk.result").joinpath("model.csv").read_text(encoding="utf-8")
    return {line["column"]: line["type"] for line in csv.DictReader(io.StringIO(text))}


def rows_csv(rows: Iterable[Row]) -> str:
    """The result rows as CSV: the columns of `Row` in order, empty for "none".

    Numbers are the shortest text that reads back to the same double; infinity is ``inf``; yes and no are ``true`` and
    ``false``. Texts stand as they are, also where a spreadsheet would take them for a formula: this file is for
    programs, and an altered code would no longer be the code in the data. People open ``tables/``.
    """
    return _csv(COLUMNS, zip(*(_cells(kind, values) for kind, values in _columns(rows).values()), strict=True))


def published_csv(rows: Iterable[Row], declared: Sequence[Published]) -> str:
    """Published figures beside the computed ones: figure, published, tolerance, computed, agrees, reading, data.

    ``declared`` are the study's figures, which the rows name by number in ``term``. ``computed`` is in the unit of the
    published figure to six digits (in full in ``results.csv``); a figure that could not be computed has none and does
    not agree. ``reading`` has the publication's words where they leave open what is meant, so that the published figure
    is our reading of them; ``data`` says where the computed ones are of synthetic patients. A cell that a spreadsheet
    would take for a formula gets an apostrophe in front, because people open this file.
    """
    figures: dict[str, dict[str, Row]] = {}
    for row in rows:
        if row.analysis == "published":
            figures.setdefault(row.term, {})[row.statistic] = row
    lines = []
    for number, parts in figures.items():
        published, computed, agrees = parts["published"], parts["computed"], parts["agrees"]
        lines.append(
            [
                without_formula(str(declared[int(number) - 1].what)),
                without_formula(published.text_value),
                without_formula(agrees.text_value),
                _in_unit(computed.value, published.unit),
                "true" if agrees.value == 1.0 else "false",
                without_formula(str(declared[int(number) - 1].reading or "")),
                published.data,
            ]
        )
    return _csv(("figure", "published", "tolerance", "computed", "agrees", "reading", "data"), lines)


def _csv(header: Sequence[str], lines: Iterable[Sequence[str]]) -> str:
    stream = io.StringIO()
    writer = csv.writer(stream, lineterminator="\n")
    writer.writerow(header)
    writer.writerows(lines)
    return stream.getvalue()


def _columns(rows: Iterable[Row]) -> dict[str, tuple[str, list[Any]]]:
    """The type and the values of each column of the rows."""
    types, given = column_types(), tuple(rows)
    return {name: (types[name], [getattr(row, name) for row in given]) for name in COLUMNS}


def _cells(kind: str, values: Sequence[object]) -> Sequence[object]:
    """Values as the CSV writer takes them: it leaves None empty and writes a double by its shortest exact text."""
    return ["true" if value else "false" for value in values] if kind == "boolean" else values


def _in_unit(value: float | None, unit: str) -> str:
    if value is None:
        return ""
    if unit in ("%", "points"):
        return f"{100 * value:.6g} {unit}"
    return f"{value / days_per(unit):.6g} {unit}" if unit else f"{value:.6g}"


def _text(path: Path, text: str) -> None:
    path.write_text(text, encoding="utf-8", newline="\n")


def _curve_columns(curves: Sequence[Curve]) -> dict[str, tuple[str, Any]]:
    """The steps of all curves below each other, in the order of the curves and of time."""
    import numpy as np

    columns: dict[str, tuple[str, Any]] = {}
    for field in fields(Curve):
        values = [getattr(curve, field.name) for curve in curves]
        if field.name in _CURVE_ARRAYS:
            columns[field.name] = ("number", np.concatenate(values) if values else np.empty(0))
            continue
        kind = "integer" if field.name == "n" else "number" if field.name == "conf_level" else "text"
        steps = [len(curve.time) for curve in curves]
        columns[field.name] = (kind, [value for value, n in zip(values, steps, strict=True) for _step in range(n)])
    return columns


def _parquet(path: Path, columns: Mapping[str, tuple[str, Any]]) -> None:
    """One Parquet file; no time stamp goes into it, and one thread keeps the order, so its bytes are determined."""
    import duckdb

    selected = ", ".join(
        # NaN stands for "none": a column of doubles has no other place for it on its way into the engine.
        f'"{name}"::{_SQL_TYPES[kind]} AS "{name}"'
        if kind in ("text", "boolean")
        else f'CASE WHEN NOT isnan("{name}") THEN "{name}"::{_SQL_TYPES[kind]} END AS "{name}"'
        for name, (kind, _values) in columns.items()
    )
    with duckdb.connect(config={"threads": 1}) as connection:
        connection.register("given", {name: _array(kind, values) for name, (kind, values) in columns.items()})
        connection.execute("CREATE TABLE written AS SELECT " + selected + " FROM given")  # noqa: S608 - our own names
        place = str(path).replace("'", "''")
        try:
            connection.execute(f"COPY written TO '{place}' (FORMAT parquet, COMPRESSION zstd)")
        except duckdb.IOException as error:
            raise OutputError(f"{path.name} cannot be written: is the disk full? Nothing was replaced.") from error


def _array(kind: str, values: Any) -> NDArray[np.generic]:
    import numpy as np

    if kind == "text":
        array = np.empty(len(values), dtype=object)
        array[:] = values
        return array
    if kind == "boolean":
        return np.asarray(values, dtype=np.bool_)
    return np.asarray([np.nan if value is None else value for value in values], dtype=np.float64)
