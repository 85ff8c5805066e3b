"""A small study in a folder, written, loaded, read and checked."""

from __future__ import annotations

from collections.abc import Iterator, Mapping
from contextlib import contextmanager
from dataclasses import dataclass
from pathlib import Path
from typing import Any

from atrisk.check.rules import check_tables
from atrisk.read.session import Session
from atrisk.read.table import ColumnType, Table
from atrisk.read.tables import Reading, read_tables
from atrisk.result.finding import Finding
from atrisk.study.load import LoadedStudy, load_study

PATIENT = "patient: {file: patient.csv, key: id}"


def write_study(
    folder: Path,
    files: Mapping[str, str | bytes],
    *,
    data: str = PATIENT,
    variables: str = "",
    extra: str = "",
    study: str = "",
) -> LoadedStudy:
    """A study over ``files``; ``data``, ``variables``, ``study`` and ``extra`` are lines of its study file."""
    for name, content in files.items():
        path = folder / name
        path.parent.mkdir(parents=True, exist_ok=True)
        path.write_bytes(content.encode() if isinstance(content, str) else content)

    def section(lines: str) -> str:
        return "".join(f"  {line}\n" for line in lines.splitlines())

    text = f"atrisk: 1\nstudy:\n  id: small\n  title: Small\n{section(study)}data:\n{section(data)}"
    if variables:
        text += f"variables:\n{section(variables)}"
    text += f"groups: {{by: patient.arm, order: [A, B]}}\n{extra}\n"
    (folder / "study.yaml").write_text(text, encoding="utf-8")
    return load_study(folder / "study.yaml")


@dataclass
class Read:
    """What came of reading and checking."""

    session: Session
    reading: Reading
    findings: tuple[Finding, ...]

    def table(self, name: str = "patient") -> Table:
        return self.reading.tables[name]

    def values(self, column: str, table: str = "patient") -> list[Any]:
        rows = self.session.rows(f'SELECT "{column}" FROM {self.table(table).relation} ORDER BY __row')  # noqa: S608
        return [value for (value,) in rows]

    def raw(self, column: str, table: str = "patient") -> list[Any]:
        rows = self.session.rows(f'SELECT "{column}" FROM {self.table(table).raw_relation} ORDER BY __row')  # noqa: S608
        return [value for (value,) in rows]

    def kind(self, column: str, table: str = "patient") -> ColumnType:
        found = self.table(table).column(column)
        assert found is not None
        return found.type

    def of(self, rule: str) -> list[Finding]:
        return [finding for finding in self.findings if finding.rule == rule]

    def places(self, rule: str) -> list[tuple[str, int | None, str]]:
        """File, row and column of every finding of a rule."""
        return [(finding.file, finding.row, finding.column) for finding in self.of(rule)]


@contextmanager
def read_study(loaded: LoadedStudy, data_root: Path | None = None) -> Iterator[Read]:
    roots = [loaded.folder] if data_root is None else [loaded.folder, data_root]
    with Session.open(roots) as session:
        reading = read_tables(loaded, session, data_root=data_root)
        yield Read(session, reading, (*reading.findings, *check_tables(reading.loaded, reading.tables, session)))


@contextmanager
def read_patients(
    folder: Path, content: str | bytes, variables: str = "", extra: str = "", study: str = "", layout: str = ""
) -> Iterator[Read]:
    """A study of one table, ``patient.csv`` with the key ``id``."""
    data = f"patient: {{file: patient.csv, key: id{layout}}}"
    loaded = write_study(folder, {"patient.csv": content}, data=data, variables=variables, extra=extra, study=study)
    with read_study(loaded) as read:
        yield read
