"""A report of an internal error that can be sent to anyone: where it happened, without a value of the data."""

from __future__ import annotations

import platform
import tempfile
import traceback
from collections.abc import Iterator
from pathlib import Path

import atrisk


def write_failure(error: BaseException) -> Path | None:
    """Write ``atrisk-failure.txt`` into the current folder, else the system's temporary one; None if neither works.

    It holds the kinds of error with their file, line and function in the program. Local variables, lines of the error's
    text and the command line are left out: any of them may hold a patient's value or a name.
    """
    text = "\n".join(_lines(error)) + "\n"
    for folder in (Path.cwd(), Path(tempfile.gettempdir())):
        for number in range(1, 100):
            path = folder / ("atrisk-failure.txt" if number == 1 else f"atrisk-failure-{number}.txt")
            try:
                with path.open("x", encoding="utf-8") as file:
                    file.write(text)
            except FileExistsError:
                continue
            except OSError:
                break
            return path
    return None


def _lines(error: BaseException) -> Iterator[str]:
    yield "atrisk stopped with an internal error. This report holds no data: only places in the program."
    yield f"atrisk {atrisk.__version__}, Python {platform.python_version()}, {platform.system()} {platform.machine()}"
    cause: BaseException | None = error
    seen: set[int] = set()
    while cause is not None and id(cause) not in seen:
        seen.add(id(cause))
        yield ""
        yield f"{type(cause).__module__}.{type(cause).__qualname__}"
        for frame in traceback.extract_tb(cause.__traceback__, limit=-40):
            yield f"  {_place(frame.filename)}:{frame.lineno} in {frame.name}"
        cause = cause.__cause__ or cause.__context__


def _place(filename: str) -> str:
    """The file below its package: the path before that may hold the user's name."""
    parts = Path(filename).parts
    for root in ("site-packages", "src"):
        if root in parts:
            return "/".join(parts[len(parts) - parts[::-1].index(root) :])
    return "/".join(parts[-2:])
