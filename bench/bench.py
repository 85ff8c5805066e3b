"""How long the flagship study takes as a whole process, where the time goes, and how much memory it needs.

    make bench                  runs examples/netlm/study.yaml three times
    python bench/bench.py 5     five times

The targets are 5 s and 500 MB on two cores, and 0.3 s for ``atrisk --help``. Exits with 1 when one is missed.
"""

from __future__ import annotations

import json
import os
import statistics
import subprocess
import sys
import tempfile
import time
from dataclasses import dataclass
from pathlib import Path

STUDY = Path(__file__).parents[1] / "examples" / "netlm" / "study.yaml"
TARGET_SECONDS, TARGET_MEGABYTES, TARGET_HELP_SECONDS = 5.0, 500.0, 0.3


@dataclass(frozen=True, slots=True)
class Measured:
    """One whole process: wall seconds, peak resident memory in MB (None where the system does not say)."""

    seconds: float
    megabytes: float | None


def measure(arguments: list[str]) -> Measured:
    """Run ``atrisk`` with these arguments and wait for it; its peak memory is that of this one child process."""
    began = time.perf_counter()
    process = subprocess.Popen([sys.executable, "-m", "atrisk", *arguments], stdout=subprocess.DEVNULL)
    if not hasattr(os, "wait4"):
        code, megabytes = process.wait(), None
    else:
        _pid, status, usage = os.wait4(process.pid, 0)
        code = process.returncode = os.waitstatus_to_exitcode(status)
        # Linux counts in kilobytes, macOS in bytes.
        megabytes = usage.ru_maxrss / (1e6 if sys.platform == "darwin" else 1e3)
    seconds = time.perf_counter() - began
    if code != 0:
        raise SystemExit(f"atrisk {' '.join(arguments)} ended with {code}")
    return Measured(seconds, megabytes)


def main() -> None:
    """Measure and print."""
    repeats = int(sys.argv[1]) if len(sys.argv) > 1 else 3
    help_seconds = min(measure(["--help"]).seconds for _repeat in range(5))
    runs, stages = [], []
    with tempfile.TemporaryDirectory() as folder:
        for repeat in range(repeats):
            out = Path(folder) / str(repeat)
            runs.append(measure(["run", str(STUDY), "--out", str(out)]))
            stages.append(json.loads((out / "timings.json").read_text(encoding="utf-8"))["stages"])
    seconds = statistics.median(run.seconds for run in runs)
    known = [run.megabytes for run in runs if run.megabytes is not None]

    print(
        f"\natrisk run {STUDY.parent.name}/{STUDY.name}, median of {repeats} whole processes, {os.cpu_count()} cores\n"
    )
    print(f"{'part':<28}{'seconds':>9}")
    medians = {name: statistics.median(stage[name] for stage in stages) for name in stages[0]}
    for name, part in medians.items():
        print(f"{name:<28}{part:9.3f}")
    print(f"{'start, swap and the rest':<28}{seconds - sum(medians.values()):9.3f}")
    print(f"{'all':<28}{seconds:9.3f}   target {TARGET_SECONDS:g}")
    if known:
        print(f"{'peak memory, MB':<28}{max(known):9.0f}   target {TARGET_MEGABYTES:g}")
    print(f"{'atrisk --help':<28}{help_seconds:9.3f}   target {TARGET_HELP_SECONDS:g}")
    missed = seconds > TARGET_SECONDS or help_seconds > TARGET_HELP_SECONDS or max(known, default=0) > TARGET_MEGABYTES
    raise SystemExit(1 if missed else 0)


if __name__ == "__main__":
    main()
