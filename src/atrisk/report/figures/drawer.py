"""The program of an interpreter that draws figures beside another: see `atrisk.report.figures.side_process`."""

from __future__ import annotations

import gc
import os
import pickle
import sys

# Enough that two which are loading leave the one they work for a processor of two, and little enough that they get
# their share of a busy machine when it waits for them.
_NICENESS = 5


def main() -> None:
    """Load what drawing needs; read figure after figure from the input and write each, drawn, to the output."""
    if hasattr(os, "nice"):
        os.nice(_NICENESS)
    # Figures are cycles of objects; looking for them after each would take a tenth of the time.
    gc.set_threshold(100_000, 20, 20)
    from atrisk.report.figures.drawing import drawn, load

    load()
    while True:
        try:
            figure = pickle.load(sys.stdin.buffer)  # noqa: S301  # written by our own parent
        except EOFError:
            return
        pickle.dump(drawn(figure), sys.stdout.buffer)
        sys.stdout.buffer.flush()


if __name__ == "__main__":
    main()
