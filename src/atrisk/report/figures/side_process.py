"""Draws figures in two processes at once.

Drawing is what takes the longest in a report (each PDF alone cuts its fonts to size for 0.1 s), threads would wait for
each other, and ``multiprocessing`` would run a caller's unguarded script again. So a second interpreter is started that
draws from the last figure on while this one draws from the first, until they meet. It may be started before there is
anything to draw, and loads what drawing needs meanwhile. Nothing is ever waited for: what has not arrived is drawn
here, and the bytes are the same. The other one runs at low priority, so that on a busy machine it takes little from
this one.
"""

from __future__ import annotations

import gc
import os
import pickle
import subprocess
import sys
import threading
from collections.abc import Callable, Iterator, Sequence
from contextlib import contextmanager
from dataclasses import dataclass, field
from typing import IO

from atrisk.report.figures.canvas import Ink
from atrisk.report.figures.drawing import AnyFigure, drawn, load

_NICENESS = 10


@contextmanager
def drawing_beside() -> Iterator[SideProcess | None]:
    """Start the other interpreter now, and end it with the block; None where there is none or nobody to run it."""
    beside = SideProcess.start() if _two_processors() else None
    try:
        yield beside
    finally:
        if beside is not None:
            beside.stop()


def draw_all(
    figures: Sequence[AnyFigure], progress: Callable[[str], None], beside: SideProcess | None = None
) -> dict[str, Ink]:
    """Every figure in its three formats, by name; ``progress`` is told each figure drawn here.

    ``beside``: another interpreter that was told to draw them from the last on.
    """
    inks: dict[str, Ink] = {}
    for figure in figures:
        arrived = beside.arrived.get(figure.name) if beside is not None else None
        if arrived is None:
            progress(f"figure {figure.name}")
        inks[figure.name] = arrived or drawn(figure)
    return inks


def _two_processors() -> bool:
    return (os.cpu_count() or 1) > 1


@dataclass(slots=True, eq=False)
class SideProcess:
    """Another interpreter that draws, and the thread that hands it its work and takes in what it has drawn."""

    process: subprocess.Popen[bytes]
    arrived: dict[str, Ink] = field(default_factory=dict)
    thread: threading.Thread | None = None

    @classmethod
    def start(cls) -> SideProcess | None:
        """Start the interpreter, which loads what drawing needs and then waits; None where it cannot be started."""
        command = [sys.executable, "-P", "-m", "atrisk.report.figures.side_process"]
        pipe, nothing = subprocess.PIPE, subprocess.DEVNULL
        try:
            return cls(subprocess.Popen(command, stdin=pipe, stdout=pipe, stderr=nothing))  # noqa: S603
        except OSError:
            return None

    def draw(self, figures: Sequence[AnyFigure]) -> None:
        """Begin drawing ``figures`` in order; each is in ``arrived`` once it is done."""
        self.thread = threading.Thread(target=self._exchange, args=(list(figures),), daemon=True)
        self.thread.start()

    def _exchange(self, figures: list[AnyFigure]) -> None:
        """Hand over the work, then take in each figure until the other side ends, whyever it ends."""
        given, taken = self.process.stdin, self.process.stdout
        if given is None or taken is None:
            return
        try:
            given.write(pickle.dumps(figures))
            given.close()
            while True:
                name, ink = pickle.load(taken)  # noqa: S301  # written by our own child through a pipe
                self.arrived[name] = ink
        except (OSError, EOFError, pickle.UnpicklingError):
            return

    def stop(self) -> None:
        """End the other interpreter, whatever it is doing, and let go of its pipes."""
        self.process.kill()
        self.process.wait()
        if self.thread is not None:
            self.thread.join()
        for pipe in (self.process.stdin, self.process.stdout):
            _close(pipe)


def _close(pipe: IO[bytes] | None) -> None:
    if pipe is None:
        return
    try:
        pipe.close()
    except OSError:  # what was still to be written has no reader any more
        return


def main() -> None:
    """Load what drawing needs; read figures from the input; write each, drawn, to the output."""
    if hasattr(os, "nice"):
        os.nice(_NICENESS)
    # Figures are cycles of objects; looking for them after each would take a tenth of the time.
    gc.set_threshold(100_000, 20, 20)
    load()
    figures: list[AnyFigure] = pickle.loads(sys.stdin.buffer.read())  # noqa: S301  # written by our own parent
    for figure in figures:
        pickle.dump((figure.name, drawn(figure)), sys.stdout.buffer)
        sys.stdout.buffer.flush()


if __name__ == "__main__":
    main()
