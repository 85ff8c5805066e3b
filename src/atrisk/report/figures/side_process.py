"""Draws figures in two processes at once.

Drawing is what takes the longest in a report (each PDF alone cuts its fonts to size for 0.1 s), threads would wait for
each other, and ``multiprocessing`` would run a caller's unguarded script again. So a second interpreter is started,
handed some of the figures through its input and read through its output. It is only a matter of time: where it cannot
be started or fails, everything is drawn here, and the bytes are the same.
"""

from __future__ import annotations

import os
import pickle
import subprocess
import sys
from collections.abc import Callable, Sequence

from atrisk.report.figures.canvas import Ink
from atrisk.report.figures.drawing import AnyFigure, drawn

# Starting the other interpreter takes about as long as one figure.
_WORTH_IT = 4


def draw_all(figures: Sequence[AnyFigure], progress: Callable[[str], None]) -> dict[str, Ink]:
    """Every figure in its three formats, by name; ``progress`` is told each figure drawn here."""
    there = [figure for position, figure in enumerate(figures) if position % 5 in (1, 3)]
    helper = _start(there) if len(figures) >= _WORTH_IT and (os.cpu_count() or 1) > 1 else None
    inks: dict[str, Ink] = {}
    try:
        for figure in figures:
            if helper is None or figure not in there:
                progress(f"figure {figure.name}")
                inks[figure.name] = drawn(figure)
        fetched = _fetch(helper) if helper is not None else {}
    finally:
        if helper is not None:
            _stop(helper)
    for figure in there:
        if figure.name not in inks:
            inks[figure.name] = fetched[figure.name] if figure.name in fetched else drawn(figure)
    return inks


def _start(figures: Sequence[AnyFigure]) -> subprocess.Popen[bytes] | None:
    """Another interpreter with figures to draw; None where none can be started."""
    command = [sys.executable, "-P", "-m", "atrisk.report.figures.side_process"]
    try:
        helper = subprocess.Popen(command, stdin=subprocess.PIPE, stdout=subprocess.PIPE, stderr=subprocess.DEVNULL)  # noqa: S603
    except OSError:
        return None
    try:
        if helper.stdin is not None:
            helper.stdin.write(pickle.dumps(list(figures)))
            helper.stdin.close()
    except OSError:
        _stop(helper)
        return None
    return helper


def _stop(helper: subprocess.Popen[bytes]) -> None:
    """End the other interpreter, whatever it is doing, and let go of its pipes."""
    helper.kill()
    helper.wait()
    for pipe in (helper.stdin, helper.stdout):
        if pipe is not None:
            pipe.close()


def _fetch(helper: subprocess.Popen[bytes]) -> dict[str, Ink]:
    """What the other interpreter drew; nothing where it failed."""
    output = helper.stdout.read() if helper.stdout is not None else b""
    if helper.wait() != 0:
        return {}
    inks: dict[str, Ink] = pickle.loads(output)  # noqa: S301  # written by our own child through a pipe
    return inks


def main() -> None:
    """Read figures from the input, write their inks to the output."""
    given = sys.stdin.buffer.read()
    figures: list[AnyFigure] = pickle.loads(given)  # noqa: S301  # written by our own parent through a pipe
    sys.stdout.buffer.write(pickle.dumps({figure.name: drawn(figure) for figure in figures}))


if __name__ == "__main__":
    main()
