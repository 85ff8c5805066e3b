"""Writes the files of a simulation: each complete or not at all, and never over a file that is someone else's."""

from __future__ import annotations

import hashlib
import json
import os
import shutil
import tempfile
from collections.abc import Mapping
from pathlib import Path

from atrisk.errors import OutputError

RECORD_NAME = "simulation.json"


def sha256(text: str) -> str:
    """The SHA-256 of a text as it is written."""
    return hashlib.sha256(text.encode("utf-8")).hexdigest()


def write_files(out: Path, files: Mapping[str, str]) -> None:
    """Writes all files into a folder beside `out`, then moves each into `out`, the record last.

    A file of the same name stays untouched, and nothing is written, unless it is what this command wrote before (its
    hash stands in the folder's simulation.json) or would write now: it could be a hospital's patient.csv.
    Raises OutputError.
    """
    try:
        _refuse_foreign_files(out, files)
        out.parent.mkdir(parents=True, exist_ok=True)
        partial = Path(tempfile.mkdtemp(prefix=f".{out.name}.partial-", dir=out.parent))
        try:
            for name, text in files.items():
                (partial / name).write_text(text, encoding="utf-8", newline="")
            out.mkdir(exist_ok=True)
            for name in sorted(files, key=lambda name: name == RECORD_NAME):
                os.replace(partial / name, out / name)
        finally:
            shutil.rmtree(partial, ignore_errors=True)
    except OSError as error:
        raise OutputError(f"{out}: cannot be written: {error.strerror or 'the system gives no reason'}.") from error


def _refuse_foreign_files(out: Path, files: Mapping[str, str]) -> None:
    known = _recorded_hashes(out / RECORD_NAME)
    for name, text in files.items():
        path = out / name
        if name == RECORD_NAME or not path.exists():
            continue
        found = hashlib.sha256(path.read_bytes()).hexdigest()
        if found not in (known.get(name), sha256(text)):
            message = f"{path} was not written by this command, or has been edited since; it stays as it is."
            raise OutputError(f"{message} Choose another folder, or move the file away.")


def _recorded_hashes(path: Path) -> dict[str, str]:
    try:
        recorded = json.loads(path.read_text(encoding="utf-8"))["files"]
    except (OSError, ValueError, KeyError, TypeError):
        return {}
    return {str(name): str(value) for name, value in recorded.items()} if isinstance(recorded, dict) else {}
