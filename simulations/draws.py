"""Random patients: the raw bits of PCG64 and our own transforms, so that a seed means the same under every NumPy."""

from __future__ import annotations

import zlib

import numpy as np
from numpy.typing import ArrayLike, NDArray

from atrisk.estimate.random_stream import Stream

Floats = NDArray[np.float64]
Codes = NDArray[np.int64]

SEED = 20260101


class Draws(Stream):
    """One sequence of random numbers, with the distributions of follow-up."""

    __slots__ = ()

    def exponential(self, hazard: ArrayLike) -> Floats:
        """Times to an event of constant hazard, one for each hazard (n,): -log(U) / hazard."""
        rate = np.asarray(hazard, dtype=np.float64)
        return np.asarray(-np.log(self.uniform(rate.shape)) / rate)


def open_draws(question: str, setting: int) -> Draws:
    """The sequence of one setting of one question: others may come and go without touching it."""
    key = (zlib.crc32(question.encode()), setting)
    return Draws(np.random.PCG64(np.random.SeedSequence(SEED, spawn_key=key)))


def groups(first: int, second: int) -> Codes:
    """The codes of two groups (first + second,): 0, then 1."""
    return np.repeat(np.array([0, 1]), [first, second])


def followed(time: Floats, lost: Floats) -> tuple[Floats, Codes]:
    """Follow-up to an event or to the loss of the patient, whichever is first, and whether it was the event."""
    return np.minimum(time, lost), (time <= lost).astype(np.int64)
