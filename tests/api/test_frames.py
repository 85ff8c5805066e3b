"""One answer whatever library holds the data, and results in kind."""

from __future__ import annotations

import subprocess
import sys
from pathlib import Path
from typing import Any

import numpy as np
import pandas as pd
import polars as pl
import pyarrow as pa
import pytest

import atrisk
from atrisk.errors import EstimationError
from tests.api.data import columns, frame

LIBRARIES = {"pandas": pd.DataFrame, "polars": pl.DataFrame, "pyarrow": pa.table, "dict": dict}


def held(library: str, name: str) -> Any:
    return LIBRARIES[library](columns(name))


def printed(code: str) -> str:
    return subprocess.run([sys.executable, "-c", code], capture_output=True, text=True, check=True).stdout.strip()


@pytest.mark.parametrize("library", LIBRARIES)
def test_curves_and_models_are_the_same_to_the_last_bit(library: str) -> None:
    """The dictionary of lists needs no library at all, and is what the others are held against."""
    plain, data = held("dict", "veteran"), held(library, "veteran")
    covariates = ["karno", atrisk.Factor("celltype", reference="squamous"), "age"]
    for given in (
        lambda df: atrisk.kaplan_meier(df, time="time", event="status", group="celltype"),
        lambda df: atrisk.log_rank(df, time="time", event="status", group="celltype", strata="trt"),
        lambda df: atrisk.cox(df, time="time", event="status", covariates=covariates, strata="trt"),
    ):
        expected, found = given(plain), given(data)
        assert str(found) == str(expected)
        for name, values in expected.table.items():
            np.testing.assert_array_equal(np.asarray(found.table[name]), np.asarray(values))


@pytest.mark.parametrize("library", LIBRARIES)
def test_missing_values_are_left_out_and_counted(library: str) -> None:
    """lung: 1 patient without ph.ecog, 14 without wt.loss, none without both (as R's summary of the data has it)."""
    covariates = ["ph.ecog", "wt.loss"]
    model = atrisk.cox(held(library, "lung"), time="time", event="status", event_value=2, covariates=covariates)
    assert model.rows.missing == (("ph.ecog", 1), ("wt.loss", 14))
    assert (model.rows.n_read, model.rows.n_used, model.rows.n_left_out) == (228, 213, 15)
    assert "213 of 228 rows; 15 left out for missing values (ph.ecog 1, wt.loss 14)" in str(model)


@pytest.mark.parametrize(
    ("library", "kind"), [("pandas", pd.DataFrame), ("polars", pl.DataFrame), ("pyarrow", pa.Table)]
)
def test_results_come_back_in_kind(library: str, kind: type) -> None:
    curves = atrisk.kaplan_meier(held(library, "aml"), time="time", event="status", group="x")
    found = curves.to_frame()
    assert isinstance(found, kind)
    assert list(found.columns if library != "pyarrow" else found.column_names) == list(curves.to_dict())


def test_kinds_of_columns_of_each_library_mean_the_same() -> None:
    """Nullable integers, truth values, categoricals: a group of the same levels, an event of the same rows."""
    time, died = [1, 2, 3, 4, None, 6], [True, False, True, True, True, None]
    arm = ["b", "a", "b", "a", "a", "b"]
    frames = [
        {"t": time, "d": died, "g": arm},
        pd.DataFrame(
            {"t": pd.array(time, dtype="Int64"), "d": pd.array(died, dtype="boolean"), "g": pd.Categorical(arm)}
        ),
        pl.DataFrame({"t": time, "d": died, "g": pl.Series(arm, dtype=pl.Categorical)}),
        pa.table({"t": time, "d": died, "g": pa.array(arm).dictionary_encode()}),
    ]
    answers = [atrisk.kaplan_meier(one, time="t", event="d", group="g") for one in frames]
    assert len({str(answer) for answer in answers}) == 1
    assert answers[0].groups == ("a", "b")
    assert answers[0].rows.missing == (("t", 1), ("d", 1))


def test_an_ordered_categorical_keeps_its_order() -> None:
    grade = ["low", "high", "middle", "low", "high", "middle"]
    order = ["low", "middle", "high"]
    base = {"t": [1.0, 2, 3, 4, 5, 6], "d": [1, 1, 1, 0, 1, 1]}
    frames = [
        pd.DataFrame({**base, "g": pd.Categorical(grade, categories=order, ordered=True)}),
        pl.DataFrame({**base, "g": pl.Series(grade, dtype=pl.Enum(order))}),
    ]
    for one in frames:
        assert atrisk.kaplan_meier(one, time="t", event="d", group="g").groups == ("low", "middle", "high")


def test_what_is_no_data_frame_in_memory_is_refused_with_what_to_do() -> None:
    with pytest.raises(EstimationError, match=r"collect\(\) it first"):
        atrisk.kaplan_meier(pl.DataFrame(columns("aml")).lazy(), time="time", event="status")
    with pytest.raises(EstimationError, match="not a data frame"):
        atrisk.kaplan_meier([1, 2], time="time", event="status")
    with pytest.raises(EstimationError, match=r"no column 'tiem'\. Did you mean 'time'"):
        atrisk.kaplan_meier(frame("aml"), time="tiem", event="status")


def test_importing_the_package_imports_no_library() -> None:
    code = (
        "import sys, atrisk; dir(atrisk); "
        "print([name for name in ('numpy', 'scipy', 'narwhals', 'pandas', 'polars') if name in sys.modules])"
    )
    assert printed(code) == "[]"


def test_a_dictionary_needs_no_library_of_data_frames() -> None:
    code = (
        "import sys, atrisk; print(atrisk.kaplan_meier({'t': [1, 2], 'd': [1, 0]}, time='t', event='d').to_dict()"
        "['survival'], [name for name in ('narwhals', 'pandas', 'polars') if name in sys.modules])"
    )
    assert (
        subprocess.run([sys.executable, "-c", code], capture_output=True, text=True, check=True).stdout
        == "[0.5, 0.5] []\n"
    )


def test_the_stub_tells_type_checkers_the_same_names() -> None:
    stub = Path(atrisk.__file__).with_suffix(".pyi").read_text(encoding="utf-8")
    told = {line.split()[1] + "." + line.split()[3] for line in stub.splitlines() if line.startswith("from ")}
    assert told == {f"{module}.{name}" for name, module in atrisk._HOME.items()}
    assert all(getattr(atrisk, name) is not None for name in atrisk.__all__)
