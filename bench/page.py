"""The page of results, docs/benchmarks.md."""

from __future__ import annotations

import importlib.metadata
import math
import os
import platform
import statistics
from collections.abc import Mapping, Sequence
from pathlib import Path

from bench.comparison import Result, memory_of_input, ratio
from bench.environment import Peers
from bench.task import OURS, Task

_HOW = """# Benchmarks

Made by `make bench`, which measures everything in one run on one machine and writes this page (`make bench WRITE=1`).
Data: simulated patients in three groups with ten covariates and follow-up in whole days (`bench/cohort.py`), the same
file for all. Every program runs in processes of its own, in turns with the others, on one thread of linear algebra.

- A time is the median of all runs of the computation itself, from arrays or a data frame in memory to the answer, after
  a first run on 400 patients; processor time beside it tells a slow program from a busy machine.
- "Times ours": a program's time divided by ours. A program that takes more than 45 s, reading its input included, is
  stopped: its ratio is then the least it can be, and its answer is compared on a tenth of the patients ("fewer").
- Memory: the peak of the process above what it held before, plus the input, as a multiple of the input (8 bytes a
  number).
- "Apart": the largest relative difference between a program's answer and ours. R is held to 1e-9; others stop their
  iterations earlier or answer fewer questions.
"""


_REGISTRY = """
## A register of a million patients

The flagship's study over 1,000,160 patients with five million scans, as Parquet files (`bench/registry.py`, alone:
`make bench-data`): read, checked, the cohort built and every definition derived, a thread a processor. Wall and
processor seconds; the stages and the whole command in processes of their own.
"""


def page(
    study: Sequence[tuple[str, str, str]],
    registry: Sequence[tuple[str, str, str]],
    outcome: Sequence[tuple[Task, Mapping[str, Result]]],
    peers: Peers,
) -> str:
    """The whole page."""
    parts = [_HOW, _machine(outcome), "\n## The flagship study\n"]
    parts.append(_table(("part of `atrisk run`", "median", "target"), study))
    parts += [_REGISTRY, _table(("part of `atrisk check`", "wall, processor", "target"), registry)]
    parts.append("\n## Against other programs\n")
    for task, results in outcome:
        parts.append(f"\n### {task.title}: {task.rows:,} patients\n")
        parts.append(_results(task, results))
    for name, reason in peers.missing.items():
        parts.append(f"\nNot measured: {name} ({reason}).\n")
    return "\n".join(parts)


def _machine(outcome: Sequence[tuple[Task, Mapping[str, Result]]]) -> str:
    every = (pair for _task, results in outcome for pair in results.items())
    versions = {name: result.version for name, result in every if result.version}
    said = [f"{name} {version}" for name, version in versions.items()]
    ours = [f"{name} {importlib.metadata.version(name)}" for name in ("numpy", "scipy")]
    load = f" Load before the run: {_LOAD:.1f}." if _LOAD is not None else ""
    return (
        f"\nMachine: {_processor()}, {os.cpu_count()} cores, {platform.system()}, Python {platform.python_version()}, "
        f"{', '.join(ours)}.{load}\nPrograms: {', '.join(said)}.\n"
    )


def _load() -> float | None:
    return os.getloadavg()[0] if hasattr(os, "getloadavg") else None


# What others were doing on the machine when this run began.
_LOAD = _load()


def _processor() -> str:
    try:
        lines = Path("/proc/cpuinfo").read_text(encoding="utf-8").splitlines()
    except OSError:
        return platform.processor() or platform.machine()
    return next((line.partition(":")[2].strip() for line in lines if line.startswith("model name")), platform.machine())


def _results(task: Task, results: Mapping[str, Result]) -> str:
    ours = results[OURS]
    rows = []
    for name, result in results.items():
        times = math.nan if name == OURS else ratio(ours, result)
        target = f"{task.targets[name]:g}" if name in task.targets else ""
        if name == OURS and task.seconds is not None:
            target = f"{task.seconds:g} s"
        memory = memory_of_input(task, result)
        rows.append(
            (
                name,
                f"{result.median:.3g} s" if result.seconds else result.failure,
                f"{statistics.median(result.processor):.3g} s" if result.processor else "",
                "" if math.isnan(times) else f"{'> ' if result.too_slow else ''}{times:.1f}",
                target,
                "" if memory is None or task.memory is None else f"{memory:.2f}",
                "" if math.isnan(result.apart) else f"{result.apart:.0e}{' (fewer)' if result.too_slow else ''}",
            )
        )
    limit = "" if task.memory is None else f" (target {task.memory:g})"
    return _table(("program", "median", "processor", "times ours", "target", f"memory / input{limit}", "apart"), rows)


def _table(head: Sequence[str], rows: Sequence[Sequence[str]]) -> str:
    lines = [head, ["---"] * len(head), *rows]
    return "\n".join("| " + " | ".join(cells) + " |" for cells in lines)
