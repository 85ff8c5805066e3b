"""Draws figures in two processes at once.

Drawing is what takes the longest in a report (each PDF alone cuts its fonts to size for 0.1 s), threads would wait for
each other, and ``multiprocessing`` would run a caller's unguarded script again. So a second interpreter is started that
draws from the last figure on while this one draws from the first, until they meet. Nothing is ever waited for: what has
not arrived is drawn here, and the bytes are the same. The other one runs at low priority, so that on a busy machine it
takes little from this one.
"""

from __future__ import annotations

import os
import pickle
import subprocess
import sys
import threading
from collections.abc import Callable, Sequence
from dataclasses import dataclass, field
from typing import IO

from atrisk.report.figures.canvas import Ink
from atrisk.report.figures.drawing import AnyFigure, drawn

# Starting the other interpreter takes about as long as two figures.
_WORTH_IT = 4
_NICENESS = 10


def draw_all(figures: Sequence[AnyFigure], progress: Callable[[str], None]) -> dict[str, Ink]:
    """Every figure in its three formats, by name; ``progress`` is told each figure drawn here."""
    helper = _Helper.start(figures[::-1]) if len(figures) >= _WORTH_IT and (os.cpu_count() or 1) > 1 else None
    inks: dict[str, Ink] = {}
    try:
        for figure in figures:
            arrived = helper.arrived.get(figure.name) if helper is not None else None
            if arrived is None:
                progress(f"figure {figure.name}")
            inks[figure.name] = arrived or drawn(figure)
    finally:
        if helper is not None:
            helper.stop()
    return inks


@dataclass(slots=True, eq=False)
class _Helper:
    """Another interpreter that draws, and the thread that hands it its work and takes in what it has drawn."""

    process: subprocess.Popen[bytes]
    arrived: dict[str, Ink] = field(default_factory=dict)
    thread: threading.Thread | None = None

    @classmethod
    def start(cls, figures: Sequence[AnyFigure]) -> _Helper | None:
        """Begin drawing ``figures`` in order; None where no interpreter can be started."""
        command = [sys.executable, "-P", "-m", "atrisk.report.figures.side_process"]
        pipe, nothing = subprocess.PIPE, subprocess.DEVNULL
        try:
            process = subprocess.Popen(command, stdin=pipe, stdout=pipe, stderr=nothing)  # noqa: S603
        except OSError:
            return None
        helper = cls(process)
        helper.thread = threading.Thread(target=helper._exchange, args=(list(figures),), daemon=True)
        helper.thread.start()
        return helper

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
    """Read figures from the input; write each, drawn, to the output."""
    if hasattr(os, "nice"):
        os.nice(_NICENESS)
    figures: list[AnyFigure] = pickle.loads(sys.stdin.buffer.read())  # noqa: S301  # written by our own parent
    for figure in figures:
        pickle.dump((figure.name, drawn(figure)), sys.stdout.buffer)
        sys.stdout.buffer.flush()


if __name__ == "__main__":
    main()
