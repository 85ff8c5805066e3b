"""What people put or changed in a results folder goes with it into the next one."""

from __future__ import annotations

import os
import shutil
from collections.abc import Iterator
from pathlib import Path

from atrisk.result.manifest import MANIFEST, digest, files_below, read_manifest


def carry_over(old: Path, new: Path) -> list[str]:
    """Copy into ``new`` what people put or changed in ``old``; returns the names under which edited files are kept.

    Edited is a file whose content differs from ``old``'s manifest; people's own is one that is not in it, which in a
    folder without a manifest are all. Each keeps its name where ``new`` leaves that free, else gets
    ``NAME.edited.SUFFIX``. Doing it twice changes nothing: what ``new`` already holds is not kept again.
    """
    if not old.is_dir():
        return []
    manifest = read_manifest(old)
    kept = []
    for name in files_below(old):
        source = old / name
        ours = manifest is not None and (name == MANIFEST or name in manifest.unhashed)
        if ours or (manifest is not None and manifest.hashes.get(name) == digest(source)):
            continue
        target = _keep(source, new, name)
        if target != name:
            kept.append(target)
    for folder in sorted(path for path in old.rglob("*") if path.is_dir() and not path.is_symlink()):
        # An empty folder somebody made; one that only held our files is not worth keeping.
        if not any(folder.iterdir()) and not (new / folder.relative_to(old)).exists():
            (new / folder.relative_to(old)).mkdir(parents=True)
    return kept


def _keep(source: Path, new: Path, name: str) -> str:
    """Copy one file under its own name, or the first free ``.edited`` one; the name it got."""
    for candidate in _names(name):
        target = new / candidate
        if os.path.lexists(target):
            if _same(source, target):
                return candidate
            continue
        try:
            target.parent.mkdir(parents=True, exist_ok=True)
        except (FileExistsError, NotADirectoryError):
            # The new results have a file where somebody had a folder.
            return _keep(source, new, _beside_file(new, name))
        draft = target.with_name(f"{target.name}.carrying")
        if source.is_symlink():
            draft.symlink_to(os.readlink(source))
        else:
            shutil.copyfile(source, draft)
            flush(draft)
            shutil.copystat(source, draft)
        os.replace(draft, target)
        return candidate
    raise AssertionError("names never run out")


def _names(name: str) -> Iterator[str]:
    """``tables/a.csv``, ``tables/a.edited.csv``, ``tables/a.edited-2.csv``, ..."""
    yield name
    folder, slash, leaf = name.rpartition("/")
    stem, dot, suffix = leaf.rpartition(".")
    if not stem:
        stem, dot, suffix = leaf, "", ""
    number = 1
    while True:
        mark = ".edited" if number == 1 else f".edited-{number}"
        yield f"{folder}{slash}{stem}{mark}{dot}{suffix}"
        number += 1


def _beside_file(new: Path, name: str) -> str:
    parts = name.split("/")
    for depth in range(1, len(parts)):
        above = "/".join(parts[:depth])
        if os.path.lexists(new / above) and not (new / above).is_dir():
            free = next(other for other in _names(above) if other != above and not (new / other).is_file())
            return "/".join([free, *parts[depth:]])
    raise AssertionError("called only where a file stands in the way")


def _same(one: Path, other: Path) -> bool:
    if one.is_symlink() or other.is_symlink():
        return one.is_symlink() and other.is_symlink() and os.readlink(one) == os.readlink(other)
    return other.is_file() and digest(one) == digest(other)


def flush(path: Path) -> None:
    """Ask the system to put the file on the disk now, so that the mark of completeness never precedes it."""
    with path.open("rb+") as file:
        os.fsync(file.fileno())
