"""The addresses of databases: from the command line and from the profile, and never with a password."""

from __future__ import annotations

from pathlib import Path

import click
import pytest

from atrisk.cli import databases
from atrisk.cli.databases import known_databases
from atrisk.cli.main import exit_code
from atrisk.errors import DataError

STUDY = """\
atrisk: 1
study: {id: s, title: S}
data:
  patient: {database: registry, table: clinic.patients, key: id}
groups: {by: patient.arm}
"""


@pytest.fixture
def profile(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> Path:
    path = tmp_path / "settings" / "profile.toml"
    path.parent.mkdir()
    monkeypatch.setattr(databases, "profile_path", lambda: path)
    return path


def test_the_command_line_comes_before_the_profile(profile: Path) -> None:
    profile.write_text(
        '[databases.registry]\nurl = "postgresql://a@one.example/r"\npassword_from = "REGISTRY"\n'
        '[databases.other]\nurl = "postgresql://a@two.example/r"\n'
    )
    known = known_databases(["registry=postgresql://b@three.example/r"], with_profile=True)
    assert {name: (address.host, address.password_from) for name, address in known.items()} == {
        "registry": ("three.example", "PGPASSWORD"),
        "other": ("two.example", "PGPASSWORD"),
    }
    assert known_databases([], with_profile=True)["registry"].password_from == "REGISTRY"  # noqa: S105
    assert known_databases([], with_profile=False) == {}


@pytest.mark.parametrize(
    "text",
    [
        "[databases",
        "[databases.registry]\n",
        '[databases.registry]\nurl = "postgresql://a@one.example/r"\npassword = "s3cret"\n',
        '[databases.registry]\nurl = "postgresql://a:s3cret@one.example/r"\n',
    ],
)
def test_a_profile_that_cannot_be_used_is_answered(profile: Path, text: str) -> None:
    profile.write_text(text)
    with pytest.raises(DataError) as caught:
        known_databases([], with_profile=True)
    assert "s3cret" not in str(caught.value)


def test_an_option_of_another_form_is_wrong_usage() -> None:
    with pytest.raises(click.UsageError, match="NAME=URL"):
        known_databases(["postgresql://reader@host/registry".replace("=", "")], with_profile=False)


def test_a_study_names_a_database_and_the_user_its_address(
    tmp_path: Path, profile: Path, capsys: pytest.CaptureFixture[str]
) -> None:
    study = tmp_path / "study.yaml"
    study.write_text(STUDY, encoding="utf-8")
    assert not profile.exists()
    assert exit_code(["check", str(study), "--out", str(tmp_path / "out")]) == DataError.exit_code
    assert "No address is known for the database 'registry'" in capsys.readouterr().err
    option = "registry=postgresql://reader:s3cret@127.0.0.1/registry"
    code = exit_code(["check", str(study), "--out", str(tmp_path / "out"), "--database", option])
    shown = capsys.readouterr()
    assert code == DataError.exit_code
    assert "holds a password" in shown.err
    assert "s3cret" not in shown.out + shown.err
    assert not (tmp_path / "out").exists()
