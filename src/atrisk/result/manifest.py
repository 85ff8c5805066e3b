"""The list of files a run wrote, with their SHA-256: how a later run knows which were edited since."""

from __future__ import annotations

import hashlib
import json
import os
from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from pathlib import Path

from atrisk.errors import OutputError
from atrisk.result.origin import Origin

MANIFEST = "manifest.json"
FORMAT = 1


@dataclass(frozen=True, slots=True, eq=False)
class Manifest:
    """``hashes``: path below the folder, with forward slashes, to SHA-256; ``unhashed``: files that vary by nature.

    ``origin`` is the study file that they came from, as far as it was said.
    """

    hashes: Mapping[str, str]
    unhashed: frozenset[str]
    origin: Origin


def write_manifest(folder: Path, *, unhashed: Sequence[str] = (), data: str = "", origin: Origin | None = None) -> None:
    """List every file below ``folder`` in its ``manifest.json``; the same files of one origin give the same bytes.

    ``data`` says what they are of where that is no real patients, ``origin`` from which study file they came.
    """
    names = [name for name in files_below(folder) if name != MANIFEST]
    content = {
        "format": FORMAT,
        "about": "Written by atrisk. A file that no longer has its SHA-256 counts as edited and is never overwritten.",
        **({"study_file": origin.name, "study_place": origin.place} if origin is not None else {}),
        **({"data": data} if data else {}),
        "files": {name: digest(folder / name) for name in names if name not in unhashed},
        "unhashed": [name for name in names if name in unhashed],
    }
    text = json.dumps(content, indent=1, ensure_ascii=False) + "\n"
    (folder / MANIFEST).write_text(text, encoding="utf-8", newline="\n")


def read_manifest(folder: Path) -> Manifest | None:
    """The manifest of ``folder``; None where there is none, or one that is not ours or is damaged.

    Without a manifest every file counts as somebody's own, which loses nothing.
    """
    try:
        content = json.loads((folder / MANIFEST).read_text(encoding="utf-8"))
        if content["format"] != FORMAT:
            return None
        hashes = {str(name): str(value) for name, value in content["files"].items()}
        unhashed = frozenset(str(name) for name in content["unhashed"])
        origin = Origin(str(content.get("study_file", "")), str(content.get("study_place", "")))
        return Manifest(hashes=hashes, unhashed=unhashed, origin=origin)
    except (FileNotFoundError, ValueError, KeyError, TypeError, AttributeError):
        return None


def files_below(folder: Path) -> list[str]:
    """The files and links below ``folder``, sorted, as paths with forward slashes; links are not followed.

    Raises OutputError for anything else (a pipe, a device), which could not be carried over.
    """
    found = []
    for place, folders, files in os.walk(folder, onerror=_raise):
        here = Path(place)
        links = [name for name in folders if (here / name).is_symlink()]
        for name in [*files, *links]:
            path = here / name
            if not path.is_symlink() and not path.is_file():
                raise OutputError(f"{path}: is neither a file nor a folder. Remove it from the results folder.")
            found.append(path.relative_to(folder).as_posix())
    return sorted(found)


def digest(path: Path) -> str:
    """SHA-256 of the content, in hexadecimal; of a link, of where it points."""
    if path.is_symlink():
        return hashlib.sha256(os.fsencode(os.readlink(path))).hexdigest()
    with path.open("rb") as file:
        return hashlib.file_digest(file, "sha256").hexdigest()


def _raise(error: OSError) -> None:
    raise error
