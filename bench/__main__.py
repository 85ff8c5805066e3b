"""Measure the flagship study, then every task beside every peer; print what was found, or write it down.

python -m bench [--rounds 3] [--only TASK] [--write]

Exits with 1 when a target is missed or an answer differs. `--write` puts the page into docs/benchmarks.md.
"""

from __future__ import annotations

import argparse
import sys
import tempfile
from pathlib import Path

from bench import cohort, environment, flagship_study, registry
from bench.comparison import compare, missed
from bench.page import page
from bench.task import ROWS, TASKS


def main() -> None:
    """The whole run."""
    parser = argparse.ArgumentParser(prog="bench")
    parser.add_argument("--rounds", type=int, default=3, help="how often every program takes its turn")
    parser.add_argument("--only", choices=[task.key for task in TASKS], help="one task, without the flagship study")
    parser.add_argument("--write", action="store_true", help="write docs/benchmarks.md")
    chosen = parser.parse_args()
    # Others' programs are made ready and patients drawn before anything is measured.
    peers = environment.prepare()
    study, met = ([], True) if chosen.only else flagship_study.table(chosen.rounds)
    outcome, said = [], [] if met else ["the flagship study"]
    large, met = ([], True) if chosen.only else registry.table()
    said += [] if met else ["the registry"]
    with tempfile.TemporaryDirectory() as folder:
        data = Path(folder) / "cohort.bin"
        cohort.write(data, ROWS)
        for task in TASKS:
            if chosen.only in (None, task.key):
                results = compare(task, peers, data, chosen.rounds)
                outcome.append((task, results))
                said += missed(task, results)
    print(file=sys.stderr)
    text = page(study, large, outcome, peers)
    if chosen.write:
        (environment.ROOT / "docs" / "benchmarks.md").write_text(text, encoding="utf-8")
    print(text)
    for line in said:
        print(f"Missed: {line}", file=sys.stderr)
    raise SystemExit(1 if said else 0)


if __name__ == "__main__":
    main()
