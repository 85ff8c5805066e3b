"""The files of a run: what a program reads back is what was computed, and the same rows give the same bytes."""

from __future__ import annotations

import csv
import io
import json
import math
from dataclasses import fields, replace
from pathlib import Path
from types import MappingProxyType

import duckdb
import numpy as np
import pytest

from atrisk.errors import OutputError
from atrisk.result.curve import Curve
from atrisk.result.row import COLUMNS, Row, finish
from atrisk.result.run_result import RunResult
from atrisk.result.write import column_types, published_csv, rows_csv, write_rows, write_timings
from atrisk.study.model import Study
from atrisk.study.published import Published

STUDY = Study.model_validate(
    {
        "atrisk": 1,
        "study": {"id": "small", "title": "Small"},
        "data": {"patient": {"file": "p.csv", "key": "id"}},
        "groups": {"by": "arm", "order": ["A", "B"]},
        "published": [
            {"what": "=Survival", "row": {"outcome": "os"}, "value": "53 %", "within": "2 points"},
            {"what": "Median", "row": {"outcome": "pfs"}, "value": "26 months", "within": "1.5 months"},
            {"what": "p, never computed", "row": {"outcome": "pfs"}, "value": "< 0.001", "reading": "called balanced"},
        ],
    }
)
VALUE = Row(analysis="survival", outcome="os", group="A", time=3652.5, statistic="survival", value=0.1 + 0.2, n=3)
ROWS = finish(
    [
        VALUE,
        replace(VALUE, statistic="conf_high", value=math.inf, conf_level=0.95),
        replace(VALUE, group='=cmd|"x",é\n+', value=None, error="nobody is at risk", suppressed=True),
        replace(VALUE, statistic="median", time=None, value=1e-300, n=None, n_event=0),
    ]
)


def figure(number: int, unit: str, published: str, computed: float | None, tolerance: str, agrees: float) -> list[Row]:
    row = Row(analysis="published", statistic="published", term=str(number), unit=unit, text_value=published)
    return [
        row,
        replace(row, statistic="computed", value=computed, text_value="0123"),
        replace(row, statistic="agrees", value=agrees, text_value=tolerance),
    ]


FIGURES = [
    *figure(1, "%", "53 %", 0.5349, "± 2 points", 1.0),
    *figure(2, "months", "26 months", 12 * 365.25 / 12, "± 1.5 months", 0.0),
    *figure(3, "", "< 0.001", None, "< 0.001", 0.0),
]


def curve(group: str, times: list[float]) -> Curve:
    steps = np.array(times)
    columns = ("n_at_risk", "n_event", "n_censored", "estimate", "std_error", "conf_low")
    arrays = {name: steps * 0.1 + i for i, name in enumerate(columns)}
    return Curve(
        comparison="main",
        outcome="os",
        kind="survival",
        group=group,
        n=len(times),
        time=steps,
        conf_high=np.full(len(times), np.nan),
        conf_level=0.95,
        conf_type="log-log",
        **arrays,
    )


def result(curves: tuple[Curve, ...]) -> RunResult:
    return RunResult(
        study=STUDY,
        findings=(),
        flow=(),
        comparisons=(),
        variables=MappingProxyType({}),
        rows=finish([*ROWS, *FIGURES]),
        curves=curves,
        provenance={"study": {"id": "small"}, "seeds": {}},
    )


CURVES = (curve("A", [1.0, 2.5]), curve("B", [3.0]))


def test_model_csv_documents_exactly_the_columns_of_the_row_with_their_types() -> None:
    kinds = {"str": "text", "float | None": "number", "int | None": "integer", "int": "integer", "bool": "boolean"}
    assert dict(column_types()) == {field.name: kinds[str(field.type)] for field in fields(Row)}


def test_every_number_in_results_csv_reads_back_to_the_same_double() -> None:
    lines = list(csv.DictReader(io.StringIO(rows_csv(ROWS))))
    assert tuple(lines[0]) == COLUMNS
    assert [line["value"] for line in lines] == ["0.30000000000000004", "inf", "", "1e-300"]
    for line, row in zip(lines, ROWS, strict=True):
        for name in ("value", "time", "conf_level"):
            given = getattr(row, name)
            assert (float(line[name]) if line[name] else None) == given
    assert [line["n"] for line in lines] == ["3", "3", "3", ""]
    assert [line["suppressed"] for line in lines] == ["false", "false", "true", "false"]


def test_texts_in_results_csv_are_the_codes_in_the_data_even_where_a_spreadsheet_would_run_them() -> None:
    assert list(csv.DictReader(io.StringIO(rows_csv(ROWS), newline="")))[2]["group"] == '=cmd|"x",é\n+'


def test_results_parquet_holds_what_results_csv_holds(tmp_path: Path) -> None:
    write_rows(result(CURVES), tmp_path)
    with duckdb.connect() as connection:
        read = connection.execute("SELECT * FROM read_parquet(?)", [str(tmp_path / "results.parquet")])
        names = [column[0] for column in read.description or ()]
        found = [dict(zip(names, values, strict=True)) for values in read.fetchall()]
        kinds = connection.execute(
            "SELECT column_name, column_type FROM (DESCRIBE SELECT * FROM read_parquet(?))",
            [str(tmp_path / "results.parquet")],
        ).fetchall()
    assert found == [{name: getattr(row, name) for name in COLUMNS} for row in result(CURVES).rows]
    sql = {"text": "VARCHAR", "number": "DOUBLE", "integer": "BIGINT", "boolean": "BOOLEAN"}
    assert dict(kinds) == {name: sql[kind] for name, kind in column_types().items()}


def test_curves_parquet_holds_every_step_in_order_with_null_for_not_estimable(tmp_path: Path) -> None:
    write_rows(result(CURVES), tmp_path)
    with duckdb.connect() as connection:
        found = connection.execute(
            'SELECT "group", n, time, n_event, conf_high, conf_type FROM read_parquet(?)',
            [str(tmp_path / "curves.parquet")],
        ).fetchall()
    # n_event is 0.1 * time + 1 by construction of the curves above.
    assert found == [
        ("A", 2, 1.0, 1.1, None, "log-log"),
        ("A", 2, 2.5, 1.25, None, "log-log"),
        ("B", 1, 3.0, 1.3, None, "log-log"),
    ]


def test_a_study_without_curves_has_an_empty_file_of_them(tmp_path: Path) -> None:
    write_rows(result(()), tmp_path)
    with duckdb.connect() as connection:
        found = connection.execute(
            "SELECT count(*) FROM read_parquet(?)", [str(tmp_path / "curves.parquet")]
        ).fetchone()
    assert found == (0,)


def test_the_same_result_gives_the_same_bytes(tmp_path: Path) -> None:
    names = {"results.csv", "results.parquet", "curves.parquet", "published.csv", "run.json"}
    for folder in ("one", "two's"):
        (tmp_path / folder).mkdir()
        write_rows(result(CURVES), tmp_path / folder)
        assert {path.name for path in (tmp_path / folder).iterdir()} == names
    for name in names:
        assert (tmp_path / "one" / name).read_bytes() == (tmp_path / "two's" / name).read_bytes()


def test_published_figures_stand_beside_the_computed_in_their_own_unit() -> None:
    """0.5349 is 53.49 %; 12 x 365.25/12 days are 12 months; what was not computed agrees with nothing."""
    assert published_csv(FIGURES, STUDY.published) == (
        "figure,published,tolerance,computed,agrees,reading,data\n"
        "'=Survival,53 %,± 2 points,53.49 %,true,,\n"
        "Median,26 months,± 1.5 months,12 months,false,,\n"
        '"p, never computed",< 0.001,< 0.001,,false,called balanced,\n'
    )


def test_a_study_without_published_figures_has_only_the_header() -> None:
    none: tuple[Published, ...] = ()
    assert published_csv(ROWS, none) == "figure,published,tolerance,computed,agrees,reading,data\n"


def test_a_disk_that_fills_under_the_engine_is_an_output_error(tmp_path: Path) -> None:
    if not Path("/dev/full").exists():
        pytest.skip("no /dev/full on this system")
    (tmp_path / "results.parquet").symlink_to("/dev/full")
    with pytest.raises(OutputError, match=r"results\.parquet cannot be written"):
        write_rows(result(CURVES), tmp_path)


def test_timings_are_seconds_by_stage(tmp_path: Path) -> None:
    write_timings({"read": 0.12344, "check": 1.0}, tmp_path)
    content = json.loads((tmp_path / "timings.json").read_text(encoding="utf-8"))
    assert content == {"unit": "seconds", "stages": {"read": 0.1234, "check": 1.0}}


def test_rows_of_synthetic_patients_say_so_in_the_published_figures_too() -> None:
    said = [replace(row, data="synthetic") for row in FIGURES]
    lines = list(csv.DictReader(io.StringIO(published_csv(said, STUDY.published))))
    assert {line["data"] for line in lines} == {"synthetic"}
    assert {line["data"] for line in csv.DictReader(io.StringIO(rows_csv(said)))} == {"synthetic"}
