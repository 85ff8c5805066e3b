"""One run at a time in a results folder."""

from __future__ import annotations

import contextlib
import os
import sys
from collections.abc import Iterator
from pathlib import Path

from atrisk.errors import OutputError


@contextlib.contextmanager
def folder_lock(work: Path, out: Path) -> Iterator[None]:
    """Hold the lock in ``work`` for the run into ``out``; the folder ``work`` goes when nothing is left in it.

    The lock is the operating system's, on an open file: it cannot go stale, because it ends with its process. A lock
    file with a process number was rejected: numbers are reused, and on another machine's share they mean nothing.
    Raises OutputError when another run holds it.
    """
    handle = _acquire(work, out)
    try:
        yield
    finally:
        lock = work / "lock"
        # POSIX removes the file while the lock is held; Windows cannot remove an open file, so once more after closing.
        with contextlib.suppress(OSError):
            lock.unlink()
        os.close(handle)
        with contextlib.suppress(OSError):
            if sys.platform == "win32":
                lock.unlink(missing_ok=True)
            work.rmdir()


def _acquire(work: Path, out: Path) -> int:
    lock = work / "lock"
    for _attempt in range(20):
        try:
            work.mkdir(parents=True, exist_ok=True)
            handle = os.open(lock, os.O_RDWR | os.O_CREAT, 0o666)
        except FileNotFoundError:
            continue  # the run before us just removed its folder
        except OSError as error:
            raise OutputError(
                f"{out}: cannot write beside this folder ({error.strerror}). Choose another folder with --out."
            ) from error
        try:
            _lock(handle)
        except OSError as error:
            os.close(handle)
            raise OutputError(
                f"{out}: another run is writing its results there (or this file system cannot lock files). "
                "Wait for it to end, or choose another folder with --out."
            ) from error
        # The run before us may have removed the file between our opening and locking it: then our lock guards nothing.
        try:
            if os.path.samestat(os.fstat(handle), lock.stat()):
                return handle
        except FileNotFoundError:
            pass
        os.close(handle)
    raise OutputError(f"{out}: other runs keep writing their results there. Choose another folder with --out.")


if sys.platform == "win32":
    import msvcrt

    def _lock(handle: int) -> None:
        msvcrt.locking(handle, msvcrt.LK_NBLCK, 1)

else:
    import fcntl

    def _lock(handle: int) -> None:
        fcntl.flock(handle, fcntl.LOCK_EX | fcntl.LOCK_NB)
