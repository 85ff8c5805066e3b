"""Files of SPSS (.sav, .zsav), Stata (.dta) and SAS (.sas7bdat, .xpt), with what they say of their columns."""

from __future__ import annotations

import json
import os
import subprocess
import sys
from dataclasses import dataclass
from pathlib import Path
from typing import Any

from atrisk.errors import DataError
from atrisk.read.contents import unchanged
from atrisk.read.header import column_names
from atrisk.read.session import Session
from atrisk.read.source import Source
from atrisk.read.statistics_process import MOST_CELLS
from atrisk.read.table import ROW
from atrisk.result.finding import Finding, Severity
from atrisk.result.remark import Remark
from atrisk.study.table import Variable

MOST_BYTES = 2_000_000_000
# What iconv calls the encodings that have another name there.
_ICONV = {"mac-roman": "MACINTOSH", "shift-jis": "SHIFT_JIS"}


@dataclass(frozen=True, slots=True)
class Catalogue:
    """A SAS catalogue of formats: its place, and the name shown."""

    path: Path
    file: str


def read_statistics_file(
    path: Path, *, file: str, catalogue: Catalogue | None, encoding: str | None, session: Session, name: str
) -> Source:
    """The cases of a file of SPSS, Stata or SAS in the relation ``name``; ``__row`` is the case's number, from 1.

    Cells are text: a number in full precision, a date as YYYY-MM-DD. What the file says of a column is kept beside it:
    its label; its value labels as levels, where every recorded value has one; its codes for "not recorded" with their
    labels as reasons. The special missing values of Stata and SAS read .a, .b and so on, and are such codes.
    A SAS data set names formats, whose labels stand in a ``catalogue``. ``encoding`` overrides what the file says of
    its own; ``file`` is the name shown.
    Raises DataError where the file is damaged, of another kind, or larger than ``MOST_CELLS`` cells.
    """
    with unchanged(path, file) as contents:
        if contents.n_bytes > MOST_BYTES:
            raise DataError(f"{file} is larger than {MOST_BYTES / 1e9:g} GB. Save the table as Parquet.")
        if catalogue is None:
            read = contents
            columns = _cases(path, file, None, encoding)
        else:
            with unchanged(catalogue.path, catalogue.file) as labels:
                read = contents.with_(labels)
                columns = _cases(path, file, catalogue, encoding)
    names = column_names([column["name"] for column in columns], file=file)
    cells = [column["cells"] for column in columns]
    described = {name: _variable(column["words"]) for name, column in zip(names, columns, strict=True)}
    findings = [
        _partly_labelled(file, name, column["unlabelled"])
        for name, column in zip(names, columns, strict=True)
        if column["unlabelled"]
    ]
    rows = list(zip(range(1, len(cells[0]) + 1), *cells, strict=True))
    relation = session.load(name, {ROW: "BIGINT", **dict.fromkeys(names, "VARCHAR")}, rows)
    return Source(
        name,
        relation,
        names,
        len(rows),
        read,
        findings=tuple(findings),
        described={column: variable for column, variable in described.items() if variable.model_fields_set},
        iso_dates=True,
    )


def _cases(path: Path, file: str, catalogue: Catalogue | None, encoding: str | None) -> list[dict[str, Any]]:
    """The columns of a file, each with its name, the texts of its cells, and what the file says of it."""
    iconv = None if encoding is None else _ICONV.get(encoding, encoding.upper())
    labels = None if catalogue is None else os.fspath(catalogue.path)
    asked = json.dumps({"path": os.fspath(path), "kind": path.suffix.lower(), "catalogue": labels, "encoding": iconv})
    command = [sys.executable, "-P", "-m", "atrisk.read.statistics_process"]
    answer: dict[str, Any]
    try:
        done = subprocess.run(command, input=asked.encode(), stdout=subprocess.PIPE, stderr=subprocess.DEVNULL)  # noqa: S603
        answer = json.loads(done.stdout) if done.returncode == 0 else {"error": "damaged"}
    except (OSError, ValueError):
        answer = {"error": "damaged"}
    if answer.get("error") == "encoding":
        raise DataError(
            f"{file}: its texts are not in the encoding it names. Declare 'encoding:', such as 'windows-1252'."
        )
    if answer.get("error") == "catalogue" and catalogue is not None:
        raise DataError(
            f"{catalogue.file} cannot be read: it is damaged, or no SAS catalogue of formats. Save it again, or take "
            "'catalogue:' away and declare 'levels:'."
        )
    if answer.get("error") == "size":
        raise DataError(f"{file} has more than {MOST_CELLS:,} cells. Save the table as Parquet.")
    if "error" in answer:
        raise DataError(
            f"{file} cannot be read: it is damaged, of another kind, or not in the encoding declared. Save it again."
        )
    columns: list[dict[str, Any]] = answer["columns"]
    if not columns:
        raise DataError(f"{file} has no columns.")
    return columns


def _variable(words: dict[str, Any]) -> Variable:
    try:
        return Variable.model_validate(words)
    except ValueError:  # a label that no study file could hold
        return Variable()


def _partly_labelled(file: str, column: str, count: int) -> Finding:
    return Finding(
        rule="partly-labelled",
        severity=Severity.INFORMS,
        file=file,
        column=column,
        message=Remark("partly-labelled", {"count": count}),
        remedy=Remark("partly-labelled.remedy"),
    )
