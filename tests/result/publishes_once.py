"""A process that publishes version 2 into a results folder and dies just before its n-th act on the file system.

Called as ``publishes_once.py OUT N``; with N = 0 it lives. Prints how many acts there were. The acts are Python's own
audit events, so that the code under test needs no hook for its tests.
"""

from __future__ import annotations

import os
import sys
from pathlib import Path

from atrisk.result.store import results_run

ACTS = {
    "open",
    "os.chmod",
    "os.link",
    "os.mkdir",
    "os.remove",
    "os.rename",
    "os.rmdir",
    "os.symlink",
    "os.utime",
    "shutil.rmtree",
}


def main() -> None:
    out, fatal = Path(sys.argv[1]), int(sys.argv[2])
    count = 0

    def watch(event: str, _arguments: tuple[object, ...]) -> None:
        nonlocal count
        if event in ACTS:
            count += 1
            if count == fatal:
                os._exit(9)

    sys.addaudithook(watch)
    with results_run(out) as run:
        (run.folder / "figures").mkdir()
        (run.folder / "figures" / "os.svg").write_text("figure 2", encoding="utf-8")
        (run.folder / "report.html").write_text("report 2", encoding="utf-8")
        (run.folder / "timings.json").write_text("timings 2", encoding="utf-8")
        run.publish(unhashed=("timings.json",))
    acts = count
    print(acts)


if __name__ == "__main__":
    main()
