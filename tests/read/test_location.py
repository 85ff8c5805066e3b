"""Data files lie below the study's folder or the data root; nothing else can be reached through a study file."""

from __future__ import annotations

from pathlib import Path

import pytest

from atrisk.errors import DataError, StudyError
from atrisk.read.location import locate
from tests.read.small_study import read_study, write_study


@pytest.fixture
def folders(tmp_path: Path) -> tuple[Path, Path]:
    study, outside = tmp_path / "study", tmp_path / "outside"
    (study / "data").mkdir(parents=True)
    outside.mkdir()
    (study / "data" / "patient.csv").write_text("id,arm\n1,A\n")
    (outside / "secret.csv").write_text("id,arm\n9,B\n")
    return study, outside


def test_a_file_below_the_folder_is_found(folders: tuple[Path, Path]) -> None:
    study, _ = folders
    expected = (study / "data" / "patient.csv").resolve()
    assert locate("data/patient.csv", folder=study) == expected
    assert locate(str(expected), folder=study) == expected
    assert locate("data/../data/patient.csv", folder=study) == expected


def test_a_file_outside_is_refused_whatever_its_name_looks_like(folders: tuple[Path, Path]) -> None:
    study, outside = folders
    (study / "link.csv").symlink_to(outside / "secret.csv")
    (study / "door").symlink_to(outside, target_is_directory=True)
    for name in ("../outside/secret.csv", str(outside / "secret.csv"), "link.csv", "door/secret.csv", "/etc/passwd"):
        with pytest.raises(DataError, match="lies outside the study file's folder"):
            locate(name, folder=study)


def test_a_link_that_stays_inside_is_followed(folders: tuple[Path, Path]) -> None:
    study, _ = folders
    (study / "alias.csv").symlink_to(study / "data" / "patient.csv")
    assert locate("alias.csv", folder=study) == (study / "data" / "patient.csv").resolve()


def test_the_data_root_is_looked_in_first_and_opens_nothing_else(folders: tuple[Path, Path]) -> None:
    study, outside = folders
    assert locate("secret.csv", folder=study, data_root=outside) == (outside / "secret.csv").resolve()
    assert locate("data/patient.csv", folder=study, data_root=outside).name == "patient.csv"
    with pytest.raises(DataError, match="outside"):
        locate("../elsewhere.csv", folder=study, data_root=outside)


def test_a_missing_file_names_the_nearest(folders: tuple[Path, Path]) -> None:
    study, _ = folders
    with pytest.raises(
        DataError, match=r"data/patients.csv does not exist. Its folder has 'patient.csv'. Did you mean"
    ):
        locate("data/patients.csv", folder=study)
    with pytest.raises(DataError, match="no file with a similar name"):
        locate("data/xyz.parquet", folder=study)
    with pytest.raises(DataError, match="Its folder does not exist either"):
        locate("nowhere/patient.csv", folder=study)


@pytest.mark.parametrize(
    ("name", "message"),
    [
        ("data", "is a folder, not a file"),
        ("", "needs the name of its file"),
        ("a\x00b", "needs the name"),
        ("x" * 5000, "cannot be looked up"),
    ],
)
def test_what_is_no_file_is_refused(folders: tuple[Path, Path], name: str, message: str) -> None:
    with pytest.raises(DataError, match=message):
        locate(name, folder=folders[0])


def test_a_loop_of_links_is_refused(folders: tuple[Path, Path]) -> None:
    study, _ = folders
    (study / "a.csv").symlink_to(study / "b.csv")
    (study / "b.csv").symlink_to(study / "a.csv")
    with pytest.raises(DataError):
        locate("a.csv", folder=study)


@pytest.mark.parametrize(
    "where",
    [
        "(SELECT count(*) FROM read_text('secret.txt')) > 0",
        "read_text('secret.txt') IS NOT NULL",
        "id IN (SELECT content FROM read_text('secret.txt'))",
        "id = '1'; COPY patient TO 'stolen.csv'",
    ],
)
def test_where_reads_and_writes_no_file(tmp_path: Path, where: str) -> None:
    (tmp_path / "secret.txt").write_text("1")
    data = f'patient: {{file: patient.csv, key: id, where: "{where}"}}'

    def run() -> None:
        with read_study(write_study(tmp_path, {"patient.csv": "id,arm\n1,A\n"}, data=data)):
            pass

    with pytest.raises(StudyError) as caught:
        run()
    assert caught.value.problems[0].line is not None
    assert not (tmp_path / "stolen.csv").exists()
