"""How long the flagship study takes as a whole process, where the time goes, and how much memory it needs.

The targets are 5 s and 500 MB on two cores for the whole study file, and 0.3 s for ``atrisk --help``. Beside it,
without a target, the comparison of the groups as they are: what the file takes without alternatives, adjustment,
margins and the rest of what is declared of them. Processor time beside the wall's tells a slow program from a busy
machine.
"""

from __future__ import annotations

import json
import os
import shutil
import statistics
import subprocess
import sys
import tempfile
import time
from dataclasses import dataclass
from pathlib import Path

from ruamel.yaml import YAML

STUDY = Path(__file__).parents[1] / "examples" / "netlm" / "study.yaml"
TARGET_SECONDS, TARGET_MEGABYTES, TARGET_HELP_SECONDS = 5.0, 500.0, 0.3
# What the comparison of the groups as they are takes of the study file: all but alternatives, adjustment, margins, ...
AS_THEY_ARE = (
    "atrisk", "study", "data", "variables", "corrections", "dates_in_order", "impossible", "cohort", "groups", "derive",
    "outcomes", "surgical_outcomes", "baseline", "comparisons", "published", "settings",
)  # fmt: skip


@dataclass(frozen=True, slots=True)
class Measured:
    """One whole process: wall and processor seconds, peak resident memory in MB (None: the system does not say)."""

    seconds: float
    processor_seconds: float | None
    megabytes: float | None


def measure(arguments: list[str]) -> Measured:
    """Run ``atrisk`` with these arguments and wait for it; its peak memory is that of this one child process.

    Modules are kept as byte code, as in every installation, also where the shell says otherwise.
    """
    environment = {name: value for name, value in os.environ.items() if name != "PYTHONDONTWRITEBYTECODE"}
    with tempfile.TemporaryFile() as said:
        began = time.perf_counter()
        command = [sys.executable, "-m", "atrisk", *arguments]
        process = subprocess.Popen(command, stdout=said, stderr=said, env=environment)
        processor, megabytes = None, None
        if hasattr(os, "wait4"):
            _pid, status, usage = os.wait4(process.pid, 0)
            process.returncode = os.waitstatus_to_exitcode(status)
            processor = usage.ru_utime + usage.ru_stime
            # Linux counts in kilobytes, macOS in bytes.
            megabytes = usage.ru_maxrss / (1e6 if sys.platform == "darwin" else 1e3)
        code = process.wait()
        seconds = time.perf_counter() - began
        if code != 0:
            said.seek(0)
            raise SystemExit(f"{said.read().decode()}\natrisk {' '.join(arguments)} ended with {code}")
    return Measured(seconds, processor, megabytes)


def as_they_are(folder: Path) -> Path:
    """The flagship's study file without what is not of the groups as they are, beside a copy of its data."""
    shutil.copytree(STUDY.parent, folder, dirs_exist_ok=True)
    declared = YAML(typ="safe").load(STUDY)
    study = folder / "study.yaml"
    kept = {key: value for key, value in declared.items() if key in AS_THEY_ARE}
    study.write_text(json.dumps(kept, default=str), encoding="utf-8")
    return study


def measure_study(study: Path, repeats: int) -> tuple[list[Measured], dict[str, float]]:
    """The whole runs, and the median seconds of each of their stages."""
    runs, stages = [], []
    with tempfile.TemporaryDirectory() as folder:
        for repeat in range(repeats):
            out = Path(folder) / str(repeat)
            runs.append(measure(["run", str(study), "--out", str(out)]))
            stages.append(json.loads((out / "timings.json").read_text(encoding="utf-8"))["stages"])
    return runs, {name: statistics.median(stage[name] for stage in stages) for name in stages[0]}


def table(repeats: int) -> tuple[list[tuple[str, str, str]], bool]:
    """Rows of part, figure and target, and whether every target was met."""
    with tempfile.TemporaryDirectory() as folder:
        part, _ = _rows("the groups as they are", as_they_are(Path(folder)), repeats, None)
    rows, met = _rows("everything declared", STUDY, repeats, TARGET_SECONDS)
    help_seconds = min(measure(["--help"]).seconds for _repeat in range(5))
    rows += [*part, ("`atrisk --help`", f"{help_seconds:.3f} s", f"{TARGET_HELP_SECONDS:g} s")]
    return rows, met and help_seconds <= TARGET_HELP_SECONDS


def _rows(what: str, study: Path, repeats: int, target: float | None) -> tuple[list[tuple[str, str, str]], bool]:
    runs, stages = measure_study(study, repeats)
    seconds = statistics.median(run.seconds for run in runs)
    busy = [run.processor_seconds for run in runs if run.processor_seconds is not None]
    memory = [run.megabytes for run in runs if run.megabytes is not None]
    rows = [(f"{what}: {name}", f"{part:.3f} s", "") for name, part in stages.items()]
    rows.append((f"{what}: start, swap and the rest", f"{seconds - sum(stages.values()):.3f} s", ""))
    rows.append((f"{what}: all", f"{seconds:.3f} s", "" if target is None else f"{target:g} s"))
    if busy:
        rows.append((f"{what}: all, processor time", f"{statistics.median(busy):.3f} s", ""))
    if memory:
        rows.append(
            (f"{what}: peak memory", f"{max(memory):.0f} MB", "" if target is None else f"{TARGET_MEGABYTES:g} MB")
        )
    return rows, target is None or (seconds <= target and max(memory, default=0.0) <= TARGET_MEGABYTES)
