"""Times one computation in a process of its own, and writes what it took as lines that the comparison reads."""

from __future__ import annotations

import time
from collections.abc import Callable, Iterable, Mapping
from pathlib import Path

Answer = Mapping[str, Iterable[float]]
# Runs in one process: until so many seconds have passed, and no more than so many.
_ENOUGH_SECONDS, _MOST_RUNS = 1.0, 5


def report(version: str, warm_up: Callable[[], Answer], compute: Callable[[], Answer]) -> None:
    """Compute on a few patients, so that everything is loaded, then time the whole; print time, memory and answer."""
    warm_up()
    before = _resident(reset=True)
    seconds: list[float] = []
    processor: list[float] = []
    peak = None
    while not seconds or (sum(seconds) < _ENOUGH_SECONDS and len(seconds) < _MOST_RUNS):
        began, busy = time.perf_counter(), time.process_time()
        answer = compute()
        seconds.append(time.perf_counter() - began)
        processor.append(time.process_time() - busy)
        peak = _resident(reset=False) if peak is None else peak
    print("version", version)
    print("seconds", *seconds)
    print("processor", *processor)
    if before is not None and peak is not None:
        print("memory", max(peak - before, 0.0))
    for name, values in answer.items():
        print("answer", name, *(repr(float(value)) for value in values))


def _resident(*, reset: bool) -> float | None:
    """The most resident memory of this process in MB since the last reset; Linux alone tells."""
    try:
        if reset:
            Path("/proc/self/clear_refs").write_text("5", encoding="ascii")
        status = Path("/proc/self/status").read_text(encoding="ascii", errors="replace")
    except OSError:
        return None
    peak = next(line for line in status.splitlines() if line.startswith("VmHWM"))
    return float(peak.split()[1]) * 1024 / 1e6
