"""Draws figures in processes of their own.

Drawing is what takes the longest in a report, threads would wait for each other, and ``multiprocessing`` would run a
caller's unguarded script again. So interpreters are started that each draw the next figure that nobody has begun. They
may be started before there is anything to draw, and load what drawing needs meanwhile, which this process then never
has to. A figure that does not arrive, because its interpreter failed, is drawn here, and the bytes are the same.
"""

from __future__ import annotations

import os
import pickle
import subprocess
import sys
import threading
from collections import deque
from collections.abc import Callable, Iterator, Sequence
from contextlib import contextmanager
from dataclasses import dataclass, field
from typing import IO

from atrisk.report.figures.canvas import Ink
from atrisk.report.figures.drawing import AnyFigure, drawn

# More would take memory and seldom save time: each first loads for as long as it takes to draw two figures.
_MOST = 2


@contextmanager
def drawing_beside() -> Iterator[Drawers | None]:
    """Start the other interpreters now, and end them with the block; None where there is no processor to run them."""
    beside = Drawers.start() if _two_processors() else None
    try:
        yield beside
    finally:
        if beside is not None:
            beside.stop()


def draw_all(
    figures: Sequence[AnyFigure], progress: Callable[[str], None], beside: Drawers | None = None
) -> dict[str, Ink]:
    """Every figure in its three formats, by name; ``progress`` is told each figure drawn here.

    ``beside``: other interpreters that were told to draw them, which are waited for.
    """
    arrived: dict[str, Ink] = {}
    if beside is not None:
        progress("figures")
        arrived = beside.finished()
        rest = [figure for figure in figures if figure.name not in arrived]
        if len(rest) > 1:
            # Those of the alternatives, which were not there when drawing began.
            beside.draw(rest)
            arrived = beside.finished()
    inks: dict[str, Ink] = {}
    for figure in figures:
        if figure.name not in arrived:
            progress(f"figure {figure.name}")
        inks[figure.name] = arrived.get(figure.name) or drawn(figure)
    return inks


def _two_processors() -> bool:
    return (os.cpu_count() or 1) > 1


@dataclass(slots=True, eq=False)
class Drawers:
    """Other interpreters that draw, and for each the thread that hands it figures and takes in what it has drawn."""

    processes: list[subprocess.Popen[bytes]]
    threads: list[threading.Thread] = field(default_factory=list)
    arrived: dict[str, Ink] = field(default_factory=dict)

    @classmethod
    def start(cls) -> Drawers:
        """Start the interpreters, which load what drawing needs and then wait; none where they cannot be started."""
        command = [sys.executable, "-P", "-m", "atrisk.report.figures.drawer"]
        pipe, nothing = subprocess.PIPE, subprocess.DEVNULL
        drawers = cls([])
        try:
            for _ in range(_MOST):
                drawers.processes.append(subprocess.Popen(command, stdin=pipe, stdout=pipe, stderr=nothing))  # noqa: S603
        except OSError:
            return drawers
        return drawers

    def draw(self, figures: Sequence[AnyFigure]) -> None:
        """Begin drawing ``figures``."""
        waiting = deque(figures)
        for process in self.processes:
            thread = threading.Thread(target=self._exchange, args=(process, waiting), daemon=True)
            self.threads.append(thread)
            thread.start()

    def _exchange(self, process: subprocess.Popen[bytes], waiting: deque[AnyFigure]) -> None:
        """Have one interpreter draw figure after figure until none waits or it ends, whyever it ends."""
        given, taken = process.stdin, process.stdout
        if given is None or taken is None:
            return
        try:
            while True:
                figure = waiting.popleft()
                given.write(pickle.dumps(figure))
                given.flush()
                self.arrived[figure.name] = pickle.load(taken)  # noqa: S301  # written by our own child through a pipe
        except (IndexError, OSError, EOFError, pickle.UnpicklingError):
            return

    def finished(self) -> dict[str, Ink]:
        """Wait until nothing more will arrive; what did, by the figure's name."""
        for thread in self.threads:
            thread.join()
        return self.arrived

    def stop(self) -> None:
        """End the other interpreters, whatever they are doing, and let go of their pipes."""
        for process in self.processes:
            process.kill()
            process.wait()
        for thread in self.threads:
            thread.join()
        for process in self.processes:
            for pipe in (process.stdin, process.stdout):
                _close(pipe)


def _close(pipe: IO[bytes] | None) -> None:
    if pipe is None:
        return
    try:
        pipe.close()
    except OSError:  # what was still to be written has no reader any more
        return
