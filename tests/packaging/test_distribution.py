"""What ``pipx install .`` installs: the program with all it needs at run time, and none of the data around it."""

from __future__ import annotations

import os
import re
import subprocess
import sys
import sysconfig
import tarfile
import tomllib
import venv
import zipfile
from pathlib import Path

import pytest

from atrisk.result.row import COLUMNS

ROOT = Path(__file__).parents[2]


@pytest.fixture(scope="module")
def built(tmp_path_factory: pytest.TempPathFactory) -> Path:
    """A folder with the wheel and the source distribution, built without a network."""
    folder = tmp_path_factory.mktemp("dist")
    command = [sys.executable, "-m", "hatchling", "build", "-d", str(folder)]
    ended = subprocess.run(command, cwd=ROOT, capture_output=True, text=True)
    assert ended.returncode == 0, ended.stderr
    return folder


def wheel(built: Path) -> Path:
    return next(built.glob("*.whl"))


def test_the_wheel_holds_every_file_of_the_package(built: Path) -> None:
    """Also those that are not Python: the style sheet of the report, the documentation of the result row."""
    with zipfile.ZipFile(wheel(built)) as archive:
        held = {name for name in archive.namelist() if name.startswith("atrisk/")}
    source = ROOT / "src"
    ours = {path.relative_to(source).as_posix() for path in (source / "atrisk").rglob("*") if path.is_file()}
    assert held == {name for name in ours if "__pycache__" not in name}
    assert "atrisk/result/model.csv" in held
    assert "atrisk/py.typed" in held
    assert any(name.endswith(".css") for name in held)


def test_no_data_of_patients_or_tests_is_distributed(built: Path) -> None:
    with zipfile.ZipFile(wheel(built)) as archive:
        names = archive.namelist()
    with tarfile.open(next(built.glob("*.tar.gz"))) as archive:
        names += ["/".join(name.split("/")[1:]) for name in archive.getnames()]
    assert not [name for name in names if name.split("/")[0] in ("tests", "examples", "bench", "simulations", "out")]
    assert [name for name in names if name.endswith(".csv")] == [
        "atrisk/result/model.csv",
        "src/atrisk/result/model.csv",
    ]


def test_the_installed_command_answers(built: Path, tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    """The wheel in an environment of its own; the packages it depends on are lent from this one."""
    # A source tree in front of it would answer in the wheel's place.
    monkeypatch.delenv("PYTHONPATH", raising=False)
    environment = tmp_path / "venv"
    venv.create(environment, with_pip=False)
    scripts = environment / ("Scripts" if os.name == "nt" else "bin")
    python = scripts / ("python.exe" if os.name == "nt" else "python")
    pip = [sys.executable, "-m", "pip", "--python", str(python), "--disable-pip-version-check", "--quiet"]
    subprocess.run([*pip, "install", "--no-deps", "--no-index", str(wheel(built))], check=True, capture_output=True)
    where = "import sysconfig; print(sysconfig.get_path('purelib'))"
    purelib = subprocess.run([python, "-c", where], capture_output=True, text=True, check=True).stdout.strip()
    (Path(purelib) / "lent.pth").write_text(sysconfig.get_path("purelib") + "\n", encoding="utf-8")

    helped = subprocess.run([scripts / "atrisk", "--help"], capture_output=True, text=True, cwd=tmp_path)
    assert (helped.returncode, helped.stderr) == (0, "")
    assert "Exit codes:" in helped.stdout
    program = "import atrisk, atrisk.result.write as w; print(atrisk.__file__, len(w.column_types()))"
    told = subprocess.run([python, "-c", program], capture_output=True, text=True, cwd=tmp_path, check=True).stdout
    assert told.startswith(purelib)
    assert told.split()[-1] == str(len(COLUMNS))


def locked(name: str) -> set[str]:
    text = (ROOT / name).read_text(encoding="utf-8")
    return set(re.findall(r"^([a-z0-9][a-z0-9-]*)==", text, flags=re.MULTILINE))


def plain(requirement: str) -> str:
    return re.split(r"[^A-Za-z0-9._-]", requirement)[0].lower().replace(".", "-").replace("_", "-")


def test_the_lock_files_hold_every_dependency_with_hashes_and_no_address() -> None:
    project = tomllib.loads((ROOT / "pyproject.toml").read_text(encoding="utf-8"))
    needed = {plain(requirement) for requirement in project["project"]["dependencies"]}
    for_development = {plain(requirement) for requirement in project["dependency-groups"]["dev"]}
    assert needed <= locked("requirements.lock")
    assert not for_development & locked("requirements.lock")
    assert needed | for_development <= locked("requirements-dev.lock")
    for name in ("requirements.lock", "requirements-dev.lock"):
        text = (ROOT / name).read_text(encoding="utf-8")
        assert "://" not in text
        assert "--index-url" not in text
        pins = re.findall(
            r"^[a-z0-9][^\n]*==[^\n]*\\\n(?:    --hash=sha256:[0-9a-f]{64}[^\n]*\n)+", text, flags=re.MULTILINE
        )
        assert len(pins) == len(re.findall(r"^[a-z0-9]", text, flags=re.MULTILINE))
