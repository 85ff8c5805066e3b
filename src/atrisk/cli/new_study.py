"""A starter study file from a data file's columns."""

from __future__ import annotations

from pathlib import Path
from typing import TYPE_CHECKING

import click

from atrisk.errors import DataError, OutputError

if TYPE_CHECKING:
    from atrisk.read.session import Session
    from atrisk.read.source import Source
    from atrisk.read.table import Column
    from atrisk.study.starter import StarterColumn

# A column with more different values is not one of codes; the starter then has no use for them.
_MOST_LEVELS = 12


def new_study(data_file: Path, out: Path | None) -> Path:
    """Write a study file for ``data_file`` and return its path; a file that exists is never overwritten.

    Without ``out`` it is ``study.yaml`` in the current folder where the data lie below that, else beside the data,
    because a study file reaches only what lies below its own folder.
    Raises DataError for a data file that cannot be used, UsageError and OutputError for a place that cannot.
    """
    data = data_file.resolve()
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
    from atrisk.read.csv_file import read_csv
    from atrisk.read.declared import Declared
    from atrisk.read.parquet_file import read_parquet
    from atrisk.read.session import Session
    from atrisk.read.typed_relation import typed_relation
    from atrisk.study.starter import starter

    with Session.open([path.parent]) as session:
        read = read_parquet if path.suffix.lower() in (".parquet", ".pq") else read_csv
        source = read(path, file=name, session=session, name="source")
        nothing_declared = Declared("patient", name, frozenset(), None, {}, {})
        columns, _findings = typed_relation(source, nothing_declared, session=session, name="patient")
        return starter(name, [_column(session, source, column) for column in columns])


def _column(session: Session, source: Source, column: Column) -> StarterColumn:
    from atrisk.read.session import quote
    from atrisk.study.starter import StarterColumn

    cell = f"trim(CAST({quote(column.name)} AS VARCHAR))"
    # Only a quoted name goes into the query.
    found = session.rows(f"SELECT DISTINCT {cell} FROM {source.relation} WHERE {cell} <> '' ORDER BY 1")  # noqa: S608
    coded = column.type in ("category", "integer") and len(found) <= _MOST_LEVELS
    return StarterColumn(
        name=column.name,
        type=column.type.value,
        levels=tuple(level for (level,) in found) if coded else (),
        unique=0 < source.n_rows == len(found),
    )
