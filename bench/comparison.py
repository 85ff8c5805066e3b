"""Every program on every task, in turns, each time in a process of its own."""

from __future__ import annotations

import math
import os
import statistics
import subprocess
import sys
from collections.abc import Mapping
from dataclasses import dataclass, field
from pathlib import Path

from bench.environment import ROOT, Peers
from bench.task import CMPRSK, OURS, R, Task

# A program that takes longer than this, with reading its input, is said to and not started again; whether it agrees is
# then seen on this share of the patients.
_LIMIT_SECONDS = 45.0
_SHARE = 0.1
# How far answers may lie apart, relatively: R's are held to its last digits, others stop their iterations earlier.
_R_AGREES, _OTHERS_AGREE = 1e-9, 1e-4


@dataclass(slots=True)
class Result:
    """One program on one task: seconds of all its runs by the clock and on the processor, its peak memory in MB above
    what it held before, its answer, and how far that is from ours."""

    seconds: list[float] = field(default_factory=list)
    processor: list[float] = field(default_factory=list)
    megabytes: float | None = None
    version: str = ""
    answer: dict[str, list[float]] = field(default_factory=dict)
    failure: str = ""
    too_slow: bool = False
    apart: float = math.nan

    @property
    def median(self) -> float:
        """The median time."""
        return statistics.median(self.seconds)


def compare(task: Task, peers: Peers, data: Path, rounds: int) -> dict[str, Result]:
    """The results of all programs that do this task, ours first; each round starts every one of them once."""
    results = {name: Result() for name in (OURS, *task.peers)}
    for name, result in results.items():
        result.failure = peers.missing.get(name, "")
    for _round in range(rounds):
        for name, result in results.items():
            # A program that took long is as well known after one run as after three.
            if not result.failure and sum(result.seconds) < _LIMIT_SECONDS / 2:
                _run([*peers.commands[name], task.key, str(data), str(task.rows)], result)
                print(".", end="", file=sys.stderr, flush=True)
    for name in task.peers:
        if results[name].seconds:
            results[name].apart = _difference(results[OURS], results[name])
        elif results[name].too_slow:
            results[name].apart = _difference_on_fewer(name, task, peers, data)
    return results


def _difference_on_fewer(name: str, task: Task, peers: Peers, data: Path) -> float:
    """How far a program that takes too long is from ours on some of the patients; NaN if that takes too long too."""
    ours, theirs = Result(), Result()
    for program, result in ((OURS, ours), (name, theirs)):
        _run([*peers.commands[program], task.key, str(data), str(round(task.rows * _SHARE))], result)
    return _difference(ours, theirs)


def _run(command: list[str], result: Result) -> None:
    # One thread each, as the package's own runs have it, and as R's reference BLAS does.
    threads = dict.fromkeys(("OPENBLAS_NUM_THREADS", "OMP_NUM_THREADS", "MKL_NUM_THREADS"), "1")
    environment = {**os.environ, **threads, "PYTHONPATH": os.pathsep.join((str(ROOT), str(ROOT / "src")))}
    try:
        done = subprocess.run(
            command, capture_output=True, text=True, env=environment, cwd=ROOT, timeout=_LIMIT_SECONDS, check=False
        )
    except subprocess.TimeoutExpired:
        result.failure, result.too_slow = f"over {_LIMIT_SECONDS:g} s", True
        return
    if done.returncode != 0:
        said = done.stderr.strip().splitlines()
        killed = "killed, most likely for want of memory" if done.returncode < 0 else f"ended with {done.returncode}"
        result.failure = said[-1] if said and done.returncode > 0 else killed
        return
    for line in done.stdout.splitlines():
        kind, _, rest = line.partition(" ")
        if kind == "seconds":
            result.seconds.extend(map(float, rest.split()))
        elif kind == "processor":
            result.processor.extend(map(float, rest.split()))
        elif kind == "memory":
            result.megabytes = max(float(rest), result.megabytes or 0.0)
        elif kind == "version":
            result.version = rest.strip()
        elif kind == "answer":
            name, *values = rest.split()
            result.answer[name] = [float(value) for value in values]


def _difference(ours: Result, theirs: Result) -> float:
    """The largest relative difference of what both answered; NaN where they have nothing in common."""
    apart = [
        abs(a - b) / max(abs(b), 1e-300)
        for name in ours.answer.keys() & theirs.answer.keys()
        for a, b in zip(ours.answer[name], theirs.answer[name], strict=True)
    ]
    return max(apart, default=math.nan)


def agrees(name: str, task: Task, apart: float) -> bool:
    """Whether two programs give the same answer as nearly as the peer computes it."""
    exact = name in (R, CMPRSK) and not (name == R and task.key == "fine_gray")
    return apart <= (_R_AGREES if exact else _OTHERS_AGREE)


def ratio(ours: Result, theirs: Result) -> float:
    """How many times our time a program takes; for one that was stopped, how many at least. NaN where unknown."""
    if not ours.seconds or not (theirs.seconds or theirs.too_slow):
        return math.nan
    return (theirs.median if theirs.seconds else _LIMIT_SECONDS) / ours.median


def memory_of_input(task: Task, result: Result) -> float | None:
    """The peak memory as a multiple of the input, which is counted in."""
    if result.megabytes is None:
        return None
    return 1 + result.megabytes / (task.rows * task.columns * 8 / 1e6)


def missed(task: Task, results: Mapping[str, Result]) -> list[str]:
    """What was not reached, in words."""
    ours = results[OURS]
    if ours.failure:
        return [f"{task.title}: {ours.failure}"]
    said = []
    for name, target in task.targets.items():
        reached = ratio(ours, results[name])
        if reached < target:
            said.append(f"{task.title}: {reached:.1f} times the speed of {name}, target {target:g}")
    if task.seconds is not None and ours.median > task.seconds:
        said.append(f"{task.title}: {ours.median:.2f} s, target {task.seconds:g} s")
    memory = memory_of_input(task, ours)
    if task.memory is not None and memory is not None and memory > task.memory:
        said.append(f"{task.title}: memory {memory:.2f} times the input, target {task.memory:g}")
    for name in task.peers:
        apart = results[name].apart
        if not math.isnan(apart) and not agrees(name, task, apart):
            said.append(f"{task.title}: answers of {name} differ by {apart:.1e}")
    return said
