"""Words on the terminal that never stop a run: not on a closed pipe, not on a terminal without Unicode."""

from __future__ import annotations

import contextlib
import sys
import time
from collections.abc import Iterator
from typing import IO, TYPE_CHECKING

if TYPE_CHECKING:
    from rich.progress import Progress as Bar


def settle_encoding() -> None:
    """Let characters that the terminal cannot show become '?': a study must not fail for a '≤' on Windows."""
    for stream in (sys.stdout, sys.stderr):
        reconfigure = getattr(stream, "reconfigure", None)
        if reconfigure is not None:
            reconfigure(errors="replace")


def say(text: str, *, error: bool = False) -> None:
    """Print a line; when nobody reads any more (``atrisk schema | head``), print nothing and go on."""
    stream = sys.stderr if error else sys.stdout
    try:
        print(text, file=stream, flush=True)
    except (OSError, ValueError):  # broken, or closed before
        hush()


def hush() -> None:
    """Close what nobody reads any more here, or Python complains about it at exit."""
    for stream in (sys.stdout, sys.stderr):
        try:
            stream.flush()
        except (OSError, ValueError):
            with contextlib.suppress(OSError, ValueError):
                stream.close()


class Stages:
    """Shows which stage is running, on standard error, and remembers how long each took.

    On a terminal one line that changes, otherwise a line per stage. Called with the name of the stage that begins.
    """

    def __init__(self) -> None:
        self.durations: dict[str, float] = {}
        self._stage = ""
        self._began = time.perf_counter()
        self._bar: Bar | None = None

    def __call__(self, stage: str) -> None:
        self.end()
        self._stage = stage
        if self._bar is None:
            say(f"  {stage}", error=True)
        else:
            self._bar.update(self._bar.task_ids[0], description=stage)

    def end(self) -> None:
        """The running stage is over; stages of one name add up."""
        now = time.perf_counter()
        if self._stage:
            self.durations[self._stage] = self.durations.get(self._stage, 0.0) + now - self._began
        self._stage, self._began = "", now

    @contextlib.contextmanager
    def shown(self) -> Iterator[Stages]:
        """Show the stages while the body runs."""
        if not _is_terminal(sys.stderr):
            yield self
            self.end()
            return
        from rich.console import Console
        from rich.progress import Progress, SpinnerColumn, TextColumn, TimeElapsedColumn

        columns = (SpinnerColumn("line"), TextColumn("{task.description}"), TimeElapsedColumn())
        with Progress(*columns, console=Console(stderr=True), transient=True) as bar:
            bar.add_task("start", total=None)
            self._bar = bar
            try:
                yield self
                self.end()
            finally:
                self._bar = None


def _is_terminal(stream: IO[str]) -> bool:
    try:
        return stream.isatty()
    except ValueError:
        return False
