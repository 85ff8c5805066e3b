"""The lock: what a study declared before its outcomes were read, by which later runs know what came afterwards.

A lock is a small file beside the study file. It holds the hash of every part of the study as declared, and a hash of
itself, so that a lock that was edited is none. It says whether results of the study already lay in its results folder;
what was locked then is not pre-specified.
"""

from __future__ import annotations

import hashlib
import json
from collections.abc import Iterator, Mapping
from dataclasses import dataclass
from pathlib import Path
from typing import Any

from atrisk.errors import Problem, StudyError
from atrisk.study.load import LoadedStudy
from atrisk.study.model import Study

VERSION = 1
PRE_SPECIFIED, CHANGED, POST_HOC, AFTER_RESULTS = "pre-specified", "changed", "post hoc", "locked after results"
# What a result row says of an analysis whose declaration was not locked, or is no longer what was locked.
NOT_PRE_SPECIFIED = "not pre-specified"

Part = tuple[str, str]

# Parts whose entries are locked one by one, by name; every other part is locked as a whole.
_BY_NAME = ("variables", "derive", "outcomes", "comparisons", "alternatives", "margins", "time_dependent")
# What decides who is compared and how long they are followed: everything rests on these.
_GROUND = ("data", "variables", "corrections", "cohort", "groups", "derive", "settings")


@dataclass(frozen=True, slots=True)
class Lock:
    """The parts of a study with their hashes as they were locked; ``date`` as its maker's clock said."""

    study: str
    date: str
    results_existed: bool
    parts: Mapping[Part, str]


def lock_path(study_file: Path) -> Path:
    """Where the lock of a study file lies."""
    return study_file.with_name(f"{study_file.stem}.lock.json")


def lock_text(study: Study, *, date: str, results_existed: bool) -> str:
    """The content of a lock of this study, made on ``date``."""
    content: dict[str, Any] = {
        "atrisk_lock": VERSION,
        "study": study.study.id,
        "date": date,
        "results_existed": results_existed,
        "parts": {_key(part): digest for part, digest in _digests(study).items()},
    }
    return json.dumps({**content, "sha256": _digest(content)}, indent=2, ensure_ascii=False, sort_keys=True) + "\n"


def read_lock(study_file: Path) -> Lock | None:
    """The lock beside a study file; None where there is none.

    Raises StudyError where it cannot be read, or was changed after it was made.
    """
    path = lock_path(study_file)
    try:
        text = path.read_bytes()
    except FileNotFoundError:
        return None
    except OSError as error:
        raise _unusable(path, "it cannot be read") from error
    try:
        content = json.loads(text)
        stated = content.pop("sha256")
        if content["atrisk_lock"] != VERSION or stated != _digest(content):
            raise _unusable(path, "it was changed after it was made, or by another version")
        parts = {_part(key): str(digest) for key, digest in content["parts"].items()}
        return Lock(str(content["study"]), str(content["date"]), bool(content["results_existed"]), parts)
    except (ValueError, KeyError, TypeError, AttributeError):
        raise _unusable(path, "it is no lock") from None


def statuses(loaded: LoadedStudy) -> dict[Part, str]:
    """Of every part and named entry of the study: pre-specified, changed, post hoc, or locked after results.

    An entry is pre-specified only if all that it rests on was: data, cohort, groups, derivations and settings, and for
    a margin its outcome. Empty without a lock.
    """
    lock = read_lock(loaded.file)
    if lock is None or lock.study != loaded.study.study.id:
        return {}
    now = _digests(loaded.study)
    own = {part: _status(lock, part, digest) for part, digest in now.items()}
    ground = [status for (part, _name), status in own.items() if part in _GROUND]
    shaken = any(status != PRE_SPECIFIED for status in ground) or any(
        part[0] in _GROUND and part not in now for part in lock.parts
    )
    found: dict[Part, str] = {}
    for part, status in own.items():
        rests = status
        if part[0] == "margins":
            outcome = loaded.study.margins[part[1]].outcome
            rests = max((status, own.get(("outcomes", outcome), PRE_SPECIFIED)), key=_rank)
        found[part] = CHANGED if rests == PRE_SPECIFIED and shaken else rests
    return found


def _rank(status: str) -> int:
    return (PRE_SPECIFIED, CHANGED, POST_HOC, AFTER_RESULTS).index(status)


def _status(lock: Lock, part: Part, digest: str) -> str:
    if lock.results_existed:
        return AFTER_RESULTS
    if part not in lock.parts:
        return POST_HOC
    return PRE_SPECIFIED if lock.parts[part] == digest else CHANGED


def _digests(study: Study) -> dict[Part, str]:
    return {part: _digest(content) for part, content in _parts(study)}


def _parts(study: Study) -> Iterator[tuple[Part, Any]]:
    # What is as it is without a word is left out, so that a key which a later version knows changes no lock.
    for name, content in study.model_dump(mode="json", by_alias=True, exclude_defaults=True).items():
        if name in ("study", "published"):
            continue
        if name in _BY_NAME:
            yield from (((name, entry), value) for entry, value in content.items())
        else:
            yield (name, ""), content


def _digest(content: Any) -> str:
    return hashlib.sha256(json.dumps(content, sort_keys=True, ensure_ascii=False).encode()).hexdigest()


def _key(part: Part) -> str:
    return part[0] if not part[1] else f"{part[0]}/{part[1]}"


def _part(key: str) -> Part:
    name, _, entry = key.partition("/")
    return name, entry


def _unusable(path: Path, why: str) -> StudyError:
    hint = "Restore it, or move it away: without a lock nothing counts as pre-specified."
    return StudyError([Problem(str(path), None, None, "", f"the lock cannot be used: {why}.", hint)])
