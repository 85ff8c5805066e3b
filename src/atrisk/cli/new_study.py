"""A starter study file from a data file's columns."""

from __future__ import annotations

from pathlib import Path

import click

from atrisk.errors import DataError, OutputError


def new_study(data_file: Path, out: Path | None) -> Path:
    """Write a study file for ``data_file`` and return its path; a file that exists is never overwritten.

    Without ``out`` it is ``study.yaml`` in the current folder where the data lie below that, else beside the data,
    because a study file reaches only what lies below its own folder.
    Raises DataError for a data file that cannot be used, UsageError and OutputError for a place that cannot.
    """
    data = data_file.resolve()
    if data_file.suffix.lower() in (".yaml", ".yml"):
        raise click.UsageError(f"{data_file} is a study file; 'atrisk new' is given a data file (CSV or Parquet).")
    if not data.is_file():
        raise DataError(f"{data_file}: there is no such file.")
    below = data.is_relative_to(Path.cwd().resolve())
    target = out or (Path("study.yaml") if below else data_file.with_name("study.yaml"))
    folder = target.parent.resolve()
    if not data.is_relative_to(folder):
        raise click.UsageError(
            f"{data_file} does not lie below the folder of {target}, where the study would look for it. "
            "Name a file beside the data with --out."
        )
    if target.exists():
        raise click.UsageError(f"{target} exists and is not overwritten. Choose another name with --out.")
    text = _starter(data, name=data.relative_to(folder).as_posix())
    try:
        with target.open("x", encoding="utf-8", newline="\n") as file:
            file.write(text)
    except OSError as error:
        raise OutputError(f"{target} cannot be written: {error.strerror}.") from error
    return target


def _starter(path: Path, *, name: str) -> str:
    from atrisk.cli.data_profile import profiled, several_rows
    from atrisk.read.csv_file import read_csv
    from atrisk.read.parquet_file import read_parquet
    from atrisk.read.session import Session
    from atrisk.study.starter import starter

    with Session.open([path.parent]) as session:
        read = read_parquet if path.suffix.lower() in (".parquet", ".pq") else read_csv
        source = read(path, file=name, session=session, name="source")
        columns = profiled(source, file=name, session=session)
        return starter(name, columns, several_rows(columns, source, session=session))
