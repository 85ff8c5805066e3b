"""Where a data file lies: below the study's folder (or the data root), links resolved, and nowhere else."""

from __future__ import annotations

import difflib
from collections.abc import Sequence
from pathlib import Path

from atrisk.errors import DataError

# How the name of the file begins that Excel writes beside a workbook while it is open.
_LOCK = "~$"


def locate(file: str, *, folder: Path, data_root: Path | None = None) -> Path:
    """The resolved path of a data file that a study file names.

    A study file is untrusted: after following every link, the file must lie below ``data_root`` or ``folder``, the
    study file's folder. A relative path is looked up below ``data_root`` first.
    Raises DataError where it lies outside, is missing (naming the nearest file there), is a folder or is no ordinary
    file.
    """
    roots = [root.resolve() for root in (data_root, folder) if root is not None]
    if "\x00" in file or not file.strip():
        raise DataError("A table needs the name of its file, such as 'file: data/patient.csv'.")
    name = Path(file).name
    if name.startswith(_LOCK):
        book = name.removeprefix(_LOCK)
        raise DataError(f"{file} is no table: Excel keeps it while {book} is open. Name {book}.")
    try:
        resolved = [(root / file).resolve() for root in roots]
        allowed = [path for path in resolved if any(path.is_relative_to(root) for root in roots)]
        if not allowed:
            raise DataError(
                f"{file} lies outside the study file's folder. Put the data below that folder, "
                "or name their folder with --data-root."
            )
        path = next((path for path in allowed if path.exists()), None)
        if path is None:
            raise DataError(f"{file} does not exist.{_nearest(allowed, roots)}")
        if path.is_dir():
            raise DataError(f"{file} is a folder, not a file. Name a file in it.")
        if not path.is_file():
            raise DataError(f"{file} is not an ordinary file.")
    except (OSError, RuntimeError, ValueError):
        # A loop of links, a name too long, a folder without the right to look into it.
        raise DataError(f"{file} cannot be looked up. Check its name and the rights on its folder.") from None
    return path


def _nearest(wanted: Sequence[Path], roots: Sequence[Path]) -> str:
    for path in wanted:
        folder = path.parent
        if not folder.is_dir() or not any(folder.is_relative_to(root) for root in roots):
            continue
        names = sorted(entry.name for entry in folder.iterdir() if entry.is_file() and not entry.name.startswith(_LOCK))
        close = difflib.get_close_matches(path.name, names, n=1, cutoff=0.5)
        if close:
            return f" Its folder has '{close[0]}'. Did you mean that?"
        return " Its folder exists, but has no file with a similar name."
    return " Its folder does not exist either."
