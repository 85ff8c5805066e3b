"""The same specification gives the same bytes, and files appear whole or not at all."""

from __future__ import annotations

import hashlib
import json
from pathlib import Path

import pytest

from atrisk.errors import OutputError
from atrisk.simulate.cohort import simulate

EXAMPLE = Path(__file__).parents[2] / "examples" / "netlm"
NAMES = {"patient.csv", "operation.csv", "complication.csv", "imaging.csv", "treatment.csv", "simulation.json"}


def contents(folder: Path) -> dict[str, bytes]:
    return {path.name: path.read_bytes() for path in folder.iterdir()}


def silent(_: str) -> None:
    """No progress."""


@pytest.fixture(scope="module")
def fresh(tmp_path_factory: pytest.TempPathFactory) -> tuple[Path, list[str]]:
    """A run of the committed specification, and what it said."""
    out = tmp_path_factory.mktemp("simulated") / "data"
    lines: list[str] = []
    simulate(EXAMPLE / "spec.yaml", out, lines.append)
    return out, lines


def test_a_fresh_run_equals_the_committed_files(fresh: tuple[Path, list[str]]) -> None:
    assert contents(fresh[0]) == contents(EXAMPLE / "data")
    assert set(contents(fresh[0])) == NAMES


def test_a_second_run_over_the_first_equals_it(fresh: tuple[Path, list[str]]) -> None:
    before = contents(fresh[0])
    simulate(EXAMPLE / "spec.yaml", fresh[0], silent)
    assert contents(fresh[0]) == before
    assert [path.name for path in fresh[0].parent.iterdir()] == ["data"]


def test_another_seed_gives_other_patients(fresh: tuple[Path, list[str]], tmp_path: Path) -> None:
    """Without targets, so that the first draw is accepted."""
    text = (EXAMPLE / "spec.yaml").read_text(encoding="utf-8")
    text = text[: text.index("targets:")] + "targets: []\n"
    for seed in ("20240508", "7"):
        (tmp_path / f"{seed}.yaml").write_text(text.replace("seed: 20240508", f"seed: {seed}"), encoding="utf-8")
        record = simulate(tmp_path / f"{seed}.yaml", tmp_path / seed, silent)
        assert set(record.tries.values()) == {1}
    first, second = contents(tmp_path / "20240508"), contents(tmp_path / "7")
    assert all(first[name] != second[name] for name in NAMES)


def test_the_record_says_how_the_files_came_about(fresh: tuple[Path, list[str]]) -> None:
    out, lines = fresh
    record = json.loads((out / "simulation.json").read_text(encoding="utf-8"))
    assert record["label"] == "synthetic, calibrated to published aggregates; no real patients"
    assert record["agreement"] == "selected to match the published figures: tests the software, not the finding"
    assert record["spec_sha256"] == hashlib.sha256((EXAMPLE / "spec.yaml").read_bytes()).hexdigest()
    for name in NAMES - {"simulation.json"}:
        assert record["files"][name] == hashlib.sha256((out / name).read_bytes()).hexdigest()
        assert record["rows"][name.removesuffix(".csv")] == (out / name).read_text("utf-8").count("\n") - 1
    assert all(target["agrees"] for target in record["targets"])
    assert set(record["tries"]) == {"baseline", "survival", "hepatic progression", "surgical"}
    for block, tries in record["tries"].items():
        assert f"{block}: {tries} drawn, the last met its targets" in lines
    assert record["label"] in lines[0]
    assert record["agreement"] in lines[-1]
    assert {entry["where"] for entry in record["basis"]["assumed"]} == {"calendar.data_cut", "patients.eligible"}
    assert all(entry["source"] in record["sources"] for entry in record["basis"]["published"])


def test_a_file_of_someone_else_is_left_alone(tmp_path: Path) -> None:
    out = tmp_path / "hospital"
    out.mkdir()
    (out / "patient.csv").write_text("patient_id\n1\n", encoding="utf-8")
    with pytest.raises(OutputError, match=r"patient\.csv was not written by this command"):
        simulate(EXAMPLE / "spec.yaml", out, silent)
    assert contents(out) == {"patient.csv": b"patient_id\n1\n"}
    assert [path.name for path in tmp_path.iterdir()] == ["hospital"]


def test_an_edited_file_is_left_alone(fresh: tuple[Path, list[str]], tmp_path: Path) -> None:
    for name, content in contents(fresh[0]).items():
        (tmp_path / name).write_bytes(content + (b"x\n" if name == "imaging.csv" else b""))
    before = contents(tmp_path)
    with pytest.raises(OutputError, match=r"imaging\.csv"):
        simulate(EXAMPLE / "spec.yaml", tmp_path, silent)
    assert contents(tmp_path) == before


def test_a_stopped_run_leaves_nothing(tmp_path: Path) -> None:
    def stop(line: str) -> None:
        if line.startswith("surgical"):
            raise KeyboardInterrupt

    with pytest.raises(KeyboardInterrupt):
        simulate(EXAMPLE / "spec.yaml", tmp_path / "out", stop)
    assert list(tmp_path.iterdir()) == []


def test_a_folder_that_cannot_be_made_is_an_output_error(tmp_path: Path) -> None:
    (tmp_path / "file").write_text("in the way", encoding="utf-8")
    with pytest.raises(OutputError, match="cannot be written"):
        simulate(EXAMPLE / "spec.yaml", tmp_path / "file" / "out", silent)
    assert contents(tmp_path) == {"file": b"in the way"}
