"""One program on one task: python -m bench.worker PEER TASK FILE ROWS."""

from __future__ import annotations

import importlib
import sys
from pathlib import Path

from bench import clock, cohort

_WARM_UP = 400


def main() -> None:
    """Find the program's function of that name and time it."""
    peer, task, path, rows = sys.argv[1:]
    module = importlib.import_module(f"bench.peers.{peer}_peer")
    data = cohort.read(Path(path)).head(int(rows))
    prepare = module.TASKS[task]
    small, whole = prepare(data.head(_WARM_UP)), prepare(data)
    del data
    clock.report(module.version(), small, whole)


if __name__ == "__main__":
    main()
