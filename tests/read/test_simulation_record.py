"""The record of a simulation: what it says, and what is answered where it is none."""

from __future__ import annotations

import hashlib
import json

import pytest

from atrisk.errors import DataError
from atrisk.read.simulation_record import simulation_record


def test_draws_by_block_in_the_order_of_the_record(tmp_path):
    path = tmp_path / "simulation.json"
    path.write_text(json.dumps({"seed": 1, "tries": {"survival": 1337, "baseline": 6}}))
    record = simulation_record(path, "simulation.json")
    assert list(record.draws_tried.items()) == [("survival", 1337), ("baseline", 6)]
    assert record.contents.sha256 == hashlib.sha256(path.read_bytes()).hexdigest()


@pytest.mark.parametrize(
    "text",
    ["", "[]", "{}", '{"tries": {}}', '{"tries": {"a": 0}}', '{"tries": {"a": true}}', '{"tries": {"a": 1.5}}',
     '{"tries": [3]}', "[" * 100_000, '{"tries": {"a": 1}}' + " " * 1_000_001],
)  # fmt: skip
def test_what_is_no_record_is_answered_with_what_to_do(tmp_path, text):
    path = tmp_path / "simulation.json"
    path.write_text(text)
    with pytest.raises(DataError, match=r"data/simulation\.json.*atrisk simulate"):
        simulation_record(path, "data/simulation.json")


def test_bytes_that_are_no_text_and_a_file_that_is_gone(tmp_path):
    path = tmp_path / "simulation.json"
    path.write_bytes(b"\xff\xfe{")
    with pytest.raises(DataError, match="can be read"):
        simulation_record(path, "simulation.json")
    with pytest.raises(DataError):
        simulation_record(tmp_path / "gone.json", "gone.json")
