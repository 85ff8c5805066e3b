"""The engine gives back what was put in, and reads nothing it was not opened for."""

# ruff: noqa: S608 (constants and quoted names only)

from __future__ import annotations

import datetime as dt
from collections.abc import Iterator
from pathlib import Path

import duckdb
import numpy as np
import pytest
from hypothesis import given
from hypothesis import strategies as st

from atrisk.errors import DataError
from atrisk.read.session import Session, literal, quote, threads_for
from atrisk.read.table import ColumnType


def test_rows_come_back_as_loaded_and_in_order() -> None:
    rows = [("b", 2, 1.5, dt.date(2010, 5, 3), True), (None, None, None, None, None), ("é'\"", -1, 0.1, None, False)]
    with Session.open() as session:
        relation = session.load(
            "my table", {"te xt": "VARCHAR", "i": "BIGINT", "x": "DOUBLE", "d": "DATE", "b": "BOOLEAN"}, rows
        )
        assert relation == '"my table"'
        assert session.rows(f"SELECT * FROM {relation}") == rows
        assert session.types(relation) == {
            "te xt": ColumnType.TEXT,
            "i": ColumnType.INTEGER,
            "x": ColumnType.NUMBER,
            "d": ColumnType.DATE,
            "b": ColumnType.BOOLEAN,
        }
        arrays = session.arrays(f"SELECT * FROM {relation}")
    assert arrays["te xt"].tolist() == ["b", None, "é'\""]
    np.testing.assert_array_equal(arrays["i"], [2.0, np.nan, -1.0])
    assert arrays["x"].dtype == np.float64
    np.testing.assert_array_equal(arrays["d"], np.array(["2010-05-03", "NaT", "NaT"], dtype="datetime64[D]"))
    assert arrays["b"].tolist() == [True, None, False]
    assert not any(array.flags.writeable for array in arrays.values())


def test_no_rows_keep_their_columns() -> None:
    with Session.open() as session:
        relation = session.load("empty", {"a": "VARCHAR", "x": "DOUBLE"}, [])
        assert session.value(f"SELECT count(*) FROM {relation}") == 0
        assert session.value(f"SELECT a FROM {relation}") is None
        assert {name: array.size for name, array in session.arrays(f"SELECT * FROM {relation}").items()} == {
            "a": 0,
            "x": 0,
        }


@pytest.fixture(scope="module")
def engine() -> Iterator[Session]:
    with Session.open() as session:
        yield session


@given(text=st.text(alphabet=st.characters(exclude_characters="\x00", exclude_categories=["Cs"]), max_size=20))
def test_any_text_survives_quoting(engine: Session, text: str) -> None:
    assert engine.value(f"SELECT {literal(text)}") == text


@given(
    value=st.floats(allow_nan=False, allow_infinity=False) | st.integers(-(2**60), 2**60) | st.booleans() | st.dates()
)
def test_any_constant_survives_quoting(engine: Session, value: float | int | bool | dt.date) -> None:
    assert engine.value(f"SELECT {literal(value)}") == value


@pytest.mark.parametrize("value", [float("nan"), float("inf"), "a\x00b"])
def test_what_has_no_constant_is_refused(value: float | str) -> None:
    with pytest.raises(ValueError, match="constant"):
        literal(value)


def test_identifiers_are_quoted() -> None:
    with Session.open() as session:
        relation = session.load('a"b; DROP', {'x"': "VARCHAR"}, [("1",)])
        column = quote('x"')
        assert session.rows(f"SELECT {column} FROM {relation}") == [("1",)]


def test_files_outside_the_roots_cannot_be_read(tmp_path: Path) -> None:
    inside, outside = tmp_path / "inside", tmp_path / "outside"
    inside.mkdir()
    outside.mkdir()
    (inside / "a.txt").write_text("in")
    (outside / "b.txt").write_text("out")
    with Session.open([inside]) as session:
        assert session.value(f"SELECT content FROM read_text({literal(str(inside / 'a.txt'))})") == "in"
        for path in (outside / "b.txt", inside / ".." / "outside" / "b.txt"):
            with pytest.raises(DataError, match="outside its folder"):
                session.rows(f"SELECT content FROM read_text({literal(str(path))})")
        with pytest.raises(DataError):
            session.rows(f"ATTACH {literal(str(outside / 'c.duckdb'))}")


@pytest.mark.parametrize("setting", ["enable_external_access = true", "threads = 4", "allowed_directories = ['/']"])
def test_the_configuration_is_locked(setting: str) -> None:
    with Session.open() as session, pytest.raises((duckdb.Error, DataError)):
        session.rows(f"SET {setting}")


def test_doubles_are_parsed_to_the_nearest() -> None:
    texts = [
        "58.765229295003422",
        "0.1",
        "1e-320",
        "2.2250738585072011e-308",
        "9007199254740993",
        "1.7976931348623157e308",
    ]
    with Session.open() as session:
        for text in texts:
            assert session.value(f"SELECT TRY_CAST({literal(text)} AS DOUBLE)") == float(text)


@given(value=st.floats(allow_nan=False, allow_infinity=False), digits=st.integers(0, 25))
def test_any_double_is_parsed_to_the_nearest(engine: Session, value: float, digits: int) -> None:
    text = f"{value:.{digits}e}"
    read = engine.value(f"SELECT TRY_CAST({literal(text)} AS DOUBLE)")
    assert read == float(text) or np.isinf(float(text))


def test_small_data_take_one_thread() -> None:
    assert threads_for(1_000_000) == 1
    assert 1 <= threads_for(10**9) <= 4
