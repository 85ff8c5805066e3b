"""The stages of a data check, timed in this process: python -m bench.registry_worker STUDY."""

from __future__ import annotations

import itertools
import json
import sys
import time
from pathlib import Path

from atrisk.run.study import check_study
from atrisk.study.load import load_study


def main() -> None:
    """Check the study; print each stage with its wall and processor seconds as JSON."""
    marks: list[tuple[str, float, float]] = []
    check_study(
        load_study(Path(sys.argv[1])), lambda stage: marks.append((stage, time.perf_counter(), time.process_time()))
    )
    marks.append(("", time.perf_counter(), time.process_time()))
    stages = [(name, then[1] - began, then[2] - busy) for (name, began, busy), then in itertools.pairwise(marks)]
    print(json.dumps(stages))


if __name__ == "__main__":
    main()
