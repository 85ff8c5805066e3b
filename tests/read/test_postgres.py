"""A table of a real PostgreSQL server, started by the test on a socket of its own and on the loopback."""

from __future__ import annotations

import datetime as dt
import os
import pwd
import shutil
import socket
import subprocess
from collections.abc import Iterator
from pathlib import Path

import pytest

from atrisk.errors import DataError
from atrisk.read.database_address import DatabaseAddress, database_address
from atrisk.read.session import Session
from atrisk.read.tables import Reading, read_tables
from tests.read.small_study import write_study

_FOUND = sorted(Path("/usr/lib/postgresql").glob("*/bin/initdb"))
needs_server = pytest.mark.skipif(not _FOUND, reason="no PostgreSQL server is installed here; .ci/run installs it")
SETUP = """
CREATE SCHEMA clinic;
CREATE TABLE clinic."Patients" (id integer, arm text, seen date, ki67 double precision, ok boolean, stamp timestamptz);
INSERT INTO clinic."Patients" VALUES (2, 'B', NULL, 0.1, false, '2010-01-31 23:30:00-05');
INSERT INTO clinic."Patients" VALUES (1, 'A', '2010-01-31', 1e20, true, NULL);
CREATE TABLE secret (id integer, arm text);
CREATE ROLE reader LOGIN PASSWORD 's3cret-word';
GRANT USAGE ON SCHEMA clinic TO reader;
GRANT SELECT, INSERT ON ALL TABLES IN SCHEMA clinic TO reader;
"""
PATIENTS = "patient: {database: registry, table: clinic.Patients, key: id}"


def _as_server_user(command: list[str], folder: Path) -> list[str]:
    """PostgreSQL refuses to run as root, so root lends it the user that Debian's package makes."""
    if os.geteuid() != 0:
        return command
    shutil.chown(folder, "postgres", "postgres")
    return ["setpriv", "--reuid=postgres", "--regid=postgres", "--clear-groups", *command]


@pytest.fixture(scope="module")
def server() -> Iterator[tuple[Path, int]]:
    """The folder of the server's socket and its port on the loopback."""
    import tempfile

    if os.geteuid() == 0:
        pwd.getpwnam("postgres")
    programs = _FOUND[-1].parent
    # A short path of its own: a socket's name has at most 107 characters, and the server's user must reach it.
    with tempfile.TemporaryDirectory(prefix="atrisk-pg-") as made:
        folder = Path(made)
        folder.chmod(0o755)
        data = folder / "data"
        data.mkdir()
        sockets = folder / "s"
        sockets.mkdir()
        password = folder / "password"
        password.write_text("owner-word")
        password.chmod(0o644)
        with socket.socket() as probe:
            probe.bind(("127.0.0.1", 0))
            port = probe.getsockname()[1]
        _as_server_user([], sockets)
        init = [str(programs / "initdb"), "-D", str(data), "-U", "owner", "-A", "scram-sha-256", "-N"]
        init += [f"--pwfile={password}", "-E", "UTF8", "--locale=C.UTF-8"]
        quiet = {"check": True, "capture_output": True, "cwd": folder}
        subprocess.run(_as_server_user(init, data), **quiet)
        options = f"-c listen_addresses=127.0.0.1 -c port={port} -c unix_socket_directories={sockets} -c fsync=off"
        control = [str(programs / "pg_ctl"), "-D", str(data), "-w", "-l", str(data / "log")]
        subprocess.run(_as_server_user([*control, "-o", options, "start"], data), **quiet)
        try:
            environment = {**os.environ, "PGPASSWORD": "owner-word"}
            psql = [str(programs / "psql"), "-h", str(sockets), "-p", str(port), "-U", "owner", "-q", "postgres"]
            subprocess.run([*psql, "-v", "ON_ERROR_STOP=1", "-c", SETUP], env=environment, **quiet)
            yield sockets, port
        finally:
            subprocess.run(_as_server_user([*control, "-m", "immediate", "stop"], data), **quiet)


@pytest.fixture
def registry(server: tuple[Path, int], monkeypatch: pytest.MonkeyPatch) -> DatabaseAddress:
    monkeypatch.setenv("PGPASSWORD", "s3cret-word")
    return database_address("registry", f"postgresql://reader@127.0.0.1:{server[1]}/postgres")


def read(folder: Path, address: DatabaseAddress, session: Session, data: str = PATIENTS) -> Reading:
    return read_tables(write_study(folder, {}, data=data), session, databases={"registry": address})


def refusal(folder: Path, address: DatabaseAddress, data: str = PATIENTS) -> str:
    with Session.open([folder]) as session, pytest.raises(DataError) as caught:
        read(folder, address, session, data)
    return str(caught.value)


@needs_server
def test_a_table_is_read_with_its_types_in_a_fixed_order(tmp_path: Path, registry: DatabaseAddress) -> None:
    with Session.open([tmp_path]) as session:
        reading = read(tmp_path, registry, session)
        table = reading.tables["patient"]
        rows = session.rows(f"SELECT __row, id, seen, ki67, ok FROM {table.relation} ORDER BY __row")  # noqa: S608
        assert rows == [(1, "1", dt.date(2010, 1, 31), 1e20, True), (2, "2", None, 0.1, False)]
        stamps = session.rows(f"SELECT stamp FROM {table.raw_relation} ORDER BY __row")  # noqa: S608
        assert stamps == [("",), ("2010-02-01 04:30:00",)]
        assert table.file == "database registry, table clinic.Patients"
        assert table.contents == read(tmp_path, registry, session).tables["patient"].contents


@needs_server
def test_a_unix_socket_is_an_address_too(
    tmp_path: Path, server: tuple[Path, int], monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setenv("REGISTRY_PASSWORD", "s3cret-word")
    monkeypatch.delenv("PGPASSWORD", raising=False)
    url = f"postgresql://reader@:{server[1]}/postgres?host={server[0]}"
    address = database_address("registry", url, password_from="REGISTRY_PASSWORD")  # noqa: S106 (a name)
    with Session.open([tmp_path]) as session:
        assert read(tmp_path, address, session).tables["patient"].n_rows == 2


@needs_server
def test_what_the_server_refuses_is_said_without_its_words(
    tmp_path: Path, registry: DatabaseAddress, monkeypatch: pytest.MonkeyPatch
) -> None:
    table = "patient: {{database: registry, table: {}, key: id}}"
    assert "may not read the table" in refusal(tmp_path, registry, table.format("secret"))
    assert "has no such table" in refusal(tmp_path, registry, table.format("clinic.nothing"))
    hostile = table.format('\'x"; DROP TABLE clinic."Patients"; --\'')
    assert "has no such" in refusal(tmp_path, registry, hostile)
    monkeypatch.setenv("PGPASSWORD", "wr0ng-word")
    wrong = refusal(tmp_path, registry)
    assert "the password is wrong" in wrong
    assert "wr0ng-word" not in wrong
    monkeypatch.delenv("PGPASSWORD")
    assert "PGPASSWORD, which is not set" in refusal(tmp_path, registry)


@needs_server
def test_the_transaction_is_read_only(
    tmp_path: Path, registry: DatabaseAddress, monkeypatch: pytest.MonkeyPatch
) -> None:
    """A statement that writes, put in the place of the one that reads, is refused although the user may insert."""
    from atrisk.read import postgres

    writing = '1; INSERT INTO clinic."Patients" VALUES (9); SELECT 1'
    monkeypatch.setattr(postgres, "_text", lambda _column, _kind: writing)
    assert "cannot be read: the server answered with an error" in refusal(tmp_path, registry)
    monkeypatch.undo()
    monkeypatch.setenv("PGPASSWORD", "s3cret-word")
    with Session.open([tmp_path]) as session:
        assert read(tmp_path, registry, session).tables["patient"].n_rows == 2


@needs_server
def test_a_server_without_encryption_is_refused_where_it_is_asked(
    tmp_path: Path, server: tuple[Path, int], monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setenv("PGPASSWORD", "s3cret-word")
    address = database_address("registry", f"postgresql://reader@127.0.0.1:{server[1]}/postgres?sslmode=require")
    assert "no safe connection" in refusal(tmp_path, address)


def test_a_server_that_is_not_there_is_answered(tmp_path: Path) -> None:
    with socket.socket() as held:
        held.bind(("127.0.0.1", 0))
        address = database_address("registry", f"postgresql://reader@127.0.0.1:{held.getsockname()[1]}/registry")
        assert "the server cannot be reached" in refusal(tmp_path, address)


def test_only_the_user_knows_addresses(tmp_path: Path) -> None:
    with Session.open([tmp_path]) as session, pytest.raises(DataError, match="No address is known for the database"):
        read_tables(write_study(tmp_path, {}, data=PATIENTS), session)


@pytest.mark.parametrize(
    ("url", "words"),
    [
        ("postgresql://reader:s3cret@host/registry", "holds a password"),
        ("postgresql://reader@host/registry?password=s3cret", "holds a password"),
        ("mysql://reader@host/registry", "not a URL of PostgreSQL"),
        ("postgresql://host/registry", "names no user"),
        ("postgresql://reader@host", "names no database"),
        ("postgresql://reader@host:port/registry", "not a URL"),
        ("postgresql://reader@host/registry?sslmode=prefer", "sslmode is one of"),
        ("postgresql://reader@host/registry?options=-c", "there are sslmode, sslrootcert and host"),
    ],
)
def test_addresses_that_cannot_be_used(url: str, words: str) -> None:
    with pytest.raises(DataError) as caught:
        database_address("registry", url)
    assert words in str(caught.value)
    assert "s3cret" not in str(caught.value)


def test_encryption_is_the_default_beyond_this_machine() -> None:
    assert database_address("a", "postgresql://u@db.example/d").ssl_mode == "verify-full"
    assert database_address("a", "postgresql://u@localhost/d").ssl_mode == "disable"
