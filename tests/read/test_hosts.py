"""Addresses come from the command line or the user's profile: a study file reaches no host, whatever it says."""

from __future__ import annotations

import socket
import threading
from collections.abc import Iterator
from pathlib import Path

import pytest

from atrisk.errors import AtriskError
from tests.read.small_study import read_study, write_study


@pytest.fixture
def listener() -> Iterator[tuple[int, list[object]]]:
    """A server of this test, and who has spoken to it."""
    callers: list[object] = []
    with socket.create_server(("127.0.0.1", 0)) as server:

        def accept() -> None:
            while True:
                try:
                    connection, address = server.accept()
                except OSError:
                    return
                callers.append(address)
                connection.close()

        threading.Thread(target=accept, daemon=True).start()
        yield server.getsockname()[1], callers


@pytest.mark.parametrize(
    "data",
    [
        "patient: {{database: 'postgresql://reader@127.0.0.1:{port}/registry', table: patient, key: id}}",
        "patient: {{file: 'postgresql://reader@127.0.0.1:{port}/registry', key: id}}",
        "patient: {{file: 'http://127.0.0.1:{port}/patient.csv', key: id}}",
        "patient: {{file: 'http://127.0.0.1:{port}/patient.parquet', key: id}}",
        "patient: {{file: 'http://127.0.0.1:{port}/patient.xlsx', key: id}}",
        "patient: {{file: 'http://127.0.0.1:{port}/patient.duckdb', table: patient, key: id}}",
        "patient: {{redcap: 'http://127.0.0.1:{port}/r.csv', dictionary: 'http://127.0.0.1:{port}/d.csv', key: id}}",
        "patient: {{file: patient.csv, key: id, where: \"id IN (SELECT 1 FROM 'http://127.0.0.1:{port}/x.csv')\"}}",
        "patient: {{file: patient.csv, key: id, where: \"read_text('http://127.0.0.1:{port}/x') IS NULL\"}}",
    ],
)
def test_a_study_file_reaches_no_host(tmp_path: Path, listener: tuple[int, list[object]], data: str) -> None:
    port, callers = listener
    files = {"patient.csv": "id,arm\n1,A\n"}
    with pytest.raises(AtriskError), read_study(write_study(tmp_path, files, data=data.format(port=port))):
        pass
    assert callers == []


def test_the_listener_hears_who_speaks_to_it(listener: tuple[int, list[object]]) -> None:
    port, callers = listener
    with socket.create_connection(("127.0.0.1", port)) as connection:
        assert connection.recv(1) == b""
    assert len(callers) == 1
