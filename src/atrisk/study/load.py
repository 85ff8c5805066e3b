"""A study file read, validated and ready to run, or every problem in it with its line."""

from __future__ import annotations

import os
from collections.abc import Mapping
from dataclasses import dataclass, field, replace
from pathlib import Path as FilePath
from typing import Any

from pydantic import ValidationError

from atrisk.errors import Problem, StudyError
from atrisk.study.alternative import place_in_alternative, with_alternative
from atrisk.study.complaint import Complaint, complaints
from atrisk.study.cross_reference import cross_references
from atrisk.study.foreign_signs import told
from atrisk.study.model import FORMAT_VERSION, Study
from atrisk.study.places import Path, Places, in_words
from atrisk.study.scope import did_you_mean
from atrisk.study.yaml_document import MAX_BYTES, NOTHING_WRITTEN, read_document

# Names of files that hold a table, whatever is in them.
_TABLES = (".csv", ".tsv", ".xlsx", ".xls", ".parquet", ".pq", ".sav", ".dta", ".sas7bdat")


@dataclass(frozen=True, slots=True)
class LoadedStudy:
    """A study, where its file lies, the file's bytes, and where each part of it stands in them.

    ``alternatives`` are the whole studies that its alternatives make of it, by name; ``alternative`` is the one that
    this study is, empty for the study as declared.
    """

    study: Study
    folder: FilePath
    text: bytes = field(repr=False)
    places: Places = field(repr=False)
    file: FilePath
    alternatives: Mapping[str, Study] = field(default_factory=dict, repr=False)
    alternative: str = ""

    def problem(self, where: Path, message: str, hint: str = "") -> Problem:
        """A problem that a later stage found with what stands at ``where``, such as ``("groups", "by")``."""
        if self.alternative:
            declared = self.study.alternatives[self.alternative]
            where = place_in_alternative(self.alternative, declared, len(self.study.cohort), where)
        problem = _problem(Complaint(where, message, hint), self.places, file=str(self.file))
        return told(problem, _lines(self.text))

    def as_alternative(self, name: str) -> LoadedStudy:
        """The study that the alternative of this name makes, with what was learnt of its columns since it was loaded.

        Its words for readers, its published figures and its alternatives stay those of the study itself.
        """
        changed = self.alternatives[name]
        parts = {part: getattr(changed, part) for part in ("cohort", "groups", "derive", "outcomes")}
        if self.study.alternatives[name].variables:
            parts["variables"] = changed.variables
        return replace(self, study=self.study.model_copy(update=parts), alternative=name)


def load_study(path: FilePath) -> LoadedStudy:
    """The study written in the file at ``path``.

    Raises StudyError with every problem found, in the order of lines: each names file, line, column, the place in words
    and the nearest valid name. Nothing but the study file itself is read.
    """
    if path.suffix.lower() in _TABLES:
        message = "this is a table, not a study file."
        raise StudyError(
            [Problem(str(path), None, None, "", message, f"'atrisk new {path}' begins a study file for it.")]
        )
    data = _bytes(path)
    try:
        document = read_document(data, file=str(path))
    except StudyError as error:
        lines = _lines(data)
        raise StudyError([told(problem, lines, unreadable=True) for problem in error.problems]) from None
    _check_kind(document.value, document.places, file=str(path))
    _check_version(document.value, document.places, file=str(path))
    study, found = _validated(document.value)
    found += cross_references(document.value)
    alternatives: dict[str, Study] = {}
    if study is not None:
        alternatives, more = _alternatives(document.value, study, found)
        found += more
    problems = [*document.problems, *(_problem(complaint, document.places, file=str(path)) for complaint in found)]
    if study is None or problems:
        raise StudyError([told(problem, _lines(data)) for problem in in_order(problems)])
    return LoadedStudy(study, path.resolve().parent, data, document.places, path, alternatives)


def _similar(path: FilePath) -> str:
    """A question with the study file of that folder whose name is nearest."""
    try:
        names = sorted(entry.name for entry in path.parent.iterdir() if entry.suffix.lower() in (".yaml", ".yml"))
    except OSError:
        return "Its folder does not exist either."
    return did_you_mean(path.name, tuple(names))


def _bytes(path: FilePath) -> bytes:
    """At most one byte more than a study file may have, so that a huge file is recognised without being read."""
    try:
        with path.open("rb") as stream:
            return stream.read(MAX_BYTES + 1)
    except FileNotFoundError:
        raise StudyError([Problem(str(path), None, None, "", "there is no such file.", _similar(path))]) from None
    except IsADirectoryError:
        message = "this is a folder: name the study file in it"
    except PermissionError:
        # Windows answers an attempt to open a folder with a refusal.
        message = "this is a folder: name the study file in it" if path.is_dir() else "the file may not be read"
    except (OSError, ValueError) as error:
        reason = os.strerror(error.errno) if isinstance(error, OSError) and error.errno else "its name is not valid"
        message = f"the file cannot be read: {reason}"
    raise StudyError([Problem(str(path), None, None, "", message)])


def _lines(data: bytes) -> list[str]:
    return data.decode("utf-8-sig", errors="replace").splitlines()


def _check_kind(study: dict[str, Any], places: Places, *, file: str) -> None:
    """Another kind of file of ours is named as such, rather than by each of its keys."""
    if "atrisk_simulation" in study and "atrisk" not in study:
        message = "this is the specification of a simulated cohort, not a study file"
        complaint = Complaint(
            ("atrisk_simulation",), message, f"Its tables are made by 'atrisk simulate {file} --out DIR'."
        )
        raise StudyError([_problem(complaint, places, file=file)])


def _check_version(study: dict[str, Any], places: Places, *, file: str) -> None:
    """A file of a newer format is not read any further: what else it says may have another meaning."""
    version = study.get("atrisk")
    if isinstance(version, int) and not isinstance(version, bool) and version > FORMAT_VERSION:
        complaint = Complaint(
            ("atrisk",),
            f"the file is written in format {version}, and this program knows formats up to {FORMAT_VERSION}",
            "Update atrisk.",
        )
        raise StudyError([_problem(complaint, places, file=file)])


def _validated(value: dict[str, Any]) -> tuple[Study | None, list[Complaint]]:
    try:
        return Study.model_validate(value), []
    except ValidationError as error:
        return None, complaints(error.errors(include_url=False))


def _alternatives(
    value: dict[str, Any], study: Study, known: list[Complaint]
) -> tuple[dict[str, Study], list[Complaint]]:
    """The study that each alternative makes, and what is wrong with it that is not wrong with the study itself."""
    alternatives: dict[str, Study] = {}
    problems: list[Complaint] = []
    for name, declared in study.alternatives.items():
        content = with_alternative(value, value["alternatives"][name])
        changed, found = _validated(content)
        found += cross_references(content)
        steps = len(content.get("cohort") or ())
        problems += [
            replace(complaint, path=place_in_alternative(name, declared, steps, complaint.path))
            for complaint in found
            if complaint not in known
        ]
        if changed is not None:
            alternatives[name] = changed
    return alternatives, problems


def _problem(complaint: Complaint, places: Places, *, file: str) -> Problem:
    line, column = places.of_key(complaint.path) if complaint.at_key else places.of(complaint.path)
    message = complaint.message
    if (complaint.hint and message[-1:].isalnum()) or message[-1:] in "'\")":
        message += "." if complaint.hint else ""
    return Problem(file, line, column, in_words(complaint.path), message, complaint.hint)


def in_order(problems: list[Problem]) -> tuple[Problem, ...]:
    """By line and column, each once; nothing more about a place where nothing is written."""
    empty = {problem.where for problem in problems if problem.message.startswith(NOTHING_WRITTEN)}
    kept: dict[tuple[object, ...], Problem] = {}
    for problem in sorted(problems, key=lambda item: (item.line or 0, item.column or 0)):
        if problem.where not in empty or problem.message.startswith(NOTHING_WRITTEN):
            kept.setdefault((problem.line, problem.column, problem.where, problem.message), problem)
    return tuple(kept.values())
