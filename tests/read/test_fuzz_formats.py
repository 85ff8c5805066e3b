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
from tests.read.workbooks import ods, ods_row, xlsx

STATISTICS = Path(__file__).parent / "statistics"
ROWS = [("id", "arm", "seen"), (1, "A", dt.date(2010, 1, 31)), (2, "B", "<5")]


@pytest.fixture(scope="module")
def originals(tmp_path_factory: pytest.TempPathFactory) -> dict[str, bytes]:
    folder = tmp_path_factory.mktemp("originals")
    registry(folder / "p.duckdb")
    sqlite(folder / "p.sqlite")
    files = {f"p.{kind}": (STATISTICS / f"patient.{kind}").read_bytes() for kind in ("sav", "zsav", "dta", "xpt")}
    files["p.sas7bdat"] = files["p.sav"]
    files["p.xlsx"] = files["p.xls"] = xlsx({"Patients": ROWS})
    files["p.ods"] = ods("".join(ods_row(*cells) for cells in (("id", "arm"), ("1", "A"), ("2", "#N/A"))))
    return {**files, **{name: (folder / name).read_bytes() for name in ("p.duckdb", "p.sqlite")}}


def table(name: str) -> str:
    tables = {"p.duckdb": ", table: clinic.patients", "p.sqlite": ", table: The Patients"}
    return f"patient: {{file: {name}, key: id{tables.get(name, '')}}}"


KINDS = ("xlsx", "xls", "ods", "sav", "zsav", "dta", "xpt", "sas7bdat", "duckdb", "sqlite")


@given(kind=st.sampled_from(KINDS), data=st.data())
@settings(max_examples=300, suppress_health_check=[HealthCheck.function_scoped_fixture], deadline=None)
def test_damaged_files_of_every_format_end_in_words(
    tmp_path: Path, originals: dict[str, bytes], kind: str, data: st.DataObject
) -> None:
    name = f"p.{kind}"
    content = originals[name]
    if data.draw(st.booleans()):
        content = content[: data.draw(st.integers(0, len(content)))]
    # Most of a database file is empty pages, and its hashes would end every other try at once: aim at its beginning.
    limit = min(len(content), 9_000)
    for _ in range(data.draw(st.integers(0, 5))):
        start = data.draw(st.integers(0, limit))
        piece = data.draw(st.binary(min_size=1, max_size=8))
        content = content[:start] + piece + content[start + len(piece) :]
    loaded = write_study(tmp_path, {name: content}, data=table(name))
    with contextlib.suppress(DataError, StudyError), read_study(loaded) as read:
        assert all(isinstance(finding, Finding) for finding in read.findings)


@pytest.mark.parametrize("kind", [kind for kind in KINDS if kind not in ("xls", "sas7bdat")])
def test_the_undamaged_files_are_read(tmp_path: Path, originals: dict[str, bytes], kind: str) -> None:
    """The fuzz would pass if nothing were ever read."""
    name = f"p.{kind}"
    with read_study(write_study(tmp_path, {name: originals[name]}, data=table(name))) as read:
        assert read.values("arm")[:2] == ["A", "B"] or kind == "ods"
        assert read.values("id")[:2] == ["1", "2"]
