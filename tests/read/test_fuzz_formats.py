"""Files of every format, cut off or damaged at random, end in findings or in words, never in another exception."""

from __future__ import annotations

import contextlib
import datetime as dt
from pathlib import Path

import pytest
from hypothesis import HealthCheck, given, settings
from hypothesis import strategies as st

from atrisk.errors import DataError, StudyError
from atrisk.result.finding import Finding
from tests.read.small_study import read_study, write_study
from tests.read.test_database_file import registry, sqlite
from tests.read.test_redcap import DATA as REDCAP_DATA
from tests.read.test_redcap import FILES as REDCAP
from tests.read.workbooks import ods, ods_row, xls, xlsx

STATISTICS = Path(__file__).parent / "statistics"
ROWS = [("id", "arm", "seen"), (1, "A", dt.date(2010, 1, 31)), (2, "B", "<5")]


@pytest.fixture(scope="module")
def originals(tmp_path_factory: pytest.TempPathFactory) -> dict[str, bytes]:
    folder = tmp_path_factory.mktemp("originals")
    registry(folder / "p.duckdb")
    sqlite(folder / "p.sqlite")
    kinds = ("sav", "zsav", "dta", "xpt", "sas7bdat")
    files = {f"p.{kind}": (STATISTICS / f"patient.{kind}").read_bytes() for kind in kinds}
    files["p.xlsx"], files["p.xls"] = xlsx({"Patients": ROWS}), xls(ROWS)
    files["p.ods"] = ods("".join(ods_row(*cells) for cells in (("id", "arm"), ("1", "A"), ("2", "#N/A"))))
    return {**files, **{name: (folder / name).read_bytes() for name in ("p.duckdb", "p.sqlite")}}


def table(name: str) -> str:
    tables = {"p.duckdb": ", table: clinic.patients", "p.sqlite": ", table: The Patients"}
    return f"patient: {{file: {name}, key: id{tables.get(name, '')}}}"


QUICK = ("xlsx", "xls", "ods", "duckdb", "sqlite")
IN_A_PROCESS = ("sav", "zsav", "dta", "xpt", "sas7bdat")


def damage(content: bytes, data: st.DataObject) -> bytes:
    if data.draw(st.booleans()):
        content = content[: data.draw(st.integers(0, len(content)))]
    # Most of a database file is empty pages: aim at its beginning.
    limit = min(len(content), 9_000)
    for _ in range(data.draw(st.integers(0, 5))):
        start = data.draw(st.integers(0, limit))
        piece = data.draw(st.binary(min_size=1, max_size=8))
        content = content[:start] + piece + content[start + len(piece) :]
    return content


def ends_in_words(folder: Path, name: str, content: bytes) -> None:
    loaded = write_study(folder, {name: content}, data=table(name))
    with contextlib.suppress(DataError, StudyError), read_study(loaded) as read:
        assert all(isinstance(finding, Finding) for finding in read.findings)


@given(kind=st.sampled_from(QUICK), data=st.data())
@settings(max_examples=300, suppress_health_check=[HealthCheck.function_scoped_fixture], deadline=None)
def test_damaged_workbooks_and_databases_end_in_words(
    tmp_path: Path, originals: dict[str, bytes], kind: str, data: st.DataObject
) -> None:
    ends_in_words(tmp_path, f"p.{kind}", damage(originals[f"p.{kind}"], data))


@given(kind=st.sampled_from(IN_A_PROCESS), data=st.data())
@settings(max_examples=20, suppress_health_check=[HealthCheck.function_scoped_fixture], deadline=None)
def test_damaged_files_of_statistics_programs_end_in_words(
    tmp_path: Path, originals: dict[str, bytes], kind: str, data: st.DataObject
) -> None:
    """Few, since each starts an interpreter: their reader is in C, and falls on some of them."""
    ends_in_words(tmp_path, f"p.{kind}", damage(originals[f"p.{kind}"], data))


PIECES = st.sampled_from([b"", b'"', b",", b"\n", b"|", b"\x00", b"___", b"y", b"<"])


@given(data=st.data())
@settings(max_examples=150, suppress_health_check=[HealthCheck.function_scoped_fixture], deadline=None)
def test_damaged_redcap_exports_end_in_words(tmp_path: Path, data: st.DataObject) -> None:
    files: dict[str, str | bytes] = {}
    for name, original in REDCAP.items():
        content = original.encode() if isinstance(original, str) else original
        for _ in range(data.draw(st.integers(0, 3))):
            start = data.draw(st.integers(0, len(content)))
            piece = data.draw(
                st.sampled_from([b"", b'"', b",", b"\n", b"|", b"\x00", b"___", b"y", b"<"]) | st.binary(max_size=4)
            )
            content = content[:start] + piece + content[start + data.draw(st.integers(0, 9)) :]
        files[name] = content
    loaded = write_study(tmp_path, files, data=REDCAP_DATA)
    with contextlib.suppress(DataError, StudyError), read_study(loaded) as read:
        assert all(isinstance(finding, Finding) for finding in read.findings)


@pytest.mark.parametrize("kind", [*QUICK, *IN_A_PROCESS])
def test_the_undamaged_files_are_read(tmp_path: Path, originals: dict[str, bytes], kind: str) -> None:
    """The fuzz would pass if nothing were ever read."""
    name = f"p.{kind}"
    with read_study(write_study(tmp_path, {name: originals[name]}, data=table(name))) as read:
        assert read.values("arm")[:2] == ["A", "B"] or kind == "ods"
        assert read.values("id")[:2] == ["1", "2"]
