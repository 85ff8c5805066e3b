"""Ctrl-C, noticed whatever a library makes of it."""

from __future__ import annotations

import contextlib
import signal
import threading
from collections.abc import Iterator
from types import FrameType


@contextlib.contextmanager
def noticed_interrupts() -> Iterator[threading.Event]:
    """An event that is set when the user interrupts the body.

    KeyboardInterrupt is raised as always. But the engine, interrupted in a query, raises an error of its own in its
    place, which only this event tells from a failure.
    """
    noticed = threading.Event()
    in_main = threading.current_thread() is threading.main_thread()
    if not in_main or signal.getsignal(signal.SIGINT) is signal.SIG_IGN:
        yield noticed  # only the main thread may handle signals, and a job begun deaf to Ctrl-C (nohup) stays so
        return

    def interrupt(_number: int, _frame: FrameType | None) -> None:
        noticed.set()
        raise KeyboardInterrupt

    before = signal.signal(signal.SIGINT, interrupt)
    try:
        yield noticed
    finally:
        signal.signal(signal.SIGINT, before)
