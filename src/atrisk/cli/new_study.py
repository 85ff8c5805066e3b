"""A starter study file from a data file's columns."""

from __future__ import annotations

from collections.abc import Mapping
from pathlib import Path

import click

from atrisk.errors import DataError, OutputError

_STUDY_FILES = (".yaml", ".yml")


def new_study(data_file: Path, out: Path | None, *, within: Mapping[str, str | int]) -> Path:
    """Write a study file for ``data_file`` and return its path; a file that exists is never overwritten.

    Without ``out`` it is ``study.yaml`` in the current folder where the data lie below that, else beside the data,
    because a study file reaches only what lies below its own folder. ``within`` names the sheet of a workbook
    and the row of its header (``{"sheet": "Patients", "header_row": 3}``) or the table of a database file.
    Raises DataError for a data file that cannot be used, UsageError and OutputError for a place that cannot.
    """
    data = data_file.resolve()
    if data_file.suffix.lower() in _STUDY_FILES:
        raise click.UsageError(f"{data_file} is a study file; 'atrisk new' is given a data file.")
    if data.is_dir():
        raise DataError(f"{data_file}: this is a folder. Name the data file in it.")
    if not data.is_file():
        raise DataError(f"{data_file}: there is no such file. {_similar(data)}".rstrip())
    below = data.is_relative_to(Path.cwd().resolve())
    target = out or (Path("study.yaml") if below else data_file.with_name("study.yaml"))
    if target.suffix.lower() not in _STUDY_FILES:
        raise click.UsageError(
            f"{target} is no name of a study file, which ends in .yaml. Write --out with such a name."
        )
    folder = target.parent.resolve()
    if not data.is_relative_to(folder):
        raise click.UsageError(
            f"{data_file} does not lie below the folder of {target}, where the study would look for it. "
            "Name a file beside the data with --out."
        )
    if target.exists():
        raise click.UsageError(f"{target} exists and is not overwritten. Choose another name with --out.")
    text = _starter(folder, name=data.relative_to(folder).as_posix(), within=within)
    try:
        with target.open("x", encoding="utf-8", newline="\n") as file:
            file.write(text)
    except OSError as error:
        raise OutputError(f"{target} cannot be written: {error.strerror}.") from error
    return target


def _similar(data: Path) -> str:
    """A question with the file of that folder whose name is nearest; files of locks and hidden ones are none."""
    from atrisk.study.scope import did_you_mean

    if not data.parent.is_dir():
        return f"There is no folder {data.parent.name} either."
    names = sorted(entry.name for entry in data.parent.iterdir() if entry.is_file())
    return did_you_mean(data.name, tuple(name for name in names if not name.startswith(("~$", "."))))


def _starter(folder: Path, *, name: str, within: Mapping[str, str | int]) -> str:
    from atrisk.cli.data_profile import profiled, several_rows
    from atrisk.read.database_address import NO_DATABASES
    from atrisk.read.reader import Origin, read_source
    from atrisk.read.session import Session
    from atrisk.study.starter import starter
    from atrisk.study.table import DataTable

    table = DataTable.model_validate({"file": name, **within})
    with Session.open([folder]) as session:
        origin = Origin(folder, None, NO_DATABASES)
        source = read_source(table, origin=origin, session=session, name="source")
        columns = profiled(source, file=name, session=session)
        return starter(name, columns, several_rows(columns, source, session=session), within=within)
