"""The hash in the results is of the bytes that were read; a file that changes meanwhile is not read in silence."""

from __future__ import annotations

import hashlib
from pathlib import Path

import duckdb
import pytest

from atrisk.errors import DataError
from atrisk.read import parquet_file, reader, tables
from atrisk.read.csv_file import read_csv
from atrisk.read.parquet_file import read_parquet
from atrisk.read.session import Session
from atrisk.read.source import Source
from atrisk.run.provenance import provenance
from tests.read.small_study import write_study

FIRST, SECOND = "id,arm,site\n1,A,left\n2,B,right\n", "id,arm,site\n1,A,left\n2,B,left\n"


def parquet(path: Path, sites: str) -> None:
    with duckdb.connect() as connection:
        connection.execute(f"COPY (SELECT unnest([{sites}]) AS site) TO '{path}' (FORMAT parquet)")


def test_a_text_file_replaced_while_it_is_read_is_hashed_as_it_was_read(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    """Whatever bytes come back from the disk, these are parsed and these are hashed."""
    path = tmp_path / "patient.csv"
    path.write_text(FIRST, encoding="utf-8")
    read_bytes = Path.read_bytes

    def replaced_after(self: Path) -> bytes:
        content = read_bytes(self)
        self.write_text(SECOND, encoding="utf-8")
        return content

    monkeypatch.setattr(Path, "read_bytes", replaced_after)
    with Session.open([tmp_path]) as session:
        source = read_csv(path, file="patient.csv", session=session, name="patient")
        sites = [site for (site,) in session.rows(f"SELECT site FROM {source.relation} ORDER BY id")]  # noqa: S608
    assert sites == ["left", "right"]
    assert source.contents.sha256 == hashlib.sha256(FIRST.encode()).hexdigest()
    assert source.contents.n_bytes == len(FIRST)


def test_a_parquet_file_that_changes_while_it_is_read_is_refused(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    path = tmp_path / "patient.parquet"
    parquet(path, "'left', 'right'")
    with Session.open([tmp_path]) as session:
        source = read_parquet(path, file="patient.parquet", session=session, name="first")
        assert source.contents.sha256 == hashlib.sha256(path.read_bytes()).hexdigest()
        read = parquet_file._read

        def changing(*given: object, **named: object) -> Source:
            found = read(*given, **named)
            parquet(path, "'left', 'left'")
            return found

        monkeypatch.setattr(parquet_file, "_read", changing)
        with pytest.raises(DataError, match=r"patient\.parquet changed while it was read"):
            read_parquet(path, file="patient.parquet", session=session, name="second")


def test_two_tables_of_one_file_must_see_the_same_bytes(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    """Read under two encodings a file is read twice; one hash cannot stand for two contents."""
    loaded = write_study(
        tmp_path,
        {"both.csv": FIRST},
        data="patient: {file: both.csv, key: id}\nagain: {file: both.csv, parent: patient, encoding: utf-8}",
    )
    read = reader.read_csv

    def changing(path: Path, **named: object) -> Source:
        source = read(path, **named)
        path.write_text(SECOND, encoding="utf-8")
        return source

    monkeypatch.setattr(reader, "read_csv", changing)
    with Session.open([tmp_path]) as session, pytest.raises(DataError, match=r"both\.csv changed while it was read"):
        tables.read_tables(loaded, session)


def test_run_json_names_the_bytes_read(tmp_path: Path) -> None:
    loaded = write_study(tmp_path, {"patient.csv": FIRST})
    with Session.open([tmp_path]) as session:
        reading = tables.read_tables(loaded, session)
    content = (tmp_path / "patient.csv").read_bytes()
    (tmp_path / "patient.csv").write_text(SECOND, encoding="utf-8")
    data = provenance(loaded.study, loaded.text, reading.tables.values())["data"]
    assert data == {"patient.csv": {"sha256": hashlib.sha256(content).hexdigest(), "bytes": len(content)}}
