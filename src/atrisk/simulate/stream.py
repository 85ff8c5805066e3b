"""The streams of a simulated cohort: one for each block and try, so that none depends on what another used."""

from __future__ import annotations

import numpy as np

from atrisk.estimate.random_stream import Stream

__all__ = ["BLOCKS", "Stream", "open_stream"]

BLOCKS = ("roster", "baseline", "survival", "hepatic progression", "surgical", "details", "defects")


def open_stream(seed: int, block: str, attempt: int) -> Stream:
    """The stream of one block and one try: PCG64 seeded by SeedSequence(seed, spawn_key=(block, try))."""
    sequence = np.random.SeedSequence(seed, spawn_key=(BLOCKS.index(block), attempt))
    return Stream(np.random.PCG64(sequence))
