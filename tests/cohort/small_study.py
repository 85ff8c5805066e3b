"""Small studies written to a folder, read and built into a cohort."""

# ruff: noqa: S608 (the SQL is the code under test)

from __future__ import annotations

import json
from collections.abc import Iterator, Mapping
from contextlib import contextmanager
from dataclasses import dataclass
from pathlib import Path
from typing import Any

from atrisk.cohort.build import Cohort, build_cohort
from atrisk.read.session import Session, quote
from atrisk.read.tables import Reading, read_tables
from atrisk.study.load import LoadedStudy, load_study


@dataclass(frozen=True, slots=True, eq=False)
class Opened:
    """A study with its cohort and the session that holds them."""

    loaded: LoadedStudy
    reading: Reading
    session: Session
    cohort: Cohort

    def column(self, name: str) -> list[Any]:
        """A derived variable or table.column of the cohort, in the order of the patients."""
        return [row[0] for row in self.session.rows(f"SELECT {quote(name)} FROM cohort ORDER BY __patient")]

    def flow(self) -> list[tuple[Any, ...]]:
        """Kind, unit, entered, excluded, unknown, remaining, patients entered and remaining of every step."""
        return [
            (
                step.kind,
                step.unit,
                step.entered,
                step.excluded,
                step.unknown,
                step.remaining,
                step.patients_entered,
                step.patients_remaining,
            )
            for step in self.cohort.flow
        ]

    def rules(self) -> list[tuple[str, str, int | None, str]]:
        """Rule, table, row and column of every finding about the cohort."""
        return [(found.rule, found.table, found.row, found.column) for found in self.cohort.findings]


def write_study(folder: Path, files: Mapping[str, str], study: Mapping[str, Any]) -> LoadedStudy:
    """Write data files and a study file (JSON is YAML) into the folder and load the study."""
    for name, text in files.items():
        lines = [line.strip() for line in text.strip().splitlines()]
        (folder / name).write_text("\n".join(lines) + "\n", encoding="utf-8")
    whole = {"atrisk": 1, "study": {"id": "small", "title": "Small"}, **study}
    path = folder / "study.yaml"
    path.write_text(json.dumps(whole, indent=1, default=str), encoding="utf-8")
    return load_study(path)


@contextmanager
def opened(folder: Path, files: Mapping[str, str], study: Mapping[str, Any]) -> Iterator[Opened]:
    """The study written to the folder, read and built."""
    with open_loaded(write_study(folder, files, study)) as found:
        yield found


@contextmanager
def open_loaded(loaded: LoadedStudy) -> Iterator[Opened]:
    """A loaded study, read and built."""
    with Session.open([loaded.folder]) as session:
        reading = read_tables(loaded, session)
        yield Opened(loaded, reading, session, build_cohort(loaded, reading.tables, session))
