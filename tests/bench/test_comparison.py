"""The comparison says what is slower, heavier or different, and our own part of it runs."""

from __future__ import annotations

import math
import subprocess
import sys
from pathlib import Path

import numpy as np
import pytest
from bench.comparison import Result, compare, memory_of_input, missed, ratio
from bench.environment import ROOT, Peers
from bench.page import page
from bench.task import LIFELINES, OURS, TASKS, R, Task

from bench import cohort

TASK = Task("kaplan_meier", "curves", 1000, 3, (R, LIFELINES), {R: 25.0}, 2.5)


def results(**changes: Result) -> dict[str, Result]:
    ours = Result(seconds=[0.1, 0.2, 0.3], megabytes=0.012, answer={"estimate": [0.5]})
    theirs = Result(seconds=[6.0], answer={"estimate": [0.5]}, apart=0.0)
    return {OURS: ours, R: theirs, LIFELINES: Result(failure="not installed")} | changes


def test_what_is_reached_is_not_complained_of() -> None:
    assert missed(TASK, results()) == []
    assert ratio(results()[OURS], results()[R]) == pytest.approx(30.0)
    assert memory_of_input(TASK, results()[OURS]) == pytest.approx(1.5)


def test_slower_heavier_and_different_are_said() -> None:
    slow = results()
    slow[R].seconds = [4.0]
    slow[R].apart = 2e-9
    slow[OURS].megabytes = 0.1
    said = missed(TASK, slow)
    assert len(said) == 3
    assert "20.0 times" in said[0]
    assert "memory 5.17" in said[1]
    assert "differ by 2.0e-09" in said[2]


def test_a_program_that_was_stopped_has_at_least_a_ratio() -> None:
    stopped = results()
    stopped[R] = Result(failure="over 45 s", too_slow=True)
    assert ratio(stopped[OURS], stopped[R]) == 225.0
    assert missed(TASK, stopped) == []
    assert math.isnan(ratio(stopped[OURS], stopped[LIFELINES]))
    text = page([], [], [(TASK, stopped)], Peers({}, {LIFELINES: "no wheel"}))
    assert "> 225.0" in text
    assert "Not measured: lifelines (no wheel)" in text


def test_our_own_failure_is_a_miss() -> None:
    assert missed(TASK, results(**{OURS: Result(failure="ended with 1")})) == ["curves: ended with 1"]


@pytest.mark.parametrize("task", [task for task in TASKS if task.rows > 1000], ids=lambda task: task.key)
def test_our_part_of_every_task_runs_on_a_small_cohort(task: Task, tmp_path: Path) -> None:
    path = tmp_path / "cohort.bin"
    cohort.write(path, 600)
    small = Task(task.key, task.title, 600, task.columns, (R,))
    peers = Peers({OURS: [sys.executable, "-m", "bench.worker", "atrisk"]}, {R: "not asked"})
    ours = compare(small, peers, path, 2)[OURS]
    assert ours.failure == ""
    assert len(ours.seconds) >= 2
    assert all(np.isfinite(value) for values in ours.answer.values() for value in values)


def test_a_cohort_comes_back_as_it_was_written_and_is_the_same_each_time(tmp_path: Path) -> None:
    for name in ("a", "b"):
        cohort.write(tmp_path / name, 50)
    assert (tmp_path / "a").read_bytes() == (tmp_path / "b").read_bytes()
    data = cohort.read(tmp_path / "a")
    assert data.x.shape == (50, 10)
    assert np.all((data.entry < data.time) & (data.entry >= 0))
    assert np.all((data.cause > 0) == (data.event == 1))


def test_the_measurements_start_as_a_module() -> None:
    done = subprocess.run([sys.executable, "-m", "bench", "--help"], capture_output=True, cwd=ROOT, check=False)
    assert done.returncode == 0
